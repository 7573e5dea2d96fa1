// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The Merkle tree over a training's states
library TraceTree {
    /// @notice Levels above the leaves of a tree over `count` >= 1 leaves.
    function depthUp(uint256 count) internal pure returns (uint256 depth) {
        while (1 << depth < count) depth++;
    }

    /// @notice The root over a proof's leaf: `state` at `index`.
    function rootOf(uint256 index, bytes32 state, bytes32[] calldata proof) internal pure returns (bytes32 node) {
        node = keccak256(abi.encode(index, state));
        for (uint256 i = 0; i < proof.length; i++) {
            node = index >> i & 1 == 0 ? keccak256(abi.encode(node, proof[i])) : keccak256(abi.encode(proof[i], node));
        }
    }
}
