use alloy::signers::local::{MnemonicBuilder, PrivateKeySigner};
use autonet_agents::{
    chain::{Chain, Sending},
    data::Digits,
    report::Report,
    roles::{Agent, RoleOptions},
};
use autonet_bridge::Endpoint;
use autonet_telemetry::{TelemetryArgs, shutdown_signal};
use clap::{Args, Parser};
use eyre::{Context, bail};
use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

/// Works in one Proof-of-Intelligence role on Autonet.
///
/// The agent stakes what its role needs (proposer 100 ATN, solver 50, coordinator 500, aggregator 1000), wraps native
/// ATN for it, and then does all that its role asks for until it is stopped. It can be stopped and started at any time:
/// what it must not forget is in the state folder. One account, one role, one process.
///
/// A whole round of the loop needs a proposer, a solver, two coordinators and an aggregator:
///
///   autonet-agent proposer --key-file p.key --rounds 3
///   autonet-agent solver --key-file s.key
///   autonet-agent coordinator --key-file c1.key     (and c2.key)
///   autonet-agent aggregator --key-file a.key
#[derive(Debug, Parser)]
#[command(version, name = "autonet-agent", verbatim_doc_comment)]
pub(crate) struct Cli {
    #[command(flatten)]
    node: Node,
    #[command(flatten)]
    key: Key,
    #[command(flatten)]
    telemetry: TelemetryArgs,
    #[command(subcommand)]
    role: RoleOptions,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Node")]
struct Node {
    /// L2 endpoint (http or https)
    #[arg(
        long,
        env = "AUTONET_L2_RPC",
        hide_env_values = true,
        global = true,
        default_value = "http://127.0.0.1:9545"
    )]
    l2_rpc: Endpoint,
    /// Folder for what must survive a restart; it holds secrets
    #[arg(long, env = "AUTONET_STATE_DIR", global = true, default_value = "agent-state")]
    state_dir: PathBuf,
    /// File to append finished steps to, one JSON object a line (format: agents/README.md)
    #[arg(long, env = "AUTONET_REPORT", global = true)]
    report: Option<PathBuf>,
    /// Pause between two looks at the chain, in milliseconds
    #[arg(long, global = true, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(50..))]
    poll_ms: u64,
    /// How long a transaction may take into a block, in seconds
    #[arg(long, global = true, default_value_t = 60)]
    receipt_timeout_s: u64,
}

/// Where the account's key comes from: exactly one of the three.
#[derive(Debug, Args)]
#[command(next_help_heading = "Account (give one)")]
struct Key {
    /// File that holds the private key, in hex
    #[arg(long, env = "AUTONET_KEY_FILE", global = true)]
    key_file: Option<PathBuf>,
    /// Private key, in hex; other users of the machine can read arguments, so prefer the environment or a file
    #[arg(long, env = "AUTONET_KEY", global = true, hide_env_values = true)]
    key: Option<Secret>,
    /// Mnemonic phrase of a wallet (for tests)
    #[arg(long, env = "AUTONET_MNEMONIC", global = true, hide_env_values = true)]
    mnemonic: Option<Secret>,
    /// Which account of the mnemonic
    #[arg(long, env = "AUTONET_INDEX", global = true, default_value_t = 0)]
    index: u32,
}

/// Text that no log shows.
#[derive(Clone)]
struct Secret(String);

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Key {
    /// The parsers' own errors may quote their input: they are not shown.
    fn signer(self) -> eyre::Result<PrivateKeySigner> {
        let key = match (self.key_file, self.key, self.mnemonic) {
            (Some(path), None, None) => {
                let key = std::fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
                Secret(key.trim().to_owned())
            }
            (None, Some(key), None) => key,
            (None, None, Some(Secret(phrase))) => {
                let builder = MnemonicBuilder::english().phrase(phrase).index(self.index);
                let Ok(signer) = builder.and_then(|builder| builder.build()) else {
                    bail!("the mnemonic phrase is not valid")
                };
                return Ok(signer);
            }
            (None, None, None) => bail!("no account: give --key-file, --key or --mnemonic"),
            _ => bail!("more than one of --key-file, --key and --mnemonic (or their variables) is given"),
        };
        match key.0.parse() {
            Ok(signer) => Ok(signer),
            Err(_) => bail!("the private key is not valid: 64 hex digits are expected"),
        }
    }
}

impl Cli {
    /// Works until a signal, or until the role's work is done.
    pub(crate) async fn run(self) -> eyre::Result<()> {
        self.telemetry.init()?;
        let shutdown = shutdown_signal()?;
        let signer = self.key.signer()?;
        let Node { l2_rpc, state_dir, report, poll_ms, receipt_timeout_s } = self.node;
        let poll = Duration::from_millis(poll_ms);
        let sending =
            Sending { poll: poll.min(Duration::from_millis(250)), timeout: Duration::from_secs(receipt_timeout_s) };
        let chain = Chain::connect(&l2_rpc, signer, sending).await.wrap_err_with(|| format!("no L2 at {l2_rpc}"))?;
        let report = Report::open(report.as_deref(), self.role.role().name(), chain.account())?;
        tracing::info!(role = self.role.role().name(), account = %chain.account(), chain = chain.chain_id(), "agent started");
        let digits = Arc::new(Digits::load()?);
        let agent = Agent { chain, report, digits, state_dir, poll, shutdown };
        agent.run(self.role).await?;
        tracing::info!("agent stopped");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    fn key(key: Option<&str>, mnemonic: Option<&str>) -> Key {
        let secret = |text: &str| Secret(text.to_owned());
        Key { key_file: None, key: key.map(secret), mnemonic: mnemonic.map(secret), index: 0 }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn keys_and_mnemonics_give_the_same_account_and_show_nowhere() {
        let mnemonic = "test test test test test test test test test test test junk";
        let both = [key(Some(KEY), None), key(None, Some(mnemonic))];
        assert!(both.iter().all(|key| !format!("{key:?}").contains("ac09") && !format!("{key:?}").contains("junk")));
        let [a, b] = both.map(|key| key.signer().unwrap().address());
        assert_eq!(a, b);
    }

    #[test]
    fn a_bad_key_is_refused_without_being_quoted() {
        for wrong in
            [key(Some("ac0974"), None), key(None, Some("ac0974 test")), key(Some(KEY), Some("x")), key(None, None)]
        {
            let error = format!("{:?}", wrong.signer().unwrap_err());
            assert!(!error.contains("ac0974"), "{error}");
        }
    }
}
