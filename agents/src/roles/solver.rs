//! Train, commit, reveal, collect.

use super::{
    Agent, compute, secret,
    watch::{Step, TaskWork},
};
use crate::{
    chain::{Call, Phase, Role, TaskView},
    commitment,
    data::Digit,
    error::AgentError,
    ml::{self, IntegerModel, MlError, Training, Weights, ground_truth_digits, score_bp_down},
    report::atn,
};
use alloy::primitives::{B256, Bytes, U256, keccak256};
use alloy::sol_types::SolValue;
use autonet_ml_precompiles::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Instant};

/// Options of a solver.
#[derive(Clone, Debug, clap::Args)]
pub struct SolverOptions {
    /// Only tasks of this project
    #[arg(long)]
    pub project_id: Option<u64>,
    /// Only tasks of which every phase lasts at least as many seconds; a shorter one may end before an answer is on the chain
    #[arg(long, default_value_t = 3_600)]
    pub min_phase_seconds: u32,
    /// Passes over the training images
    #[arg(long, default_value_t = Training::default().epochs)]
    pub epochs: u32,
    /// Part of the training images that this solver has, in per cent; which ones depends on its account and the task
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u8).range(10..=100))]
    pub data_percent: u8,
}

/// What a solver must keep of a task.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Solving {
    /// Set once trained, before anything is committed.
    solution: Option<Solution>,
    /// Set once the ground truth is known.
    measured: Option<Measured>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Solution {
    salt: B256,
    /// Storage encodings of the I32 tensors.
    base: Bytes,
    weights: Bytes,
    train_seconds: f64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Measured {
    float_hits: u64,
    int8_hits: u64,
    count: u64,
}

/// All that a solution is made of; it follows from its weights.
struct Prepared {
    weights: Weights,
    update: Arc<Tensor>,
    model: IntegerModel,
}

impl Solution {
    fn prepare(&self, training: &[Digit]) -> Result<Prepared, MlError> {
        let decode = |bytes: &Bytes| Weights::from_tensor(&Tensor::decode(bytes)?);
        let (base, weights) = (decode(&self.base)?, decode(&self.weights)?);
        let update = Arc::new(weights.update_from(&base)?.to_tensor()?);
        let model = ml::quantise(&weights, training)?;
        Ok(Prepared { weights, update, model })
    }
}

impl Prepared {
    fn model_id(&self) -> B256 {
        self.model.graph.model_id()
    }
}

pub(super) struct Solver {
    options: SolverOptions,
}

impl Solver {
    pub(super) const fn new(options: SolverOptions) -> Self {
        Self { options }
    }

    async fn train(&self, agent: &Agent, view: &TaskView) -> Result<Solution, AgentError> {
        let base = agent.chain.read_tensor(view.task.params.baseWeightsId).await?;
        // Everyone's is different, and a restart repeats it.
        let seed = keccak256((agent.chain.account(), U256::from(view.id)).abi_encode());
        let share = agent.digits.share(seed, self.options.data_percent)?;
        let training = Training { epochs: self.options.epochs, seed, ..Default::default() };
        let shutdown = agent.shutdown.clone();
        tracing::info!(task = view.id, images = share.len(), epochs = training.epochs, "training");
        compute(move || {
            let started = Instant::now();
            let weights = ml::train(&Weights::from_tensor(&base)?, &share, &training, || shutdown.is_cancelled())?;
            Ok::<_, MlError>(Solution {
                salt: secret(),
                base: base.encode().into(),
                weights: weights.to_tensor()?.encode().into(),
                train_seconds: started.elapsed().as_secs_f64(),
            })
        })
        .await
    }

    async fn prepare(&self, agent: &Agent, solution: &Solution) -> Result<Prepared, AgentError> {
        let (solution, digits) = (solution.clone(), agent.digits.clone());
        compute(move || solution.prepare(&digits.training)).await
    }

    async fn commit(&self, agent: &Agent, view: &TaskView, state: &mut Solving) -> Result<Step, AgentError> {
        let chain = &agent.chain;
        let Some(solution) = &state.solution else {
            if view.task.proposer == chain.account() {
                tracing::info!(task = view.id, "own task: nobody may solve what it proposes");
                return Ok(Step::Close);
            }
            state.solution = Some(self.train(agent, view).await?);
            return Ok(Step::Again);
        };
        let (tasks, id) = (chain.tasks(), U256::from(view.id));
        if !tasks.solution(id, chain.account()).call().await?.commitment.is_zero() {
            return Ok(Step::Wait);
        }
        let prepared = self.prepare(agent, solution).await?;
        let (model_id, update_id) = (prepared.model_id(), prepared.update.id());
        let commitment =
            commitment::solution(chain.chain_id(), view.id, chain.account(), model_id, update_id, solution.salt);
        let call = tasks.commitSolution(id, commitment).into_transaction_request();
        chain.send(Call::new("commitSolution", call)).await?;
        agent.report.emit(
            "committed",
            json!({ "task": view.id, "commitment": commitment, "train_seconds": solution.train_seconds }),
        )?;
        Ok(Step::Wait)
    }

    async fn reveal(&self, agent: &Agent, view: &TaskView, state: &mut Solving) -> Result<Step, AgentError> {
        let chain = &agent.chain;
        let (tasks, id) = (chain.tasks(), U256::from(view.id));
        let on_chain = tasks.solution(id, chain.account()).call().await?;
        let Some(solution) = state.solution.as_ref().filter(|_| !on_chain.commitment.is_zero()) else {
            return missed(agent, view, state, "not committed in time");
        };
        if !on_chain.modelId.is_zero() {
            return Ok(Step::Wait);
        }
        let prepared = self.prepare(agent, solution).await?;
        if state.measured.is_none() {
            state.measured = Some(measure(agent, view, prepared).await?);
            return Ok(Step::Again);
        }
        let (model_id, update_id) = (prepared.model_id(), prepared.update.id());
        let mut tensors = prepared.model.parameters.clone();
        tensors.push(prepared.update);
        chain.publish(&prepared.model.graph, &tensors, view.lease_needed).await?;
        let reveal = tasks.revealSolution(id, model_id, update_id, solution.salt);
        chain.send(Call::new("revealSolution", reveal.into_transaction_request())).await?;
        agent.report.emit("revealed", json!({ "task": view.id, "model": model_id, "update": update_id }))?;
        Ok(Step::Wait)
    }

    async fn conclude(&self, agent: &Agent, view: &TaskView, state: &Solving) -> Result<Step, AgentError> {
        let account = agent.chain.account();
        let score = agent.chain.results().scoreOf(U256::from(view.id), account).call().await?;
        let Some(measured) = state.measured else {
            return missed(agent, view, state, "not revealed in time");
        };
        let reward = agent.chain.claim(view.id).await?.map(|claimed| claimed.solver);
        let Measured { float_hits, int8_hits, count } = measured;
        agent.report.emit(
            "solved",
            json!({
                "task": view.id,
                "solver": account,
                "float_accuracy": float_hits as f64 / count as f64,
                "int8_accuracy": int8_hits as f64 / count as f64,
                "int8_hits": int8_hits,
                "int8_count": count,
                "int8_score_bp": score_bp_down(int8_hits, count),
                "chain_scored": score.scored,
                "chain_hits": score.hits,
                "chain_score_bp": score.scoreBp,
                "reward_atn": reward.map(atn),
            }),
        )?;
        Ok(Step::Close)
    }
}

async fn measure(agent: &Agent, view: &TaskView, prepared: Prepared) -> Result<Measured, AgentError> {
    let inputs = agent.chain.read_tensor(view.task.inputsId).await?;
    let labels = agent.chain.read_tensor(view.task.labelsId).await?;
    compute(move || {
        let digits = ground_truth_digits(&inputs, &labels)?;
        Ok::<_, MlError>(Measured {
            float_hits: ml::float_hits(&prepared.weights, &digits)?,
            int8_hits: prepared.model.hits(&inputs, &labels)?,
            count: digits.len() as u64,
        })
    })
    .await
}

fn missed(agent: &Agent, view: &TaskView, state: &Solving, why: &str) -> Result<Step, AgentError> {
    if state.solution.is_some() {
        agent.report.emit("missed", json!({ "task": view.id, "why": why }))?;
    }
    Ok(Step::Close)
}

impl TaskWork for Solver {
    const ROLE: Role = Role::Solver;
    type State = Solving;

    fn project(&self) -> Option<u64> {
        self.options.project_id
    }

    fn min_phase_s(&self) -> u32 {
        self.options.min_phase_seconds
    }

    async fn advance(&mut self, agent: &Agent, view: &TaskView, state: &mut Solving) -> Result<Step, AgentError> {
        match view.phase {
            Phase::None => Ok(Step::Forget),
            Phase::Commit => self.commit(agent, view, state).await,
            // A task that ran before this solver did.
            _ if state.solution.is_none() => Ok(Step::Close),
            Phase::GroundTruth | Phase::VoteCommit | Phase::VoteReveal | Phase::Ended | Phase::Lapsed => Ok(Step::Wait),
            Phase::Reveal => self.reveal(agent, view, state).await,
            Phase::Finalized => self.conclude(agent, view, state).await,
            Phase::Expired => {
                if view.task.groundTruthAt == 0 {
                    agent.chain.release_solver(view.id).await?;
                }
                agent.report.emit("expired", json!({ "task": view.id }))?;
                Ok(Step::Close)
            }
        }
    }
}
