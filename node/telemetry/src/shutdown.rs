use std::{
    io,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that SIGINT or SIGTERM cancels; a second signal ends the process at once, with exit code 130.
///
/// To be called inside a Tokio runtime.
///
/// # Errors
/// The system refuses a signal handler.
pub fn shutdown_signal() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let shutdown = token.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            }
        };
        let first = next().await;
        tracing::info!(signal = first, "shutting down");
        shutdown.cancel();
        let second = next().await;
        tracing::warn!(signal = second, "exiting before the shutdown is complete");
        std::process::exit(130);
    });
    Ok(token)
}

/// The time by the system's clock, in seconds since 1970.
pub fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
