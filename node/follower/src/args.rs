use crate::FollowerError;
use autonet_bridge::{Endpoint, L1Client};
use autonet_chain::{Chain, StorageOptions};
use autonet_primitives::Genesis;
use std::{io, net::SocketAddr, path::PathBuf};

/// Command-line arguments of every node; binaries flatten them into their own.
#[derive(Clone, Debug, clap::Args)]
pub struct NodeArgs {
    /// The chain's genesis file
    #[arg(long, env = "AUTONET_GENESIS", default_value = "genesis.json")]
    pub genesis: PathBuf,
    /// Folder of the node's database; made if it does not exist
    #[arg(long, env = "AUTONET_DATADIR", default_value = "data")]
    pub datadir: PathBuf,
    /// L1 endpoint (http or https)
    #[arg(long, env = "AUTONET_L1_RPC", hide_env_values = true, default_value = "http://127.0.0.1:8545")]
    pub l1_rpc: Endpoint,
    /// Address to serve JSON-RPC at, over HTTP and WebSocket
    #[arg(long, env = "AUTONET_RPC_ADDR", default_value = "127.0.0.1:9545")]
    pub rpc_addr: SocketAddr,
}

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The genesis file cannot be read.
    #[error("cannot read the genesis file {path} ({source}): name it with --genesis")]
    GenesisFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The genesis file is malformed.
    #[error("{path} is no genesis file of this version: {source}")]
    GenesisFormat {
        /// The file.
        path: PathBuf,
        /// Where it is malformed.
        source: serde_json::Error,
    },
    /// L1 or the data directory.
    #[error(transparent)]
    Follower(#[from] FollowerError),
}

impl NodeArgs {
    /// Reads the genesis file, checks L1 against it, and opens the database.
    ///
    /// # Errors
    /// [`StartError`], each a sentence that says what to do.
    pub async fn open(&self) -> Result<(Chain, L1Client), StartError> {
        let path = &self.genesis;
        let file = std::fs::read(path).map_err(|source| StartError::GenesisFile { path: path.clone(), source })?;
        let genesis: Genesis =
            serde_json::from_slice(&file).map_err(|source| StartError::GenesisFormat { path: path.clone(), source })?;
        let l1 = L1Client::connect(&self.l1_rpc, &genesis.config).await.map_err(FollowerError::from)?;
        let chain = Chain::open(&self.datadir, &genesis, &StorageOptions::default()).map_err(FollowerError::from)?;
        Ok((chain, l1))
    }
}
