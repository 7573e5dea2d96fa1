//! Ethereum's public state tests, Cancun and Prague, with the rollup's features off: every case must end in the given
//! state root, which our own trie computes, with the given logs.
//!
//! `AUTONET_VECTORS` names the folder with the archives; without it the tests are skipped.

mod fixture;

use alloy_consensus::{EthereumTxEnvelope, TxEip4844, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Log, U256, keccak256};
use autonet_stf::{BlockEnv, CfgEnv, Evm, ExecutionResult, Extra, MemoryState, Rules, SpecId, genesis_block, tx_env};
use fixture::{Case, Env, File, Test, genesis, read_archive};
use rayon::prelude::*;

/// Hard fork, its name in the tests, its blob limit, its blob price's update fraction.
const FORKS: [(SpecId, &str, u64, u64); 2] =
    [(SpecId::CANCUN, "Cancun", 6, 3_338_477), (SpecId::PRAGUE, "Prague", 9, 5_007_716)];

#[test]
fn cancun() {
    run_archive("ethereum-state-tests-cancun.tar.gz", 20_969);
}

#[test]
fn prague() {
    run_archive("ethereum-state-tests-prague.tar.gz", 1_966);
}

fn run_archive(name: &str, expected_cases: usize) {
    let Some(files) = read_archive(name) else { return };
    let results: Vec<_> = files.par_iter().flat_map_iter(|(path, bytes)| run_file(path, bytes)).collect();
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    println!("{name}: {} files, {} cases, {} failed", files.len(), results.len(), failures.len());
    for failure in failures.iter().take(50) {
        println!("{failure}");
    }
    assert!(failures.is_empty());
    assert_eq!(results.len(), expected_cases, "cases in the archive");
}

fn run_file(path: &str, bytes: &[u8]) -> Vec<Result<(), String>> {
    let file: File = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        Err(error) => return vec![Err(format!("{path}: {error}"))],
    };
    file.into_iter().flat_map(|(name, test)| run_test(&format!("{path} {name}"), test)).collect()
}

fn run_test(name: &str, test: Test) -> Vec<Result<(), String>> {
    let Test { env, pre, transaction, post } = test;
    if !FORKS.iter().any(|(_, fork, ..)| post.contains_key(*fork)) {
        return Vec::new();
    }
    let genesis = genesis_block(&genesis(pre)).expect("pre state");
    let mut state = MemoryState::default();
    state.apply(&genesis);
    let root = genesis.block.header.state_root;
    let number: u64 = env.current_number.to();
    state.block_hashes.extend((number.saturating_sub(256)..number).map(|number| (number, block_hash(number))));

    let mut results = Vec::new();
    for (spec, fork, max_blobs, fraction) in FORKS {
        for (index, case) in post.get(fork).into_iter().flatten().enumerate() {
            let mut cfg = CfgEnv::default().with_chain_id(1);
            cfg.max_blobs_per_tx = Some(max_blobs);
            let parent = (number.wrapping_sub(1), block_hash(number.wrapping_sub(1)));
            let evm = Evm::new(Rules::Ethereum(spec), cfg, block_env(&env, fraction), parent, &state);
            let result = run_case(evm, transaction.sender, root, case);
            results.push(result.map_err(|error| format!("{name} {fork} {index}: {error}")));
        }
    }
    results
}

fn run_case(mut evm: Evm<'_, MemoryState>, sender: Address, root: B256, case: &Case) -> Result<(), String> {
    let result = match decode(&case.txbytes, sender) {
        Ok(transaction) => evm
            .transact(tx_env(&transaction, sender), Extra::default())
            .map_err(|error| error.to_string())?
            .map_err(|invalid| invalid.to_string()),
        Err(error) => Err(error),
    };
    let logs: Vec<Log> = match (result, &case.expect_exception) {
        (Ok(result), None) => match result {
            ExecutionResult::Success { logs, .. } => logs,
            _ => Vec::new(),
        },
        (Err(_), Some(_)) => Vec::new(),
        (Ok(result), Some(expected)) => return Err(format!("expected {expected}, got {result:?}")),
        (Err(error), None) => return Err(format!("refused: {error}")),
    };
    let logs_hash = keccak256(alloy_rlp::encode(&logs));
    if logs_hash != case.logs {
        return Err(format!("logs {logs_hash}, expected {}", case.logs));
    }
    let post = evm.finish(root).map_err(|error| error.to_string())?;
    if post.root != case.hash {
        return Err(format!("root {}, expected {}", post.root, case.hash));
    }
    Ok(())
}

fn decode(bytes: &[u8], sender: Address) -> Result<EthereumTxEnvelope<TxEip4844>, String> {
    let mut rest = bytes;
    let transaction =
        EthereumTxEnvelope::<TxEip4844>::decode_2718(&mut rest).map_err(|error| format!("decode: {error}"))?;
    let signer = transaction.recover_signer().map_err(|error| format!("recover: {error}"))?;
    if signer != sender {
        return Err(format!("signed by {signer}"));
    }
    Ok(transaction)
}

fn block_env(env: &Env, fraction: u64) -> BlockEnv {
    let mut block = BlockEnv {
        number: env.current_number,
        beneficiary: env.current_coinbase,
        timestamp: env.current_timestamp,
        gas_limit: env.current_gas_limit.saturating_to(),
        basefee: env.current_base_fee.unwrap_or(U256::from(10)).to(),
        prevrandao: Some(env.current_random.unwrap_or_default()),
        ..Default::default()
    };
    block.set_blob_excess_gas_and_price(env.current_excess_blob_gas.unwrap_or_default().to(), fraction);
    block
}

/// The tests' convention: the hash of the number's decimal digits.
fn block_hash(number: u64) -> B256 {
    keccak256(number.to_string())
}
