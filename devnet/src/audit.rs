use crate::{
    network::Network,
    summary::{SequencerHead, Supply, VerifierHead},
    transfers::Traveller,
    wait::until,
};
use alloy::{
    eips::BlockNumberOrTag,
    network::{AnyNetwork, BlockResponse, primitives::HeaderResponse},
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use autonet_bindings::{anchor_bridge::AnchorBridge, inbox::Inbox::InboxInstance, l2_messenger::L2Messenger};
use autonet_primitives::addresses::L2_MESSENGER;
use eyre::{OptionExt, Result};
use std::time::Duration;

/// What the verifier and L1 say of the chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Audit {
    pub(crate) sequencer: SequencerHead,
    pub(crate) verifier: VerifierHead,
    pub(crate) batches: u64,
    pub(crate) checkpoints: u64,
    pub(crate) confirmed_checkpoints: u64,
    pub(crate) supply: Supply,
}

/// Waits until the verifier has derived what the sequencer has now, and compares.
pub(crate) async fn audit(network: &Network, traveller: &Traveller) -> Result<Audit> {
    let (sequencer, verifier) = (network.sequencer()?, network.verifier()?);
    let (goal, _) = block(&sequencer, BlockNumberOrTag::Latest).await?;
    until("the verifier has derived the sequencer's chain", Duration::from_secs(60), async || {
        Ok((verifier.get_block_number().await? >= goal).then_some(()))
    })
    .await?;
    let supply = supply(network, traveller).await?;
    let (safe_block, safe_hash) = block(&verifier, BlockNumberOrTag::Latest).await?;
    let (_, same) = block(&sequencer, safe_block.into()).await?;
    let (head, hash) = block(&sequencer, BlockNumberOrTag::Latest).await?;

    let config = &network.deployment.genesis.config;
    let inbox = InboxInstance::new(config.inbox, network.l1.provider().clone());
    let posted = l1_logs(network, config.bridge, AnchorBridge::CheckpointPosted::SIGNATURE_HASH).await?;
    let confirmed = l1_logs(network, config.bridge, AnchorBridge::CheckpointConfirmed::SIGNATURE_HASH).await?;
    Ok(Audit {
        sequencer: SequencerHead { block: head, hash },
        verifier: VerifierHead { safe_block, safe_hash, matches: same == safe_hash },
        batches: inbox.batchCount().call().await?,
        // The first of each is the genesis'.
        checkpoints: (posted.len() as u64).saturating_sub(1),
        confirmed_checkpoints: (confirmed.len() as u64).saturating_sub(1),
        supply,
    })
}

async fn block(provider: &DynProvider<AnyNetwork>, tag: BlockNumberOrTag) -> Result<(u64, B256)> {
    let block = provider.get_block_by_number(tag).await?.ok_or_eyre("no such block")?;
    let number = alloy::consensus::BlockHeader::number(block.header());
    Ok((number, block.header().hash()))
}

async fn l1_logs(network: &Network, address: Address, event: B256) -> Result<Vec<alloy::rpc::types::Log>> {
    let start = network.deployment.genesis.l1_start_block;
    let filter = Filter::new().address(address).event_signature(event).from_block(start);
    Ok(network.l1.provider().get_logs(&filter).await?)
}

/// Where all ATN is. Read when no deposit is on its way, so that L1 and the verifier speak of the same transfers.
async fn supply(network: &Network, traveller: &Traveller) -> Result<Supply> {
    let bridge = network.deployment.genesis.config.bridge;
    let burnt = Filter::new()
        .address(L2_MESSENGER)
        .event_signature(L2Messenger::WithdrawalInitiated::SIGNATURE_HASH)
        .from_block(0);
    let mut in_flight = U256::ZERO;
    for log in network.verifier()?.get_logs(&burnt).await? {
        in_flight += L2Messenger::WithdrawalInitiated::decode_log(&log.inner)?.value;
    }
    for log in l1_logs(network, bridge, AnchorBridge::WithdrawalFinalized::SIGNATURE_HASH).await? {
        in_flight -= AnchorBridge::WithdrawalFinalized::decode_log(&log.inner)?.value;
    }
    Ok(Supply {
        l1_locked_wei: traveller.locked().await?,
        l2_supply_wei: network.verifier_supply().await?,
        in_flight_wei: in_flight,
    })
}
