#![doc = include_str!("../README.md")]

mod batch_poster;
mod builder;
mod checkpoint_poster;
mod error;
mod mempool;
mod pool_service;
mod service;

pub use error::SequencerError;
pub use mempool::{AccountView, Best, Mempool, MempoolLimits, NextBlockView, PooledTransaction};
pub use pool_service::PoolService;
pub use service::{Pace, Sequencer, SequencerConfig};
