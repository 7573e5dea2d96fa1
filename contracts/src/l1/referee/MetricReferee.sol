// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "../../lib/referee/Call.sol";
import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of METRIC
/// @notice A tile of the predictions a step. Carried: the number so far, in 8 bytes; within a band of 16 rows of predictions whose
/// largest elements are looked for, also by row the largest so far plus 2^31, and its column, in 4 bytes each.
contract MetricReferee is OperationReferee {
    using Call for bytes;
    using Steps for Steps.Step;

    uint256 private constant METRIC = 0x30;
    uint256 private constant ARGMAX_HITS = 0;
    uint256 private constant MSE = 1;
    uint256 private constant MATCHES = 2;
    uint256 private constant ROWS = 16;

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == METRIC, UnknownCode(code));
        return 1;
    }

    function _count(Steps.Step memory s, bytes calldata request) internal pure override returns (uint256) {
        require(s.operands.length == 2 && request.word(1) <= MATCHES, WrongRequest());
        return Steps.count(s.operands[0]);
    }

    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal pure override {
        uint256 kind = request.word(1);
        uint256 number = 0;
        if (s.index > 0) {
            require(carried.length >= 8, WrongCarried());
            number = uint64(bytes8(carried));
            carried = carried[8:];
        }
        bytes memory best = "";
        if (kind == ARGMAX_HITS) {
            uint256 hits;
            (hits, best) = _hits(s, carried);
            number += hits;
        } else {
            require(carried.length == 0, WrongCarried());
            (bytes memory predictions, bytes memory truth) = (s.tile(0, s.index), s.tile(1, s.index));
            number += kind == MSE ? _squares(predictions, truth) : _matches(predictions, truth);
        }
        if (s.index + 1 < Steps.count(s.operands[0])) {
            s.carry = abi.encodePacked(uint64(number), best);
        } else {
            if (kind == MSE) number = (number << 32) / (s.operands[0].rows * s.operands[0].cols);
            s.answer(number);
        }
    }

    /// @dev Hits of a band, after its last tile, or else what is carried on within it.
    function _hits(Steps.Step memory s, bytes calldata carried) private pure returns (uint256 hits, bytes memory best) {
        (uint256 rows, uint256 cols) = (s.operands[0].rows, s.operands[0].cols);
        uint256 along = Steps.tiles(cols);
        (uint256 band, uint256 part) = (s.index / along, s.index % along);
        require(carried.length == (part == 0 ? 0 : 8 * ROWS), WrongCarried());
        bytes memory tile = s.tile(0, s.index);
        best = part == 0 ? new bytes(8 * ROWS) : bytes(carried);
        for (uint256 row = 0; row < ROWS; row++) {
            _largest(best, tile, row, Steps.inside(cols, part), 16 * part);
        }
        if (part + 1 < along) return (0, best);
        // The truth is a row of its own.
        bytes memory truth = s.tile(1, band);
        rows = Steps.inside(rows, band);
        for (uint256 row = 0; row < rows; row++) {
            if (int256(_pair(best, row) & type(uint32).max) == Lanes.i8(truth, row)) hits++;
        }
        best = "";
    }

    /// @dev Looks for a larger element in one row of a tile, the first column of which is `first`.
    function _largest(bytes memory best, bytes memory tile, uint256 row, uint256 cols, uint256 first) private pure {
        uint256 pair = _pair(best, row);
        uint256 largest = pair >> 32;
        uint256 column = uint32(pair);
        for (uint256 col = 0; col < cols; col++) {
            uint256 place = Steps.TILE * row + col;
            int256 value = tile.length == 256 ? Lanes.i8(tile, place) : Lanes.i32(tile, place);
            uint256 moved = uint256(value + 2 ** 31);
            if (moved > largest || first + col == 0) (largest, column) = (moved, first + col);
        }
        assembly ("memory-safe") {
            let at := add(add(best, 32), shl(3, row))
            mstore(at, or(shl(192, or(shl(32, largest), column)), shr(64, shl(64, mload(at)))))
        }
    }

    /// @dev The largest element of a row so far, plus 2^31, and its column.
    function _pair(bytes memory best, uint256 row) private pure returns (uint256 pair) {
        assembly ("memory-safe") {
            pair := shr(192, mload(add(add(best, 32), shl(3, row))))
        }
    }

    function _squares(bytes memory predictions, bytes memory truth) private pure returns (uint256 sum) {
        assembly ("memory-safe") {
            for { let i := 1 } lt(i, 257) { i := add(i, 1) } {
                let p := signextend(0, mload(add(predictions, i)))
                let difference := sub(p, signextend(0, mload(add(truth, i))))
                sum := add(sum, mul(difference, difference))
            }
        }
    }

    function _matches(bytes memory predictions, bytes memory truth) private pure returns (uint256 sum) {
        assembly ("memory-safe") {
            for { let i := 1 } lt(i, 257) { i := add(i, 1) } {
                let t := and(mload(add(truth, i)), 0xff)
                sum := add(sum, and(eq(and(mload(add(predictions, i)), 0xff), t), gt(t, 0)))
            }
        }
    }
}
