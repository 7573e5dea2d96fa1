//! What holds for every batch.

mod common;

use alloy_primitives::Bytes;
use autonet_derive::{
    BatchEncoder, BlockRecord, DeriveState, EncodeError, MAX_BATCH_BYTES, MAX_RECORDS_PER_BATCH,
    MAX_TRANSACTIONS_PER_BATCH, decode_batch, encode_batch,
};
use autonet_primitives::MAX_DELAYED_PER_BLOCK;
use common::{FUTURE, PAST, batch, derive, queue};
use proptest::prelude::*;

fn record() -> impl Strategy<Value = BlockRecord> {
    let byte = prop_oneof![3 => Just(0u8), 1 => any::<u8>()];
    let transaction = prop::collection::vec(byte, 0..300).prop_map(Bytes::from);
    (0..30u64, 0..3u64, prop::collection::vec(transaction, 0..5)).prop_map(
        |(timestamp, delayed_count, transactions)| BlockRecord {
            timestamp: 980 + timestamp,
            delayed_count,
            transactions,
        },
    )
}

fn sorted_records() -> impl Strategy<Value = Vec<BlockRecord>> {
    prop::collection::vec(record(), 0..20).prop_map(|mut records| {
        records.sort_by_key(|record| record.timestamp);
        records
    })
}

/// A record of `bytes` of noise: incompressible.
fn noise(seed: u64, bytes: usize) -> BlockRecord {
    let block = |i: usize| alloy_primitives::keccak256((seed << 32 | i as u64).to_be_bytes()).0;
    let transaction: Vec<u8> = (0..bytes.div_ceil(32)).flat_map(block).take(bytes).collect();
    BlockRecord { timestamp: seed, delayed_count: 1, transactions: vec![transaction.into()] }
}

fn zeros(bytes: usize) -> BlockRecord {
    BlockRecord { timestamp: 1, delayed_count: 1, transactions: vec![vec![0; bytes].into()] }
}

proptest! {
    #[test]
    fn what_the_sequencer_encodes_is_what_is_derived(records in sorted_records()) {
        let mut encoder = BatchEncoder::default();
        records.iter().for_each(|record| encoder.push(record).unwrap());
        let delayed_count = records.iter().map(|record| record.delayed_count).sum::<u64>();
        let data = match encoder.seal() {
            Some(sealed) => {
                prop_assert_eq!((sealed.records, sealed.delayed_count), (records.len(), delayed_count));
                sealed.data
            }
            None => encode_batch(&[]),
        };
        let derived = derive(DeriveState::default(), &batch(data, delayed_count, 1000), &queue(&[990; 60]));
        let back = derived.blocks.iter().map(|block| BlockRecord {
            timestamp: block.timestamp,
            delayed_count: block.delayed.len() as u64,
            transactions: block.transactions.clone(),
        });
        prop_assert_eq!(back.collect::<Vec<_>>(), records);
        prop_assert_eq!(derived.next.delayed_count, delayed_count);
    }

    #[test]
    fn arbitrary_bytes_derive_to_something(data in prop::collection::vec(any::<u8>(), 0..200)) {
        derive(DeriveState::default(), &batch(data.clone(), 3, 1000), &queue(&[990; 3]));
        for codec in [0, 1] {
            let data = [&[0, codec], &data[..]].concat();
            derive(DeriveState::default(), &batch(data, 3, 1000), &queue(&[990; 3]));
        }
    }

    #[test]
    fn changed_batches_derive_to_something(
        records in sorted_records(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        compressed in any::<bool>(),
    ) {
        let mut data = encode_batch(&records).to_vec();
        if !compressed {
            let payload = alloy_rlp::encode(&records);
            data = [&[0, 0], &payload[..]].concat();
        }
        for (position, byte) in changes {
            let position = position.index(data.len());
            data[position] = byte;
        }
        derive(DeriveState::default(), &batch(data, 3, 1000), &queue(&[990; 3]));
    }

    #[test]
    fn invariants_hold_whatever_is_posted(
        records in prop::collection::vec((any::<u16>(), 0..40u64), 0..20),
        times in prop::collection::vec(800..1000u64, 0..120),
        consumed in any::<prop::sample::Index>(),
        cursor in any::<prop::sample::Index>(),
        last_timestamp in 900..1100u64,
        later in prop::collection::vec(1000..1100u64, 0..5),
    ) {
        let mut times = times;
        times.sort();
        let (consumed, cursor) = (consumed.index(times.len() + 1) as u64, cursor.index(times.len() + 1) as u64);
        let records: Vec<_> = records.into_iter().map(|(timestamp, delayed_count)| {
            BlockRecord { timestamp: timestamp.into(), delayed_count, transactions: vec![] }
        }).collect();
        let state = DeriveState { batch_count: 0, delayed_count: consumed, last_timestamp };
        let batch = batch(encode_batch(&records), cursor, 1000);
        let derived = derive(state, &batch, &queue(&times));

        let overdue = times.iter().filter(|&&time| time + common::WINDOW < 1000).count() as u64;
        prop_assert_eq!(derived.next.delayed_count, consumed.max(cursor).max(overdue));
        let indices: Vec<u64> = derived.blocks.iter().flat_map(|block| &block.delayed).map(|message| message.index).collect();
        prop_assert_eq!(indices, (consumed..derived.next.delayed_count).collect::<Vec<_>>());
        prop_assert!(derived.blocks.iter().all(|block| block.delayed.len() as u64 <= MAX_DELAYED_PER_BLOCK));
        let mut last = last_timestamp;
        for block in &derived.blocks {
            prop_assert!(block.timestamp >= last.max(1000 - PAST) && block.timestamp <= last.max(1000 + FUTURE));
            last = block.timestamp;
        }
        prop_assert_eq!(derived.next.last_timestamp, last);

        // Messages queued at or after the posting change nothing.
        times.extend(later);
        times.sort();
        prop_assert_eq!(derive(state, &batch, &queue(&times)), derived);
    }
}

proptest! {
    // Each case compresses dozens of batches.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_pushed_record_is_sealed_once_and_within_the_limit(
        sizes in prop::collection::vec((any::<bool>(), 0..1500usize), 0..60),
        max_bytes in 2000..6000usize,
    ) {
        let records: Vec<_> = sizes.iter().zip(1..).map(|(&(random, bytes), seed)| {
            if random { noise(seed, bytes) } else { zeros(bytes * 4) }
        }).collect();
        let mut encoder = BatchEncoder::new(max_bytes);
        let mut batches = Vec::new();
        for record in &records {
            while let Err(error) = encoder.push(record) {
                prop_assert_eq!(error, EncodeError::Full);
                batches.push(encoder.seal().unwrap());
            }
        }
        while let Some(sealed) = encoder.seal() {
            batches.push(sealed);
        }
        let mut back = Vec::new();
        for sealed in batches {
            prop_assert!(sealed.data.len() <= max_bytes);
            let decoded = decode_batch(&sealed.data).unwrap();
            prop_assert_eq!((decoded.records.len(), decoded.skipped), (sealed.records, 0));
            back.extend(decoded.records);
        }
        prop_assert_eq!(back, records);
        prop_assert!(encoder.is_empty());
    }
}

