// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Exit codes of traps
library Trap {
    uint8 internal constant NONE = 0;
    uint8 internal constant ILLEGAL = 2;
    uint8 internal constant MISALIGNED = 3;
    uint8 internal constant OUT_OF_RANGE = 4;
    uint8 internal constant BAD_CALL = 5;

    /// @notice What an access to `size` bytes (a power of two) at an address traps with. Alignment comes first.
    function ofAccess(uint64 address_, uint256 size) internal pure returns (uint8) {
        if (address_ % size != 0) return MISALIGNED;
        return address_ >> 32 == 0 ? NONE : OUT_OF_RANGE;
    }
}
