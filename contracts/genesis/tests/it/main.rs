//! The genesis as a running chain sees it.

mod chain;
mod contents;
mod layout;
mod yuma;
