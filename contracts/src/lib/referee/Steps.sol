// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../../interfaces/ITileReferee.sol";
import {MerkleChunks} from "../MerkleChunks.sol";
import {Call} from "./Call.sol";

/// @title A step being made
/// @notice Reads tiles from the witness and appends them to the result. A tile is a `bytes` of 256 or 1,024 elements' bytes.
library Steps {
    using Steps for Step;

    bytes32 internal constant EMPTY = keccak256("");
    /// @dev Side of a tile.
    uint256 internal constant TILE = 16;

    struct Step {
        uint256 code;
        uint256 index; // steps done before
        bool failed;
        bytes32 frontier;
        bytes carry; // what is left to the next step
        Call.Operand[] operands;
        uint256 tilesAt; // place in calldata of the tiles that are not read yet
        uint256 tilesEnd;
        uint256 peaksAt; // likewise of the peaks
        uint256 peaksEnd;
    }

    /// @notice Number of tiles along `n` rows or columns.
    function tiles(uint256 n) internal pure returns (uint256) {
        return (n + TILE - 1) / TILE;
    }

    /// @notice Rows or columns of tile `index` along `n` of them that are inside the matrix.
    function inside(uint256 n, uint256 index) internal pure returns (uint256) {
        uint256 left = n - TILE * index;
        return left < TILE ? left : TILE;
    }

    /// @notice Number of tiles of an operand.
    function count(Call.Operand memory operand) internal pure returns (uint256) {
        return tiles(operand.rows) * tiles(operand.cols);
    }

    /// @notice The next tile of the witness, which has to be tile `index` of an operand.
    function tile(Step memory s, uint256 operand, uint256 index) internal pure returns (bytes memory) {
        require(operand < s.operands.length && s.operands[operand].present, ITileReferee.WrongOperands());
        return s.tileOf(s.operands[operand], index);
    }

    /// @notice The next tile of the witness, which has to be tile `index` of a tensor.
    function tileOf(Step memory s, Call.Operand memory tensor, uint256 index)
        internal
        pure
        returns (bytes memory data)
    {
        uint256 total = count(tensor);
        uint256 height = MerkleChunks.height(total);
        uint256 size = tensor.wide ? 1024 : 256;
        uint256 at = s.tilesAt;
        uint256 siblings = at + size;
        s.tilesAt = siblings + 32 * height;
        require(index < total && s.tilesAt <= s.tilesEnd, ITileReferee.WrongTile(index, tensor.root));
        data = new bytes(size);
        assembly ("memory-safe") {
            calldatacopy(add(data, 32), at, size)
        }
        bytes32 node = leaf(data);
        for (uint256 level = 0; level < height; level++) {
            bytes32 sibling;
            assembly ("memory-safe") {
                sibling := calldataload(add(siblings, shl(5, level)))
            }
            node = index >> level & 1 == 0 ? MerkleChunks.nodeHash(node, sibling) : MerkleChunks.nodeHash(sibling, node);
        }
        require(node == tensor.root, ITileReferee.WrongTile(index, tensor.root));
    }

    /// @notice Hash of a tile. The byte before its data is the last one of its length, 256 or 1,024: the zero of a leaf.
    function leaf(bytes memory data) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(data, 31), add(mload(data), 1))
        }
    }

    /// @notice Appends tile `index` of the result, of `total`; the last one makes the answer.
    function append(Step memory s, bytes memory data, uint256 index, uint256 total) internal pure {
        bytes32[] memory peaks = _peaks(s, index);
        uint256 last = peaks.length - 1;
        peaks[last] = leaf(data);
        // A peak that meets one of its height becomes one with it.
        for (uint256 n = index; n & 1 == 1; n >>= 1) {
            peaks[last - 1] = MerkleChunks.nodeHash(peaks[last - 1], peaks[last]);
            last--;
        }
        if (index + 1 == total) {
            s.frontier = _root(peaks, total);
        } else {
            assembly ("memory-safe") {
                mstore(peaks, add(last, 1))
            }
            s.frontier = keccak256(abi.encodePacked(peaks));
        }
    }

    /// @notice Ends a metric, which has no tiles.
    function answer(Step memory s, uint256 number) internal pure {
        require(s.frontier == EMPTY, ITileReferee.WrongPeaks());
        s.frontier = bytes32(number + 1);
    }

    /// @notice A value is out of range: the answer is zero. Nothing may follow in the step.
    function fail(Step memory s) internal pure {
        s.failed = true;
        s.frontier = 0;
        s.carry = "";
    }

    /// @notice After the last tile of a tensor was appended: its root. The tiles of another follow.
    function takeRoot(Step memory s) internal pure returns (bytes32 root) {
        root = s.frontier;
        s.frontier = EMPTY;
    }

    /// @dev The peaks of `n` tiles, and a place more.
    function _peaks(Step memory s, uint256 n) private pure returns (bytes32[] memory peaks) {
        uint256 bits = 0;
        for (uint256 rest = n; rest != 0; rest &= rest - 1) {
            bits++;
        }
        uint256 at = s.peaksAt;
        s.peaksAt = at + 32 * bits;
        require(s.peaksAt <= s.peaksEnd, ITileReferee.WrongPeaks());
        peaks = new bytes32[](bits + 1);
        bytes32 hash;
        assembly ("memory-safe") {
            calldatacopy(add(peaks, 32), at, shl(5, bits))
            hash := keccak256(add(peaks, 32), shl(5, bits))
        }
        require(hash == s.frontier, ITileReferee.WrongPeaks());
    }

    /// @dev The root over `total` leaves: the peaks, filled up with zero leaves.
    function _root(bytes32[] memory peaks, uint256 total) private pure returns (bytes32 hash) {
        uint256 height = MerkleChunks.height(total);
        uint256 left = 0;
        for (uint256 rest = total; rest != 0; rest &= rest - 1) {
            left++;
        }
        bytes32 padding = 0;
        bool any = false;
        for (uint256 level = 0; level <= height; level++) {
            if (total >> level & 1 == 1) {
                bytes32 peak = peaks[--left];
                if (any) hash = MerkleChunks.nodeHash(peak, hash);
                else if (level == height) return peak;
                else hash = MerkleChunks.nodeHash(peak, padding);
                any = true;
            } else if (any && level < height) {
                hash = MerkleChunks.nodeHash(hash, padding);
            }
            padding = MerkleChunks.nodeHash(padding, padding);
        }
    }
}
