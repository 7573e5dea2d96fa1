//! `block::execute`: transactions in a block, without recovery; `block::finish`: roots.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, Signature, U256};
use autonet_primitives::{ChainConfig, Genesis, GenesisAccount, TxEnvelope};
use autonet_stf::{BlockExecutor, MemoryState, Recovered, SealedHeader, TxOutcome, genesis_block};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const TRANSFERS: u64 = 1_000;

fn address(index: u64) -> Address {
    Address::left_padding_from(&(index + 0x1_0000_0000).to_be_bytes())
}

fn setup() -> (ChainConfig, SealedHeader, MemoryState, Vec<Recovered<TxEnvelope>>) {
    let config = ChainConfig {
        l1_chain_id: 1,
        l2_chain_id: 31_415,
        inbox: Address::repeat_byte(1),
        bridge: Address::repeat_byte(2),
        force_window_s: 3_600,
        max_past_s: 600,
        max_future_s: 60,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 1_000_000,
        sequencer_fee_recipient: Address::repeat_byte(3),
    };
    let account = GenesisAccount { balance: U256::from(u128::MAX), ..Default::default() };
    let alloc = (0..2 * TRANSFERS).map(|index| (address(index), account.clone())).collect();
    let genesis = Genesis { config, l1_start_block: 0, timestamp: 0, base_fee: 1_000_000_000, alloc };
    let block = genesis_block(&genesis).expect("genesis");
    let mut state = MemoryState::default();
    state.apply(&block);
    let transfers = (0..TRANSFERS).map(|index| {
        let transaction = TxEip1559 {
            chain_id: 31_415,
            gas_limit: 21_000,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 1,
            to: address(TRANSFERS + index).into(),
            value: U256::ONE,
            ..Default::default()
        };
        let signed = transaction.into_signed(Signature::test_signature());
        Recovered::new_unchecked(TxEnvelope::from(signed), address(index))
    });
    (genesis.config, block.sealed_header(), state, transfers.collect())
}

fn execute<'a>(
    config: &'a ChainConfig,
    parent: &SealedHeader,
    state: &'a MemoryState,
    transfers: &[Recovered<TxEnvelope>],
) -> BlockExecutor<'a, MemoryState> {
    let mut executor = BlockExecutor::new(config, parent, 1, &[], state).expect("prologue");
    for transfer in transfers {
        let outcome = executor.execute_transaction(transfer).expect("execution");
        assert!(matches!(outcome, TxOutcome::Included(_)));
    }
    executor
}

fn blocks(criterion: &mut Criterion) {
    let (config, parent, state, transfers) = setup();
    let mut group = criterion.benchmark_group("block");
    group.throughput(Throughput::Elements(TRANSFERS));
    group.bench_function("execute/transfers=1000", |bencher| {
        bencher.iter_with_large_drop(|| execute(&config, &parent, &state, &transfers));
    });
    group.bench_function("finish/transfers=1000", |bencher| {
        let executed = || execute(&config, &parent, &state, &transfers);
        bencher.iter_batched(executed, |executor| executor.finish().expect("roots"), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, blocks);
criterion_main!(benches);
