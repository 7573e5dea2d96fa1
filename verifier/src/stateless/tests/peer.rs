//! A chain in memory, with the states after all its blocks, that answers as a node does.

use crate::{StatelessError, WitnessPeer};
use alloy::{
    consensus::{SignableTransaction, TxEip1559},
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, U256, address, bytes, hex, keccak256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_sol_types::{SolCall, sol};
use autonet_ml_precompiles::Tensor;
use autonet_primitives::{
    BlockInput, ChainConfig, DelayedKind, DelayedMessage, Deposit, Genesis, GenesisAccount, L1Context, TxEnvelope,
    addresses::TENSOR_STORE,
};
use autonet_rpc::Witness;
use autonet_stf::{ExecutedBlock, MemoryState, Operand, Recorder, SealedHeader, execute_block, genesis_block};

sol! {
    function put(uint8 dtype, uint32[] dims, bytes data, uint64 until) external payable returns (bytes32 id);
}

pub(super) const GENESIS_TIME: u64 = 1_700_000_000;
const CHAIN_ID: u64 = 901;
/// Stores the hash of the block three before its own in slot 0.
const ANCESTOR: Address = address!("0000000000000000000000000000000000001001");
/// Stores whether the first bytes of [`tensor`] can be read in slot 0, and the bytes in slot 1.
const SLICER: Address = address!("0000000000000000000000000000000000001002");

fn key(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(number)).unwrap()
}

fn tensor() -> Tensor {
    Tensor::from_i8(&[4, 32], (0..128).map(|element| element as i8).collect()).unwrap()
}

fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { nonce: Some(1), code: Some(code), ..Default::default() }
}

/// Runtime code of the TensorStore, from its committed artifact: what the init code returns.
fn tensor_store() -> Bytes {
    let artifact = include_str!("../../../../contracts/artifacts/TensorStore.json");
    let artifact: serde_json::Value = serde_json::from_str(artifact).unwrap();
    let init = hex::decode(artifact["bytecode"].as_str().unwrap()).unwrap();
    let end = init.windows(3).position(|window| window == hex!("5ff3fe")).unwrap();
    init[end + 3..].to_vec().into()
}

pub(super) fn genesis() -> Genesis {
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
    let funds = GenesisAccount { balance: U256::from(10_u128.pow(21)), ..Default::default() };
    let funded = [1, 2, 3].map(|number| (key(number).address(), funds.clone()));
    let id = tensor().id();
    // SLICE takes an id, an offset and a length.
    let slice = [&[0x7f][..], id.as_slice(), &hex!("5f52 6020604052 6020608060605f5f61a1025af1 5f55 608051600155 00")];
    let contracts = [
        (ANCESTOR, contract(bytes!("600343034060005500"))),
        (SLICER, contract(slice.concat().into())),
        (TENSOR_STORE, contract(tensor_store())),
    ];
    let alloc = funded.into_iter().chain(contracts).collect();
    Genesis { config, l1_start_block: 0, timestamp: GENESIS_TIME, base_fee: 1_000_000_000, alloc }
}

fn sign(number: u8, nonce: u64, to: Address, value: u64, input: Bytes) -> Bytes {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        to: to.into(),
        value: U256::from(value),
        input,
        gas_limit: 2_000_000,
        max_fee_per_gas: 3_000_000_000,
        ..Default::default()
    };
    let signature = key(number).sign_hash_sync(&transaction.signature_hash()).unwrap();
    TxEnvelope::Eip1559(transaction.into_signed(signature)).encoded_2718().into()
}

pub(super) fn transfer(from: u8, nonce: u64) -> Bytes {
    sign(from, nonce, Address::repeat_byte(from), 1, Bytes::new())
}

pub(super) fn read_block_hash(from: u8, nonce: u64) -> Bytes {
    sign(from, nonce, ANCESTOR, 0, Bytes::new())
}

pub(super) fn slice_tensor(from: u8, nonce: u64) -> Bytes {
    sign(from, nonce, SLICER, 0, Bytes::new())
}

