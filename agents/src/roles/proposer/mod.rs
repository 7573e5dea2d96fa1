//! Rounds of: post a task, reveal its hidden set, wait for its end.

mod options;

pub use options::ProposerOptions;

use super::{Agent, Progress, Work, aggregator::paid_solvers, coordinator, secret};
use crate::{
    chain::{Call, Phase, Role, TaskView, event},
    commitment::GroundTruth,
    error::AgentError,
    journal::Journal,
    ml::{self, Weights},
    report::atn,
    spec::Spec,
};
use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolValue,
};
use autonet_bindings::{project::Project::ProjectCreated, task_contract::TaskContract::TaskProposed};
use autonet_ml_precompiles::Tensor;
use autonet_primitives::addresses;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Added to the lease of the base weights, in seconds: the contract counts from the block of the proposal.
const LEASE_MARGIN_S: u64 = 600;

/// What a proposer must keep.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Proposing {
    project: Option<u64>,
    /// Rounds of this run that are over.
    finished: u64,
    round: Option<Round>,
}

/// One task, from before its proposal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Round {
    /// Draws the hidden set. Secret until the reveal.
    seed: B256,
    /// Secret until the reveal.
    truth: GroundTruth,
    /// No block before this one has the proposal.
    from_block: u64,
    task: Option<u64>,
    /// Chain time at which it was seen finalized.
    finalized_at: Option<u64>,
}

pub(super) struct Proposer {
    options: ProposerOptions,
    journal: Journal<Proposing>,
}

impl Proposer {
    pub(super) fn open(agent: &Agent, options: ProposerOptions) -> Result<Self, AgentError> {
        let name = format!("{}-{}", Role::Proposer.name(), agent.chain.account());
        Ok(Self { options, journal: Journal::open(&agent.state_dir, &name, agent.chain.genesis())? })
    }

    /// The project to work for: the given one, the remembered one, or a new one.
    async fn project(&mut self, agent: &Agent) -> Result<u64, AgentError> {
        const WHAT: &str = "createProject";
        if let Some(project) = self.options.project_id.or(self.journal.project) {
            return Ok(project);
        }
        let Self { options, .. } = self;
        let price = U256::from(10).pow(U256::from(18));
        let projects = agent.chain.projects();
        let call = projects.createProject(options.project_name.clone(), options.project_symbol.clone(), price);
        let receipt = agent.chain.send(Call::new(WHAT, call.into_transaction_request())).await?;
        let created = event::<ProjectCreated>(&receipt, WHAT)?;
        let project = created.projectId.saturating_to();
        self.journal.project = Some(project);
        self.journal.save()?;
        agent.report.emit("project_created", json!({ "project": project, "token": created.token }))?;
        Ok(project)
    }

    /// Sees to it that the next task can be paid: an owner tops up, anybody else only checks.
    async fn fund(&self, agent: &Agent, project: u64) -> Result<(), AgentError> {
        let (chain, id) = (&agent.chain, U256::from(project));
        let projects = chain.projects();
        let info = projects.project(id).call().await?;
        let allowance = projects.proposerAllowance(id, chain.account()).call().await?;
        let needed = self.options.total_reward();
        if info.owner != chain.account() {
            let problem = if info.owner.is_zero() {
                "there is no such project"
            } else if allowance < needed {
                "its owner has not approved this proposer for a task's rewards: approveProposer"
            } else if info.budget < needed {
                "its budget is below a task's rewards: fund"
            } else {
                return Ok(());
            };
            return Err(AgentError::Project { project, problem });
        }
        let rounds = self.options.rounds.saturating_sub(self.journal.finished).max(1);
        let all_rounds = needed.saturating_mul(U256::from(rounds));
        if info.budget < needed {
            let amount = all_rounds - info.budget;
            chain.allow(addresses::PROJECT, amount, "the project's budget").await?;
            chain.send(Call::new("fund", projects.fund(id, amount).into_transaction_request())).await?;
            agent.report.emit("project_funded", json!({ "project": project, "amount_atn": atn(amount) }))?;
        }
        if allowance < needed {
            let approve = projects.approveProposer(id, chain.account(), all_rounds);
            chain.send(Call::new("approveProposer", approve.into_transaction_request())).await?;
        }
        Ok(())
    }

