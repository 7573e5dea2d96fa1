//! The contract, in an EVM, against the crate.

mod attention;
mod harness;
mod metric;
mod product;
mod rows;
mod tilewise;
