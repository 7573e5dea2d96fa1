use crate::{
    MempoolLimits, PoolService, SequencerError,
    batch_poster::BatchPoster,
    builder::{BlockBuilder, BlockRequest},
    checkpoint_poster::CheckpointPoster,
};
use alloy::{network::EthereumWallet, signers::local::PrivateKeySigner};
use autonet_bindings::inbox::Inbox::InboxInstance;
use autonet_bridge::{Checkpoints, ErrorKind, InboxReader, InboxUpdate, L1Client, SenderOptions, TransactionSender};
use autonet_chain::Chain;
use autonet_follower::{Follower, Unsafe};
use autonet_primitives::{DelayedMessage, MAX_DELAYED_PER_BLOCK};
use autonet_rpc::{L1Position, TransactionPool as _};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often the sequencer does what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// At most one block in this time.
    pub min_block: Duration,
    /// At least one block in this time.
    pub max_block: Duration,
    /// Between two looks at L1.
    pub l1_poll: Duration,
    /// Between two batches, if there is something to post.
    pub batch: Duration,
    /// Between two checkpoints, if there is something to claim.
    pub checkpoint: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            min_block: Duration::from_millis(250),
            max_block: Duration::from_secs(12),
            l1_poll: Duration::from_millis(1_000),
            batch: Duration::from_secs(60),
            checkpoint: Duration::from_secs(3_600),
        }
    }
}

/// What a sequencer needs besides its chain and the connection to L1.
#[derive(Clone, Debug)]
pub struct SequencerConfig {
    /// Paces.
    pub pace: Pace,
    /// Bounds of the mempool.
    pub mempool: MempoolLimits,
    /// How L1 transactions are sent.
    pub sender: SenderOptions,
}

/// What the follower knows of L1, for the other tasks.
#[derive(Clone, Debug, Default)]
struct L1Status {
    /// Delayed messages from `first` on, at most a few blocks' worth.
    delayed: Vec<DelayedMessage>,
    position: L1Position,
    caught_up: bool,
}

/// Who is told what the follower finds.
#[derive(Debug)]
struct StatusSenders {
    tasks: watch::Sender<L1Status>,
    l1: watch::Sender<L1Position>,
}

/// Delayed messages that are handed to the builder at once.
const DELAYED_AHEAD: u64 = 4 * MAX_DELAYED_PER_BLOCK;

/// A running sequencer without its RPC server.
#[derive(Debug)]
pub struct Sequencer {
    chain: Chain,
    pool: PoolService,
    l1: L1Client,
    sender: Arc<TransactionSender>,
    config: SequencerConfig,
    position: watch::Sender<L1Position>,
}

impl Sequencer {
    /// A sequencer on a chain; `key` is that of the account that the inbox takes batches from.
    ///
    /// # Errors
    /// [`SequencerError::NotTheSequencer`] for another key, or the transport's.
    pub async fn new(
        chain: Chain,
        l1: L1Client,
        key: PrivateKeySigner,
        config: SequencerConfig,
    ) -> Result<Self, SequencerError> {
        let inbox = InboxInstance::new(l1.addresses().inbox, l1.provider().clone());
        let expected = inbox.sequencer().call().await.map_err(autonet_bridge::BridgeError::from)?;
        if expected != key.address() {
            return Err(SequencerError::NotTheSequencer { expected, actual: key.address() });
        }
        let sender = TransactionSender::new(l1.provider().clone(), EthereumWallet::from(key), config.sender);
        let pool = PoolService::new(chain.clone(), config.mempool);
        let position = watch::Sender::new(L1Position::default());
        Ok(Self { chain, pool, l1, sender: Arc::new(sender), config, position })
    }

    /// Its mempool, for the RPC server.
    pub const fn pool(&self) -> &PoolService {
        &self.pool
    }

    /// How far L1 has been read, for the RPC server.
    pub fn l1_position(&self) -> watch::Receiver<L1Position> {
        self.position.subscribe()
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// The first error that only a person can mend; all tasks are stopped then.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), SequencerError> {
        let stop = shutdown.child_token();
        let (tasks, l1) = watch::channel(L1Status::default());
        let status = StatusSenders { tasks, l1: self.position.clone() };
        let mut tasks = JoinSet::new();
        let pool = self.pool.clone().follow(stop.clone());
        tasks.spawn(async move {
            pool.await;
            Ok(())
        });
        tasks.spawn(follow(self.follower(), self.chain.clone(), self.config.pace.l1_poll, status, stop.clone()));
        let builder = BlockBuilder::new(self.chain.clone(), self.pool.clone());
        tasks.spawn(build(builder, self.chain.clone(), self.pool.clone(), self.config.pace, l1.clone(), stop.clone()));
        let poster = BatchPoster::new(self.chain.clone(), self.sender.clone(), self.l1.addresses().inbox);
        tasks.spawn(post_batches(poster, self.config.pace.batch, l1.clone(), stop.clone()));
        let start = self.chain.genesis().l1_start_block;
        let checkpoints = Checkpoints::new(self.l1.clone(), start);
        let poster = CheckpointPoster::new(self.chain.clone(), checkpoints, self.sender.clone(), start);
        tasks.spawn(post_checkpoints(poster, self.config.pace.checkpoint, l1, stop.clone()));

        let mut result = Ok(());
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.unwrap_or(Err(SequencerError::Interrupted("a task of the sequencer")));
            // The first to end, well or not, ends the others; the first failure is the one to tell.
            stop.cancel();
            result = result.and(ended);
        }
        result
    }

    fn follower(&self) -> Follower {
        let reader = InboxReader::new(self.l1.clone(), self.chain.genesis().l1_start_block);
        Follower::new(reader, self.chain.clone(), Unsafe::Keep)
    }
}

