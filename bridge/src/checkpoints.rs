use crate::{BridgeError, L1Client, TransactionSender, deposit::approve, sender::latest_time};
use alloy::{
    primitives::{Address, B256, Bytes},
    providers::{DynProvider, Provider},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use autonet_bindings::anchor_bridge::AnchorBridge::{self, AnchorBridgeInstance};
use autonet_primitives::CheckpointOutput;

/// Where a checkpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointStatus {
    /// Its challenge window is open, or nobody has confirmed it yet.
    Pending,
    /// Confirmed.
    Confirmed,
    /// Another checkpoint was confirmed in its place.
    Superseded,
}

impl CheckpointStatus {
    /// From the contract's enum `CheckpointStatus`.
    const fn of(status: u8) -> Option<Self> {
        match status {
            1 => Some(Self::Pending),
            2 => Some(Self::Confirmed),
            3 => Some(Self::Superseded),
            _ => None,
        }
    }
}

/// A checkpoint as posted on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number on the bridge.
    pub id: u64,
    /// L2 block that it claims.
    pub block_number: u64,
    /// The claim.
    pub claim: CheckpointOutput,
    /// The commitment on L1.
    pub output: B256,
    /// Who posted it.
    pub proposer: Address,
    /// L1 block of the posting.
    pub l1_block: u64,
}

/// The checkpoints on AnchorBridge.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    client: L1Client,
    start_block: u64,
    contract: AnchorBridgeInstance<DynProvider>,
}

/// L1 blocks that one request for logs spans at most.
const MAX_LOG_RANGE: u64 = 10_000;

impl Checkpoints {
    /// Reads and posts checkpoints from L1 block `start_block` on.
    pub fn new(client: L1Client, start_block: u64) -> Self {
        let contract = AnchorBridgeInstance::new(client.addresses().bridge, client.provider().clone());
        Self { client, start_block, contract }
    }

    /// Checkpoints posted in L1 blocks `from..=to`.
    ///
    /// # Errors
    /// The transport's.
    pub async fn posted(&self, from: u64, to: u64) -> Result<Vec<Checkpoint>, BridgeError> {
        let mut found = Vec::new();
        let mut from = from.max(self.start_block);
        while from <= to {
            let last = to.min(from + MAX_LOG_RANGE - 1);
            let filter = Filter::new()
                .address(*self.contract.address())
                .event_signature(AnchorBridge::CheckpointPosted::SIGNATURE_HASH)
                .from_block(from)
                .to_block(last);
            for log in self.client.provider().get_logs(&filter).await? {
                let Ok(event) = AnchorBridge::CheckpointPosted::decode_log(&log.inner) else { continue };
                found.push(Checkpoint {
                    id: event.id,
                    block_number: event.blockNumber,
                    claim: CheckpointOutput {
                        block_hash: event.blockHash,
                        message_root: event.messageRoot,
                        batch_count: event.batchCount,
                        delayed_count: event.delayedCount,
                    },
                    output: event.output,
                    proposer: event.proposer,
                    l1_block: log.block_number.unwrap_or_default(),
                });
            }
            from = last + 1;
        }
        Ok(found)
    }

    /// All checkpoints posted so far, oldest first.
    ///
    /// # Errors
    /// The transport's.
    pub async fn all(&self) -> Result<Vec<Checkpoint>, BridgeError> {
        let head = self.client.provider().get_block_number().await?;
        self.posted(self.start_block, head).await
    }

    /// Where a checkpoint stands; `None` where there is none of that number.
    ///
    /// # Errors
    /// The transport's.
    pub async fn status(&self, id: u64) -> Result<Option<CheckpointStatus>, BridgeError> {
        Ok(CheckpointStatus::of(self.contract.checkpoints(id).call().await?.status))
    }

    /// The newest confirmed checkpoint: its number and its L2 block.
    ///
    /// # Errors
    /// The transport's.
    pub async fn latest_confirmed(&self) -> Result<(u64, u64), BridgeError> {
        let id = self.contract.latestConfirmed().call().await?;
        Ok((id, self.contract.checkpoints(id).call().await?.blockNumber))
    }

    /// Posts a checkpoint on the newest confirmed one, with its bond; answers its number.
    ///
    /// # Errors
    /// [`BridgeError::InsufficientAtn`] where the bond is not there, or those of [`TransactionSender::send`].
    pub async fn post(
        &self,
        sender: &TransactionSender,
        block_number: u64,
        claim: CheckpointOutput,
    ) -> Result<u64, BridgeError> {
        let bridge = *self.contract.address();
        let bond = self.contract.checkpointBond().call().await?;
        approve(sender, self.contract.token().call().await?, bridge, bond).await?;
        let call = AnchorBridge::postCheckpointCall {
            parent: self.contract.latestConfirmed().call().await?,
            blockNumber: block_number,
            blockHash: claim.block_hash,
            messageRoot: claim.message_root,
            batchCount: claim.batch_count,
            delayedCount: claim.delayed_count,
        };
        let receipt = sender.send(bridge, call.abi_encode().into()).await?;
        let event = receipt.logs().iter().find_map(|log| AnchorBridge::CheckpointPosted::decode_log(&log.inner).ok());
        event.map(|event| event.id).ok_or(BridgeError::UnknownTransaction(receipt.transaction_hash))
    }

    /// The checkpoint among `pending` that can be confirmed now: the first whose challenge window has passed.
    ///
    /// # Errors
    /// The transport's.
    pub async fn confirmable(&self, pending: &[Checkpoint]) -> Result<Option<u64>, BridgeError> {
        let window = self.contract.challengeWindow().call().await?;
        let now = latest_time(self.client.provider()).await?;
        for checkpoint in pending {
            let on_chain = self.contract.checkpoints(checkpoint.id).call().await?;
            if CheckpointStatus::of(on_chain.status) == Some(CheckpointStatus::Pending)
                && on_chain.postedAt + window < now
            {
                return Ok(Some(checkpoint.id));
            }
        }
        Ok(None)
    }

    /// Confirms a checkpoint whose challenge window has passed.
    ///
    /// # Errors
    /// Those of [`TransactionSender::send`].
    pub async fn confirm(&self, sender: &TransactionSender, id: u64) -> Result<(), BridgeError> {
        self.send(sender, AnchorBridge::confirmCheckpointCall { id }.abi_encode().into()).await
    }

    /// Takes back a checkpoint that another one was confirmed in place of, and frees its bond.
    ///
    /// # Errors
    /// Those of [`TransactionSender::send`].
    pub async fn supersede(&self, sender: &TransactionSender, id: u64) -> Result<(), BridgeError> {
        self.send(sender, AnchorBridge::supersedeCheckpointCall { id }.abi_encode().into()).await
    }

    /// Withdraws the sender's free bonds, if there are any.
    ///
    /// # Errors
    /// Those of [`TransactionSender::send`].
    pub async fn withdraw_bond(&self, sender: &TransactionSender) -> Result<(), BridgeError> {
        if self.contract.freeBonds(sender.address()).call().await?.is_zero() {
            return Ok(());
        }
        self.send(sender, AnchorBridge::withdrawBondCall {}.abi_encode().into()).await
    }

    async fn send(&self, sender: &TransactionSender, input: Bytes) -> Result<(), BridgeError> {
        sender.send(*self.contract.address(), input).await.map(drop)
    }
}
