use autonet_chain::{Storage, StorageOptions};
use autonet_follower::NodeArgs;
use autonet_rpc::{Node, RpcConfig, serve};
use autonet_telemetry::{TelemetryArgs, shutdown_signal, unix_time};
use autonet_verifier::Verifier;
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Autonet's verifier: derives the chain from L1 alone, executes it, and checks every checkpoint.
#[derive(Debug, Parser)]
#[command(version, name = "autonet-verifier")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Follow L1 and serve JSON-RPC, read only, until SIGINT or SIGTERM
    Run(Run),
    /// Print the sum of all native balances in a database, in wei; a running verifier may have it open
    Supply {
        /// Folder of the database
        #[arg(long, env = "AUTONET_DATADIR", default_value = "data")]
        datadir: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    node: NodeArgs,
    /// Between two looks at L1
    #[arg(long, default_value_t = 500)]
    l1_poll_ms: u64,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

impl Cli {
    /// Carries the command out.
    pub(crate) async fn run(self) -> eyre::Result<()> {
        match self.command {
            Command::Run(run) => run.run().await,
            Command::Supply { datadir } => {
                let storage = Storage::open_read_only(&datadir, &StorageOptions::default())?;
                println!("{}", storage.supply()?);
                Ok(())
            }
        }
    }
}

impl Run {
    async fn run(self) -> eyre::Result<()> {
        self.telemetry.init()?;
        let shutdown = shutdown_signal()?;
        let (chain, l1) = self.node.open().await?;
        tracing::info!(head = %chain.heads().unsafe_head, "chain opened");
        let verifier = Verifier::new(chain.clone(), l1, Duration::from_millis(self.l1_poll_ms));
        let node = Node { chain, pool: None, l1: verifier.l1_position(), clock: Arc::new(unix_time) };
        let stop = shutdown.child_token();
        let server = serve(self.node.rpc_addr, node, RpcConfig::default(), stop.clone()).await?;
        let result = verifier.run(shutdown).await;
        stop.cancel();
        server.stopped().await;
        Ok(result?)
    }
}
