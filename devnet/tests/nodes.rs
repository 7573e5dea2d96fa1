//! L1, sequencer and verifier as real processes: what users' tools do with them, and what a crash does to them.

use alloy::{
    eips::BlockNumberOrTag,
    network::{AnyNetwork, BlockResponse, TransactionBuilder, primitives::HeaderResponse},
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
};
use autonet_devnet::{Anvil, Network, Ports, Traveller, accounts::Role, contracts, deploy, program, until};
use eyre::{OptionExt, Result, ensure, eyre};
use std::{net::TcpListener, path::Path, process::Command, time::Duration};
use tempfile::TempDir;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Ports that no other network of this machine is likely to want.
const ANY: Ports = Ports { l1: Some(0), sequencer: Some(0), verifier: Some(0) };

async fn start() -> Result<(Network, TempDir)> {
    let folder = tempfile::tempdir()?;
    Ok((Network::start(folder.path(), ANY).await?, folder))
}

async fn hash_at(provider: &DynProvider<AnyNetwork>, tag: BlockNumberOrTag) -> Result<Option<B256>> {
    Ok(provider.get_block_by_number(tag).await?.map(|block| block.header().hash()))
}

/// Waits until the verifier has derived the sequencer's block `number`, and compares the hashes.
async fn agree(network: &Network, number: u64) -> Result<()> {
    let (sequencer, verifier) = (network.sequencer()?, network.verifier()?);
    let derived =
        until("the verifier derives the block", TIMEOUT, async || hash_at(&verifier, number.into()).await).await?;
    let sequenced = hash_at(&sequencer, number.into()).await?;
    ensure!(sequenced == Some(derived), "block {number}: sequenced {sequenced:?}, derived {derived}");
    Ok(())
}

#[tokio::test]
async fn cast_viem_and_ethers_work() -> Result<()> {
    let (network, _folder) = start().await?;
    let contracts = contracts()?;
    let clients = contracts.join("../devnet/clients");
    let artifact = contracts.join("artifacts/ATNToken.json");
    let cast = contracts.join("node_modules/@foundry-rs/cast-linux-amd64/bin/cast");
    let key = std::fs::read_to_string(network.key_file(Role::Spare))?;
    let key = format!("0x{}", key.trim());
    let url = network.sequencer_url();
    for (program, script) in [("node", "viem.mjs"), ("node", "ethers.mjs"), ("bash", "cast.sh")] {
        let mut command = Command::new(program);
        command.arg(clients.join(script));
        if script == "cast.sh" {
            command.arg(&cast);
        }
        command.args([&url, &key]).arg(&artifact);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        ensure!(output.status.success(), "{script}: {said}");
    }
    let head = network.sequencer()?.get_block_number().await?;
    agree(&network, head).await?;
    network.stop().await
}

#[tokio::test]
async fn a_deposit_and_a_withdrawal_cross_the_bridge() -> Result<()> {
    let (network, _folder) = start().await?;
    let traveller = Traveller::new(&network).await?;
    traveller.deposit().await?;
    traveller.withdraw().await?;
    let head = network.sequencer()?.get_block_number().await?;
    agree(&network, head).await?;
    // Deposit and withdrawal are both complete, so nothing is in flight.
    let (locked, supply) = (traveller.locked().await?, network.verifier_supply().await?);
    ensure!(locked == supply, "L1 locks {locked} wei, L2 has {supply} wei");
    network.stop().await
}

/// Sends transfers of one wei until told to stop; answers those that were acknowledged in a receipt, with their blocks.
async fn load(l2: DynProvider, to: Address, stop: tokio::sync::watch::Receiver<bool>) -> Vec<(B256, B256)> {
    let mut acknowledged = Vec::new();
    while !*stop.borrow() {
        let request = TransactionRequest::default().with_to(to).with_value(U256::from(1));
        let Ok(pending) = l2.send_transaction(request).await else { break };
        let hash = *pending.tx_hash();
        while !*stop.borrow() {
            match l2.get_transaction_receipt(hash).await {
                Ok(Some(receipt)) => {
                    acknowledged.extend(receipt.block_hash.map(|block| (hash, block)));
                    break;
                }
                Ok(None) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(_) => return acknowledged,
            }
        }
    }
    acknowledged
}

