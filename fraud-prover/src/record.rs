//! Executes a span once, natively, and gathers what the guest will ask for.

use crate::{Evidence, ProverError, Span};
use alloy_primitives::{B256, U256};
use autonet_bridge::InboxView;
use autonet_derive::{DeriveState, derive_batch};
use autonet_guest::LocalInput;
use autonet_primitives::{BlockInput, ChainConfig};
use autonet_stf::{Recorder, SealedHeader, State, execute_block};
use autonet_storage::{BatchRecord, StateView, Storage, StorageError};

/// Headers and states of any age.
pub trait History {
    /// A state.
    type State: State;

    /// What is fixed for the chain.
    fn config(&self) -> &ChainConfig;

    /// The last block of the first `count` batches, and where derivation stands after them.
    fn after_batches(&self, count: u64) -> Result<(u64, DeriveState), ProverError>;

    /// The header of a block.
    fn header(&self, number: u64) -> Result<SealedHeader, ProverError>;

    /// The state after a block.
    fn state_at(&self, number: u64) -> Result<Self::State, ProverError>;
}

impl History for Storage {
    type State = StateView;

    fn config(&self) -> &ChainConfig {
        Self::config(self)
    }

    fn after_batches(&self, count: u64) -> Result<(u64, DeriveState), ProverError> {
        let unknown = ProverError::NoBatch { batch_count: self.batch_count()?, asked: count };
        let number = self.block_of_batches(count)?.ok_or(unknown)?.number;
        let Some(last) = count.checked_sub(1) else {
            return Ok((number, DeriveState { last_timestamp: self.genesis().timestamp, ..Default::default() }));
        };
        let record = self.batch(last)?.ok_or(ProverError::NoBatch { batch_count: last, asked: count })?;
        let BatchRecord { delayed_count, last_timestamp, .. } = record;
        Ok((number, DeriveState { batch_count: count, delayed_count, last_timestamp }))
    }

    fn header(&self, number: u64) -> Result<SealedHeader, ProverError> {
        Ok(Self::header(self, number)?.ok_or(StorageError::UnknownBlock(number))?.sealed())
    }

    fn state_at(&self, number: u64) -> Result<StateView, ProverError> {
        Ok(Self::state_at(self, number)?)
    }
}

/// All that a proof of `span` needs. `progress` is told each block that is done.
pub fn record<H: History>(
    history: &H,
    inbox: &InboxView,
    span: &Span,
    mut progress: impl FnMut(u64),
) -> Result<Evidence, ProverError> {
    let mut recording = Recording::start(history, inbox, span)?;
    let mut head = history.header(span.from)?;
    recording.evidence.insert(alloy_rlp::encode(head.header()));
    let (mut state, mut done) = (span.state, span.blocks_done());
    while state.batch_count < span.batch_count && (head.number < span.target || span.ends_claim) {
        let batch = inbox.batch(state.batch_count).ok_or_else(|| recording.not_read(span))?;
        let derived = derive_batch(history.config(), &state, batch, inbox)?;
        for input in derived.blocks.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
            if head.number == span.target {
                break;
            }
            head = recording.execute(&head, input)?;
            progress(head.number);
        }
        (state, done) = (derived.next, 0);
    }
    Ok(recording.evidence)
}

struct Recording<'a, H> {
    history: &'a H,
    inbox: &'a InboxView,
    evidence: Evidence,
}

impl<'a, H: History> Recording<'a, H> {
    /// Local inputs, the config, the output before, and the inbox.
    fn start(history: &'a H, inbox: &'a InboxView, span: &Span) -> Result<Self, ProverError> {
        let mut this = Self { history, inbox, evidence: Evidence::default() };
        let config = history.config();
        let number = |value: u64| B256::from(U256::from(value));
        let delayed_count = inbox.delayed_count();
        let accs = inbox.batch_acc(span.batch_count).zip(inbox.delayed_acc(delayed_count));
        let (batch_acc, delayed_acc) = accs.ok_or_else(|| this.not_read(span))?;
        let evidence = &mut this.evidence;
        let config_hash = evidence.insert(config.encode());
        let previous = evidence.insert(span.previous.encode(config_hash));
        evidence.set_local(LocalInput::ConfigHash, config_hash);
        evidence.set_local(LocalInput::PreviousOutput, previous);
        evidence.set_local(LocalInput::TargetBlock, number(span.target));
        evidence.set_local(LocalInput::BatchCount, number(span.batch_count));
        evidence.set_local(LocalInput::BatchAcc, batch_acc);
        evidence.set_local(LocalInput::DelayedCount, number(delayed_count));
        evidence.set_local(LocalInput::DelayedAcc, delayed_acc);
        evidence.set_local(LocalInput::EndsClaim, number(span.ends_claim.into()));
        this.insert_inbox(span, delayed_count)?;
        Ok(this)
    }

    fn insert_inbox(&mut self, span: &Span, delayed_count: u64) -> Result<(), ProverError> {
        for index in span.state.batch_count..span.batch_count {
            let item = self.inbox.batch(index).zip(self.inbox.batch_acc(index));
            let (batch, acc) = item.ok_or_else(|| self.not_read(span))?;
            self.evidence.insert(batch.link(acc).encode());
            self.evidence.insert(batch.data.clone());
        }
        for index in span.state.delayed_count..delayed_count {
            let item = self.inbox.delayed(index).zip(self.inbox.delayed_acc(index));
            let (message, acc) = item.ok_or_else(|| self.not_read(span))?;
            self.evidence.insert(message.link(acc).encode());
            self.evidence.insert(message.payload.clone());
        }
        Ok(())
    }

    /// Executes the block after `parent`; what it reads becomes evidence.
    fn execute(&mut self, parent: &SealedHeader, input: &BlockInput) -> Result<SealedHeader, ProverError> {
        let number = parent.number + 1;
        let state = self.history.state_at(parent.number)?;
        let recorder = Recorder::new(&state, parent.state_root);
        let executed = execute_block(self.history.config(), parent, input, &recorder)
            .map_err(|error| ProverError::Execute { number, reason: describe(&error) })?;
        let read = recorder.into_recording();
        let stored = self.history.header(number)?.hash();
        if stored != executed.hash {
            return Err(ProverError::OtherBlock { number, stored, derived: executed.hash });
        }
        for ancestor in read.oldest_block.into_iter().flat_map(|oldest| oldest + 1..parent.number) {
            self.evidence.insert(alloy_rlp::encode(self.history.header(ancestor)?.header()));
        }
        self.evidence.preimages.extend(read.preimages);
        let tensors = read.tensors.into_iter().filter_map(|(id, tensor)| Some((id, tensor.data()?.clone())));
        self.evidence.tensors.extend(tensors);
        Ok(executed.sealed_header())
    }

    fn not_read(&self, span: &Span) -> ProverError {
        ProverError::NotRead { batch: span.batch_count, delayed: self.inbox.delayed_count() }
    }
}

/// An error with its causes.
fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
