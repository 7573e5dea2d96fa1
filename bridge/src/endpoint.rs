use crate::{
    BridgeError,
    transport::{HttpTransport, Secrets},
};
use alloy::{
    network::EthereumWallet,
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::client::RpcClient,
    transports::http::reqwest::{Client, Url},
};
use std::{convert::Infallible, fmt, str::FromStr, time::Duration};

/// How long an endpoint is waited for. What takes longer is an error like any other of the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a request, from its sending to the last byte of the answer.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), request: Duration::from_secs(30) }
    }
}

/// The URL of a JSON-RPC endpoint, http or https.
///
/// It may hold a key, as a path, a query or a password: scheme, host and port are all that is shown of it, and all that
/// the errors and spans of its connections tell. So it is parsed late: a parser of arguments would quote what it refuses.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    timeouts: Timeouts,
}

impl Endpoint {
    /// With others than the default time-outs.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// The whole URL, to be shown nowhere.
    pub fn expose(&self) -> &str {
        &self.url
    }

    /// A text without what the URL holds besides scheme, host and port; for what an endpoint says itself.
    pub fn hide_in(&self, text: String) -> String {
        match self.url.parse() {
            Ok(url) => Secrets::new(&url).hide(text),
            Err(_) => text,
        }
    }

    /// A connection over HTTP; with a wallet, it fills and signs transactions. Nothing is asked yet.
    ///
    /// # Errors
    /// [`BridgeError::Url`] where the URL is none of http or https, [`BridgeError::Client`] where TLS is not to be had.
    pub fn connect(&self, wallet: Option<EthereumWallet>) -> Result<DynProvider, BridgeError> {
        let bad = |reason: String| BridgeError::Url { endpoint: self.clone(), reason };
        let url: Url = self.url.parse().map_err(|error| bad(format!("{error}")))?;
        let client = match url.scheme() {
            // Over plain HTTP it needs no certificates, and the system may have none.
            "http" => Client::builder().tls_certs_only([]),
            "https" => Client::builder(),
            // Such a connection would have to be watched, and opened again, for requests that are HTTP's.
            "ws" | "wss" => return Err(bad("WebSocket is not used: give the endpoint's http or https URL".to_owned())),
            _ => return Err(bad("the scheme is another".to_owned())),
        };
        // Whom it redirects to does not learn the URL.
        let client = client.referer(false).connect_timeout(self.timeouts.connect).timeout(self.timeouts.request);
        let client = client.build().map_err(BridgeError::Client)?;
        let transport = HttpTransport::new(client, url);
        let is_local = transport.is_local();
        let client = RpcClient::new(transport, is_local);
        Ok(match wallet {
            Some(wallet) => ProviderBuilder::new().wallet(wallet).connect_client(client).erased(),
            None => ProviderBuilder::new().connect_client(client).erased(),
        })
    }
}

impl From<&str> for Endpoint {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), timeouts: Timeouts::default() }
    }
}

impl FromStr for Endpoint {
    type Err = Infallible;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(url.into())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.url.parse::<Url>().map(|url| url.origin()) {
            Ok(origin) if origin.is_tuple() => f.write_str(&origin.ascii_serialization()),
            _ => f.write_str("(malformed URL)"),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
            let error = Endpoint::from(url).connect(None).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Fatal);
            assert!(error.to_string().contains(expected), "{url}: {error}");
        }
    }

    #[test]
    fn scheme_host_and_port_are_all_that_is_shown() {
        for (url, expected) in [
            ("http://user:secret@127.0.0.1:8545/v2/SECRETKEY?apikey=SECRET#SECRET", "http://127.0.0.1:8545"),
            ("https://secret@example.org/SECRET", "https://example.org"),
            ("wss://[::1]:8546/SECRET", "wss://[::1]:8546"),
            ("user:secret@127.0.0.1:8545/SECRET", "(malformed URL)"),
            ("SECRET://example.org/SECRET", "(malformed URL)"),
            ("http://user:sec/ret@example.org", "(malformed URL)"),
            ("SECRET", "(malformed URL)"),
        ] {
            let endpoint: Endpoint = url.parse().unwrap();
            assert_eq!((format!("{endpoint}"), format!("{endpoint:?}")), (expected.to_owned(), expected.to_owned()));
            if let Err(error) = endpoint.connect(None) {
                let said = format!("{error} {error:?}").to_lowercase();
                assert!(!said.contains("secret") && !said.contains("sec/ret"), "{said}");
            }
        }
    }

    #[tokio::test]
    async fn an_https_endpoint_is_spoken_to_in_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let provider = Endpoint::from(url.as_str()).connect(None).unwrap();
        let first = async {
            let (mut peer, _) = listener.accept().await.unwrap();
            peer.read_u8().await.unwrap()
        };
        let (answer, first) = tokio::join!(provider.get_chain_id(), first);
        // 22 starts a handshake (RFC 8446, 5.1).
        assert_eq!((answer.is_err(), first), (true, 22));
    }
}
