use crate::{
    accounts::{self, Role},
    network::Network,
    wait::until,
};
use alloy::{
    network::EthereumWallet,
    primitives::{Address, U256, utils::parse_ether},
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use autonet_bindings::{anchor_bridge::AnchorBridge::AnchorBridgeInstance, atn_token::ATNToken::ATNTokenInstance};
use autonet_bridge::{
    Checkpoints, DepositRequest, L1Client, SenderOptions, TransactionSender, WithdrawalRequest, WithdrawalState,
    deposit, finalize_withdrawal, initiate_withdrawal, prove_withdrawal, withdrawal_of, withdrawal_state,
};
use eyre::{Result, ensure};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The user's way across the bridge and back.
#[derive(Debug)]
pub struct Traveller {
    l1: TransactionSender,
    l2: TransactionSender,
    checkpoints: Checkpoints,
    token: ATNTokenInstance<DynProvider>,
    bridge: Address,
}

impl Traveller {
    /// The devnet's user.
    pub async fn new(network: &Network) -> Result<Self> {
        let key = accounts::key_of(Role::User)?;
        let options = SenderOptions { poll: Duration::from_millis(100), timeout: TIMEOUT, ..Default::default() };
        let wallet = EthereumWallet::from(key);
        let genesis = &network.deployment.genesis;
        let client = L1Client::connect(&network.l1.url().into(), &genesis.config).await?;
        let l2 = ProviderBuilder::new().connect_http(network.sequencer_url().parse()?).erased();
        Ok(Self {
            token: ATNTokenInstance::new(network.deployment.addresses.l1.atn_token, client.provider().clone()),
            l1: TransactionSender::new(client.provider().clone(), wallet.clone(), options),
            l2: TransactionSender::new(l2, wallet, options),
            checkpoints: Checkpoints::new(client, genesis.l1_start_block),
            bridge: genesis.config.bridge,
        })
    }

    /// Deposits to an account that L2 has never seen, and waits until it has the coin there.
    pub async fn deposit(&self) -> Result<()> {
        let (to, amount) = (PrivateKeySigner::random().address(), parse_ether("12.5")?);
        let request = DepositRequest { to, amount, gas_limit: None, data: Default::default() };
        deposit(&self.l1, self.bridge, request).await?;
        let l2 = self.l2.provider();
        until("the deposit is on L2", TIMEOUT, async || Ok((l2.get_balance(to).await? == amount).then_some(()))).await
    }

    /// Withdraws: starts on L2, proves and finalises on L1, and checks that the coin arrived.
    pub async fn withdraw(&self) -> Result<()> {
        let (target, amount) = (PrivateKeySigner::random().address(), parse_ether("3.25")?);
        let request = WithdrawalRequest { target, amount, gas_limit: 0, data: Default::default() };
        let transaction = initiate_withdrawal(&self.l2, request).await?;
        let l2 = self.l2.provider();
        until("a checkpoint covers the withdrawal", TIMEOUT, async || {
            match prove_withdrawal(&self.l1, l2, self.bridge, &self.checkpoints, transaction).await {
                Ok(proven) => Ok(Some(proven)),
                Err(autonet_bridge::BridgeError::NoCheckpoint { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
        let (withdrawal, _) = withdrawal_of(l2, transaction).await?;
        until("the checkpoint is confirmed", TIMEOUT, async || {
            let state = withdrawal_state(self.l1.provider(), self.bridge, &self.checkpoints, &withdrawal).await?;
            Ok(matches!(state, WithdrawalState::Proven { confirmed: true, .. }).then_some(()))
        })
        .await?;
        finalize_withdrawal(&self.l1, l2, self.bridge, &self.checkpoints, transaction).await?;
        let balance = self.token.balanceOf(target).call().await?;
        ensure!(balance == amount, "the withdrawal paid {balance} wei, not {amount}");
        Ok(())
    }

    /// ATN that the bridge holds locked, in wei.
    pub async fn locked(&self) -> Result<U256> {
        Ok(AnchorBridgeInstance::new(self.bridge, self.l1.provider().clone()).lockedAtn().call().await?)
    }
}
