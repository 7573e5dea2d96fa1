use crate::BridgeError;
use alloy::primitives::B256;
use autonet_derive::DelayedSource;
use autonet_primitives::{Batch, DelayedMessage};
use std::collections::VecDeque;

/// An L1 block by number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1Ref {
    /// Number.
    pub number: u64,
    /// Hash.
    pub hash: B256,
}

/// What an L1 reorg took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// Batches that are left.
    pub batch_count: u64,
    /// Delayed messages that are left.
    pub delayed_count: u64,
}

/// An append-only hash chain, of which a prefix may be dropped and a suffix rolled back.
#[derive(Debug)]
struct Chain<T> {
    /// Items `base..base + items.len()`, each with its accumulator.
    items: VecDeque<(T, B256)>,
    base: u64,
    base_acc: B256,
}

impl<T> Chain<T> {
    const fn new() -> Self {
        Self { items: VecDeque::new(), base: 0, base_acc: B256::ZERO }
    }

    fn count(&self) -> u64 {
        self.base + self.items.len() as u64
    }

    fn acc(&self) -> B256 {
        self.items.back().map_or(self.base_acc, |(_, acc)| *acc)
    }

    fn acc_at(&self, count: u64) -> Option<B256> {
        if count == self.base {
            return Some(self.base_acc);
        }
        self.items.get(usize::try_from(count.checked_sub(self.base + 1)?).ok()?).map(|(_, acc)| *acc)
    }

    fn get(&self, index: u64) -> Option<&T> {
        self.items.get(usize::try_from(index.checked_sub(self.base)?).ok()?).map(|(item, _)| item)
    }

    fn truncate_while(&mut self, drop: impl Fn(&T) -> bool) {
        while self.items.back().is_some_and(|(item, _)| drop(item)) {
            self.items.pop_back();
        }
    }

    fn prune(&mut self, count: u64) {
        while self.base < count {
            let Some((_, acc)) = self.items.pop_front() else { break };
            self.base += 1;
            self.base_acc = acc;
        }
    }
}

/// The inbox as far as it was read: both hash chains, checked item by item.
///
/// A pure state machine: [`crate::InboxReader`] feeds it from an endpoint. Items that are consumed and final are
/// dropped by [`Self::prune`], so that memory follows the distance to L1's finality.
#[derive(Debug)]
pub struct InboxView {
    delayed: Chain<DelayedMessage>,
    batches: Chain<Batch>,
}

impl Default for InboxView {
    fn default() -> Self {
        Self { delayed: Chain::new(), batches: Chain::new() }
    }
}

impl InboxView {
    /// Appends a delayed message, after checking its place and the accumulator that L1 claims for it.
    ///
    /// # Errors
    /// [`BridgeError::Inconsistent`]; nothing is appended.
    pub fn push_delayed(&mut self, message: DelayedMessage, claimed: B256) -> Result<(), BridgeError> {
        let (index, acc) = (message.index, message.accumulate(self.delayed.acc()));
        check("delayed message", index, self.delayed.count(), acc, claimed)?;
        self.delayed.items.push_back((message, acc));
        Ok(())
    }

    /// Appends a batch, after checking its place, its accumulator and the delayed accumulator that it binds.
    ///
    /// # Errors
    /// [`BridgeError::Inconsistent`]; nothing is appended.
    pub fn push_batch(&mut self, batch: Batch, claimed: B256) -> Result<(), BridgeError> {
        let (index, acc) = (batch.index, batch.accumulate(self.batches.acc()));
        check("batch", index, self.batches.count(), acc, claimed)?;
        if self.delayed.acc_at(batch.delayed_cursor).is_some_and(|known| known != batch.delayed_acc) {
            return Err(BridgeError::Inconsistent {
                chain: "batch",
                index,
                reason: format!("it binds another delayed queue at {}", batch.delayed_cursor),
            });
        }
        self.batches.items.push_back((batch, acc));
        Ok(())
    }

    /// Takes back all that L1 blocks above `number` added.
    pub fn rollback(&mut self, number: u64) -> Rollback {
        self.delayed.truncate_while(|message| message.l1.number > number);
        self.batches.truncate_while(|batch| batch.l1_block > number);
        Rollback { batch_count: self.batches.count(), delayed_count: self.delayed.count() }
    }

    /// Drops the first `batch_count` batches and `delayed_count` delayed messages; their accumulators stay.
    pub fn prune(&mut self, batch_count: u64, delayed_count: u64) {
        self.batches.prune(batch_count);
        self.delayed.prune(delayed_count);
    }

