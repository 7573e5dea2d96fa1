use crate::{
    accounts::{self, Role},
    anvil::Anvil,
    deploy::{Deployment, GENESIS_FILE, deploy},
    ports,
    process::Process,
    wait::until,
};
use alloy::{
    network::{AnyNetwork, EthereumWallet},
    primitives::hex,
    providers::{DynProvider, Provider, ProviderBuilder},
};
use eyre::{Context, Result};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a node may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Ports that were asked for; others are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// L1.
    pub l1: Option<u16>,
    /// Sequencer.
    pub sequencer: Option<u16>,
    /// Verifier.
    pub verifier: Option<u16>,
}

/// L1, a sequencer and a verifier, each a process of its own, with their data in one folder.
#[derive(Debug)]
pub struct Network {
    /// L1.
    pub l1: Anvil,
    /// What stands on L1, and L2's genesis.
    pub deployment: Deployment,
    folder: PathBuf,
    sequencer_port: u16,
    verifier_port: u16,
    sequencer: Option<Process>,
    verifier: Option<Process>,
}

impl Network {
    /// Starts L1, deploys, and starts the nodes; `folder` is emptied first.
    pub async fn start(folder: &Path, ports: Ports) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).wrap_err_with(|| format!("cannot empty {}", folder.display()))?;
        }
        for part in ["logs", "keys"] {
            let part = folder.join(part);
            std::fs::create_dir_all(&part).wrap_err_with(|| format!("cannot create {}", part.display()))?;
        }
        let folder = folder.canonicalize()?;
        let l1 = Anvil::start(ports::choose(ports.l1, 8545, "L1")?, &folder.join("logs")).await?;
        let deployment = deploy(l1.url(), &folder).await.wrap_err("deploying the contracts on L1")?;
        for index in 0..accounts::COUNT {
            write_key(&folder, index)?;
        }
        let sequencer_port = ports::choose(ports.sequencer, 9545, "the sequencer")?;
        let verifier_port = ports::choose(ports.verifier, 9546, "the verifier")?;
        let mut network =
            Self { l1, deployment, folder, sequencer_port, verifier_port, sequencer: None, verifier: None };
        network.start_sequencer().await?;
        network.start_verifier().await?;
        Ok(network)
    }

    /// The folder with data, keys and logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where logs go.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// The file with the key of an account of the mnemonic.
    pub fn key_file(&self, role: Role) -> PathBuf {
        key_file(&self.folder, role as u32)
    }

    /// The genesis file.
    pub fn genesis_file(&self) -> PathBuf {
        self.folder.join(GENESIS_FILE)
    }

    /// The sequencer's endpoint.
    pub fn sequencer_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.sequencer_port)
    }

    /// The verifier's endpoint.
    pub fn verifier_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.verifier_port)
    }

    /// A connection to the sequencer that signs with a role's key.
    pub fn l2(&self, role: Role) -> Result<DynProvider> {
        let wallet = EthereumWallet::from(accounts::key_of(role)?);
        Ok(ProviderBuilder::new().wallet(wallet).connect_http(self.sequencer_url().parse()?).erased())
    }

    /// A connection to the verifier, which reads blocks with deposits too.
    pub fn verifier(&self) -> Result<DynProvider<AnyNetwork>> {
        Ok(ProviderBuilder::new().network::<AnyNetwork>().connect_http(self.verifier_url().parse()?).erased())
    }

    /// A connection to the sequencer, which reads blocks with deposits too.
    pub fn sequencer(&self) -> Result<DynProvider<AnyNetwork>> {
        Ok(ProviderBuilder::new().network::<AnyNetwork>().connect_http(self.sequencer_url().parse()?).erased())
    }

    /// Starts the sequencer, with the data that it has.
    pub async fn start_sequencer(&mut self) -> Result<()> {
        let mut args = self.node_args("sequencer", self.sequencer_port);
        let key = self.key_file(Role::Sequencer);
        args.extend(["--key-file".to_owned(), key.display().to_string()]);
        let pace = "--batch-interval-ms 1000 --checkpoint-interval-ms 3000 --max-block-interval-ms 1000";
        args.extend(pace.split(' ').map(str::to_owned));
        let mut process = Process::spawn("sequencer", &program("autonet-sequencer")?, &args, &self.logs())?;
        answers(&mut process, &self.sequencer_url()).await?;
        self.sequencer = Some(process);
        Ok(())
    }

    /// Starts the verifier, with the data that it has.
    pub async fn start_verifier(&mut self) -> Result<()> {
        let mut args = vec!["run".to_owned()];
        args.extend(self.node_args("verifier", self.verifier_port));
        let mut process = Process::spawn("verifier", &program("autonet-verifier")?, &args, &self.logs())?;
        answers(&mut process, &self.verifier_url()).await?;
        self.verifier = Some(process);
        Ok(())
    }

    fn node_args(&self, name: &str, port: u16) -> Vec<String> {
        let datadir = self.folder.join(name);
        let pairs = [
            ("--genesis", self.genesis_file().display().to_string()),
            ("--datadir", datadir.display().to_string()),
            ("--l1-rpc", self.l1.url().to_owned()),
            ("--rpc-addr", format!("127.0.0.1:{port}")),
        ];
        pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
    }

    /// Kills the sequencer, as a power failure would.
    pub async fn kill_sequencer(&mut self) -> Result<()> {
        match self.sequencer.take() {
            Some(process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// Stops the verifier.
    pub async fn stop_verifier(&mut self) -> Result<()> {
        match self.verifier.take() {
            Some(process) => process.stop().await,
            None => Ok(()),
        }
    }

    /// Fails if a process has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        self.l1.check_alive()?;
        for process in [&mut self.sequencer, &mut self.verifier].into_iter().flatten() {
            process.check_alive()?;
        }
        Ok(())
    }

    /// Sum of all native balances in the verifier's database, in wei.
    pub async fn verifier_supply(&self) -> Result<alloy::primitives::U256> {
        let datadir = self.folder.join("verifier");
        let mut command = tokio::process::Command::new(program("autonet-verifier")?);
        let output = command.arg("supply").arg("--datadir").arg(datadir).output().await?;
        if !output.status.success() {
            eyre::bail!("autonet-verifier supply: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let printed = String::from_utf8(output.stdout)?;
        printed.trim().parse().wrap_err_with(|| format!("autonet-verifier supply printed `{}`", printed.trim()))
    }

    /// Stops everything, L1 last.
    pub async fn stop(mut self) -> Result<()> {
        let sequencer = match self.sequencer.take() {
            Some(process) => process.stop().await,
            None => Ok(()),
        };
        let verifier = self.stop_verifier().await;
        let l1 = self.l1.stop().await;
        sequencer.and(verifier).and(l1)
    }
}

async fn answers(process: &mut Process, url: &str) -> Result<()> {
    let provider = ProviderBuilder::new().connect_http(url.parse()?);
    let what = format!("{} answers at {url}", process.name());
    until(&what, START_TIMEOUT, async || {
        process.check_alive()?;
        Ok(provider.get_chain_id().await.is_ok().then_some(()))
    })
    .await
}

/// A program of the workspace, built beside this one.
pub fn program(name: &str) -> Result<PathBuf> {
    let me = std::env::current_exe()?;
    // A test's own program lies one folder deeper, in deps/.
    let beside = me.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.exists());
    beside.ok_or_else(|| eyre::eyre!("{name} is not built: run `make build`"))
}

fn key_file(folder: &Path, index: u32) -> PathBuf {
    folder.join("keys").join(format!("account-{index}.key"))
}

fn write_key(folder: &Path, index: u32) -> Result<()> {
    let path = key_file(folder, index);
    std::fs::write(&path, hex::encode(accounts::key(index)?.to_bytes()))?;
    Ok(())
}
