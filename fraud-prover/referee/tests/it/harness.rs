//! Every check of one request: the contract, the crate and the operation itself have to agree.

use crate::mutate::{Change, PARTS, claims, mutations};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use autonet_ml_precompiles::{Answer, Request, Tensor};
use autonet_referee::{Dispute, Refusal, State, StepProof, Witness, repeat, stepCall, stepsCall};
use proptest::test_runner::{Config, TestRunner};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{
        CfgEnv, TxEnv,
        result::{ExecutionResult, Output},
    },
    database::{CacheDB, EmptyDB},
    primitives::{TxKind, hardfork::SpecId},
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// What one step may cost as a transaction.
const MAX_GAS: u64 = 1_500_000;
/// What a transaction's input may be.
const MAX_CALLDATA: usize = 60_000;

/// The referees, in the order of `TileReferee.Referees`.
const REFEREES: [&str; 8] = [
    "ProductReferee",
    "TilewiseReferee",
    "MetricReferee",
    "RowsReferee",
    "ImageReferee",
    "AttentionReferee",
    "UpdateReferee",
    "DrawReferee",
];

pub(crate) type Asked = Request<Arc<Tensor>>;

/// The largest of the costs seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Gas as a transaction.
    pub(crate) gas: u64,
    /// Bytes of calldata.
    pub(crate) calldata: usize,
}

macro_rules! evm {
    ($db:expr) => {{
        let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA);
        cfg.disable_nonce_check = true;
        Context::mainnet().with_db($db).with_cfg(cfg).build_mainnet()
    }};
}

fn transaction(kind: TxKind, data: Bytes) -> TxEnv {
    TxEnv::builder().kind(kind).data(data).gas_limit(16_000_000).chain_id(Some(1)).build().expect("complete")
}

/// A folder of contracts/.
fn contracts(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../contracts").join(folder)
}

fn bytecode(name: &str) -> Option<Bytes> {
    let artifact = std::fs::read_to_string(contracts("artifacts").join(format!("{name}.json"))).ok()?;
    let artifact: serde_json::Value = serde_json::from_str(&artifact).expect("JSON");
    artifact["bytecode"].as_str().expect("hex").parse().ok()
}

/// The contract, deployed.
pub(crate) struct Referee {
    db: CacheDB<EmptyDB>,
    address: Address,
    /// How many steps were spoilt in each way.
    spoilt: BTreeMap<&'static str, usize>,
}

impl Referee {
    pub(crate) fn deploy() -> Self {
        let mut referee =
            Self { db: CacheDB::new(EmptyDB::default()), address: Address::ZERO, spoilt: BTreeMap::new() };
        let parts = REFEREES.map(|name| bytecode(name).map_or(Address::ZERO, |code| referee.create(code)));
        let main = bytecode("TileReferee").expect("contracts/bin/artifacts has been run");
        referee.address = referee.create([&main[..], &parts.abi_encode()].concat().into());
        referee
    }

    fn create(&mut self, code: Bytes) -> Address {
        match evm!(&mut self.db).transact_commit(transaction(TxKind::Create, code)).expect("valid") {
            ExecutionResult::Success { output: Output::Create(_, Some(address)), .. } => address,
            other => panic!("{other:?}"),
        }
    }

    fn call<C: SolCall>(&mut self, call: &C) -> Result<(C::Return, Cost), Bytes> {
        let (output, cost) = self.run(call.abi_encode().into())?;
        Ok((C::abi_decode_returns(&output).expect("a word"), cost))
    }

    fn run(&mut self, data: Bytes) -> Result<(Bytes, Cost), Bytes> {
        let calldata = data.len();
        match evm!(&mut self.db).transact(transaction(TxKind::Call(self.address), data)).expect("valid").result {
            ExecutionResult::Success { output, gas, .. } => {
                Ok((output.into_data(), Cost { gas: gas.tx_gas_used(), calldata }))
            }
            ExecutionResult::Revert { output, .. } => Err(output),
            ExecutionResult::Halt { reason, .. } => panic!("{reason:?}"),
        }
    }

