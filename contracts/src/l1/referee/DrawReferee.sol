// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleChunks} from "../../lib/MerkleChunks.sol";
import {Call} from "../../lib/referee/Call.sol";
import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of PRNG and SAMPLE
contract DrawReferee is OperationReferee {
    using Call for bytes;
    using Steps for Steps.Step;

    uint256 private constant PRNG = 0x50;
    uint256 private constant SAMPLE = 0x51;
    /// @dev 0 to 7 in eight lanes.
    uint256 private constant PLACES = 0x0000000000000001000000020000000300000004000000050000000600000007;

    /// @dev Seed, domain, counter, then n; in SAMPLE the population before it.
    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == PRNG || code == SAMPLE, UnknownCode(code));
        return code == PRNG ? 4 : 5;
    }

    function _count(Steps.Step memory s, bytes calldata request) internal pure override returns (uint256) {
        require(s.operands.length == 0, WrongRequest());
        uint256 tiles = Steps.tiles(request.word(4));
        return s.code == PRNG ? tiles : tiles + request.word(5);
    }

    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal pure override {
        if (s.code == PRNG) {
            require(carried.length == 0, WrongCarried());
            _prng(s, request, request.word(4));
            return;
        }
        uint256 population = request.word(4);
        uint256 tiles = Steps.tiles(population);
        if (s.index < tiles) {
            require(carried.length == 0, WrongCarried());
            _number(s, population);
        } else {
            _draw(s, request, carried, s.index - tiles);
        }
    }

    /// @dev Two blocks are a tile, which is a row of 16.
    function _prng(Steps.Step memory s, bytes calldata request, uint256 n) private pure {
        bytes memory out =
            _row(_block(request, 2 * s.index), _block(request, 2 * s.index + 1), Steps.inside(n, s.index));
        s.append(out, s.index, Steps.tiles(n));
    }

    /// @dev Appends a tile of the numbers below the population; after the last one, their root is carried.
    function _number(Steps.Step memory s, uint256 population) private pure {
        uint256 left = Lanes.ONES * (Steps.TILE * s.index) + PLACES;
        bytes memory out = _row(left, left + 8 * Lanes.ONES, Steps.inside(population, s.index));
        uint256 total = Steps.tiles(population);
        s.append(out, s.index, total);
        if (s.index + 1 == total) s.carry = bytes.concat(s.takeRoot());
    }

    /// @dev Draw i gives the number at its place, and the number at i is left there: nothing reads place i again, so it stays as it
    /// is. Carried: the root of the numbers; then those of the result's current tile, 4 bytes each.
    function _draw(Steps.Step memory s, bytes calldata request, bytes calldata carried, uint256 i) private pure {
        require(carried.length == 32 + 4 * (i % Steps.TILE), WrongCarried());
        uint256 n = request.word(5);
        bytes memory drawn;
        bytes32 root;
        {
            uint256 population = request.word(4);
            (bool ok, uint256 offset) = _below(_block(request, i), population - i);
            if (!ok) return s.fail();
            bytes4 taken;
            (taken, root) = _take(s, Call.Operand(true, true, 1, population, bytes32(carried)), i, i + offset);
            drawn = bytes.concat(carried[32:], taken);
        }
        if (i + 1 == n || drawn.length == 4 * Steps.TILE) {
            uint256 count = drawn.length / 4;
            drawn = bytes.concat(drawn, new bytes(64));
            s.append(_row(Lanes.word(drawn, 0), Lanes.word(drawn, 1), count), i / Steps.TILE, Steps.tiles(n));
            drawn = "";
        }
        if (i + 1 < n) s.carry = bytes.concat(root, drawn);
    }

    /// @dev Takes the number at `place` and leaves the one at `i` there.
    /// @return taken The number.
    /// @return root Of the numbers afterwards.
    function _take(Steps.Step memory s, Call.Operand memory numbers, uint256 i, uint256 place)
        private
        pure
        returns (bytes4 taken, bytes32 root)
    {
        bytes memory from = s.tileOf(numbers, i / Steps.TILE);
        bytes memory to = s.tileOf(numbers, place / Steps.TILE);
        taken = bytes4(uint32(int32(Lanes.i32(to, place % Steps.TILE))));
        assembly ("memory-safe") {
            let at := add(add(to, 32), shl(2, and(place, 15)))
            let value := shr(224, mload(add(add(from, 32), shl(2, and(i, 15)))))
            mstore(at, or(shl(224, value), and(mload(at), shr(32, not(0)))))
        }
        root = Steps.leaf(to);
        uint256 height = MerkleChunks.height(Steps.count(numbers));
        // The siblings of the tile that was read last.
        uint256 siblings = s.tilesAt - 32 * height;
        for (uint256 level = 0; level < height; level++) {
            bytes32 sibling;
            assembly ("memory-safe") {
                sibling := calldataload(add(siblings, shl(5, level)))
            }
            bool left = place / Steps.TILE >> level & 1 == 0;
            root = left ? MerkleChunks.nodeHash(root, sibling) : MerkleChunks.nodeHash(sibling, root);
        }
    }

    /// @dev Block `counter + offset`: eight words, the first on top.
    function _block(bytes calldata request, uint256 offset) private pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(request[32:96], request.word(3) + offset)));
    }

    /// @dev The first word of a block below the largest multiple of `range`, modulo it; not ok if there is none.
    function _below(uint256 words, uint256 range) private pure returns (bool ok, uint256 number) {
        uint256 bound = 2 ** 32 - 2 ** 32 % range;
        for (uint256 shift = 256; shift > 0 && !ok; shift -= 32) {
            number = uint32(words >> (shift - 32));
            ok = number < bound;
        }
        number %= range;
    }

    /// @dev An I32 tile that has the first `cols` of 16 words in its first row, and nothing else.
    function _row(uint256 left, uint256 right, uint256 cols) private pure returns (bytes memory out) {
        out = new bytes(1024);
        uint256 all = type(uint256).max;
        Lanes.setWord(out, 0, Lanes.turn(left & (cols < 8 ? all << (32 * (8 - cols)) : all)));
        Lanes.setWord(out, 1, Lanes.turn(right & (cols > 8 ? all << (32 * (16 - cols)) : 0)));
    }
}
