//! A chain with everything in it: deposits, forced transactions, ML calls, malformed batches.

use crate::asm::Asm;
use alloy_consensus::{SignableTransaction, TxEip1559, TxReceipt, crypto::secp256k1};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_sol_types::{SolCall, sol};
use autonet_derive::{BlockRecord, encode_batch};
use autonet_fraud_prover::MemoryChain;
use autonet_genesis::{GenesisParams, build_genesis};
use autonet_ml_precompiles::{Dtype, Graph, GraphBuilder, Heads, Operation, Tensor, Value, abi};
use autonet_primitives::{
    ChainConfig, DelayedKind, Deposit, Genesis, GenesisAccount, TxEnvelope,
    addresses::{MODEL_REGISTRY, TENSOR_STORE},
};
use revm::bytecode::opcode;

sol! {
    function put(uint8 dtype, uint32[] dims, bytes data, uint64 until) external payable returns (bytes32 id);
    function register(bytes graph) external returns (bytes32 modelId);
}

pub(crate) const START: u64 = 1_800_000_000;
const L2_CHAIN_ID: u64 = 7_001;
const ML_SCRIPT: Address = address!("00000000000000000000000000000000005c0001");
const EVM_SCRIPT: Address = address!("00000000000000000000000000000000005c0002");

/// A user.
#[derive(Clone, Copy)]
pub(crate) struct Key(B256);

impl Key {
    pub(crate) const fn new(seed: u8) -> Self {
        Self(B256::repeat_byte(seed))
    }

    pub(crate) fn address(&self) -> Address {
        let hash = B256::repeat_byte(1);
        let signature = secp256k1::sign_message(self.0, hash).expect("signature");
        secp256k1::recover_signer(&signature, hash).expect("signer")
    }

    /// EIP-2718 bytes of a transaction.
    pub(crate) fn sign(&self, nonce: u64, to: Address, value: u64, gas_limit: u64, input: Bytes) -> Bytes {
        let transaction = TxEip1559 {
            chain_id: L2_CHAIN_ID,
            nonce,
            gas_limit,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1_000,
            to: TxKind::Call(to),
            value: U256::from(value),
            input,
            ..Default::default()
        };
        let signature = secp256k1::sign_message(self.0, transaction.signature_hash()).expect("signature");
        TxEnvelope::from(transaction.into_signed(signature)).encoded_2718().into()
    }

    pub(crate) fn transfer(&self, nonce: u64, value: u64) -> Bytes {
        self.sign(nonce, Address::repeat_byte(0xaa), value, 21_000, Bytes::new())
    }

    fn call(&self, nonce: u64, to: Address, input: Bytes) -> Bytes {
        self.sign(nonce, to, 0, 12_000_000, input)
    }
}

pub(crate) fn genesis() -> Genesis {
    let balance = U256::from(10).pow(U256::from(24));
    let params = GenesisParams {
        config: ChainConfig {
            l1_chain_id: 31_337,
            l2_chain_id: L2_CHAIN_ID,
            inbox: Address::repeat_byte(1),
            bridge: Address::repeat_byte(2),
            force_window_s: 600,
            max_past_s: 600,
            max_future_s: 600,
            gas_limit: 60_000_000,
            base_fee_elasticity: 2,
            base_fee_denominator: 8,
            data_fee_scalar_ppm: 1_000_000,
            sequencer_fee_recipient: Address::repeat_byte(3),
        },
        l1_start_block: 0,
        timestamp: START,
        base_fee: 1_000_000,
        l1_fee_recipient: Address::repeat_byte(4),
        min_phase_seconds: 1,
        balances: (1..=3).map(|seed| (Key::new(seed).address(), balance)).collect(),
    };
    let mut genesis = build_genesis(&params).expect("genesis");
    for (address, script) in [(ML_SCRIPT, ml_script()), (EVM_SCRIPT, evm_script())] {
        let contract = GenesisAccount { nonce: Some(1), code: Some(script.code()), ..Default::default() };
        genesis.alloc.insert(address, contract);
    }
    genesis
}

fn matrix(rows: u32, cols: u32, seed: u32) -> Tensor {
    let value = |i: u32| ((i * 37 + seed * 11) % 255) as i8;
    Tensor::from_i8(&[rows, cols], (0..rows * cols).map(|i| value(i).max(-127)).collect()).expect("tensor")
}

