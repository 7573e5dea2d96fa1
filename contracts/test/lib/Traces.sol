// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A trace's Merkle tree, as ITrainingDisputes describes it.
library Traces {
    function root(bytes32[] memory states) internal pure returns (bytes32) {
        (bytes32[] memory nodes,) = _nodes(states);
        return nodes[1];
    }

    /// The siblings of `states[index]`, from the leaf up.
    function proof(bytes32[] memory states, uint256 index) internal pure returns (bytes32[] memory siblings) {
        (bytes32[] memory nodes, uint256 width) = _nodes(states);
        uint256 depth = 0;
        while (1 << depth < width) depth++;
        siblings = new bytes32[](depth);
        for (uint256 i = 0; i < depth; i++) {
            siblings[i] = nodes[(width + index) >> i ^ 1];
        }
    }

    function _nodes(bytes32[] memory states) private pure returns (bytes32[] memory nodes, uint256 width) {
        width = 1;
        while (width < states.length) width *= 2;
        nodes = new bytes32[](2 * width);
        for (uint256 i = 0; i < states.length; i++) {
            nodes[width + i] = keccak256(abi.encode(i, states[i]));
        }
        for (uint256 i = width - 1; i > 0; i--) {
            nodes[i] = keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
        }
    }
}
