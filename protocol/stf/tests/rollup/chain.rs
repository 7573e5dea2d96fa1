//! A chain in memory whose every block is checked against what must hold for all blocks.

use alloy_consensus::{Header, SignableTransaction, TxEip1559, crypto::secp256k1};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use autonet_primitives::{
    BlockInput, ChainConfig, DelayedKind, DelayedMessage, Deposit, Genesis, GenesisAccount, L1Context, TxEnvelope,
    addresses::{L1_CONTEXT, L2_MESSENGER},
};
use autonet_stf::{
    Account, BlockExecutor, ExecutedBlock, MemoryState, Recorder, Recording, Recovered, SealedHeader, TxOutcome,
    WitnessState, execute_block, genesis_block,
};
use autonet_trie::{EMPTY_ROOT, EmptySource, Nibbles, Trie};
use std::collections::BTreeMap;

pub(crate) const RECIPIENT: Address = Address::repeat_byte(0xfe);
pub(crate) const GWEI: u64 = 1_000_000_000;
pub(crate) const ATN: u128 = 1_000_000_000_000_000_000;

pub(crate) struct Chain {
    pub(crate) config: ChainConfig,
    pub(crate) head: SealedHeader,
    pub(crate) state: MemoryState,
    /// Of all blocks.
    headers: Vec<Header>,
    /// Delayed messages so far.
    delayed: u64,
}

impl Chain {
    /// With the accounts of `alloc`, the keys 1 to 3 funded, and the system contracts.
    pub(crate) fn new(alloc: impl IntoIterator<Item = (Address, GenesisAccount)>) -> Self {
        let mut all: BTreeMap<_, _> = alloc.into_iter().collect();
        for seed in 1..=3 {
            all.entry(Key::new(seed).address()).or_default().balance = U256::from(1_000 * ATN);
        }
        all.insert(BEACON_ROOTS_ADDRESS, contract(BEACON_ROOTS_CODE.clone()));
        all.insert(HISTORY_STORAGE_ADDRESS, contract(HISTORY_STORAGE_CODE.clone()));
        all.insert(L1_CONTEXT, contract(artifact("L1Context")));
        let genesis =
            Genesis { config: config(), l1_start_block: 0, timestamp: 1_700_000_000, base_fee: GWEI, alloc: all };
        let block = genesis_block(&genesis).expect("genesis");
        let mut state = MemoryState::default();
        state.apply(&block);
        let chain = Self {
            config: genesis.config,
            head: block.sealed_header(),
            state,
            headers: vec![block.block.header.clone()],
            delayed: 0,
        };
        chain.check(&block);
        chain
    }