/// Tensors that are stored: x, weights, bias, constants, table, labels, and weights that no product takes.
fn stored() -> [Tensor; 7] {
    let constants = [[1 << 30; 20], [38; 20], [3; 20]].concat();
    let bad = Tensor::from_i8(&[36, 20], vec![-128; 720]).expect("tensor");
    [
        matrix(20, 36, 1),
        matrix(36, 20, 2),
        Tensor::from_i32(&[20], (0..20).map(|i| i * 1_000 - 9_000).collect()).expect("tensor"),
        Tensor::from_i32(&[3, 20], constants).expect("tensor"),
        Tensor::from_i8(&[256], (0..256).map(|i| (i ^ 0x55) as u8 as i8).collect()).expect("tensor"),
        Tensor::from_i8(&[20], (0..20).collect()).expect("tensor"),
        bad,
    ]
}

fn model() -> Graph {
    let [_, weights, bias, constants, table, ..] = stored();
    let mut builder = GraphBuilder::new(Dtype::I8, 36);
    let value = builder.dense(Value::INPUT, weights.id(), bias.id(), constants.id());
    builder.lut8(value, table.id());
    builder.build().expect("graph")
}

fn number(number: u64) -> B256 {
    U256::from(number).into()
}

fn commit_input(tensor: &Tensor) -> Vec<u8> {
    let shape = tensor.shape();
    let mut words = vec![number(shape.dtype() as u64), number(shape.dims().len() as u64)];
    words.extend((0..4).map(|index| number(shape.dims().get(index).copied().unwrap_or_default().into())));
    [words.concat(), tensor.slice_bytes(0, shape.size_bytes()).expect("data")].concat()
}

/// Every ML precompile, on stored tensors, on ones made in the transaction, and on ones that are refused.
fn ml_script() -> Asm {
    let [x, weights, bias, constants, table, labels, bad] = stored().map(|tensor| tensor.id());
    let fresh = matrix(3, 36, 5);
    let model_id = alloy_primitives::keccak256(model().encode());
    let result = |x: &Tensor| {
        let all = stored();
        let find = |id| all.iter().find(|tensor| tensor.id() == id).cloned().map(std::sync::Arc::new);
        autonet_ml_precompiles::forward::<autonet_ml_precompiles::Failure>(&model(), x, |id| {
            find(id).ok_or(autonet_ml_precompiles::Failure::Operand("parameter"))
        })
        .expect("runs")
    };
    let (of_x, of_fresh) = (result(&stored()[0]).id(), result(&fresh).id());
    let mut calls: Vec<(Address, Vec<u8>)> = vec![
        (abi::META, weights.to_vec()),
        (abi::SLICE, [weights, number(7), number(700)].concat()),
        (abi::MATMUL_I8, [x, weights, B256::ZERO, B256::ZERO].concat()),
        (abi::MATMUL_I8, [x, weights, bias, constants].concat()),
        (abi::MATMUL_I8, [x, bad, bias, constants].concat()),
        (abi::COMMIT, commit_input(&fresh)),
        (abi::SLICE, [fresh.id(), number(1), number(100)].concat()),
        (abi::LUT8, [fresh.id(), table].concat()),
        (abi::FORWARD, [model_id, fresh.id(), number(0), number(0)].concat()),
        (abi::SLICE, [of_fresh, number(30), number(30)].concat()),
        (abi::FORWARD, [model_id, x, number(0), number(0)].concat()),
        (abi::METRIC, [number(0), of_x, labels].concat()),
        (abi::METRIC, [number(1), of_x, of_x].concat()),
        (abi::PRICE, model().encode()),
        (abi::VERIFY, [x, number(0), x].concat()),
    ];
    calls.extend(operations());
    let slots = (0..).step_by(2);
    calls.iter().zip(slots).fold(Asm::default(), |asm, ((to, input), slot)| asm.limited_call(500_000, *to, input, slot))
}

