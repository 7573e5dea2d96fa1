//! revm, with what it does not do by itself: the rollup's scope, and EIP-7610.

use crate::{
    Account, Error, Extra, Rules, StateReader, TxEnv,
    precompiles::{MlPrecompiles, Tensors},
    reads::Reads,
};
use alloy_primitives::Address;
use autonet_trie::EMPTY_ROOT;
use revm::{
    Context, Database, Journal,
    context::{BlockEnv, CfgEnv, ContextError, Evm as RevmEvm, FrameStack, JournalTr, LocalContext},
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, FrameTr, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{CreateInputs, FrameInput, interpreter::EthInterpreter, interpreter_action::FrameInit},
    primitives::KECCAK_EMPTY,
    state,
};

/// What the handler and the precompiles know beyond Ethereum's context.
pub(crate) struct Scope {
    pub(crate) rules: Rules,
    pub(crate) extra: Extra,
    pub(crate) tensors: Tensors,
}

pub(crate) type Ctx<'a, S> = Context<BlockEnv, TxEnv, CfgEnv, Reads<'a, S>, Journal<Reads<'a, S>>, Scope, LocalContext>;

type Inner<'a, S> =
    RevmEvm<Ctx<'a, S>, (), EthInstructions<EthInterpreter, Ctx<'a, S>>, MlPrecompiles, EthFrame<EthInterpreter>>;

pub(crate) struct Machine<'a, S: StateReader>(pub(crate) Inner<'a, S>);

impl<'a, S: StateReader> Machine<'a, S> {
    /// On `state`, the state after the block `parent` (number and hash). `cfg` is completed with the hard fork.
    pub(crate) fn new(rules: Rules, mut cfg: CfgEnv, block: BlockEnv, reads: Reads<'a, S>) -> Self {
        let spec = rules.spec();
        cfg.set_spec_and_mainnet_gas_params(spec);
        let mut journaled_state = Journal::new(reads);
        journaled_state.set_spec_id(spec);
        let ctx = Context {
            block,
            tx: TxEnv::default(),
            cfg,
            journaled_state,
            chain: Scope { rules, extra: Extra::default(), tensors: Tensors::default() },
            local: LocalContext::default(),
            error: Ok(()),
        };
        let instructions = EthInstructions::new_mainnet_with_spec(spec);
        Self(RevmEvm::new(ctx, instructions, MlPrecompiles::new(&rules)))
    }

    /// EIP-7610: the address that a creation would have, if there is storage and nothing else.
    fn storage_without_code(&mut self, inputs: &CreateInputs) -> Result<Option<Address>, Error<S::Error>> {
        let journal = &mut self.0.ctx.journaled_state;
        let nonce = journal.state.get(&inputs.caller()).map_or(0, |caller| caller.info.nonce);
        let address = inputs.created_address(nonce);
        let only_storage = |account: Account| {
            account.storage_root != EMPTY_ROOT && account.nonce == 0 && account.code_hash == KECCAK_EMPTY
        };
        Ok(journal.database.account(address)?.is_some_and(only_storage).then_some(address))
    }

    /// Shows revm a nonce at `address` for as long as it looks for a collision.
    fn collide(&mut self, address: Address, init: FrameInit) -> Result<FrameResult, ContextDbError<Ctx<'a, S>>> {
        let journal = &mut self.0.ctx.journaled_state;
        let id = journal.transaction_id;
        if !journal.state.contains_key(&address) {
            let account = cold_account(&mut journal.database, address, id)?;
            journal.state.insert(address, account);
        }
        self.set_nonce(address, 1);
        let result = match self.0.frame_init(init)? {
            ItemOrResult::Result(result) => Some(result),
            ItemOrResult::Item(_) => None,
        };
        self.set_nonce(address, 0);
        result.ok_or_else(|| ContextError::Custom("creation over existing storage".into()))
    }

    fn set_nonce(&mut self, address: Address, nonce: u64) {
        if let Some(account) = self.0.ctx.journaled_state.state.get_mut(&address) {
            account.info.nonce = nonce;
            account.set_current_info_as_original();
        }
    }
}

fn cold_account<S: StateReader>(
    reads: &mut Reads<'_, S>,
    address: Address,
    id: state::TransactionId,
) -> Result<state::Account, Error<S::Error>> {
    let mut account = match reads.basic(address)? {
        Some(info) => state::Account::from(info),
        None => state::Account::new_not_existing(id),
    };
    account.transaction_id = id;
    account.mark_cold();
    Ok(account)
}

impl<'a, S: StateReader> EvmTr for Machine<'a, S> {
    type Context = Ctx<'a, S>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<'a, S>>;
    type Precompiles = MlPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
        self.0.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>) {
        self.0.all_mut()
    }

    fn frame_init(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        if let FrameInput::Create(inputs) = &init.frame_input
            && let Some(address) = self.storage_without_code(inputs)?
        {
            return self.collide(address, init).map(ItemOrResult::Result);
        }
        self.0.frame_init(init)
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        self.0.frame_run()
    }

    fn frame_return_result(
        &mut self,
        result: <Self::Frame as FrameTr>::FrameResult,
    ) -> Result<Option<<Self::Frame as FrameTr>::FrameResult>, ContextDbError<Self::Context>> {
        self.0.frame_return_result(result)
    }
}
