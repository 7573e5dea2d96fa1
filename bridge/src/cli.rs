use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, Bytes, U256, utils},
    providers::{DynProvider, Provider},
    signers::local::PrivateKeySigner,
};
use autonet_bindings::{anchor_bridge::AnchorBridge::AnchorBridgeInstance, inbox::Inbox::InboxInstance};
use autonet_bridge::{
    Checkpoints, DepositRequest, Endpoint, L1Client, SenderOptions, TransactionSender, WithdrawalRequest, deposit,
    finalize_withdrawal, initiate_withdrawal, prove_withdrawal, withdrawal_of, withdrawal_state,
};
use autonet_primitives::Genesis;
use clap::{Args, Parser, Subcommand};
use eyre::{Context, bail};
use std::{path::PathBuf, time::Duration};

/// Moves ATN between L1 and L2.
///
/// A withdrawal takes three steps: `withdraw` on L2; `prove` on L1 once a checkpoint covers its block; `finalize` on
/// L1 once that checkpoint is confirmed. `status` tells where it stands.
#[derive(Debug, Parser)]
#[command(version, name = "autonet-bridge")]
pub(crate) struct Cli {
    #[command(flatten)]
    network: Network,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Network {
    /// The chain's genesis file
    #[arg(long, env = "AUTONET_GENESIS", global = true, default_value = "genesis.json")]
    genesis: PathBuf,
    /// L1 endpoint (http or https)
    #[arg(
        long,
        env = "AUTONET_L1_RPC",
        hide_env_values = true,
        global = true,
        default_value = "http://127.0.0.1:8545"
    )]
    l1_rpc: Endpoint,
    /// L2 endpoint (http or https)
    #[arg(
        long,
        env = "AUTONET_L2_RPC",
        hide_env_values = true,
        global = true,
        default_value = "http://127.0.0.1:9545"
    )]
    l2_rpc: Endpoint,
    /// File that holds the private key (hex) of the account that pays
    #[arg(long, env = "AUTONET_KEY_FILE", global = true)]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lock ATN on L1 and mint it on L2
    Deposit {
        /// Recipient on L2 [default: the account itself]
        #[arg(long)]
        to: Option<Address>,
        /// ATN, as in 1.5
        #[arg(long)]
        amount: String,
        /// Gas of the call on L2 [default: the least that the bridge takes]
        #[arg(long)]
        gas_limit: Option<u64>,
        /// Input of the call on L2, in hex
        #[arg(long, default_value = "0x")]
        data: Bytes,
    },
    /// Burn ATN on L2, to be paid out on L1
    Withdraw {
        /// Recipient on L1 [default: the account itself]
        #[arg(long)]
        to: Option<Address>,
        /// ATN, as in 1.5
        #[arg(long)]
        amount: String,
        /// Gas of the call on L1; only with --data
        #[arg(long, default_value_t = 0)]
        gas_limit: u64,
        /// Input of the call on L1, in hex; without it there is no call
        #[arg(long, default_value = "0x")]
        data: Bytes,
    },
    /// Prove a withdrawal on L1 against a checkpoint
    Prove {
        /// The L2 transaction of the withdrawal
        transaction: B256,
    },
    /// Pay a proven withdrawal out on L1
    Finalize {
        /// The L2 transaction of the withdrawal
        transaction: B256,
    },
    /// What the bridge holds, and where a withdrawal stands
    Status {
        /// The L2 transaction of a withdrawal
        transaction: Option<B256>,
    },
}

struct Session {
    genesis: Genesis,
    l1: L1Client,
    l2: DynProvider,
    checkpoints: Checkpoints,
    network: Network,
}

impl Cli {
    /// Carries the command out.
    pub(crate) async fn run(self) -> eyre::Result<()> {
        let session = Session::open(self.network).await?;
        match self.command {
            Command::Deposit { to, amount, gas_limit, data } => session.deposit(to, &amount, gas_limit, data).await,
            Command::Withdraw { to, amount, gas_limit, data } => session.withdraw(to, &amount, gas_limit, data).await,
            Command::Prove { transaction } => session.prove(transaction).await,
            Command::Finalize { transaction } => session.finalize(transaction).await,
            Command::Status { transaction } => session.status(transaction).await,
        }
    }
}

