//! What callers rely on, one behaviour per test.

mod common;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{U256, keccak256};
use autonet_chain::{Chain, ChainError, ChainEvent, ErrorKind, Heads, Outcome, StorageError};
use autonet_primitives::{CheckpointOutput, DelayedKind, addresses};
use autonet_stf::{StateReader, TxOutcome};
use autonet_trie::{Nibbles, verify_proof};
use common::{
    FORCED_USER, MINT, address, apply, batch, derive, message, open, origin, plan, queue, sequence, transfer,
};

/// A chain with three batches of two blocks, applied, and two unsafe blocks.
fn grown(dir: &tempfile::TempDir) -> Chain {
    let (chain, queue) = (open(dir), queue(0));
    for index in 0..3 {
        let first = chain.head().id.number + 1;
        sequence(&chain, &queue, &plan(1, 2, &[(0, 1, 10)]));
        sequence(&chain, &queue, &plan(1, 2, &[(1, 2, 5), (0, 2, 7)]));
        let posted = batch(&chain, index, first, first + 1);
        assert_eq!(apply(&chain, &queue, &posted), Outcome::Agreed);
    }
    sequence(&chain, &queue, &plan(1, 3, &[(2, 3, 1)]));
    sequence(&chain, &queue, &plan(2, 0, &[(0, 3, 2)]));
    chain
}

#[test]
fn a_restarted_node_goes_on_from_the_last_durable_block() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    chain.set_finalized(2).unwrap();
    let (heads, head, state) = (chain.heads(), chain.head(), chain.derive_state().unwrap());
    assert_eq!([heads.unsafe_head.number, heads.safe.number, heads.finalized.number], [8, 6, 4]);
    drop(chain);
    let chain = open(&dir);
    assert_eq!((chain.heads(), chain.head(), chain.derive_state().unwrap()), (heads, head, state));
    assert_eq!(sequence(&chain, &queue(0), &plan(1, 1, &[(0, 1, 1)])).number, 9);
}

#[test]
fn a_verifier_derives_the_sequencers_chain_from_l1_alone() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (sequencer, verifier) = (grown(&dirs[0]), open(&dirs[1]));
    for index in 0..3 {
        let posted = batch(&sequencer, index, 2 * index + 1, 2 * index + 2);
        assert_eq!(apply(&verifier, &queue(0), &posted), Outcome::Extended);
    }
    let safe = sequencer.heads().safe;
    assert_eq!(verifier.heads(), Heads { unsafe_head: safe, safe, finalized: sequencer.heads().finalized });
    assert_eq!(verifier.checkpoint_output(3).unwrap(), sequencer.checkpoint_output(3).unwrap());
}

#[test]
fn a_checkpoint_output_is_that_of_the_last_block_of_its_batches() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    let header = chain.storage().header(4).unwrap().unwrap();
    let output = CheckpointOutput {
        block_hash: header.header.hash_slow(),
        message_root: header.header.withdrawals_root.unwrap(),
        batch_count: 2,
        delayed_count: 8,
    };
    assert_eq!(chain.checkpoint_output(2).unwrap(), Some((4, output)));
    assert_eq!(chain.checkpoint_output(0).unwrap().unwrap().0, 0);
    assert_eq!(chain.checkpoint_output(4).unwrap(), None);
    let messenger = chain.storage().state_at(4).unwrap().account(addresses::L2_MESSENGER).unwrap().unwrap();
    assert_eq!(messenger.storage_root, output.message_root);
}

#[test]
fn the_position_in_the_delayed_queue_is_the_inboxs() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    let acc = queue(0)[..15].iter().fold(Default::default(), |acc, message| message.accumulate(acc));
    assert_eq!((chain.head().delayed.count, chain.head().delayed.acc), (15, acc));
    // Messages 10 and 11 and none of the sequencer's: a deposit, and a forced transaction that is too large to run.
    let block = chain.storage().block(6).unwrap().unwrap();
    assert_eq!((message(10, 0).kind, message(11, 0).kind), (DelayedKind::Deposit, DelayedKind::Forced));
    assert_eq!((block.header.delayed.transactions, block.transactions.len(), block.sequenced().len()), (1, 3, 2));
}

