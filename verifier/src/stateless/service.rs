use super::execute::apply_batch;
use crate::{
    RpcPeer, StatelessChain, StatelessError, VerifierError, WitnessPeer, drive::drive, watch::CheckpointWatch,
};
use autonet_bridge::{Checkpoints, ErrorKind, InboxReader, L1Client};
use autonet_derive::derive_batch;
use autonet_follower::FollowerError;
use autonet_primitives::Genesis;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A running verifier that has no database: it derives the chain from L1, and executes it on witnesses of a peer.
#[derive(Debug)]
pub struct StatelessVerifier<P = RpcPeer> {
    chain: StatelessChain,
    reader: InboxReader,
    l1_start_block: u64,
    peer: P,
    watch: CheckpointWatch,
    poll: Duration,
    /// Batches of the chain that were compared with what L1 says now.
    compared: u64,
}

impl StatelessVerifier {
    /// A verifier that believes the newest confirmed checkpoint, and starts there. It judges none before that one.
    ///
    /// # Errors
    /// L1's, the peer's, or [`StatelessError::OtherHeader`].
    pub async fn from_confirmed(
        genesis: &Genesis,
        l1: L1Client,
        peer: RpcPeer,
        poll: Duration,
    ) -> Result<Self, VerifierError> {
        let checkpoints = Checkpoints::new(l1.clone(), genesis.l1_start_block);
        let (confirmed, _) = checkpoints.latest_confirmed().await?;
        let posted = checkpoints.all().await?;
        // Checkpoint 0 is genesis.
        let Some(checkpoint) = posted.iter().find(|checkpoint| checkpoint.id == confirmed && confirmed > 0) else {
            return Ok(Self::new(genesis, l1, peer, poll)?);
        };
        let (id, block) = (checkpoint.id, checkpoint.block_number);
        let head = peer.header(block, checkpoint.claim.block_hash).await?;
        let head = head.ok_or(StatelessError::OtherHeader { id, block })?;
        let chain = StatelessChain::at_checkpoint(genesis.config.clone(), checkpoint, head)?;
        tracing::info!(id, block, "starting at a confirmed checkpoint");
        Ok(Self::on(chain, genesis, l1, peer, poll))
    }
}

impl<P: WitnessPeer> StatelessVerifier<P> {
    /// A verifier that starts at genesis.
    ///
    /// # Errors
    /// [`StatelessError::Genesis`].
    pub fn new(genesis: &Genesis, l1: L1Client, peer: P, poll: Duration) -> Result<Self, StatelessError> {
        Ok(Self::on(StatelessChain::new(genesis)?, genesis, l1, peer, poll))
    }

    fn on(chain: StatelessChain, genesis: &Genesis, l1: L1Client, peer: P, poll: Duration) -> Self {
        Self {
            reader: InboxReader::new(l1.clone(), genesis.l1_start_block),
            l1_start_block: genesis.l1_start_block,
            peer,
            watch: CheckpointWatch::new(l1, genesis),
            poll,
            compared: chain.first(),
            chain,
        }
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
        let l1 = match self.reader.poll().await {
            Err(error) if error.kind() == ErrorKind::Reset => {
                // What was read does not fit together: an L1 reorg under the reading, or a lying endpoint.
                self.reader.reset(self.l1_start_block);
                self.compared = self.chain.first();
                self.chain.rollback(self.chain.batch_count())?;
                return Err(error.into());
            }
            other => other?,
        };
        if let Some(rollback) = l1.rollback {
            self.compared = self.compared.min(rollback.batch_count);
            self.unwind_to(rollback.batch_count)?;
        }
        self.compare()?;
        if l1.caught_up && self.reader.view().batch_count() < self.chain.batch_count() {
            // After a reset nothing was rolled back, yet L1 may have fewer batches than the chain.
            self.unwind_to(self.reader.view().batch_count())?;
        }
        self.watch.read(&l1).await?;
        self.apply().await?;
        self.chain.set_finalized(l1.finalized_batches);
        self.prune();
        Ok(l1.caught_up)
    }

    /// Compares batches that were applied before a reset with those that L1 has now.
    fn compare(&mut self) -> Result<(), VerifierError> {
        let view = self.reader.view();
        while self.compared < self.chain.batch_count().min(view.batch_count()) {
            let known = view.batch_acc(self.compared + 1);
            if known.is_some() && known != self.chain.batch_acc(self.compared + 1) {
                self.unwind_to(self.compared)?;
                break;
            }
            self.compared += 1;
        }
        Ok(())
    }

    fn unwind_to(&mut self, batch_count: u64) -> Result<(), VerifierError> {
        if batch_count < self.chain.batch_count() {
            tracing::warn!(batch_count, "batches are gone from L1");
        }
        Ok(self.chain.rollback(batch_count)?)
    }

    /// Applies what was read of L1, and judges checkpoints after each batch: the next one may have to wait for the peer.
    async fn apply(&mut self) -> Result<(), VerifierError> {
        let Ok(()) = self.watch.judge(&self.chain);
        let view = self.reader.view();
        while let Some(batch) = view.batch(self.chain.batch_count()) {
            let state = self.chain.derive_state();
            let derived = derive_batch(self.chain.config(), &state, batch, view).map_err(FollowerError::from)?;
            if let Some(reason) = &derived.undecodable {
                tracing::warn!(batch = batch.index, %reason, "batch cannot be decoded and counts as empty");
            }
            let acc = view.batch_acc(batch.index + 1).unwrap_or_default();
            if let Err(error) = apply_batch(&mut self.chain, &derived, acc, &self.peer).await {
                metrics::counter!("autonet_verifier_witness_failures_total").increment(1);
                return Err(error.into());
            }
            tracing::info!(batch = batch.index, head = self.chain.head().number, "batch derived");
            metrics::gauge!("autonet_verifier_safe_block").set(self.chain.head().number as f64);
            let Ok(()) = self.watch.judge(&self.chain);
        }
        self.compared = self.compared.max(self.chain.batch_count().min(view.batch_count()));
        Ok(())
    }

    /// Drops what is consumed and final.
    fn prune(&mut self) {
        let count = self.chain.finalized().min(self.compared);
        if let Some(delayed_count) = self.chain.delayed_count(count) {
            self.reader.prune(count, delayed_count);
        }
    }
}
