//! Recompute, vote, score, finalize.

use super::{
    Agent, compute, secret,
    watch::{Step, TaskWork},
};
use crate::{
    chain::{Call, Phase, Role, TaskView, event},
    commitment,
    error::AgentError,
    ml::{MlError, hits, score_bp_down},
    report::atn,
};
use alloy::primitives::{Address, B256, U256};
use autonet_bindings::results_rewards::ResultsRewards::{SolutionScored, VoteRevealed};
use autonet_ml_precompiles::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A model with more parameters than this is not recomputed: reading it would take longer than voting does. A vote without
/// its score is as good for the others.
const MAX_MODEL_BYTES: usize = 4 << 20;

/// Options of a coordinator.
#[derive(Clone, Debug, clap::Args)]
pub struct CoordinatorOptions {
    /// Only tasks of this project
    #[arg(long)]
    pub project_id: Option<u64>,
    /// Only tasks of which every phase lasts at least as many seconds; a shorter one may end before an answer is on the chain
    #[arg(long, default_value_t = 3_600)]
    pub min_phase_seconds: u32,
}

/// What a coordinator must keep of a task: its vote, before it commits to it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Voting {
    ballot: Option<Ballot>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Ballot {
    salt: B256,
    count: u64,
    /// Own results by solver, in ascending order, as a vote needs them.
    hits: BTreeMap<Address, u64>,
}

impl Ballot {
    fn entries(&self) -> Vec<(Address, u16)> {
        self.hits.iter().map(|(&solver, &hits)| (solver, score_bp_down(hits, self.count))).collect()
    }
}

pub(super) struct Coordinator {
    options: CoordinatorOptions,
    /// Solutions that the chain cannot run.
    unscorable: BTreeSet<(u64, Address)>,
}

impl Coordinator {
    pub(super) const fn new(options: CoordinatorOptions) -> Self {
        Self { options, unscorable: BTreeSet::new() }
    }

    async fn vote(&self, agent: &Agent, view: &TaskView, state: &mut Voting) -> Result<Step, AgentError> {
        let chain = &agent.chain;
        let Some(ballot) = &state.ballot else {
            state.ballot = Some(recompute(agent, view).await?);
            return Ok(Step::Again);
        };
        let (results, id) = (chain.results(), U256::from(view.id));
        if !results.voteOf(id, chain.account()).call().await?.commitment.is_zero() {
            return Ok(Step::Wait);
        }
        let commitment = commitment::vote(chain.chain_id(), view.id, chain.account(), &ballot.entries(), ballot.salt);
        let call = results.commitVote(id, commitment).into_transaction_request();
        chain.send(Call::new("commitVote", call)).await?;
        agent.report.emit(
            "vote_committed",
            json!({ "task": view.id, "commitment": commitment, "solvers": ballot.hits.len() }),
        )?;
        Ok(Step::Wait)
    }

    /// Scores what nobody has scored, reveals the own vote, and finalizes if that was the last.
    async fn settle(&mut self, agent: &Agent, view: &TaskView, state: &Voting) -> Result<Step, AgentError> {
        let id = U256::from(view.id);
        for solver in agent.chain.tasks().revealedSolvers(id).call().await? {
            self.score(agent, view, solver, state).await?;
        }
        if let Some(ballot) = &state.ballot {
            reveal(agent, view, ballot).await?;
        }
        if agent.chain.results().canFinalize(id).call().await? {
            finalize(agent, view).await?;
        }
        Ok(Step::Wait)
    }

