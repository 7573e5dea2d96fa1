//! `autonet-devnet`: the whole network in one command.

use autonet_telemetry::exit_code;
use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match autonet_devnet::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => exit_code(Err(error)),
    }
}
