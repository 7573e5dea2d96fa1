// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "../../lib/referee/Call.sol";
import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of COSINE_GE, FEDAVG, TRIMMED_MEAN and APPLY_DELTA
contract UpdateReferee is OperationReferee {
    using Call for bytes;
    using Steps for Steps.Step;

    uint256 private constant COSINE_GE = 0x31;
    uint256 private constant FEDAVG = 0x40;
    uint256 private constant TRIMMED_MEAN = 0x41;
    uint256 private constant APPLY_DELTA = 0x42;
    /// @dev Bytes of an I32 tile.
    uint256 private constant WIDE = 1024;
    /// @dev Parts of a tile in TRIMMED_MEAN, and the elements of each.
    uint256 private constant QUARTERS = 4;
    uint256 private constant PART = 64;

    function _attributes(uint256 code, bytes calldata request) internal pure override returns (uint256) {
        // A weight for each update.
        if (code == FEDAVG) return (request.length / 32 - 1) / 2;
        if (code == TRIMMED_MEAN) return 1;
        require(code == COSINE_GE || code == APPLY_DELTA, UnknownCode(code));
        return 2;
    }

    function _count(Steps.Step memory s, bytes calldata request) internal pure override returns (uint256) {
        uint256 updates = s.operands.length;
        require(updates > 0, WrongRequest());
        uint256 tiles = Steps.count(s.operands[0]);
        if (s.code == FEDAVG) {
            require(request.length == 32 * (1 + 2 * updates), WrongRequest());
            return tiles * updates;
        }
        if (s.code == TRIMMED_MEAN) return tiles * QUARTERS * updates;
        require(updates == 2, WrongRequest());
        return tiles;
    }

    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal pure override {
        if (s.code == COSINE_GE) _cosine(s, request, carried);
        else if (s.code == FEDAVG) _fedavg(s, request, carried);
        else if (s.code == TRIMMED_MEAN) _trimmed(s, request.word(1), carried);
        else _delta(s, request, carried);
    }

    /// @dev base + floor(delta * n / d), saturating. Padding gives padding.
    function _delta(Steps.Step memory s, bytes calldata request, bytes calldata carried) private pure {
        require(carried.length == 0, WrongCarried());
        (int256 n, int256 d) = (int256(request.word(1)), int256(request.word(2)));
        bytes memory base = s.tile(0, s.index);
        bytes memory delta = s.tile(1, s.index);
        for (uint256 i = 0; i < 32; i++) {
            uint256 from = Lanes.turn(Lanes.word(base, i));
            uint256 by = Lanes.turn(Lanes.word(delta, i));
            uint256 out = 0;
            for (uint256 shift = 0; shift < 256; shift += 32) {
                int256 value = int32(uint32(from >> shift)) + _floor(int32(uint32(by >> shift)) * n, d);
                if (value < type(int32).min) value = type(int32).min;
                if (value > type(int32).max) value = type(int32).max;
                out |= uint256(uint32(int32(value))) << shift;
            }
            Lanes.setWord(base, i, Lanes.turn(out));
        }
        s.append(base, s.index, Steps.count(s.operands[0]));
    }

    /// @dev Adds an update. Carried: 256 sums, two's complements of 16 bytes; the last step divides them.
    function _fedavg(Steps.Step memory s, bytes calldata request, bytes calldata carried) private pure {
        uint256 updates = s.operands.length;
        (uint256 index, uint256 update) = (s.index / updates, s.index % updates);
        bytes memory sums = new bytes(4 * WIDE);
        if (update == 0) require(carried.length == 0, WrongCarried());
        else sums = carried;
        require(sums.length == 4 * WIDE, WrongCarried());
        _add(sums, s.tile(update, index), request.word(1 + update));
        if (update + 1 < updates) {
            s.carry = sums;
            return;
        }
        int256 total = 0;
        for (uint256 i = 0; i < updates; i++) {
            total += int256(request.word(1 + i));
        }
        bytes memory out = new bytes(WIDE);
        for (uint256 i = 0; i < 32; i++) {
            uint256 lanes = 0;
            for (uint256 pair = 4 * i; pair < 4 * i + 4; pair++) {
                uint256 two = Lanes.word(sums, pair);
                lanes = lanes << 32 | uint32(int32(_floor(int256(two) >> 128, total)));
                lanes = lanes << 32 | uint32(int32(_floor(int128(uint128(two)), total)));
            }
            Lanes.setWord(out, i, Lanes.turn(lanes));
        }
        s.append(out, index, Steps.count(s.operands[0]));
    }

    /// @dev Adds a tile times its weight to the sums, modulo 2^128 each.
    function _add(bytes memory sums, bytes memory tile, uint256 weight) private pure {
        assembly ("memory-safe") {
            let to := add(sums, 32)
            let from := add(tile, 32)
            for { let end := add(from, mload(tile)) } lt(from, end) { from := add(from, 4) } {
                let four := mload(from)
                let value :=
                    signextend(
                        3,
                        or(or(byte(0, four), shl(8, byte(1, four))), or(shl(16, byte(2, four)), shl(24, byte(3, four))))
                    )
                let word := mload(to)
                let sum := add(shr(128, word), mul(value, weight))
                mstore(to, or(shl(128, sum), and(word, 0xffffffffffffffffffffffffffffffff)))
                to := add(to, 16)
            }
        }
    }

    /// @dev Sorts an update into a quarter's lists. Carried: the means of the quarters done, then for each element of this one its
    /// values so far, sorted; 4 bytes each, plus 2^31. After the last update lists become means.
    function _trimmed(Steps.Step memory s, uint256 trim, bytes calldata carried) private pure {
        uint256 updates = s.operands.length;
        uint256 update = s.index % updates;
        uint256 quarter = s.index / updates % QUARTERS;
        uint256 done = 4 * PART * quarter;
        require(carried.length == done + 4 * PART * update, WrongCarried());
        bytes memory lists = _sorted(s.tile(update, s.index / updates / QUARTERS), quarter, carried[done:], update);
        bytes memory means = carried[:done];
        if (update + 1 < updates) {
            s.carry = bytes.concat(means, lists);
            return;
        }
        means = bytes.concat(means, _means(lists, updates, trim));
        if (quarter + 1 < QUARTERS) {
            s.carry = means;
            return;
        }
        for (uint256 i = 0; i < 32; i++) {
            Lanes.setWord(means, i, Lanes.turn(Lanes.word(means, i) ^ Lanes.OFFSETS));
        }
        s.append(means, s.index / updates / QUARTERS, Steps.count(s.operands[0]));
    }

    /// @dev Lists of `count` values with the tile's values put in, each before the first that is larger.
    function _sorted(bytes memory tile, uint256 quarter, bytes calldata lists, uint256 count)
        private
        pure
        returns (bytes memory out)
    {
        uint256 length = 4 * PART * (count + 1);
        // The last value is written as a whole word.
        out = new bytes(length + 32);
        uint256[2] memory at; // places in calldata and memory
        assembly ("memory-safe") {
            mstore(out, length)
            mstore(at, lists.offset)
            mstore(add(at, 32), add(out, 32))
        }
        for (uint256 i = PART * quarter; i < PART * (quarter + 1); i++) {
            uint256 value = uint256(Lanes.i32(tile, i) + (1 << 31));
            assembly ("memory-safe") {
                let from := mload(at)
                let to := mload(add(at, 32))
                let low := 0
                let high := count
                for {} lt(low, high) {} {
                    let middle := shr(1, add(low, high))
                    switch gt(shr(224, calldataload(add(from, shl(2, middle)))), value)
                    case 0 { low := add(middle, 1) }
                    default { high := middle }
                }
                let end := add(from, shl(2, count))
                low := shl(2, low)
                calldatacopy(to, from, low)
                from := add(from, low)
                to := add(to, low)
                mstore(to, shl(224, value))
                to := add(to, 4)
                calldatacopy(to, from, sub(end, from))
                mstore(at, end)
                mstore(add(at, 32), add(to, sub(end, from)))
            }
        }
    }

    /// @dev The means of lists of `count` values without the first and last `trim` of each, rounded down; plus 2^31.
    function _means(bytes memory lists, uint256 count, uint256 trim) private pure returns (bytes memory out) {
        uint256 kept = count - 2 * trim;
        out = new bytes(4 * PART);
        for (uint256 i = 0; i < 8; i++) {
            uint256 lanes = 0;
            for (uint256 list = 8 * i; list < 8 * i + 8; list++) {
                uint256 sum = 0;
                assembly ("memory-safe") {
                    let from := add(add(lists, 32), shl(2, add(mul(list, count), trim)))
                    for { let end := add(from, shl(2, kept)) } lt(from, end) { from := add(from, 4) } {
                        sum := add(sum, shr(224, mload(from)))
                    }
                }
                lanes = lanes << 32 | sum / kept;
            }
            Lanes.setWord(out, i, lanes);
        }
    }

    /// @dev Adds a tile of a and one of b to the sums of a band of rows. Carried: by row the product and both squares, 8 bytes each.
    /// The last step writes the band's 16 elements of the mask, which are one tile of it.
    function _cosine(Steps.Step memory s, bytes calldata request, bytes calldata carried) private pure {
        uint256 along = Steps.tiles(s.operands[0].cols);
        (uint256 band, uint256 k) = (s.index / along, s.index % along);
        bytes memory sums = new bytes(384);
        if (k == 0) require(carried.length == 0, WrongCarried());
        else sums = carried;
        require(sums.length == 384, WrongCarried());
        bytes memory a = s.tile(0, s.index);
        bytes memory b = s.tile(1, s.index);
        for (uint256 row = 0; row < Steps.TILE; row++) {
            _products(sums, a, b, row);
        }
        if (k + 1 < along) {
            s.carry = sums;
            return;
        }
        bytes memory mask = new bytes(256);
        _mask(mask, sums, Steps.inside(s.operands[0].rows, band), request);
        s.append(mask, band, Steps.tiles(s.operands[0].rows));
    }

    /// @dev Writes the elements of the first `rows` rows.
    function _mask(bytes memory mask, bytes memory sums, uint256 rows, bytes calldata request) private pure {
        (uint256 n, uint256 d) = (request.word(1), request.word(2));
        for (uint256 row = 0; row < rows; row++) {
            if (_atLeast(sums, row, n, d)) Lanes.setI8(mask, row, 1);
        }
    }

    /// @dev Adds the products of 16 elements to a row's sums, modulo 2^64 each.
    function _products(bytes memory sums, bytes memory a, bytes memory b, uint256 row) private pure {
        assembly ("memory-safe") {
            let left := mload(add(add(a, 32), shl(4, row)))
            let right := mload(add(add(b, 32), shl(4, row)))
            let dot := 0
            let aa := 0
            let bb := 0
            for { let i := 0 } lt(i, 16) { i := add(i, 1) } {
                let x := signextend(0, byte(i, left))
                let y := signextend(0, byte(i, right))
                dot := add(dot, mul(x, y))
                aa := add(aa, mul(x, x))
                bb := add(bb, mul(y, y))
            }
            // The word ends with the row's three sums.
            let at := add(add(sums, 24), mul(24, row))
            let word := mload(at)
            dot := and(add(shr(128, word), dot), 0xffffffffffffffff)
            aa := and(add(shr(64, word), aa), 0xffffffffffffffff)
            bb := and(add(word, bb), 0xffffffffffffffff)
            mstore(at, or(shl(192, shr(192, word)), or(shl(128, dot), or(shl(64, aa), bb))))
        }
    }

    /// @dev Whether dot > 0 and dot^2 * d^2 >= n^2 * aa * bb: below 2^192 as n and d are below 2^32.
    function _atLeast(bytes memory sums, uint256 row, uint256 n, uint256 d) private pure returns (bool) {
        uint256 word;
        assembly ("memory-safe") {
            word := mload(add(add(sums, 24), mul(24, row)))
        }
        (int256 dot, uint256 aa, uint256 bb) = (int64(uint64(word >> 128)), uint64(word >> 64), uint64(word));
        return dot > 0 && (uint256(dot) * d) ** 2 >= n * aa * (n * bb);
    }

    /// @dev floor(a / b) for b > 0.
    function _floor(int256 a, int256 b) private pure returns (int256 q) {
        q = a / b;
        if (a % b < 0) q--;
    }
}
