// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What an epoch does with votes and bonds. All Q32.32, at most ONE.
struct YumaParams {
    /// Share of the stake that has to stand behind a consensus weight.
    uint256 kappa;
    /// How much of a bond is renewed in an epoch.
    uint256 alpha;
    /// How much of a weight above the consensus counts against its bond.
    uint256 beta;
}

/// @title Yuma consensus 3, in fixed point
/// @notice Rows are coordinators, columns are submissions. Numbers are Q32.32 (2^32 is 1), every product and quotient is rounded
/// down, and sums run in row order.
///
/// ```
/// S_i   = stake_i / sum(stake)
/// C_j   = the largest W_ij with  sum_i S_i [W_ij >= C_j] >= kappa;  0 if there is none
/// Wc_ij = min(W_ij, C_j)
/// R_j   = sum_i S_i Wc_ij
/// Wb_ij = W_ij - beta (W_ij - Wc_ij)
/// B'_ij = alpha Wb_ij + (1 - alpha) B_ij          (one rounding)
/// E_i   = sum_j (B'_ij / sum_i B'_ij) R_j
/// D_i   = S_i E_i
/// ```
///
/// Incentives are norm(R), dividends norm(D). Columns do not depend on each other, so an epoch can be computed in pages: this is
/// why E weighs with R and not with norm(R), which norm(D) cannot tell apart but for rounding.
library Yuma {
    uint256 internal constant ONE = 1 << 32;

    /// @notice S. All 0 if nobody has stake.
    function normalizeDown(uint256[] memory stakes) internal pure returns (uint256[] memory normalized) {
        uint256 sum = 0;
        for (uint256 i = 0; i < stakes.length; i++) {
            sum += stakes[i];
        }
        normalized = new uint256[](stakes.length);
        if (sum == 0) return normalized;
        for (uint256 i = 0; i < stakes.length; i++) {
            normalized[i] = stakes[i] * ONE / sum;
        }
    }

    /// @notice One column. `weights` and `bonds` are its W and B; `bonds` becomes B', and what the column adds to each E_i is
    /// added to `shares`. All have a row for each of `s`.
    function column(
        YumaParams memory params,
        uint256[] memory s,
        uint256[] memory weights,
        uint256[] memory bonds,
        uint256[] memory shares
    ) internal pure returns (uint256 consensus, uint256 rank) {
        consensus = consensusOf(params.kappa, s, weights);
        uint256 bondSum = 0;
        // No sum here can overflow: every term is below 2^33, and rows are in memory.
        unchecked {
            for (uint256 i = 0; i < s.length; i++) {
                uint256 w = weights[i];
                uint256 clipped = w < consensus ? w : consensus;
                rank += s[i] * clipped >> 32;
                uint256 bonded = w - (params.beta * (w - clipped) >> 32);
                uint256 bond = params.alpha * bonded + (ONE - params.alpha) * bonds[i] >> 32;
                bonds[i] = bond;
                bondSum += bond;
            }
            if (bondSum == 0) return (consensus, rank);
            for (uint256 i = 0; i < s.length; i++) {
                shares[i] += (bonds[i] * ONE / bondSum) * rank >> 32;
            }
        }
    }

    /// @notice C_j: the stake-weighted median at kappa = 1/2, which an outlier does not move.
    function consensusOf(uint256 kappa, uint256[] memory s, uint256[] memory weights)
        internal
        pure
        returns (uint256 consensus)
    {
        unchecked {
            for (uint256 i = 0; i < s.length; i++) {
                uint256 candidate = weights[i];
                if (candidate <= consensus) continue;
                uint256 support = 0;
                for (uint256 k = 0; k < s.length; k++) {
                    if (weights[k] >= candidate) support += s[k];
                }
                if (support >= kappa) consensus = candidate;
            }
        }
    }
}