#[test]
fn a_full_batch_is_nearly_as_large_as_allowed() {
    let mut encoder = BatchEncoder::default();
    let mut pushed = 0;
    // A third of noise, as signed transactions have.
    let record = |seed| BlockRecord {
        transactions: vec![[noise(seed, 70).transactions[0].as_ref(), &[0; 140]].concat().into(); 1],
        ..noise(seed, 0)
    };
    while encoder.push(&record(pushed)).is_ok() {
        pushed += 1;
    }
    let sealed = encoder.seal().unwrap();
    assert_eq!(sealed.records as u64, pushed);
    assert!((MAX_BATCH_BYTES * 97 / 100..=MAX_BATCH_BYTES).contains(&sealed.data.len()), "{}", sealed.data.len());
}

#[test]
fn records_that_compress_worse_than_estimated_wait_for_the_next_batch() {
    let mut encoder = BatchEncoder::new(10_000);
    for seed in 0..3 {
        encoder.push(&zeros(9_000)).unwrap();
        encoder.push(&noise(seed, 3_000)).unwrap();
    }
    let mut sealed = Vec::new();
    for seed in 3..9 {
        if encoder.push(&noise(seed, 1_200)).is_err() {
            break;
        }
    }
    let waiting = encoder.len();
    while let Some(batch) = encoder.seal() {
        assert!(batch.data.len() <= 10_000);
        sealed.push(batch.records);
    }
    assert_eq!(sealed.iter().sum::<usize>(), waiting);
}

#[test]
fn what_no_batch_can_hold_is_refused() {
    let mut encoder = BatchEncoder::new(1000);
    assert!(matches!(
        encoder.push(&noise(1, 1000)),
        Err(EncodeError::TooLarge { size_bytes: 1000.., max_bytes: 1000 })
    ));
    assert!(encoder.push(&zeros(100_000)).is_ok(), "compresses");
    let record = BlockRecord { delayed_count: MAX_DELAYED_PER_BLOCK + 1, ..Default::default() };
    assert_eq!(encoder.push(&record), Err(EncodeError::TooManyDelayed(MAX_DELAYED_PER_BLOCK + 1)));
    let transactions = vec![Bytes::new(); MAX_TRANSACTIONS_PER_BATCH + 1];
    let record = BlockRecord { transactions, ..Default::default() };
    assert_eq!(encoder.push(&record), Err(EncodeError::TooManyTransactions(MAX_TRANSACTIONS_PER_BATCH + 1)));
    assert_eq!(encoder.len(), 1);
}

#[test]
fn as_many_records_as_a_batch_may_hold_fit() {
    let mut encoder = BatchEncoder::default();
    for _ in 0..MAX_RECORDS_PER_BATCH {
        encoder.push(&BlockRecord::default()).unwrap();
    }
    assert_eq!(encoder.push(&BlockRecord::default()), Err(EncodeError::Full));
    let sealed = encoder.seal().unwrap();
    assert_eq!(decode_batch(&sealed.data).unwrap().records.len(), MAX_RECORDS_PER_BATCH);
}
