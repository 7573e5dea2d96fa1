use crate::FollowerError;
use autonet_bridge::{InboxReader, InboxUpdate};
use autonet_chain::{BatchOrigin, Chain, Outcome};
use autonet_derive::derive_batch;

/// What becomes of blocks that L1 does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsafe {
    /// They stay until L1 says otherwise: the sequencer's own blocks.
    Keep,
    /// They go: the verifier's chain is L1's.
    Drop,
}

/// A batch that became a part of the safe chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Index in the inbox.
    pub batch: u64,
    /// How it compared with the unsafe chain.
    pub outcome: Outcome,
}

/// What one [`Follower::step`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Batches that became safe.
    pub applied: Vec<Applied>,
    /// How far L1 was read; all of it was applied.
    pub l1: InboxUpdate,
}

/// Makes the chain what L1's inbox says.
#[derive(Debug)]
pub struct Follower {
    reader: InboxReader,
    chain: Chain,
    unsafe_blocks: Unsafe,
    /// Batches of the chain that were compared with what L1 says now.
    compared: u64,
}

impl Follower {
    /// A follower that reads from `reader`, which starts at the genesis' L1 block.
    pub const fn new(reader: InboxReader, chain: Chain, unsafe_blocks: Unsafe) -> Self {
        Self { reader, chain, unsafe_blocks, compared: 0 }
    }

    /// The inbox as far as it was read.
    pub const fn reader(&self) -> &InboxReader {
        &self.reader
    }

    /// Reads new L1 blocks and applies what they say.
    ///
    /// # Errors
    /// [`FollowerError`]; the chain is consistent, and the next step goes on.
    pub async fn step(&mut self) -> Result<Step, FollowerError> {
        let update = match self.reader.poll().await {
            Err(error) if error.kind() == autonet_bridge::ErrorKind::Reset => {
                // What was read does not fit together: an L1 reorg under the reading, or a lying endpoint.
                self.reader.reset(self.chain.genesis().l1_start_block);
                self.compared = 0;
                return Err(error.into());
            }
            other => other?,
        };
        if let Some(rollback) = update.rollback {
            self.compared = self.compared.min(rollback.batch_count);
            self.unwind_to(rollback.batch_count)?;
        }
        self.compare()?;
        if update.caught_up {
            // After a restart or a reset nothing was rolled back, yet L1 may have fewer batches than the chain.
            self.unwind_to(self.reader.view().batch_count())?;
        }
        let applied = self.apply().await?;
        if update.caught_up {
            self.drop_orphans()?;
        }
        let finalized = update.finalized_batches.min(self.chain.batch_count()?);
        self.chain.set_finalized(finalized)?;
        self.prune()?;
        Ok(Step { applied, l1: update })
    }

    /// Compares batches that were applied in an earlier life with those that L1 has now.
    fn compare(&mut self) -> Result<(), FollowerError> {
        let view = self.reader.view();
        while self.compared < self.chain.batch_count()?.min(view.batch_count()) {
            let applied = self.chain.batch(self.compared)?.map(|record| record.origin.acc);
            let known = view.batch_acc(self.compared + 1);
            if known.is_some() && known != applied {
                self.unwind_to(self.compared)?;
                break;
            }
            self.compared += 1;
        }
        Ok(())
    }

    fn unwind_to(&self, batch_count: u64) -> Result<(), FollowerError> {
        if self.chain.batch_count()? > batch_count {
            let safe = self.chain.unwind_batches(batch_count)?;
            tracing::warn!(batch_count, safe = safe.number, "batches are gone from L1");
        }
        Ok(())
    }

    async fn apply(&mut self) -> Result<Vec<Applied>, FollowerError> {
        let mut applied = Vec::new();
        let view = self.reader.view();
        while let Some(batch) = view.batch(self.chain.batch_count()?) {
            let derived = derive_batch(self.chain.config(), &self.chain.derive_state()?, batch, view)?;
            let origin =
                BatchOrigin { l1_block: batch.l1_block, acc: view.batch_acc(batch.index + 1).unwrap_or_default() };
            if let Some(reason) = &derived.undecodable {
                tracing::warn!(batch = batch.index, %reason, "batch cannot be decoded and counts as empty");
            }
            let (chain, index) = (self.chain.clone(), batch.index);
            let outcome = tokio::task::spawn_blocking(move || chain.apply_derived(index, &derived, origin));
            let outcome = outcome.await.map_err(|_| FollowerError::Interrupted)??;
            applied.push(Applied { batch: index, outcome });
        }
        self.compared = self.compared.max(self.chain.batch_count()?.min(view.batch_count()));
        Ok(applied)
    }

    /// Takes unsafe blocks off that cannot stand: all of them for a verifier; for the sequencer those that consumed
    /// delayed messages which L1 does not have (any more).
    fn drop_orphans(&self) -> Result<(), FollowerError> {
        let (view, heads) = (self.reader.view(), self.chain.heads());
        let safe = heads.safe.number;
        let mut keep = heads.unsafe_head.number;
        if self.unsafe_blocks == Unsafe::Drop {
            keep = safe;
        }
        while keep > safe {
            let header = self.chain.storage().header(keep).map_err(autonet_chain::ChainError::from)?;
            let Some(header) = header else { break };
            if view.delayed_acc(header.delayed.count) == Some(header.delayed.acc) {
                break;
            }
            keep -= 1;
        }
        if keep < heads.unsafe_head.number {
            let dropped = self.chain.unwind(keep)?;
            tracing::warn!(to = keep, transactions = dropped.len(), "blocks without their L1 messages are unwound");
        }
        Ok(())
    }

    fn prune(&mut self) -> Result<(), FollowerError> {
        let storage = self.chain.storage();
        let finalized = storage.finalized_batch_count().map_err(autonet_chain::ChainError::from)?;
        if let Some(record) = finalized.checked_sub(1).map(|index| self.chain.batch(index)).transpose()?.flatten() {
            self.reader.prune(finalized.min(self.compared), record.delayed_count);
        }
        Ok(())
    }
}
