// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GF256} from "./GF256.sol";

/// @title The erasure code of models: systematic Reed-Solomon with a Cauchy matrix
/// @notice Content of S bytes in k data and m parity shards, 1 <= k <= 32, 1 <= m <= 32:
///
/// - n = ceil(S / (1024 k)) chunks of 1,024 bytes per shard. The content is padded with zeros to 1024 k n bytes.
/// - Data shard i (0 <= i < k) is the bytes [1024 n i, 1024 n (i + 1)) of it, unchanged.
/// - Byte t of parity shard p (0 <= p < m) is the sum over i of C[p][i] * (byte t of data shard i) in GF256, with
///   C[p][i] = 1 / ((k + p) XOR i). Among the shards its number is k + p.
///
/// The numbers k + p and i are distinct elements of the field, so every square submatrix of C is invertible (Cauchy), and any
/// k shards restore the content. Chunk j of a parity shard depends on the chunks j of the data shards alone. The shards are
/// those of klauspost/reedsolomon with `WithCauchyMatrix`.
library ReedSolomon {
    uint256 internal constant MAX_DATA_SHARDS = 32;
    uint256 internal constant MAX_PARITY_SHARDS = 32;

    /// @notice C[p][i] for `k` data shards.
    /// @dev Requires: i < k <= 32, p < 32.
    function coefficient(uint256 k, uint256 p, uint256 i) internal pure returns (uint8) {
        return GF256.inverseBelow64((k + p) ^ i);
    }

    /// @notice The chunk of parity shard `p` that belongs to the first `k` of `chunks`, one of each data shard.
    /// @dev Requires: these chunks have equal lengths, a multiple of 32; k and p as above.
    function parity(uint256 k, uint256 p, bytes[] calldata chunks) internal pure returns (bytes memory sum) {
        sum = new bytes(chunks[0].length);
        // Horner over the bits of the coefficients: sum = x * sum + (chunks whose coefficient has the bit).
        for (uint256 bits = 8; bits > 0; bits--) {
            if (bits < 8) _timesX(sum);
            for (uint256 i = 0; i < k; i++) {
                if (coefficient(k, p, i) >> (bits - 1) & 1 == 1) _add(sum, chunks[i]);
            }
        }
    }

    function _timesX(bytes memory sum) private pure {
        for (uint256 at = 32; at <= sum.length; at += 32) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(sum, at))
            }
            word = GF256.timesX(word);
            assembly ("memory-safe") {
                mstore(add(sum, at), word)
            }
        }
    }

    function _add(bytes memory sum, bytes calldata chunk) private pure {
        assembly ("memory-safe") {
            let from := chunk.offset
            let to := add(sum, 32)
            for { let end := add(to, mload(sum)) } lt(to, end) { to := add(to, 32) } {
                mstore(to, xor(mload(to), calldataload(from)))
                from := add(from, 32)
            }
        }
    }
}
