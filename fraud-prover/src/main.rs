//! `autonet-fraud-prover`: runs the guest, commits to its run, proves its steps.

mod cli;

use autonet_telemetry::exit_code;
use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(cli::Cli::parse().run().await)
}
