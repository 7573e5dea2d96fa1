use super::{AccountView, Mempool, MempoolLimits, NextBlockView, recover};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256};
use autonet_primitives::TxEnvelope;
use autonet_rpc::PoolError;
use autonet_stf::Recovered;

const CHAIN: u64 = 7;
const NEXT: NextBlockView = NextBlockView { base_fee: 100, gas_limit: 60_000_000, chain_id: CHAIN };

fn key(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).unwrap()
}

fn template() -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN,
        gas_limit: 21_000,
        max_fee_per_gas: 1_000,
        max_priority_fee_per_gas: 10,
        to: TxKind::Call(Address::repeat_byte(9)),
        ..Default::default()
    }
}

fn signed(account: u8, change: impl FnOnce(&mut TxEip1559)) -> Recovered<TxEnvelope> {
    let mut transaction = template();
    change(&mut transaction);
    let signature = key(account).sign_hash_sync(&transaction.signature_hash()).unwrap();
    let bytes = TxEnvelope::Eip1559(transaction.into_signed(signature)).encoded_2718();
    recover(&bytes).unwrap()
}

fn transfer(account: u8, nonce: u64, tip: u128) -> Recovered<TxEnvelope> {
    signed(account, |tx| {
        tx.nonce = nonce;
        tx.max_priority_fee_per_gas = tip;
        tx.max_fee_per_gas = 1_000 + tip;
    })
}

fn rich() -> AccountView {
    AccountView { nonce: 0, balance: U256::from(10_u64).pow(U256::from(18)) }
}

fn add(pool: &mut Mempool, transaction: Recovered<TxEnvelope>) -> Result<B256, PoolError> {
    pool.insert(transaction, rich(), U256::ZERO, NEXT)
}

fn order(pool: &Mempool) -> Vec<(Address, u64)> {
    let mut best = pool.best(NEXT.base_fee, |_| 0);
    let mut order = Vec::new();
    while let Some(transaction) = best.pop() {
        order.push((transaction.sender(), transaction.nonce()));
        best.included(transaction);
    }
    order
}

#[test]
fn best_tip_comes_first_and_an_account_stays_in_order() {
    let mut pool = Mempool::new(MempoolLimits::default());
    for (account, nonce, tip) in [(1, 1, 900), (1, 0, 5), (2, 0, 50), (3, 0, 5)] {
        add(&mut pool, transfer(account, nonce, tip)).unwrap();
    }
    let [a, b, c] = [1, 2, 3].map(|n| key(n).address());
    // The second of account 1 pays most, but has to wait for the first, which came before account 3's equal one.
    assert_eq!(order(&pool), [(b, 0), (a, 0), (a, 1), (c, 0)]);
}

#[test]
fn a_gap_in_nonces_waits() {
    let mut pool = Mempool::new(MempoolLimits::default());
    add(&mut pool, transfer(1, 1, 10)).unwrap();
    assert!(order(&pool).is_empty());
    assert_eq!(pool.counts(|_| 0), (0, 1));
    add(&mut pool, transfer(1, 0, 10)).unwrap();
    assert_eq!(order(&pool).len(), 2);
    assert_eq!((pool.counts(|_| 0), pool.next_nonce(key(1).address(), 0)), ((2, 0), 2));
}

#[test]
fn what_cannot_pay_the_base_fee_is_not_selected() {
    let mut pool = Mempool::new(MempoolLimits::default());
    let cheap = signed(1, |tx| {
        tx.max_fee_per_gas = u128::from(NEXT.base_fee) - 1;
        tx.max_priority_fee_per_gas = 0;
    });
    add(&mut pool, cheap).unwrap();
    assert!(order(&pool).is_empty());
}

#[test]
fn a_replacement_must_pay_a_tenth_more_in_both_fees() {
    let mut pool = Mempool::new(MempoolLimits::default());
    let fees = |max: u128, tip: u128| {
        signed(1, move |tx| {
            tx.max_fee_per_gas = max;
            tx.max_priority_fee_per_gas = tip;
        })
    };
    let first = add(&mut pool, fees(1_000, 100)).unwrap();
    assert_eq!(add(&mut pool, fees(1_000, 100)), Err(PoolError::AlreadyKnown));
    for (max, tip) in [(1_100, 109), (1_099, 110), (2_000, 100)] {
        assert_eq!(add(&mut pool, fees(max, tip)), Err(PoolError::ReplacementUnderpriced), "{max} {tip}");
    }
    let second = add(&mut pool, fees(1_100, 110)).unwrap();
    assert!(pool.get(first).is_none() && pool.get(second).is_some());
    assert_eq!(pool.len(), 1);
}