    /// What the contract makes of a witness.
    pub(crate) fn step(&mut self, state: &State, witness: &Witness) -> Result<(B256, Cost), Bytes> {
        self.call(&stepCall { state: state.clone(), witness: witness.clone() })
    }

    /// How many steps the contract counts; none if it refuses the request.
    pub(crate) fn steps(&mut self, request: &[u8], operands: &[u8]) -> Option<u64> {
        let call = stepsCall { request: request.to_vec().into(), operands: operands.to_vec().into() };
        self.call(&call).ok().map(|(steps, _)| steps)
    }

    /// Both say the same of a witness; returns what.
    fn both(&mut self, state: &State, witness: &Witness) -> Result<B256, Refusal> {
        let ours = repeat(state, witness).map(|state| state.hash());
        let theirs = self.step(state, witness);
        match (&ours, &theirs) {
            (Ok(ours), Ok((theirs, _))) => assert_eq!(ours, theirs, "{state:?}, {} carried", witness.carried.len()),
            (Err(_), Err(_)) => {}
            _ => panic!("{ours:?} here, {theirs:?} there: after step {}", state.step),
        }
        ours
    }
}

/// All steps of a request, none of them checked.
pub(crate) fn steps(request: &Asked) -> Vec<StepProof> {
    let mut dispute = Dispute::new(request).expect("fits");
    let mut proofs = Vec::new();
    while let Some(proof) = dispute.advance().expect("a step") {
        proofs.push(proof);
    }
    assert_eq!(dispute.state().step, dispute.steps());
    proofs
}

/// Cuts a request into all its steps. Every one is repeated by the contract and by the crate, with the same state after it and
/// within the limits, and the last one holds what the operation itself answers. Each step is refused, or gives another state,
/// with any one part of it changed; some are spoilt all over. Returns the largest costs.
pub(crate) fn check(referee: &mut Referee, request: &Asked) -> Cost {
    let proofs = steps(request);
    let (first, last) = (&proofs[0], &proofs[proofs.len() - 1]);
    assert_eq!(referee.steps(&first.witness.request, &first.witness.operands), Some(proofs.len() as u64));
    assert_eq!(first.before, State::initial(&first.witness.request));
    let mut most = Cost::default();
    for proof in &proofs {
        let cost = check_step(referee, proof);
        mutate(referee, proof, &proofs);
        most = Cost { gas: most.gas.max(cost.gas), calldata: most.calldata.max(cost.calldata) };
    }
    let answer = request.answer();
    assert_eq!(last.after.frontier, answer.word());
    assert_eq!(last.after.failed, matches!(answer, Answer::Failed(_)));
    assert_eq!(last.after.carry, keccak256([]));
    assert!(referee.both(&last.after, &last.witness).is_err(), "a step after the last");
    for index in [0, proofs.len() / 3, proofs.len() / 2, proofs.len() - 1] {
        spoil(referee, &proofs[index]);
    }
    most
}

/// One step, repeated by both within the limits.
pub(crate) fn check_step(referee: &mut Referee, proof: &StepProof) -> Cost {
    let StepProof { before, witness, after } = proof;
    assert_eq!(repeat(before, witness).as_ref(), Ok(after), "step {}", before.step);
    let (theirs, cost) = referee.step(before, witness).unwrap_or_else(|error| panic!("step {}: {error}", before.step));
    assert_eq!(theirs, after.hash(), "step {}", before.step);
    assert!(cost.gas < MAX_GAS && cost.calldata < MAX_CALLDATA, "step {}: {cost:?}", before.step);
    cost
}

