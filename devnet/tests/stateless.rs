//! A verifier without a database, as a real process: it checks the chain on what other nodes' witnesses hold.

use alloy::{
    network::TransactionBuilder,
    primitives::U256,
    providers::{DynProvider, Provider},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
};
use autonet_bridge::{Checkpoints, L1Client};
use autonet_devnet::{Network, Ports, Traveller, accounts::Role, program, until};
use eyre::{OptionExt, Result, ensure};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::{Child, Command};

const TIMEOUT: Duration = Duration::from_secs(90);

/// Ports that no other network of this machine is likely to want.
const ANY: Ports = Ports { l1: Some(0), sequencer: Some(0), verifier: Some(0) };

/// A verifier in an empty folder, where it would make its database if it had one.
struct Stateless {
    process: Child,
    home: PathBuf,
    log: PathBuf,
}

impl Stateless {
    fn start(network: &Network, name: &str, witness_rpc: &str, more: &[&str]) -> Result<Self> {
        let (home, log) = (network.folder().join(name), network.logs().join(format!("{name}.log")));
        std::fs::create_dir(&home)?;
        let mut command = Command::new(program("autonet-verifier")?);
        command.args(["run", "--stateless", "--witness-rpc", witness_rpc, "--l1-rpc", network.l1.url()]).args(more);
        command.arg("--genesis").arg(network.genesis_file());
        command.args(["--log-format", "json"]).arg("--log-file").arg(&log);
        let process = command.current_dir(&home).kill_on_drop(true).spawn()?;
        Ok(Self { process, home, log })
    }

    /// What it has logged under a fixed message.
    fn logged(&self, message: &str) -> Result<Vec<Value>> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        // The last line may not be whole yet.
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(lines.filter(|line| line["message"] == message).collect())
    }

    /// The L2 blocks of the checkpoints that it has found valid.
    fn valid_blocks(&mut self) -> Result<Vec<u64>> {
        ensure!(self.process.try_wait()?.is_none(), "it has ended: {}", std::fs::read_to_string(&self.log)?);
        let wrong = self.logged("CHECKPOINT IS WRONG")?;
        ensure!(wrong.is_empty(), "{wrong:?}");
        Ok(self.logged("checkpoint is valid")?.iter().filter_map(|line| line["block"].as_u64()).collect())
    }

    async fn finds_valid(&mut self, block: u64) -> Result<()> {
        until("a checkpoint at or after the block is found valid", TIMEOUT, async || {
            Ok(self.valid_blocks()?.into_iter().any(|checkpoint| checkpoint >= block).then_some(()))
        })
        .await
    }

    async fn stop(mut self) -> Result<()> {
        let id = self.process.id().ok_or_eyre("it has ended")?;
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        let status = tokio::time::timeout(TIMEOUT, self.process.wait()).await??;
        ensure!(status.success(), "{status}");
        let files = std::fs::read_dir(&self.home)?.count();
        ensure!(files == 0, "it has made {files} files in {}", Path::display(&self.home));
        Ok(())
    }
}

/// Sends a wei to a new account and answers the transfer's block.
async fn transfer(l2: &DynProvider) -> Result<u64> {
    let to = PrivateKeySigner::random().address();
    let request = TransactionRequest::default().with_to(to).with_value(U256::from(1));
    let receipt = l2.send_transaction(request).await?.get_receipt().await?;
    receipt.block_number.ok_or_eyre("a receipt without a block")
}

#[tokio::test]
async fn checkpoints_are_checked_without_a_database() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::start(folder.path(), ANY).await?;
    let l2 = network.l2(Role::Spare)?;
    transfer(&l2).await?;
    // One node has derived the blocks too, the other has made them.
    let mut verifiers = [
        Stateless::start(&network, "of-the-verifier", &network.verifier_url(), &[])?,
        Stateless::start(&network, "of-the-sequencer", &network.sequencer_url(), &[])?,
    ];
    Traveller::new(&network).await?.deposit().await?;
    let last = transfer(&l2).await?;
    for verifier in &mut verifiers {
        verifier.finds_valid(last).await?;
    }
    for verifier in verifiers {
        verifier.stop().await?;
    }
    network.stop().await
}

#[tokio::test]
async fn a_confirmed_checkpoint_is_as_good_a_start_as_genesis() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::start(folder.path(), ANY).await?;
    let (genesis, l2) = (&network.deployment.genesis, network.l2(Role::Spare)?);
    transfer(&l2).await?;
    let l1 = L1Client::connect(&network.l1.url().into(), &genesis.config).await?;
    let checkpoints = Checkpoints::new(l1, genesis.l1_start_block);
    until("a checkpoint is confirmed", TIMEOUT, async || {
        let (id, _) = checkpoints.latest_confirmed().await?;
        Ok((id > 0).then_some(()))
    })
    .await?;
    let mut verifier = Stateless::start(&network, "late", &network.verifier_url(), &["--from-confirmed"])?;
    verifier.finds_valid(transfer(&l2).await?).await?;
    let starts = verifier.logged("starting at a confirmed checkpoint")?;
    ensure!(starts.len() == 1 && starts[0]["block"].as_u64() > Some(0), "{starts:?}");
    verifier.stop().await?;
    network.stop().await
}
