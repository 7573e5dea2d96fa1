//! Finding tasks by their events, and looking at them.

use super::{Chain, Head, Phase};
use crate::error::AgentError;
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use autonet_bindings::task_contract::{Task, TaskContract::TaskProposed};
use autonet_primitives::addresses;

/// Blocks that one request for logs covers; nodes serve at least as many.
const LOG_RANGE: u64 = 2_000;

/// A task, as its proposal logs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedTask {
    /// Its id.
    pub id: u64,
    /// Its project.
    pub project: u64,
    /// Who posted it.
    pub proposer: Address,
    /// What its hidden set is bound to.
    pub ground_truth_commitment: B256,
    /// What it asks for.
    pub spec: Bytes,
}

/// A task as the newest block has it.
#[derive(Clone, Debug)]
pub struct TaskView {
    /// Its id.
    pub id: u64,
    /// What may happen to it now.
    pub phase: Phase,
    /// All that the contract stores of it.
    pub task: Task,
    /// Until when tensors that are revealed now must be paid, unix seconds.
    pub lease_needed: u64,
}

impl Chain {
    /// Tasks proposed in blocks `from..`, and the block to go on from: past `head`, or earlier where one request
    /// does not reach that far.
    pub async fn proposed_tasks(&self, from: u64, head: &Head) -> Result<(Vec<ProposedTask>, u64), AgentError> {
        if from > head.number {
            return Ok((Vec::new(), from));
        }
        let to = head.number.min(from + LOG_RANGE - 1);
        let filter = Filter::new()
            .address(addresses::TASK_CONTRACT)
            .event_signature(TaskProposed::SIGNATURE_HASH)
            .from_block(from)
            .to_block(to);
        let logs = self.provider.get_logs(&filter).await?;
        Ok((logs.iter().map(proposed).collect::<Result<_, _>>()?, to + 1))
    }

    /// Everything about a task that a role decides by.
    pub async fn task_view(&self, id: u64) -> Result<TaskView, AgentError> {
        let (tasks, task_id) = (self.tasks(), U256::from(id));
        let phase = Phase::try_from(tasks.phase(task_id).call().await?)?;
        let task = tasks.task(task_id).call().await?;
        let lease_needed = tasks.leaseNeeded(task_id).call().await?.saturating_to();
        Ok(TaskView { id, phase, task, lease_needed })
    }
}

fn proposed(log: &Log) -> Result<ProposedTask, AgentError> {
    const MALFORMED: AgentError = AgentError::Malformed("eth_getLogs");
    let event = TaskProposed::decode_log(&log.inner).map_err(|_| MALFORMED)?.data;
    Ok(ProposedTask {
        id: event.taskId.try_into().map_err(|_| MALFORMED)?,
        project: event.projectId.try_into().map_err(|_| MALFORMED)?,
        proposer: event.proposer,
        ground_truth_commitment: event.params.groundTruthCommitment,
        spec: event.spec,
    })
}
