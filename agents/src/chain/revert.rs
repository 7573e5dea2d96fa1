//! Contract errors in words.

use crate::error::AgentError;
use alloy::{
    primitives::Bytes,
    sol_types::{Panic, Revert, SolError, SolInterface},
    transports::TransportError,
};
use autonet_bindings::{
    atn::ATN::ATNErrors, model_registry::ModelRegistry::ModelRegistryErrors,
    participant_staking::ParticipantStaking::ParticipantStakingErrors, project::Project::ProjectErrors,
    results_rewards::ResultsRewards::ResultsRewardsErrors, task_contract::TaskContract::TaskContractErrors,
    tensor_store::TensorStore::TensorStoreErrors,
};
use autonet_ml_precompiles::abi::NOT_RESIDENT;
use std::fmt::Debug;

impl From<alloy::contract::Error> for AgentError {
    fn from(error: alloy::contract::Error) -> Self {
        match error {
            alloy::contract::Error::TransportError(error) => refused("call", error),
            error => Self::Contract(error),
        }
    }
}

/// A refusal with revert data is the contract's, any other error the endpoint's.
pub(super) fn refused(what: &'static str, error: TransportError) -> AgentError {
    let payload = error.as_error_resp();
    match payload.and_then(|payload| payload.as_revert_data()) {
        Some(data) => AgentError::Reverted { what, reason: reason(&data) },
        None if payload.is_some_and(|payload| payload.message.contains("revert")) => {
            AgentError::Reverted { what, reason: "without a reason".to_owned() }
        }
        None => AgentError::Rpc(error),
    }
}

pub(super) fn is_not_resident(error: &TransportError) -> bool {
    let data = error.as_error_resp().and_then(|payload| payload.as_revert_data());
    data.is_some_and(|data| data[..] == NOT_RESIDENT)
}

/// The error's name and values.
fn reason(data: &Bytes) -> String {
    if data[..] == NOT_RESIDENT {
        return "NotResident".to_owned();
    }
    decoded::<TaskContractErrors>(data)
        .or_else(|| decoded::<ResultsRewardsErrors>(data))
        .or_else(|| decoded::<ProjectErrors>(data))
        .or_else(|| decoded::<TensorStoreErrors>(data))
        .or_else(|| decoded::<ModelRegistryErrors>(data))
        .or_else(|| decoded::<ParticipantStakingErrors>(data))
        .or_else(|| decoded::<ATNErrors>(data))
        .or_else(|| Revert::abi_decode(data).ok().map(|revert| revert.reason().to_owned()))
        .or_else(|| Panic::abi_decode(data).ok().map(|panic| panic.to_string()))
        .unwrap_or_else(|| data.to_string())
}

fn decoded<E: SolInterface + Debug>(data: &Bytes) -> Option<String> {
    let error = E::abi_decode_validate(data).ok()?;
    // `Name(Name { .. })`: the variant and the error have the same name.
    let text = format!("{error:?}");
    Some(text.split_once('(').map_or(text.clone(), |(_, inner)| inner.trim_end_matches(')').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::U256;
    use autonet_bindings::task_contract::TaskContract::WrongPhase;

    #[test]
    fn contract_errors_come_with_name_and_values() {
        let error = WrongPhase { taskId: U256::from(7), phase: 3 };
        assert_eq!(reason(&error.abi_encode().into()), "WrongPhase { taskId: 7, phase: 3 }");
        assert_eq!(reason(&NOT_RESIDENT.into()), "NotResident");
        assert_eq!(reason(&[1, 2, 3, 4].into()), "0x01020304");
    }
}
