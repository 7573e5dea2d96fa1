//! Ethereum's public state tests in the guest: the very program that proves L2, in the machine, ends each case in the given
//! state root with the given logs, as the native executor does (protocol/stf/tests/state_tests).
//!
//! A sample of all cases; with `AUTONET_STATE_TESTS=all` every one, which takes hours, since a few make 50,000 calls of a
//! precompile, and CALLBlake2f_MaxRounds alone takes 812,000 million steps; the part 0, 1, .. 7 of eight with
//! `AUTONET_STATE_TESTS=0/8` and so on; those whose name contains a word with `AUTONET_STATE_TESTS=name:word`.
//! `AUTONET_VECTORS` names the folder with the archives; without it the tests are skipped.

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

/// Which cases run.
#[derive(Clone)]
enum Chosen {
    /// About one of 64, by the hashes of their names.
    Sample,
    /// The cases that are number `part` modulo `of`, by the hashes of their names.
    Part { part: u64, of: u64 },
    /// The cases whose names contain this.
    Named(String),
}

impl Chosen {
    fn read() -> Self {
        let Ok(chosen) = std::env::var("AUTONET_STATE_TESTS") else { return Self::Sample };
        if let Some(word) = chosen.strip_prefix("name:") {
            return Self::Named(word.to_owned());
        }
        let numbers = chosen.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match (chosen.as_str(), numbers) {
            ("all", _) => Self::Part { part: 0, of: 1 },
            (_, Some((part, of))) if part < of => Self::Part { part, of },
            _ => panic!("AUTONET_STATE_TESTS is `all`, a part like 0/8 or `name:word`, not `{chosen}`"),
        }
    }

    fn has(&self, name: &str) -> bool {
        let [first, .., last] = keccak256(name).0;
        match self {
            Self::Sample => first < 4,
            Self::Part { part, of } => u64::from(last) % of == *part,
            Self::Named(word) => name.contains(word),
        }
    }

    /// The least number of cases that it has of `all`.
    fn least(&self, all: usize) -> usize {
        match self {
            Self::Sample => all / 128,
            Self::Part { of: 1, .. } => all,
            Self::Part { of, .. } => all / *of as usize / 2,
            Self::Named(_) => 0,
        }
    }
}

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
    let chosen = Chosen::read();
    let (started, steps, done) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let run = |(name, evidence, expected): (String, Evidence, B256)| {
        let machine = Machine::new(&guest().expect("the guest"));
        let outcome = machine.run_untracked(&mut EvidenceHost::new(&evidence), MAX_STEPS);
        let outcome = outcome.map_err(|error| format!("{name}: {error}"))?;
        steps.fetch_add(outcome.steps, Ordering::Relaxed);
        if outcome.steps > LONG || matches!(chosen, Chosen::Named(_)) {
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
        let chosen = chosen.clone();
        file.into_iter().flat_map(move |(name, test)| prepare(&format!("{path} {name}"), test, &chosen))
    };
    // Whole files in parallel: a file's cases are made when they are needed.
    let results: Vec<_> = files.par_iter().flat_map_iter(|file| cases(file).map(&run)).collect();
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    let steps = steps.into_inner();
    println!("{fork}: {} cases, {} failed, {} million steps", results.len(), failures.len(), steps / 1_000_000);
    failures.iter().take(50).for_each(|failure| println!("{failure}"));
    assert!(failures.is_empty());
    let (least, most) = (chosen.least(expected_cases), expected_cases);
    assert!((least..=most).contains(&results.len()), "{} cases of {least} to {most}", results.len());
}

/// Name, evidence and expected output of each case.
fn prepare(name: &str, test: Test, chosen: &Chosen) -> Vec<(String, Evidence, B256)> {
    let Test { env, pre, transaction, post } = test;
    let forks = [("Cancun", false), ("Prague", true)].map(|(fork, is_prague)| (post.get(fork), fork, is_prague));
    let cases = forks.into_iter().flat_map(|(cases, fork, is_prague)| {
        cases.into_iter().flatten().enumerate().map(move |(index, case)| (format!("{fork} {index}"), is_prague, case))
    });
    let cases: Vec<_> = cases
        .map(|(case_name, is_prague, case)| (format!("{name} {case_name}"), is_prague, case))
        .filter(|(name, ..)| chosen.has(name))
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