#[test]
fn transactions_of_replaced_blocks_come_back_unless_they_are_in_the_new_ones() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (chain, other, queue) = (open(&dirs[0]), open(&dirs[1]), queue(0));
    sequence(&chain, &queue, &plan(1, 0, &[(0, 1, 1)]));
    let kept = sequence(&other, &queue, &plan(1, 0, &[(0, 1, 1)]));
    sequence(&chain, &queue, &plan(1, 2, &[(0, 1, 2), (1, 2, 3)]));
    sequence(&chain, &queue, &plan(1, 1, &[(2, 1, 4)]));
    sequence(&other, &queue, &plan(5, 3, &[(2, 1, 4)]));

    let mut events = chain.subscribe();
    let outcome = apply(&chain, &queue, &batch(&other, 0, 1, 2));
    let [first, second, third] = [(0, 1, (0, 1, 2)), (1, 0, (1, 2, 3)), (2, 0, (2, 1, 4))]
        .map(|(_, nonce, transaction)| transfer(nonce, transaction, 21_000));
    assert_eq!(outcome, Outcome::Reorged { to: kept, dropped: vec![first.clone(), second.clone()] });
    assert_eq!(chain.heads().unsafe_head, other.heads().unsafe_head);

    let ChainEvent::Unwound { to, dropped } = events.try_recv().unwrap() else { panic!() };
    assert_eq!((to, dropped.as_ref()), (kept, &vec![first, second, third]));
    let ChainEvent::Committed(committed) = events.try_recv().unwrap() else { panic!() };
    assert_eq!(committed.block.id(), chain.heads().unsafe_head);
    assert_eq!(Some(&committed.receipts), chain.storage().receipts(2).unwrap().as_ref());
    assert_eq!(Some(&committed.block), chain.storage().block(2).unwrap().as_ref());
    assert_eq!(events.try_recv().unwrap(), ChainEvent::Heads(chain.heads()));
    assert!(events.try_recv().is_err());
}

#[test]
fn a_batch_with_a_transaction_that_cannot_run_agrees_with_the_block_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let (chain, queue) = (open(&dir), queue(0));
    sequence(&chain, &queue, &plan(1, 1, &[(0, 1, 1)]));
    sequence(&chain, &queue, &plan(1, 1, &[(0, 1, 2)]));
    let posted = batch(&chain, 0, 1, 2);
    let mut derived = derive(&chain, &queue, &posted);
    derived.blocks[0].transactions.insert(0, transfer(7, (0, 1, 1), 21_000).inner().encoded_2718().into());
    derived.blocks[1].transactions.push(b"no transaction".into());
    assert_eq!(chain.apply_derived(0, &derived, origin(&posted)).unwrap(), Outcome::Agreed);
}

#[test]
fn a_block_that_differs_in_anything_is_replaced() {
    let queue = queue(0);
    let base = || plan(1, 2, &[(0, 1, 1), (1, 2, 2)]);
    let others = [
        plan(2, 2, &[(0, 1, 1), (1, 2, 2)]),
        plan(1, 1, &[(0, 1, 1), (1, 2, 2)]),
        plan(1, 2, &[(1, 2, 2), (0, 1, 1)]),
        plan(1, 2, &[(0, 1, 1), (1, 2, 3)]),
        plan(1, 2, &[(0, 1, 1)]),
        plan(1, 2, &[(0, 1, 1), (1, 2, 2), (2, 3, 3)]),
    ];
    for other in others {
        let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [chain, l1] = [0, 1].map(|i| open(&dirs[i]));
        sequence(&chain, &queue, &base());
        sequence(&l1, &queue, &other);
        let outcome = apply(&chain, &queue, &batch(&l1, 0, 1, 1));
        assert!(matches!(outcome, Outcome::Reorged { to, .. } if to.number == 0), "{other:?}");
        assert_eq!(chain.heads().unsafe_head, l1.heads().unsafe_head, "{other:?}");
    }
}

#[test]
fn a_delayed_message_that_l1_has_changed_replaces_the_blocks_that_consumed_it() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (chain, other) = (open(&dirs[0]), open(&dirs[1]));
    for (chain, queue) in [(&chain, queue(0)), (&other, queue(1))] {
        sequence(chain, &queue, &plan(1, 0, &[(0, 1, 1)]));
        sequence(chain, &queue, &plan(1, 2, &[(0, 1, 2)]));
    }
    let outcome = apply(&chain, &queue(1), &batch(&other, 0, 1, 2));
    assert!(matches!(outcome, Outcome::Reorged { to, ref dropped } if to.number == 1 && dropped.is_empty()));
    assert_eq!(
        chain.heads(),
        Heads { safe: chain.heads().unsafe_head, unsafe_head: other.heads().unsafe_head, ..chain.heads() }
    );
}

#[test]
fn unsafe_blocks_beyond_the_batch_stay() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    let head = chain.heads().unsafe_head;
    let safe = chain.unwind_batches(1).unwrap();
    assert_eq!((safe.number, chain.heads().safe, chain.heads().unsafe_head), (2, safe, head));
    assert_eq!(chain.derive_state().unwrap().delayed_count, 4);
    assert_eq!(apply(&chain, &queue(0), &batch(&chain, 1, 3, 7)), Outcome::Agreed);
    assert_eq!((chain.heads().safe.number, chain.heads().unsafe_head), (7, head));
}

