//! Prices: what gas costs, and what it has cost.

use crate::{
    error::RpcError,
    reader::{Reader, Result},
};
use alloy_consensus::{Transaction as _, transaction::Recovered};
use alloy_primitives::U256;
use alloy_rpc_types_eth::{BlockId, BlockNumberOrTag, FeeHistory};
use autonet_primitives::{Header, Receipt, TxEnvelope};
use autonet_stf::next_base_fee;
use autonet_storage::StoredBlock;

/// The tip, in wei a gas, that is enough while blocks have room.
const BASE_TIP: u128 = 1_000_000;
/// The most that is ever suggested, in wei a gas.
const MAX_TIP: u128 = 500_000_000_000;
/// Most percentiles of one `eth_feeHistory`, as in geth.
const MAX_PERCENTILES: usize = 100;
/// Blob base fee, in wei: no block has blobs, so it stays at EIP-4844's minimum.
const BLOB_BASE_FEE: u128 = 1;

/// What a transaction paid as tip, and for how much gas.
#[derive(Clone, Copy)]
struct Reward {
    tip: u128,
    gas_used: u64,
}

impl Reader {
    pub(crate) fn gas_price(&self) -> Result<U256> {
        let head = self.head_block()?;
        Ok(U256::from(u128::from(next_base_fee(self.config(), &head.header.header)) + self.tip(&head)?))
    }

    pub(crate) fn max_priority_fee(&self) -> Result<U256> {
        Ok(U256::from(self.tip(&self.head_block()?)?))
    }

    fn head_block(&self) -> Result<StoredBlock> {
        let latest = BlockId::latest();
        self.block(latest)?.ok_or(RpcError::UnknownBlock(latest))
    }

    /// A tip that the next block takes: a small constant, or while blocks are full a tenth above the median of the last.
    ///
    /// A block is full when its largest transaction would not have fitted once more.
    fn tip(&self, head: &StoredBlock) -> Result<u128> {
        let mut rewards = rewards(head, &self.receipts(head)?);
        let largest = rewards.iter().map(|reward| reward.gas_used).max().unwrap_or_default();
        let header = &head.header.header;
        if header.gas_used.saturating_add(largest) <= header.gas_limit {
            return Ok(BASE_TIP);
        }
        rewards.sort_unstable_by_key(|reward| reward.tip);
        let median = rewards.get(rewards.len() / 2).map_or(0, |reward| reward.tip);
        Ok((median + median / 10).clamp(BASE_TIP, MAX_TIP))
    }

    pub(crate) fn fee_history(
        &self,
        count: u64,
        newest: BlockNumberOrTag,
        percentiles: Option<Vec<f64>>,
    ) -> Result<FeeHistory> {
        let percentiles = percentiles.unwrap_or_default();
        check_percentiles(&percentiles)?;
        let newest = BlockId::Number(newest);
        let last = self.header(newest)?.ok_or(RpcError::UnknownBlock(newest))?;
        let count = count.min(self.limits.max_fee_history_blocks).min(last.id.number + 1);
        let mut history = FeeHistory { oldest_block: last.id.number + 1 - count, ..Default::default() };
        if count == 0 {
            return Ok(FeeHistory { oldest_block: 0, ..history });
        }
        let mut reward = Vec::new();
        for number in history.oldest_block..=last.id.number {
            let id = BlockId::number(number);
            let header = if percentiles.is_empty() {
                self.header(id)?.ok_or(RpcError::UnknownBlock(id))?.header
            } else {
                let block = self.block(id)?.ok_or(RpcError::UnknownBlock(id))?;
                reward.push(at_percentiles(rewards(&block, &self.receipts(&block)?), &percentiles));
                block.header.header
            };
            history.base_fee_per_gas.push(header.base_fee_per_gas.unwrap_or_default().into());
            history.gas_used_ratio.push(ratio(&header));
        }
        history.base_fee_per_gas.push(next_base_fee(self.config(), &last.header).into());
        history.base_fee_per_blob_gas = vec![BLOB_BASE_FEE; history.base_fee_per_gas.len()];
        history.blob_gas_used_ratio = vec![0.0; history.gas_used_ratio.len()];
        history.reward = (!percentiles.is_empty()).then_some(reward);
        Ok(history)
    }
}

fn ratio(header: &Header) -> f64 {
    header.gas_used as f64 / header.gas_limit as f64
}

fn check_percentiles(percentiles: &[f64]) -> Result<()> {
    if percentiles.len() > MAX_PERCENTILES {
        return Err(RpcError::Limit("number of reward percentiles", MAX_PERCENTILES as u64));
    }
    if let Some(outside) = percentiles.iter().find(|percentile| !(0.0..=100.0).contains(*percentile)) {
        return Err(RpcError::InvalidParams(format!("invalid reward percentile: {outside}")));
    }
    match percentiles.windows(2).find(|pair| pair[0] > pair[1]) {
        Some(pair) => Err(RpcError::InvalidParams(format!("invalid reward percentile: {} > {}", pair[0], pair[1]))),
        None => Ok(()),
    }
}

/// What the transactions of a block paid as tips, in the block's order; deposits pay nothing.
fn rewards(block: &StoredBlock, receipts: &[Receipt]) -> Vec<Reward> {
    let base_fee = block.header.header.base_fee_per_gas.unwrap_or_default();
    let mut gas_before = 0;
    let reward = |(transaction, receipt): (&Recovered<TxEnvelope>, &Receipt)| {
        let gas_used = receipt.cumulative_gas_used() - gas_before;
        gas_before = receipt.cumulative_gas_used();
        Reward { tip: transaction.effective_tip_per_gas(base_fee).unwrap_or_default(), gas_used }
    };
    block.transactions.iter().zip(receipts).map(reward).collect()
}

/// The tip below which lies each percentage of the block's gas.
fn at_percentiles(mut rewards: Vec<Reward>, percentiles: &[f64]) -> Vec<u128> {
    rewards.sort_unstable_by_key(|reward| reward.tip);
    let total: u64 = rewards.iter().map(|reward| reward.gas_used).sum();
    let at = |percentile: &f64| {
        let threshold = (total as f64 * percentile / 100.0) as u64;
        let mut below = 0;
        let reached = rewards.iter().find(|reward| {
            below += reward.gas_used;
            below >= threshold
        });
        reached.or(rewards.last()).map_or(0, |reward| reward.tip)
    };
    percentiles.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_weigh_tips_by_gas() {
        let rewards = [(30, 10), (10, 60), (20, 30)].map(|(tip, gas_used)| Reward { tip, gas_used }).to_vec();
        assert_eq!(at_percentiles(rewards, &[0.0, 60.0, 61.0, 90.0, 91.0, 100.0]), [10, 10, 20, 20, 30, 30]);
        assert_eq!(at_percentiles(Vec::new(), &[50.0]), [0]);
    }

    #[test]
    fn percentiles_are_checked() {
        assert!(check_percentiles(&[0.0, 50.0, 50.0, 100.0]).is_ok());
        for wrong in [&[-1.0][..], &[100.5], &[f64::NAN], &[50.0, 10.0], &[1.0; 101]] {
            assert!(check_percentiles(wrong).is_err(), "{wrong:?}");
        }
    }
}
