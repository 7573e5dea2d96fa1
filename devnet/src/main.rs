//! `autonet-devnet`: the whole network in one command.

use clap::Parser;

#[tokio::main]
async fn main() -> eyre::Result<std::process::ExitCode> {
    autonet_devnet::Cli::parse().run().await
}