/// A step with one bit changed, in every named way, is refused by both. Taken for the step before or after, it may be one only
/// if that one, of `all`, reads the same; and then leads both to another state.
pub(crate) fn mutate(referee: &mut Referee, proof: &StepProof, all: &[StepProof]) {
    let StepProof { before, witness, after } = proof;
    let honest = after.hash();
    let mut calldata = stepCall { state: before.clone(), witness: witness.clone() }.abi_encode();
    for (name, change) in mutations(proof) {
        let (mut state, mut spoilt, kept) = (before.clone(), witness.clone(), calldata.clone());
        match change {
            Change::Bit { part, byte, bit } => {
                let bytes = part.of(&mut spoilt);
                let at = start(&calldata, part as usize);
                assert_eq!(calldata[at..][..bytes.len()], bytes[..]);
                let mut flipped = bytes.to_vec();
                flipped[byte] ^= 1 << bit;
                *bytes = flipped.into();
                calldata[at + byte] ^= 1 << bit;
            }
            Change::Step(step) => {
                state.step = step;
                // The state's second word.
                calldata[4 + 56..4 + 64].copy_from_slice(&step.to_be_bytes());
            }
        }
        let ours = repeat(&state, &spoilt).map(|state| state.hash());
        let theirs = referee.run(std::mem::replace(&mut calldata, kept).into());
        let theirs = theirs.map(|(output, _)| B256::from_slice(&output));
        let place = format!("{name}, {change:?}: step {} of {}", before.step, before.request);
        match (change, ours, theirs) {
            (_, Err(_), Err(_)) => {}
            (Change::Step(step), Ok(ours), Ok(theirs)) => {
                assert_eq!(ours, theirs, "{place}");
                assert_ne!(ours, honest, "{place}");
                let other = all.iter().find(|other| other.before.step == step);
                // What has failed reads nothing.
                let failed = before.failed || other.is_some_and(|other| other.before.failed);
                let alike = other.is_none_or(|other| other.witness.tiles == witness.tiles);
                assert!(failed || alike, "{place}: other tiles are read there");
            }
            (_, ours, theirs) => panic!("{place}: {ours:?} here, {theirs:?} there"),
        }
        *referee.spoilt.entry(name).or_default() += 1;
    }
    // Whoever claims another output is told another state.
    let (answer, _) = referee.run(calldata.into()).expect("the step itself");
    for (name, claim) in claims(proof) {
        assert_ne!(
            claim.hash(),
            B256::from_slice(&answer),
            "another {name}: step {} of {}",
            before.step,
            before.request
        );
    }
}

/// Where the bytes of a part of the witness start in a step's calldata.
fn start(calldata: &[u8], part: usize) -> usize {
    let word = |at: usize| U256::from_be_slice(&calldata[at..at + 32]).to::<usize>();
    let arguments = 4;
    // After the five words of the state.
    let witness = arguments + word(arguments + 5 * 32);
    witness + word(witness + 32 * part) + 32
}

/// Spoils a step in every part.
fn spoil(referee: &mut Referee, proof: &StepProof) {
    let StepProof { before, witness, after } = proof;
    let honest = after.hash();
    for part in PARTS {
        let bytes = part.of(&mut witness.clone()).to_vec();
        let mut changed = vec![[&bytes[..], &[0]].concat(), [&bytes[..], &[1; 32]].concat()];
        if !bytes.is_empty() {
            changed.push(bytes[1..].to_vec());
            changed.push(bytes[..bytes.len() - 1].to_vec());
            changed.push(Vec::new());
            // Places all over it, the first and the last among them.
            for place in (0..bytes.len()).step_by(bytes.len().div_ceil(12)).chain([bytes.len() - 1]) {
                let mut flipped = bytes.clone();
                flipped[place] ^= 1 << (place % 8);
                changed.push(flipped);
            }
        }
        for bytes in changed {
            let mut spoilt = witness.clone();
            *part.of(&mut spoilt) = bytes.clone().into();
            assert!(referee.both(before, &spoilt).is_err(), "a witness that is not the step's was taken");
            // With a state that has it, which nobody honest gets to: whatever it gives, nothing panics.
            let hash = keccak256(&bytes);
            for state in [
                State { request: hash, ..before.clone() },
                State { carry: hash, ..before.clone() },
                State { frontier: hash, ..before.clone() },
            ] {
                let _ = (repeat(&state, &spoilt), referee.step(&state, &spoilt));
            }
        }
    }
    let one = B256::from(U256::ONE);
    for state in [
        State { request: before.request ^ one, ..before.clone() },
        State { step: before.step + 1, ..before.clone() },
        State { step: before.step.wrapping_sub(1), ..before.clone() },
        State { step: u64::MAX, ..before.clone() },
        State { failed: !before.failed, ..before.clone() },
        State { carry: before.carry ^ one, ..before.clone() },
    ] {
        assert_ne!(referee.both(&state, witness), Ok(honest));
    }
    // All that fails is the same afterwards, whatever there was of the result.
    if !after.failed {
        let state = State { frontier: before.frontier ^ one, ..before.clone() };
        assert_ne!(referee.both(&state, witness), Ok(honest));
    }
}

