//! The roles, each a loop over the same steps: look at the chain, decide, act, remember.
//!
//! What a role does follows from the newest state of the chain and from its journal alone, so that a restart, a lost
//! transaction or a reorganisation only makes it look again.

mod aggregator;
mod coordinator;
mod proposer;
mod solver;
mod watch;

pub use aggregator::AggregatorOptions;
pub use coordinator::CoordinatorOptions;
pub use proposer::ProposerOptions;
pub use solver::SolverOptions;

use crate::{
    chain::{Chain, Role},
    data::Digits,
    error::{AgentError, ErrorKind},
    report::{Report, atn},
};
use alloy::primitives::{B256, U256};
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use watch::Watcher;

/// The longest pause between two looks while something fails.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// A role and what is particular to it.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum RoleOptions {
    /// Post tasks with a hidden test set, and reveal it once solvers have committed
    ///
    /// Without --project-id the agent creates a project, funds it for all its rounds and remembers it. The hidden set of
    /// a round is drawn from held-out images with a secret seed, which stays in the state folder: losing it before the
    /// reveal loses the round, and the reserve goes back to the project.
    Proposer(ProposerOptions),
    /// Train on every task, commit, reveal, and collect the reward
    ///
    /// The solver trains from the task's base weights in floats, makes an 8-bit model of the result, and commits to that
    /// model and to the difference of the weights. It reveals both after the proposer has revealed the test set.
    Solver(SolverOptions),
    /// Recompute solvers' scores, vote, have the chain score, and finalize tasks
    ///
    /// A task needs the revealed votes of two coordinators.
    Coordinator(CoordinatorOptions),
    /// Merge the verified updates of finalized tasks and publish the merged model
    Aggregator(AggregatorOptions),
}

impl RoleOptions {
    /// Which role.
    pub const fn role(&self) -> Role {
        match self {
            Self::Proposer(_) => Role::Proposer,
            Self::Solver(_) => Role::Solver,
            Self::Coordinator(_) => Role::Coordinator,
            Self::Aggregator(_) => Role::Aggregator,
        }
    }
}

/// What every role works with.
#[derive(Debug)]
pub struct Agent {
    /// L2, signing for the role's account.
    pub chain: Chain,
    /// Where finished steps go.
    pub report: Report,
    /// The images.
    pub digits: Arc<Digits>,
    /// Folder of the journals.
    pub state_dir: PathBuf,
    /// Pause between two looks at the chain.
    pub poll: Duration,
    /// Ends every loop and every training.
    pub shutdown: CancellationToken,
}

impl Agent {
    /// Works until the shutdown, or until a proposer's rounds are over.
    pub async fn run(&self, options: RoleOptions) -> Result<(), AgentError> {
        let role = options.role();
        match options {
            RoleOptions::Proposer(options) => self.work(role, proposer::Proposer::open(self, options)?).await,
            RoleOptions::Solver(options) => self.work(role, Watcher::open(self, solver::Solver::new(options))?).await,
            RoleOptions::Coordinator(options) => {
                self.work(role, Watcher::open(self, coordinator::Coordinator::new(options))?).await
            }
            RoleOptions::Aggregator(options) => {
                self.work(role, Watcher::open(self, aggregator::Aggregator::new(options))?).await
            }
        }
    }

    async fn work(&self, role: Role, mut work: impl Work) -> Result<(), AgentError> {
        let mut joined = false;
        let mut pause = Duration::ZERO;
        loop {
            let turn = async {
                tokio::time::sleep(pause).await;
                if !joined {
                    self.join(role).await?;
                    joined = true;
                }
                work.look(self).await
            };
            let progress = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Ok(()),
                progress = turn => progress,
            };
            match progress {
                Ok(Progress::Done) => return Ok(()),
                Ok(Progress::Waiting) => pause = self.poll,
                Err(error) if error.kind() == ErrorKind::Fatal => return Err(error),
                Err(error) => {
                    pause = (pause * 2).clamp(self.poll, MAX_PAUSE);
                    tracing::warn!(%error, pause_ms = pause.as_millis(), "step failed; looking again after a pause");
                }
            }
        }
    }

    async fn join(&self, role: Role) -> Result<(), AgentError> {
        let staked = self.chain.join(role).await?;
        if staked != U256::ZERO {
            self.report.emit("staked", json!({ "stake_atn": atn(staked) }))?;
        }
        tracing::info!(role = role.name(), account = %self.chain.account(), "active");
        Ok(())
    }
}

/// Whether there is more to come.
enum Progress {
    /// Look again after a pause.
    Waiting,
    /// Everything asked for is done.
    Done,
}

/// One role's part of the loop.
trait Work {
    /// Looks at the chain and does all that is due.
    async fn look(&mut self, agent: &Agent) -> Result<Progress, AgentError>;
}

/// Runs something that computes for long.
async fn compute<T: Send + 'static, E: Into<AgentError> + Send + 'static>(
    computation: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, AgentError> {
    tokio::task::spawn_blocking(computation).await?.map_err(Into::into)
}

/// For salts and seeds that nobody may guess.
fn secret() -> B256 {
    B256::from(rand::random::<[u8; 32]>())
}
