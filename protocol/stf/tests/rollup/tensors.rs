//! The ML precompiles in blocks: which tensors are there, and for how long.

use crate::{
    asm::Asm,
    chain::{Chain, Key, Signed, artifact, contract, transaction},
};
use alloy_consensus::{TxEip1559, TxReceipt};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use autonet_ml_precompiles::{Dtype, Failure, GraphBuilder, Tensor, Value, abi, forward};
use autonet_primitives::{
    GenesisAccount,
    addresses::{MODEL_REGISTRY, TENSOR_STORE},
};
use autonet_stf::{CallEnd, CallOptions, Error, TxEnv, simulate};
use std::sync::Arc;

sol! {
    function put(uint8 dtype, uint32[] dims, bytes data, uint64 until) external payable returns (bytes32 id);
    function pin(bytes32 id, uint64 until) external payable;
    function register(bytes graph) external returns (bytes32 modelId);
}

const SCRIPT: Address = Address::repeat_byte(0x61);
const INNER: Address = Address::repeat_byte(0x62);
/// Wei for a byte and a second.
const RENT: u64 = 1_000_000;

fn tensor(seed: i8) -> Tensor {
    Tensor::from_i8(&[4, 32], (0..128u8).map(|i| (i as i8).wrapping_mul(seed)).collect()).expect("shape")
}

fn chain(scripts: impl IntoIterator<Item = (Address, Asm)>) -> Chain {
    let predeploys = [(TENSOR_STORE, "TensorStore"), (MODEL_REGISTRY, "ModelRegistry")];
    let predeploys = predeploys.map(|(address, name)| (address, contract(artifact(name))));
    let scripts = scripts.into_iter().map(|(address, asm)| (address, contract(asm.code())));
    Chain::new(predeploys.into_iter().chain(scripts).collect::<Vec<(Address, GenesisAccount)>>())
}

fn put(chain: &Chain, nonce: u64, tensor: &Tensor, seconds: u64) -> Signed {
    let until = chain.head.timestamp + 2 + seconds;
    let size = tensor.shape().size_bytes();
    let data = tensor.slice_bytes(0, size).expect("data").into();
    let call = putCall { dtype: tensor.shape().dtype() as u8, dims: tensor.shape().dims().to_vec(), data, until };
    let value = U256::from(size as u64 * seconds * RENT);
    let input = call.abi_encode().into();
    Key::new(1).sign(TxEip1559 { gas_limit: 2_000_000, to: TENSOR_STORE.into(), value, input, ..transaction(nonce) })
}

fn number(number: u32) -> B256 {
    U256::from(number).into()
}

fn commit_input(tensor: &Tensor) -> Vec<u8> {
    let shape = tensor.shape();
    let mut words = vec![number(shape.dtype() as u32), number(shape.dims().len() as u32)];
    words.extend((0..4).map(|index| number(shape.dims().get(index).copied().unwrap_or_default())));
    [words.concat(), tensor.slice_bytes(0, shape.size_bytes()).expect("data")].concat()
}

fn slice_input(id: B256) -> Vec<u8> {
    [id, number(0), number(32)].concat()
}

fn not_resident() -> U256 {
    U256::from_be_slice(&abi::NOT_RESIDENT) << 224
}

fn first_word(tensor: &Tensor) -> U256 {
    U256::from_be_slice(&tensor.slice_bytes(0, 32).expect("data"))
}

fn run(nonce: u64) -> Signed {
    Key::new(1).call(nonce, SCRIPT, Bytes::new())
}