    pub(crate) fn executor(&self, delayed: &[DelayedMessage]) -> BlockExecutor<'_, MemoryState> {
        let timestamp = self.head.timestamp + 2;
        BlockExecutor::new(&self.config, &self.head, timestamp, delayed, &self.state).expect("prologue")
    }

    /// Builds a block step by step and makes it the head. What is included executes as a whole to the same block.
    pub(crate) fn block(&mut self, delayed: &[DelayedMessage], transactions: &[Signed]) -> ExecutedBlock {
        let mut executor = self.executor(delayed);
        let mut included = Vec::new();
        for transaction in transactions {
            if let TxOutcome::Included(_) = executor.execute_transaction(transaction).expect("execution") {
                included.push(transaction.encoded_2718().into());
            }
        }
        let block = executor.finish().expect("roots");
        let input =
            BlockInput { timestamp: self.head.timestamp + 2, delayed: delayed.to_vec(), transactions: included };
        let mut again = execute_block(&self.config, &self.head, &input, &self.state).expect("execution");
        again.skipped.clone_from(&block.skipped);
        assert_eq!(again, block, "stepped and whole execution agree");
        self.check_witness(&input, &block);

        let supply_before = self.supply();
        self.state.apply(&block);
        self.check(&block);
        let minted: u128 = block.block.body.transactions.iter().filter_map(|tx| tx.as_deposit()).map(|d| d.mint).sum();
        assert_eq!(self.supply(), supply_before + U256::from(minted), "nothing is created or lost but by deposits");
        self.head = block.sealed_header();
        self.headers.push(block.block.header.clone());
        block
    }

    /// What an execution has read is enough to execute the same block from the state's root alone, and all of it is needed.
    fn check_witness(&self, input: &BlockInput, block: &ExecutedBlock) {
        let recorder = Recorder::new(&self.state, self.head.state_root);
        let recorded = execute_block(&self.config, &self.head, input, &recorder).expect("execution");
        let mut witness = recorder.into_recording();
        for number in witness.oldest_block.into_iter().flat_map(|oldest| oldest + 1..self.head.number) {
            let header = &self.headers[number as usize];
            witness.preimages.insert(header.hash_slow(), alloy_rlp::encode(header).into());
        }
        let execute = |witness: &Recording| {
            execute_block(&self.config, &self.head, input, &WitnessState::new(witness, &self.head))
        };
        let mut from_witness = execute(&witness).expect("execution");
        assert_eq!(from_witness, recorded);
        from_witness.skipped.clone_from(&block.skipped);
        assert_eq!(&from_witness, block, "a witness stands for the state");
        for hash in witness.preimages.keys() {
            let mut lacking = witness.clone();
            lacking.preimages.remove(hash);
            assert!(execute(&lacking).is_err(), "{hash} was recorded for nothing");
        }
    }

    fn check(&self, block: &ExecutedBlock) {
        let header: &Header = &block.block.header;
        assert_eq!(header.state_root, rebuilt_root(&self.state), "the root is that of the whole state");
        assert_eq!(keccak256(alloy_rlp::encode(header)), block.hash);
        let messenger = self.state.accounts.get(&L2_MESSENGER).map_or(EMPTY_ROOT, |account| account.storage_root);
        assert_eq!(header.withdrawals_root, Some(messenger));
        assert_eq!(block.senders.len(), block.receipts.len());
        assert_eq!(block.senders.len(), block.block.body.transactions.len());
        for (address, change) in &block.state.accounts {
            assert_ne!(change.old, change.new);
            let is_empty = |new: Account| Account { storage_root: EMPTY_ROOT, ..new } == Account::default();
            assert!(!change.new.is_some_and(is_empty), "{address} is empty and exists");
        }
        for change in block.state.storage.values() {
            assert_ne!(change.old, change.new);
        }
    }

    pub(crate) fn supply(&self) -> U256 {
        self.state.accounts.values().fold(U256::ZERO, |sum, account| sum + account.balance)
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.state.accounts.get(&address).map_or(U256::ZERO, |account| account.balance)
    }

    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.state.accounts.get(&address).map_or(0, |account| account.nonce)
    }

    pub(crate) fn slot(&self, address: Address, slot: u64) -> U256 {
        self.state.storage.get(&(address, U256::from(slot))).copied().unwrap_or_default()
    }

    pub(crate) fn message(&mut self, kind: DelayedKind, sender: Address, payload: Bytes) -> DelayedMessage {
        let index = self.delayed;
        self.delayed += 1;
        DelayedMessage { index, kind, sender, l1: l1_context(index), payload }
    }

    pub(crate) fn deposit(&mut self, from: Address, deposit: &Deposit) -> DelayedMessage {
        self.message(DelayedKind::Deposit, from, deposit.encode())
    }
}

/// The L1 context that the message `index` carries.
pub(crate) fn l1_context(index: u64) -> L1Context {
    L1Context {
        number: 100 + index,
        time: 1_700_000_000 + 12 * index,
        base_fee: U256::from(7 + index),
        blob_base_fee: U256::from(3),
        prev_randao: B256::repeat_byte(0x40 + index as u8),
        parent_hash: B256::repeat_byte(0x80 + index as u8),
    }
}

