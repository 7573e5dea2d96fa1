use crate::{CheckpointChecker, DerivedOutputs, Finding, Verdict};
use alloy::providers::Provider;
use autonet_bridge::{BridgeError, Checkpoints, InboxUpdate, L1Client, L1Ref};
use autonet_primitives::Genesis;

/// Reads checkpoints from L1, has them judged, and tells the operator.
#[derive(Debug)]
pub(crate) struct CheckpointWatch {
    l1: L1Client,
    checkpoints: Checkpoints,
    checker: CheckpointChecker,
    /// The first L1 block whose checkpoints may still change.
    next_l1_block: u64,
    /// L1's head when they were read last.
    read: Option<L1Ref>,
}

impl CheckpointWatch {
    pub(crate) fn new(l1: L1Client, genesis: &Genesis) -> Self {
        Self {
            checkpoints: Checkpoints::new(l1.clone(), genesis.l1_start_block),
            l1,
            checker: CheckpointChecker::new(genesis.config.hash()),
            next_l1_block: genesis.l1_start_block,
            read: None,
        }
    }

    /// Reads the checkpoints of L1 blocks that are new, or were not final when they were read.
    ///
    /// # Errors
    /// The transport's, and [`BridgeError::Reorg`] where L1 is not the one that the inbox was read from any more: one
    /// fork's checkpoints are not judged by another's batches.
    pub(crate) async fn read(&mut self, l1: &InboxUpdate) -> Result<(), BridgeError> {
        if self.read == Some(l1.head) {
            return Ok(());
        }
        let from = self.next_l1_block;
        let posted = self.checkpoints.posted(from, l1.head.number).await?;
        let head = self.l1.provider().get_block_by_number(l1.head.number.into()).await?;
        if head.map(|block| block.header.hash) != Some(l1.head.hash) {
            return Err(BridgeError::Reorg { number: l1.head.number });
        }
        self.checker.set_from(from, posted);
        self.next_l1_block = from.max(l1.finalized.min(l1.head.number) + 1);
        self.read = Some(l1.head);
        Ok(())
    }

    /// Judges what can be judged now.
    pub(crate) fn judge<D: DerivedOutputs>(&mut self, outputs: &D) -> Result<(), D::Error> {
        self.checker.judge(outputs)?.iter().for_each(report);
        Ok(())
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
