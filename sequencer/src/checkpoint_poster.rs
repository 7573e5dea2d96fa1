use crate::SequencerError;
use autonet_bridge::{Checkpoint, CheckpointStatus, Checkpoints, TransactionSender};
use autonet_chain::Chain;
use std::sync::Arc;

/// Posts checkpoints of the safe chain, confirms what can be confirmed, and takes bonds back.
#[derive(Debug)]
pub(crate) struct CheckpointPoster {
    chain: Chain,
    checkpoints: Checkpoints,
    sender: Arc<TransactionSender>,
    /// Own checkpoints that were pending when last seen; as many as fit a challenge window.
    pending: Vec<Checkpoint>,
    /// The first L1 block that was not searched.
    next_l1_block: u64,
}

impl CheckpointPoster {
    /// A poster that looks for its own earlier checkpoints from L1 block `start_block` on.
    pub(crate) const fn new(
        chain: Chain,
        checkpoints: Checkpoints,
        sender: Arc<TransactionSender>,
        start_block: u64,
    ) -> Self {
        Self { chain, checkpoints, sender, pending: Vec::new(), next_l1_block: start_block }
    }

    /// Does what is due now; `l1_head` is L1's head.
    pub(crate) async fn step(&mut self, l1_head: u64) -> Result<(), SequencerError> {
        self.refresh(l1_head).await?;
        let (_, confirmed_block) = self.checkpoints.latest_confirmed().await?;
        self.settle(confirmed_block).await?;
        self.post(confirmed_block).await
    }

    async fn refresh(&mut self, l1_head: u64) -> Result<(), SequencerError> {
        let posted = self.checkpoints.posted(self.next_l1_block, l1_head).await?;
        self.next_l1_block = self.next_l1_block.max(l1_head + 1);
        let own = self.sender.address();
        self.pending.extend(posted.into_iter().filter(|checkpoint| checkpoint.proposer == own));
        let mut still = Vec::with_capacity(self.pending.len());
        for checkpoint in std::mem::take(&mut self.pending) {
            // An L1 reorg may have taken it back, or given its number to another.
            if self.checkpoints.status(checkpoint.id).await? == Some(CheckpointStatus::Pending) {
                still.push(checkpoint);
            }
        }
        still.sort_by_key(|checkpoint| checkpoint.id);
        still.dedup_by_key(|checkpoint| checkpoint.id);
        self.pending = still;
        Ok(())
    }

    async fn settle(&self, confirmed_block: u64) -> Result<(), SequencerError> {
        let Some(id) = self.checkpoints.confirmable(&self.pending).await? else { return Ok(()) };
        let is_overtaken = |checkpoint: &Checkpoint| checkpoint.id == id && checkpoint.block_number <= confirmed_block;
        if self.pending.iter().any(is_overtaken) {
            self.checkpoints.supersede(&self.sender, id).await?;
        } else {
            self.checkpoints.confirm(&self.sender, id).await?;
            tracing::info!(id, "checkpoint confirmed");
        }
        Ok(self.checkpoints.withdraw_bond(&self.sender).await?)
    }

    async fn post(&self, confirmed_block: u64) -> Result<(), SequencerError> {
        let newest = self.pending.iter().map(|checkpoint| checkpoint.block_number).max().unwrap_or_default();
        let Some((block, claim)) = self.chain.checkpoint_output(self.chain.batch_count()?)? else { return Ok(()) };
        if block <= newest.max(confirmed_block) {
            return Ok(());
        }
        let id = self.checkpoints.post(&self.sender, block, claim).await?;
        tracing::info!(id, block, hash = %claim.block_hash, "checkpoint posted");
        metrics::gauge!("autonet_sequencer_checkpoint_block").set(block as f64);
        Ok(())
    }
}
