//! `eth_getLogs`.

use crate::{
    convert,
    error::RpcError,
    reader::{Reader, Result},
};
use alloy_rpc_types_eth::{BlockId, BlockNumberOrTag, Filter, FilterBlockOption, Log};
use autonet_primitives::Receipt;
use autonet_storage::StoredBlock;

impl Reader {
    pub(crate) fn logs(&self, filter: &Filter) -> Result<Vec<Log>> {
        check(filter)?;
        let mut logs = Vec::new();
        for number in self.log_range(filter)? {
            let Some(header) = self.storage().header(number)? else { break };
            if !filter.matches_bloom(header.header.logs_bloom) {
                continue;
            }
            let Some(block) = self.block(header.id.hash.into())? else { continue };
            logs.extend(matching(&block, self.receipts(&block)?, filter));
            if logs.len() > self.limits.max_logs {
                return Err(RpcError::Limit("number of logs", self.limits.max_logs as u64));
            }
        }
        Ok(logs)
    }

    fn log_range(&self, filter: &Filter) -> Result<std::ops::RangeInclusive<u64>> {
        let (from, to) = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = BlockId::from(hash);
                let number = self.number(block)?.ok_or_else(|| RpcError::Call("unknown block".into()))?;
                return Ok(number..=number);
            }
            FilterBlockOption::Range { from_block, to_block } => (from_block, to_block),
        };
        let [from, to] = [from, to].map(|tag| self.number(tag.unwrap_or(BlockNumberOrTag::Latest).into()));
        let (from, to) = (from?.unwrap_or_default(), to?.unwrap_or_default());
        if from > to {
            return Err(RpcError::InvalidParams(format!("invalid block range: from {from} to {to}")));
        }
        let to = to.min(self.chain.heads().unsafe_head.number);
        if to.saturating_sub(from) >= self.limits.max_log_blocks {
            return Err(RpcError::Limit("number of blocks", self.limits.max_log_blocks));
        }
        Ok(from..=to)
    }
}

/// Bounds what a filter asks for: a log has at most four topics.
pub(crate) fn check(filter: &Filter) -> Result<()> {
    const MAX_ALTERNATIVES: usize = 1_000;
    let most = filter.topics.iter().map(|topic| topic.len()).chain([filter.address.len()]).max();
    match most.unwrap_or_default() > MAX_ALTERNATIVES {
        true => Err(RpcError::Limit("number of addresses or topics in one position", MAX_ALTERNATIVES as u64)),
        false => Ok(()),
    }
}

/// The logs of a block that a filter's addresses and topics match.
pub(crate) fn matching<'a>(
    block: &'a StoredBlock,
    receipts: Vec<Receipt>,
    filter: &'a Filter,
) -> impl Iterator<Item = Log> + 'a {
    let mut next_index = 0;
    let numbered = (0..).zip(&block.transactions).zip(receipts);
    numbered.flat_map(move |((index, transaction), receipt)| {
        let first = next_index;
        next_index += receipt.logs().len() as u64;
        let hash = transaction.inner().tx_hash();
        let logs = (first..).zip(receipt.logs().to_vec()).filter(|(_, log)| filter.matches(log));
        logs.map(|(log_index, log)| convert::log(&block.header, index, hash, log_index, log)).collect::<Vec<_>>()
    })
}
