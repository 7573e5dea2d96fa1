//! Whatever is posted and queued, the proof of it goes through: nothing that a user controls makes the guest exit with
//! anything but its output.

use crate::{
    proofs::{claim, evidence, in_machine},
    scenario::{Key, block, genesis},
};
use alloy_primitives::{Address, Bytes};
use autonet_fraud_prover::{MemoryChain, NativeOracle, Span};
use autonet_guest::run;
use autonet_primitives::{DelayedKind, Deposit};
use proptest::{prelude::*, sample::Index};

/// Changes of single bytes.
type Damage = Vec<(Index, u8)>;

#[derive(Clone, Debug)]
enum Item {
    /// Arbitrary bytes as a batch.
    Noise(Vec<u8>),
    /// A sound, uncompressed batch with damage.
    Batch(Damage),
    /// A sound deposit with damage.
    Deposit(Damage),
    /// A sound forced transaction with damage.
    Forced(Damage),
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let damage = || prop::collection::vec((any::<Index>(), any::<u8>()), 0..3);
    let item = prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Item::Noise),
        4 => damage().prop_map(Item::Batch),
        2 => damage().prop_map(Item::Deposit),
        2 => damage().prop_map(Item::Forced),
    ];
    prop::collection::vec(item, 1..10)
}

fn damaged(bytes: impl AsRef<[u8]>, damage: &Damage) -> Bytes {
    let mut bytes = bytes.as_ref().to_vec();
    for (at, value) in damage {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    bytes.into()
}

fn apply(chain: &mut MemoryChain, item: &Item, nonce: u64) {
    let [alice, bob] = [1, 2].map(Key::new);
    chain.l1_mut().time += 15;
    let end = chain.inbox().delayed_count();
    match item {
        Item::Noise(bytes) => drop(chain.post(bytes.clone().into(), end).expect("any batch")),
        Item::Batch(damage) => {
            let records =
                [block(nonce, 1, vec![alice.transfer(nonce, 1), bob.transfer(9, 1)]), block(nonce, 0, vec![])];
            let raw = [&b"\x00\x00"[..], &alloy_rlp::encode(records.to_vec())].concat();
            chain.post(damaged(raw, damage), end).expect("any batch");
        }
        Item::Deposit(damage) => {
            let (to, data) = (Address::repeat_byte(0xcc), Bytes::from_static(&[7; 40]));
            let deposit = Deposit { mint: 3, value: alloy_primitives::U256::from(2), gas_limit: 90_000, to, data };
            chain.queue(DelayedKind::Deposit, bob.address(), damaged(deposit.encode(), damage)).expect("any payload");
        }
        Item::Forced(damage) => {
            let payload = damaged(bob.transfer(nonce, 1), damage);
            chain.queue(DelayedKind::Forced, bob.address(), payload).expect("any payload");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_data_stops_a_proof(items in items()) {
        let mut chain = MemoryChain::new(&genesis()).expect("genesis");
        for (nonce, item) in items.iter().enumerate() {
            apply(&mut chain, item, nonce as u64);
        }
        let batches = chain.inbox().batch_count();
        let evidence = evidence(&chain, &Span::batches(&chain, 0, batches).expect("a span"));
        let expected = claim(&chain, batches);
        prop_assert_eq!(run(&NativeOracle::new(&evidence)).expect("an output"), expected);
        let (code, output, _) = in_machine(&evidence);
        prop_assert_eq!((code, output), (0, expected));
    }
}
