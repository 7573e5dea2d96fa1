//! What is global to a process, so one test: the subscriber, the recorder and the signal handlers.

use autonet_telemetry::{LogFormat, TelemetryArgs, TelemetryError, shutdown_signal};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    time::Duration,
};

fn get(addr: SocketAddr) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_metrics_and_signals_reach_their_targets() {
    let shutdown = shutdown_signal().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log_file = folder.path().join("node.log");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let args = TelemetryArgs {
        log_level: "info,silent=error".into(),
        log_format: LogFormat::Json,
        log_file: Some(log_file.clone()),
        metrics_addr: Some(addr),
    };

    assert!(matches!(args.init(), Err(TelemetryError::Metrics { addr: at, .. }) if at == addr));
    drop(taken);
    args.init().unwrap();

    tracing::info!(block = 7, "block committed");
    tracing::info!(target: "silent", "not for the log");
    let log = std::fs::read_to_string(&log_file).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((&line["message"], &line["block"]), (&"block committed".into(), &7.into()));
    let again = TelemetryArgs { metrics_addr: None, ..args };
    assert!(matches!(again.init(), Err(TelemetryError::Subscriber(_))));

    metrics::counter!("autonet_telemetry_tests").increment(3);
    let response = tokio::task::spawn_blocking(move || get(addr)).await.unwrap();
    assert!(response.contains("autonet_telemetry_tests 3"), "{response}");

    assert!(!shutdown.is_cancelled());
    let pid = std::process::id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    tokio::time::timeout(Duration::from_secs(10), shutdown.cancelled()).await.unwrap();
}
