//! The machine, as its program sees it.

mod calls;
mod heap;
mod oracle;
mod section;
mod start;

pub(crate) use calls::exit;
pub(crate) use oracle::Machine;
