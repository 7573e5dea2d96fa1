use crate::BridgeError;
use alloy::{
    network::EthereumWallet,
    primitives::Address,
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::client::RpcClient,
    transports::http::reqwest::{Client, Url},
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
        let provider = connect(url, None)?;
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

/// Connects to an endpoint over HTTP; with a wallet, the connection fills and signs transactions. Nothing is asked yet.
///
/// # Errors
/// [`BridgeError::Url`] where the URL is none of http or https, [`BridgeError::Client`] where TLS is not to be had.
pub fn connect(url: &str, wallet: Option<EthereumWallet>) -> Result<DynProvider, BridgeError> {
    let bad = |reason: String| BridgeError::Url { url: url.to_owned(), reason };
    let parsed: Url = url.parse().map_err(|error| bad(format!("{error}")))?;
    let client = match parsed.scheme() {
        // Over plain HTTP it needs no certificates, and the system may have none.
        "http" => Client::builder().tls_certs_only([]),
        "https" => Client::builder(),
        // Such a connection would have to be watched, and opened again, for requests that are HTTP's.
        "ws" | "wss" => return Err(bad("WebSocket is not used: give the endpoint's http or https URL".to_owned())),
        _ => return Err(bad("the scheme is another".to_owned())),
    };
    let client = RpcClient::new_http_with_client(client.build().map_err(BridgeError::Client)?, parsed);
    Ok(match wallet {
        Some(wallet) => ProviderBuilder::new().wallet(wallet).connect_client(client).erased(),
        None => ProviderBuilder::new().connect_client(client).erased(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{io::AsyncReadExt, net::TcpListener};

    #[test]
    fn a_url_of_another_scheme_is_refused_with_advice() {
        for (url, expected) in [
            ("ws://127.0.0.1:8545", "give the endpoint's http or https URL"),
            ("wss://127.0.0.1:8545", "give the endpoint's http or https URL"),
            ("ftp://127.0.0.1", "the scheme is another"),
            ("localhost:8545", "the scheme is another"),
            ("127.0.0.1:8545", "relative URL without a base"),
        ] {
            let error = connect(url, None).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Fatal);
            assert!(error.to_string().contains(expected), "{url}: {error}");
        }
    }

    #[tokio::test]
    async fn an_https_endpoint_is_spoken_to_in_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let provider = connect(&url, None).unwrap();
        let first = async {
            let (mut peer, _) = listener.accept().await.unwrap();
            peer.read_u8().await.unwrap()
        };
        let (answer, first) = tokio::join!(provider.get_chain_id(), first);
        // 22 starts a handshake (RFC 8446, 5.1).
        assert_eq!((answer.is_err(), first), (true, 22));
    }
}
