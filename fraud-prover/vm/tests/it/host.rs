//! A host that answers from tables.

use std::collections::HashMap;

use autonet_fpvm::{B256, Bytes, Host, OracleKind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) OracleKind, pub(crate) B256);

#[derive(Clone, Default)]
pub(crate) struct Tables {
    pub(crate) data: HashMap<(OracleKind, B256), Bytes>,
    pub(crate) openings: HashMap<(B256, u64), [u8; 128]>,
    pub(crate) hints: Vec<Vec<u8>>,
    pub(crate) asked: usize,
}

impl Tables {
    pub(crate) fn with_locals(locals: [B256; 8]) -> Self {
        let mut tables = Self::default();
        for (number, value) in locals.into_iter().enumerate() {
            tables.data.insert((OracleKind::Local, B256::with_last_byte(number as u8)), value.0.into());
        }
        tables
    }

    pub(crate) fn insert_preimage(&mut self, data: &[u8]) -> B256 {
        let key = alloy_primitives::keccak256(data);
        self.data.insert((OracleKind::Keccak, key), data.to_vec().into());
        key
    }
}

/// The result of a request, as good as any.
pub(crate) fn ml_result(request: B256) -> B256 {
    alloy_primitives::keccak256(request)
}

impl Host for Tables {
    type Error = Unknown;

    fn preimage(&mut self, kind: OracleKind, key: B256) -> Result<Bytes, Unknown> {
        self.asked += 1;
        self.data.get(&(kind, key)).cloned().ok_or(Unknown(kind, key))
    }

    fn ml(&mut self, request: B256, hint: &[u8]) -> Result<B256, Unknown> {
        self.hints.push(hint.to_vec());
        Ok(ml_result(request))
    }

    fn blob_opening(&mut self, key: B256, index: u64) -> Result<Option<[u8; 128]>, Unknown> {
        Ok(self.openings.get(&(key, index)).copied())
    }
}
