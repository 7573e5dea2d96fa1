// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The field GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d), 32 elements to a word
/// @notice An element is a byte, its bit i the coefficient of x^i. Addition is XOR.
library GF256 {
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant TOP_BITS = 0x8080808080808080808080808080808080808080808080808080808080808080;

    /// @dev Byte v of the first is the inverse of v, byte v of the second that of 32 + v; 0 has none.
    bytes32 private constant INVERSES = 0x00018ef447a77abaad9ddd983daa5d96d872c058e03e4c6690de5580a0834b2a;
    bytes32 private constant INVERSES_FROM_32 = 0x6ced395160562c8a70d01f4a268b336e48896f2ea4c3405e5022cfa9ab0c15e1;

    /// @notice Each of the 32 bytes times x.
    function timesX(uint256 word) internal pure returns (uint256) {
        return ((word & LOW_BITS) << 1) ^ (((word & TOP_BITS) >> 7) * 0x1d);
    }

    /// @notice The inverse of an element.
    /// @dev Requires: 0 < v < 64.
    function inverseBelow64(uint256 v) internal pure returns (uint8) {
        return uint8(v < 32 ? INVERSES[v] : INVERSES_FROM_32[v - 32]);
    }
}
