//! `autonet-sequencer`: sequences, serves JSON-RPC, posts batches and checkpoints.

mod cli;

use autonet_telemetry::exit_code;
use clap::Parser;
use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Freed memory is kept for a while: glibc returns a model's activations to the system after every operation, and to map
/// them again takes a fifth of a FORWARD's time.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(cli::Cli::parse().run().await)
}