    /// Draws the hidden set and writes its secrets down, before anything depends on them.
    async fn draw(&mut self, agent: &Agent) -> Result<Round, AgentError> {
        let (seed, salt) = (secret(), secret());
        let (inputs, labels) = hidden_set(agent, seed, self.options.test_images)?;
        let truth =
            GroundTruth { inputs_id: inputs.id(), labels_id: labels.id(), count: self.options.test_images, salt };
        let round = Round { seed, truth, from_block: agent.chain.head().await?.number, task: None, finalized_at: None };
        self.journal.round = Some(round.clone());
        self.journal.save()?;
        Ok(round)
    }

    /// The project's weights, or for its first task a start that everyone can recompute; paid for until the task ends.
    async fn base_weights(&self, agent: &Agent, project: u64) -> Result<B256, AgentError> {
        let chain = &agent.chain;
        let aggregation = chain.tasks().AGGREGATION_SECONDS().call().await?.saturating_to::<u64>();
        let until = chain.head().await?.time + self.options.duration_s() + aggregation + LEASE_MARGIN_S;
        let mature = chain.projects().matureModel(U256::from(project)).call().await?.weightsId;
        if !mature.is_zero() {
            chain.extend_lease(mature, until).await?;
            return Ok(mature);
        }
        let seed = keccak256((U256::from(chain.chain_id()), U256::from(project)).abi_encode());
        let weights = Arc::new(Weights::initial(seed).to_tensor()?);
        chain.pin(std::slice::from_ref(&weights), until).await?;
        Ok(weights.id())
    }

    /// Posts the task, unless that happened before a restart.
    async fn propose(&mut self, agent: &Agent, project: u64, round: &Round) -> Result<u64, AgentError> {
        const WHAT: &str = "propose";
        let chain = &agent.chain;
        let commitment = round.truth.commitment(chain.chain_id(), chain.account());
        let task = match self.find_proposal(agent, round, commitment).await? {
            Some(task) => task,
            None => {
                self.fund(agent, project).await?;
                let base_weights = self.base_weights(agent, project).await?;
                let params = self.options.params(commitment, base_weights);
                let tasks = chain.tasks();
                let call = tasks.propose(U256::from(project), params, Spec::digits().encode());
                let receipt = chain.send(Call::new(WHAT, call.into_transaction_request())).await?;
                let proposed = event::<TaskProposed>(&receipt, WHAT)?;
                agent.report.emit(
                    "proposed",
                    json!({
                        "task": proposed.taskId.saturating_to::<u64>(),
                        "project": project,
                        "base_weights": base_weights,
                        "test_images": round.truth.count,
                        "solver_reward_atn": atn(self.options.solver_reward),
                        "coordinator_reward_atn": atn(self.options.coordinator_reward),
                        "proposer_reward_atn": atn(self.options.proposer_reward),
                        "commit_deadline": proposed.commitDeadline,
                    }),
                )?;
                proposed.taskId.saturating_to()
            }
        };
        self.update_round(|round| round.task = Some(task))?;
        Ok(task)
    }

    async fn find_proposal(&self, agent: &Agent, round: &Round, commitment: B256) -> Result<Option<u64>, AgentError> {
        let head = agent.chain.head().await?;
        let mut from = round.from_block;
        while from <= head.number {
            let (tasks, next) = agent.chain.proposed_tasks(from, &head).await?;
            let own = tasks
                .iter()
                .find(|task| task.proposer == agent.chain.account() && task.ground_truth_commitment == commitment);
            if let Some(task) = own {
                return Ok(Some(task.id));
            }
            from = next;
        }
        Ok(None)
    }

