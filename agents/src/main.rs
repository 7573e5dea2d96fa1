//! `autonet-agent`: one Proof-of-Intelligence role.

mod cli;

use clap::Parser;

#[tokio::main]
async fn main() -> eyre::Result<()> {
    cli::Cli::parse().run().await
}
