#![doc = include_str!("../README.md")]
// What `sol!` writes has the contracts' names and no documentation of its own: that is in contracts/src/interfaces.
#![allow(missing_docs, clippy::too_many_arguments)]

/// One module per contract, so that the types that several of them share do not collide.
macro_rules! bind {
    ($($module:ident $name:ident $artifact:literal),* $(,)?) => {$(
        pub mod $module {
            alloy::sol! {
                #[sol(rpc)]
                #[derive(Debug, PartialEq, Eq)]
                $name,
                $artifact
            }
        }
        pub use $module::$name;
    )*};
}

bind! {
    atn_token ATNToken "../artifacts/ATNToken.json",
    anchor_bridge AnchorBridge "../artifacts/AnchorBridge.json",
    inbox Inbox "../artifacts/Inbox.json",
    step_verifier StepVerifier "../artifacts/StepVerifier.json",
    atn ATN "../artifacts/ATN.json",
    autonet_dao AutonetDAO "../artifacts/AutonetDAO.json",
    autonet_timelock AutonetTimelock "../artifacts/AutonetTimelock.json",
    constitution Constitution "../artifacts/Constitution.json",
    fee_vault FeeVault "../artifacts/FeeVault.json",
    forced_error_registry ForcedErrorRegistry "../artifacts/ForcedErrorRegistry.json",
    inference Inference "../artifacts/Inference.json",
    l1_context L1Context "../artifacts/L1Context.json",
    l2_messenger L2Messenger "../artifacts/L2Messenger.json",
    model_registry ModelRegistry "../artifacts/ModelRegistry.json",
    model_shard_registry ModelShardRegistry "../artifacts/ModelShardRegistry.json",
    participant_staking ParticipantStaking "../artifacts/ParticipantStaking.json",
    project Project "../artifacts/Project.json",
    project_token ProjectToken "../artifacts/ProjectToken.json",
    results_rewards ResultsRewards "../artifacts/ResultsRewards.json",
    task_contract TaskContract "../artifacts/TaskContract.json",
    tensor_store TensorStore "../artifacts/TensorStore.json",
    training_disputes TrainingDisputes "../artifacts/TrainingDisputes.json",
}
