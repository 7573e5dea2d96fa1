//! A real server on a free port, over a chain in a temporary directory, with a pool that makes blocks when it is told to.

use alloy::{
    consensus::{SignableTransaction, TxEip1559},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_consensus::{Transaction as _, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, bytes, hex, keccak256};
use alloy_sol_types::{Panic, PanicKind, Revert, SolError};
use autonet_chain::{Chain, StorageOptions};
use autonet_primitives::{
    ChainConfig, DelayedKind, DelayedMessage, Deposit, Genesis, GenesisAccount, L1Context, TxEnvelope,
    addresses::L1_CONTEXT,
};
use autonet_rpc::{L1Position, Node, PoolError, PoolStatus, RpcConfig, RpcServer, TransactionPool, serve};
use autonet_stf::{TxOutcome, recover_transaction};
use futures::future::BoxFuture;
use jsonrpsee::{
    core::{client::ClientT, client::Error as ClientError, params::ArrayParams},
    http_client::{HttpClient, HttpClientBuilder},
    types::ErrorObjectOwned,
};
use serde_json::Value;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) const CHAIN_ID: u64 = 901;
pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;
pub(crate) const BASE_FEE: u64 = 1_000_000_000;
pub(crate) const L1_BASE_FEE: u64 = 7_000_000_000;
pub(crate) const FUNDS: u128 = 1_000_000_000_000_000_000_000;

/// Emits a log: the first word is its topic, the second its data.
pub(crate) const LOGGER: Address = address!("0000000000000000000000000000000000001001");
/// `require(false, "too late")`.
pub(crate) const REVERTS: Address = address!("0000000000000000000000000000000000001002");
/// A custom error without arguments.
pub(crate) const REVERTS_CUSTOM: Address = address!("0000000000000000000000000000000000001003");
/// `assert(false)`.
pub(crate) const PANICS: Address = address!("0000000000000000000000000000000000001004");
/// Returns the block's timestamp and number.
pub(crate) const CLOCK: Address = address!("0000000000000000000000000000000000001005");
/// Reverts after the time in the first word.
pub(crate) const DEADLINE: Address = address!("0000000000000000000000000000000000001006");
/// Runs until it has no gas left.
pub(crate) const LOOPS: Address = address!("0000000000000000000000000000000000001007");
/// Stores the first word in slot 0.
pub(crate) const STORES: Address = address!("0000000000000000000000000000000000001008");
/// An invalid opcode.
pub(crate) const INVALID: Address = address!("0000000000000000000000000000000000001009");

/// `Error("too late")`, in Solidity's encoding.
pub(crate) fn too_late() -> Vec<u8> {
    Revert::from("too late").abi_encode()
}

/// A custom error without arguments.
pub(crate) const CUSTOM: &[u8] = &hex!("c0ffee11");

pub(crate) fn key(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(number)).unwrap()
}

/// Copies what follows the code into memory and reverts with it.
fn reverter(data: &[u8]) -> Bytes {
    let length = data.len() as u8;
    [&[0x60, length, 0x60, 0x0a, 0x5f, 0x39, 0x60, length, 0x5f, 0xfd], data].concat().into()
}

