use super::{Mempool, PooledTransaction};
use alloy_primitives::Address;
use std::collections::BinaryHeap;

/// See [`Mempool::best`].
#[derive(Debug)]
pub struct Best<'a> {
    pool: &'a Mempool,
    heap: BinaryHeap<Candidate<'a>>,
    base_fee: u64,
}

impl<'a> Best<'a> {
    pub(super) fn new(pool: &'a Mempool, base_fee: u64, first: impl Iterator<Item = (Address, u64)>) -> Self {
        let first = first.filter_map(|(sender, nonce)| Candidate::new(pool.queued(sender, nonce)?, base_fee));
        Self { pool, heap: first.collect(), base_fee }
    }

    /// The next transaction; call [`Self::included`] with it to go on with its sender.
    pub fn pop(&mut self) -> Option<&'a PooledTransaction> {
        self.heap.pop().map(|candidate| candidate.transaction)
    }

    /// The transaction is in the block: its sender's next one may follow.
    pub fn included(&mut self, transaction: &PooledTransaction) {
        let Some(nonce) = transaction.nonce().checked_add(1) else { return };
        let following = self.pool.queued(transaction.sender(), nonce);
        self.heap.extend(following.and_then(|tx| Candidate::new(tx, self.base_fee)));
    }
}

#[derive(Debug)]
struct Candidate<'a> {
    tip: u128,
    transaction: &'a PooledTransaction,
}

impl<'a> Candidate<'a> {
    fn new(transaction: &'a PooledTransaction, base_fee: u64) -> Option<Self> {
        Some(Self { tip: transaction.tip(base_fee)?, transaction })
    }

    fn rank(&self) -> (u128, std::cmp::Reverse<u64>) {
        (self.tip, std::cmp::Reverse(self.transaction.arrival()))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Candidate<'_> {}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}
