//! A chain with the real predeploys, funded users, and an inbox in memory.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use alloy_consensus::{SignableTransaction, TxEip1559, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use autonet_chain::{BatchOrigin, BlockId, Chain, Outcome, StorageOptions};
use autonet_derive::{DerivedBatch, derive_batch, encode_batch};
use autonet_genesis::{GenesisParams, build_genesis};
use autonet_primitives::{
    Batch, ChainConfig, DelayedKind, DelayedMessage, Deposit, Genesis, L1Context, MAX_DELAYED_GAS, TxEnvelope,
    alias_address,
};
use autonet_stf::TxOutcome;
use k256::ecdsa::SigningKey;
use std::{collections::BTreeMap, path::Path, sync::OnceLock};

pub const GENESIS_TIME: u64 = 1_700_000_000;
pub const CHAIN_ID: u64 = 42;
/// The user whose transactions come from the delayed queue.
pub const FORCED_USER: u8 = 9;
/// Messages in the delayed queue.
pub const QUEUE: u64 = 64;
/// Wei minted by each deposit.
pub const MINT: u128 = 1_000;

/// One transfer: from a user, to a user, wei.
pub type Transfer = (u8, u8, u64);

/// What a block is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seconds: u64,
    pub delayed: u64,
    pub transfers: Vec<Transfer>,
}

pub fn plan(seconds: u64, delayed: u64, transfers: &[Transfer]) -> Plan {
    Plan { seconds, delayed, transfers: transfers.to_vec() }
}

fn key(user: u8) -> SigningKey {
    SigningKey::from_slice(&[user + 1; 32]).unwrap()
}

pub fn address(user: u8) -> Address {
    Address::from_public_key(key(user).verifying_key())
}

pub fn genesis() -> &'static Genesis {
    static GENESIS: OnceLock<Genesis> = OnceLock::new();
    GENESIS.get_or_init(|| {
        let funded = (0..10).map(|user| (address(user), U256::from(10).pow(U256::from(21))));
        build_genesis(&GenesisParams {
            config: ChainConfig {
                l1_chain_id: 1,
                l2_chain_id: CHAIN_ID,
                inbox: Address::repeat_byte(0x11),
                bridge: Address::repeat_byte(0x12),
                force_window_s: 1 << 20,
                max_past_s: 1 << 20,
                max_future_s: 1 << 20,
                gas_limit: 60_000_000,
                base_fee_elasticity: 2,
                base_fee_denominator: 8,
                data_fee_scalar_ppm: 1_000_000,
                sequencer_fee_recipient: Address::repeat_byte(0x13),
            },
            l1_start_block: 0,
            timestamp: GENESIS_TIME,
            base_fee: 1_000_000_000,
            l1_fee_recipient: Address::repeat_byte(0x14),
            min_phase_seconds: 1,
            balances: funded.collect(),
        })
        .unwrap()
    })
}

pub fn options() -> StorageOptions {
    StorageOptions { cache_bytes: 8 << 20, write_buffer_bytes: 8 << 20, max_open_files: 64 }
}

pub fn open(dir: impl AsRef<Path>) -> Chain {
    Chain::open(dir, genesis(), &options()).unwrap()
}

pub fn transfer(nonce: u64, (from, to, wei): Transfer, gas_limit: u64) -> Recovered<TxEnvelope> {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000,
        to: TxKind::Call(address(to)),
        value: U256::from(wei),
        ..Default::default()
    };
    let signature = key(from).sign_prehash_recoverable(transaction.signature_hash().as_slice()).unwrap();
    Recovered::new_unchecked(TxEnvelope::Eip1559(transaction.into_signed(signature.into())), address(from))
}

