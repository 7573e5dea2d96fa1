#![doc = include_str!("../README.md")]

mod args;
mod error;
mod follower;

pub use args::{NodeArgs, StartError};
pub use error::{FollowerError, chain_kind};
pub use follower::{Applied, Follower, Step, Unsafe};
