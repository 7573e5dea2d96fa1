//! Every method over a real server and a real chain.

mod blocks;
mod calls;
mod faults;
mod fees;
mod harness;
mod logs;
mod state;
mod subscriptions;
mod witness;
