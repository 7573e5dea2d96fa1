use crate::{accounts, process::Process, wait::until};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use eyre::{Result, bail, eyre};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Chain id of the devnet's L1.
pub(crate) const L1_CHAIN_ID: u64 = 31_337;

/// L1: an anvil process at Osaka rules, with a block a second.
#[derive(Debug)]
pub struct Anvil {
    process: Process,
    url: String,
    provider: DynProvider,
}

impl Anvil {
    /// Starts anvil and waits until it answers.
    pub async fn start(port: u16, logs: &Path) -> Result<Self> {
        let program = binary()?;
        let args = [
            "--host 127.0.0.1 --hardfork osaka --block-time 1 --slots-in-an-epoch 1 --prune-history 2000".to_owned(),
            format!("--port {port} --chain-id {L1_CHAIN_ID} --accounts {}", accounts::COUNT),
        ];
        let mut args: Vec<String> = args.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
        args.extend(["--mnemonic".to_owned(), accounts::MNEMONIC.to_owned()]);
        let mut process = Process::spawn("l1", &program, &args, logs)?;
        let url = format!("http://127.0.0.1:{port}");
        let provider = ProviderBuilder::new().connect_http(url.parse()?).erased();
        until("L1 answers", Duration::from_secs(30), async || {
            process.check_alive()?;
            // Block 0's header has a wrong state root there: what is built on L1 starts from block 1.
            Ok(matches!(provider.get_block_number().await, Ok(number) if number > 0).then_some(()))
        })
        .await?;
        Ok(Self { process, url, provider })
    }

    /// Endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection that signs nothing.
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Fails if anvil has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        self.process.check_alive()
    }

    /// Stops anvil.
    pub async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}

/// The anvil binary: `AUTONET_ANVIL`, or the one that set-up installed.
fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("AUTONET_ANVIL") {
        return Ok(path.into());
    }
    let modules = contracts()?.join("node_modules/@foundry-rs");
    let path = modules.join("anvil-linux-amd64/bin/anvil");
    if !path.exists() {
        bail!("{} is missing: run `make setup`, or name an anvil binary in AUTONET_ANVIL", path.display());
    }
    Ok(path)
}

/// The folder contracts/ of the checkout that this program was built in or is started from.
pub fn contracts() -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let roots = here.ancestors().map(Path::to_path_buf).chain([built]);
    let found = roots.map(|root| root.join("contracts")).find(|folder| folder.join("foundry.toml").exists());
    found.ok_or_else(|| eyre!("the folder contracts/ is not here: start this in the project's checkout"))
}
