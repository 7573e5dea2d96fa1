use crate::StatelessChain;
use alloy_primitives::B256;
use autonet_bridge::Checkpoint;
use autonet_chain::{Chain, ChainError};
use autonet_primitives::CheckpointOutput;
use std::{collections::BTreeMap, convert::Infallible};

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

/// What a checkpoint should claim.
pub trait DerivedOutputs {
    /// Why it cannot be said.
    type Error;

    /// The block after the first `batch_count` batches and what a checkpoint says of it; `None` until they are derived.
    fn checkpoint_output(&self, batch_count: u64) -> Result<Option<(u64, CheckpointOutput)>, Self::Error>;
}

impl DerivedOutputs for Chain {
    type Error = ChainError;

    fn checkpoint_output(&self, batch_count: u64) -> Result<Option<(u64, CheckpointOutput)>, ChainError> {
        Self::checkpoint_output(self, batch_count)
    }
}

impl DerivedOutputs for StatelessChain {
    type Error = Infallible;

    fn checkpoint_output(&self, batch_count: u64) -> Result<Option<(u64, CheckpointOutput)>, Infallible> {
        Ok(Self::checkpoint_output(self, batch_count))
    }
}

/// Compares checkpoints with what was derived, each once its batches are.
#[derive(Debug)]
pub struct CheckpointChecker {
    config_hash: B256,
    /// Checkpoints whose batches are not derived yet, by number.
    waiting: BTreeMap<u64, Checkpoint>,
    /// The last finding about each checkpoint: an L1 reorg can put another one, or other batches, in its place.
    found: BTreeMap<u64, Finding>,
}

impl CheckpointChecker {
    /// A checker for the chain with this config.
    pub const fn new(config_hash: B256) -> Self {
        Self { config_hash, waiting: BTreeMap::new(), found: BTreeMap::new() }
    }

    /// Takes in all checkpoints posted from an L1 block on, in place of those that were taken in before.
    pub fn set_from(&mut self, l1_block: u64, checkpoints: impl IntoIterator<Item = Checkpoint>) {
        self.waiting.retain(|_, checkpoint| checkpoint.l1_block < l1_block);
        self.waiting.extend(checkpoints.into_iter().map(|checkpoint| (checkpoint.id, checkpoint)));
    }

    /// New verdicts on all that can be judged now.
    ///
    /// # Errors
    /// Those of `outputs`; what was not judged waits on.
    pub fn judge<D: DerivedOutputs>(&mut self, outputs: &D) -> Result<Vec<Finding>, D::Error> {
        let mut findings = Vec::new();
        let ids: Vec<u64> = self.waiting.keys().copied().collect();
        for id in ids {
            let Some(checkpoint) = self.waiting.get(&id).copied() else { continue };
            let Some(derived) = outputs.checkpoint_output(checkpoint.claim.batch_count)? else { continue };
            let finding = Finding { checkpoint, verdict: self.verdict(&checkpoint, derived) };
            if self.found.insert(id, finding) != Some(finding) {
                findings.push(finding);
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    const CONFIG_HASH: B256 = B256::repeat_byte(9);

    /// After `n` batches comes block `10 n`; nothing is derived after three.
    struct Tens;

    fn claim(batch_count: u64) -> CheckpointOutput {
        let block_hash = B256::with_last_byte(batch_count as u8);
        CheckpointOutput { block_hash, message_root: B256::repeat_byte(5), batch_count, delayed_count: batch_count }
    }

    impl DerivedOutputs for Tens {
        type Error = Infallible;

        fn checkpoint_output(&self, batch_count: u64) -> Result<Option<(u64, CheckpointOutput)>, Infallible> {
            Ok((batch_count <= 3).then(|| (10 * batch_count, claim(batch_count))))
        }
    }

    fn checkpoint(id: u64, batch_count: u64, change: fn(&mut CheckpointOutput)) -> Checkpoint {
        let mut claim = claim(batch_count);
        change(&mut claim);
        let output = claim.output(CONFIG_HASH);
        Checkpoint { id, block_number: 10 * batch_count, claim, output, proposer: Address::ZERO, l1_block: 100 + id }
    }

    fn verdicts(checker: &mut CheckpointChecker) -> Vec<(u64, Verdict)> {
        let Ok(findings) = checker.judge(&Tens);
        findings.into_iter().map(|finding| (finding.checkpoint.id, finding.verdict)).collect()
    }

    #[test]
    fn what_was_derived_is_valid_and_anything_else_is_not() {
        let right = checkpoint(1, 2, |_| {});
        let cases = [
            (right, true),
            (checkpoint(1, 2, |claim| claim.block_hash = B256::repeat_byte(7)), false),
            (checkpoint(1, 2, |claim| claim.message_root = B256::repeat_byte(7)), false),
            (checkpoint(1, 2, |claim| claim.delayed_count += 1), false),
            (Checkpoint { block_number: 21, ..right }, false),
            (Checkpoint { output: right.claim.output(B256::ZERO), ..right }, false),
            (Checkpoint { output: B256::ZERO, ..right }, false),
        ];
        for (checkpoint, is_valid) in cases {
            let mut checker = CheckpointChecker::new(CONFIG_HASH);
            checker.set_from(0, [checkpoint]);
            let derived = (20, claim(2).output(CONFIG_HASH));
            let verdict = if is_valid { Verdict::Valid } else { Verdict::Invalid { derived } };
            assert_eq!(verdicts(&mut checker), [(1, verdict)], "{checkpoint:?}");
        }
    }

    #[test]
    fn checkpoint_waits_for_its_batches() {
        let mut checker = CheckpointChecker::new(CONFIG_HASH);
        checker.set_from(0, [checkpoint(1, 4, |_| {}), checkpoint(2, 3, |_| {})]);
        assert_eq!(verdicts(&mut checker), [(2, Verdict::Valid)]);
        assert_eq!(checker.waiting.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn checkpoint_is_reported_once_unless_another_takes_its_place() {
        let mut checker = CheckpointChecker::new(CONFIG_HASH);
        let (first, waiting) = (checkpoint(1, 1, |_| {}), checkpoint(2, 9, |_| {}));
        checker.set_from(0, [first, waiting]);
        assert_eq!(verdicts(&mut checker), [(1, Verdict::Valid)]);
        checker.set_from(first.l1_block, [first, waiting]);
        assert_eq!(verdicts(&mut checker), []);
        // An L1 reorg: another claim under the same number, and the one that waited is gone.
        let other = checkpoint(1, 1, |claim| claim.block_hash = B256::ZERO);
        checker.set_from(first.l1_block, [other]);
        let derived = (10, claim(1).output(CONFIG_HASH));
        assert_eq!(verdicts(&mut checker), [(1, Verdict::Invalid { derived })]);
        assert!(checker.waiting.is_empty());
    }
}