/// A ticker that does not hurry after a pause.
fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Passes over what the next try may mend; everything else ends the task.
fn tolerate(error: SequencerError, what: &'static str) -> Result<(), SequencerError> {
    if error.kind() == ErrorKind::Fatal {
        return Err(error);
    }
    metrics::counter!("autonet_sequencer_retries_total", "task" => what).increment(1);
    tracing::warn!(%error, task = what, "trying again");
    Ok(())
}

async fn follow(
    mut follower: Follower,
    chain: Chain,
    poll: Duration,
    status: StatusSenders,
    stop: CancellationToken,
) -> Result<(), SequencerError> {
    let mut ticks = every(poll);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let step = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            step = follower.step() => step,
        };
        let step = match step {
            Ok(step) => step,
            Err(error) => {
                // Not caught up until a step says so again: nothing is built on what may be gone.
                status.tasks.send_modify(|status| status.caught_up = false);
                tolerate(error.into(), "follower")?;
                continue;
            }
        };
        for applied in &step.applied {
            tracing::debug!(batch = applied.batch, outcome = ?applied.outcome, "batch derived");
        }
        if !step.l1.caught_up {
            ticks.reset_immediately();
        }
        let (view, first) = (follower.reader().view(), chain.head().delayed.count);
        let delayed = (first..first + DELAYED_AHEAD).map_while(|index| view.delayed(index).cloned()).collect();
        metrics::gauge!("autonet_sequencer_safe_block").set(chain.heads().safe.number as f64);
        let InboxUpdate { head, processed, finalized, caught_up, .. } = step.l1;
        let position = L1Position { head: head.number, processed, finalized };
        status.l1.send_replace(position);
        status.tasks.send_replace(L1Status { delayed, position, caught_up });
    }
}

async fn build(
    builder: BlockBuilder,
    chain: Chain,
    pool: PoolService,
    pace: Pace,
    mut l1: watch::Receiver<L1Status>,
    stop: CancellationToken,
) -> Result<(), SequencerError> {
    let mut ticks = every(pace.min_block);
    let mut last_block = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        // Between two blocks: sleep until there is a reason for one.
        let overdue = last_block + pace.max_block;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = pool.arrival() => {}
            _ = l1.changed() => {}
            () = tokio::time::sleep_until(overdue) => {}
            () = tokio::time::sleep(pace.min_block), if pool.status().pending > 0 => {}
        }
        let next = chain.head().delayed.count;
        let (delayed, caught_up) = {
            let status = l1.borrow_and_update();
            let due = status.delayed.iter().skip_while(|message| message.index < next);
            let due: Vec<_> = due.take(MAX_DELAYED_PER_BLOCK as usize).cloned().collect();
            (due, status.caught_up)
        };
        if !caught_up {
            continue;
        }
        let even_if_empty = tokio::time::Instant::now() >= overdue;
        let request = BlockRequest { timestamp: autonet_telemetry::unix_time(), delayed, even_if_empty };
        let builder = builder.clone();
        // Execution is computation: it leaves the async threads to the network.
        let built = tokio::task::spawn_blocking(move || builder.build(request)).await;
        match built.map_err(|_| SequencerError::Interrupted("the block builder"))? {
            Ok(Some(_)) => last_block = tokio::time::Instant::now(),
            Ok(None) => {}
            // The follower unwound the chain between two reads.
            Err(error) => tolerate(error, "block builder")?,
        }
    }
}

/// Waits until L1 is read and applied up to its head; false for a shutdown.
async fn caught_up(l1: &mut watch::Receiver<L1Status>, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        seen = l1.wait_for(|status| status.caught_up) => seen.is_ok(),
    }
}

async fn post_batches(
    poster: BatchPoster,
    period: Duration,
    mut l1: watch::Receiver<L1Status>,
    stop: CancellationToken,
) -> Result<(), SequencerError> {
    let mut ticks = every(period);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if !caught_up(&mut l1, &stop).await {
            return Ok(());
        }
        let batch = match poster.prepare() {
            Ok(Some(batch)) => batch,
            Ok(None) => continue,
            Err(error) => {
                tolerate(error, "batch poster")?;
                continue;
            }
        };
        if batch.has_more {
            ticks.reset_immediately();
        }
        let posted = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            posted = poster.post(batch) => posted,
        };
        match posted {
            // Until the follower has seen the batch, its blocks would be posted again.
            Ok(l1_block) => tokio::select! {
                () = stop.cancelled() => return Ok(()),
                seen = l1.wait_for(|status| status.caught_up && status.position.processed >= l1_block) => { let _ = seen; }
            },
            Err(error) => tolerate(error, "batch poster")?,
        }
    }
}

async fn post_checkpoints(
    mut poster: CheckpointPoster,
    period: Duration,
    mut l1: watch::Receiver<L1Status>,
    stop: CancellationToken,
) -> Result<(), SequencerError> {
    let mut ticks = every(period);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if !caught_up(&mut l1, &stop).await {
            return Ok(());
        }
        let head = l1.borrow().position.head;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            done = poster.step(head) => {
                if let Err(error) = done {
                    tolerate(error, "checkpoint poster")?;
                }
            }
        }
    }
}
