//! A chain that lived: users, trainers, the bridge, a sequencer that posts nonsense. The fault prover runs all of it again
//! in the machine, from the verifier's database and L1, and ends in what the sequencer claimed on L1.

use alloy::{
    eips::eip2718::Encodable2718,
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{B256, Bytes, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
};
use autonet_bindings::inbox::Inbox::InboxInstance;
use autonet_bridge::{Checkpoint, Checkpoints, L1Client};
use autonet_devnet::{
    Agents, Network, Ports, Traveller, accounts, accounts::Role, contracts, follow_rounds, program, until,
};
use autonet_fraud_prover::Span;
use autonet_storage::{Storage, StorageOptions};
use eyre::{OptionExt, Result, ensure};
use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Ports that no other network of this machine is likely to want.
const ANY: Ports = Ports { l1: Some(0), sequencer: Some(0), verifier: Some(0) };

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_devnet_chain_runs_again_in_the_machine() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut network = Network::start(folder.path(), ANY).await?;
    let mut agents = Agents::default();
    agents.start(&network, 1)?;
    let traveller = Traveller::new(&network).await?;
    force_a_transfer(&network).await?;
    let folder = network.folder().to_owned();
    let round = async { follow_rounds(&folder, &mut agents, 1, Instant::now()).await };
    let (trained, deposited) = tokio::join!(round, traveller.deposit());
    ensure!(trained?.len() == 1, "a round of training");
    deposited?;
    agents.stop().await?;
    classify_digits(&network).await?;

    let claimed = newest_checkpoint(&network, 3).await?;
    network.kill_sequencer().await?;
    let batches = post_nonsense(&network).await?;
    let datadir = network.folder().join("verifier");
    let storage = until("the verifier derives every batch", TIMEOUT, async || {
        let storage = Storage::open_read_only(&datadir, &StorageOptions::default())?;
        Ok((storage.batch_count()? == batches).then_some(storage))
    })
    .await?;
    let end = Span::batches(&storage, batches, batches)?.previous.hash(storage.config().hash());

    let output = prove(&network, &["--to-batch", &claimed.claim.batch_count.to_string()])?;
    ensure!(output == claimed.output, "{output}, but checkpoint {} claims {}", claimed.id, claimed.output);
    let output = prove(&network, &[])?;
    ensure!(output == end, "{output}, but the verifier has {end}");
    network.stop().await
}

/// The example of a contract that reads digits, with the model of the round.
async fn classify_digits(network: &Network) -> Result<()> {
    let contracts = contracts()?;
    let key = std::fs::read_to_string(network.key_file(Role::User))?;
    let mut command = Command::new("bash");
    command
        .arg(contracts.join("../devnet/examples/classify-digits.sh"))
        .arg(contracts.join("node_modules/@foundry-rs/cast-linux-amd64/bin/cast"))
        .args([&network.sequencer_url(), &format!("0x{}", key.trim())]);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    println!("{said}");
    ensure!(output.status.success(), "{said}");
    Ok(())
}

/// A transfer that the sequencer never sees but on L1.
async fn force_a_transfer(network: &Network) -> Result<()> {
    let key = accounts::key_of(Role::Spare)?;
    let config = &network.deployment.genesis.config;
    let transfer = TransactionRequest::default()
        .with_to(PrivateKeySigner::random().address())
        .with_value(U256::from(1))
        .with_nonce(0)
        .with_chain_id(config.l2_chain_id)
        .with_gas_limit(21_000)
        .with_max_fee_per_gas(100_000_000_000)
        .with_max_priority_fee_per_gas(1);
    let transfer = transfer.build(&EthereumWallet::from(key.clone())).await?.encoded_2718();
    let l1 = ProviderBuilder::new().wallet(EthereumWallet::from(key)).connect_http(network.l1.url().parse()?);
    let receipt =
        InboxInstance::new(config.inbox, l1).forceTransaction(transfer.into()).send().await?.get_receipt().await?;
    ensure!(receipt.status());
    Ok(())
}

/// The newest checkpoint, once there are `least` after genesis.
async fn newest_checkpoint(network: &Network, least: u64) -> Result<Checkpoint> {
    let genesis = &network.deployment.genesis;
    let client = L1Client::connect(&network.l1.url().into(), &genesis.config).await?;
    let checkpoints = Checkpoints::new(client.clone(), genesis.l1_start_block);
    until("checkpoints are posted", TIMEOUT, async || {
        let head = client.provider().get_block_number().await?;
        let posted = checkpoints.posted(genesis.l1_start_block, head).await?;
        Ok(posted.into_iter().max_by_key(|checkpoint| checkpoint.id).filter(|checkpoint| checkpoint.id >= least))
    })
    .await
}

/// Batches that no sequencer would post, in its name; answers how many batches there are then.
async fn post_nonsense(network: &Network) -> Result<u64> {
    let wallet = EthereumWallet::from(accounts::key_of(Role::Sequencer)?);
    let l1 = ProviderBuilder::new().wallet(wallet).connect_http(network.l1.url().parse()?);
    let inbox = InboxInstance::new(network.deployment.genesis.config.inbox, l1);
    for data in [&b"nonsense"[..], b"\x00\x01not brotli", b"\x00\x00\xc4\xc1\x80\xc1\x01", b""] {
        let cursor = inbox.delayedCount().call().await?;
        let acc = inbox.delayedAccs(U256::from(cursor - 1)).call().await?;
        let receipt = inbox.postBatch(Bytes::copy_from_slice(data), cursor, acc).send().await?.get_receipt().await?;
        ensure!(receipt.status());
    }
    Ok(inbox.batchCount().call().await?)
}

/// What the guest ends with.
fn prove(network: &Network, more: &[&str]) -> Result<B256> {
    let datadir: PathBuf = network.folder().join("verifier");
    let mut command = Command::new(program("autonet-fraud-prover")?);
    command.args(["run", "--l1-rpc", network.l1.url(), "--datadir"]).arg(datadir).args(more);
    let output = tokio::task::block_in_place(|| command.output())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let line = said.lines().find_map(|line| line.strip_prefix("output ")).ok_or_eyre("no output")?;
    Ok(line.trim().parse()?)
}