/// Calls of the operations that models other than that one are made of, and of those on updates and draws.
fn operations() -> Vec<(Address, Vec<u8>)> {
    let [x, weights, bias, ..] = stored();
    let (x_id, bias_id) = (x.id(), bias.id());
    let i32s = |dims: &[u32], data: Vec<i32>| Tensor::from_i32(dims, data).expect("tensor");
    let addition = i32s(&[4], vec![1 << 15, -(1 << 14), 300, 16]);
    let exponentials = i32s(&[256], (0..256).map(|i| 65_535 - 250 * i).collect());
    let scales = i32s(&[3, 36], [[40 << 20; 36], [-3; 36], [36; 36]].concat());
    let indices = i32s(&[5], vec![19, 0, 7, 7, 1]);
    let by_head = i32s(&[3, 2], vec![1 << 30, 1 << 30, 44, 45, 0, -3]);
    let by_column = i32s(&[3, 36], [[1 << 30; 36], [38; 36], [1; 36]].concat());
    let heads = Heads { heads: 2, tokens: 4, depth: 18 };
    let scores = Operation::scores(heads, [0, 0], &x, &x, &by_head).apply().expect("scores");
    let window = |kernel: u64, pad: u64| [4, 5, kernel, kernel, 1, 1, pad, pad, 0, 0].map(number).concat();
    let kernel = matrix(4 * 36, 3, 7);
    let commits = [&addition, &exponentials, &scales, &indices, &by_head, &by_column, &kernel];
    let mut calls: Vec<_> = commits.into_iter().map(|tensor| (abi::COMMIT, commit_input(tensor))).collect();
    let split = [2, 4, 18, 0].map(number).concat();
    let draw = [x_id, bias_id, number(7)].concat();
    calls.extend([
        (abi::ADD_I8, [x_id, x_id, addition.id()].concat()),
        (abi::SOFTMAX_I8, [x_id, exponentials.id()].concat()),
        (abi::LAYERNORM_I8, [x_id, scales.id()].concat()),
        (abi::POOL, [number(0).to_vec(), window(2, 1), x_id.to_vec()].concat()),
        (abi::POOL, [number(1).to_vec(), window(3, 2), x_id.to_vec()].concat()),
        (abi::CONV2D_I8, [window(2, 1), [number(120), x_id, kernel.id(), B256::ZERO, B256::ZERO].concat()].concat()),
        (abi::GATHER, [x_id, indices.id()].concat()),
        (abi::GATHER, [x_id, bias_id].concat()),
        (abi::SCORES_I8, [split.clone(), [number(0), x_id, x_id, by_head.id()].concat()].concat()),
        (abi::MIX_I8, [split, [scores.id(), x_id, by_column.id()].concat()].concat()),
        (abi::COSINE_GE, [number(1), number(2), x_id, x_id].concat()),
        (abi::FEDAVG, [number(3), number(5), bias_id, bias_id].concat()),
        (abi::TRIMMED_MEAN, [number(1), bias_id, bias_id, bias_id].concat()),
        (abi::APPLY_DELTA, [number(2), number(3), bias_id, bias_id].concat()),
        (abi::PRNG, [&draw[..], number(20).as_slice()].concat()),
        (abi::SAMPLE, [&draw[..], number(50).as_slice(), number(9).as_slice()].concat()),
        (abi::MATMUL_I8, [x_id, weights.id(), B256::ZERO, B256::ZERO].concat()),
    ]);
    calls
}

/// Block hashes, creations, and Ethereum's precompiles.
fn evm_script() -> Asm {
    let mut asm = Asm::default();
    for (slot, back) in [1_u64, 2, 5, 300].into_iter().enumerate() {
        asm = asm.push(U256::from(back)).op(opcode::NUMBER).op(opcode::SUB).op(opcode::BLOCKHASH);
        asm = asm.push(U256::from(200 + slot)).op(opcode::SSTORE);
    }
    for precompile in 1..=18_u64 {
        asm = asm.limited_call(200_000, address_of(precompile), &[1; 213], 2 * precompile);
    }
    asm = asm.limited_call(200_000, address_of(0x100), &[1; 160], 100);
    // A contract with no code, made with one wei that is not there, then without.
    asm.push(U256::ZERO).push(U256::ZERO).push(U256::ZERO).op(opcode::CREATE).push(U256::from(220)).op(opcode::SSTORE)
}

fn address_of(number: u64) -> Address {
    Address::left_padding_from(&number.to_be_bytes())
}

fn put(key: Key, nonce: u64, tensor: &Tensor) -> Bytes {
    let size = tensor.shape().size_bytes();
    let data = tensor.slice_bytes(0, size).expect("data").into();
    let until = START + 100_000;
    let call = putCall { dtype: tensor.shape().dtype() as u8, dims: tensor.shape().dims().to_vec(), data, until };
    key.sign(nonce, TENSOR_STORE, size as u64 * 200_000 * 1_000_000, 3_000_000, call.abi_encode().into())
}

