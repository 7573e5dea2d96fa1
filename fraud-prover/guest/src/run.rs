use crate::{LocalInput, Oracle, Refused, ethereum, inbox::Inbox};
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_primitives::B256;
use autonet_derive::{DeriveState, derive_batch};
use autonet_primitives::{BlockInput, BlockOutput, ChainConfig, CheckpointOutput, Output};
use autonet_stf::{SealedHeader, WitnessState, execute_block, header_of};

/// The output that the claim must have: after the target block, or after all of the claim's batches, which must end with
/// the target block.
///
/// # Errors
/// [`Refused`]: the claim is wrong, whatever it says.
pub fn run<O: Oracle>(oracle: &O) -> Result<B256, Refused<O::Error>> {
    let previous = oracle.local(LocalInput::PreviousOutput);
    let words = oracle.preimage(previous).map_err(Refused::Oracle)?;
    let Some((output_config, output)) = Output::decode(&words) else {
        return ethereum::run(oracle, &words).ok_or(Refused::Output(previous))?;
    };
    let config_hash = oracle.local(LocalInput::ConfigHash);
    if output_config != config_hash {
        return Err(Refused::OtherChain(output_config));
    }
    let config = oracle.preimage(config_hash).map_err(Refused::Oracle)?;
    let config = ChainConfig::decode(&config).ok_or(Refused::Config(config_hash))?;
    Ok(Proof::start(oracle, config, &output)?.finish()?.hash(config_hash))
}

/// A chain on its way from one output to another.
struct Proof<'a, O: Oracle> {
    oracle: &'a O,
    config: ChainConfig,
    inbox: Inbox<'a, O>,
    target: u64,
    ends_claim: bool,
    head: SealedHeader,
    /// Where derivation stands before the batch that `head` is of.
    state: DeriveState,
    /// Blocks of that batch so far.
    blocks: u64,
}

impl<'a, O: Oracle> Proof<'a, O> {
    fn start(oracle: &'a O, config: ChainConfig, output: &Output) -> Result<Self, Refused<O::Error>> {
        let head = header_of(oracle, output.block_hash())?;
        let (state, blocks) = match *output {
            Output::Checkpoint(CheckpointOutput { batch_count, delayed_count, .. }) => {
                (DeriveState { batch_count, delayed_count, last_timestamp: head.timestamp }, 0)
            }
            Output::Block(BlockOutput { batch_count, delayed_count, last_timestamp, blocks, .. }) => {
                (DeriveState { batch_count, delayed_count, last_timestamp }, blocks)
            }
        };
        let inbox = Inbox::read(oracle, state.batch_count, state.delayed_count)?;
        let target = oracle.number(LocalInput::TargetBlock)?;
        let ends_claim = oracle.number(LocalInput::EndsClaim)? != 0;
        if target < head.number || (target == head.number && !ends_claim) {
            return Err(Refused::NotTheEnd(head.number));
        }
        Ok(Self { oracle, config, inbox, target, ends_claim, head, state, blocks })
    }

    fn finish(mut self) -> Result<Output, Refused<O::Error>> {
        while let Some(batch) = self.inbox.batch(self.state.batch_count)? {
            let derived = derive_batch(&self.config, &self.state, &batch, &self.inbox);
            self.inbox.failure()?;
            let derived = derived?;
            // No batch has more blocks than a usize.
            let done = usize::try_from(self.blocks).unwrap_or(usize::MAX);
            for input in derived.blocks.iter().skip(done) {
                if self.head.number == self.target {
                    return Err(Refused::NotTheEnd(self.target));
                }
                self.execute(input)?;
                if self.head.number == self.target && !self.ends_claim {
                    return Ok(self.block_output());
                }
            }
            self.state = derived.next;
            self.blocks = 0;
        }
        if self.head.number != self.target || !self.ends_claim {
            return Err(Refused::TooFewBlocks { last: self.head.number, target: self.target });
        }
        Ok(Output::Checkpoint(CheckpointOutput {
            block_hash: self.head.hash(),
            message_root: self.head.withdrawals_root.unwrap_or(EMPTY_ROOT_HASH),
            batch_count: self.state.batch_count,
            delayed_count: self.state.delayed_count,
        }))
    }

    fn execute(&mut self, input: &BlockInput) -> Result<(), Refused<O::Error>> {
        let state = WitnessState::new(self.oracle, &self.head);
        self.head = execute_block(&self.config, &self.head, input, &state)?.sealed_header();
        self.blocks += 1;
        Ok(())
    }

    fn block_output(&self) -> Output {
        Output::Block(BlockOutput {
            block_hash: self.head.hash(),
            batch_count: self.state.batch_count,
            delayed_count: self.state.delayed_count,
            last_timestamp: self.state.last_timestamp,
            blocks: self.blocks,
        })
    }
}
