use crate::BridgeError;
use alloy::{
    network::EthereumWallet,
    primitives::Address,
    providers::{DynProvider, Provider, ProviderBuilder},
};
use autonet_primitives::ChainConfig;

/// Where the rollup's contracts stand on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1Addresses {
    /// `Inbox`.
    pub inbox: Address,
    /// `AnchorBridge`.
    pub bridge: Address,
}

/// A connection to L1 that was checked to serve the right chain.
#[derive(Clone, Debug)]
pub struct L1Client {
    provider: DynProvider,
    addresses: L1Addresses,
}

impl L1Client {
    /// Connects, and checks the chain id and that the contracts exist.
    ///
    /// # Errors
    /// [`BridgeError::WrongChain`], [`BridgeError::NoContract`], or the transport's.
    pub async fn connect(url: &str, config: &ChainConfig) -> Result<Self, BridgeError> {
        let provider = connect(url, None).await?;
        let actual = provider.get_chain_id().await?;
        if actual != config.l1_chain_id {
            return Err(BridgeError::WrongChain { url: url.to_owned(), expected: config.l1_chain_id, actual });
        }
        for address in [config.inbox, config.bridge] {
            if provider.get_code_at(address).await?.is_empty() {
                return Err(BridgeError::NoContract { address });
            }
        }
        Ok(Self { provider, addresses: L1Addresses { inbox: config.inbox, bridge: config.bridge } })
    }

    /// The connection itself.
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Where the contracts stand.
    pub const fn addresses(&self) -> L1Addresses {
        self.addresses
    }
}

/// Connects to an endpoint over HTTP or WebSocket; with a wallet, the connection fills and signs transactions.
///
/// # Errors
/// [`BridgeError::Url`] where the URL is malformed, or the transport's.
pub async fn connect(url: &str, wallet: Option<EthereumWallet>) -> Result<DynProvider, BridgeError> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("http" | "https" | "ws" | "wss")) {
        return Err(BridgeError::Url { url: url.to_owned(), reason: "the scheme is missing or another".to_owned() });
    }
    Ok(match wallet {
        Some(wallet) => ProviderBuilder::new().wallet(wallet).connect(url).await?.erased(),
        None => ProviderBuilder::new().connect(url).await?.erased(),
    })
}
