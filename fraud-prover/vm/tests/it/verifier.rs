//! The contract, in an EVM.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{SolCall, sol};
use autonet_fpvm::{Machine, StepWitness};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{
        CfgEnv, TxEnv,
        result::{ExecutionResult, Output},
    },
    database::{CacheDB, EmptyDB},
    primitives::{TxKind, hardfork::SpecId},
};

use crate::host::{Tables, ml_result};

sol! {
    function step(bytes state, bytes memoryProof, bytes oracleData, bytes32[8] locals) returns (bytes32);
    function mlRequest(bytes state, bytes memoryProof) returns (bytes32);
    function mlStep(bytes state, bytes memoryProof, bytes32 result) returns (bytes32);
}

/// The local inputs of every test.
pub(crate) fn locals() -> [B256; 8] {
    std::array::from_fn(|number| alloy_primitives::keccak256([number as u8]))
}

/// What a call costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Gas of a transaction that does nothing else.
    pub(crate) transaction: u64,
    /// Gas of the execution alone.
    pub(crate) execution: u64,
}

/// 21,000 and the calldata, 4 gas for a zero and 16 for any other byte (EIP-2028).
fn intrinsic_gas(data: &[u8]) -> u64 {
    21_000 + data.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum::<u64>()
}

pub(crate) struct Verifier {
    db: CacheDB<EmptyDB>,
    address: Address,
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

impl Verifier {
    pub(crate) fn deploy() -> Self {
        let artifact = include_str!("../../../../contracts/artifacts/StepVerifier.json");
        let artifact: serde_json::Value = serde_json::from_str(artifact).expect("JSON");
        let code: Bytes = artifact["bytecode"].as_str().expect("hex").parse().expect("hex");
        let mut db = CacheDB::new(EmptyDB::default());
        match evm!(&mut db).transact_commit(transaction(TxKind::Create, code)).expect("valid") {
            ExecutionResult::Success { output: Output::Create(_, Some(address)), .. } => Self { db, address },
            other => panic!("{other:?}"),
        }
    }

    /// What a call returns, with its cost; or what it reverts with.
    fn call<C: SolCall<Return = B256>>(&mut self, call: &C) -> Result<(B256, Cost), Bytes> {
        let data = call.abi_encode();
        let intrinsic = intrinsic_gas(&data);
        let transaction = transaction(TxKind::Call(self.address), data.into());
        match evm!(&mut self.db).transact(transaction).expect("valid").result {
            ExecutionResult::Success { output, gas, .. } => {
                let cost = Cost { transaction: gas.tx_gas_used(), execution: gas.total_gas_spent() - intrinsic };
                Ok((C::abi_decode_returns(&output.into_data()).expect("a word"), cost))
            }
            ExecutionResult::Revert { output, .. } => Err(output),
            // Out of gas, or memory that cannot be paid for: the step is refused as well.
            ExecutionResult::Halt { reason, .. } => Err(format!("{reason:?}").into_bytes().into()),
        }
    }

    /// `step`.
    pub(crate) fn step(
        &mut self,
        state: &[u8],
        memory_proof: &[u8],
        oracle_data: &[u8],
    ) -> Result<(B256, Cost), Bytes> {
        self.call(&stepCall {
            state: state.to_vec().into(),
            memoryProof: memory_proof.to_vec().into(),
            oracleData: oracle_data.to_vec().into(),
            locals: locals(),
        })
    }

    /// `mlStep` with the result that the host gives, having asked for the request.
    pub(crate) fn ml_step(&mut self, state: &[u8], memory_proof: &[u8]) -> Result<(B256, Cost), Bytes> {
        let (state, proof) = (Bytes::from(state.to_vec()), Bytes::from(memory_proof.to_vec()));
        let (request, _) = self.call(&mlRequestCall { state: state.clone(), memoryProof: proof.clone() })?;
        self.call(&mlStepCall { state, memoryProof: proof, result: ml_result(request) })
    }

    /// Makes a step in both, and compares; returns the cost.
    pub(crate) fn check(&mut self, machine: &mut Machine, host: &mut Tables, name: &str) -> Cost {
        let pc = machine.pc;
        let witness = StepWitness::take(machine, host).expect("the host knows everything");
        let ours = witness.post;
        let (theirs, cost) =
            self.post(&witness).unwrap_or_else(|error| panic!("{name}: pc {pc:#x} is refused with {error}"));
        assert_eq!(theirs, ours, "{name}: after pc {pc:#x}, in step {}", machine.step);
        cost
    }

    /// What the contract says about a witness.
    pub(crate) fn post(&mut self, witness: &StepWitness) -> Result<(B256, Cost), Bytes> {
        if witness.is_ml {
            assert!(self.step(&witness.state, &witness.memory_proof, &[]).is_err(), "an ml step");
            return self.ml_step(&witness.state, &witness.memory_proof);
        }
        self.step(&witness.state, &witness.memory_proof, &witness.oracle_data)
    }
}
