//! `autonet-bridge`: deposits and withdrawals by hand.

mod cli;

use clap::Parser;

#[tokio::main]
async fn main() -> eyre::Result<()> {
    cli::Cli::parse().run().await
}
