//! The state before the block, as the EVM asks for it.

use crate::{Account, Error, StateReader};
use alloy_primitives::{Address, B256, U256};
use revm::{
    Database,
    primitives::{AddressMap, HashMap, KECCAK_EMPTY, hash_map::Entry},
    state::{AccountInfo, Bytecode},
};

/// Reads each value once. The journal above has the current values; what was read is kept here, as the old values of the
/// state diff.
pub(crate) struct Reads<'a, S> {
    pub(crate) state: &'a S,
    /// Number and hash of the parent block.
    parent: (u64, B256),
    accounts: AddressMap<Option<Account>>,
    storage: HashMap<(Address, U256), U256>,
    code: HashMap<B256, Bytecode>,
}

impl<'a, S: StateReader> Reads<'a, S> {
    pub(crate) fn new(state: &'a S, parent: (u64, B256)) -> Self {
        Self { state, parent, accounts: AddressMap::default(), storage: HashMap::default(), code: HashMap::default() }
    }

    /// The account before the block.
    pub(crate) fn account(&mut self, address: Address) -> Result<Option<Account>, Error<S::Error>> {
        match self.accounts.entry(address) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(unknown) => Ok(*unknown.insert(self.state.account(address).map_err(Error::State)?)),
        }
    }

    /// The slot before the block, if anything has read it; what nothing has read belongs to a new account, and is zero.
    pub(crate) fn old_slot(&self, address: Address, slot: U256) -> U256 {
        self.storage.get(&(address, slot)).copied().unwrap_or_default()
    }
}

impl<S: StateReader> Database for Reads<'_, S> {
    type Error = Error<S::Error>;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        Ok(self.account(address)?.map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            code: (account.code_hash == KECCAK_EMPTY).then(Bytecode::default),
            ..Default::default()
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        if let Some(code) = self.code.get(&hash) {
            return Ok(code.clone());
        }
        let bytes = self.state.code(hash).map_err(Error::State)?.ok_or(Error::MissingCode(hash))?;
        // Malformed only if it starts with EIP-7702's magic, and then it was stored before EIP-3541.
        let code = Bytecode::new_raw_checked(bytes.clone()).unwrap_or_else(|_| Bytecode::new_legacy(bytes));
        self.code.insert(hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        match self.storage.entry((address, slot)) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(unknown) => Ok(*unknown.insert(self.state.storage(address, slot).map_err(Error::State)?)),
        }
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        if number == self.parent.0 {
            return Ok(self.parent.1);
        }
        self.state.block_hash(number).map_err(Error::State)
    }
}