#[test]
fn pinned_tensor_is_there_for_later_transactions_and_blocks_until_its_rent_ends() {
    let tensor = tensor(3);
    let mut chain = chain([(SCRIPT, Asm::default().call(abi::SLICE, 0, &slice_input(tensor.id()), 0))]);
    let word = first_word(&tensor);
    let seen = |chain: &Chain| (chain.slot(SCRIPT, 0), chain.slot(SCRIPT, 1));

    chain.block(&[], &[run(0)]);
    assert_eq!(seen(&chain), (U256::ZERO, not_resident()));
    let block = chain.block(&[], &[put(&chain, 1, &tensor, 4), run(2)]);
    assert!(block.receipts.iter().all(TxReceipt::status), "{:?}", block.receipts);
    assert_eq!(block.tensors.get(&tensor.id()).map(|bytes| bytes.to_vec()), Some(tensor.encode()));
    assert_eq!(seen(&chain), (U256::ONE, word), "in the same block");
    let block = chain.block(&[], &[run(3)]);
    assert!(block.tensors.is_empty());
    assert_eq!(seen(&chain), (U256::ONE, word), "in the next block, two of four seconds later");
    chain.block(&[], &[run(4)]);
    assert_eq!(seen(&chain), (U256::ONE, word), "at the last second");
    chain.block(&[], &[run(5)]);
    assert_eq!(seen(&chain), (U256::ZERO, not_resident()), "after the end");
    let block = chain.block(&[], &[put(&chain, 6, &tensor, 3), run(7)]);
    assert_eq!(block.tensors.len(), 1, "pinned again");
    assert_eq!(seen(&chain), (U256::ONE, word));
}

#[test]
fn local_tensor_lives_for_its_transaction() {
    let tensor = tensor(5);
    let slice = slice_input(tensor.id());
    let script = Asm::default().call(abi::COMMIT, 0, &commit_input(&tensor), 0).call(abi::SLICE, 0, &slice, 2);
    let later = Asm::default().call(abi::SLICE, 0, &slice, 0);
    let mut chain = chain([(SCRIPT, script), (INNER, later)]);
    let block = chain.block(&[], &[run(0), Key::new(1).call(1, INNER, Bytes::new())]);
    assert_eq!(chain.slot(SCRIPT, 1), U256::from_be_bytes(tensor.id().0));
    assert_eq!(chain.slot(SCRIPT, 3), first_word(&tensor));
    assert_eq!((chain.slot(INNER, 0), chain.slot(INNER, 1)), (U256::ZERO, not_resident()));
    assert!(block.tensors.is_empty());
}

#[test]
fn reverted_call_unmakes_its_tensor() {
    let tensor = tensor(7);
    let (id, commit) = (tensor.id(), commit_input(&tensor));
    let inner = Asm::default().call(abi::COMMIT, 0, &commit, 0).call(abi::SLICE, 0, &slice_input(id), 2).revert();
    let pin = pinCall { id, until: u64::MAX >> 20 }.abi_encode();
    let script = Asm::default()
        .call(INNER, 0, &[], 0)
        .call(abi::META, 0, id.as_slice(), 2)
        .call(TENSOR_STORE, 0, &pin, 4)
        .call(abi::COMMIT, 0, &commit, 6)
        .call(abi::META, 0, id.as_slice(), 8);
    let mut chain = chain([(SCRIPT, script), (INNER, inner)]);
    let block = chain.block(&[], &[run(0)]);
    assert!(block.receipts[0].status());
    assert_eq!((chain.slot(SCRIPT, 2), chain.slot(SCRIPT, 3)), (U256::ZERO, not_resident()));
    assert_eq!(chain.slot(SCRIPT, 4), U256::ZERO, "what is not there cannot be pinned");
    assert_eq!((chain.slot(SCRIPT, 6), chain.slot(SCRIPT, 8)), (U256::ONE, U256::ONE));
    assert!(block.tensors.is_empty());
}

#[test]
fn reverted_transaction_pins_nothing() {
    let mut chain = chain([]);
    let tensor = tensor(9);
    let value = U256::from(128 * 100 * RENT - 1);
    let data = tensor.slice_bytes(0, 128).expect("data").into();
    let call = putCall { dtype: 0, dims: vec![4, 32], data, until: chain.head.timestamp + 102 };
    let unpaid = TxEip1559 { gas_limit: 2_000_000, to: TENSOR_STORE.into(), value, ..transaction(0) };
    let block = chain.block(&[], &[Key::new(1).sign(TxEip1559 { input: call.abi_encode().into(), ..unpaid })]);
    assert!(!block.receipts[0].status());
    assert!(block.tensors.is_empty());
}

