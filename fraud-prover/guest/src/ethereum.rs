//! Ethereum's state tests, run by the very program that proves L2.
//!
//! The "previous output" of a test has a version of its own. No contract and no guest makes such an output, so no honest
//! side of a dispute ever agrees to start from one.

use crate::{Oracle, Refused};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::{EthereumTxEnvelope, TxEip4844, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use autonet_primitives::{WordReader, Words};
use autonet_stf::{
    Account, BlockEnv, CfgEnv, Evm, ExecutionResult, Extra, NodeSource, Operand, Rules, SpecId, StateReader,
    WitnessState, tx_env,
};
use autonet_trie::Nibbles;

/// Version word of a test.
pub const ETHEREUM_VERSION: u64 = 3;

/// A transaction on a state, under the rules of a hard fork of Ethereum.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct EthereumTest {
    /// Whether Prague's rules hold; otherwise Cancun's.
    pub is_prague: bool,
    /// The most blobs of a transaction.
    pub max_blobs: u64,
    /// Update fraction of the blob price.
    pub blob_fraction: u64,
    /// Number of the block.
    pub number: U256,
    /// Receives the fees.
    pub coinbase: Address,
    /// Time of the block, in seconds.
    pub timestamp: U256,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Base fee, in wei.
    pub base_fee: u64,
    /// `prevRandao`.
    pub random: B256,
    /// Excess blob gas.
    pub excess_blob_gas: u64,
    /// Root of the state before the transaction.
    pub root: B256,
    /// Who must have signed it.
    pub sender: Address,
    /// Its EIP-2718 bytes.
    pub transaction: Bytes,
}

/// What a test comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Whether the transaction was valid.
    pub valid: bool,
    /// `keccak256(rlp(logs))`, of no logs if it failed.
    pub logs_hash: B256,
    /// Root of the state after the transaction.
    pub root: B256,
}

impl TestResult {
    /// What the program ends with.
    pub fn output(&self) -> B256 {
        Words::new().u64(self.valid.into()).word(self.logs_hash).word(self.root).hash()
    }
}

impl EthereumTest {
    /// What the "previous output" of a test is the hash of: the version and the hash of the test's RLP.
    pub fn words(&self) -> Vec<u8> {
        Words::new().u64(ETHEREUM_VERSION).word(keccak256(alloy_rlp::encode(self))).into_bytes()
    }
}

/// Runs a test; `None` if `words` do not name one.
pub(crate) fn run<O: Oracle>(oracle: &O, words: &[u8]) -> Option<Result<B256, Refused<O::Error>>> {
    let mut words = WordReader::new(words);
    if words.u64()? != ETHEREUM_VERSION {
        return None;
    }
    let hash = words.word()?;
    words.finish(())?;
    Some(match oracle.preimage(hash) {
        Ok(test) => alloy_rlp::decode_exact(&test).map_err(|_| Refused::Test).and_then(|test| execute(oracle, &test)),
        Err(error) => Err(Refused::Oracle(error)),
    })
}

fn execute<O: Oracle>(oracle: &O, test: &EthereumTest) -> Result<B256, Refused<O::Error>> {
    let spec = if test.is_prague { SpecId::PRAGUE } else { SpecId::CANCUN };
    let mut cfg = CfgEnv::default().with_chain_id(1);
    cfg.max_blobs_per_tx = Some(test.max_blobs);
    let state = TestState(WitnessState::detached(oracle, test.root));
    let number = u64::try_from(test.number).unwrap_or(u64::MAX);
    let parent = number.wrapping_sub(1);
    let mut evm = Evm::new(Rules::Ethereum(spec), cfg, block_env(test), (parent, block_hash(parent)), &state);
    let result = match decode(&test.transaction, test.sender) {
        Some(transaction) => evm.transact(tx_env(&transaction, test.sender), Extra::default())?.ok(),
        None => None,
    };
    let valid = result.is_some();
    let logs = match result {
        Some(ExecutionResult::Success { logs, .. }) => logs,
        _ => Vec::new(),
    };
    let logs_hash = keccak256(alloy_rlp::encode(&logs));
    let root = evm.finish(test.root)?.root;
    Ok(TestResult { valid, logs_hash, root }.output())
}

fn decode(bytes: &[u8], sender: Address) -> Option<EthereumTxEnvelope<TxEip4844>> {
    let transaction = EthereumTxEnvelope::<TxEip4844>::decode_2718(&mut { bytes }).ok()?;
    (transaction.recover_signer().ok()? == sender).then_some(transaction)
}

fn block_env(test: &EthereumTest) -> BlockEnv {
    let mut block = BlockEnv {
        number: test.number,
        beneficiary: test.coinbase,
        timestamp: test.timestamp,
        gas_limit: test.gas_limit,
        basefee: test.base_fee,
        prevrandao: Some(test.random),
        ..Default::default()
    };
    block.set_blob_excess_gas_and_price(test.excess_blob_gas, test.blob_fraction);
    block
}

/// The tests' convention: the hash of the number's decimal digits.
fn block_hash(number: u64) -> B256 {
    keccak256(number.to_string())
}

/// A state whose ancestors' hashes follow the tests' convention.
struct TestState<S>(S);

impl<S: StateReader> StateReader for TestState<S> {
    type Error = S::Error;

    fn account(&self, address: Address) -> Result<Option<Account>, S::Error> {
        self.0.account(address)
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, S::Error> {
        self.0.code(hash)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, S::Error> {
        self.0.storage(address, slot)
    }

    fn block_hash(&self, number: u64) -> Result<B256, S::Error> {
        Ok(block_hash(number))
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, S::Error> {
        self.0.tensor(id)
    }
}

impl<S: NodeSource> NodeSource for TestState<S> {
    type Error = S::Error;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, S::Error> {
        self.0.node(owner, path, hash)
    }
}
