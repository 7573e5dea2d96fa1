//! Batch bytes and back: `version | codec | payload`, where the payload is an RLP list of records
//! `[timestamp, delayed count, [transaction, ...]]`, compressed as the codec says.

use crate::compression;
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use alloy_rlp::{Decodable, Header, RlpEncodable};

/// The version byte of a batch.
pub const BATCH_VERSION: u8 = 0;

/// The largest payload after decompression, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// Only so many records of a batch are looked at: a compressed batch could hold millions of empty ones.
pub const MAX_RECORDS_PER_BATCH: usize = 4096;

/// A record with which the batch would have more transactions than this is skipped.
pub const MAX_TRANSACTIONS_PER_BATCH: usize = 1 << 16;

pub(crate) const CODEC_RAW: u8 = 0;
pub(crate) const CODEC_BROTLI: u8 = 1;

/// What the sequencer says of one block.
#[derive(Debug, Clone, Default, PartialEq, Eq, RlpEncodable)]
pub struct BlockRecord {
    /// Block timestamp, in seconds.
    pub timestamp: u64,
    /// How many delayed messages the block consumes.
    pub delayed_count: u64,
    /// EIP-2718 bytes.
    pub transactions: Vec<Bytes>,
}

/// Why a batch as a whole is undecodable; it then counts as empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Not even a version and a codec.
    #[error("batch of {0} bytes has no header")]
    NoHeader(usize),
    /// An unknown version.
    #[error("unknown batch version {0}")]
    Version(u8),
    /// An unknown codec.
    #[error("unknown batch codec {0}")]
    Codec(u8),
    /// Not one whole brotli stream.
    #[error("malformed brotli stream")]
    Brotli,
    /// Decompresses to more than [`MAX_PAYLOAD_BYTES`].
    #[error("payload is larger than {MAX_PAYLOAD_BYTES} bytes")]
    PayloadTooLarge,
    /// Not one whole RLP list of well-formed items.
    #[error("payload is no list: {0}")]
    Payload(alloy_rlp::Error),
}

/// The readable part of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecodedBatch {
    /// The well-formed records, in order.
    pub records: Vec<BlockRecord>,
    /// How many records were skipped as malformed or over a limit.
    pub skipped: usize,
}

/// Reads a batch. What is malformed inside is skipped record by record.
///
/// # Errors
/// [`CodecError`] if the batch counts as empty.
pub fn decode_batch(data: &Bytes) -> Result<DecodedBatch, CodecError> {
    let &[version, codec, ..] = &data[..] else { return Err(CodecError::NoHeader(data.len())) };
    if version != BATCH_VERSION {
        return Err(CodecError::Version(version));
    }
    match codec {
        CODEC_RAW => decode_payload(&data.slice(2..)),
        CODEC_BROTLI => decode_payload(&compression::decompress(&data[2..], MAX_PAYLOAD_BYTES)?.into()),
        other => Err(CodecError::Codec(other)),
    }
}

fn decode_payload(payload: &Bytes) -> Result<DecodedBatch, CodecError> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(CodecError::PayloadTooLarge);
    }
    let mut rest = &payload[..];
    let items = Header::decode_bytes(&mut rest, true).map_err(CodecError::Payload)?;
    if !rest.is_empty() {
        return Err(CodecError::Payload(alloy_rlp::Error::UnexpectedLength));
    }
    let mut cursor = items;
    let mut total = 0;
    while !cursor.is_empty() {
        take_item(&mut cursor).map_err(CodecError::Payload)?;
        total += 1;
    }
    let mut batch = DecodedBatch::default();
    let mut transactions_left = MAX_TRANSACTIONS_PER_BATCH;
    cursor = items;
    for _ in 0..total.min(MAX_RECORDS_PER_BATCH) {
        let item = take_item(&mut cursor).map_err(CodecError::Payload)?;
        if let Ok(record) = decode_record(payload, item, transactions_left) {
            transactions_left -= record.transactions.len();
            batch.records.push(record);
        }
    }
    batch.skipped = total - batch.records.len();
    Ok(batch)
}

/// Decodes one record, a part of `payload`: transactions share its memory.
fn decode_record(payload: &Bytes, mut item: &[u8], max_transactions: usize) -> alloy_rlp::Result<BlockRecord> {
    let mut fields = Header::decode_bytes(&mut item, true)?;
    let timestamp = u64::decode(&mut fields)?;
    let delayed_count = u64::decode(&mut fields)?;
    let mut list = Header::decode_bytes(&mut fields, true)?;
    if !fields.is_empty() {
        return Err(alloy_rlp::Error::UnexpectedLength);
    }
    let mut transactions = Vec::new();
    while !list.is_empty() {
        let transaction = Header::decode_bytes(&mut list, false)?;
        if transactions.len() == max_transactions {
            return Err(alloy_rlp::Error::Custom("too many transactions"));
        }
        transactions.push(payload.slice_ref(transaction));
    }
    Ok(BlockRecord { timestamp, delayed_count, transactions })
}

/// Takes one item with its header off `buf`.
fn take_item<'a>(buf: &mut &'a [u8]) -> alloy_rlp::Result<&'a [u8]> {
    let start = *buf;
    let header = Header::decode(buf)?;
    let length = start.len() - buf.len() + header.payload_length;
    let (item, rest) = start.split_at_checked(length).ok_or(alloy_rlp::Error::InputTooShort)?;
    *buf = rest;
    Ok(item)
}

/// Writes a batch of any size: compressed if that is smaller (uncompressed without the feature `std`).
///
/// Only what is within the limits of this module comes back from [`decode_batch`].
pub fn encode_batch(records: &[BlockRecord]) -> Bytes {
    let mut items = Vec::new();
    records.iter().for_each(|record| alloy_rlp::Encodable::encode(record, &mut items));
    encode_items(&items)
}

/// Writes a batch from the RLP of its records.
pub(crate) fn encode_items(items: &[u8]) -> Bytes {
    let header = Header { list: true, payload_length: items.len() };
    let mut raw = Vec::with_capacity(2 + header.length_with_payload());
    raw.extend_from_slice(&[BATCH_VERSION, CODEC_RAW]);
    header.encode(&mut raw);
    raw.extend_from_slice(items);
    #[cfg(feature = "std")]
    {
        let mut compressed = alloc::vec![BATCH_VERSION, CODEC_BROTLI];
        compression::compress(&raw[2..], &mut compressed);
        if compressed.len() < raw.len() {
            return compressed.into();
        }
    }
    raw.into()
}
