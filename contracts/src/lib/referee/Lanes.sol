// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Elements of tiles
/// @notice I8 and I32 elements in `bytes`, and eight 32-bit lanes in a word, the first in its top bits.
library Lanes {
    uint256 internal constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;
    /// @dev 2^31 in each lane: what lanes have added to be unsigned.
    uint256 internal constant OFFSETS = ONES << 31;

    uint256 private constant TOPS = 0x8080808080808080808080808080808080808080808080808080808080808080;
    uint256 private constant LOWS = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice Element `index` of an I8 tile.
    function i8(bytes memory tile, uint256 index) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := signextend(0, byte(31, mload(add(add(tile, 1), index))))
        }
    }

    /// @notice Element `index` of an I32 tile, little-endian.
    function i32(bytes memory tile, uint256 index) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            let four := mload(add(add(tile, 32), shl(2, index)))
            value := signextend(
                3,
                or(or(byte(0, four), shl(8, byte(1, four))), or(shl(16, byte(2, four)), shl(24, byte(3, four))))
            )
        }
    }

    /// @notice Writes element `index` of an I8 tile.
    function setI8(bytes memory tile, uint256 index, int256 value) internal pure {
        assembly ("memory-safe") {
            mstore8(add(add(tile, 32), index), and(value, 0xff))
        }
    }

    /// @notice Word `index` of a tile.
    function word(bytes memory tile, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(tile, 32), shl(5, index)))
        }
    }

    /// @notice Writes word `index` of a tile.
    function setWord(bytes memory tile, uint256 index, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(tile, 32), shl(5, index)), value)
        }
    }

    /// @notice min(max(value, -128), 127).
    function clamp8(int256 value) internal pure returns (int256) {
        if (value < -128) return -128;
        return value > 127 ? int256(127) : value;
    }

    /// @notice Eight signed bytes, from the top of `bytes8_`, as lanes: the sum of each times its lane's place, modulo 2^256.
    function spread(uint256 eight) internal pure returns (uint256 lanes) {
        assembly ("memory-safe") {
            lanes := xor(shr(192, eight), 0x8080808080808080)
            lanes := or(and(lanes, 0xffffffff), shl(96, and(lanes, 0xffffffff00000000)))
            lanes := or(
                and(lanes, 0x0000000000000000000000000000ffff0000000000000000000000000000ffff),
                shl(48, and(lanes, 0x000000000000000000000000ffff0000000000000000000000000000ffff0000))
            )
            lanes := or(
                and(lanes, 0x00000000000000ff00000000000000ff00000000000000ff00000000000000ff),
                shl(24, and(lanes, 0x000000000000ff00000000000000ff00000000000000ff00000000000000ff00))
            )
            lanes := sub(lanes, 0x0000008000000080000000800000008000000080000000800000008000000080)
        }
    }

    /// @notice The bytes of each 32-bit lane turned round.
    function turn(uint256 lanes) internal pure returns (uint256) {
        uint256 odd = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
        uint256 low = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
        lanes = (lanes & odd) << 8 | (lanes >> 8 & odd);
        return (lanes & low) << 16 | (lanes >> 16 & low);
    }

    /// @notice Whether an I8 tile holds -128.
    function hasMin(bytes memory tile) internal pure returns (bool found) {
        uint256 any = 0;
        for (uint256 i = 0; i < 8; i++) {
            uint256 zeros = word(tile, i) ^ TOPS;
            unchecked {
                any |= (zeros - LOWS) & ~zeros & TOPS;
            }
        }
        return any != 0;
    }
}
