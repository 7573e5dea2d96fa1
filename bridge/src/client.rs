use crate::{BridgeError, Endpoint};
use alloy::{
    primitives::Address,
    providers::{DynProvider, Provider},
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
    /// [`BridgeError::WrongChain`], [`BridgeError::NoContract`], or those of [`Endpoint::connect`] and the transport.
    pub async fn connect(endpoint: &Endpoint, config: &ChainConfig) -> Result<Self, BridgeError> {
        let provider = endpoint.connect(None)?;
        let actual = provider.get_chain_id().await?;
        if actual != config.l1_chain_id {
            let expected = config.l1_chain_id;
            return Err(BridgeError::WrongChain { endpoint: endpoint.clone(), expected, actual });
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
