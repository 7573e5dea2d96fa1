//! The EVM, under the rules of Ethereum or of the rollup.

use crate::{
    Account, Error, InvalidTransaction, PostState, State, StateReader, TxEnv, handler::TxHandler, machine::Machine,
    precompiles::Tensors, reads::Reads,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_primitives::addresses::SYSTEM_CALLER;
use revm::{
    context::{
        BlockEnv, CfgEnv, ContextError, JournalTr,
        journaled_state::account::JournaledAccountTr,
        result::{EVMError, ExecutionResult, HaltReason},
    },
    handler::{Handler, SystemCallTx},
    primitives::hardfork::SpecId,
};

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Plain Ethereum of this hard fork, Cancun or later: blobs, the base fee burned, no deposits, no ML.
    Ethereum(SpecId),
    /// Ethereum's rules of Osaka with deposits, a data fee, fees that go to the fee vault, and the ML precompiles.
    Rollup {
        /// Receives the tips.
        fee_recipient: Address,
    },
}

impl Rules {
    /// The hard fork.
    pub const fn spec(&self) -> SpecId {
        match self {
            Self::Ethereum(spec) => *spec,
            Self::Rollup { .. } => SpecId::OSAKA,
        }
    }
}

/// What a transaction of the rollup does besides what Ethereum's do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Of a deposit: what it mints, in wei.
    pub mint: Option<u128>,
    /// Of all others: what it pays for its data, in wei.
    pub data_fee: U256,
}

/// Transactions on one state, one after the other; the journal keeps what they change until the end.
pub struct Evm<'a, S: StateReader>(Machine<'a, S>);

/// A transaction's result, or why it is not valid.
pub type Transacted = Result<ExecutionResult<HaltReason>, InvalidTransaction>;

impl<'a, S: StateReader> Evm<'a, S> {
    /// On `state`, the state after the block with number and hash `parent`. `cfg` is completed with the hard fork.
    pub fn new(rules: Rules, cfg: CfgEnv, block: BlockEnv, parent: (u64, B256), state: &'a S) -> Self {
        Self::with_reads(rules, cfg, block, Reads::new(state, parent))
    }

    pub(crate) fn with_reads(rules: Rules, cfg: CfgEnv, block: BlockEnv, reads: Reads<'a, S>) -> Self {
        Self(Machine::new(rules, cfg, block, reads))
    }

    /// Executes a transaction. An invalid one changes nothing.
    pub fn transact(&mut self, transaction: TxEnv, extra: Extra) -> Result<Transacted, Error<S::Error>> {
        self.0.0.ctx.tx = transaction;
        self.0.0.ctx.chain.extra = extra;
        self.0.0.ctx.chain.tensors.begin();
        let result = TxHandler::new().run(&mut self.0);
        self.settle(result)
    }

    /// Calls a contract as the system: no fees, no nonces, its own gas. Does nothing where there is no code.
    pub fn system_call(&mut self, contract: Address, input: Bytes) -> Result<Transacted, Error<S::Error>> {
        self.0.0.ctx.tx = TxEnv::new_system_tx_with_caller(SYSTEM_CALLER, contract, input);
        self.0.0.ctx.chain.extra = Extra::default();
        self.0.0.ctx.chain.tensors.begin();
        let result = TxHandler::new().run_system_call(&mut self.0);
        self.settle(result)
    }

    /// Applies what is left of a deposit that could not even start: its mint and its nonce.
    pub(crate) fn fail_deposit(&mut self, from: Address, mint: u128) -> Result<(), Error<S::Error>> {
        let journal = &mut self.0.0.ctx.journaled_state;
        let mut caller = journal.load_account_mut(from)?.data;
        caller.incr_balance(U256::from(mint));
        caller.bump_nonce();
        journal.commit_tx();
        Ok(())
    }

    /// The nonce of an account as it is now.
    pub(crate) fn nonce(&mut self, address: Address) -> Result<u64, Error<S::Error>> {
        if let Some(account) = self.0.0.ctx.journaled_state.state.get(&address)
            && !account.is_selfdestructed_locally()
        {
            return Ok(account.info.nonce);
        }
        let existed = self.0.0.ctx.journaled_state.database.account(address)?;
        Ok(existed.map_or(0, |account| account.nonce))
    }

    pub(crate) const fn tensors_mut(&mut self) -> &mut Tensors {
        &mut self.0.0.ctx.chain.tensors
    }

    /// The account before the first transaction.
    pub(crate) fn account_before(&mut self, address: Address) -> Result<Option<Account>, Error<S::Error>> {
        self.0.0.ctx.journaled_state.database.account(address)
    }

    /// What the transactions have done to the state, whose root was `old_root` before them.
    pub fn finish(mut self, old_root: B256) -> Result<PostState, Error<<S as StateReader>::Error>>
    where
        S: State,
    {
        let journal = self.0.0.ctx.journaled_state.finalize();
        PostState::compute(journal, &mut self.0.0.ctx.journaled_state.database, old_root)
    }

    fn settle(
        &mut self,
        result: Result<ExecutionResult<HaltReason>, EVMError<Error<S::Error>>>,
    ) -> Result<Transacted, Error<S::Error>> {
        let host_error = core::mem::replace(&mut self.0.0.ctx.error, Ok(()));
        match (result, host_error) {
            (_, Err(ContextError::Db(error))) => Err(error),
            (Ok(result), _) => Ok(Ok(result)),
            (Err(error), _) => Error::or_invalid(error).map(Err),
        }
    }
}
