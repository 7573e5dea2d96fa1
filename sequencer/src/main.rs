//! `autonet-sequencer`: sequences, serves JSON-RPC, posts batches and checkpoints.

mod cli;

use clap::Parser;

#[tokio::main]
async fn main() -> eyre::Result<()> {
    cli::Cli::parse().run().await
}
