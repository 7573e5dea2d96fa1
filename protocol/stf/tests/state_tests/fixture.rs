//! The format of Ethereum's state tests.

use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_primitives::{ChainConfig, Genesis, GenesisAccount};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, io::Read, path::Path};

/// The JSON files of an archive of the folder that `AUTONET_VECTORS` names, with their paths; `None`, said on standard output,
/// without it.
pub(crate) fn read_archive(name: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let Ok(folder) = std::env::var("AUTONET_VECTORS") else {
        println!("skipped: AUTONET_VECTORS is not set");
        return None;
    };
    let file = fs::File::open(Path::new(&folder).join(name)).expect("archive");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut files = Vec::new();
    for entry in archive.entries().expect("tar") {
        let mut entry = entry.expect("tar");
        let path = entry.path().expect("path").to_string_lossy().into_owned();
        if path.ends_with(".json") && !path.contains(".meta") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("tar");
            files.push((path, bytes));
        }
    }
    Some(files)
}

/// A genesis with the accounts of a test and nothing else.
pub(crate) fn genesis(pre: BTreeMap<Address, PreAccount>) -> Genesis {
    let config = ChainConfig {
        l1_chain_id: 0,
        l2_chain_id: 1,
        inbox: Address::ZERO,
        bridge: Address::ZERO,
        force_window_s: 0,
        max_past_s: 0,
        max_future_s: 0,
        gas_limit: 0,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 0,
        sequencer_fee_recipient: Address::ZERO,
    };
    let alloc = pre.into_iter().map(|(address, account)| (address, account.into())).collect();
    Genesis { config, l1_start_block: 0, timestamp: 0, base_fee: 0, alloc }
}

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
