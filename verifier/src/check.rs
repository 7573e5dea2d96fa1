use alloy_primitives::B256;
use autonet_bridge::Checkpoint;
use autonet_chain::{Chain, ChainError};
use autonet_primitives::CheckpointOutput;
use std::collections::BTreeMap;

/// What the verifier says of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It claims what was derived.
    Valid,
    /// It claims something else.
    Invalid {
        /// What was derived after as many batches: block number and output.
        derived: (u64, B256),
    },
}

/// A checkpoint with a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The verdict.
    pub verdict: Verdict,
}

/// Compares checkpoints with the derived chain, each once its batches are derived.
#[derive(Debug)]
pub struct CheckpointChecker {
    chain: Chain,
    config_hash: B256,
    /// Checkpoints whose batches are not derived yet, by number.
    waiting: BTreeMap<u64, Checkpoint>,
}

impl CheckpointChecker {
    /// A checker on a chain.
    pub fn new(chain: Chain) -> Self {
        let config_hash = chain.config().hash();
        Self { chain, config_hash, waiting: BTreeMap::new() }
    }

    /// Takes checkpoints in.
    pub fn add(&mut self, checkpoints: impl IntoIterator<Item = Checkpoint>) {
        self.waiting.extend(checkpoints.into_iter().map(|checkpoint| (checkpoint.id, checkpoint)));
    }

    /// Verdicts on all that can be judged now.
    ///
    /// # Errors
    /// The database's; what was not judged waits on.
    pub fn judge(&mut self) -> Result<Vec<Finding>, ChainError> {
        let mut findings = Vec::new();
        let ids: Vec<u64> = self.waiting.keys().copied().collect();
        for id in ids {
            let Some(checkpoint) = self.waiting.get(&id).copied() else { continue };
            let Some(derived) = self.chain.checkpoint_output(checkpoint.claim.batch_count)? else { continue };
            findings.push(Finding { checkpoint, verdict: self.verdict(&checkpoint, derived) });
            self.waiting.remove(&id);
        }
        Ok(findings)
    }

    fn verdict(&self, checkpoint: &Checkpoint, (block, claim): (u64, CheckpointOutput)) -> Verdict {
        let output = claim.output(self.config_hash);
        // The output binds the block's hash; the number beside it on L1 is checked too, since others order by it.
        if (checkpoint.block_number, checkpoint.output) == (block, output) {
            Verdict::Valid
        } else {
            Verdict::Invalid { derived: (block, output) }
        }
    }
}
