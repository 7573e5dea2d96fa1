#![doc = include_str!("../README.md")]

mod accounts;
mod api;
mod blocks;
mod call;
mod config;
mod convert;
mod error;
mod estimate;
mod fees;
mod handlers;
mod l1;
mod logs;
mod meter;
mod pool;
mod reader;
mod record;
mod server;
mod status;
mod subscribe;
mod types;
mod witness;

pub use config::RpcConfig;
pub use pool::{PoolError, PoolStatus, TransactionPool};
pub use reader::Clock;
pub use server::{Node, RpcServer, ServeError, serve};
pub use types::{CheckpointPosition, HeadStatus, L1Position, SyncStatus};
pub use witness::{UnknownKind, Witness, WitnessInput, WitnessMessage, WitnessPage};