    /// All coordinators try; the chain takes the first.
    async fn score(
        &mut self,
        agent: &Agent,
        view: &TaskView,
        solver: Address,
        state: &Voting,
    ) -> Result<(), AgentError> {
        const WHAT: &str = "score";
        let (results, id) = (agent.chain.results(), U256::from(view.id));
        if self.unscorable.contains(&(view.id, solver)) || results.scoreOf(id, solver).call().await?.scored {
            return Ok(());
        }
        let call = results.score(id, solver).into_transaction_request();
        let receipt = match agent.chain.send(Call::new(WHAT, call)).await {
            Ok(receipt) => receipt,
            Err(AgentError::Reverted { reason, .. }) => {
                if !results.scoreOf(id, solver).call().await?.scored {
                    tracing::warn!(task = view.id, %solver, reason, "the chain cannot score a solution");
                    self.unscorable.insert((view.id, solver));
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let scored = event::<SolutionScored>(&receipt, WHAT)?;
        let own = state.ballot.as_ref().and_then(|ballot| ballot.hits.get(&solver));
        agent.report.emit(
            "scored",
            json!({
                "task": view.id,
                "solver": solver,
                "chain_hits": scored.hits,
                "chain_score_bp": scored.scoreBp,
                "int8_hits": own,
                "int8_count": view.task.count,
                "gas_used": receipt.gas_used,
            }),
        )
    }

    async fn conclude(&self, agent: &Agent, view: &TaskView, state: &Voting) -> Result<Step, AgentError> {
        let (results, id) = (agent.chain.results(), U256::from(view.id));
        let mut disagreements = 0;
        for (&solver, &own) in state.ballot.iter().flat_map(|ballot| &ballot.hits) {
            let score = results.scoreOf(id, solver).call().await?;
            disagreements += u32::from(score.scored && u64::from(score.hits) != own);
        }
        let reward = agent.chain.claim(view.id).await?.map(|claimed| claimed.coordinator);
        if let Some(ballot) = &state.ballot {
            agent.report.emit(
                "verified",
                json!({
                    "task": view.id,
                    "solvers": ballot.hits.len(),
                    "disagreements": disagreements,
                    "reward_atn": reward.map(atn),
                }),
            )?;
        }
        report_silent(agent, view).await?;
        Ok(Step::Close)
    }
}

/// Every solution's hits, from the chain's tensors by this machine. Solutions that do not run are left out: the chain
/// cannot score them either.
async fn recompute(agent: &Agent, view: &TaskView) -> Result<Ballot, AgentError> {
    let chain = &agent.chain;
    let (tasks, id) = (chain.tasks(), U256::from(view.id));
    let inputs = Arc::new(chain.read_tensor(view.task.inputsId).await?);
    let labels = Arc::new(chain.read_tensor(view.task.labelsId).await?);
    let mut all = BTreeMap::new();
    for solver in tasks.revealedSolvers(id).call().await? {
        let model = tasks.solution(id, solver).call().await?.modelId;
        match model_hits(agent, model, &inputs, &labels).await {
            Ok(hits) => {
                all.insert(solver, hits);
            }
            Err(error @ (AgentError::Ml(_) | AgentError::NotResident(_))) => {
                tracing::warn!(task = view.id, %solver, %error, "a solution does not run");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Ballot { salt: secret(), count: view.task.count.into(), hits: all })
}

/// A registered model's hits, computed off chain.
pub(super) async fn model_hits(
    agent: &Agent,
    model: B256,
    inputs: &Arc<Tensor>,
    labels: &Arc<Tensor>,
) -> Result<u64, AgentError> {
    let graph = agent.chain.read_graph(model).await?.ok_or(AgentError::NotResident(model))?;
    let ids: BTreeSet<_> = graph.parameters().collect();
    let mut parameters = BTreeMap::new();
    let mut size = 0;
    for id in ids {
        let shape = agent.chain.shape_of(id).await?;
        size += shape.size_bytes();
        if size > MAX_MODEL_BYTES {
            return Err(MlError::TooLarge { limit: MAX_MODEL_BYTES }.into());
        }
        parameters.insert(id, Arc::new(agent.chain.read_tensor_of(id, shape).await?));
    }
    let (inputs, labels) = (inputs.clone(), labels.clone());
    compute(move || hits(&graph, &inputs, &labels, |id| parameters.get(&id).cloned().ok_or(MlError::MissingTensor(id))))
        .await
}

async fn reveal(agent: &Agent, view: &TaskView, ballot: &Ballot) -> Result<(), AgentError> {
    const WHAT: &str = "revealVote";
    let (results, id) = (agent.chain.results(), U256::from(view.id));
    let vote = results.voteOf(id, agent.chain.account()).call().await?;
    if vote.commitment.is_zero() || vote.revealed {
        return Ok(());
    }
    let (solvers, scores) = ballot.entries().into_iter().unzip();
    let call = results.revealVote(id, solvers, scores, ballot.salt).into_transaction_request();
    let receipt = agent.chain.send(Call::new(WHAT, call)).await?;
    let revealed = event::<VoteRevealed>(&receipt, WHAT)?;
    agent
        .report
        .emit("vote_revealed", json!({ "task": view.id, "entries": ballot.hits.len(), "agreeing": revealed.weight }))
}

/// After the voting: decides the rewards if there are enough votes, gives the reserve back if not.
pub(super) async fn close(agent: &Agent, view: &TaskView) -> Result<Step, AgentError> {
    let id = U256::from(view.id);
    if view.phase == Phase::Ended && agent.chain.results().hasQuorum(id).call().await? {
        return finalize(agent, view).await.map(|()| Step::Wait);
    }
    let call = agent.chain.tasks().expire(id).into_transaction_request();
    first(agent.chain.send(Call::new("expire", call)).await)?;
    Ok(Step::Wait)
}

async fn finalize(agent: &Agent, view: &TaskView) -> Result<(), AgentError> {
    let call = agent.chain.results().finalize(U256::from(view.id)).into_transaction_request();
    if first(agent.chain.send(Call::new("finalize", call)).await)? {
        agent.report.emit("finalized", json!({ "task": view.id }))?;
    }
    Ok(())
}

/// Whether a call that anyone may make, once, was ours. If somebody else was first, the next look shows it.
fn first<T>(result: Result<T, AgentError>) -> Result<bool, AgentError> {
    match result {
        Ok(_) => Ok(true),
        Err(AgentError::Reverted { what, reason }) => {
            tracing::debug!(what, reason, "somebody else was first");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn report_silent(agent: &Agent, view: &TaskView) -> Result<(), AgentError> {
    let (results, id) = (agent.chain.results(), U256::from(view.id));
    let tally = results.tally(id).call().await?;
    if tally.votesCommitted == tally.votesRevealed {
        return Ok(());
    }
    for coordinator in agent.chain.silent_voters(view).await? {
        let call = results.reportSilentVoter(id, coordinator).into_transaction_request();
        if first(agent.chain.send(Call::new("reportSilentVoter", call)).await)? {
            agent.report.emit("silent_voter_reported", json!({ "task": view.id, "coordinator": coordinator }))?;
        }
    }
    Ok(())
}

impl TaskWork for Coordinator {
    const ROLE: Role = Role::Coordinator;
    type State = Voting;

    fn project(&self) -> Option<u64> {
        self.options.project_id
    }

    fn min_phase_s(&self) -> u32 {
        self.options.min_phase_seconds
    }

    async fn advance(&mut self, agent: &Agent, view: &TaskView, state: &mut Voting) -> Result<Step, AgentError> {
        match view.phase {
            Phase::None => Ok(Step::Forget),
            Phase::Commit | Phase::GroundTruth | Phase::Reveal => Ok(Step::Wait),
            Phase::VoteCommit => self.vote(agent, view, state).await,
            Phase::VoteReveal => self.settle(agent, view, state).await,
            Phase::Ended | Phase::Lapsed => close(agent, view).await,
            Phase::Finalized => self.conclude(agent, view, state).await,
            Phase::Expired => {
                if state.ballot.is_some() {
                    agent.report.emit("expired", json!({ "task": view.id }))?;
                }
                report_silent(agent, view).await?;
                Ok(Step::Close)
            }
        }
    }
}
