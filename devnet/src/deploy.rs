use crate::{
    accounts::{self, Role},
    anvil::L1_CHAIN_ID,
};
use alloy::{
    network::EthereumWallet,
    primitives::{Address, U256, utils::parse_ether},
    providers::{DynProvider, Provider, ProviderBuilder},
};
use autonet_bindings::{
    anchor_bridge::AnchorBridge::{self, BridgeConfig},
    atn_token::ATNToken,
    inbox::Inbox,
};
use autonet_genesis::{GenesisParams, build_genesis};
use autonet_primitives::{ChainConfig, Genesis};
use eyre::{OptionExt, Result, ensure};

/// Chain id of the devnet's L2.
pub const L2_CHAIN_ID: u64 = 41_337;

/// Seconds of L1 time in which a checkpoint can be challenged; a real network takes days.
const CHALLENGE_WINDOW_S: u64 = 5;

/// Seconds of L1 time after which a delayed message no longer waits for the sequencer; a real network takes hours.
const FORCE_WINDOW_S: u64 = 120;

/// What stands on L1, and the genesis of L2 that belongs to it.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// `ATNToken`.
    pub token: Address,
    /// L2's genesis; names `Inbox` and `AnchorBridge`.
    pub genesis: Genesis,
}

/// Deploys the rollup's contracts on L1, locks L2's first supply, and hands out ATN.
///
/// The addresses follow from the deployer's nonce, so the genesis is known before the bridge that must name it.
pub async fn deploy(l1_url: &str) -> Result<Deployment> {
    let deployer = accounts::key_of(Role::Deployer)?;
    let from = deployer.address();
    let l1 = ProviderBuilder::new().wallet(EthereumWallet::from(deployer)).connect_http(l1_url.parse()?).erased();
    let nonce = l1.get_transaction_count(from).await?;
    let [token, inbox, bridge] = [nonce, nonce + 1, nonce + 3].map(|nonce| from.create(nonce));
    let genesis = genesis(&l1, inbox, bridge).await?;
    let supply = genesis.supply();

    let atn = ATNToken::deploy(l1.clone(), from, supply + parse_ether("1000000")?).await?;
    ensure!(*atn.address() == token, "ATNToken stands at {}, not at {token}", atn.address());
    let sequencer = accounts::address_of(Role::Sequencer)?;
    let deployed = Inbox::deploy(l1.clone(), sequencer, FORCE_WINDOW_S, bridge).await?;
    ensure!(*deployed.address() == inbox, "Inbox stands at {}, not at {inbox}", deployed.address());
    atn.approve(bridge, supply).send().await?.get_receipt().await?;
    let config = bridge_config(&genesis, token)?;
    let deployed = AnchorBridge::deploy(l1.clone(), config).await?;
    ensure!(*deployed.address() == bridge, "AnchorBridge stands at {}, not at {bridge}", deployed.address());

    for role in [Role::Sequencer, Role::User, Role::Spare] {
        let transfer = atn.transfer(accounts::address_of(role)?, parse_ether("100000")?);
        transfer.send().await?.get_receipt().await?;
    }
    Ok(Deployment { token, genesis })
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
