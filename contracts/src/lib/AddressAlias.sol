// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Aliases of L1 contracts on L2
/// @notice A contract at the same address on both chains may be controlled by different parties, so an L1 contract
/// acts on L2 under its address plus a fixed offset (the one Arbitrum and the OP Stack use).
library AddressAlias {
    uint160 internal constant OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @notice The L2 identity of an L1 contract.
    function toL2(address l1Contract) internal pure returns (address) {
        unchecked {
            return address(uint160(l1Contract) + OFFSET);
        }
    }

    /// @notice The L1 contract behind an alias.
    function toL1(address l2Alias) internal pure returns (address) {
        unchecked {
            return address(uint160(l2Alias) - OFFSET);
        }
    }

    /// @notice The L2 identity of the caller: itself when it is a plain account, its alias otherwise.
    function ofCaller() internal view returns (address) {
        // A wallet with delegated code (EIP-7702) has code: it is aliased like any contract.
        return msg.sender == tx.origin && msg.sender.code.length == 0 ? msg.sender : toL2(msg.sender);
    }
}
