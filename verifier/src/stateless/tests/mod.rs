//! The chain without a database against a chain in memory whose states a peer knows.

mod peer;

use super::{StatelessChain, StatelessError, execute::apply_batch};
use crate::{CheckpointChecker, Verdict};
use alloy_primitives::{Address, B256, Bytes};
use autonet_bridge::{Checkpoint, ErrorKind};
use autonet_derive::{DeriveState, DerivedBatch};
use autonet_primitives::{BlockInput, CheckpointOutput};
use autonet_rpc::Witness;
use autonet_stf::SealedHeader;
use peer::{GENESIS_TIME, Peer, deposit, genesis, input, put_tensor, read_block_hash, slice_tensor, transfer};

/// Batches that read all there is: deposits, skipped transactions, code, an ancestor's hash, a tensor.
fn batches() -> Vec<DerivedBatch> {
    let (again, from_nobody) = (transfer(1, 0), transfer(9, 0));
    let blocks = [
        vec![
            input(1, vec![deposit(0), deposit(1)], vec![transfer(1, 0), again, from_nobody]),
            input(2, vec![], vec![]),
        ],
        vec![],
        vec![input(3, vec![], vec![put_tensor(2, 0), Bytes::from_static(&[1, 2, 3])])],
        vec![input(4, vec![deposit(2)], vec![slice_tensor(2, 1)]), input(5, vec![], vec![read_block_hash(1, 1)])],
    ];
    let mut next = DeriveState { last_timestamp: GENESIS_TIME, ..Default::default() };
    let batch = |blocks: Vec<BlockInput>| {
        next.batch_count += 1;
        next.delayed_count += blocks.iter().map(|block| block.delayed.len() as u64).sum::<u64>();
        next.last_timestamp = blocks.last().map_or(next.last_timestamp, |block| block.timestamp);
        DerivedBatch { blocks, next, undecodable: None, skipped_records: 0 }
    };
    blocks.into_iter().map(batch).collect()
}

/// The accumulator after some batches.
fn acc(count: u64) -> B256 {
    B256::with_last_byte(count as u8)
}

/// A peer that has executed the batches, and the chain before them.
fn start() -> (Peer, StatelessChain, Vec<DerivedBatch>) {
    let batches = batches();
    let mut peer = Peer::new();
    batches.iter().flat_map(|batch| &batch.blocks).for_each(|input| peer.make_block(input));
    (peer, StatelessChain::new(&genesis()).unwrap(), batches)
}

async fn apply(chain: &mut StatelessChain, batch: &DerivedBatch, peer: &Peer) -> Result<(), StatelessError> {
    apply_batch(chain, batch, acc(batch.next.batch_count), peer).await
}

/// All that a chain says of itself.
fn said(chain: &StatelessChain) -> (B256, usize, DeriveState, Vec<String>) {
    let outputs = (0..=chain.batch_count() + 1).map(|count| format!("{:?}", chain.checkpoint_output(count)));
    (chain.tip().hash(), chain.begun(), chain.derive_state(), outputs.collect())
}

#[tokio::test]
async fn it_follows_to_the_same_outputs_as_the_one_with_states() {
    let (peer, mut chain, batches) = start();
    let mut block = 0;
    for batch in &batches {
        apply(&mut chain, batch, &peer).await.unwrap();
        block += batch.blocks.len() as u64;
        let header = &peer.headers[block as usize];
        let (number, claim) = chain.checkpoint_output(batch.next.batch_count).unwrap();
        assert_eq!((number, claim.block_hash), (block, header.hash()));
        assert_eq!(Some(claim.message_root), header.withdrawals_root);
        assert_eq!((claim.batch_count, claim.delayed_count), (batch.next.batch_count, batch.next.delayed_count));
        assert_eq!((chain.derive_state(), chain.begun()), (batch.next, 0));
    }
    assert_eq!(chain.checkpoint_output(5), None);
    assert_eq!(peer.skipped, 3);
}

/// One item of a witness.
type Pick = fn(&mut Witness) -> &mut Vec<Bytes>;
const PICKS: [(&str, Pick); 3] = [
    ("preimage", |witness| &mut witness.preimages),
    ("header", |witness| &mut witness.headers),
    ("tensor", |witness| &mut witness.tensors),
];

