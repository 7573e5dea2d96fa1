//! The contract, in an EVM, against the crate.

mod attention;
mod commit;
mod draw;
mod harness;
mod image;
mod metric;
mod mutate;
mod product;
mod rows;
mod sparse;
mod tilewise;
mod update;
mod worst;
