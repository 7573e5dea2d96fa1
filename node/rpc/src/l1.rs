//! What transactions pay for their data.

use crate::reader::{Reader, Result};
use alloy_consensus::transaction::Recovered;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::U256;
use autonet_primitives::{ChainConfig, TxEnvelope, addresses::L1_CONTEXT};
use autonet_stf::{StateReader, data_fee_floor};
use autonet_storage::StoredBlock;
use op_alloy_rpc_types::L1BlockInfo;

/// The slot of the `L1Context` predeploy that holds L1's base fee.
const BASE_FEE_SLOT: U256 = U256::from_limbs([2, 0, 0, 0]);

/// The data prices of one block.
pub(crate) struct L1Prices<'a> {
    config: &'a ChainConfig,
    base_fee: U256,
}

impl Reader {
    pub(crate) fn l1_prices(&self, block: &StoredBlock) -> Result<L1Prices<'_>> {
        // The block's prologue writes the L1 context, so that after the block it is the one that its transactions paid by.
        let state = self.state(block.id().hash.into())?;
        Ok(L1Prices { config: self.config(), base_fee: state.storage(L1_CONTEXT, BASE_FEE_SLOT)? })
    }
}

impl L1Prices<'_> {
    /// The receipt's fields of a transaction: those of the OP Stack, so that existing tools show them. Deposits pay nothing.
    pub(crate) fn of(&self, transaction: &Recovered<TxEnvelope>) -> L1BlockInfo {
        if transaction.inner().is_deposit() {
            return L1BlockInfo::default();
        }
        let fee = data_fee_floor(self.config, self.base_fee, &transaction.inner().encoded_2718());
        L1BlockInfo {
            l1_gas_price: Some(self.base_fee.saturating_to()),
            l1_fee: Some(fee.saturating_to()),
            ..Default::default()
        }
    }
}