#[tokio::test]
async fn kill_9_under_load_loses_no_acknowledged_block() -> Result<()> {
    let (mut network, _folder) = start().await?;
    let to = PrivateKeySigner::random().address();
    let mut acknowledged = Vec::new();
    for _ in 0..2 {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let loads: Vec<_> = [Role::Spare, Role::User, Role::Proposer]
            .into_iter()
            .map(|role| Ok(tokio::spawn(load(network.l2(role)?, to, stopped.clone()))))
            .collect::<Result<_>>()?;
        let sequencer = network.sequencer()?;
        let goal = sequencer.get_balance(to).await? + U256::from(20);
        until(
            "transfers are in blocks",
            TIMEOUT,
            async || Ok((sequencer.get_balance(to).await? >= goal).then_some(())),
        )
        .await?;
        network.kill_sequencer().await?;
        stop.send(true)?;
        for load in loads {
            acknowledged.extend(load.await?);
        }
        network.start_sequencer().await?;
    }
    ensure!(acknowledged.len() >= 20, "only {} transfers were acknowledged", acknowledged.len());

    let sequencer = network.sequencer()?;
    for (transaction, block) in &acknowledged {
        let receipt = sequencer.get_transaction_receipt(*transaction).await?;
        let found = receipt.ok_or_else(|| eyre!("transaction {transaction} is lost"))?.block_hash;
        ensure!(found == Some(*block), "transaction {transaction} was in block {block}, is in {found:?}");
    }
    let balance = sequencer.get_balance(to).await?;
    ensure!(balance >= U256::from(acknowledged.len()), "{balance} of {} transfers are left", acknowledged.len());
    // The restarted sequencer goes on, and the verifier derives the same chain from L1 alone.
    let l2 = network.l2(Role::Aggregator)?;
    let request = TransactionRequest::default().with_to(to).with_value(U256::from(1));
    let receipt = l2.send_transaction(request).await?.get_receipt().await?;
    agree(&network, receipt.block_number.ok_or_eyre("a receipt without a block")?).await?;
    network.stop().await
}

