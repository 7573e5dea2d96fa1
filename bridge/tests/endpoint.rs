//! What the errors, logs and waits of a connection are like when its endpoint is bad.

use alloy::providers::Provider;
use autonet_bridge::{BridgeError, Endpoint, ErrorKind};
use std::{
    error::Error,
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tracing_subscriber::util::SubscriberInitExt;

/// All that the URL holds of secrets, in small letters.
const SECRETS: [&str; 2] = ["secret", "user:"];

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
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish().init();
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
