//! Becoming active in a role.

use super::{Call, Chain, Role};
use crate::error::AgentError;
use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use autonet_primitives::addresses;

impl Chain {
    /// Stakes what is missing to the role's minimum; returns it, zero if the account is active already.
    pub async fn join(&self, role: Role) -> Result<U256, AgentError> {
        let staking = self.staking();
        if staking.isActive(self.account, role as u8).call().await? {
            return Ok(U256::ZERO);
        }
        let position = staking.positionOf(self.account, role as u8).call().await?;
        if position.unlockAt != 0 {
            return Err(AgentError::Unbonding { account: self.account, unlock_at: position.unlockAt });
        }
        let minimum = staking.minimumStake(role as u8).call().await?;
        let missing = minimum.saturating_sub(U256::from(position.amount));
        self.allow(addresses::PARTICIPANT_STAKING, missing, "the stake").await?;
        self.send(Call::new("stake", staking.stake(role as u8, missing).into_transaction_request())).await?;
        Ok(missing)
    }

    /// Wraps what is missing to `amount` wei, and lets `spender` take as much.
    pub async fn allow(&self, spender: Address, amount: U256, purpose: &'static str) -> Result<(), AgentError> {
        let atn = self.atn();
        let wrapped = atn.balanceOf(self.account).call().await?;
        let native = self.provider.get_balance(self.account).await?;
        if wrapped + native < amount {
            return Err(AgentError::Funds { account: self.account, have: wrapped + native, needed: amount, purpose });
        }
        let mut calls = Vec::new();
        if wrapped < amount {
            calls.push(Call::new("deposit", atn.deposit().into_transaction_request()).with_value(amount - wrapped));
        }
        if atn.allowance(self.account, spender).call().await? < amount {
            calls.push(Call::new("approve", atn.approve(spender, amount).into_transaction_request()));
        }
        if !calls.is_empty() {
            self.send_all(calls).await?;
        }
        Ok(())
    }
}