#[test]
fn what_is_safe_or_final_is_not_unwound() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    chain.set_finalized(2).unwrap();
    chain.set_finalized(1).unwrap();
    assert_eq!(chain.heads().finalized.number, 4);
    let heads = chain.heads();

    let errors = [
        (chain.unwind(5).unwrap_err(), ErrorKind::Reset),
        (chain.unwind(9).unwrap_err(), ErrorKind::Reset),
        (chain.unwind_batches(1).unwrap_err(), ErrorKind::Fatal),
        (chain.unwind_batches(4).unwrap_err(), ErrorKind::Reset),
        (chain.set_finalized(4).unwrap_err(), ErrorKind::Reset),
    ];
    for (error, kind) in errors {
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(chain.heads(), heads);
    let nonces = |user| chain.account(address(user)).unwrap().nonce;
    assert_eq!((nonces(0), nonces(2)), (7, 1));
    let dropped = chain.unwind(6).unwrap();
    assert_eq!(dropped, [transfer(0, (2, 3, 1), 21_000), transfer(6, (0, 3, 2), 21_000)]);
    assert_eq!((nonces(0), nonces(2)), (6, 0));
}

#[test]
fn what_does_not_follow_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    let (queue, time, due) = (queue(0), chain.head().header.timestamp, chain.head().delayed.count as usize);
    let kind = |error: ChainError| error.kind();

    assert_eq!(kind(chain.next_block(time - 1, vec![]).unwrap_err()), ErrorKind::Retry);
    assert_eq!(kind(chain.next_block(time, queue[due + 1..due + 2].to_vec()).unwrap_err()), ErrorKind::Reset);
    assert_eq!(kind(chain.next_block(time, queue[due..due + 33].to_vec()).unwrap_err()), ErrorKind::Fatal);
    let posted = batch(&chain, 3, 7, 8);
    let derived = derive(&chain, &queue, &posted);
    assert_eq!(kind(chain.apply_derived(2, &derived, origin(&posted)).unwrap_err()), ErrorKind::Reset);

    let build = || {
        let next = chain.next_block(time + 1, vec![]).unwrap();
        let mut builder = next.start().unwrap();
        let outcome = builder.execute(&transfer(99, (0, 1, 1), 21_000)).unwrap();
        assert!(matches!(outcome, TxOutcome::Skipped(_)), "a nonce gap is no transaction of the block");
        builder.finish().unwrap()
    };
    let (first, second) = (build(), build());
    chain.commit(first).unwrap();
    let late = chain.commit(second).unwrap_err();
    assert!(matches!(late, ChainError::Storage(StorageError::NotOnHead { .. })));
    assert_eq!(kind(late), ErrorKind::Retry);
}

#[test]
fn supply_is_genesis_plus_deposits() {
    let dir = tempfile::tempdir().unwrap();
    let chain = grown(&dir);
    let deposits = queue(0)[..15].iter().filter(|message| message.kind == DelayedKind::Deposit).count();
    let minted = U256::from(MINT) * U256::from(deposits);
    assert_eq!(chain.storage().supply().unwrap(), chain.genesis().supply() + minted);
    assert_eq!(chain.account(address(FORCED_USER)).unwrap().nonce, 4);
}

#[test]
fn every_past_state_is_what_it_was_and_proves_it() {
    let dir = tempfile::tempdir().unwrap();
    let (chain, queue) = (open(&dir), queue(0));
    let slots: Vec<_> = (0..6).map(U256::from).collect();
    let read = |number| {
        let view = chain.storage().state_at(number).unwrap();
        let accounts = [address(0), address(3), addresses::L1_CONTEXT, addresses::FEE_VAULT];
        let proofs = accounts.map(|address| view.prove(address, &slots).unwrap());
        for (address, proof) in accounts.iter().zip(&proofs) {
            let key = Nibbles::unpack(keccak256(address));
            let proven = verify_proof(view.header().state_root, &key, &proof.proof).unwrap();
            assert_eq!(proven, proof.account.map(|account| alloy_rlp::encode(account).into()));
        }
        (view.header().clone(), proofs)
    };
    let mut then = vec![read(0)];
    for block in 0..10 {
        sequence(&chain, &queue, &plan(1, block % 4, &[(0, 3, block), (1, 0, 1)]));
        then.push(read(block + 1));
    }
    for (number, then) in (0..).zip(&then) {
        assert_eq!(&read(number), then);
    }
    assert!(then.windows(2).all(|pair| pair[0].0.state_root != pair[1].0.state_root));
}
