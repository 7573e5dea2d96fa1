//! The contract, in an EVM, against the crate.

mod draw;
mod harness;
mod image;
mod metric;
mod product;
mod tilewise;
mod update;
