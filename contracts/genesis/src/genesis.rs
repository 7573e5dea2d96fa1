use crate::{
    constructor::{ConstructorError, run_constructor},
    predeploys::predeploys,
};
use alloy_eips::{
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_primitives::{ChainConfig, Genesis, GenesisAccount, addresses};
use std::collections::BTreeMap;

/// Slot of FeeVault that holds the L1 address its fees are withdrawn to.
const FEE_RECIPIENT_SLOT: B256 = B256::ZERO;
/// Slot of TaskContract that holds the least length of a task's phases.
const MIN_PHASE_SLOT: B256 = B256::ZERO;
/// The most that a phase after the first may last, as TaskContract has it.
const MAX_PHASE_SECONDS: u32 = 8 * 3_600;
/// The least length of a phase that leaves everyone time to answer.
pub const DEFAULT_MIN_PHASE_SECONDS: u32 = 3_600;

/// What differs from one chain's genesis to another's.
#[derive(Clone, Debug)]
pub struct GenesisParams {
    /// Config of the chain; its L2 chain id goes into the contracts' EIP-712 domains.
    pub config: ChainConfig,
    /// L1 block from which a node reads the inbox.
    pub l1_start_block: u64,
    /// Timestamp of block 0, in seconds.
    pub timestamp: u64,
    /// Base fee of block 0, in wei.
    pub base_fee: u64,
    /// L1 address that FeeVault withdraws to.
    pub l1_fee_recipient: Address,
    /// The least that a phase of a task lasts, in seconds, at least 1: [`DEFAULT_MIN_PHASE_SECONDS`] but on test chains.
    pub min_phase_seconds: u32,
    /// First balances, in wei of ATN. AnchorBridge has to lock their sum on L1.
    pub balances: Vec<(Address, U256)>,
}

/// Why there is no genesis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// A predeploy's constructor failed.
    #[error("constructor of {name}: {source}")]
    Constructor {
        /// The predeploy.
        name: &'static str,
        /// What happened.
        source: ConstructorError,
    },
    /// No task could be proposed, or phases could be empty.
    #[error("a least phase of {0} s is not between 1 and {MAX_PHASE_SECONDS} s")]
    MinPhaseOutOfBounds(u32),
    /// An account is funded twice.
    #[error("{0} is funded twice")]
    FundedTwice(Address),
    /// A contract of the genesis is funded; coin there would belong to nobody.
    #[error("{0} is a contract of the genesis and cannot be funded")]
    FundedContract(Address),
    /// The balances do not fit 256 bits.
    #[error("the balances sum up to more than 2^256 - 1 wei")]
    SupplyOverflow,
}

/// Builds block 0's accounts: the predeploys, the system contracts of EIP-4788 and EIP-2935, and the funded accounts.
/// The same parameters give the same genesis.
pub fn build_genesis(params: &GenesisParams) -> Result<Genesis, GenesisError> {
    if !(1..=MAX_PHASE_SECONDS).contains(&params.min_phase_seconds) {
        return Err(GenesisError::MinPhaseOutOfBounds(params.min_phase_seconds));
    }
    let mut alloc = BTreeMap::new();
    alloc.insert(BEACON_ROOTS_ADDRESS, contract(BEACON_ROOTS_CODE.clone(), BTreeMap::new()));
    alloc.insert(HISTORY_STORAGE_ADDRESS, contract(HISTORY_STORAGE_CODE.clone(), BTreeMap::new()));
    for predeploy in predeploys() {
        let (name, address) = (predeploy.name, predeploy.address);
        let mut deployed = run_constructor(params.config.l2_chain_id, params.timestamp, address, &predeploy.init_code)
            .map_err(|source| GenesisError::Constructor { name, source })?;
        if address == addresses::FEE_VAULT && !params.l1_fee_recipient.is_zero() {
            deployed.storage.insert(FEE_RECIPIENT_SLOT, params.l1_fee_recipient.into_word());
        }
        if address == addresses::TASK_CONTRACT {
            deployed.storage.insert(MIN_PHASE_SLOT, U256::from(params.min_phase_seconds).into());
        }
        alloc.insert(address, contract(deployed.code, deployed.storage));
    }
    fund(&mut alloc, &params.balances)?;
    Ok(Genesis {
        config: params.config.clone(),
        l1_start_block: params.l1_start_block,
        timestamp: params.timestamp,
        base_fee: params.base_fee,
        alloc,
    })
}

fn fund(alloc: &mut BTreeMap<Address, GenesisAccount>, balances: &[(Address, U256)]) -> Result<(), GenesisError> {
    let mut supply = U256::ZERO;
    for &(address, balance) in balances {
        supply = supply.checked_add(balance).ok_or(GenesisError::SupplyOverflow)?;
        match alloc.get(&address) {
            Some(account) if account.code.is_some() => return Err(GenesisError::FundedContract(address)),
            Some(_) => return Err(GenesisError::FundedTwice(address)),
            None => alloc.insert(address, GenesisAccount { balance, ..Default::default() }),
        };
    }
    Ok(())
}

/// A contract as EIP-161 has it after its creation: nonce 1.
fn contract(code: Bytes, storage: BTreeMap<B256, B256>) -> GenesisAccount {
    let storage = Some(storage).filter(|storage| !storage.is_empty());
    GenesisAccount { nonce: Some(1), code: Some(code), storage, ..Default::default() }
}
