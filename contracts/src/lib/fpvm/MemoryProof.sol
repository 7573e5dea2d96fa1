// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../interfaces/IStepVerifier.sol";
import {MachineState} from "./MachineState.sol";

/// @title Merkle proofs of the machine's memory
/// @notice A proof has one or two parts, each a leaf and its 27 siblings from the leaf up: first the fetched leaf, then
/// the one of the data.
library MemoryProof {
    using MachineState for bytes;

    uint256 internal constant LEVELS = 27;
    /// @notice Bytes of one part.
    uint256 internal constant PART = 32 * (1 + LEVELS);

    /// @notice The little-endian 32 bits at an aligned address, out of the first part.
    function fetch(bytes calldata proof, bytes memory s, uint64 pc) internal pure returns (uint32) {
        return uint32(word(_leaf(proof, 0, s, pc), pc) >> (8 * (pc & 4)));
    }

    /// @notice The leaf that holds an address, out of the second part.
    function data(bytes calldata proof, bytes memory s, uint64 address_) internal pure returns (bytes32) {
        return _leaf(proof, PART, s, address_);
    }

    /// @notice Replaces the leaf of the second part.
    /// @dev Requires: `data` was called with this proof and address, and the memory was not changed since.
    function replace(bytes calldata proof, bytes memory s, uint64 address_, bytes32 leaf) internal pure {
        s.setRoot(_rootOf(proof, PART, leaf, address_));
    }

    /// @notice The little-endian 8 bytes of a leaf around an address.
    function word(bytes32 leaf, uint64 address_) internal pure returns (uint64) {
        return reverse(uint64(uint256(leaf) >> _wordShift(address_)));
    }

    /// @notice The leaf with the 8 bytes around an address replaced.
    function withWord(bytes32 leaf, uint64 address_, uint64 value) internal pure returns (bytes32) {
        uint256 shift = _wordShift(address_);
        return bytes32((uint256(leaf) & ~(uint256(type(uint64).max) << shift)) | (uint256(reverse(value)) << shift));
    }

    /// @notice The 8 bytes in the opposite order.
    function reverse(uint64 v) internal pure returns (uint64) {
        v = ((v & 0x00ff00ff00ff00ff) << 8) | ((v >> 8) & 0x00ff00ff00ff00ff);
        v = ((v & 0x0000ffff0000ffff) << 16) | ((v >> 16) & 0x0000ffff0000ffff);
        return (v << 32) | (v >> 32);
    }

    /// @dev The first byte of a leaf is its most significant one.
    function _wordShift(uint64 address_) private pure returns (uint256) {
        return 64 * (3 - ((address_ >> 3) & 3));
    }

    /// @dev The leaf at byte `start` of the proof, which must lead to the state's root.
    function _leaf(bytes calldata proof, uint256 start, bytes memory s, uint64 address_)
        private
        pure
        returns (bytes32 leaf)
    {
        require(proof.length >= start + PART, IStepVerifier.MemoryProofLength(start + PART, proof.length));
        leaf = bytes32(proof[start:start + 32]);
        bytes32 got = _rootOf(proof, start, leaf, address_);
        require(got == s.root(), IStepVerifier.MemoryRootMismatch(s.root(), got));
    }

    /// @dev Requires: the proof has PART bytes from `start` on.
    function _rootOf(bytes calldata proof, uint256 start, bytes32 leaf, uint64 address_)
        private
        pure
        returns (bytes32 node)
    {
        // Per level: the node goes to word 0 or 1 of the scratch space, as the bit of the leaf's number says, its
        // sibling to the other word, and the hash of both is the next node. Reads stay within the part.
        assembly ("memory-safe") {
            node := leaf
            let at := add(add(proof.offset, start), 32)
            let end := add(at, shl(5, LEVELS))
            for { let index := shr(5, address_) } lt(at, end) { at := add(at, 32) } {
                let side := shl(5, and(index, 1))
                mstore(side, node)
                mstore(xor(side, 32), calldataload(at))
                node := keccak256(0, 64)
                index := shr(1, index)
            }
        }
    }
}