    /// Batches so far.
    pub fn batch_count(&self) -> u64 {
        self.batches.count()
    }

    /// Delayed messages so far.
    pub fn delayed_count(&self) -> u64 {
        self.delayed.count()
    }

    /// The batch at an index, where it is known and was not dropped.
    pub fn batch(&self, index: u64) -> Option<&Batch> {
        self.batches.get(index)
    }

    /// The delayed message at an index, where it is known and was not dropped.
    pub fn delayed(&self, index: u64) -> Option<&DelayedMessage> {
        self.delayed.get(index)
    }

    /// The delayed accumulator after `count` messages.
    pub fn delayed_acc(&self, count: u64) -> Option<B256> {
        self.delayed.acc_at(count)
    }

    /// The batch accumulator after `count` batches.
    pub fn batch_acc(&self, count: u64) -> Option<B256> {
        self.batches.acc_at(count)
    }

    /// How many batches L1 blocks up to `number` posted (of those that are not dropped; never fewer than were).
    pub fn batches_up_to(&self, number: u64) -> u64 {
        let newer = self.batches.items.iter().rev().take_while(|(batch, _)| batch.l1_block > number).count();
        self.batches.count() - newer as u64
    }
}

impl DelayedSource for InboxView {
    fn message(&self, index: u64) -> Option<DelayedMessage> {
        self.delayed(index).cloned()
    }
}

fn check(chain: &'static str, index: u64, expected: u64, acc: B256, claimed: B256) -> Result<(), BridgeError> {
    if index != expected {
        return Err(BridgeError::Inconsistent { chain, index, reason: format!("index {expected} comes next") });
    }
    if acc != claimed {
        let reason = format!("its accumulator is {acc}, L1 claims {claimed}");
        return Err(BridgeError::Inconsistent { chain, index, reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Bytes;
    use autonet_primitives::{DelayedKind, L1Context};

    fn message(index: u64, block: u64) -> DelayedMessage {
        DelayedMessage {
            index,
            kind: DelayedKind::Context,
            sender: Default::default(),
            l1: L1Context { number: block, ..Default::default() },
            payload: Bytes::new(),
        }
    }

    fn view(messages: u64) -> InboxView {
        let mut view = InboxView::default();
        for index in 0..messages {
            push(&mut view, index, 10 + index);
        }
        view
    }

    fn push(view: &mut InboxView, index: u64, block: u64) {
        let message = message(index, block);
        let acc = message.accumulate(view.delayed.acc());
        view.push_delayed(message, acc).unwrap();
    }

    #[test]
    fn an_item_out_of_place_or_with_another_accumulator_is_refused() {
        let mut view = view(2);
        let gap = message(3, 13);
        assert!(view.push_delayed(gap, B256::ZERO).is_err());
        let forged = message(2, 12);
        assert!(view.push_delayed(forged, B256::repeat_byte(1)).is_err());
        assert_eq!(view.delayed_count(), 2);
    }

    #[test]
    fn a_batch_that_binds_another_delayed_queue_is_refused() {
        let mut view = view(2);
        let mut batch = Batch {
            index: 0,
            data: Bytes::new(),
            delayed_cursor: 1,
            delayed_acc: B256::repeat_byte(9),
            l1_block: 12,
            l1_time: 0,
        };
        let acc = batch.accumulate(B256::ZERO);
        assert_eq!(view.push_batch(batch.clone(), acc).unwrap_err().kind(), crate::ErrorKind::Reset);
        batch.delayed_acc = view.delayed_acc(1).unwrap();
        let acc = batch.accumulate(B256::ZERO);
        view.push_batch(batch, acc).unwrap();
        assert_eq!((view.batches_up_to(11), view.batches_up_to(12)), (0, 1));
    }

    #[test]
    fn rollback_then_replay_equals_straight_replay() {
        let straight = view(5);
        let mut reorged = view(5);
        assert_eq!(reorged.rollback(11), Rollback { batch_count: 0, delayed_count: 2 });
        for index in 2..5 {
            push(&mut reorged, index, 10 + index);
        }
        assert_eq!(reorged.delayed_acc(5), straight.delayed_acc(5));
    }

    #[test]
    fn pruning_keeps_counts_and_accumulators() {
        let mut pruned = view(5);
        let full = view(5);
        pruned.prune(0, 3);
        assert_eq!(pruned.delayed_count(), 5);
        assert!(pruned.delayed(2).is_none() && pruned.delayed(3).is_some());
        assert_eq!(pruned.delayed_acc(3), full.delayed_acc(3));
        push(&mut pruned, 5, 15);
        assert_eq!(pruned.delayed_count(), 6);
    }
}
