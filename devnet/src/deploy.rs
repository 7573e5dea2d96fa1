use crate::{
    accounts::{self, Role},
    anvil::L1_CHAIN_ID,
};
use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    primitives::{Address, Bytes, U256, utils::parse_ether},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolConstructor},
};
use autonet_bindings::{
    anchor_bridge::AnchorBridge::{self, BridgeConfig},
    atn_token::ATNToken,
    inbox::Inbox,
    step_verifier::StepVerifier,
};
use autonet_genesis::{GenesisParams, build_genesis, predeploys};
use autonet_primitives::{ChainConfig, Genesis};
use eyre::{OptionExt, Result, WrapErr, ensure};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// The addresses of a deployment, in its folder.
pub(crate) const FILE: &str = "deployment.json";

/// The genesis of L2, beside it.
pub(crate) const GENESIS_FILE: &str = "genesis.json";

/// Chain id of the devnet's L2.
pub const L2_CHAIN_ID: u64 = 41_337;

/// Seconds of L1 time in which a checkpoint can be challenged; a real network takes days.
const CHALLENGE_WINDOW_S: u64 = 5;

/// Seconds of L1 time after which a delayed message no longer waits for the sequencer; a real network takes hours.
const FORCE_WINDOW_S: u64 = 120;

/// What stands on L1, and the genesis of L2 that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// In `deployment.json`.
    pub addresses: Addresses,
    /// In `genesis.json`; names `Inbox` and `AnchorBridge`.
    pub genesis: Genesis,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Addresses {
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Who deploys.
    pub deployer: Address,
    /// The deployer's nonce before: its transaction number `k` has nonce `first_nonce + k`.
    pub first_nonce: u64,
    /// Contracts on L1.
    pub l1: L1Contracts,
    /// Contracts on L2, by name.
    pub l2: BTreeMap<String, Address>,
}

/// The contracts on L1, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct L1Contracts {
    /// The coin.
    #[serde(rename = "ATNToken")]
    pub atn_token: Address,
    /// What L2 is derived from.
    pub inbox: Address,
    /// Checkpoints, deposits and withdrawals.
    pub anchor_bridge: Address,
    /// One step of a fault proof.
    pub step_verifier: Address,
}

/// The deployer's transactions, in this order; the accounts of the last ones get ATN.
const STEPS: [Step; 8] = [
    Step::Token,
    Step::Inbox,
    Step::Approve,
    Step::Bridge,
    Step::Verifier,
    Step::Fund(Role::Sequencer),
    Step::Fund(Role::User),
    Step::Fund(Role::Spare),
];

#[derive(Clone, Copy, Debug)]
enum Step {
    Token,
    Inbox,
    Approve,
    Bridge,
    Verifier,
    Fund(Role),
}

/// Deploys the rollup's contracts on L1, locks L2's first supply, and hands out ATN. What `folder` says was begun is finished,
/// wherever it was interrupted; what is complete is only checked.
///
/// The addresses follow from the deployer's nonce, so all are known, and written down, before the first transaction: also the
/// genesis, which the bridge must name and which must name the bridge.
pub async fn deploy(l1_url: &str, folder: &Path) -> Result<Deployment> {
    let deployer = accounts::key_of(Role::Deployer)?;
    let from = deployer.address();
    let l1 = ProviderBuilder::new().wallet(EthereumWallet::from(deployer)).connect_http(l1_url.parse()?).erased();
    let deployment = match Deployment::read(folder)? {
        Some(deployment) => deployment,
        None => {
            let deployment = Deployment::plan(&l1, from).await?;
            deployment.write(folder)?;
            deployment
        }
    };
    let chain = l1.get_chain_id().await?;
    let Addresses { l1_chain_id, first_nonce, .. } = deployment.addresses;
    ensure!(chain == l1_chain_id, "{} is for chain {l1_chain_id}, not {chain}", folder.display());
    let done = l1.get_transaction_count(from).await?.checked_sub(first_nonce);
    let done = done.ok_or_eyre("L1 is younger than the deployment")?;
    for (step, nonce) in STEPS.into_iter().zip(first_nonce..).skip(done.try_into().unwrap_or(usize::MAX)) {
        let request = deployment.request(step)?.with_nonce(nonce);
        let receipt = l1.send_transaction(request).await?.get_receipt().await?;
        ensure!(receipt.status(), "{step:?} failed in {}", receipt.transaction_hash);
    }
    deployment.check(&l1).await?;
    Ok(deployment)
}

impl Deployment {
    async fn plan(l1: &DynProvider, deployer: Address) -> Result<Self> {
        let first_nonce = l1.get_transaction_count(deployer).await?;
        let [atn_token, inbox, anchor_bridge, step_verifier] =
            [0, 1, 3, 4].map(|step| deployer.create(first_nonce + step));
        let addresses = Addresses {
            l1_chain_id: l1.get_chain_id().await?,
            deployer,
            first_nonce,
            l1: L1Contracts { atn_token, inbox, anchor_bridge, step_verifier },
            l2: predeploys().into_iter().map(|predeploy| (predeploy.name.to_owned(), predeploy.address)).collect(),
        };
        Ok(Self { addresses, genesis: genesis(l1, inbox, anchor_bridge).await? })
    }