#[test]
fn anyone_can_say_pinned_but_only_the_store_is_heard() {
    let tensor = tensor(11);
    let event = alloy_primitives::keccak256("TensorPinned(bytes32,uint256,uint64)");
    let script = Asm::default()
        .call(abi::COMMIT, 0, &commit_input(&tensor), 0)
        .push(U256::from_be_bytes(tensor.id().0))
        .push(U256::from_be_bytes(event.0))
        .push(U256::from(64))
        .push(U256::ZERO)
        .op(revm::bytecode::opcode::LOG2);
    let mut chain = chain([(SCRIPT, script)]);
    let block = chain.block(&[], &[run(0)]);
    assert_eq!(block.receipts[0].logs()[0].topics(), [event, tensor.id()]);
    assert!(block.tensors.is_empty());
}

#[test]
fn model_runs_on_chain_as_off_chain() {
    let weights = Tensor::from_i8(&[32, 2], (0..64u8).map(|i| (i % 7) as i8 - 3).collect()).expect("shape");
    let bias = Tensor::from_i32(&[2], vec![10, -10]).expect("shape");
    let requant = Tensor::from_i32(&[3, 2], vec![1 << 30, 1 << 30, 33, 33, 0, 0]).expect("shape");
    let mut builder = GraphBuilder::new(Dtype::I8, 32);
    builder.dense(Value::INPUT, weights.id(), bias.id(), requant.id());
    let graph = builder.build().expect("graph");
    let (model, x) = (graph.model_id(), tensor(1));
    let run_model = [model, x.id(), number(0), number(0)].concat();
    let script = Asm::default().call(abi::COMMIT, 0, &commit_input(&x), 0).call(abi::FORWARD, 0, &run_model, 2);
    let mut chain = chain([(SCRIPT, script)]);

    let block = chain.block(&[], &[run(0)]);
    assert!(block.receipts[0].status());
    assert_eq!((chain.slot(SCRIPT, 2), chain.slot(SCRIPT, 3)), (U256::ZERO, not_resident()), "no model yet");
    let register = registerCall { graph: graph.encode().into() }.abi_encode().into();
    let transactions = [
        put(&chain, 1, &weights, 1_000),
        put(&chain, 2, &bias, 1_000),
        put(&chain, 3, &requant, 1_000),
        Key::new(1).call(4, MODEL_REGISTRY, register),
        run(5),
    ];
    let block = chain.block(&[], &transactions);
    assert!(block.receipts.iter().all(TxReceipt::status), "{:?}", block.receipts);
    let parameters = [weights, bias, requant].map(Arc::new);
    let find = |id| parameters.iter().find(|tensor| tensor.id() == id).cloned().ok_or(Failure::Operand("parameter"));
    let output = U256::from_be_bytes(forward(&graph, &x, find).expect("forward").id().0);
    assert_eq!((chain.slot(SCRIPT, 2), chain.slot(SCRIPT, 3)), (U256::ONE, output));
    chain.block(&[], &[run(6)]);
    assert_eq!(chain.slot(SCRIPT, 3), output, "from storage");
}

#[test]
fn lost_tensor_stops_the_node_and_not_the_transaction() {
    let tensor = tensor(13);
    let mut chain = chain([(SCRIPT, Asm::default().call(abi::SLICE, 0, &slice_input(tensor.id()), 0))]);
    chain.block(&[], &[put(&chain, 0, &tensor, 1_000)]);
    chain.state.tensors.clear();
    let error = chain.executor(&[]).execute_transaction(&run(1)).expect_err("lost");
    assert!(matches!(error, Error::MissingTensor(id) if id == tensor.id()), "{error}");
}

#[test]
fn calls_read_tensors_directly() {
    let tensor = tensor(15);
    let mut chain = chain([]);
    chain.block(&[], &[put(&chain, 0, &tensor, 1_000)]);
    let call = TxEnv {
        kind: abi::SLICE.into(),
        data: slice_input(tensor.id()).into(),
        gas_limit: 30_000_000,
        ..Default::default()
    };
    let result = simulate(&chain.config, &chain.head, call, CallOptions::FREE, &chain.state).expect("execution");
    let end = result.expect("valid").end;
    let output = tensor.slice_bytes(0, 32).expect("data").into();
    assert_eq!(end, CallEnd::Success { output, created: None });
}
