//! Fixed L2 addresses: predeployed contracts and the caller of system calls.

use alloy_primitives::{Address, address};

/// The caller of system calls at the start of a block (EIP-4788, EIP-2935 and the L1 context).
pub const SYSTEM_CALLER: Address = address!("fffffffffffffffffffffffffffffffffffffffe");

/// `ATN`: the wrapped native coin.
pub const ATN: Address = address!("000000000000000000000000000000000000A200");
/// `L2Messenger`: withdrawals and messages to L1. Its storage root is a header's `withdrawalsRoot`.
pub const L2_MESSENGER: Address = address!("000000000000000000000000000000000000A201");
/// `L1Context`: the newest L1 context that the chain has consumed.
pub const L1_CONTEXT: Address = address!("000000000000000000000000000000000000A202");
/// `FeeVault`: receives base fees and data fees; the `beneficiary` of every block.
pub const FEE_VAULT: Address = address!("000000000000000000000000000000000000A203");
/// `ParticipantStaking`: stakes by role.
pub const PARTICIPANT_STAKING: Address = address!("000000000000000000000000000000000000A210");
/// `Project`: projects, their budgets and models.
pub const PROJECT: Address = address!("000000000000000000000000000000000000A211");
/// `TaskContract`: the life of a task.
pub const TASK_CONTRACT: Address = address!("000000000000000000000000000000000000A212");
/// `ResultsRewards`: scores, votes and rewards.
pub const RESULTS_REWARDS: Address = address!("000000000000000000000000000000000000A213");
/// `TrainingDisputes`: binary search over the checkpoints of a training.
pub const TRAINING_DISPUTES: Address = address!("000000000000000000000000000000000000A214");
/// `Inference`: questions to published models, and their price.
pub const INFERENCE: Address = address!("000000000000000000000000000000000000A215");
/// `ForcedErrorRegistry`: planted errors that keep coordinators awake.
pub const FORCED_ERROR_REGISTRY: Address = address!("000000000000000000000000000000000000A216");
/// `TensorStore`: which tensors are resident, and until when.
pub const TENSOR_STORE: Address = address!("000000000000000000000000000000000000A220");
/// `ModelRegistry`: the graphs of models.
pub const MODEL_REGISTRY: Address = address!("000000000000000000000000000000000000A221");
/// `ModelShardRegistry`: models cut into shards, and who keeps them.
pub const MODEL_SHARD_REGISTRY: Address = address!("000000000000000000000000000000000000A222");
/// `AutonetDAO`: the governor.
pub const AUTONET_DAO: Address = address!("000000000000000000000000000000000000A230");
/// `AutonetTimelock`: what the governor decides happens from here, after a delay; the treasury.
pub const TIMELOCK: Address = address!("000000000000000000000000000000000000A231");
/// `Constitution`: the principles.
pub const CONSTITUTION: Address = address!("000000000000000000000000000000000000A232");