/// Pins [`tensor`] for longer than the tests' blocks last.
pub(super) fn put_tensor(from: u8, nonce: u64) -> Bytes {
    let (tensor, seconds) = (tensor(), 100);
    let size = tensor.shape().size_bytes();
    let data = tensor.slice_bytes(0, size).unwrap().into();
    let (dtype, dims, until) = (tensor.shape().dtype() as u8, tensor.shape().dims().to_vec(), GENESIS_TIME + seconds);
    let input = putCall { dtype, dims, data, until }.abi_encode().into();
    sign(from, nonce, TENSOR_STORE, size as u64 * seconds * 1_000_000, input)
}

/// The delayed message `index`: a deposit.
pub(super) fn deposit(index: u64) -> DelayedMessage {
    let to = Address::repeat_byte(0x90 + index as u8);
    let payload = Deposit { mint: 5, value: U256::from(5), gas_limit: 100_000, to, data: Bytes::new() }.encode();
    let l1 = L1Context {
        number: 5 + index,
        time: GENESIS_TIME,
        base_fee: U256::from(7),
        blob_base_fee: U256::from(1),
        prev_randao: keccak256("randao"),
        parent_hash: keccak256("parent"),
    };
    DelayedMessage { index, kind: DelayedKind::Deposit, sender: Address::repeat_byte(0x44), l1, payload }
}

/// The input of a block some seconds after genesis.
pub(super) fn input(seconds: u64, delayed: Vec<DelayedMessage>, transactions: Vec<Bytes>) -> BlockInput {
    BlockInput { timestamp: GENESIS_TIME + seconds, delayed, transactions }
}

type Spoil = Box<dyn Fn(&mut Witness) + Send + Sync>;

pub(super) struct Peer {
    config: ChainConfig,
    /// Of all blocks.
    pub(super) headers: Vec<SealedHeader>,
    /// After all blocks.
    states: Vec<MemoryState>,
    /// Transactions that could not run.
    pub(super) skipped: usize,
    /// The block whose witness is changed, and how.
    spoiled: Option<(u64, Spoil)>,
}

impl Peer {
    pub(super) fn new() -> Self {
        let genesis = genesis();
        let block = genesis_block(&genesis).unwrap();
        let mut peer =
            Self { config: genesis.config, headers: Vec::new(), states: Vec::new(), skipped: 0, spoiled: None };
        peer.push(&block, MemoryState::default());
        peer
    }

    /// Executes the next block on the state itself.
    pub(super) fn make_block(&mut self, input: &BlockInput) {
        let (parent, state) = (self.headers.last().unwrap(), self.states.last().unwrap().clone());
        let block = execute_block(&self.config, parent, input, &state).unwrap();
        self.skipped += block.skipped.len();
        self.push(&block, state);
    }

    fn push(&mut self, block: &ExecutedBlock, mut state: MemoryState) {
        state.apply(block);
        self.states.push(state);
        self.headers.push(block.sealed_header());
    }

    /// From now on changes the witness of a block, and of no other.
    pub(super) fn spoil(&mut self, block: u64, spoil: impl Fn(&mut Witness) + Send + Sync + 'static) {
        self.spoiled = Some((block, Box::new(spoil)));
    }

    pub(super) fn honest_witness(&self, parent: u64, input: &BlockInput) -> Witness {
        let (state, header) = (&self.states[parent as usize], &self.headers[parent as usize]);
        let recorder = Recorder::new(state, header.state_root);
        execute_block(&self.config, header, input, &recorder).unwrap();
        let recording = recorder.into_recording();
        let headers = recording.oldest_block.into_iter().flat_map(|oldest| oldest + 1..parent);
        Witness {
            preimages: recording.preimages.into_values().collect(),
            headers: headers.map(|number| alloy_rlp::encode(self.headers[number as usize].header()).into()).collect(),
            tensors: recording.tensors.values().filter_map(Operand::data).map(|data| data.encode().into()).collect(),
        }
    }
}

impl WitnessPeer for Peer {
    async fn witness(&self, parent: u64, input: &BlockInput) -> Result<Witness, StatelessError> {
        let mut witness = self.honest_witness(parent, input);
        if let Some((_, spoil)) = self.spoiled.as_ref().filter(|(block, _)| *block == parent + 1) {
            spoil(&mut witness);
        }
        Ok(witness)
    }
}
