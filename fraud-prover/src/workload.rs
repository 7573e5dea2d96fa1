//! Blocks to measure proofs with.

use crate::{MemoryChain, ProverError};
use alloy_consensus::{SignableTransaction, TxEip1559, crypto::secp256k1};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, bytes, hex, keccak256};
use autonet_derive::{BlockRecord, encode_batch};
use autonet_primitives::{ChainConfig, Genesis, GenesisAccount, TxEnvelope};
use std::collections::BTreeMap;

const START: u64 = 1_800_000_000;
const CHAIN_ID: u64 = 7_001;
const SENDERS: u64 = 100;

/// Adds 1 to a slot of the caller and to one of the account in the input, each at the hash of its key, and logs.
const TOKEN: [u8; 74] = hex!(
    "335f525f60205260405f2080546001019055"
    "5f355f5260405f2080546001019055"
    "5f35337fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60205fa300"
);

/// As many rounds as the input says: multiply, add, hash a word.
const COMPUTE: [u8; 24] = hex!("5f355b80800281015f5260205f2050600190038060025700");

/// What a block is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// So many transfers of the coin, each to an account of its own.
    Transfers(u64),
    /// About so much gas: of 100 transactions 40 transfers, 40 of a token, 20 that compute.
    Mixed {
        /// Gas of the block.
        gas: u64,
    },
}

impl Workload {
    /// A chain whose last block, the second, is this one; the first touches what is not new in it. Also the gas and the
    /// number of transactions of the last block.
    pub fn chain(self) -> Result<(MemoryChain, u64, usize), ProverError> {
        let mut chain = MemoryChain::new(&genesis())?;
        let mut senders: Vec<Sender> = (0..SENDERS).map(Sender::new).collect();
        let touch = senders.iter_mut().map(|sender| sender.token(sender.address)).collect();
        let post = |chain: &mut MemoryChain, timestamp, transactions| {
            let record = BlockRecord { timestamp, delayed_count: 0, transactions };
            chain.post(encode_batch(&[record]), 0)
        };
        post(&mut chain, START + 1, touch)?;
        let transactions = self.transactions(&mut senders);
        let blocks = post(&mut chain, START + 2, transactions)?;
        let last = blocks.first().ok_or(ProverError::NoBlock(2))?;
        Ok((chain, last.block.header.gas_used, last.block.body.transactions.len()))
    }

    fn transactions(self, senders: &mut [Sender]) -> Vec<Bytes> {
        let count = match self {
            Self::Transfers(count) => count,
            // A transfer 21,000, of the token 50,000, a computation 100,000: on average 48,400.
            Self::Mixed { gas } => gas / 48_400,
        };
        let transaction = |index: u64| {
            let sender = &mut senders[(index % SENDERS) as usize];
            let recipient = Address::from_word(keccak256(index.to_be_bytes()));
            match (self, index % 5) {
                (Self::Transfers(_), _) | (Self::Mixed { .. }, 0 | 1) => sender.transfer(recipient),
                (Self::Mixed { .. }, 2 | 3) => sender.token(recipient),
                (Self::Mixed { .. }, _) => sender.compute(800),
            }
        };
        (0..count).map(transaction).collect()
    }
}

struct Sender {
    key: B256,
    address: Address,
    nonce: u64,
}

impl Sender {
    fn new(index: u64) -> Self {
        let key = keccak256(format!("sender {index}"));
        let hash = B256::repeat_byte(1);
        let signer = secp256k1::sign_message(key, hash)
            .ok()
            .and_then(|signature| secp256k1::recover_signer(&signature, hash).ok());
        // A hash is a key but for one in 2^128.
        Self { key, address: signer.unwrap_or_default(), nonce: 0 }
    }

    fn transfer(&mut self, to: Address) -> Bytes {
        self.sign(to, U256::ONE, 21_000, Bytes::new())
    }

    fn token(&mut self, to: Address) -> Bytes {
        self.sign(token_address(), U256::ZERO, 120_000, to.into_word().into())
    }

    fn compute(&mut self, rounds: u64) -> Bytes {
        self.sign(compute_address(), U256::ZERO, 400_000, B256::from(U256::from(rounds)).into())
    }

    fn sign(&mut self, to: Address, value: U256, gas_limit: u64, input: Bytes) -> Bytes {
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce: self.nonce,
            gas_limit,
            max_fee_per_gas: 1_000_000_000,
            max_priority_fee_per_gas: 1,
            to: TxKind::Call(to),
            value,
            input,
            ..Default::default()
        };
        self.nonce += 1;
        match secp256k1::sign_message(self.key, transaction.signature_hash()) {
            Ok(signature) => TxEnvelope::from(transaction.into_signed(signature)).encoded_2718().into(),
            Err(_) => bytes!(""),
        }
    }
}

const fn token_address() -> Address {
    Address::repeat_byte(0xc1)
}

const fn compute_address() -> Address {
    Address::repeat_byte(0xc2)
}

fn genesis() -> Genesis {
    let contract = |code: Bytes| GenesisAccount { nonce: Some(1), code: Some(code), ..Default::default() };
    let mut alloc = BTreeMap::from([
        (BEACON_ROOTS_ADDRESS, contract(BEACON_ROOTS_CODE.clone())),
        (HISTORY_STORAGE_ADDRESS, contract(HISTORY_STORAGE_CODE.clone())),
        (token_address(), contract(TOKEN.into())),
        (compute_address(), contract(COMPUTE.into())),
    ]);
    for sender in (0..SENDERS).map(Sender::new) {
        alloc.insert(
            sender.address,
            GenesisAccount { balance: U256::from(10).pow(U256::from(24)), ..Default::default() },
        );
    }
    // Accounts that nobody uses: the paths of a state of some size.
    for index in 0..20_000_u64 {
        let address = Address::from_word(keccak256(format!("account {index}")));
        alloc.insert(address, GenesisAccount { balance: U256::from(index + 1), ..Default::default() });
    }
    Genesis { config: config(), l1_start_block: 0, timestamp: START, base_fee: 1_000_000, alloc }
}

fn config() -> ChainConfig {
    ChainConfig {
        l1_chain_id: 1,
        l2_chain_id: CHAIN_ID,
        inbox: Address::repeat_byte(1),
        bridge: Address::repeat_byte(2),
        force_window_s: 3_600,
        max_past_s: 600,
        max_future_s: 600,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 1_000_000,
        sequencer_fee_recipient: Address::repeat_byte(3),
    }
}