/// Has the peer spoil each item of each witness in turn: each time nothing is applied, and the honest peer goes on.
async fn every_item_spoiled(spoil: fn(&mut Vec<Bytes>, usize)) {
    let (mut peer, mut chain, batches) = start();
    let mut seen = [0; 3];
    for batch in &batches {
        for (position, input) in batch.blocks.iter().enumerate() {
            let mut honest = peer.honest_witness(chain.tip().number, input);
            let before = said(&chain);
            for (kind, (name, pick)) in PICKS.into_iter().enumerate() {
                for index in 0..pick(&mut honest).len() {
                    let block = chain.tip().number + 1;
                    peer.spoil(block, move |witness| spoil(pick(witness), index));
                    let error = apply(&mut chain, batch, &peer).await.expect_err(name);
                    assert_eq!(error.kind(), ErrorKind::Retry, "{error}");
                    assert_eq!(said(&chain), before, "{name} {index} of block {block}");
                    seen[kind] += 1;
                }
            }
            // The last block is left to the next call.
            let next = chain.tip().number + 2;
            peer.spoil(next, |witness| *witness = Witness::default());
            let result = apply(&mut chain, batch, &peer).await;
            assert_eq!(result.is_ok(), position + 1 == batch.blocks.len());
            assert_eq!(chain.tip().hash(), peer.headers[next as usize - 1].hash());
        }
        if batch.blocks.is_empty() {
            apply(&mut chain, batch, &peer).await.unwrap();
        }
    }
    assert_eq!(chain.batch_count(), 4);
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[tokio::test]
async fn nothing_is_applied_on_a_witness_that_lacks_something() {
    every_item_spoiled(|items, index| drop(items.remove(index))).await;
}

#[tokio::test]
async fn nothing_is_applied_on_a_witness_with_a_wrong_byte() {
    every_item_spoiled(|items, index| {
        let mut bytes = items[index].to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        items[index] = bytes.into();
    })
    .await;
}

#[tokio::test]
async fn nothing_is_applied_on_the_witness_of_another_input() {
    let (peer, mut chain, batches) = start();
    let mut other = batches[0].clone();
    other.blocks[0].transactions.push(transfer(3, 0));
    let before = said(&chain);
    let witness = peer.honest_witness(0, &batches[0].blocks[0]);
    let mut liar = peer;
    liar.spoil(1, move |told| *told = witness.clone());
    apply(&mut chain, &other, &liar).await.unwrap_err();
    assert_eq!(said(&chain), before);
}

#[tokio::test]
async fn what_a_witness_has_too_much_changes_nothing() {
    let (mut peer, mut chain, batches) = start();
    let surplus = Bytes::from_static(b"surplus");
    peer.spoil(1, move |witness| {
        let again = witness.preimages.clone();
        witness.preimages.extend(again);
        witness.headers.push(surplus.clone());
    });
    apply(&mut chain, &batches[0], &peer).await.unwrap();
    assert_eq!(chain.tip().hash(), peer.headers[2].hash());
}

#[tokio::test]
async fn reorg_of_l1_rolls_back_and_other_batches_follow() {
    let (peer, mut chain, batches) = start();
    for batch in &batches {
        apply(&mut chain, batch, &peer).await.unwrap();
    }
    chain.rollback(2).unwrap();
    assert_eq!((chain.derive_state(), chain.head().hash()), (batches[1].next, peer.headers[2].hash()));
    assert_eq!((chain.checkpoint_output(3), chain.batch_acc(3)), (None, None));

    // L1 now has a batch less, with another block in it.
    let blocks = vec![input(4, vec![], vec![transfer(1, 1)])];
    let next = DeriveState { batch_count: 3, delayed_count: 2, last_timestamp: GENESIS_TIME + 4 };
    let other = DerivedBatch { blocks, next, undecodable: None, skipped_records: 0 };
    let mut straight = Peer::new();
    batches[..2].iter().chain([&other]).flat_map(|batch| &batch.blocks).for_each(|input| straight.make_block(input));
    apply(&mut chain, &other, &straight).await.unwrap();
    assert_eq!((chain.derive_state(), chain.head().hash()), (next, straight.headers[3].hash()));
}

#[tokio::test]
async fn rollback_forgets_the_blocks_of_a_batch_that_is_not_whole() {
    let (mut peer, mut chain, batches) = start();
    peer.spoil(2, |witness| *witness = Witness::default());
    apply(&mut chain, &batches[0], &peer).await.unwrap_err();
    assert_eq!((chain.begun(), chain.tip().number, chain.head().number), (1, 1, 0));
    chain.rollback(0).unwrap();
    assert_eq!((chain.begun(), chain.tip().number), (0, 0));
}

#[tokio::test]
async fn what_is_final_stays_and_its_outputs_stay_known() {
    let (peer, mut chain, batches) = start();
    for batch in &batches[..3] {
        apply(&mut chain, batch, &peer).await.unwrap();
    }
    let before = said(&chain);
    chain.set_finalized(2);
    chain.set_finalized(1);
    assert_eq!((said(&chain), chain.finalized()), (before, 2));
    assert_eq!(
        (1..=4).map(|count| chain.batch_acc(count)).collect::<Vec<_>>(),
        [Some(acc(1)), Some(acc(2)), Some(acc(3)), None]
    );
    let error = chain.rollback(1).unwrap_err();
    assert!(matches!(error, StatelessError::BelowFinalized { count: 1, finalized: 2 }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Fatal);
    chain.rollback(2).unwrap();
    assert_eq!(chain.head().hash(), peer.headers[2].hash());
    chain.set_finalized(9);
    assert_eq!(chain.finalized(), 2);
    for batch in &batches[2..] {
        apply(&mut chain, batch, &peer).await.unwrap();
    }
    assert_eq!(chain.head().hash(), peer.headers[5].hash());
}

fn checkpoint(id: u64, block_number: u64, claim: CheckpointOutput) -> Checkpoint {
    let output = claim.output(genesis().config.hash());
    Checkpoint { id, block_number, claim, output, proposer: Address::ZERO, l1_block: id }
}

#[tokio::test]
async fn start_at_a_checkpoint_leads_to_the_same_outputs() {
    let (peer, mut from_genesis, batches) = start();
    for batch in &batches {
        apply(&mut from_genesis, batch, &peer).await.unwrap();
    }
    let (block, claim) = from_genesis.checkpoint_output(2).unwrap();
    let at = |checkpoint: Checkpoint, header: &SealedHeader| {
        StatelessChain::at_checkpoint(genesis().config, &checkpoint, header.header().clone())
    };
    let right = checkpoint(7, block, claim);
    let mut chain = at(right, &peer.headers[2]).unwrap();
    assert_eq!((chain.first(), chain.finalized(), chain.derive_state()), (2, 2, batches[1].next));
    assert_eq!((chain.checkpoint_output(1), chain.checkpoint_output(2)), (None, Some((block, claim))));
    for batch in &batches[2..] {
        apply(&mut chain, batch, &peer).await.unwrap();
    }
    chain.set_finalized(4);
    for count in 2..=5 {
        assert_eq!(chain.checkpoint_output(count), from_genesis.checkpoint_output(count));
    }
    assert!(chain.rollback(3).is_err());

    // Another header, another number, a message root that is not the block's.
    let other_root = CheckpointOutput { message_root: B256::ZERO, ..claim };
    for (checkpoint, header) in [
        (right, &peer.headers[1]),
        (Checkpoint { block_number: 3, ..right }, &peer.headers[2]),
        (checkpoint(7, block, other_root), &peer.headers[2]),
    ] {
        assert!(matches!(at(checkpoint, header), Err(StatelessError::OtherHeader { id: 7, .. })), "{checkpoint:?}");
    }
}

#[tokio::test]
async fn wrong_checkpoint_is_found() {
    let (peer, mut chain, batches) = start();
    let config_hash = chain.config().hash();
    let mut checker = CheckpointChecker::new(config_hash);
    for batch in &batches {
        apply(&mut chain, batch, &peer).await.unwrap();
    }
    let (block, claim) = chain.checkpoint_output(4).unwrap();
    let mut wrong = claim;
    wrong.block_hash = peer.headers[4].hash();
    checker.set_from(0, [checkpoint(1, block, claim), checkpoint(2, block, wrong)]);
    let Ok(findings) = checker.judge(&chain);
    let derived = (block, claim.output(config_hash));
    let verdicts: Vec<_> = findings.iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Valid, Verdict::Invalid { derived }]);
}
