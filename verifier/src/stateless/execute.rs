use crate::{StatelessChain, StatelessError, WitnessPeer};
use alloy_primitives::{B256, keccak256};
use autonet_derive::DerivedBatch;
use autonet_primitives::{BlockInput, ChainConfig};
use autonet_rpc::Witness;
use autonet_stf::{Recording, SealedHeader, WitnessState, decode_tensor, execute_block};

/// The block after `parent` that `input` stands for, from what `witness` holds and nothing else.
///
/// Each item of the witness is known by the hash that is computed of it here, so whoever made it cannot change the result.
///
/// # Errors
/// The witness lacks something.
pub(super) fn execute(
    config: &ChainConfig,
    parent: &SealedHeader,
    input: &BlockInput,
    witness: Witness,
) -> Result<SealedHeader, StatelessError> {
    let block = parent.number + 1;
    let recording = recording(witness).ok_or(StatelessError::Tensor { block })?;
    let executed = execute_block(config, parent, input, &WitnessState::new(&recording, parent));
    let executed = executed.map_err(|source| StatelessError::Execution { block, source: Box::new(source) })?;
    Ok(SealedHeader::new(executed.block.header, executed.hash))
}

/// What a witness holds, by hash; `None` where a tensor is malformed.
fn recording(witness: Witness) -> Option<Recording> {
    let Witness { preimages, headers, tensors } = witness;
    let tensors = tensors.iter().map(|bytes| Some(decode_tensor(bytes)?.committed())).collect::<Option<_>>()?;
    let preimages = preimages.into_iter().chain(headers).map(|bytes| (keccak256(&bytes), bytes)).collect();
    Some(Recording { preimages, tensors, oldest_block: None })
}

/// Executes the next batch, whose accumulator is `acc`, and appends it. After an error the next call goes on with the
/// block that could not be executed.
///
/// # Errors
/// The peer's fault.
pub(super) async fn apply_batch<P: WitnessPeer>(
    chain: &mut StatelessChain,
    derived: &DerivedBatch,
    acc: B256,
    peer: &P,
) -> Result<(), StatelessError> {
    for input in derived.blocks.iter().skip(chain.begun()) {
        let witness = peer.witness(chain.tip().number, input).await?;
        let (config, parent, input) = (chain.config().clone(), chain.tip().clone(), input.clone());
        let executed = tokio::task::spawn_blocking(move || execute(&config, &parent, &input, witness));
        chain.push_block(executed.await.map_err(|_| StatelessError::Interrupted)??);
    }
    chain.push_batch(derived.next, acc);
    Ok(())
}
