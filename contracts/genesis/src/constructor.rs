use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    Context, MainBuilder, MainContext, SystemCallEvm,
    bytecode::Bytecode,
    context::{
        CfgEnv,
        result::{ExecutionResult, HaltReason},
    },
    database::{CacheDB, EmptyDB},
    primitives::{eip170::MAX_CODE_SIZE, hardfork::SpecId},
    state::{AccountInfo, EvmState},
};
use std::collections::BTreeMap;

/// What a constructor leaves at its contract's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Runtime code, immutables filled in.
    pub code: Bytes,
    /// Non-zero slots.
    pub storage: BTreeMap<B256, B256>,
}

/// Why a constructor gives no account of the genesis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConstructorError {
    /// The constructor reverted.
    #[error("reverted with {0}")]
    Reverted(Bytes),
    /// The constructor ran out of gas or did something invalid.
    #[error("halted: {0:?}")]
    Halted(HaltReason),
    /// The code is empty or above EIP-170's limit.
    #[error("runtime code of {0} bytes")]
    CodeSize(usize),
    /// The constructor changed another account than its own.
    #[error("changed the account {0}")]
    OtherAccount(Address),
    /// The EVM refused to run it.
    #[error("not executable: {0}")]
    Evm(String),
}

/// Runs `init_code` as the code of `address` on an empty chain of that id: what it returns is the runtime code, and what it
/// stores lands at the address. So a constructor sees its fixed address and the chain id, as EIP-712 domains need.
pub fn run_constructor(
    chain_id: u64,
    timestamp: u64,
    address: Address,
    init_code: &Bytes,
) -> Result<Deployed, ConstructorError> {
    let mut db = CacheDB::new(EmptyDB::default());
    let account = AccountInfo::default().with_nonce(1).with_code(Bytecode::new_legacy(init_code.clone()));
    db.insert_account_info(address, account);
    let mut evm = Context::mainnet()
        .with_db(db)
        .with_cfg(CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(chain_id))
        .modify_block_chained(|block| {
            block.number = U256::ZERO;
            block.timestamp = U256::from(timestamp);
        })
        .build_mainnet();
    let outcome = evm.system_call(address, Bytes::new()).map_err(|error| ConstructorError::Evm(error.to_string()))?;
    let code = match outcome.result {
        ExecutionResult::Success { output, .. } => output.into_data(),
        ExecutionResult::Revert { output, .. } => return Err(ConstructorError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => return Err(ConstructorError::Halted(reason)),
    };
    if code.is_empty() || code.len() > MAX_CODE_SIZE {
        return Err(ConstructorError::CodeSize(code.len()));
    }
    Ok(Deployed { code, storage: storage_of(address, outcome.state)? })
}

/// The slots written at `address`; an error if anything else was changed.
fn storage_of(address: Address, state: EvmState) -> Result<BTreeMap<B256, B256>, ConstructorError> {
    let mut storage = BTreeMap::new();
    for (other, account) in state {
        if other != address {
            if account.is_created() || account.changed_storage_slots().next().is_some() || !account.info.is_empty() {
                return Err(ConstructorError::OtherAccount(other));
            }
            continue;
        }
        let slots = account.changed_storage_slots().map(|(key, slot)| (B256::from(*key), slot.present_value()));
        storage.extend(slots.filter(|(_, value)| !value.is_zero()).map(|(key, value)| (key, B256::from(value))));
    }
    Ok(storage)
}
