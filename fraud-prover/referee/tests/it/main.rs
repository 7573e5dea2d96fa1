//! The contract, in an EVM, against the crate.

mod attention;
mod commit;
mod draw;
mod harness;
mod image;
mod metric;
mod product;
mod rows;
mod tilewise;
mod update;
