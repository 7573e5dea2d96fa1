// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lanes} from "./Lanes.sol";

/// @title The product of two tiles
library Product {
    /// @notice Adds x * weights to a tile of accumulators.
    /// @dev Lanes are added and multiplied as one number modulo 2^256. What crosses lanes on the way cancels, as each lane's
    /// final value, plus 2^31, fits its 32 bits.
    /// @param acc 256 lanes of 32 bits, each plus 2^31.
    /// @param x I8 tile, row i of which meets row i of acc.
    /// @param weights I8 tile without -128, row k of which meets column k of x.
    function add(bytes memory acc, bytes memory x, bytes memory weights) internal pure {
        uint256[32] memory lanes;
        for (uint256 k = 0; k < 8; k++) {
            uint256 two = Lanes.word(weights, k);
            for (uint256 part = 0; part < 4; part++) {
                lanes[4 * k + part] = Lanes.spread(two << (64 * part));
            }
        }
        assembly ("memory-safe") {
            let to := add(acc, 32)
            for { let row := add(x, 32) } lt(row, add(x, 288)) { row := add(row, 16) } {
                let left := mload(to)
                let right := mload(add(to, 32))
                let word := mload(row)
                let from := lanes
                for { let k := 0 } lt(k, 16) { k := add(k, 1) } {
                    let value := signextend(0, byte(k, word))
                    left := add(left, mul(value, mload(from)))
                    right := add(right, mul(value, mload(add(from, 32))))
                    from := add(from, 64)
                }
                mstore(to, left)
                mstore(add(to, 32), right)
                to := add(to, 64)
            }
        }
    }
}
