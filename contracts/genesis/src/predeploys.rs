use alloy_primitives::{Address, Bytes};
use autonet_bindings as bindings;
use autonet_primitives::addresses;

/// A contract of the genesis: where it lives and the creation code whose run gives its code and storage.
#[derive(Clone, Debug)]
pub struct Predeploy {
    /// The contract's name, as its artifact's.
    pub name: &'static str,
    /// Its fixed address.
    pub address: Address,
    /// Creation code; the constructor takes no arguments.
    pub init_code: Bytes,
}

/// Every predeploy, by ascending address.
pub fn predeploys() -> Vec<Predeploy> {
    macro_rules! list {
        ($($name:ident at $address:ident),* $(,)?) => {
            vec![$(Predeploy {
                name: stringify!($name),
                address: addresses::$address,
                init_code: bindings::$name::BYTECODE.clone(),
            }),*]
        };
    }
    list![
        ATN at ATN,
        L2Messenger at L2_MESSENGER,
        L1Context at L1_CONTEXT,
        FeeVault at FEE_VAULT,
        ParticipantStaking at PARTICIPANT_STAKING,
        Project at PROJECT,
        TaskContract at TASK_CONTRACT,
        ResultsRewards at RESULTS_REWARDS,
        TrainingDisputes at TRAINING_DISPUTES,
        Inference at INFERENCE,
        ForcedErrorRegistry at FORCED_ERROR_REGISTRY,
        TensorStore at TENSOR_STORE,
        ModelRegistry at MODEL_REGISTRY,
        ModelShardRegistry at MODEL_SHARD_REGISTRY,
        AutonetDAO at AUTONET_DAO,
        AutonetTimelock at TIMELOCK,
        Constitution at CONSTITUTION,
    ]
}