pub(crate) fn config() -> ChainConfig {
    ChainConfig {
        l1_chain_id: 1,
        l2_chain_id: 31_415,
        inbox: Address::repeat_byte(0x11),
        bridge: Address::repeat_byte(0x12),
        force_window_s: 3_600,
        max_past_s: 600,
        max_future_s: 60,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 1_000_000,
        sequencer_fee_recipient: RECIPIENT,
    }
}

pub(crate) fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { nonce: Some(1), code: Some(code), ..Default::default() }
}

/// Runtime code of a contract without constructor arguments, from the committed artifacts: what the init code returns.
pub(crate) fn artifact(name: &str) -> Bytes {
    let path = format!("{}/../../contracts/artifacts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).expect("artifact")).expect("JSON");
    let init = hex::decode(json["bytecode"].as_str().expect("bytecode").trim_start_matches("0x")).expect("hex");
    let start = init.windows(3).position(|window| window == [0x5f, 0xf3, 0xfe]).expect("end of the constructor") + 3;
    init[start..].to_vec().into()
}

pub(crate) type Signed = Recovered<TxEnvelope>;

/// A user.
#[derive(Clone, Copy)]
pub(crate) struct Key(B256);

impl Key {
    pub(crate) const fn new(seed: u8) -> Self {
        Self(B256::repeat_byte(seed))
    }

    pub(crate) fn address(&self) -> Address {
        let hash = B256::repeat_byte(1);
        let signature = secp256k1::sign_message(self.0, hash).expect("signature");
        secp256k1::recover_signer(&signature, hash).expect("signer")
    }

    pub(crate) fn sign<T: SignableTransaction<alloy_primitives::Signature>>(&self, transaction: T) -> Signed
    where
        alloy_consensus::Signed<T>: Into<TxEnvelope>,
    {
        let signature = secp256k1::sign_message(self.0, transaction.signature_hash()).expect("signature");
        Recovered::new_unchecked(transaction.into_signed(signature).into(), self.address())
    }

    pub(crate) fn authorize(&self, authorization: Authorization) -> SignedAuthorization {
        let signature = secp256k1::sign_message(self.0, authorization.signature_hash()).expect("signature");
        authorization.into_signed(signature)
    }

    pub(crate) fn call(&self, nonce: u64, to: Address, input: Bytes) -> Signed {
        self.sign(TxEip1559 { gas_limit: 10_000_000, to: to.into(), input, ..transaction(nonce) })
    }

    pub(crate) fn transfer(&self, nonce: u64, to: Address, value: u128) -> Signed {
        self.sign(TxEip1559 { to: to.into(), value: U256::from(value), ..transaction(nonce) })
    }
}

/// 21,000 gas at up to 10 gwei with a tip of 1 gwei, to nobody.
pub(crate) fn transaction(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: config().l2_chain_id,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: u128::from(10 * GWEI),
        max_priority_fee_per_gas: u128::from(GWEI),
        to: TxKind::Call(Address::repeat_byte(0xaa)),
        ..Default::default()
    }
}

/// The root of all that `state` has, from nothing.
fn rebuilt_root(state: &MemoryState) -> B256 {
    let mut accounts = Trie::new(None, EMPTY_ROOT);
    for (address, account) in &state.accounts {
        let mut storage = Trie::new(Some(keccak256(address)), EMPTY_ROOT);
        for ((_, slot), value) in state.storage.range((*address, U256::ZERO)..=(*address, U256::MAX)) {
            let key = Nibbles::unpack(keccak256(slot.to_be_bytes::<32>()));
            storage.insert(&EmptySource, &key, alloy_rlp::encode(value)).expect("insertion");
        }
        assert_eq!(storage.root(), account.storage_root, "storage root of {address}");
        accounts
            .insert(&EmptySource, &Nibbles::unpack(keccak256(address)), alloy_rlp::encode(account))
            .expect("insertion");
    }
    accounts.root()
}
