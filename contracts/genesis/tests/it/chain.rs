//! A genesis on which calls can be made.

use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::SolCall;
use autonet_genesis::{GenesisParams, build_genesis};
use autonet_primitives::{ChainConfig, Genesis};
use revm::{
    Context, DatabaseRef, ExecuteCommitEvm, MainBuilder, MainContext, SystemCallCommitEvm,
    bytecode::Bytecode,
    context::{
        CfgEnv, TxEnv,
        result::{ExecutionResult, Output},
    },
    database::{CacheDB, EmptyDB},
    primitives::{TxKind, hardfork::SpecId},
    state::AccountInfo,
};

pub(crate) const CHAIN_ID: u64 = 7_001;
pub(crate) const TIMESTAMP: u64 = 1_800_000_000;
pub(crate) const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
pub(crate) const L1_RECIPIENT: Address = address!("00000000000000000000000000000000fee0fee0");

pub(crate) fn params() -> GenesisParams {
    GenesisParams {
        config: ChainConfig {
            l1_chain_id: 31_337,
            l2_chain_id: CHAIN_ID,
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
        l1_start_block: 5,
        timestamp: TIMESTAMP,
        base_fee: 1_000_000,
        l1_fee_recipient: L1_RECIPIENT,
        min_phase_seconds: 60,
        balances: vec![(ALICE, U256::from(10).pow(U256::from(24)))],
    }
}

pub(crate) fn genesis() -> Genesis {
    build_genesis(&params()).expect("valid parameters")
}

pub(crate) struct Chain(pub(crate) CacheDB<EmptyDB>);

macro_rules! evm {
    ($db:expr) => {
        Context::mainnet()
            .with_db($db)
            .with_cfg({
                let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(CHAIN_ID);
                cfg.disable_nonce_check = true;
                cfg
            })
            .modify_block_chained(|block| {
                block.number = U256::from(1);
                block.timestamp = U256::from(TIMESTAMP + 1);
            })
            .build_mainnet()
    };
}

impl Chain {
    pub(crate) fn new() -> Self {
        let mut db = CacheDB::new(EmptyDB::default());
        for (address, account) in genesis().alloc {
            let code = Bytecode::new_legacy(account.code.unwrap_or_default());
            let info = AccountInfo::default()
                .with_balance(account.balance)
                .with_nonce(account.nonce.unwrap_or_default())
                .with_code(code);
            db.insert_account_info(address, info);
            for (slot, value) in account.storage.unwrap_or_default() {
                db.insert_account_storage(address, slot.into(), value.into()).expect("in memory");
            }
        }
        Self(db)
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Vec<u8>) {
        self.0.insert_account_info(address, AccountInfo::default().with_code(Bytecode::new_legacy(code.into())));
    }

    /// Alice calls `to`; `Err` is what the call reverted with.
    pub(crate) fn call<C: SolCall>(&mut self, to: Address, value: u64, call: C) -> Result<C::Return, Bytes> {
        let output = self.transact(TxKind::Call(to), value, call.abi_encode().into())?.into_data();
        Ok(C::abi_decode_returns(&output).expect("the declared return type"))
    }

    pub(crate) fn transact(&mut self, kind: TxKind, value: u64, data: Bytes) -> Result<Output, Bytes> {
        let tx = TxEnv::builder()
            .caller(ALICE)
            .kind(kind)
            .value(U256::from(value))
            .data(data)
            .gas_limit(16_000_000)
            .chain_id(Some(CHAIN_ID))
            .build()
            .expect("complete");
        settle(evm!(&mut self.0).transact_commit(tx).expect("valid transaction"))
    }

    pub(crate) fn system_call(&mut self, to: Address, data: Bytes) -> Result<Output, Bytes> {
        settle(evm!(&mut self.0).system_call_commit(to, data).expect("in memory"))
    }

    pub(crate) fn slot(&self, address: Address, slot: B256) -> U256 {
        self.0.storage_ref(address, slot.into()).expect("in memory")
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.0.basic_ref(address).expect("in memory").unwrap_or_default().balance
    }

    pub(crate) fn code(&self, address: Address) -> Bytes {
        let info = self.0.basic_ref(address).expect("in memory").unwrap_or_default();
        info.code.map(|code| code.original_bytes()).unwrap_or_default()
    }
}

fn settle(result: ExecutionResult) -> Result<Output, Bytes> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output),
        ExecutionResult::Revert { output, .. } => Err(output),
        ExecutionResult::Halt { reason, .. } => panic!("halted: {reason:?}"),
    }
}
