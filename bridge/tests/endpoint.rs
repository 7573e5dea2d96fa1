//! What the errors, logs and waits of a connection are like when its endpoint is bad.

use alloy::{
    network::EthereumWallet,
    primitives::{Address, Bytes},
    providers::Provider,
    signers::local::PrivateKeySigner,
};
use autonet_bridge::{BridgeError, Endpoint, ErrorKind, L1Client, SenderOptions, Timeouts, TransactionSender};
use autonet_primitives::ChainConfig;
use std::{
    error::Error,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};
use tracing_subscriber::{fmt::format::FmtSpan, util::SubscriberInitExt};

/// All that the URL holds of secrets, in small letters.
const SECRETS: [&str; 2] = ["secret", "user:"];

/// Far beyond the time-outs of the tests.
const DEADLINE: Duration = Duration::from_secs(20);

fn config() -> ChainConfig {
    ChainConfig {
        l1_chain_id: 1,
        l2_chain_id: 2,
        inbox: Address::ZERO,
        bridge: Address::ZERO,
        force_window_s: 1,
        max_past_s: 1,
        max_future_s: 1,
        gas_limit: 1,
        base_fee_elasticity: 1,
        base_fee_denominator: 1,
        data_fee_scalar_ppm: 0,
        sequencer_fee_recipient: Address::ZERO,
    }
}

fn endpoint(addr: impl std::fmt::Display) -> Endpoint {
    format!("http://user:secret@{addr}/v2/SECRETKEY?apikey=SECRET").as_str().into()
}

/// A server that answers each connection once, and quotes the request's head in place of `{}`.
async fn server(status: &'static str, body: &'static str) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let read = peer.read(&mut request).await.unwrap();
            let head = String::from_utf8_lossy(&request[..read]);
            let body = body.replace("{}", head.lines().next().unwrap());
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            peer.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    endpoint
}

fn assert_hidden(text: &str) {
    let small = text.to_lowercase();
    assert!(SECRETS.iter().all(|secret| !small.contains(secret)), "{text}");
}

/// Everything that a log or a person could be shown of it.
fn shown(error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

/// An endpoint that takes connections and never answers: the system accepts them.
async fn silent() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(listener.local_addr().unwrap());
    (listener, endpoint.with_timeouts(Timeouts { request: Duration::from_millis(100), ..Default::default() }))
}

#[tokio::test]
async fn a_silent_endpoint_is_an_error_that_is_tried_again() {
    let (_listener, endpoint) = silent().await;
    let config = config();
    let connected = timeout(DEADLINE, L1Client::connect(&endpoint, &config));
    let error = connected.await.expect("it is waited for without end").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Retry);
    assert!(shown(&error).contains("timed out"), "{error}");
    assert_hidden(&shown(&error));
}

#[tokio::test]
async fn a_sender_gives_a_silent_endpoint_up() {
    let (_listener, endpoint) = silent().await;
    let wallet = EthereumWallet::from(PrivateKeySigner::random());
    let sender = TransactionSender::new(endpoint.connect(None).unwrap(), wallet, SenderOptions::default());
    let sent = timeout(DEADLINE, sender.send(Address::ZERO, Bytes::new()));
    let error = sent.await.expect("it is waited for without end").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Retry);
}

/// An answer that begins and does not go on is waited for no longer than one that never begins.
#[tokio::test]
async fn an_answer_that_stalls_is_given_up() {
    let (listener, endpoint) = silent().await;
    let stalled = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.read_u8().await.unwrap();
        peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
        // Held until the client hangs up.
        let mut rest = Vec::new();
        let _ = peer.read_to_end(&mut rest).await;
    });
    let provider = endpoint.connect(None).unwrap();
    let answer = timeout(DEADLINE, provider.get_chain_id()).await.expect("it is waited for without end");
    let error = shown(&answer.unwrap_err());
    assert!(error.contains("timed out"), "{error}");
    timeout(DEADLINE, stalled).await.expect("the connection is kept").unwrap();
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_error_or_log_shows_a_url_s_secrets() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish()
        .init();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        endpoint(listener.local_addr().unwrap())
    };
    for (endpoint, expected) in [
        (closed, "Connection refused"),
        (server("500 Internal Server Error", "cannot {}").await, "500"),
        (server("429 Too Many Requests\r\nretry-after: 1", "too many of {}").await, "429"),
        (server("200 OK", "<p>{}</p>").await, "deserialization"),
        (server("200 OK", "\"{}\"").await, "deserialization"),
        (
            server("200 OK", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"no {}","data":"{}"}}"#).await,
            "no POST",
        ),
        (server("307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/SECRETKEY", "").await, "refused"),
    ] {
        let error = BridgeError::from(endpoint.connect(None).unwrap().get_chain_id().await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Retry);
        let text = shown(&error);
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
        assert_hidden(&text);
        assert_hidden(&format!("{:?} {endpoint} {endpoint:?}", endpoint.connect(None).unwrap()));
    }
    tracing::trace!("all is logged");
    let written = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(written.contains("all is logged"), "{written}");
    assert_hidden(&written);
}
