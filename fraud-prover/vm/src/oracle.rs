use alloy_primitives::{B256, Bytes, keccak256};

use crate::Error;

/// Bytes of the field elements of a blob.
const BLOB_BYTES: usize = 4096 * 32;

/// What a key of `oracle_read` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OracleKind {
    /// A local input, by its number as a big-endian word.
    Local = 0,
    /// A preimage, by its keccak.
    Keccak = 1,
    /// The field elements of a blob, by its versioned hash.
    Blob = 2,
}

/// Whatever the machine cannot know by itself.
pub trait Host {
    /// Why there is no answer.
    type Error;

    /// The data that `key` names: 32 bytes for a local input (numbers below 8 only), 131,072 for a blob.
    fn preimage(&mut self, kind: OracleKind, key: B256) -> Result<Bytes, Self::Error>;

    /// The result of the request whose hash is `request`. `hint` is what the guest left in memory to find it by: nothing
    /// that may be relied on.
    fn ml(&mut self, request: B256, hint: &[u8]) -> Result<B256, Self::Error>;

    /// `commitment (48) | proof (48) | element (32)` that opens element `index` of a blob; asked for by
    /// [`StepWitness`](crate::StepWitness) alone, so hosts that only run programs need not have it.
    fn blob_opening(&mut self, _key: B256, _index: u64) -> Result<Option<[u8; 128]>, Self::Error> {
        Ok(None)
    }
}

/// The preimage that is being read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    current: Option<(OracleKind, B256, Bytes)>,
}

impl Oracle {
    /// The data of a key, asked for once while it stays the same. Wrong keccak preimages are refused.
    pub(crate) fn data<H: Host>(
        &mut self,
        host: &mut H,
        kind: OracleKind,
        key: B256,
    ) -> Result<&Bytes, Error<H::Error>> {
        if !self.current.as_ref().is_some_and(|(k, of, _)| (*k, *of) == (kind, key)) {
            let data = host.preimage(kind, key).map_err(Error::Host)?;
            check(kind, key, &data)?;
            self.current = Some((kind, key, data));
        }
        Ok(&self.current.as_ref().expect("just set").2)
    }
}

fn check<E>(kind: OracleKind, key: B256, data: &[u8]) -> Result<(), Error<E>> {
    let expected = match kind {
        OracleKind::Local => 32,
        OracleKind::Blob => BLOB_BYTES,
        OracleKind::Keccak => {
            let hash = keccak256(data);
            return if hash == key { Ok(()) } else { Err(Error::Preimage { key, hash }) };
        }
    };
    if data.len() == expected { Ok(()) } else { Err(Error::Length { kind, key, length: data.len() }) }
}