    async fn advance(&mut self, agent: &Agent, round: &Round, view: &TaskView) -> Result<(), AgentError> {
        match view.phase {
            // The proposal was reorganised away: post it again.
            Phase::None => self.update_round(|round| round.task = None),
            Phase::Commit | Phase::Reveal | Phase::VoteCommit | Phase::VoteReveal => Ok(()),
            Phase::GroundTruth => self.reveal(agent, round, view).await,
            Phase::Lapsed | Phase::Ended => coordinator::close(agent, view).await.map(|_| ()),
            Phase::Finalized => self.conclude(agent, round, view).await,
            Phase::Expired => {
                let kept = agent.chain.projects().taskReserve(U256::from(view.id)).call().await?;
                let params = &view.task.params;
                let reserved = params.solverReward + params.coordinatorReward + params.proposerReward;
                let refunded = reserved.saturating_sub(kept);
                agent.report.emit("expired", json!({ "task": view.id, "refunded_atn": atn(refunded) }))?;
                self.finish_round()
            }
        }
    }

    /// The images go onto the chain only now: before the commit deadline they would be no secret any more.
    async fn reveal(&self, agent: &Agent, round: &Round, view: &TaskView) -> Result<(), AgentError> {
        let (chain, truth) = (&agent.chain, round.truth);
        let (inputs, labels) = hidden_set(agent, round.seed, truth.count)?;
        chain.pin(&[inputs, labels], view.lease_needed).await?;
        let tasks = chain.tasks();
        let id = U256::from(view.id);
        let call = tasks.revealGroundTruth(id, truth.inputs_id, truth.labels_id, truth.count, truth.salt);
        chain.send(Call::new("revealGroundTruth", call.into_transaction_request())).await?;
        let committed = view.task.committedCount;
        agent.report.emit(
            "ground_truth_revealed",
            json!({ "task": view.id, "count": truth.count, "solvers_committed": committed }),
        )
    }

    /// Reports the end once, then waits for the model: the next task starts from it.
    async fn conclude(&mut self, agent: &Agent, round: &Round, view: &TaskView) -> Result<(), AgentError> {
        let now = agent.chain.head().await?.time;
        let paid = paid_solvers(agent, view).await?.len();
        let Some(finalized_at) = round.finalized_at else {
            let reward = if paid > 0 { view.task.params.proposerReward } else { U256::ZERO };
            agent.report.emit(
                "task_finalized",
                json!({
                    "task": view.id,
                    "solvers_committed": view.task.committedCount,
                    "solvers_revealed": view.task.revealedCount,
                    "solvers_paid": paid,
                    "reward_atn": atn(reward),
                }),
            )?;
            return self.update_round(|round| round.finalized_at = Some(now));
        };
        let mature = agent.chain.projects().matureModel(view.task.projectId).call().await?.taskId;
        if paid == 0 || mature == U256::from(view.id) || now > finalized_at + self.options.publish_seconds {
            return self.finish_round();
        }
        Ok(())
    }

    fn update_round(&mut self, update: impl FnOnce(&mut Round)) -> Result<(), AgentError> {
        if let Some(round) = &mut self.journal.round {
            update(round);
        }
        self.journal.save()
    }

    fn finish_round(&mut self) -> Result<(), AgentError> {
        self.journal.round = None;
        self.journal.finished += 1;
        self.journal.save()
    }
}

/// Inputs and labels; the same for the same seed.
fn hidden_set(agent: &Agent, seed: B256, count: u32) -> Result<(Arc<Tensor>, Arc<Tensor>), AgentError> {
    let digits = agent.digits.hidden_set(seed, count as usize)?;
    let (inputs, labels) = ml::ground_truth(&digits)?;
    Ok((Arc::new(inputs), Arc::new(labels)))
}

impl Work for Proposer {
    async fn look(&mut self, agent: &Agent) -> Result<Progress, AgentError> {
        if self.options.rounds != 0 && self.journal.finished >= self.options.rounds {
            // The next run starts to count anew.
            self.journal.finished = 0;
            self.journal.save()?;
            return Ok(Progress::Done);
        }
        let project = self.project(agent).await?;
        let round = match self.journal.round.clone() {
            Some(round) => round,
            None => self.draw(agent).await?,
        };
        let task = match round.task {
            Some(task) => task,
            None => self.propose(agent, project, &round).await?,
        };
        let view = agent.chain.task_view(task, round.from_block).await?;
        self.advance(agent, &round, &view).await?;
        Ok(Progress::Waiting)
    }
}