impl Session {
    async fn open(network: Network) -> eyre::Result<Self> {
        let path = &network.genesis;
        let file = std::fs::read(path)
            .wrap_err_with(|| format!("cannot read the genesis file {}: name it with --genesis", path.display()))?;
        let genesis: Genesis =
            serde_json::from_slice(&file).wrap_err_with(|| format!("{} is no genesis file", path.display()))?;
        let l1 = L1Client::connect(&network.l1_rpc, &genesis.config).await?;
        let l2 = network.l2_rpc.connect(None)?;
        let chain = l2.get_chain_id().await.wrap_err_with(|| format!("no answer from {}", network.l2_rpc))?;
        if chain != genesis.config.l2_chain_id {
            bail!("{} serves chain {chain}, not {}: name L2 with --l2-rpc", network.l2_rpc, genesis.config.l2_chain_id);
        }
        let checkpoints = Checkpoints::new(l1.clone(), genesis.l1_start_block);
        Ok(Self { genesis, l1, l2, checkpoints, network })
    }

    fn sender(&self, provider: &DynProvider) -> eyre::Result<TransactionSender> {
        let Some(path) = &self.network.key_file else {
            bail!("this command sends a transaction: name the file with the account's key with --key-file");
        };
        let key = std::fs::read_to_string(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        // The parser's own error may quote its input: it is not shown.
        let Ok(signer) = key.trim().parse::<PrivateKeySigner>() else {
            bail!("{} holds no private key: 64 hex digits are expected", path.display());
        };
        let options = SenderOptions { timeout: Duration::from_secs(300), ..Default::default() };
        Ok(TransactionSender::new(provider.clone(), EthereumWallet::from(signer), options))
    }

    async fn deposit(self, to: Option<Address>, amount: &str, gas_limit: Option<u64>, data: Bytes) -> eyre::Result<()> {
        let sender = self.sender(self.l1.provider())?;
        let to = to.unwrap_or(sender.address());
        let request = DepositRequest { to, amount: atn(amount)?, gas_limit, data };
        let receipt = deposit(&sender, self.genesis.config.bridge, request).await?;
        println!("deposited {amount} ATN to {to}");
        println!("L1 transaction  {}", receipt.transaction);
        println!("delayed message {}", receipt.delayed_index);
        Ok(())
    }

    async fn withdraw(self, to: Option<Address>, amount: &str, gas_limit: u64, data: Bytes) -> eyre::Result<()> {
        let sender = self.sender(&self.l2)?;
        let target = to.unwrap_or(sender.address());
        let request = WithdrawalRequest { target, amount: atn(amount)?, gas_limit, data };
        let transaction = initiate_withdrawal(&sender, request).await?;
        println!("withdrawal of {amount} ATN to {target} started");
        println!("L2 transaction {transaction}");
        println!("next: autonet-bridge prove {transaction}");
        Ok(())
    }

    async fn prove(self, transaction: B256) -> eyre::Result<()> {
        let sender = self.sender(self.l1.provider())?;
        let bridge = self.genesis.config.bridge;
        let proven = prove_withdrawal(&sender, &self.l2, bridge, &self.checkpoints, transaction).await?;
        println!("proven against checkpoint {}", proven.checkpoint);
        println!("L1 transaction {}", proven.transaction);
        println!("next, once the checkpoint is confirmed: autonet-bridge finalize {transaction}");
        Ok(())
    }

    async fn finalize(self, transaction: B256) -> eyre::Result<()> {
        let sender = self.sender(self.l1.provider())?;
        let bridge = self.genesis.config.bridge;
        let paid = finalize_withdrawal(&sender, &self.l2, bridge, &self.checkpoints, transaction).await?;
        println!("finalized");
        println!("L1 transaction {paid}");
        Ok(())
    }

    async fn status(self, transaction: Option<B256>) -> eyre::Result<()> {
        let (l1, config) = (self.l1.provider().clone(), &self.genesis.config);
        let bridge = AnchorBridgeInstance::new(config.bridge, l1.clone());
        let inbox = InboxInstance::new(config.inbox, l1.clone());
        let (confirmed, block) = self.checkpoints.latest_confirmed().await?;
        println!("L2 head               {}", self.l2.get_block_number().await?);
        println!("batches               {}", inbox.batchCount().call().await?);
        println!("delayed messages      {}", inbox.delayedCount().call().await?);
        println!("checkpoints           {}", bridge.checkpointCount().call().await?);
        println!("confirmed checkpoint  {confirmed} (block {block})");
        println!("locked ATN            {}", utils::format_ether(bridge.lockedAtn().call().await?));
        if let Some(transaction) = transaction {
            let (withdrawal, block) = withdrawal_of(&self.l2, transaction).await?;
            let state = withdrawal_state(&l1, config.bridge, &self.checkpoints, &withdrawal).await?;
            let value = utils::format_ether(withdrawal.value);
            println!("withdrawal            {value} ATN to {} in block {block}: {}", withdrawal.target, state.name());
        }
        Ok(())
    }
}

fn atn(amount: &str) -> eyre::Result<U256> {
    utils::parse_ether(amount).wrap_err_with(|| format!("`{amount}` is no amount of ATN: write it as 1.5"))
}
