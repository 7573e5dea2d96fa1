use super::{AccountView, Best, NextBlockView, PooledTransaction, validate};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256, map::AddressMap, map::B256HashMap};
use autonet_primitives::TxEnvelope;
use autonet_rpc::PoolError;
use autonet_stf::Recovered;
use std::collections::BTreeMap;

/// Bounds of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolLimits {
    /// Transactions in all.
    pub transactions: usize,
    /// Transactions of one account, and how far a nonce may be ahead.
    pub per_account: usize,
    /// Bytes of one transaction.
    pub transaction_bytes: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        Self { transactions: 10_000, per_account: 256, transaction_bytes: 96 * 1024 }
    }
}

/// Transactions that wait for a block, by account and nonce.
///
/// A pure data structure: what it must know of the head comes in with each call. Not on disk: a transaction is
/// acknowledged for good when it is in a block.
#[derive(Debug)]
pub struct Mempool {
    limits: MempoolLimits,
    accounts: AddressMap<BTreeMap<u64, PooledTransaction>>,
    by_hash: B256HashMap<(Address, u64)>,
    arrivals: u64,
}

impl Mempool {
    /// An empty pool.
    pub fn new(limits: MempoolLimits) -> Self {
        Self { limits, accounts: Default::default(), by_hash: Default::default(), arrivals: 0 }
    }

    /// The bounds.
    pub const fn limits(&self) -> &MempoolLimits {
        &self.limits
    }

    /// Transactions in the pool.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Takes a transaction in, or replaces one that it outbids.
    ///
    /// # Errors
    /// [`PoolError`]; the pool is then as before.
    pub fn insert(
        &mut self,
        transaction: Recovered<TxEnvelope>,
        account: AccountView,
        data_fee: U256,
        next: NextBlockView,
    ) -> Result<B256, PoolError> {
        let hash = transaction.tx_hash();
        if self.by_hash.contains_key(&hash) {
            return Err(PoolError::AlreadyKnown);
        }
        validate::validate(&transaction, account, data_fee, next, &self.limits)?;
        let (sender, nonce) = (transaction.signer(), transaction.nonce());
        let old = self.accounts.get(&sender).and_then(|queue| queue.get(&nonce));
        if old.is_some_and(|old| !old.is_outbid_by(&transaction)) {
            return Err(PoolError::ReplacementUnderpriced);
        }
        if old.is_none() && self.len() >= self.limits.transactions {
            self.make_room(&transaction, next.base_fee)?;
        }
        self.arrivals += 1;
        let pooled = PooledTransaction::new(transaction, self.arrivals);
        if let Some(old) = self.accounts.entry(sender).or_default().insert(nonce, pooled) {
            self.by_hash.remove(&old.hash());
        }
        self.by_hash.insert(hash, (sender, nonce));
        Ok(hash)
    }

    /// Drops the last transaction of the account whose last one pays least, if the newcomer pays more.
    fn make_room(&mut self, newcomer: &Recovered<TxEnvelope>, base_fee: u64) -> Result<(), PoolError> {
        let tip = |tx: &PooledTransaction| tx.tip(base_fee).unwrap_or_default();
        let last = self.accounts.values().filter_map(|queue| queue.values().next_back());
        let cheapest = last.min_by_key(|tx| (tip(tx), std::cmp::Reverse(tx.arrival())));
        let newcomer_tip = newcomer.effective_tip_per_gas(base_fee).unwrap_or_default();
        match cheapest.map(|tx| (tip(tx), tx.hash())) {
            Some((tip, hash)) if tip < newcomer_tip => {
                self.remove(hash);
                Ok(())
            }
            _ => Err(PoolError::Full),
        }
    }

    /// A transaction by hash.
    pub fn get(&self, hash: B256) -> Option<&PooledTransaction> {
        let (sender, nonce) = self.by_hash.get(&hash)?;
        self.accounts.get(sender)?.get(nonce)
    }

    /// The transaction of an account with a nonce.
    pub(super) fn queued(&self, sender: Address, nonce: u64) -> Option<&PooledTransaction> {
        self.accounts.get(&sender)?.get(&nonce)
    }

    /// Drops a transaction.
    pub fn remove(&mut self, hash: B256) -> Option<PooledTransaction> {
        let (sender, nonce) = self.by_hash.remove(&hash)?;
        let queue = self.accounts.get_mut(&sender)?;
        let removed = queue.remove(&nonce);
        if queue.is_empty() {
            self.accounts.remove(&sender);
        }
        removed
    }

    /// Drops what an account's next nonce has made stale.
    pub fn advance(&mut self, sender: Address, next_nonce: u64) {
        let Some(queue) = self.accounts.get_mut(&sender) else { return };
        let live = queue.split_off(&next_nonce);
        for stale in std::mem::replace(queue, live).into_values() {
            self.by_hash.remove(&stale.hash());
        }
        if queue.is_empty() {
            self.accounts.remove(&sender);
        }
    }

    /// An account's next nonce after the transactions in the pool that can follow each other.
    pub fn next_nonce(&self, sender: Address, next_nonce: u64) -> u64 {
        let Some(queue) = self.accounts.get(&sender) else { return next_nonce };
        queue.range(next_nonce..).zip(next_nonce..).take_while(|((nonce, _), expected)| *nonce == expected).count()
            as u64
            + next_nonce
    }

    /// Accounts with transactions in the pool.
    pub fn senders(&self) -> impl Iterator<Item = Address> + '_ {
        self.accounts.keys().copied()
    }

    /// How many could be in the next block, and how many wait for an earlier nonce; `nonce_of` knows the head.
    pub fn counts(&self, mut nonce_of: impl FnMut(Address) -> u64) -> (usize, usize) {
        let pending: u64 = self
            .accounts
            .keys()
            .map(|sender| {
                let next = nonce_of(*sender);
                self.next_nonce(*sender, next) - next
            })
            .sum();
        let pending = usize::try_from(pending).unwrap_or(usize::MAX).min(self.len());
        (pending, self.len() - pending)
    }

    /// The transactions of the next block: best tip first, an account's in order of nonce, starting at the nonce that
    /// `nonce_of` knows.
    pub fn best(&self, base_fee: u64, mut nonce_of: impl FnMut(Address) -> u64) -> Best<'_> {
        Best::new(self, base_fee, self.accounts.keys().map(|sender| (*sender, nonce_of(*sender))))
    }
}
