// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of SOFTMAX_I8 and LAYERNORM_I8
/// @notice Both go over each band of 16 rows tile by tile, for what its rows have in common, before the tiles of the result.
contract RowsReferee is OperationReferee {
    using Steps for Steps.Step;

    uint256 private constant SOFTMAX_I8 = 0x14;
    uint256 private constant LAYERNORM_I8 = 0x15;
    /// @dev Passes over a band, the one that makes the result included.
    uint256 private constant SOFTMAX_PASSES = 3;
    uint256 private constant LAYERNORM_PASSES = 2;
    /// @dev Bytes carried: by row, a maximum plus 128 (1) and a sum (4); a sum (8) and a sum of squares (8).
    uint256 private constant SOFTMAX_CARRY = 80;
    uint256 private constant LAYERNORM_CARRY = 256;
    int256 private constant MAX_EXP = 65_535;
    /// @dev The largest sums of 65,536 elements.
    int256 private constant MAX_SUM = 1 << 23;
    uint256 private constant MAX_SQUARES = 1 << 30;

    /// @dev A tile of a band.
    struct Place {
        uint256 pass;
        uint256 col; // of the tile, in tiles
        uint256 index; // of the tile
        uint256 rows; // inside the matrix
        uint256 cols;
        bool last; // nothing of the band follows
    }

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == SOFTMAX_I8 || code == LAYERNORM_I8, UnknownCode(code));
        return 0;
    }

    function _count(Steps.Step memory s, bytes calldata) internal pure override returns (uint256) {
        require(s.operands.length == 2, WrongRequest());
        return Steps.count(s.operands[0]) * (s.code == SOFTMAX_I8 ? SOFTMAX_PASSES : LAYERNORM_PASSES);
    }

    function _run(Steps.Step memory s, bytes calldata, bytes calldata carried) internal pure override {
        (uint256 passes, uint256 size) =
            s.code == SOFTMAX_I8 ? (SOFTMAX_PASSES, SOFTMAX_CARRY) : (LAYERNORM_PASSES, LAYERNORM_CARRY);
        Place memory place;
        uint256 along = Steps.tiles(s.operands[0].cols);
        (uint256 band, uint256 done) = (s.index / (passes * along), s.index % (passes * along));
        require(carried.length == (done == 0 ? 0 : size), WrongCarried());
        bytes memory state = done == 0 ? new bytes(size) : carried;
        (place.pass, place.col, place.last) = (done / along, done % along, done + 1 == passes * along);
        place.index = band * along + place.col;
        place.rows = Steps.inside(s.operands[0].rows, band);
        place.cols = Steps.inside(s.operands[0].cols, place.col);
        bytes memory x = s.tile(0, place.index);
        if (s.code == SOFTMAX_I8) _softmax(s, place, x, state);
        else _layernorm(s, place, x, state);
        if (!s.failed && !place.last) s.carry = state;
    }

    function _softmax(Steps.Step memory s, Place memory place, bytes memory x, bytes memory state) private pure {
        if (place.pass == 0) return _maxima(place, x, state);
        uint256[] memory table = _table(s);
        if (s.failed) return;
        if (place.pass == 1) return _sums(place, x, state, table);
        bytes memory out = new bytes(256);
        for (uint256 row = 0; row < place.rows; row++) {
            (uint256 most, uint256 sum) = _row(state, row);
            require(sum > 0, WrongCarried());
            for (uint256 i = 16 * row; i < 16 * row + place.cols; i++) {
                uint256 exp = table[most - _biased(x, i)];
                Lanes.setI8(out, i, int256((exp * 127 + sum / 2) / sum));
            }
        }
        s.append(out, place.index, Steps.count(s.operands[0]));
    }

    /// @dev The largest elements so far.
    function _maxima(Place memory place, bytes memory x, bytes memory state) private pure {
        for (uint256 row = 0; row < place.rows; row++) {
            uint256 most = uint8(state[5 * row]);
            for (uint256 i = 16 * row; i < 16 * row + place.cols; i++) {
                uint256 value = _biased(x, i);
                if (value > most) most = value;
            }
            state[5 * row] = bytes1(uint8(most));
        }
    }

    /// @dev Adds the terms of the table. No element is above the maximum.
    function _sums(Place memory place, bytes memory x, bytes memory state, uint256[] memory table) private pure {
        for (uint256 row = 0; row < place.rows; row++) {
            (uint256 most, uint256 sum) = _row(state, row);
            for (uint256 i = 16 * row; i < 16 * row + place.cols; i++) {
                sum += table[most - _biased(x, i)];
            }
            require(sum <= type(uint32).max, WrongCarried());
            for (uint256 i = 0; i < 4; i++) {
                state[5 * row + 4 - i] = bytes1(uint8(sum >> 8 * i));
            }
        }
    }

    /// @dev Maximum, plus 128, and sum of a row.
    function _row(bytes memory state, uint256 row) private pure returns (uint256 most, uint256 sum) {
        assembly ("memory-safe") {
            let five := shr(216, mload(add(add(state, 32), mul(5, row))))
            most := shr(32, five)
            sum := and(five, 0xffffffff)
        }
    }

    /// @dev Element `i` plus 128.
    function _biased(bytes memory x, uint256 i) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := xor(byte(31, mload(add(add(x, 1), i))), 0x80)
        }
    }

    /// @dev The table is 16 tiles of one row each.
    function _table(Steps.Step memory s) private pure returns (uint256[] memory table) {
        table = new uint256[](256);
        for (uint256 part = 0; part < 16; part++) {
            bytes memory entries = s.tile(1, part);
            for (uint256 i = 0; i < 16; i++) {
                int256 entry = Lanes.i32(entries, i);
                if (entry < (part + i == 0 ? int256(1) : int256(0)) || entry > MAX_EXP) {
                    s.fail();
                    return table;
                }
                table[16 * part + i] = uint256(entry);
            }
        }
    }

    function _layernorm(Steps.Step memory s, Place memory place, bytes memory x, bytes memory state) private pure {
        int256[4][16] memory norms;
        for (uint256 row = 0; row < 16; row++) {
            uint256 pair = Lanes.word(state, row / 2) >> (row & 1 == 0 ? 128 : 0);
            (int256 sum, uint256 squares) = (int64(uint64(pair >> 64)), uint64(pair));
            require(sum <= MAX_SUM && sum >= -MAX_SUM && squares <= MAX_SQUARES, WrongCarried());
            if (place.pass == 0) _squares(x, state, row, sum, squares);
            else norms[row] = _norm(s.operands[0].cols, sum, squares);
        }
        if (place.pass == 0) return;
        bytes memory out = new bytes(256);
        bytes memory constants = s.tile(1, place.col);
        for (uint256 col = 0; col < place.cols; col++) {
            int256[3] memory scale =
                [Lanes.i32(constants, col), Lanes.i32(constants, 16 + col), Lanes.i32(constants, 32 + col)];
            if (scale[2] < 17 || scale[2] > 46) return s.fail();
            _column(x, out, norms, scale, [place.rows, col]);
        }
        s.append(out, place.index, Steps.count(s.operands[0]));
    }

    /// @dev The first rows of a column.
    function _column(
        bytes memory x,
        bytes memory out,
        int256[4][16] memory norms,
        int256[3] memory scale,
        uint256[2] memory rowsAndColumn
    ) private pure {
        for (uint256 row = 0; row < rowsAndColumn[0]; row++) {
            uint256 i = 16 * row + rowsAndColumn[1];
            Lanes.setI8(out, i, _normalised(norms[row], scale, Lanes.i8(x, i)));
        }
    }

    /// @dev Adds the 16 elements of a row, and their squares. Those outside of the matrix are zero.
    function _squares(bytes memory x, bytes memory state, uint256 row, int256 sum, uint256 squares) private pure {
        assembly ("memory-safe") {
            let elements := mload(add(add(x, 32), shl(4, row)))
            for { let i := 0 } lt(i, 16) { i := add(i, 1) } {
                let value := signextend(0, byte(i, elements))
                sum := add(sum, value)
                squares := add(squares, mul(value, value))
            }
            let to := add(add(state, 32), shl(4, row))
            let rest := and(mload(to), 0xffffffffffffffffffffffffffffffff)
            mstore(to, or(or(shl(192, sum), shl(128, squares)), rest))
        }
    }

    /// @dev What a row is normalised with: number of elements, sum, reciprocal of the spread, shift.
    function _norm(uint256 n, int256 sum, uint256 squares) private pure returns (int256[4] memory norm) {
        uint256 square = uint256(sum * sum);
        require(n * squares >= square, WrongCarried());
        uint256 spread = n * squares - square;
        // The square root has at most 24 bits.
        uint256 root = 0;
        for (uint256 bit = 1 << 23; bit > 0; bit >>= 1) {
            if ((root | bit) * (root | bit) <= spread) root |= bit;
        }
        if (root == 0) root = 1;
        uint256 g = 0;
        while (root >> (g + 1) != 0) g++;
        uint256 inverse = (1 << 54) / (root << (23 - g));
        if (inverse > type(uint32).max >> 1) inverse = type(uint32).max >> 1;
        norm = [int256(n), sum, int256(inverse), int256(15 + g)];
    }

    /// @dev One element: normalised to units of 2^-16, then scaled by its column's m, c, s.
    function _normalised(int256[4] memory norm, int256[3] memory scale, int256 x) private pure returns (int256) {
        uint256 shift = uint256(norm[3]);
        int256 t = ((norm[0] * x - norm[1]) * norm[2] + int256(1 << (shift - 1))) >> shift;
        shift = uint256(scale[2]);
        return Lanes.clamp8((t * scale[0] + (scale[1] << 16) + int256(1 << (shift - 1))) >> shift);
    }
}
