use metrics_exporter_prometheus::BuildError;
use std::{net::SocketAddr, path::PathBuf};
use tracing_subscriber::{filter::ParseError, util::TryInitError};

/// Why telemetry did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The log level is neither a level nor a list of directives.
    #[error("log level {directives:?} is malformed")]
    LogLevel {
        /// What was given.
        directives: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// The log file cannot be opened for appending.
    #[error("log file {} cannot be opened", path.display())]
    LogFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The process has a subscriber already.
    #[error("logging is set up already")]
    Subscriber(#[from] TryInitError),
    /// The metrics cannot be served, usually because another process has the address.
    #[error("metrics cannot be served at {addr}")]
    Metrics {
        /// Where they should be served.
        addr: SocketAddr,
        /// What the exporter says.
        source: BuildError,
    },
}
