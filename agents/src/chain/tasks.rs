//! Finding tasks by their events, and looking at them.

use super::{Call, Chain, Head, Phase, Role, Scoring};
use crate::error::AgentError;
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::Provider,
    rpc::types::{Filter, Log, TransactionReceipt},
    sol_types::SolEvent,
};
use autonet_bindings::{
    results_rewards::ResultsRewards::{RewardClaimed, VoteCommitted},
    task_contract::TaskContract::{Task, TaskParams, TaskProposed},
};
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
    /// Whether the chain itself scores it, and no trace of a training is asked for.
    pub is_plain: bool,
    /// The shortest of its phases, in seconds.
    pub shortest_phase_s: u32,
    /// The block of the proposal.
    pub block: u64,
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
    /// The block of the proposal.
    pub proposed_block: u64,
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
    pub async fn task_view(&self, id: u64, proposed_block: u64) -> Result<TaskView, AgentError> {
        let (tasks, task_id) = (self.tasks(), U256::from(id));
        let phase = Phase::try_from(tasks.phase(task_id).call().await?)?;
        let task = tasks.task(task_id).call().await?;
        let lease_needed = tasks.leaseNeeded(task_id).call().await?.saturating_to();
        Ok(TaskView { id, phase, task, proposed_block, lease_needed })
    }
}

/// What an account was paid for a task, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// As a solver.
    pub solver: U256,
    /// As a coordinator.
    pub coordinator: U256,
}

impl Chain {
    /// Collects what the account has earned in a finalized task; `None` if there is nothing (any more).
    pub async fn claim(&self, task: u64) -> Result<Option<Claimed>, AgentError> {
        const WHAT: &str = "claim";
        let (results, id) = (self.results(), U256::from(task));
        if results.claimableDown(id, self.account).call().await?.is_zero() {
            return Ok(None);
        }
        let claim = results.claim(id, self.account).into_transaction_request();
        let receipt = self.send(Call::new(WHAT, claim)).await?;
        let event = event::<RewardClaimed>(&receipt, WHAT)?;
        Ok(Some(Claimed { solver: event.solverAmount, coordinator: event.coordinatorAmount }))
    }

    /// Frees what the account has pledged as a solver of a task without ground truth.
    pub async fn release_solver(&self, task: u64) -> Result<(), AgentError> {
        let id = U256::from(task);
        let pledged = self.staking().pledgeOf(Role::Solver as u8, self.account, B256::from(id)).call().await?;
        if !pledged.is_zero() {
            let release = self.tasks().releaseSolver(id, self.account).into_transaction_request();
            self.send(Call::new("releaseSolver", release)).await?;
        }
        Ok(())
    }

    /// Coordinators who committed a vote and may be reported for not revealing it.
    pub async fn silent_voters(&self, view: &TaskView) -> Result<Vec<Address>, AgentError> {
        let id = U256::from(view.id);
        let head = self.head().await?.number;
        let mut silent = Vec::new();
        let mut from = view.proposed_block;
        while from <= head {
            let to = head.min(from + LOG_RANGE - 1);
            let filter = Filter::new()
                .address(addresses::RESULTS_REWARDS)
                .event_signature(VoteCommitted::SIGNATURE_HASH)
                .topic1(id)
                .from_block(from)
                .to_block(to);
            for log in self.provider.get_logs(&filter).await? {
                let event = VoteCommitted::decode_log(&log.inner);
                let coordinator = event.map_err(|_| AgentError::Malformed("eth_getLogs"))?.coordinator;
                let vote = self.results().voteOf(id, coordinator).call().await?;
                if !vote.revealed && !vote.penalized {
                    silent.push(coordinator);
                }
            }
            from = to + 1;
        }
        Ok(silent)
    }
}

/// The first event of its kind in a receipt.
pub fn event<E: SolEvent>(receipt: &TransactionReceipt, what: &'static str) -> Result<E, AgentError> {
    let found = receipt.logs().iter().find_map(|log| E::decode_log(&log.inner).ok());
    found.map(|log| log.data).ok_or(AgentError::NoEvent { what, hash: receipt.transaction_hash })
}

fn proposed(log: &Log) -> Result<ProposedTask, AgentError> {
    const MALFORMED: AgentError = AgentError::Malformed("eth_getLogs");
    let event = TaskProposed::decode_log(&log.inner).map_err(|_| MALFORMED)?.data;
    Ok(ProposedTask {
        id: event.taskId.try_into().map_err(|_| MALFORMED)?,
        project: event.projectId.try_into().map_err(|_| MALFORMED)?,
        proposer: event.proposer,
        ground_truth_commitment: event.params.groundTruthCommitment,
        is_plain: event.params.scoring == Scoring::Chain as u8 && event.params.stepJudge.is_zero(),
        shortest_phase_s: shortest_phase_s(&event.params),
        spec: event.spec,
        block: log.block_number.ok_or(MALFORMED)?,
    })
}

fn shortest_phase_s(params: &TaskParams) -> u32 {
    let later = [params.groundTruthSeconds, params.revealSeconds, params.voteCommitSeconds, params.voteRevealSeconds];
    later.into_iter().fold(params.commitSeconds, u32::min)
}
