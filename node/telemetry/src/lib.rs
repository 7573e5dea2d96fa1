#![doc = include_str!("../README.md")]

mod args;
mod error;
mod exit;
mod shutdown;

pub use args::{LogFormat, TelemetryArgs};
pub use error::TelemetryError;
pub use exit::exit_code;
pub use shutdown::{shutdown_signal, unix_time};
