//! `autonet-verifier`: derives the chain from L1 alone and checks every checkpoint.

mod cli;

use clap::Parser;

#[tokio::main]
async fn main() -> eyre::Result<()> {
    cli::Cli::parse().run().await
}
