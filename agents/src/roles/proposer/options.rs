//! What can be chosen for tasks.

use crate::chain::Scoring;
use alloy::primitives::{Address, B256, U256, utils::parse_ether};

use autonet_bindings::task_contract::TaskContract::TaskParams;

/// Options of a proposer.
#[derive(Clone, Debug, clap::Args)]
pub struct ProposerOptions {
    /// Tasks to post, one after another; 0 for no end
    #[arg(long, default_value_t = 1)]
    pub rounds: u64,
    /// Use this project; its owner must have approved the proposer, unless that is the owner [default: an own one]
    #[arg(long)]
    pub project_id: Option<u64>,
    /// Name of a project that is created
    #[arg(long, default_value = "Digits")]
    pub project_name: String,
    /// Symbol of the token of a project that is created
    #[arg(long, default_value = "DIG")]
    pub project_symbol: String,
    /// Images in the hidden set
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=500))]
    pub test_images: u32,
    /// ATN shared by the solvers of a task
    #[arg(long, default_value = "10", value_parser = parse_ether)]
    pub solver_reward: U256,
    /// ATN shared by the coordinators of a task
    #[arg(long, default_value = "4", value_parser = parse_ether)]
    pub coordinator_reward: U256,
    /// ATN that the proposer gets for a task that is solved
    #[arg(long, default_value = "1", value_parser = parse_ether)]
    pub proposer_reward: U256,
    /// Score from which a solution is paid, in basis points
    #[arg(long, default_value_t = 8_000, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub threshold_bp: u16,
    /// How long solvers may train, in seconds
    #[arg(long, default_value_t = 3_600)]
    pub commit_seconds: u32,
    /// How long the proposer may take to reveal the hidden set, in seconds
    #[arg(long, default_value_t = 3_600)]
    pub ground_truth_seconds: u32,
    /// How long solvers may take to reveal, in seconds
    #[arg(long, default_value_t = 3_600)]
    pub reveal_seconds: u32,
    /// How long coordinators may take to vote, in seconds
    #[arg(long, default_value_t = 3_600)]
    pub vote_commit_seconds: u32,
    /// How long coordinators may take to reveal their votes, in seconds
    #[arg(long, default_value_t = 3_600)]
    pub vote_reveal_seconds: u32,
    /// How long to wait for the merged model of a task before the next one, in seconds
    #[arg(long, default_value_t = 120)]
    pub publish_seconds: u64,
}

impl ProposerOptions {
    /// All that a task reserves.
    pub(super) fn total_reward(&self) -> U256 {
        self.solver_reward + self.coordinator_reward + self.proposer_reward
    }

    /// From the proposal to the end of voting, at the longest.
    pub(super) fn duration_s(&self) -> u64 {
        let phases = [
            self.commit_seconds,
            self.ground_truth_seconds,
            self.reveal_seconds,
            self.vote_commit_seconds,
            self.vote_reveal_seconds,
        ];
        phases.into_iter().map(u64::from).sum()
    }

    /// What is proposed.
    pub(super) fn params(&self, commitment: B256, base_weights: B256) -> TaskParams {
        TaskParams {
            groundTruthCommitment: commitment,
            baseWeightsId: base_weights,
            solverReward: self.solver_reward,
            coordinatorReward: self.coordinator_reward,
            proposerReward: self.proposer_reward,
            thresholdBp: self.threshold_bp,
            commitSeconds: self.commit_seconds,
            groundTruthSeconds: self.ground_truth_seconds,
            revealSeconds: self.reveal_seconds,
            voteCommitSeconds: self.vote_commit_seconds,
            voteRevealSeconds: self.vote_reveal_seconds,
            // The chain runs the models itself, and no trace of a training is asked for.
            scoring: Scoring::Chain as u8,
            stepJudge: Address::ZERO,
        }
    }
}