pub(crate) fn block(timestamp: u64, delayed_count: u64, transactions: Vec<Bytes>) -> BlockRecord {
    BlockRecord { timestamp: START + timestamp, delayed_count, transactions }
}

/// The chain, and how many of its blocks' transactions succeeded.
pub(crate) fn chain() -> MemoryChain {
    let mut chain = MemoryChain::new(&genesis()).expect("genesis");
    let [alice, bob, carol] = [1, 2, 3].map(Key::new);

    // Transfers, and what no block takes.
    let skipped =
        vec![alice.transfer(9, 1), Bytes::from_static(b"\x02nothing"), bob.transfer(0, 5), bob.transfer(0, 5)];
    let records = [block(1, 0, vec![alice.transfer(0, 1), alice.transfer(1, 2)]), block(2, 1, skipped)];
    chain.post(encode_batch(&records), 1).expect("a batch");

    // Deposits and forced transactions, good and bad, and a batch that leaves some of them to inserted blocks.
    let payload =
        |to| Deposit { mint: 7, value: U256::from(5), gas_limit: 200_000, to, data: vec![1, 2].into() }.encode();
    chain.l1_mut().time += 30;
    chain.queue(DelayedKind::Deposit, carol.address(), payload(Address::repeat_byte(0xbb))).expect("queued");
    chain.queue(DelayedKind::Deposit, carol.address(), payload(EVM_SCRIPT)).expect("queued");
    chain.queue(DelayedKind::Deposit, carol.address(), Bytes::from_static(&[1])).expect("queued");
    chain.queue(DelayedKind::Forced, bob.address(), bob.transfer(1, 9)).expect("queued");
    chain.queue(DelayedKind::Forced, bob.address(), Bytes::from_static(b"no transaction")).expect("queued");
    let records = [block(31, 2, vec![alice.transfer(2, 3)])];
    chain.post(encode_batch(&records), chain.inbox().delayed_count()).expect("a batch");

    // Bytes that are no batch, a batch with a record that is none, an empty one.
    for data in [&b"\x00\x01garbage"[..], b"\x07", b"", b"\x00\x00\xc4\xc1\x80\xc1\x01"] {
        chain.post(Bytes::from_static(data), chain.inbox().delayed_count()).expect("a batch");
    }
    let cursor = chain.inbox().delayed_count() - 1;
    chain.post(encode_batch(&[]), cursor).expect("a batch");

    // Tensors and a model, used in later blocks and batches.
    let register = registerCall { graph: model().encode().into() }.abi_encode().into();
    let puts = stored().iter().zip(3..).map(|(tensor, nonce)| put(alice, nonce, tensor)).collect();
    let use_them = |key: Key, nonce| key.call(nonce, ML_SCRIPT, Bytes::new());
    let records = [
        block(40, 0, puts),
        block(41, 0, vec![bob.call(2, MODEL_REGISTRY, register), use_them(bob, 3)]),
        block(42, 0, vec![use_them(carol, 2), carol.call(3, EVM_SCRIPT, Bytes::new())]),
    ];
    chain.l1_mut().time += 10;
    let blocks = chain.post(encode_batch(&records), cursor).expect("a batch");
    assert_eq!(blocks.iter().map(|block| block.skipped.len()).sum::<usize>(), 0);
    let receipts = blocks.iter().flat_map(|block| &block.receipts);
    assert!(receipts.into_iter().all(TxReceipt::status), "tensors, a model, and what uses them");

    // Messages that nobody consumed in time.
    chain.queue(DelayedKind::Forced, alice.address(), alice.transfer(10, 4)).expect("queued");
    chain.l1_mut().time += 700;
    chain.post(encode_batch(&[block(700, 0, vec![use_them(bob, 4)])]), cursor).expect("a batch");
    // Nothing at all.
    chain.post(encode_batch(&[]), chain.inbox().delayed_count() - 1).expect("a batch");
    chain
}

/// Slots in which the ML script stores whether a call succeeded, in the order of its calls.
pub(crate) fn ml_successes(chain: &MemoryChain) -> Vec<bool> {
    let slot = |slot: u64| chain.state().storage.contains_key(&(ML_SCRIPT, U256::from(slot)));
    (0..13).map(|call| slot(2 * call)).collect()
}
