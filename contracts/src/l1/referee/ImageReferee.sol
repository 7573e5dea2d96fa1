// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "../../lib/referee/Call.sol";
import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {Window} from "../../lib/referee/Window.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of ADD_I8, POOL, GATHER and COMMIT
/// @notice Its tiles meet rows from several tiles of an operand. These are read in the order of the rows, and a tile is read
/// again only after another one.
contract ImageReferee is OperationReferee {
    using Call for bytes;
    using Steps for Steps.Step;

    /// @dev The tile read last.
    struct Last {
        bytes data;
        uint256 operand;
        uint256 index; // plus 1; 0 before any
    }

    /// @dev A tile of the result.
    struct Place {
        uint256 band; // row of tiles
        uint256 col; // column of tiles
        uint256 rows; // inside the result
        uint256 cols;
        uint256 index;
        uint256 total; // tiles of the result
    }

    uint256 private constant COMMIT = 0x01;
    uint256 private constant ADD_I8 = 0x16;
    uint256 private constant POOL = 0x17;
    uint256 private constant GATHER = 0x18;
    /// @dev Words of the shape in a COMMIT.
    uint256 private constant SHAPE_WORDS = 6;
    /// @dev Bytes of a piece: a tile of I8 elements in 16 columns, so that its bytes follow one another.
    uint256 private constant PIECE = 256;
    uint256 private constant MAX_COMMIT_BYTES = 128 * 1024;
    /// @dev Bytes of a tile of values carried by POOL.
    uint256 private constant CARRIED = 1024;

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == ADD_I8 || code == POOL || code == GATHER || code == COMMIT, UnknownCode(code));
        return code == POOL ? Window.WORDS + 1 : code == COMMIT ? SHAPE_WORDS : 0;
    }

    function _count(Steps.Step memory s, bytes calldata request) internal pure override returns (uint256) {
        require(s.operands.length == (s.code == ADD_I8 ? 3 : s.code == GATHER ? 2 : 1), WrongRequest());
        if (s.code == COMMIT) return _committed(s, request.shape(1));
        if (s.code == ADD_I8) return Steps.count(s.operands[0]);
        if (s.code == GATHER) return Steps.tiles(_drawn(s)) * Steps.tiles(s.operands[0].cols);
        Window.Taps memory window = Window.read(request, 2);
        return Steps.tiles(_pixels(s, window)) * Steps.tiles(s.operands[0].cols) * window.kh * window.kw;
    }

    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal pure override {
        if (s.code == POOL) return _pool(s, Window.read(request, 2), request.word(1) == 0, carried);
        require(carried.length == 0, WrongCarried());
        if (s.code == ADD_I8) _add(s);
        else if (s.code == GATHER) _gather(s);
        else _commit(s, request.shape(1));
    }

    /// @dev clamp8((a * ma + b * mb + c + 2^(shift-1)) >> shift), where row i of a meets row i mod P of b.
    function _add(Steps.Step memory s) private pure {
        (bool ok, int256[4] memory constants) = _constants(s.tile(2, 0));
        if (!ok) return s.fail();
        Place memory at = _place(s.operands[0].rows, s.operands[0].cols, s.index);
        bytes memory a = s.tile(0, s.index);
        bytes memory out = new bytes(256);
        Last memory last;
        last.operand = 1;
        for (uint256 row = 0; row < at.rows; row++) {
            uint256 from = _row(s, last, (Steps.TILE * at.band + row) % s.operands[1].rows, at.col);
            for (uint256 col = 0; col < at.cols; col++) {
                uint256 lane = Steps.TILE * row + col;
                int256 sum = Lanes.i8(a, lane) * constants[0] + Lanes.i8(last.data, from + col) * constants[1];
                Lanes.setI8(out, lane, Lanes.clamp8((sum + constants[2]) >> uint256(constants[3])));
            }
        }
        s.append(out, at.index, at.total);
    }

    /// @dev ma, mb, c + 2^(shift-1), shift, and whether they are in range.
    function _constants(bytes memory tile) private pure returns (bool ok, int256[4] memory constants) {
        for (uint256 i = 0; i < 4; i++) {
            constants[i] = Lanes.i32(tile, i);
        }
        (int256 ma, int256 mb, int256 c, int256 shift) = (constants[0], constants[1], constants[2], constants[3]);
        ok = ma < 1 << 22 && ma > -1 << 22 && mb < 1 << 22 && mb > -1 << 22 && c <= 1 << 29 && c >= -1 << 29;
        ok = ok && shift >= 1 && shift <= 30;
        if (ok) constants[2] += int256(1) << uint256(shift - 1);
    }

    /// @dev Number of indices of a GATHER: [M] is the row of a matrix, [M,1] its column.
    function _drawn(Steps.Step memory s) private pure returns (uint256) {
        return s.operands[1].rows * s.operands[1].cols;
    }

    /// @dev Each row of a tile is the row of the table that its index says.
    function _gather(Steps.Step memory s) private pure {
        Place memory at = _place(_drawn(s), s.operands[0].cols, s.index);
        bytes memory indices = s.tile(1, at.band);
        uint256 stride = s.operands[1].cols == 1 ? Steps.TILE : 1;
        uint256 width = s.operands[0].wide ? 4 : 1;
        bytes memory out = new bytes(256 * width);
        Last memory last;
        for (uint256 row = 0; row < at.rows; row++) {
            int256 index = Lanes.i32(indices, stride * row);
            if (index < 0 || uint256(index) >= s.operands[0].rows) return s.fail();
            uint256 from = _row(s, last, uint256(index), at.col);
            _copy(last.data, width * from, out, width * Steps.TILE * row, width * Steps.TILE);
        }
        s.append(out, at.index, at.total);
    }

    /// @dev Copies so many bytes between tiles, from and to these places.
    function _copy(bytes memory tile, uint256 from, bytes memory out, uint256 to, uint256 length) private pure {
        assembly ("memory-safe") {
            mcopy(add(add(out, 32), to), add(add(tile, 32), from), length)
        }
    }

    /// @dev Number of steps of a COMMIT. The pieces are as many as the bytes need.
    function _committed(Steps.Step memory s, Call.Operand memory result) private pure returns (uint256) {
        Call.Operand memory pieces = s.operands[0];
        uint256 size = result.rows * result.cols * (result.wide ? 4 : 1);
        require(size <= MAX_COMMIT_BYTES, WrongRequest());
        bool fits = !pieces.wide && pieces.cols == Steps.TILE && pieces.rows == Steps.tiles(size);
        require(fits, WrongOperands());
        return Steps.count(result);
    }

    /// @dev Each row of a tile is bytes that follow one another, in a piece or two.
    function _commit(Steps.Step memory s, Call.Operand memory result) private pure {
        Place memory at = _place(result.rows, result.cols, s.index);
        uint256 width = result.wide ? 4 : 1;
        bytes memory out = new bytes(256 * width);
        Last memory last;
        for (uint256 row = 0; row < at.rows; row++) {
            uint256 from = width * ((Steps.TILE * at.band + row) * result.cols + Steps.TILE * at.col);
            uint256 to = width * Steps.TILE * row;
            for (uint256 end = from + width * at.cols; from < end;) {
                _row(s, last, from / Steps.TILE, 0);
                uint256 length = PIECE - from % PIECE;
                if (length > end - from) length = end - from;
                _copy(last.data, from % PIECE, out, to, length);
                (from, to) = (from + length, to + length);
            }
        }
        s.append(out, at.index, at.total);
    }

    /// @dev Number of pixels that a POOL makes.
    function _pixels(Steps.Step memory s, Window.Taps memory window) private pure returns (uint256) {
        return s.operands[0].rows / (window.h * window.w) * window.oh * window.ow;
    }

    /// @dev One tap of each row of a tile: its maxima, else its sums.
    function _pool(Steps.Step memory s, Window.Taps memory window, bool max, bytes calldata carried) private pure {
        uint256 taps = window.kh * window.kw;
        uint256 tap = s.index % taps;
        Place memory at = _place(_pixels(s, window), s.operands[0].cols, s.index / taps);
        require(carried.length == (tap == 0 ? 0 : CARRIED), WrongCarried());
        bytes memory acc = tap == 0 ? _none(max) : bytes(carried);
        Last memory last;
        for (uint256 row = 0; row < at.rows; row++) {
            (bool inside, uint256 pixel) = Window.at(window, Steps.TILE * at.band + row, tap);
            if (!inside) continue;
            uint256 from = _row(s, last, pixel, at.col);
            if (max) _max(acc, row, last.data, from);
            else _sum(acc, row, last.data, from);
        }
        if (tap + 1 < taps) s.carry = acc;
        else s.append(_pooled(window, max, at, acc), at.index, at.total);
    }

    /// @dev What is carried before the first tap.
    function _none(bool max) private pure returns (bytes memory acc) {
        acc = new bytes(CARRIED);
        uint256 lanes = max ? Lanes.OFFSETS - 128 * Lanes.ONES : Lanes.OFFSETS;
        for (uint256 i = 0; i < 32; i++) {
            Lanes.setWord(acc, i, lanes);
        }
    }

    /// @dev Takes 16 elements of a tile into row `row` of maxima.
    function _max(bytes memory acc, uint256 row, bytes memory tile, uint256 from) private pure {
        assembly ("memory-safe") {
            let elements := mload(add(add(tile, 32), from))
            let to := add(add(acc, 32), shl(6, row))
            for { let i := 0 } lt(i, 16) { i := add(i, 1) } {
                let word := mload(to)
                let value := add(signextend(0, byte(i, elements)), 0x80000000)
                if gt(value, shr(224, word)) { mstore(to, or(shl(224, value), shr(32, shl(32, word)))) }
                to := add(to, 4)
            }
        }
    }

    /// @dev Adds 16 elements of a tile to row `row` of sums. As lanes are added as one number, see Product.
    function _sum(bytes memory acc, uint256 row, bytes memory tile, uint256 from) private pure {
        uint256 elements;
        assembly ("memory-safe") {
            elements := mload(add(add(tile, 32), from))
        }
        unchecked {
            Lanes.setWord(acc, 2 * row, Lanes.word(acc, 2 * row) + Lanes.spread(elements));
            Lanes.setWord(acc, 2 * row + 1, Lanes.word(acc, 2 * row + 1) + Lanes.spread(elements << 64));
        }
    }

    /// @dev The tile that maxima or sums make.
    function _pooled(Window.Taps memory window, bool max, Place memory at, bytes memory acc)
        private
        pure
        returns (bytes memory out)
    {
        out = new bytes(256);
        for (uint256 row = 0; row < at.rows; row++) {
            int256 count = max ? int256(1) : _inside(window, Steps.TILE * at.band + row);
            for (uint256 col = 0; col < at.cols; col++) {
                uint256 lane = Steps.TILE * row + col;
                int256 value = int256(Lanes.word(acc, lane / 8) << (32 * (lane % 8)) >> 224) - 2 ** 31;
                Lanes.setI8(out, lane, max ? value : _mean(value, count));
            }
        }
    }

    /// @dev floor((2 * sum + n) / (2 * n)).
    function _mean(int256 sum, int256 n) private pure returns (int256 mean) {
        int256 twice = 2 * sum + n;
        mean = twice / (2 * n);
        if (twice % (2 * n) < 0) mean--;
    }

    /// @dev How many taps of row `row` of the result are inside of the image.
    function _inside(Window.Taps memory t, uint256 row) private pure returns (int256) {
        uint256 y = _covered(row % (t.oh * t.ow) / t.ow * t.sh, t.kh, t.top, t.h);
        return int256(y * _covered(row % t.ow * t.sw, t.kw, t.left, t.w));
    }

    /// @dev How many of `size` places from `start` on are inside of an image that has `before` places before it.
    function _covered(uint256 start, uint256 size, uint256 before, uint256 image) private pure returns (uint256) {
        uint256 end = start + size < before + image ? start + size : before + image;
        return end - (start > before ? start : before);
    }

    /// @dev Where tile `index` of a matrix is.
    function _place(uint256 rows, uint256 cols, uint256 index) private pure returns (Place memory at) {
        uint256 across = Steps.tiles(cols);
        (at.band, at.col, at.index) = (index / across, index % across, index);
        (at.rows, at.cols) = (Steps.inside(rows, at.band), Steps.inside(cols, at.col));
        at.total = Steps.tiles(rows) * across;
    }

    /// @dev Reads the tile of row `row` in column `col` of tiles, unless it is the last one. Returns the place of the row's
    /// first element in it.
    function _row(Steps.Step memory s, Last memory last, uint256 row, uint256 col) private pure returns (uint256) {
        uint256 index = row / Steps.TILE * Steps.tiles(s.operands[last.operand].cols) + col;
        if (last.index != index + 1) {
            last.data = s.tile(last.operand, index);
            last.index = index + 1;
        }
        return Steps.TILE * (row % Steps.TILE);
    }
}
