//! The contract, in an EVM, against the crate.

mod harness;
mod image;
mod metric;
mod product;
mod tilewise;
