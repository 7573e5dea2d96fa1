use alloy_primitives::U256;
use autonet_bridge::{Endpoint, L1Client};
use autonet_chain::{Storage, StorageOptions};
use autonet_follower::{NodeArgs, StartError};
use autonet_primitives::Genesis;
use autonet_rpc::{Node, RpcConfig, serve};
use autonet_telemetry::{TelemetryArgs, shutdown_signal, unix_time};
use autonet_verifier::{RpcPeer, StatelessVerifier, Verifier};
use clap::{Args, Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

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
    Run(Box<Run>),
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
    /// Keep nothing on disk and serve no JSON-RPC: start at genesis, and execute each block on what --witness-rpc says
    /// that it reads, which is checked by hash. Takes neither --datadir nor --rpc-addr
    #[arg(long, requires = "witness_rpc", conflicts_with_all = ["datadir", "rpc_addr"])]
    stateless: bool,
    /// A node's JSON-RPC endpoint (http or https), for --stateless; it need not be trusted
    #[arg(long, value_name = "URL", requires = "stateless")]
    witness_rpc: Option<Endpoint>,
    /// Believe the newest confirmed checkpoint and start there instead of at genesis, for --stateless
    #[arg(long, requires = "stateless")]
    from_confirmed: bool,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

impl Cli {
    /// Carries the command out.
    pub(crate) async fn run(self) -> eyre::Result<()> {
        match self.command {
            Command::Run(run) => run.run().await,
            Command::Supply { datadir } => {
                println!("{}", supply(&datadir)?);
                Ok(())
            }
        }
    }
}

fn supply(datadir: &Path) -> eyre::Result<U256> {
    Ok(Storage::open_read_only(datadir, &StorageOptions::default())?.supply()?)
}

impl Run {
    async fn run(self) -> eyre::Result<()> {
        self.telemetry.init()?;
        let shutdown = shutdown_signal()?;
        match &self.witness_rpc {
            Some(peer) => self.run_stateless(peer, shutdown).await,
            None => self.run_with_database(shutdown).await,
        }
    }

    async fn run_with_database(&self, shutdown: CancellationToken) -> eyre::Result<()> {
        let (chain, l1) = self.node.open().await?;
        tracing::info!(head = %chain.heads().unsafe_head, "chain opened");
        let verifier = Verifier::new(chain.clone(), l1, self.poll());
        let node = Node { chain, pool: None, l1: verifier.l1_position(), clock: Arc::new(unix_time) };
        let stop = shutdown.child_token();
        let server = serve(self.node.rpc_addr, node, RpcConfig::default(), stop.clone()).await?;
        let result = verifier.run(shutdown).await;
        stop.cancel();
        server.stopped().await;
        Ok(result?)
    }

    async fn run_stateless(&self, witness_rpc: &Endpoint, shutdown: CancellationToken) -> eyre::Result<()> {
        let genesis = self.genesis()?;
        let l1 = L1Client::connect(&self.node.l1_rpc, &genesis.config).await?;
        let peer = RpcPeer::new(witness_rpc)?;
        tracing::info!(peer = %witness_rpc, "following without a database");
        let verifier = match self.from_confirmed {
            true => StatelessVerifier::from_confirmed(&genesis, l1, peer, self.poll()).await?,
            false => StatelessVerifier::new(&genesis, l1, peer, self.poll())?,
        };
        Ok(verifier.run(shutdown).await?)
    }

    const fn poll(&self) -> Duration {
        Duration::from_millis(self.l1_poll_ms)
    }

    fn genesis(&self) -> Result<Genesis, StartError> {
        let path = &self.node.genesis;
        let file = std::fs::read(path).map_err(|source| StartError::GenesisFile { path: path.clone(), source })?;
        serde_json::from_slice(&file).map_err(|source| StartError::GenesisFormat { path: path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(args: &[&str]) -> Result<Run, clap::Error> {
        match Cli::try_parse_from([&["autonet-verifier", "run"], args].concat())?.command {
            Command::Run(run) => Ok(*run),
            command => panic!("{command:?}"),
        }
    }

    #[test]
    fn a_url_s_secrets_show_in_no_help_and_no_debug_output() {
        const URL: &str = "http://user:secret@127.0.0.1:8545/v2/SECRETKEY?apikey=SECRET";
        let run = run(&["--l1-rpc", URL, "--stateless", "--witness-rpc", URL]).unwrap();
        let peer = RpcPeer::new(run.witness_rpc.as_ref().unwrap()).unwrap();
        let shown = format!("{run:?} {peer:?}");
        assert!(shown.contains("http://127.0.0.1:8545") && !shown.to_lowercase().contains("secret"), "{shown}");
        let command = Cli::command();
        let mut args = command.get_subcommands().flat_map(clap::Command::get_arguments);
        let l1 = args.find(|arg| arg.get_id() == "l1_rpc").unwrap();
        assert!(l1.get_env().is_some() && l1.is_hide_env_values_set());
    }

    #[test]
    fn stateless_takes_a_peer_and_no_database() {
        let peer = ["--witness-rpc", "http://127.0.0.1:9545"];
        assert!(run(&[]).is_ok_and(|run| !run.stateless));
        assert!(run(&[&["--stateless"], &peer[..]].concat()).is_ok_and(|run| run.stateless));
        for (args, expected) in [
            (&["--stateless"][..], "--witness-rpc <URL>"),
            (&peer[..], "--stateless"),
            (&[&["--stateless", "--datadir", "data"], &peer[..]].concat(), "'--datadir <DATADIR>'"),
            (&[&["--stateless", "--rpc-addr", "127.0.0.1:0"], &peer[..]].concat(), "'--rpc-addr <RPC_ADDR>'"),
        ] {
            let said = run(args).unwrap_err().to_string();
            assert!(said.contains(expected), "{args:?}: {said}");
        }
    }
}