#[tokio::test]
async fn an_l1_reorg_that_takes_batches_away_is_followed() -> Result<()> {
    let (network, _folder) = start().await?;
    let (l2, to) = (network.l2(Role::Spare)?, PrivateKeySigner::random().address());
    for round in 0..3_u64 {
        let request = TransactionRequest::default().with_to(to).with_value(U256::from(1));
        let receipt = l2.send_transaction(request).await?.get_receipt().await?;
        agree(&network, receipt.block_number.ok_or_eyre("a receipt without a block")?).await?;
        // The two newest L1 blocks are replaced by empty ones: what they held of the inbox is gone.
        let pairs: Vec<()> = Vec::new();
        network.l1.provider().raw_request::<_, serde_json::Value>("anvil_reorg".into(), (2, pairs)).await?;
        let balance = network.sequencer()?.get_balance(to).await?;
        ensure!(balance == U256::from(round + 1), "{balance} of {} transfers are left", round + 1);
    }
    let request = TransactionRequest::default().with_to(to).with_value(U256::from(1));
    let receipt = l2.send_transaction(request).await?.get_receipt().await?;
    let number = receipt.block_number.ok_or_eyre("a receipt without a block")?;
    until("the sequencer's chain is derived again", TIMEOUT, async || {
        let verifier = hash_at(&network.verifier()?, number.into()).await?;
        Ok((verifier.is_some() && verifier == hash_at(&network.sequencer()?, number.into()).await?).then_some(()))
    })
    .await?;
    network.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_start_says_why_in_a_sentence() -> Result<()> {
    let (mut network, folder) = start().await?;
    let (genesis, l1) = (network.genesis_file(), network.l1.url().to_owned());
    let other = folder.path().join("other.json");
    let changed = std::fs::read_to_string(&genesis)?;
    std::fs::write(&other, changed.replace("\"l2ChainId\": 41337", "\"l2ChainId\": 41338"))?;
    let wrong_l1 = folder.path().join("wrong-l1.json");
    std::fs::write(&wrong_l1, changed.replace("\"l1ChainId\": 31337", "\"l1ChainId\": 1"))?;
    let fresh = folder.path().join("fresh");
    let used = folder.path().join("verifier");
    let busy = network.verifier_url().trim_start_matches("http://").to_owned();
    let (none, free) = (folder.path().join("none.json"), "127.0.0.1:0");
    let refused = |genesis: &Path, datadir: &Path, l1: &str, rpc: &str| {
        let mut command = Command::new(program("autonet-verifier")?);
        command.arg("run").arg("--genesis").arg(genesis).arg("--datadir").arg(datadir);
        command.args(["--l1-rpc", l1, "--rpc-addr", rpc]);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!output.status.success() && !said.contains("panicked"), "{said}");
        Ok(said)
    };
    let cases = [
        (&genesis, &fresh, l1.as_str(), busy.as_str(), "stop the process that uses it, or choose another address"),
        (&genesis, &used, l1.as_str(), free, "in use by another process"),
        (&wrong_l1, &fresh, l1.as_str(), free, "point it at the right network"),
        (&none, &fresh, l1.as_str(), free, "name it with --genesis"),
        (&genesis, &fresh, "127.0.0.1:8545", free, "is no http or https URL"),
    ];
    for (genesis, datadir, l1, rpc, expected) in cases {
        let said = tokio::task::block_in_place(|| refused(genesis, datadir, l1, rpc))?;
        ensure!(said.contains(expected), "`{expected}` is not in: {said}");
    }
    network.stop_verifier().await?;
    let said = tokio::task::block_in_place(|| refused(&other, &used, &l1, free))?;
    ensure!(said.contains("another chain"), "{said}");
    network.stop().await
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// An interrupted deployment goes on where it stopped; a complete one is left as it is.
#[tokio::test]
async fn a_deployment_can_be_repeated() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut l1 = Anvil::start(free_port()?, folder.path()).await?;
    let deployment = deploy(l1.url(), folder.path()).await?;
    let deployer = deployment.addresses.deployer;
    let sent = l1.provider().get_transaction_count(deployer).await?;

    ensure!(deploy(l1.url(), folder.path()).await? == deployment, "another deployment");
    ensure!(l1.provider().get_transaction_count(deployer).await? == sent, "a complete deployment was sent again");

    // L1 forgets all but the first transactions.
    let bridge = deployment.addresses.l1.anchor_bridge;
    while !l1.provider().get_code_at(bridge).await?.is_empty() {
        let _: serde_json::Value = l1.provider().raw_request("anvil_rollback".into(), (1,)).await?;
    }
    ensure!(l1.provider().get_transaction_count(deployer).await? < sent, "nothing was forgotten");
    ensure!(deploy(l1.url(), folder.path()).await? == deployment, "another deployment");
    ensure!(!l1.provider().get_code_at(bridge).await?.is_empty(), "the bridge is not there");

    // The folder of one chain on another, where the deployer has done something else.
    let other = tempfile::tempdir()?;
    std::fs::copy(folder.path().join("deployment.json"), other.path().join("deployment.json"))?;
    std::fs::copy(folder.path().join("genesis.json"), other.path().join("genesis.json"))?;
    let nonce = format!("{:#x}", sent + 5);
    let another = Anvil::start(free_port()?, other.path()).await?;
    let _: serde_json::Value = another.provider().raw_request("anvil_setNonce".into(), (deployer, nonce)).await?;
    let refused = deploy(another.url(), other.path()).await.expect_err("nothing stands there");
    ensure!(refused.to_string().contains("there is no ATNToken"), "{refused}");
    l1.check_alive()?;
    l1.stop().await?;
    another.stop().await
}
