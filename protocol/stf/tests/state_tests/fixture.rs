//! The format of Ethereum's state tests.

use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_primitives::GenesisAccount;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file: tests by name.
pub(crate) type File = BTreeMap<String, Test>;

#[derive(Deserialize)]
pub(crate) struct Test {
    pub(crate) env: Env,
    pub(crate) pre: BTreeMap<Address, PreAccount>,
    pub(crate) transaction: Sender,
    /// Cases by hard fork.
    pub(crate) post: BTreeMap<String, Vec<Case>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Env {
    pub(crate) current_coinbase: Address,
    pub(crate) current_gas_limit: U256,
    pub(crate) current_number: U256,
    pub(crate) current_timestamp: U256,
    pub(crate) current_random: Option<B256>,
    pub(crate) current_base_fee: Option<U256>,
    pub(crate) current_excess_blob_gas: Option<U256>,
}

#[derive(Deserialize)]
pub(crate) struct PreAccount {
    nonce: U256,
    balance: U256,
    code: Bytes,
    storage: BTreeMap<U256, U256>,
}

impl From<PreAccount> for GenesisAccount {
    fn from(account: PreAccount) -> Self {
        let storage = account.storage.into_iter().map(|(slot, value)| (slot.into(), value.into())).collect();
        Self {
            nonce: Some(account.nonce.to()),
            balance: account.balance,
            code: Some(account.code),
            storage: Some(storage),
            private_key: None,
        }
    }
}

/// The transaction itself is in each case, signed.
#[derive(Deserialize)]
pub(crate) struct Sender {
    pub(crate) sender: Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    /// State root after the transaction.
    pub(crate) hash: B256,
    /// Hash of the RLP of the logs.
    pub(crate) logs: B256,
    pub(crate) txbytes: Bytes,
    pub(crate) expect_exception: Option<String>,
}
