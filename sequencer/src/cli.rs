use alloy::signers::local::PrivateKeySigner;
use autonet_follower::NodeArgs;
use autonet_rpc::{Node, RpcConfig, serve};
use autonet_sequencer::{MempoolLimits, Pace, Sequencer, SequencerConfig};
use autonet_telemetry::{TelemetryArgs, shutdown_signal, unix_time};
use clap::Parser;
use eyre::{Context, bail};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Autonet's sequencer: takes transactions over JSON-RPC, builds blocks, and posts batches and checkpoints to L1.
///
/// It needs the chain's genesis file, an L1 endpoint, and the key of the account that the inbox takes batches from;
/// that account pays gas on L1 and the bonds of checkpoints.
#[derive(Debug, Parser)]
#[command(version, name = "autonet-sequencer")]
pub(crate) struct Cli {
    #[command(flatten)]
    node: NodeArgs,
    /// File that holds the sequencer's private key (hex)
    #[arg(long, env = "AUTONET_KEY_FILE")]
    key_file: PathBuf,
    /// At most one block in this time
    #[arg(long, default_value_t = 250)]
    min_block_interval_ms: u64,
    /// At least one block in this time
    #[arg(long, default_value_t = 12_000)]
    max_block_interval_ms: u64,
    /// Between two looks at L1
    #[arg(long, default_value_t = 500)]
    l1_poll_ms: u64,
    /// Between two batches
    #[arg(long, default_value_t = 60_000)]
    batch_interval_ms: u64,
    /// Between two checkpoints
    #[arg(long, default_value_t = 3_600_000)]
    checkpoint_interval_ms: u64,
    /// Transactions that the mempool holds
    #[arg(long, default_value_t = MempoolLimits::default().transactions)]
    mempool_transactions: usize,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

impl Cli {
    /// Runs until SIGINT or SIGTERM.
    pub(crate) async fn run(self) -> eyre::Result<()> {
        self.telemetry.init()?;
        let shutdown = shutdown_signal()?;
        let key = self.key()?;
        let (chain, l1) = self.node.open().await?;
        let head = chain.heads();
        tracing::info!(head = %head.unsafe_head, safe = %head.safe, account = %key.address(), "chain opened");
        let config = SequencerConfig { pace: self.pace(), mempool: self.mempool(), sender: Default::default() };
        let sequencer = Sequencer::new(chain.clone(), l1, key, config).await?;
        let node = Node {
            chain,
            pool: Some(Arc::new(sequencer.pool().clone())),
            l1: sequencer.l1_position(),
            clock: Arc::new(unix_time),
        };
        let stop = shutdown.child_token();
        let server = serve(self.node.rpc_addr, node, RpcConfig::default(), stop.clone()).await?;
        let result = sequencer.run(shutdown).await;
        stop.cancel();
        server.stopped().await;
        Ok(result?)
    }

    fn key(&self) -> eyre::Result<PrivateKeySigner> {
        let path = self.key_file.display();
        let key = std::fs::read_to_string(&self.key_file).wrap_err_with(|| format!("cannot read {path}"))?;
        // The parser's own error may quote its input: it is not shown.
        match key.trim().parse() {
            Ok(key) => Ok(key),
            Err(_) => bail!("{path} holds no private key: 64 hex digits are expected"),
        }
    }

    const fn pace(&self) -> Pace {
        Pace {
            min_block: Duration::from_millis(self.min_block_interval_ms),
            max_block: Duration::from_millis(self.max_block_interval_ms),
            l1_poll: Duration::from_millis(self.l1_poll_ms),
            batch: Duration::from_millis(self.batch_interval_ms),
            checkpoint: Duration::from_millis(self.checkpoint_interval_ms),
        }
    }

    fn mempool(&self) -> MempoolLimits {
        MempoolLimits { transactions: self.mempool_transactions, ..Default::default() }
    }
}