    /// What a folder holds; `None` if nothing was begun there.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let read = |path: &Path| std::fs::read(path).wrap_err_with(|| format!("cannot read {}", path.display()));
        let addresses = serde_json::from_slice(&read(&path)?).wrap_err_with(|| path.display().to_string())?;
        let path = folder.join(GENESIS_FILE);
        let genesis = serde_json::from_slice(&read(&path)?).wrap_err_with(|| path.display().to_string())?;
        Ok(Some(Self { addresses, genesis }))
    }

    /// The genesis first, so that a deployment that can be read is whole.
    fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).wrap_err_with(|| format!("cannot create {}", folder.display()))?;
        std::fs::write(folder.join(GENESIS_FILE), serde_json::to_vec_pretty(&self.genesis)?)?;
        let unfinished = folder.join(format!("{FILE}.new"));
        std::fs::write(&unfinished, serde_json::to_vec_pretty(&self.addresses)?)?;
        Ok(std::fs::rename(unfinished, folder.join(FILE))?)
    }

    fn request(&self, step: Step) -> Result<TransactionRequest> {
        let create = |code: Bytes| TransactionRequest::default().with_deploy_code(code);
        let call =
            |input: Vec<u8>| TransactionRequest::default().with_to(self.addresses.l1.atn_token).with_input(input);
        let supply = self.genesis.supply();
        let with_arguments = |code: &Bytes, arguments: Vec<u8>| create([&code[..], &arguments].concat().into());
        Ok(match step {
            Step::Token => {
                let arguments = ATNToken::constructorCall {
                    initialHolder: self.addresses.deployer,
                    initialSupply: supply + parse_ether("1000000")?,
                };
                with_arguments(&ATNToken::BYTECODE, arguments.abi_encode())
            }
            Step::Inbox => {
                let arguments = Inbox::constructorCall {
                    sequencer_: accounts::address_of(Role::Sequencer)?,
                    forceWindow_: FORCE_WINDOW_S,
                    bridge_: self.addresses.l1.anchor_bridge,
                };
                with_arguments(&Inbox::BYTECODE, arguments.abi_encode())
            }
            Step::Approve => {
                call(ATNToken::approveCall { spender: self.addresses.l1.anchor_bridge, value: supply }.abi_encode())
            }
            Step::Bridge => {
                let arguments = AnchorBridge::constructorCall {
                    config: bridge_config(&self.genesis, self.addresses.l1.atn_token)?,
                };
                with_arguments(&AnchorBridge::BYTECODE, arguments.abi_encode())
            }
            Step::Verifier => create(StepVerifier::BYTECODE.clone()),
            Step::Fund(role) => {
                let transfer =
                    ATNToken::transferCall { to: accounts::address_of(role)?, value: parse_ether("100000")? };
                call(transfer.abi_encode())
            }
        })
    }

    /// Whether all of it stands; the deployer may have sent something else in between.
    async fn check(&self, l1: &DynProvider) -> Result<()> {
        let L1Contracts { atn_token, inbox, anchor_bridge, step_verifier } = self.addresses.l1;
        let contracts = [
            ("ATNToken", atn_token),
            ("Inbox", inbox),
            ("AnchorBridge", anchor_bridge),
            ("StepVerifier", step_verifier),
        ];
        for (name, address) in contracts {
            ensure!(!l1.get_code_at(address).await?.is_empty(), "there is no {name} at {address} on L1");
        }
        let config_hash = AnchorBridge::new(anchor_bridge, l1.clone()).configHash().call().await?;
        ensure!(
            config_hash == self.genesis.config.hash(),
            "AnchorBridge at {anchor_bridge} belongs to another genesis"
        );
        Ok(())
    }
}

async fn genesis(l1: &DynProvider, inbox: Address, bridge: Address) -> Result<Genesis> {
    let block = l1.get_block_by_number(alloy::eips::BlockNumberOrTag::Latest).await?;
    let header = block.ok_or_eyre("L1 has no block")?.header;
    let sequencer = accounts::address_of(Role::Sequencer)?;
    let balance = parse_ether("100000")?;
    let balances: Result<Vec<(Address, U256)>> =
        (0..accounts::COUNT).map(|index| Ok((accounts::key(index)?.address(), balance))).collect();
    let config = ChainConfig {
        l1_chain_id: L1_CHAIN_ID,
        l2_chain_id: L2_CHAIN_ID,
        inbox,
        bridge,
        force_window_s: FORCE_WINDOW_S,
        max_past_s: 86_400,
        max_future_s: 600,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 100_000,
        sequencer_fee_recipient: sequencer,
    };
    let params = GenesisParams {
        config,
        l1_start_block: header.number,
        timestamp: header.timestamp,
        base_fee: 1_000_000_000,
        l1_fee_recipient: sequencer,
        min_phase_seconds: 1,
        balances: balances?,
    };
    Ok(build_genesis(&params)?)
}

fn bridge_config(genesis: &Genesis, token: Address) -> Result<BridgeConfig> {
    let block = autonet_stf::genesis_block(genesis)?;
    let header = block.sealed_header();
    Ok(BridgeConfig {
        token,
        inbox: genesis.config.inbox,
        configHash: genesis.config.hash(),
        challengeWindow: CHALLENGE_WINDOW_S,
        checkpointBond: parse_ether("100")?,
        guardian: accounts::address_of(Role::Deployer)?,
        genesisSupply: genesis.supply(),
        genesisBlockHash: header.hash(),
        genesisMessageRoot: header.withdrawals_root.ok_or_eyre("genesis without a message root")?,
    })
}
