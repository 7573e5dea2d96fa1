//! How a transaction pays, under the rules of the rollup. Everything else is revm's.

use crate::{
    Error, Rules, StateReader,
    machine::{Ctx, Machine},
};
use alloc::boxed::Box;
use alloy_primitives::U256;
use autonet_primitives::addresses::FEE_VAULT;
use core::marker::PhantomData;
use revm::{
    context::{
        Block, Cfg, ContextTr, JournalTr, Transaction,
        journaled_state::account::JournaledAccountTr,
        result::{EVMError, HaltReason, InvalidTransaction},
    },
    handler::{EvmTr, FrameResult, Handler, post_execution, pre_execution},
    interpreter::InitialAndFloorGas,
};

/// Runs transactions: Ethereum's way, except for what the rollup's rules change.
pub(crate) struct TxHandler<'a, S>(PhantomData<fn(&'a S)>);

type HandlerError<S> = EVMError<Error<<S as StateReader>::Error>, InvalidTransaction>;

impl<S> TxHandler<'_, S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'a, S: StateReader> Handler for TxHandler<'a, S> {
    type Evm = Machine<'a, S>;
    type Error = HandlerError<S>;
    type HaltReason = HaltReason;

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Self::Evm,
        _: &mut InitialAndFloorGas,
    ) -> Result<(), Self::Error> {
        let ctx = evm.ctx();
        match (ctx.chain.rules, ctx.chain.extra.mint) {
            (Rules::Ethereum(_), _) => pre_execution::validate_against_state_and_deduct_caller(ctx),
            (Rules::Rollup { .. }, Some(mint)) => Ok(mint_deposit(ctx, mint)?),
            (Rules::Rollup { .. }, None) => deduct_caller(ctx),
        }
    }

    fn reward_beneficiary(&self, evm: &mut Self::Evm, result: &mut FrameResult) -> Result<(), Self::Error> {
        let ctx = evm.ctx();
        let Rules::Rollup { fee_recipient } = ctx.chain.rules else {
            return Ok(post_execution::reward_beneficiary(ctx, result.gas())?);
        };
        let (block, tx, cfg, journal, scope, _) = ctx.all_mut();
        if cfg.is_fee_charge_disabled() || scope.extra.mint.is_some() {
            return Ok(());
        }
        let base_fee = u128::from(block.basefee());
        let tip = tx.effective_gas_price(base_fee).saturating_sub(base_fee);
        let gas_used = U256::from(result.gas().used());
        let vault_fee = U256::from(base_fee) * gas_used + scope.extra.data_fee;
        journal.load_account_mut(FEE_VAULT)?.incr_balance(vault_fee);
        if tip != 0 {
            journal.load_account_mut(fee_recipient)?.incr_balance(U256::from(tip) * gas_used);
        }
        Ok(())
    }
}

/// A deposit's mint and nonce, which stay whatever becomes of its call. It buys no gas: L1 has paid for it.
fn mint_deposit<S: StateReader>(ctx: &mut Ctx<'_, S>, mint: u128) -> Result<(), Error<S::Error>> {
    let (tx, journal) = ctx.tx_journal_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller())?.data;
    // The bridge holds what it mints, so that no balance ever overflows.
    caller.incr_balance(U256::from(mint));
    caller.bump_nonce();
    Ok(())
}

/// Checks nonce, code and balance of the sender; takes the data fee and the price of all gas.
fn deduct_caller<S: StateReader>(ctx: &mut Ctx<'_, S>) -> Result<(), HandlerError<S>> {
    let (block, tx, cfg, journal, scope, _) = ctx.all_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller())?.data;
    pre_execution::validate_account_nonce_and_code_with_components(&caller.account().info, tx, cfg)?;

    let balance = *caller.balance();
    let cost = tx.max_balance_spending()?.checked_add(scope.extra.data_fee);
    let cost = cost.ok_or(InvalidTransaction::OverflowPaymentInTransaction)?;
    if cost > balance && !cfg.is_fee_charge_disabled() && !cfg.is_balance_check_disabled() {
        let (fee, balance) = (Box::new(cost), Box::new(balance));
        return Err(InvalidTransaction::LackOfFundForMaxFee { fee, balance }.into());
    }
    let after_data = balance.saturating_sub(scope.extra.data_fee);
    caller.set_balance(pre_execution::calculate_caller_fee(after_data, tx, block, cfg)?);
    if tx.kind().is_call() {
        caller.bump_nonce();
    }
    Ok(())
}
