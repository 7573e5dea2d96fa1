//! Each rule of derivation, one table or case each.

mod common;

use alloy_primitives::Bytes;
use alloy_rlp::Header;
use autonet_derive::{
    BlockRecord, CodecError, DecodedBatch, DeriveError, DeriveState, MAX_PAYLOAD_BYTES, MAX_RECORDS_PER_BATCH,
    MAX_TRANSACTIONS_PER_BATCH, decode_batch, derive_batch, encode_batch,
};
use common::{FUTURE, PAST, WINDOW, batch, config, derive, queue, shape};

fn list(items: &[&[u8]]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend(payload);
    out
}

fn raw(payload: &[u8]) -> Bytes {
    [&[0, 0], payload].concat().into()
}

fn brotli(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 1];
    brotli::BrotliCompress(&mut { payload }, &mut out, &Default::default()).unwrap();
    out
}

fn record(timestamp: u64, delayed_count: u64, transactions: usize) -> BlockRecord {
    let transactions = (0..transactions).map(|i| vec![2, i as u8].into()).collect();
    BlockRecord { timestamp, delayed_count, transactions }
}

#[test]
fn the_format_is_frozen() {
    let data = encode_batch(&[record(0x65, 2, 1), record(0x66, 0, 0)]);
    assert_eq!(data[..], alloy_primitives::hex!("0000 cb c66502c3820200 c36680c0"));
}

#[test]
fn what_is_undecodable_counts_as_empty_and_still_consumes_delayed_messages() {
    use alloy_rlp::Error::{InputTooShort, UnexpectedLength, UnexpectedString};
    let good = encode_batch(&[record(1000, 0, 1)]);
    let compressed = brotli(&good[2..]);
    let cases: [(Bytes, CodecError); 13] = [
        (vec![].into(), CodecError::NoHeader(0)),
        (vec![0].into(), CodecError::NoHeader(1)),
        ([&[1], &good[1..]].concat().into(), CodecError::Version(1)),
        ([&[0, 2], &good[2..]].concat().into(), CodecError::Codec(2)),
        ([&[0, 1], &good[2..]].concat().into(), CodecError::Brotli),
        (vec![0, 1].into(), CodecError::Brotli),
        (compressed[..compressed.len() - 1].to_vec().into(), CodecError::Brotli),
        ([&compressed[..], &[0]].concat().into(), CodecError::Brotli),
        (raw(&[]), CodecError::Payload(InputTooShort)),
        (raw(&[0x80]), CodecError::Payload(UnexpectedString)),
        (raw(&[0xc2, 0xc0]), CodecError::Payload(InputTooShort)),
        (raw(&[0xc0, 0xc0]), CodecError::Payload(UnexpectedLength)),
        (raw(&[0xc1, 0xc1]), CodecError::Payload(InputTooShort)),
    ];
    assert_eq!(derive(DeriveState::default(), &batch(compressed, 0, 1000), &[]).blocks.len(), 1);
    for (data, error) in cases {
        let derived = derive(DeriveState::default(), &batch(data.clone(), 1, 1000), &queue(&[990]));
        assert_eq!(derived.undecodable, Some(error), "{data}");
        assert_eq!(shape(&derived), [(1000 - PAST, vec![0], 0)], "{data}");
    }
}

#[test]
fn a_malformed_record_is_skipped_and_the_others_stand() {
    let good = alloy_rlp::encode(record(1000, 0, 1));
    let malformed: [&[u8]; 12] = [
        &[0x05],
        &[0x80],
        &list(&[]),
        &list(&[&[1], &[1]]),
        &list(&[&[1], &[1], &[0xc0], &[0xc0]]),
        &list(&[&[1], &[1], &[0x80]]),
        &list(&[&[0xc0], &[1], &[0xc0]]),
        &list(&[&[1], &[0xc0], &[0xc0]]),
        // Integers with a leading zero, and above 64 bits.
        &list(&[&[0x00], &[1], &[0xc0]]),
        &list(&[&[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0], &[1], &[0xc0]]),
        // A list, and a byte in long form, where a transaction should be.
        &list(&[&[1], &[1], &list(&[&[0xc0]])]),
        &list(&[&[1], &[1], &list(&[&[0x81, 0x01]])]),
    ];
    for bad in malformed {
        let decoded = decode_batch(&raw(&list(&[&good, bad, &good]))).unwrap();
        assert_eq!(decoded, DecodedBatch { records: vec![record(1000, 0, 1); 2], skipped: 1 }, "{bad:02x?}");
    }
}

