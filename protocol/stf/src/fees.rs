//! What a transaction pays beside its gas, and the price of gas.

use alloy_primitives::U256;
use autonet_primitives::{ChainConfig, Header};

/// What the bytes of a signed transaction (EIP-2718) cost, in wei: their estimated size after compression, at L1's price of
/// calldata and the chain's scalar. Rounded down.
pub fn data_fee_floor(config: &ChainConfig, l1_base_fee: U256, transaction: &[u8]) -> U256 {
    if l1_base_fee.is_zero() || config.data_fee_scalar_ppm == 0 {
        return U256::ZERO;
    }
    let gas = U256::from(op_alloy_flz::data_gas_fjord(transaction));
    gas.saturating_mul(l1_base_fee).saturating_mul(U256::from(config.data_fee_scalar_ppm)) / U256::from(1_000_000)
}

/// The base fee of the block after `parent`, in wei (EIP-1559, with the elasticity and denominator of the chain).
///
/// Deposits do not pay it, so that nothing but arithmetic bounds it: it saturates.
pub fn next_base_fee(config: &ChainConfig, parent: &Header) -> u64 {
    let base_fee = parent.base_fee_per_gas.unwrap_or_default();
    let (limit, used) = (u128::from(parent.gas_limit), u128::from(parent.gas_used));
    let target = limit.checked_div(config.base_fee_elasticity.into()).unwrap_or_default();
    let whole = target * u128::from(config.base_fee_denominator);
    if whole == 0 {
        return base_fee;
    }
    let change = u128::from(base_fee).saturating_mul(used.abs_diff(target)) / whole;
    if used > target {
        base_fee.saturating_add(change.max(1).try_into().unwrap_or(u64::MAX))
    } else {
        base_fee.saturating_sub(change.try_into().unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_config;
    use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};

    #[test]
    fn base_fee_follows_eip_1559() {
        let config = test_config();
        let params = BaseFeeParams::new(config.base_fee_denominator.into(), config.base_fee_elasticity.into());
        for base_fee in [0, 1, 7, 1_000, 1_000_000_000, 1 << 60] {
            for gas_used in [0, 1, 29_999_999, 30_000_000, 30_000_001, 60_000_000] {
                let parent =
                    Header { gas_limit: 60_000_000, gas_used, base_fee_per_gas: Some(base_fee), ..Default::default() };
                let expected = calc_next_block_base_fee(gas_used, 60_000_000, base_fee, params);
                assert_eq!(next_base_fee(&config, &parent), expected, "{base_fee} {gas_used}");
            }
        }
    }

    #[test]
    fn base_fee_never_overflows() {
        let parent = Header {
            gas_limit: 60_000_000,
            gas_used: u64::MAX,
            base_fee_per_gas: Some(u64::MAX),
            ..Default::default()
        };
        assert_eq!(next_base_fee(&test_config(), &parent), u64::MAX);
        let odd = ChainConfig { base_fee_elasticity: 0, ..test_config() };
        assert_eq!(next_base_fee(&odd, &parent), u64::MAX);
    }

    #[test]
    fn data_fee_is_that_of_compressed_calldata() {
        let config = ChainConfig { data_fee_scalar_ppm: 500_000, ..test_config() };
        // The smallest transaction counts 100 bytes of 16 gas.
        assert_eq!(data_fee_floor(&config, U256::from(10), &[0; 10]), U256::from(100 * 16 * 10 / 2));
        let noise: alloc::vec::Vec<u8> = (0..2_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(data_fee_floor(&config, U256::from(10), &noise) > data_fee_floor(&config, U256::from(10), &[7; 2_000]));
        assert_eq!(data_fee_floor(&config, U256::ZERO, &noise), U256::ZERO);
        assert!(data_fee_floor(&config, U256::MAX, &noise) > U256::ZERO);
    }
}
