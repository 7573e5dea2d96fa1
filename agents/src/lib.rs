#![doc = include_str!("../README.md")]

pub mod chain;
pub mod commitment;
pub mod data;
pub mod draw;
mod error;
pub mod journal;
pub mod ml;
pub mod report;
pub mod roles;
pub mod spec;

pub use error::{AgentError, ErrorKind};
