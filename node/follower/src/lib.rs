#![doc = include_str!("../README.md")]

mod args;
mod error;
mod follower;

pub use args::{NodeArgs, StartError};
pub use error::FollowerError;
pub use follower::{Applied, Follower, Step, Unsafe};
