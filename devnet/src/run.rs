use crate::{
    accounts::{self, Role},
    agents::Agents,
    audit::audit,
    network::{Network, Ports},
    rounds::follow_rounds,
    summary::{Outcome, Summary},
    transfers::Traveller,
};
use eyre::{Context, Result};
use std::{path::PathBuf, process::ExitCode, time::Instant};
use tokio_util::sync::CancellationToken;

/// What a run does.
#[derive(Clone, Debug)]
pub(crate) struct RunOptions {
    pub(crate) rounds: u64,
    pub(crate) exit: bool,
    pub(crate) json: Option<PathBuf>,
    pub(crate) folder: PathBuf,
    pub(crate) ports: Ports,
}

/// Starts everything, shows what happens, and stops everything.
pub(crate) async fn run(options: RunOptions, shutdown: CancellationToken) -> Result<ExitCode> {
    let started = Instant::now();
    say(started, "starting L1, deploying, starting the sequencer and the verifier");
    let starting = Network::start(&options.folder, options.ports);
    let mut network = tokio::select! {
        network = starting => network?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    let mut agents = Agents::default();
    let outcome = tokio::select! {
        outcome = show(&options, &mut network, &mut agents, started) => outcome,
        () = shutdown.cancelled() => Ok(ExitCode::from(130)),
    };
    if let (Ok(_), false) = (&outcome, options.exit || shutdown.is_cancelled()) {
        say(started, "everything stays up: Ctrl-C stops it");
        stay(&mut network, &mut agents, &shutdown).await?;
    }
    say(started, "stopping");
    let agents = agents.stop().await;
    let network = network.stop().await;
    let outcome = outcome?;
    agents.and(network).wrap_err("not everything stopped cleanly")?;
    Ok(outcome)
}

/// A line of progress.
pub(crate) fn say(started: Instant, what: &str) {
    println!("[{:6.1} s] {what}", started.elapsed().as_secs_f64());
}

async fn show(options: &RunOptions, network: &mut Network, agents: &mut Agents, started: Instant) -> Result<ExitCode> {
    say(started, &format!("L1 {}  sequencer {}", network.l1.url(), network.sequencer_url()));
    agents.start(network, options.rounds)?;
    say(started, "agents started: proposer, two solvers, two coordinators, aggregator");
    let traveller = Traveller::new(network).await?;
    let travel = async {
        let deposit = traveller.deposit().await;
        say(started, &told("deposit from L1 to L2", &deposit));
        let withdrawal = traveller.withdraw().await;
        say(started, &told("withdrawal from L2 to L1", &withdrawal));
        (Outcome { ok: deposit.is_ok() }, Outcome { ok: withdrawal.is_ok() })
    };
    let folder = network.folder().to_owned();
    let training = follow_rounds(&folder, agents, options.rounds, started);
    let work = async { tokio::join!(training, travel) };
    let (rounds, (deposit, withdrawal)) = tokio::select! {
        done = work => done,
        // A network of which a part has died has nothing more to show.
        died = watch(network) => return Err(died),
    };
    let rounds = rounds?;
    let audit = audit(network, &traveller).await?;
    let summary = Summary {
        rounds,
        sequencer: audit.sequencer,
        verifier: audit.verifier,
        batches: audit.batches,
        checkpoints: audit.checkpoints,
        confirmed_checkpoints: audit.confirmed_checkpoints,
        deposit,
        withdrawal,
        supply: audit.supply,
        seconds: started.elapsed().as_secs_f64(),
    };
    if let Some(path) = &options.json {
        let json = serde_json::to_vec_pretty(&summary)?;
        std::fs::write(path, json).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    }
    println!("\n{summary}\n");
    print_access(network)?;
    let failures = summary.failures(options.rounds);
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Ends when a process of the network has.
async fn watch(network: &mut Network) -> eyre::Report {
    loop {
        if let Err(died) = network.check_alive() {
            return died;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

fn told<T>(what: &str, result: &Result<T>) -> String {
    match result {
        Ok(_) => format!("{what}: done"),
        Err(error) => format!("{what}: FAILED: {error:#}"),
    }
}

fn print_access(network: &Network) -> Result<()> {
    println!("L1 (chain {})         {}", network.deployment.genesis.config.l1_chain_id, network.l1.url());
    let l2 = network.deployment.genesis.config.l2_chain_id;
    println!("sequencer (chain {l2})  {}", network.sequencer_url());
    println!("verifier, read only     {}", network.verifier_url());
    println!("logs, keys, genesis     {}", network.folder().display());
    println!("funded accounts         mnemonic \"{}\"", accounts::MNEMONIC);
    println!("one to play with        {}", accounts::address_of(Role::Spare)?);
    Ok(())
}

async fn stay(network: &mut Network, agents: &mut Agents, shutdown: &CancellationToken) -> Result<()> {
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            _ = ticks.tick() => {
                network.check_alive()?;
                agents.check_alive()?;
            }
        }
    }
}
