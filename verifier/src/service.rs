use crate::{CheckpointChecker, Finding, Verdict, VerifierError};
use autonet_bridge::{Checkpoints, ErrorKind, InboxReader, L1Client};
use autonet_chain::Chain;
use autonet_follower::{Follower, Step, Unsafe};
use autonet_rpc::L1Position;
use std::time::Duration;
use tokio::{sync::watch, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// A running verifier without its RPC server.
#[derive(Debug)]
pub struct Verifier {
    chain: Chain,
    follower: Follower,
    checkpoints: Checkpoints,
    checker: CheckpointChecker,
    /// The first L1 block whose checkpoints were not read.
    next_l1_block: u64,
    poll: Duration,
    position: watch::Sender<L1Position>,
}

impl Verifier {
    /// A verifier on a chain.
    pub fn new(chain: Chain, l1: L1Client, poll: Duration) -> Self {
        let start = chain.genesis().l1_start_block;
        let reader = InboxReader::new(l1.clone(), start);
        Self {
            follower: Follower::new(reader, chain.clone(), Unsafe::Drop),
            checkpoints: Checkpoints::new(l1, start),
            checker: CheckpointChecker::new(chain.clone()),
            next_l1_block: start,
            poll,
            position: watch::Sender::new(L1Position::default()),
            chain,
        }
    }

    /// How far L1 has been read.
    pub fn l1_position(&self) -> watch::Receiver<L1Position> {
        self.position.subscribe()
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// The first error that only a person can mend.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), VerifierError> {
        let mut ticks = tokio::time::interval(self.poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            let step = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                step = self.step() => step,
            };
            match step {
                Ok(true) => {}
                Ok(false) => ticks.reset_immediately(),
                Err(error) if error.kind() == ErrorKind::Fatal => return Err(error),
                Err(error) => {
                    metrics::counter!("autonet_verifier_retries_total").increment(1);
                    tracing::warn!(%error, "trying again");
                }
            }
        }
    }

    /// Follows L1 by one step and judges checkpoints; answers whether L1's head is reached.
    async fn step(&mut self) -> Result<bool, VerifierError> {
        let Step { applied, l1 } = self.follower.step().await?;
        for applied in applied {
            tracing::info!(batch = applied.batch, outcome = ?applied.outcome, "batch derived");
        }
        metrics::gauge!("autonet_verifier_safe_block").set(self.chain.heads().safe.number as f64);
        self.position.send_replace(L1Position {
            head: l1.head.number,
            processed: l1.processed,
            finalized: l1.finalized,
        });
        let posted = self.checkpoints.posted(self.next_l1_block, l1.head.number).await?;
        self.next_l1_block = self.next_l1_block.max(l1.head.number + 1);
        self.checker.add(posted);
        for finding in self.checker.judge()? {
            report(&finding);
        }
        Ok(l1.caught_up)
    }
}

fn report(finding: &Finding) {
    let (checkpoint, id) = (&finding.checkpoint, finding.checkpoint.id);
    match finding.verdict {
        Verdict::Valid => {
            metrics::counter!("autonet_verifier_valid_checkpoints_total").increment(1);
            tracing::info!(id, block = checkpoint.block_number, "checkpoint is valid");
        }
        Verdict::Invalid { derived: (block, output) } => {
            metrics::counter!("autonet_verifier_wrong_checkpoints_total").increment(1);
            tracing::error!(
                id,
                proposer = %checkpoint.proposer,
                claimed_block = checkpoint.block_number,
                claimed = %checkpoint.output,
                derived_block = block,
                derived = %output,
                "CHECKPOINT IS WRONG"
            );
        }
    }
}