/// Message `index` of the queue in its variant `salt`: in turn a context, a deposit, a forced transaction (some too large to
/// run).
pub fn message(index: u64, salt: u64) -> DelayedMessage {
    let (kind, payload) = match index % 3 {
        0 => (DelayedKind::Context, Bytes::new()),
        1 => {
            let deposit = Deposit {
                mint: MINT,
                value: U256::from(MINT / 2),
                gas_limit: 100_000,
                to: address(((index + salt) % 4) as u8),
                data: Bytes::new(),
            };
            (DelayedKind::Deposit, deposit.encode())
        }
        _ => {
            let gas_limit = if index % 12 == 11 { MAX_DELAYED_GAS + 1 } else { 21_000 };
            let forced = transfer(index / 3 - index / 12, (FORCED_USER, 1, index + salt), gas_limit);
            (DelayedKind::Forced, forced.inner().encoded_2718().into())
        }
    };
    let l1 = L1Context {
        number: 100 + index,
        time: GENESIS_TIME + index,
        base_fee: U256::from(7 + index),
        blob_base_fee: U256::from(1),
        prev_randao: keccak256(index.to_be_bytes()),
        parent_hash: keccak256((index + salt).to_be_bytes()),
    };
    DelayedMessage { index, kind, sender: alias_address(address(0)), l1, payload }
}

pub fn queue(salt: u64) -> Vec<DelayedMessage> {
    (0..QUEUE).map(|index| message(index, salt)).collect()
}

/// Builds and commits a block, as a sequencer does. All transfers must run.
pub fn sequence(chain: &Chain, queue: &[DelayedMessage], plan: &Plan) -> BlockId {
    let head = chain.head();
    let first = head.delayed.count;
    let last = (first + plan.delayed).min(queue.len() as u64);
    let delayed = queue[first as usize..last as usize].to_vec();
    let next = chain.next_block(head.header.timestamp + plan.seconds, delayed).unwrap();
    let mut builder = next.start().unwrap();
    let mut nonces = BTreeMap::new();
    for transaction in &plan.transfers {
        let from = transaction.0;
        let nonce = *nonces.entry(from).or_insert_with(|| chain.account(address(from)).unwrap().nonce);
        nonces.insert(from, nonce + 1);
        let outcome = builder.execute(&transfer(nonce, *transaction, 21_000)).unwrap();
        assert!(matches!(outcome, TxOutcome::Included(included) if included.success), "{outcome:?}");
    }
    chain.commit(builder.finish().unwrap()).unwrap()
}

/// The batch of the blocks after the safe head up to `last`, as the poster sends it.
pub fn batch(chain: &Chain, index: u64, first: u64, last: u64) -> Batch {
    let records: Vec<_> = (first..=last).map(|number| chain.record(number).unwrap().unwrap()).collect();
    let delayed = chain.storage().header(last).unwrap().unwrap().delayed;
    Batch {
        index,
        data: encode_batch(&records),
        delayed_cursor: delayed.count,
        delayed_acc: delayed.acc,
        l1_block: 1000 + index,
        l1_time: GENESIS_TIME + 1000 + index,
    }
}

/// Derives the next batch on `chain` and applies it.
pub fn apply(chain: &Chain, queue: &[DelayedMessage], batch: &Batch) -> Outcome {
    let derived = derive(chain, queue, batch);
    chain.apply_derived(batch.index, &derived, origin(batch)).unwrap()
}

pub fn derive(chain: &Chain, queue: &[DelayedMessage], batch: &Batch) -> DerivedBatch {
    derive_batch(chain.config(), &chain.derive_state().unwrap(), batch, queue).unwrap()
}

pub fn origin(batch: &Batch) -> BatchOrigin {
    let acc = batch.accumulate(B256::ZERO);
    BatchOrigin { l1_block: batch.l1_block, acc }
}

/// Every entry of the database of a chain, which is closed.
pub fn dump(dir: impl AsRef<Path>) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let (dir, options) = (dir.as_ref().join("db"), rocksdb::Options::default());
    let tables = rocksdb::DB::list_cf(&options, &dir).unwrap();
    let db = rocksdb::DB::open_cf_for_read_only(&options, &dir, &tables, false).unwrap();
    let mut entries = Vec::new();
    for table in tables {
        for entry in db.iterator_cf(db.cf_handle(&table).unwrap(), rocksdb::IteratorMode::Start) {
            let (key, value) = entry.unwrap();
            entries.push((table.clone(), key.into_vec(), value.into_vec()));
        }
    }
    entries
}