#[test]
fn a_transaction_of_any_bytes_reaches_execution() {
    let transactions = vec![Bytes::new(), vec![0xff; 100].into(), vec![3].into()];
    let data = encode_batch(&[BlockRecord { timestamp: 1000, delayed_count: 0, transactions: transactions.clone() }]);
    assert_eq!(derive(DeriveState::default(), &batch(data, 0, 1000), &[]).blocks[0].transactions, transactions);
}

#[test]
fn a_decompression_bomb_is_an_empty_batch() {
    let bomb = brotli(&vec![0; MAX_PAYLOAD_BYTES + 1]);
    assert!(bomb.len() < 1000);
    assert_eq!(decode_batch(&bomb.into()), Err(CodecError::PayloadTooLarge));
    // As many bytes as are allowed: a list of strings, none of them a record.
    let mut largest = Vec::new();
    let payload_length = MAX_PAYLOAD_BYTES - 4;
    Header { list: true, payload_length }.encode(&mut largest);
    largest.resize(MAX_PAYLOAD_BYTES, 0);
    let expected = DecodedBatch { records: vec![], skipped: payload_length };
    assert_eq!(decode_batch(&brotli(&largest).into()), Ok(expected));
}

#[test]
fn records_and_transactions_are_bounded_in_number() {
    let data = encode_batch(&vec![record(1000, 0, 0); MAX_RECORDS_PER_BATCH + 3]);
    let decoded = decode_batch(&data).unwrap();
    assert_eq!((decoded.records.len(), decoded.skipped), (MAX_RECORDS_PER_BATCH, 3));

    let half = record(1000, 0, MAX_TRANSACTIONS_PER_BATCH / 2);
    let data =
        encode_batch(&[half.clone(), record(1000, 0, 1), half, record(1000, 0, MAX_TRANSACTIONS_PER_BATCH / 2 - 1)]);
    let decoded = decode_batch(&data).unwrap();
    let counts: Vec<usize> = decoded.records.iter().map(|record| record.transactions.len()).collect();
    assert_eq!(counts, [MAX_TRANSACTIONS_PER_BATCH / 2, 1, MAX_TRANSACTIONS_PER_BATCH / 2 - 1]);
}

#[test]
fn timestamps_never_decrease_and_stay_near_the_posting() {
    // (last timestamp, record's timestamp, block's timestamp) at L1 time 1000
    let cases = [
        (0, 1000, 1000),
        (0, 0, 1000 - PAST),
        (0, u64::MAX, 1000 + FUTURE),
        (990, 980, 990),
        (990, 995, 995),
        // A last block from beyond the bounds of this batch: time stands still.
        (2000, 1000, 2000),
        (2000, u64::MAX, 2000),
    ];
    for (last_timestamp, timestamp, expected) in cases {
        let state = DeriveState { last_timestamp, ..Default::default() };
        let derived = derive(state, &batch(encode_batch(&[record(timestamp, 0, 0)]), 0, 1000), &[]);
        assert_eq!(shape(&derived), [(expected, vec![], 0)], "{last_timestamp} {timestamp}");
        assert_eq!(derived.next.last_timestamp, expected);
    }
    let records = [record(1005, 0, 0), record(1000, 0, 0), record(1007, 0, 0)];
    let derived = derive(DeriveState::default(), &batch(encode_batch(&records), 0, 1000), &[]);
    assert_eq!(shape(&derived).iter().map(|block| block.0).collect::<Vec<_>>(), [1005, 1005, 1007]);
}

#[test]
fn bounds_at_the_ends_of_time_do_not_overflow() {
    for l1_time in [0, 1, u64::MAX] {
        let derived =
            derive(DeriveState::default(), &batch(encode_batch(&[record(0, 9, 0)]), 1, l1_time), &queue(&[l1_time]));
        assert_eq!(shape(&derived), [(l1_time.saturating_sub(PAST), vec![0], 0)]);
    }
}