/// Checks so many requests of a strategy.
pub(crate) fn check_random(cases: u32, strategy: impl proptest::strategy::Strategy<Value = Asked>) {
    let mut referee = Referee::deploy();
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() });
    let referee = std::cell::RefCell::new(&mut referee);
    let checked = runner.run(&strategy, |request| {
        check(&mut referee.borrow_mut(), &request);
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
    println!("spoilt: {:?}", referee.borrow().spoilt);
}

/// Compares steps with the frozen ones in contracts/test/vectors/referee, which the contract's tests read as well.
/// `AUTONET_VECTORS=write` writes them anew.
pub(crate) fn vectors(name: &str, proofs: impl IntoIterator<Item = StepProof>) {
    let path = contracts("test/vectors/referee").join(format!("{name}.json"));
    let hex = |bytes: &[u8]| Bytes::copy_from_slice(bytes).to_string();
    let proofs: Vec<StepProof> = proofs.into_iter().collect();
    let list = |item: &dyn Fn(&StepProof) -> String| {
        let items: Vec<String> = proofs.iter().map(|proof| format!("    \"{}\"", item(proof))).collect();
        items.join(",\n")
    };
    let states = list(&|proof| hex(&proof.before.abi_encode()));
    let witnesses = list(&|proof| hex(&proof.witness.abi_encode()));
    let after = list(&|proof| proof.after.hash().to_string());
    let text = format!(
        "{{\n  \"states\": [\n{states}\n  ],\n  \"witnesses\": [\n{witnesses}\n  ],\n  \"after\": [\n{after}\n  ]\n}}\n"
    );
    if std::env::var("AUTONET_VECTORS").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &text).expect("writable");
    }
    assert!(std::fs::read_to_string(&path).expect("there") == text, "{name}: not the frozen vectors");
    let frozen: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for index in 0..proofs.len() {
        let bytes = |key: &str| frozen[key][index].as_str().expect("hex").parse::<Bytes>().expect("hex");
        let state = State::abi_decode(&bytes("states")).expect("a state");
        let witness = Witness::abi_decode(&bytes("witnesses")).expect("a witness");
        assert_eq!(repeat(&state, &witness).expect("a step").hash(), B256::from_slice(&bytes("after")));
    }
}

/// An I8 tensor.
pub(crate) fn i8s(dims: &[u32], data: Vec<i8>) -> Arc<Tensor> {
    Arc::new(Tensor::from_i8(dims, data).expect("fits"))
}

/// An I32 tensor.
pub(crate) fn i32s(dims: &[u32], data: Vec<i32>) -> Arc<Tensor> {
    Arc::new(Tensor::from_i32(dims, data).expect("fits"))
}

/// Numbers that look random, from a seed.
pub(crate) fn numbers(seed: u64, count: usize) -> Vec<u32> {
    let blocks =
        (0..count.div_ceil(8) as u64).map(|block| keccak256([seed.to_be_bytes(), block.to_be_bytes()].concat()));
    let words = blocks.flat_map(|block| block.0.as_chunks::<4>().0.to_vec());
    words.map(u32::from_be_bytes).take(count).collect()
}

/// Bytes likewise: all of them, or without -128.
pub(crate) fn bytes(seed: u64, count: usize, lowest: i8) -> Vec<i8> {
    numbers(seed, count).into_iter().map(|number| (number as i8).max(lowest)).collect()
}