#[test]
fn each_rule_has_its_error() {
    let mut pool = Mempool::new(MempoolLimits { per_account: 4, ..Default::default() });
    let mut refuse = |transaction, account| pool.insert(transaction, account, U256::from(1), NEXT).unwrap_err();
    let at = |nonce, balance: u64| AccountView { nonce, balance: U256::from(balance) };
    assert_eq!(refuse(signed(1, |tx| tx.chain_id = 8), rich()), PoolError::ChainId { have: 8, want: 7 });
    assert_eq!(refuse(signed(1, |_| ()), at(1, 0)), PoolError::NonceTooLow { state: 1, tx: 0 });
    assert_eq!(refuse(transfer(1, 4, 1), rich()), PoolError::NonceTooHigh { state: 0, tx: 4 });
    // 21,000 gas at 1,000 wei, and one wei of data fee.
    let (balance, cost) = (U256::from(21_000_000), U256::from(21_000_001));
    assert_eq!(refuse(signed(1, |_| ()), at(0, 21_000_000)), PoolError::InsufficientFunds { balance, cost });
    assert_eq!(
        refuse(signed(1, |tx| tx.gas_limit = 20_999), rich()),
        PoolError::IntrinsicGas { gas: 20_999, minimum: 21_000 }
    );
    let limit = 1 << 24;
    assert_eq!(refuse(signed(1, |tx| tx.gas_limit = limit + 1), rich()), PoolError::GasLimit { gas: limit + 1, limit });
    assert!(matches!(
        refuse(signed(1, |tx| tx.max_priority_fee_per_gas = 1_001), rich()),
        PoolError::TipAboveFee { tip: 1_001, max_fee: 1_000 }
    ));
    let large = signed(1, |tx| {
        tx.input = vec![0; 200_000].into();
        tx.gas_limit = 10_000_000;
    });
    assert!(matches!(refuse(large, rich()), PoolError::Oversized { .. }));
    assert!(pool.is_empty());
}

#[test]
fn a_legacy_transaction_without_chain_id_is_refused() {
    let transaction = TxLegacy { gas_limit: 21_000, gas_price: 1_000, ..Default::default() };
    let signature = key(1).sign_hash_sync(&transaction.signature_hash()).unwrap();
    let bytes = TxEnvelope::Legacy(transaction.into_signed(signature)).encoded_2718();
    let mut pool = Mempool::new(MempoolLimits::default());
    assert!(matches!(add(&mut pool, recover(&bytes).unwrap()), Err(PoolError::Invalid(_))));
}

#[test]
fn malformed_bytes_and_foreign_types_are_told_apart() {
    assert_eq!(recover(&[]).unwrap_err(), PoolError::Malformed);
    assert_eq!(recover(&[0x02, 0xc0]).unwrap_err(), PoolError::Malformed);
    assert_eq!(recover(&[0x03, 0xc0]).unwrap_err(), PoolError::TypeNotSupported);
}

#[test]
fn a_full_pool_drops_the_cheapest_for_a_better_one() {
    let mut pool = Mempool::new(MempoolLimits { transactions: 2, ..Default::default() });
    let cheap = add(&mut pool, transfer(1, 0, 5)).unwrap();
    let dear = add(&mut pool, transfer(2, 0, 50)).unwrap();
    assert_eq!(add(&mut pool, transfer(3, 0, 5)), Err(PoolError::Full));
    let newcomer = add(&mut pool, transfer(3, 0, 6)).unwrap();
    assert!(pool.get(cheap).is_none() && pool.get(dear).is_some() && pool.get(newcomer).is_some());
}

#[test]
fn what_is_in_a_block_leaves_the_pool() {
    let mut pool = Mempool::new(MempoolLimits::default());
    for nonce in 0..3 {
        add(&mut pool, transfer(1, nonce, 1)).unwrap();
    }
    pool.advance(key(1).address(), 2);
    assert_eq!(pool.len(), 1);
    assert_eq!(pool.counts(|_| 2), (1, 0));
    pool.advance(key(1).address(), 3);
    assert!(pool.is_empty() && pool.senders().next().is_none());
}
