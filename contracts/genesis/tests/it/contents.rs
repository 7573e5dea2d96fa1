//! What block 0 contains.

use crate::chain::{ALICE, CHAIN_ID, Chain, L1_RECIPIENT, TIMESTAMP, genesis, params};
use alloy_eips::{eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::eip712_domain;
use autonet_bindings::{ATN, FeeVault, Project, TaskContract};
use autonet_genesis::{ConstructorError, GenesisError, GenesisParams, build_genesis, predeploys, run_constructor};
use autonet_primitives::{Genesis, addresses};

#[test]
fn every_predeploy_has_code_within_the_limit_and_nonce_one() {
    let genesis = genesis();
    for predeploy in predeploys() {
        let account = &genesis.alloc[&predeploy.address];
        let size = account.code.as_ref().expect("code").len();
        assert!(size > 0 && size <= 24_576, "{}: {size} bytes", predeploy.name);
        assert_eq!(account.nonce, Some(1), "{}", predeploy.name);
        assert!(account.balance.is_zero(), "{}", predeploy.name);
    }
    assert_eq!(genesis.supply(), params().balances[0].1);
}

#[test]
fn runtime_code_is_what_a_create_gives_unless_immutables_bind_the_address() {
    let genesis = genesis();
    let mut chain = Chain::new();
    for predeploy in predeploys() {
        let created = chain.transact(TxKind::Create, 0, predeploy.init_code.clone()).expect("deploys");
        let created = created.address().map(|address| chain.code(*address)).expect("created");
        let placed = genesis.alloc[&predeploy.address].code.clone().expect("code");
        assert_eq!(created.len(), placed.len(), "{}", predeploy.name);
        // EIP-712 domains.
        let binds_address = ["ATN", "AutonetDAO"].contains(&predeploy.name);
        assert_eq!(created == placed, !binds_address, "{}", predeploy.name);
    }
}

#[test]
fn the_domain_of_permits_is_the_fixed_address_on_this_chain() {
    let domain = eip712_domain! {
        name: "Autonet", version: "1", chain_id: CHAIN_ID, verifying_contract: addresses::ATN,
    };
    let mut chain = Chain::new();
    let separator = chain.call(addresses::ATN, 0, ATN::DOMAIN_SEPARATORCall {}).expect("view");
    assert_eq!(separator, domain.separator());
    assert_eq!(chain.call(addresses::ATN, 0, ATN::symbolCall {}).expect("view"), "ATN");
}

#[test]
fn the_fee_vault_pays_the_recipient_that_the_genesis_names() {
    let mut chain = Chain::new();
    assert_eq!(chain.slot(addresses::FEE_VAULT, B256::ZERO), U256::from_be_bytes(L1_RECIPIENT.into_word().0));
    assert_eq!(chain.call(addresses::FEE_VAULT, 0, FeeVault::recipientCall {}).expect("view"), L1_RECIPIENT);
}

#[test]
fn no_phase_of_a_task_is_shorter_than_the_genesis_says() {
    let mut chain = Chain::new();
    let least = U256::from(params().min_phase_seconds);
    assert_eq!(chain.slot(addresses::TASK_CONTRACT, B256::ZERO), least);
    let minimum = TaskContract::minPhaseSecondsCall {};
    assert_eq!(chain.call(addresses::TASK_CONTRACT, 0, minimum).expect("view"), least);
    let count = TaskContract::taskCountCall {};
    assert_eq!(chain.call(addresses::TASK_CONTRACT, 0, count).expect("view"), U256::ZERO);
    for bad in [0, 28_801, u32::MAX] {
        let refused = build_genesis(&GenesisParams { min_phase_seconds: bad, ..params() });
        assert!(matches!(refused, Err(GenesisError::MinPhaseOutOfBounds(seconds)) if seconds == bad));
    }
}

#[test]
fn the_predeploys_find_each_other() {
    let mut chain = Chain::new();
    let project = chain
        .call(
            addresses::PROJECT,
            0,
            Project::createProjectCall { name: "Digits".into(), symbol: "DIG".into(), ptPriceWei: U256::from(1) },
        )
        .expect("anyone may create a project");
    assert_eq!(project, U256::from(1));
    let amount = U256::from(1_000);
    chain.call(addresses::ATN, 1_000, ATN::depositCall {}).expect("wraps");
    let approve = ATN::approveCall { spender: addresses::PROJECT, value: amount };
    chain.call(addresses::ATN, 0, approve).expect("approves");
    let minted = chain.call(addresses::PROJECT, 0, Project::fundCall { projectId: project, amount }).expect("pays");
    assert_eq!(minted, amount * U256::from(10).pow(U256::from(18)));
    let balance = ATN::balanceOfCall { account: addresses::PROJECT };
    assert_eq!(chain.call(addresses::ATN, 0, balance).expect("view"), amount);
}

#[test]
fn solidity_names_the_same_addresses() {
    let source = include_str!("../../../src/lib/Predeploys.sol").to_lowercase();
    for predeploy in predeploys() {
        let address = format!("{:x}", predeploy.address);
        assert!(source.contains(&address), "{} at {address}", predeploy.name);
    }
    assert!(source.contains(&format!("{:x}", addresses::SYSTEM_CALLER)));
}

#[test]
fn the_system_contracts_take_system_calls() {
    let mut chain = Chain::new();
    let (root, hash) = (B256::repeat_byte(7), B256::repeat_byte(8));
    chain.system_call(BEACON_ROOTS_ADDRESS, root.into()).expect("EIP-4788");
    chain.system_call(HISTORY_STORAGE_ADDRESS, hash.into()).expect("EIP-2935");
    let word = |number: u64| Bytes::from(B256::from(U256::from(number)));
    let read = chain.transact(TxKind::Call(BEACON_ROOTS_ADDRESS), 0, word(TIMESTAMP + 1)).expect("known");
    assert_eq!(read.data()[..], root[..]);
    assert_eq!(chain.slot(HISTORY_STORAGE_ADDRESS, B256::ZERO), U256::from_be_bytes(hash.0));
}

#[test]
fn the_same_parameters_give_the_same_genesis_also_through_json() {
    let first = genesis();
    assert_eq!(first, genesis());
    let json = serde_json::to_string(&first).expect("serialises");
    assert_eq!(serde_json::from_str::<Genesis>(&json).expect("parses"), first);
    let mut other = params();
    other.config.l2_chain_id += 1;
    assert_ne!(build_genesis(&other).expect("valid").alloc, first.alloc);
}

#[test]
fn balances_that_cannot_be_are_refused() {
    let build =
        |balances: &[(Address, U256)]| build_genesis(&GenesisParams { balances: balances.to_vec(), ..params() });
    let one = U256::from(1);
    assert!(matches!(build(&[(ALICE, one), (ALICE, one)]), Err(GenesisError::FundedTwice(a)) if a == ALICE));
    assert!(matches!(build(&[(addresses::ATN, one)]), Err(GenesisError::FundedContract(_))));
    let too_much = [(ALICE, U256::MAX), (Address::ZERO, one)];
    assert!(matches!(build(&too_much), Err(GenesisError::SupplyOverflow)));
}

#[test]
fn a_constructor_that_does_not_fit_is_refused() {
    let run = |code: &[u8]| run_constructor(CHAIN_ID, TIMESTAMP, ALICE, &Bytes::copy_from_slice(code));
    // PUSH0 PUSH0 REVERT; INVALID; STOP; PUSH2 24,577 PUSH0 RETURN; CREATE of nothing, then return one byte.
    assert!(matches!(run(&[0x5f, 0x5f, 0xfd]), Err(ConstructorError::Reverted(_))));
    assert!(matches!(run(&[0xfe]), Err(ConstructorError::Halted(_))));
    assert!(matches!(run(&[0x00]), Err(ConstructorError::CodeSize(0))));
    assert!(matches!(run(&[0x61, 0x60, 0x01, 0x5f, 0xf3]), Err(ConstructorError::CodeSize(24_577))));
    let creating = [0x5f, 0x5f, 0x5f, 0xf0, 0x60, 0x01, 0x5f, 0xf3];
    assert!(matches!(run(&creating), Err(ConstructorError::OtherAccount(_))));
    // SSTORE 5 at slot 3, return one byte: lands at the address.
    let deployed = run(&[0x60, 5, 0x60, 3, 0x55, 0x60, 1, 0x5f, 0xf3]).expect("runs");
    assert_eq!(deployed.code[..], [0]);
    let slot = |number: u64| B256::from(U256::from(number));
    assert_eq!(deployed.storage.into_iter().collect::<Vec<_>>(), [(slot(3), slot(5))]);
}
