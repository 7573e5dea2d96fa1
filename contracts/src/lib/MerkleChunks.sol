// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Merkle trees over the chunks of a shard
/// @notice Leaf j is keccak256(0x00 | chunk j), a node keccak256(0x01 | left | right). The leaves are padded to a power of two
/// with bytes32(0) itself; one chunk's leaf is its own root. A proof is the siblings from the leaf up.
library MerkleChunks {
    uint256 internal constant CHUNK_BYTES = 1024;
    uint256 internal constant MAX_CHUNKS = 1 << 20;

    error ChunkIndexTooHigh(uint256 chunkIndex, uint256 chunkCount);
    error WrongChunkLength(uint256 expected, uint256 given);
    error WrongProofLength(uint256 expected, uint256 given);
    error RootMismatch(bytes32 expected, bytes32 given);

    /// @notice Reverts unless `chunk` is at `chunkIndex` of the tree of `chunkCount` chunks with this root.
    function requireChunk(
        bytes32 root,
        uint256 chunkCount,
        uint256 chunkIndex,
        bytes calldata chunk,
        bytes32[] calldata siblings
    ) internal pure {
        if (chunkIndex >= chunkCount) revert ChunkIndexTooHigh(chunkIndex, chunkCount);
        if (chunk.length != CHUNK_BYTES) revert WrongChunkLength(CHUNK_BYTES, chunk.length);
        uint256 levels = height(chunkCount);
        if (siblings.length != levels) revert WrongProofLength(levels, siblings.length);
        bytes32 node = keccak256(abi.encodePacked(bytes1(0x00), chunk));
        for (uint256 level = 0; level < levels; level++) {
            bytes32 sibling = siblings[level];
            node = chunkIndex >> level & 1 == 0 ? nodeHash(node, sibling) : nodeHash(sibling, node);
        }
        if (node != root) revert RootMismatch(root, node);
    }

    /// @notice Levels of nodes above `chunkCount` leaves.
    function height(uint256 chunkCount) internal pure returns (uint256 levels) {
        while (1 << levels < chunkCount) levels++;
    }

    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0x01)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            hash := keccak256(free, 65)
        }
    }
}