pub(crate) fn genesis() -> Genesis {
    let config = ChainConfig {
        l1_chain_id: 900,
        l2_chain_id: CHAIN_ID,
        inbox: Address::repeat_byte(0x11),
        bridge: Address::repeat_byte(0x22),
        force_window_s: 3_600,
        max_past_s: 3_600,
        max_future_s: 600,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 1_000_000,
        sequencer_fee_recipient: Address::repeat_byte(0x33),
    };
    let funded = [1, 2]
        .map(|number| (key(number).address(), GenesisAccount { balance: U256::from(FUNDS), ..Default::default() }));
    let contracts = [
        (LOGGER, bytes!("6020355f525f3560205fa100")),
        (REVERTS, reverter(&too_late())),
        (REVERTS_CUSTOM, reverter(CUSTOM)),
        (PANICS, reverter(&Panic::from(PanicKind::Assert).abi_encode())),
        (CLOCK, bytes!("425f524360205260405ff3")),
        (DEADLINE, bytes!("5f354211600857005b5f5ffd")),
        (LOOPS, bytes!("5b5f56")),
        (STORES, bytes!("5f355f5500")),
        (INVALID, bytes!("fe")),
    ]
    .map(|(address, code)| (address, GenesisAccount { code: Some(code), nonce: Some(1), ..Default::default() }));
    let l1_context = GenesisAccount {
        nonce: Some(1),
        storage: Some([(B256::with_last_byte(2), U256::from(L1_BASE_FEE).into())].into()),
        ..Default::default()
    };
    Genesis {
        config,
        l1_start_block: 0,
        timestamp: GENESIS_TIME,
        base_fee: BASE_FEE,
        alloc: funded.into_iter().chain(contracts).chain([(L1_CONTEXT, l1_context)]).collect(),
    }
}

/// The tip of every transaction that the tests sign, in wei a gas.
pub(crate) const TIP: u128 = 5_000_000;

/// A transaction of type 2, ready to be sent.
pub(crate) fn signed(signer: &PrivateKeySigner, nonce: u64, to: TxKind, value: u64, input: impl Into<Bytes>) -> Bytes {
    let (value, input) = (U256::from(value), input.into());
    sign(signer, TxEip1559 { nonce, to, value, input, gas_limit: 200_000, ..Default::default() })
}

/// Signs a transaction for this chain, with fees that it takes.
pub(crate) fn sign(signer: &PrivateKeySigner, transaction: TxEip1559) -> Bytes {
    let fees = TxEip1559 { max_fee_per_gas: 3_000_000_000, max_priority_fee_per_gas: TIP, ..transaction };
    let transaction = TxEip1559 { chain_id: CHAIN_ID, ..fees };
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    TxEnvelope::Eip1559(transaction.into_signed(signature)).encoded_2718().into()
}

pub(crate) fn words(values: impl IntoIterator<Item = u64>) -> Bytes {
    values.into_iter().flat_map(|value| U256::from(value).to_be_bytes::<32>()).collect()
}

/// Holds transactions until it is told to make a block of them.
pub(crate) struct TestPool {
    chain: Chain,
    clock: Arc<AtomicU64>,
    held: Mutex<Vec<Recovered<TxEnvelope>>>,
}

impl TestPool {
    /// Makes a block of what is held, after these delayed messages.
    pub(crate) fn make_block_with(&self, delayed: Vec<DelayedMessage>) -> B256 {
        let next = self.chain.next_block(self.clock.load(Ordering::SeqCst), delayed).unwrap();
        let mut builder = next.start().unwrap();
        for transaction in self.held.lock().unwrap().drain(..) {
            let outcome = builder.execute(&transaction).unwrap();
            assert!(matches!(outcome, TxOutcome::Included(_)), "{outcome:?}");
        }
        self.chain.commit(builder.finish().unwrap()).unwrap().hash
    }

    pub(crate) fn make_block(&self) -> B256 {
        self.make_block_with(Vec::new())
    }
}

impl TransactionPool for TestPool {
    fn submit(&self, transaction: Bytes) -> BoxFuture<'_, Result<B256, PoolError>> {
        Box::pin(async move {
            let transaction = recover_transaction(&transaction).map_err(|_| PoolError::Malformed)?;
            let state = self.chain.account(transaction.signer()).map_err(|_| PoolError::Unavailable("stopped"))?.nonce;
            let tx = transaction.inner().nonce();
            if tx < state {
                return Err(PoolError::NonceTooLow { state, tx });
            }
            let hash = transaction.inner().tx_hash();
            let mut held = self.held.lock().unwrap();
            if held.iter().any(|other| other.inner().tx_hash() == hash) {
                return Err(PoolError::AlreadyKnown);
            }
            held.push(transaction);
            Ok(hash)
        })
    }

    fn pending_nonce(&self, sender: Address) -> Option<u64> {
        let held = self.held.lock().unwrap();
        let nonces = held.iter().filter(|held| held.signer() == sender).map(|held| held.inner().nonce());
        nonces.max().map(|nonce| nonce + 1)
    }

    fn transaction(&self, hash: B256) -> Option<Recovered<TxEnvelope>> {
        self.held.lock().unwrap().iter().find(|held| held.inner().tx_hash() == hash).cloned()
    }

    fn status(&self) -> PoolStatus {
        PoolStatus { pending: self.held.lock().unwrap().len() as u64, queued: 0 }
    }
}

