//! The inbox, read backwards along its two hash chains.

use crate::{LocalInput, Oracle, Refused};
use alloc::vec::Vec;
use alloy_primitives::B256;
use autonet_derive::DelayedSource;
use autonet_primitives::{Batch, BatchLink, DelayedLink, DelayedMessage};
use core::cell::Cell;

/// The part of the inbox from one position to the claim's.
pub(crate) struct Inbox<'a, O: Oracle> {
    oracle: &'a O,
    batches: Chain<BatchLink>,
    delayed: Chain<DelayedLink>,
    /// What went wrong where derivation could not be told.
    failed: Cell<Option<O::Error>>,
}

/// Links of a hash chain, the newest first.
struct Chain<L> {
    start: u64,
    links: Vec<L>,
}

impl<L> Chain<L> {
    fn read<O: Oracle>(
        oracle: &O,
        (start, end): (u64, u64),
        mut acc: B256,
        decode: impl Fn(&[u8]) -> Option<L>,
        previous: impl Fn(&L) -> B256,
    ) -> Result<Self, Refused<O::Error>> {
        let count = end.checked_sub(start).ok_or(Refused::Position { start, end })?;
        let mut links = Vec::new();
        for _ in 0..count {
            let words = oracle.preimage(acc).map_err(Refused::Oracle)?;
            let link = decode(&words).ok_or(Refused::Link(acc))?;
            acc = previous(&link);
            links.push(link);
        }
        Ok(Self { start, links })
    }

    fn get(&self, index: u64) -> Option<&L> {
        let from_start = usize::try_from(index.checked_sub(self.start)?).ok()?;
        self.links.get(self.links.len().checked_sub(from_start)?.checked_sub(1)?)
    }
}

impl<'a, O: Oracle> Inbox<'a, O> {
    /// The inbox of the claim from batch `batch_count` and message `delayed_count` on.
    pub(crate) fn read(oracle: &'a O, batch_count: u64, delayed_count: u64) -> Result<Self, Refused<O::Error>> {
        let batches = (batch_count, oracle.number(LocalInput::BatchCount)?);
        let delayed = (delayed_count, oracle.number(LocalInput::DelayedCount)?);
        let (batch_acc, delayed_acc) = (oracle.local(LocalInput::BatchAcc), oracle.local(LocalInput::DelayedAcc));
        Ok(Self {
            oracle,
            batches: Chain::read(oracle, batches, batch_acc, BatchLink::decode, |link| link.previous)?,
            delayed: Chain::read(oracle, delayed, delayed_acc, DelayedLink::decode, |link| link.previous)?,
            failed: Cell::new(None),
        })
    }

    /// The batch with this index; `None` after the claim's last.
    pub(crate) fn batch(&self, index: u64) -> Result<Option<Batch>, Refused<O::Error>> {
        let Some(link) = self.batches.get(index) else { return Ok(None) };
        Ok(Some(Batch {
            index,
            data: self.oracle.preimage(link.data_hash).map_err(Refused::Oracle)?,
            delayed_cursor: link.delayed_cursor,
            delayed_acc: link.delayed_acc,
            l1_block: link.l1_block,
            l1_time: link.l1_time,
        }))
    }

    /// What the oracle said when a message was asked for and could not be had.
    pub(crate) fn failure(&self) -> Result<(), Refused<O::Error>> {
        self.failed.take().map_or(Ok(()), |error| Err(Refused::Oracle(error)))
    }
}

impl<O: Oracle> DelayedSource for Inbox<'_, O> {
    fn message(&self, index: u64) -> Option<DelayedMessage> {
        let link = self.delayed.get(index)?;
        match self.oracle.preimage(link.payload_hash) {
            Ok(payload) => Some(DelayedMessage { index, kind: link.kind, sender: link.sender, l1: link.l1, payload }),
            Err(error) => {
                self.failed.set(Some(error));
                None
            }
        }
    }
}
