//! Ethereum's public state tests in the guest: the very program that proves L2, in the machine, ends each case in the given
//! state root with the given logs, as the native executor does (protocol/stf/tests/state_tests).
//!
//! A sample of all cases, or every one if `AUTONET_ALL_STATE_TESTS` is set. `AUTONET_VECTORS` names the folder with the
//! archives; without it the tests are skipped.

#[path = "../../protocol/stf/tests/state_tests/fixture.rs"]
mod fixture;

use alloy_primitives::{B256, U256, keccak256};
use autonet_fpvm::Machine;
use autonet_fraud_prover::{Evidence, EvidenceHost, guest};
use autonet_guest::{EthereumTest, LocalInput, TestResult};
use autonet_stf::{MemoryState, genesis_block};
use fixture::{Case, Env, File, Test, genesis, read_archive};
use rayon::prelude::*;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// A case is in the sample if its name's hash starts with a byte below this: about one of 64.
const SAMPLE: u8 = 4;

/// A case that takes more steps is told.
const LONG: u64 = 5_000_000_000;

/// No case takes more.
const MAX_STEPS: u64 = 1 << 40;

#[test]
fn cancun() {
    run_archive("ethereum-state-tests-cancun.tar.gz", "Cancun", 20_969);
}

#[test]
fn prague() {
    run_archive("ethereum-state-tests-prague.tar.gz", "Prague", 1_966);
}

fn run_archive(name: &str, fork: &str, expected_cases: usize) {
    let Some(files) = read_archive(name) else { return };
    let all = std::env::var_os("AUTONET_ALL_STATE_TESTS").is_some();
    let (started, steps, done) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let run = |(name, evidence, expected): (String, Evidence, B256)| {
        let machine = Machine::new(&guest().expect("the guest"));
        let outcome = machine.run_untracked(&mut EvidenceHost::new(&evidence), MAX_STEPS);
        let outcome = outcome.map_err(|error| format!("{name}: {error}"))?;
        steps.fetch_add(outcome.steps, Ordering::Relaxed);
        if outcome.steps > LONG {
            println!("{name}: {} million steps", outcome.steps / 1_000_000);
        }
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(1_000) {
            println!("{fork}: {done} cases, {} s", started.elapsed().as_secs());
        }
        match (outcome.exit_code, outcome.oracle_key) {
            (0, output) if output == expected => Ok(()),
            (code, output) => Err(format!("{name}: exit code {code}, output {output}, expected {expected}")),
        }
    };
    let cases = |(path, bytes): &(String, Vec<u8>)| {
        let file: File = serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        let path = path.clone();
        file.into_iter().flat_map(move |(name, test)| prepare(&format!("{path} {name}"), test, all))
    };
    // Whole files in parallel: a file's cases are made when they are needed.
    let results: Vec<_> = files.par_iter().flat_map_iter(|file| cases(file).map(&run)).collect();
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    let steps = steps.into_inner();
    println!("{fork}: {} cases, {} failed, {} million steps", results.len(), failures.len(), steps / 1_000_000);
    failures.iter().take(50).for_each(|failure| println!("{failure}"));
    assert!(failures.is_empty());
    if all {
        assert_eq!(results.len(), expected_cases, "cases in the archive");
    } else {
        assert!(results.len() > expected_cases / 128, "a sample of {}", results.len());
    }
}

/// Name, evidence and expected output of each case.
fn prepare(name: &str, test: Test, all: bool) -> Vec<(String, Evidence, B256)> {
    let Test { env, pre, transaction, post } = test;
    let forks = [("Cancun", false), ("Prague", true)].map(|(fork, is_prague)| (post.get(fork), fork, is_prague));
    let cases = forks.into_iter().flat_map(|(cases, fork, is_prague)| {
        cases.into_iter().flatten().enumerate().map(move |(index, case)| (format!("{fork} {index}"), is_prague, case))
    });
    let chosen = |name: &str| all || keccak256(name)[0] < SAMPLE;
    let cases: Vec<_> = cases
        .map(|(case_name, is_prague, case)| (format!("{name} {case_name}"), is_prague, case))
        .filter(|(name, ..)| chosen(name))
        .collect();
    if cases.is_empty() {
        return Vec::new();
    }
    let genesis = genesis_block(&genesis(pre)).expect("pre state");
    let root = genesis.block.header.state_root;
    let mut state = MemoryState::default();
    state.apply(&genesis);
    let mut evidence = Evidence::default();
    state.nodes.0.into_values().chain(state.code.into_values()).for_each(|preimage| {
        evidence.insert(preimage);
    });
    let of_case = |(name, is_prague, case): (String, bool, &Case)| {
        let test = encode(&env, case, root, transaction.sender, is_prague);
        let mut evidence = evidence.clone();
        evidence.insert(alloy_rlp::encode(&test));
        let previous = evidence.insert(test.words());
        evidence.set_local(LocalInput::PreviousOutput, previous);
        let result = TestResult { valid: case.expect_exception.is_none(), logs_hash: case.logs, root: case.hash };
        (name, evidence, result.output())
    };
    cases.into_iter().map(of_case).collect()
}

fn encode(env: &Env, case: &Case, root: B256, sender: alloy_primitives::Address, is_prague: bool) -> EthereumTest {
    let (max_blobs, blob_fraction) = if is_prague { (9, 5_007_716) } else { (6, 3_338_477) };
    EthereumTest {
        is_prague,
        max_blobs,
        blob_fraction,
        number: env.current_number,
        coinbase: env.current_coinbase,
        timestamp: env.current_timestamp,
        gas_limit: env.current_gas_limit.saturating_to(),
        base_fee: env.current_base_fee.unwrap_or(U256::from(10)).to(),
        random: env.current_random.unwrap_or_default(),
        excess_blob_gas: env.current_excess_blob_gas.unwrap_or_default().to(),
        root,
        sender,
        transaction: case.txbytes.clone(),
    }
}
