//! Merge the verified updates, publish.

use super::{
    Agent, compute,
    watch::{Step, TaskWork},
};
use crate::{
    chain::{Call, Phase, Role, TaskView, event},
    data::Digits,
    error::AgentError,
    ml::{self, IntegerModel, MlError, VerifiedUpdate, Weights, score_bp_down},
};
use alloy::primitives::{Address, U256};
use autonet_bindings::project::Project::MatureModelPublished;
use autonet_ml_precompiles::Tensor;
use serde_json::json;
use std::sync::Arc;

/// Options of an aggregator.
#[derive(Clone, Debug, clap::Args)]
pub struct AggregatorOptions {
    /// Only tasks of this project
    #[arg(long)]
    pub project_id: Option<u64>,
    /// How long a published model and its weights are paid for, in hours
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8_760))]
    pub lease_hours: u64,
}

pub(super) struct Aggregator {
    options: AggregatorOptions,
}

/// What all updates are checked on.
struct Trial {
    base: Weights,
    inputs: Tensor,
    labels: Tensor,
    threshold_bp: u16,
}

impl Trial {
    async fn read(agent: &Agent, view: &TaskView) -> Result<Self, AgentError> {
        Ok(Self {
            base: Weights::from_tensor(&agent.chain.read_tensor(view.task.params.baseWeightsId).await?)?,
            inputs: agent.chain.read_tensor(view.task.inputsId).await?,
            labels: agent.chain.read_tensor(view.task.labelsId).await?,
            threshold_bp: view.task.params.thresholdBp,
        })
    }

    /// The integer model of `weights` and its hits, if they reach the threshold.
    fn passes(&self, weights: &Weights, digits: &Digits) -> Result<Option<(IntegerModel, u64)>, MlError> {
        let model = ml::quantise(weights, &digits.training)?;
        let hits = model.hits(&self.inputs, &self.labels)?;
        let passed = score_bp_down(hits, self.labels.shape().elements() as u64) >= self.threshold_bp;
        Ok(passed.then_some((model, hits)))
    }

    /// The chain has scored the solver's model, not its update; so an update counts only if the model that it leads
    /// to is good enough as well.
    fn verify(&self, update: &Tensor, digits: &Digits) -> Result<Weights, MlError> {
        let update = Weights::from_tensor(update)?;
        let passed = self.passes(&self.base.updated(&update)?, digits)?;
        passed.map(|_| update).ok_or(MlError::NoUpdates)
    }
}

/// A merge that is worth publishing.
struct Merged {
    weights: Tensor,
    model: IntegerModel,
    hits: u64,
    updates: usize,
}

impl Aggregator {
    pub(super) const fn new(options: AggregatorOptions) -> Self {
        Self { options }
    }

    async fn conclude(&self, agent: &Agent, view: &TaskView) -> Result<Step, AgentError> {
        let mature = agent.chain.projects().matureModel(view.task.projectId).call().await?;
        let base = view.task.params.baseWeightsId;
        if mature.taskId == U256::from(view.id) || (!mature.weightsId.is_zero() && mature.weightsId != base) {
            return Ok(Step::Close);
        }
        let why = match self.merge(agent, view).await {
            Ok(Some(merged)) => return self.publish(agent, view, merged).await,
            Ok(None) => "no update, or a merge below the threshold".to_owned(),
            // Leases that are over do not come back by waiting.
            Err(error @ (AgentError::NotResident(_) | AgentError::Ml(_))) => error.to_string(),
            Err(error) => return Err(error),
        };
        agent.report.emit("not_published", json!({ "task": view.id, "why": why }))?;
        Ok(Step::Close)
    }

    async fn merge(&self, agent: &Agent, view: &TaskView) -> Result<Option<Merged>, AgentError> {
        let trial = Trial::read(agent, view).await?;
        let mut candidates = Vec::new();
        for (solver, hits) in paid_solvers(agent, view).await? {
            let update = agent.chain.tasks().solution(U256::from(view.id), solver).call().await?.updateId;
            match agent.chain.read_tensor(update).await {
                Ok(update) => candidates.push((solver, hits, update)),
                Err(error @ AgentError::NotResident(_)) => {
                    tracing::warn!(task = view.id, %solver, %error, "an update is gone");
                }
                Err(error) => return Err(error),
            }
        }
        let (digits, task) = (agent.digits.clone(), view.id);
        compute(move || {
            let mut updates = Vec::new();
            for (solver, hits, update) in candidates {
                match trial.verify(&update, &digits) {
                    Ok(update) => updates.push(VerifiedUpdate { hits, update }),
                    Err(error) => tracing::warn!(task, %solver, %error, "an update is not what was scored"),
                }
            }
            let weights = ml::merge_floor(&trial.base, &updates)?;
            let Some((model, hits)) = trial.passes(&weights, &digits)? else { return Ok(None) };
            Ok::<_, MlError>(Some(Merged { weights: weights.to_tensor()?, model, hits, updates: updates.len() }))
        })
        .await
    }

