// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lanes} from "./Lanes.sol";

/// @title Accumulators to 8 bits
library Requantise {
    uint256 private constant TILE = 16;

    /// @notice clamp8(((acc * m + 2^(s-1)) >> s) + zp) of a tile of accumulators, by column; zero outside of the matrix.
    /// @param acc 256 lanes of 32 bits, each plus 2^31.
    /// @param constants A tile of I32 whose first rows are m, s, zp.
    /// @return ok Whether the constants of all columns are in range.
    function tile(bytes memory acc, bytes memory constants, uint256 rows, uint256 cols)
        internal
        pure
        returns (bool ok, bytes memory out)
    {
        out = new bytes(256);
        for (uint256 col = 0; col < cols; col++) {
            int256 m = Lanes.i32(constants, col);
            int256 s = Lanes.i32(constants, TILE + col);
            int256 zp = Lanes.i32(constants, 2 * TILE + col);
            if (m < 1 << 30 || s < 31 || s > 62 || zp < -128 || zp > 127) return (false, out);
            _column(acc, out, rows, col, [m, s, zp]);
        }
        return (true, out);
    }

    function _column(bytes memory acc, bytes memory out, uint256 rows, uint256 col, int256[3] memory constants)
        private
        pure
    {
        assembly ("memory-safe") {
            let m := mload(constants)
            let s := mload(add(constants, 32))
            let zp := mload(add(constants, 64))
            let half := shl(sub(s, 1), 1)
            let from := add(add(acc, 32), shl(2, col))
            let to := add(add(out, 32), col)
            for { let end := add(to, shl(4, rows)) } lt(to, end) { to := add(to, 16) } {
                let value := sub(shr(224, mload(from)), 0x80000000)
                value := add(sar(s, add(mul(value, m), half)), zp)
                if slt(value, not(127)) { value := not(127) }
                if sgt(value, 127) { value := 127 }
                mstore8(to, and(value, 0xff))
                from := add(from, 64)
            }
        }
    }
}