#[test]
fn a_record_consumes_no_more_than_the_cursor_and_the_block_allow() {
    let queue = queue(&[995; 100]);
    // (records' counts, cursor, delayed messages per block, with the inserted ones at the end)
    let cases: [(&[u64], u64, &[usize]); 6] = [
        (&[2, 1], 3, &[2, 1]),
        (&[2, 5], 3, &[2, 1]),
        (&[u64::MAX], 40, &[32, 8]),
        (&[1], 70, &[1, 32, 32, 5]),
        (&[], 3, &[3]),
        (&[1], 0, &[0]),
    ];
    for (counts, cursor, expected) in cases {
        let records: Vec<_> = counts.iter().map(|&count| record(1000, count, 0)).collect();
        let derived = derive(DeriveState::default(), &batch(encode_batch(&records), cursor, 1000), &queue);
        let blocks = shape(&derived);
        assert_eq!(blocks.iter().map(|block| block.1.len()).collect::<Vec<_>>(), expected);
        assert_eq!(blocks.into_iter().flat_map(|block| block.1).collect::<Vec<_>>(), (0..cursor).collect::<Vec<_>>());
        assert_eq!(
            derived.next,
            DeriveState {
                batch_count: 1,
                delayed_count: cursor,
                last_timestamp: 1000 - PAST.min(if counts.is_empty() { PAST } else { 0 })
            }
        );
    }
}

#[test]
fn overdue_messages_above_the_cursor_come_first() {
    let times = [800, 850, 899, 900, 990];
    let records = encode_batch(&[record(1000, 5, 1)]);
    // Posted at 1000, so what came before 900 is overdue: messages 0, 1, 2.
    for (consumed, cursor, expected) in [
        (0, 0, vec![(950, vec![0, 1, 2], 0), (1000, vec![], 1)]),
        (0, 2, vec![(950, vec![0, 1, 2], 0), (1000, vec![], 1)]),
        (1, 2, vec![(950, vec![1, 2], 0), (1000, vec![], 1)]),
        // The cursor covers all overdue ones: nothing is inserted before.
        (0, 3, vec![(1000, vec![0, 1, 2], 1)]),
        (0, 5, vec![(1000, vec![0, 1, 2, 3, 4], 1)]),
        // Consumed by an earlier insertion, above this batch's cursor.
        (3, 2, vec![(1000, vec![], 1)]),
    ] {
        let state = DeriveState { delayed_count: consumed, ..Default::default() };
        let derived = derive(state, &batch(records.clone(), cursor, 1000), &queue(&times));
        assert_eq!(shape(&derived), expected, "consumed {consumed}, cursor {cursor}");
        assert_eq!(derived.next.delayed_count, cursor.max(3));
    }
}

#[test]
fn a_batch_without_records_forces_progress_over_many_blocks() {
    let derived = derive(DeriveState::default(), &batch(vec![], 0, 1000 + WINDOW + 1), &queue(&[1000; 70]));
    let sizes: Vec<usize> = derived.blocks.iter().map(|block| block.delayed.len()).collect();
    assert_eq!(sizes, [32, 32, 6]);
    let exactly_at_the_window = derive(DeriveState::default(), &batch(vec![], 0, 1000 + WINDOW), &queue(&[1000; 70]));
    assert!(exactly_at_the_window.blocks.is_empty());
}

#[test]
fn wrong_calls_are_errors() {
    let state = DeriveState { batch_count: 4, ..Default::default() };
    let result = derive_batch(&config(), &state, &batch(vec![], 0, 1), &queue(&[])[..]);
    assert_eq!(result, Err(DeriveError::BatchOrder { expected: 4, actual: 0 }));
    let result = derive_batch(&config(), &DeriveState::default(), &batch(vec![], 2, 1), &queue(&[1])[..]);
    assert_eq!(result, Err(DeriveError::MissingDelayed(1)));
    let result = derive_batch(&config(), &DeriveState::default(), &batch(vec![], u64::MAX, 1), &queue(&[])[..]);
    assert_eq!(result, Err(DeriveError::MissingDelayed(0)));
}