pub(crate) struct Harness {
    pub(crate) chain: Chain,
    pub(crate) pool: Arc<TestPool>,
    pub(crate) server: RpcServer,
    pub(crate) client: HttpClient,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) l1: watch::Sender<L1Position>,
    pub(crate) shutdown: CancellationToken,
    _dir: TempDir,
}

impl Harness {
    pub(crate) async fn new() -> Self {
        Self::with(RpcConfig::default(), true).await
    }

    pub(crate) async fn with(config: RpcConfig, pooled: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let chain = Chain::open(dir.path(), &genesis(), &StorageOptions::default()).unwrap();
        let clock = Arc::new(AtomicU64::new(GENESIS_TIME + 10));
        let pool = Arc::new(TestPool { chain: chain.clone(), clock: clock.clone(), held: Mutex::default() });
        let (l1, l1_receiver) = watch::channel(L1Position::default());
        let now = clock.clone();
        let node = Node {
            chain: chain.clone(),
            pool: pooled.then(|| pool.clone() as Arc<dyn TransactionPool>),
            l1: l1_receiver,
            clock: Arc::new(move || now.load(Ordering::SeqCst)),
        };
        let shutdown = CancellationToken::new();
        let server = serve("127.0.0.1:0".parse().unwrap(), node, config, shutdown.clone()).await.unwrap();
        let client = HttpClientBuilder::default().build(format!("http://{}", server.addr())).unwrap();
        Self { chain, pool, server, client, clock, l1, shutdown, _dir: dir }
    }

    /// Calls a method with a JSON array of parameters.
    pub(crate) async fn try_call(&self, method: &str, params: Value) -> Result<Value, ErrorObjectOwned> {
        let mut array = ArrayParams::new();
        for param in params.as_array().unwrap() {
            array.insert(param).unwrap();
        }
        match self.client.request(method, array).await {
            Ok(value) => Ok(value),
            Err(ClientError::Call(error)) => Err(error),
            Err(error) => panic!("{method}: {error}"),
        }
    }

    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let result = self.try_call(method, params.clone()).await;
        result.unwrap_or_else(|error| panic!("{method} {params}: {error:?}"))
    }

    /// Sends a transaction and returns its hash, as text.
    pub(crate) async fn send(&self, transaction: &Bytes) -> Value {
        self.call("eth_sendRawTransaction", serde_json::json!([transaction])).await
    }
}

/// A deposit of `value` wei to `to`, first in the queue.
pub(crate) fn deposit(index: u64, to: Address, value: u64) -> DelayedMessage {
    let payload =
        Deposit { mint: value.into(), value: U256::from(value), gas_limit: 100_000, to, data: Bytes::new() }.encode();
    let l1 = L1Context {
        number: 5,
        time: GENESIS_TIME,
        base_fee: U256::from(L1_BASE_FEE),
        blob_base_fee: U256::from(1),
        prev_randao: keccak256("randao"),
        parent_hash: keccak256("parent"),
    };
    DelayedMessage { index, kind: DelayedKind::Deposit, sender: Address::repeat_byte(0x44), l1, payload }
}

/// The number in a JSON quantity.
pub(crate) fn quantity(value: &Value) -> u128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is not a quantity"));
    u128::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}
