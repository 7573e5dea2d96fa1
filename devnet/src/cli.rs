use crate::{
    deploy::deploy,
    network::Ports,
    run::{RunOptions, run},
};
use autonet_telemetry::shutdown_signal;
use clap::{Args, Parser, Subcommand};
use eyre::Result;
use std::{path::PathBuf, process::ExitCode};

/// Autonet's development network: L1, the rollup and the agents of Proof of Intelligence, on this machine.
#[derive(Debug, Parser)]
#[command(version, name = "autonet-devnet")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything, train, cross the bridge and back, print a summary, and stay up until Ctrl-C
    Run(Run),
    /// Deploy the contracts on an L1 that runs already, and write deployment.json and genesis.json
    ///
    /// For development chains: the keys are those of the public test mnemonic. What the folder says was begun is finished; what is
    /// complete is checked, and nothing is sent.
    Deploy(Deploy),
}

#[derive(Debug, Args)]
struct Deploy {
    /// Endpoint of L1
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    l1: String,
    /// Folder for the two files
    #[arg(long, default_value = ".devnet")]
    dir: PathBuf,
}

#[derive(Debug, Args)]
struct Run {
    /// Rounds of training
    #[arg(long, default_value_t = 2)]
    rounds: u64,
    /// End after the summary; the status is 0 only if every check of it holds
    #[arg(long)]
    exit: bool,
    /// File to write the summary to, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Folder for data, keys and logs; emptied first
    #[arg(long, default_value = ".devnet")]
    dir: PathBuf,
    /// Port of L1 [default: 8545, or any that is free]
    #[arg(long)]
    l1_port: Option<u16>,
    /// Port of the sequencer [default: 9545, or any that is free]
    #[arg(long)]
    sequencer_port: Option<u16>,
    /// Port of the verifier [default: 9546, or any that is free]
    #[arg(long)]
    verifier_port: Option<u16>,
}

impl Cli {
    /// Carries the command out; the exit code is not 0 where a check of the summary fails.
    pub async fn run(self) -> Result<ExitCode> {
        let args = match self.command {
            Command::Run(args) => args,
            Command::Deploy(args) => {
                let deployment = deploy(&args.l1, &args.dir).await?;
                println!("{}", serde_json::to_string_pretty(&deployment.addresses)?);
                return Ok(ExitCode::SUCCESS);
            }
        };
        let ports = Ports { l1: args.l1_port, sequencer: args.sequencer_port, verifier: args.verifier_port };
        let options = RunOptions { rounds: args.rounds, exit: args.exit, json: args.json, folder: args.dir, ports };
        run(options, shutdown_signal()?).await
    }
}
