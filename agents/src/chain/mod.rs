//! L2 as an agent sees it: contracts, tensors, transactions.

mod phase;
mod revert;
mod stake;
mod tasks;
mod tensors;
mod transactions;

pub use phase::{Phase, Role, Scoring};
pub use tasks::{Claimed, ProposedTask, TaskView, event};
pub use transactions::{Call, Sending};

use crate::error::AgentError;
use alloy::{
    consensus::BlockHeader,
    eips::BlockNumberOrTag,
    network::{BlockResponse, EthereumWallet},
    primitives::{Address, B256},
    providers::{DynProvider, Provider},
    signers::local::PrivateKeySigner,
};
use autonet_bindings::{
    atn::ATN::ATNInstance, model_registry::ModelRegistry::ModelRegistryInstance,
    participant_staking::ParticipantStaking::ParticipantStakingInstance, project::Project::ProjectInstance,
    results_rewards::ResultsRewards::ResultsRewardsInstance, task_contract::TaskContract::TaskContractInstance,
    tensor_store::TensorStore::TensorStoreInstance,
};
use autonet_bridge::Endpoint;
use autonet_primitives::addresses;

/// A connection to L2 that signs for one account.
#[derive(Clone, Debug)]
pub struct Chain {
    provider: DynProvider,
    account: Address,
    chain_id: u64,
    genesis: B256,
    sending: Sending,
}

/// The newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its time, in seconds.
    pub time: u64,
    /// Its base fee, in wei.
    pub base_fee: u64,
}

impl Chain {
    /// Connects over HTTP. The signer's key stays in the connection.
    pub async fn connect(endpoint: &Endpoint, signer: PrivateKeySigner, sending: Sending) -> Result<Self, AgentError> {
        let account = signer.address();
        let provider = endpoint.connect(Some(EthereumWallet::from(signer))).map_err(AgentError::Endpoint)?;
        let chain_id = provider.get_chain_id().await?;
        let genesis = provider.get_block_by_number(BlockNumberOrTag::Earliest).await?;
        let genesis = genesis.ok_or(AgentError::Malformed("eth_getBlockByNumber"))?.header.hash;
        Ok(Self { provider, account, chain_id, genesis, sending })
    }

    /// The account that signs.
    pub const fn account(&self) -> Address {
        self.account
    }

    /// Chain id of L2, which commitments bind.
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Hash of block 0.
    pub const fn genesis(&self) -> B256 {
        self.genesis
    }

    /// The newest block.
    pub async fn head(&self) -> Result<Head, AgentError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await?;
        let block = block.ok_or(AgentError::Malformed("eth_getBlockByNumber"))?;
        let header = block.header();
        Ok(Head {
            number: header.number(),
            time: header.timestamp(),
            base_fee: header.base_fee_per_gas().unwrap_or_default(),
        })
    }

    /// Wrapped ATN.
    pub fn atn(&self) -> ATNInstance<DynProvider> {
        ATNInstance::new(addresses::ATN, self.provider.clone())
    }

    /// ParticipantStaking.
    pub fn staking(&self) -> ParticipantStakingInstance<DynProvider> {
        ParticipantStakingInstance::new(addresses::PARTICIPANT_STAKING, self.provider.clone())
    }

    /// Project.
    pub fn projects(&self) -> ProjectInstance<DynProvider> {
        ProjectInstance::new(addresses::PROJECT, self.provider.clone())
    }

    /// TaskContract.
    pub fn tasks(&self) -> TaskContractInstance<DynProvider> {
        TaskContractInstance::new(addresses::TASK_CONTRACT, self.provider.clone())
    }

    /// ResultsRewards.
    pub fn results(&self) -> ResultsRewardsInstance<DynProvider> {
        ResultsRewardsInstance::new(addresses::RESULTS_REWARDS, self.provider.clone())
    }

    /// TensorStore.
    pub fn tensors(&self) -> TensorStoreInstance<DynProvider> {
        TensorStoreInstance::new(addresses::TENSOR_STORE, self.provider.clone())
    }

    /// ModelRegistry.
    pub fn models(&self) -> ModelRegistryInstance<DynProvider> {
        ModelRegistryInstance::new(addresses::MODEL_REGISTRY, self.provider.clone())
    }
}
