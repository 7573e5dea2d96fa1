use crate::{VerifierError, drive::drive, watch::CheckpointWatch};
use autonet_bridge::{InboxReader, L1Client};
use autonet_chain::Chain;
use autonet_follower::{Follower, Step, Unsafe};
use autonet_rpc::L1Position;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A running verifier without its RPC server.
#[derive(Debug)]
pub struct Verifier {
    chain: Chain,
    follower: Follower,
    watch: CheckpointWatch,
    poll: Duration,
    position: watch::Sender<L1Position>,
}

impl Verifier {
    /// A verifier on a chain.
    pub fn new(chain: Chain, l1: L1Client, poll: Duration) -> Self {
        let reader = InboxReader::new(l1.clone(), chain.genesis().l1_start_block);
        Self {
            follower: Follower::new(reader, chain.clone(), Unsafe::Drop),
            watch: CheckpointWatch::new(l1, chain.genesis()),
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
        drive(self.poll, shutdown, async || self.step().await).await
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
        self.watch.read(&l1).await?;
        self.watch.judge(&self.chain)?;
        Ok(l1.caught_up)
    }
}