    async fn publish(&self, agent: &Agent, view: &TaskView, merged: Merged) -> Result<Step, AgentError> {
        const WHAT: &str = "setMatureModel";
        let (chain, model_id) = (&agent.chain, merged.model.graph.model_id());
        let weights = Arc::new(merged.weights);
        let weights_id = weights.id();
        let mut tensors = merged.model.parameters;
        tensors.push(weights);
        let until = chain.head().await?.time + self.options.lease_hours * 3_600;
        chain.publish(&merged.model.graph, &tensors, until).await?;
        let projects = chain.projects();
        let call = projects.setMatureModel(view.task.projectId, model_id, weights_id, U256::from(view.id));
        let receipt = chain.send(Call::new(WHAT, call.into_transaction_request())).await?;
        let published = event::<MatureModelPublished>(&receipt, WHAT)?;
        let chain_hits = chain.results().evaluateDown(U256::from(view.id), model_id).call().await?.hits;
        agent.report.emit(
            "published",
            json!({
                "task": view.id,
                "project": view.task.projectId.saturating_to::<u64>(),
                "model": model_id,
                "weights": weights_id,
                "merged": merged.updates,
                "int8_hits": merged.hits,
                "int8_count": view.task.count,
                "chain_hits": chain_hits,
                "chain_score_bp": published.scoreBp,
            }),
        )?;
        Ok(Step::Close)
    }
}

/// Solvers whose score reached the task's threshold, with their hits.
pub(super) async fn paid_solvers(agent: &Agent, view: &TaskView) -> Result<Vec<(Address, u32)>, AgentError> {
    let id = U256::from(view.id);
    let mut paid = Vec::new();
    for solver in agent.chain.tasks().revealedSolvers(id).call().await? {
        let score = agent.chain.results().scoreOf(id, solver).call().await?;
        let reached = score.scored && !score.voided && score.scoreBp >= view.task.params.thresholdBp;
        if reached && score.hits > 0 {
            paid.push((solver, score.hits));
        }
    }
    Ok(paid)
}

impl TaskWork for Aggregator {
    const ROLE: Role = Role::Aggregator;
    /// Nothing: the merge follows from the chain.
    type State = ();

    fn project(&self) -> Option<u64> {
        self.options.project_id
    }

    async fn advance(&mut self, agent: &Agent, view: &TaskView, (): &mut ()) -> Result<Step, AgentError> {
        match view.phase {
            Phase::None => Ok(Step::Forget),
            Phase::Finalized => self.conclude(agent, view).await,
            Phase::Expired => Ok(Step::Close),
            _ => Ok(Step::Wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::Training;
    use alloy::primitives::B256;

    #[test]
    fn an_update_that_does_not_lead_to_a_good_model_is_not_merged() {
        let digits = Digits::load().unwrap();
        let (inputs, labels) = ml::ground_truth(&digits.held_out).unwrap();
        let base = Weights::initial(B256::ZERO);
        let training = Training { epochs: 5, ..Default::default() };
        let trained = ml::train(&base, &digits.training, &training, || false).unwrap();
        let good = trained.update_from(&base).unwrap();
        let trial = Trial { base: base.clone(), inputs, labels, threshold_bp: 8_000 };

        let verified = trial.verify(&good.to_tensor().unwrap(), &digits).unwrap();
        assert_eq!(verified, good);
        let nothing = base.update_from(&base).unwrap().to_tensor().unwrap();
        assert!(matches!(trial.verify(&nothing, &digits), Err(MlError::NoUpdates)));
        let huge = Tensor::from_i32(&[4_810], vec![i32::MAX; 4_810]).unwrap();
        assert!(trial.verify(&huge, &digits).is_err());
        let short = Tensor::from_i32(&[4], vec![0; 4]).unwrap();
        assert!(matches!(trial.verify(&short, &digits), Err(MlError::WeightsShape)));
    }
}
