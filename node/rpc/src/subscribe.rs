//! `eth_subscribe`: `newHeads` and `logs`.

use crate::{convert, error::RpcError, logs, reader::Result};
use alloy_rpc_types_eth::{
    Filter, Log,
    pubsub::{Params, SubscriptionKind},
};
use autonet_chain::{ChainEvent, CommittedBlock};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionMessage, core::SubscriptionResult};
use serde::Serialize;
use serde_json::value::to_raw_value;
use std::collections::VecDeque;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Logs that one subscription remembers, to tell its client when a reorganisation removes them.
const MAX_REMEMBERED_LOGS: usize = 4_096;

/// What a subscription tells its client of.
pub(crate) enum Feed {
    Heads,
    Logs {
        filter: Box<Filter>,
        /// Sent, the oldest first, and not final yet.
        sent: VecDeque<Log>,
    },
}

/// The feed that a client asks for.
pub(crate) fn feed(kind: SubscriptionKind, params: Option<Params>) -> Result<Feed> {
    match (kind, params.unwrap_or_default()) {
        (SubscriptionKind::NewHeads, Params::None) => Ok(Feed::Heads),
        (SubscriptionKind::Logs, Params::None) => Ok(Feed::Logs { filter: Default::default(), sent: VecDeque::new() }),
        (SubscriptionKind::Logs, Params::Logs(filter)) => {
            logs::check(&filter)?;
            Ok(Feed::Logs { filter, sent: VecDeque::new() })
        }
        (kind, _) => Err(RpcError::InvalidParams(format!("no \"{kind}\" subscription with these parameters"))),
    }
}

/// Feeds a client until it leaves, the server stops, or the client falls too far behind.
pub(crate) async fn run(
    pending: PendingSubscriptionSink,
    mut feed: Feed,
    mut events: Receiver<ChainEvent>,
) -> SubscriptionResult {
    let sink = pending.accept().await?;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = sink.closed() => return Ok(()),
        };
        let event = match event {
            Ok(event) => event,
            Err(RecvError::Closed) => return Ok(()),
            Err(RecvError::Lagged(events)) => return Err(format!("too slow: {events} events lost").into()),
        };
        for message in feed.messages(&event)? {
            if sink.send(message).await.is_err() {
                return Ok(());
            }
        }
    }
}

impl Feed {
    fn messages(&mut self, event: &ChainEvent) -> core::result::Result<Vec<SubscriptionMessage>, serde_json::Error> {
        match self {
            Self::Heads => match event {
                ChainEvent::Committed(committed) => Ok(vec![message(&convert::header(&committed.block.header))?]),
                ChainEvent::Unwound { .. } | ChainEvent::Heads(_) => Ok(Vec::new()),
            },
            Self::Logs { filter, sent } => log_changes(filter, sent, event).iter().map(message).collect(),
        }
    }
}

/// The logs that an event adds or removes.
fn log_changes(filter: &Filter, sent: &mut VecDeque<Log>, event: &ChainEvent) -> Vec<Log> {
    match event {
        ChainEvent::Committed(committed) => {
            let new = added(committed, filter);
            sent.extend(new.iter().cloned());
            sent.drain(..sent.len().saturating_sub(MAX_REMEMBERED_LOGS));
            new
        }
        ChainEvent::Unwound { to, .. } => {
            let stay = sent.partition_point(|log| log.block_number <= Some(to.number));
            // The newest first: the client undoes what it has done.
            sent.drain(stay..).rev().map(|log| Log { removed: true, ..log }).collect()
        }
        ChainEvent::Heads(heads) => {
            let is_final = sent.partition_point(|log| log.block_number <= Some(heads.finalized.number));
            sent.drain(..is_final);
            Vec::new()
        }
    }
}

fn added(committed: &CommittedBlock, filter: &Filter) -> Vec<Log> {
    match filter.matches_bloom(committed.block.header.header.logs_bloom) {
        true => logs::matching(&committed.block, committed.receipts.clone(), filter).collect(),
        false => Vec::new(),
    }
}

fn message(item: &impl Serialize) -> core::result::Result<SubscriptionMessage, serde_json::Error> {
    Ok(to_raw_value(item)?.into())
}
