// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "../../lib/referee/Call.sol";
import {Lanes} from "../../lib/referee/Lanes.sol";
import {Product} from "../../lib/referee/Product.sol";
import {Requantise} from "../../lib/referee/Requantise.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {Window} from "../../lib/referee/Window.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of MATMUL_I8, CONV2D_I8 and REQUANT
contract ProductReferee is OperationReferee {
    using Call for bytes;
    using Steps for Steps.Step;

    uint256 private constant MATMUL_I8 = 0x10;
    uint256 private constant CONV2D_I8 = 0x11;
    uint256 private constant REQUANT = 0x12;
    /// @dev Bytes of a tile of accumulators.
    uint256 private constant ACCUMULATORS = 1024;
    int256 private constant MAX_BIAS = 1 << 30;

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == MATMUL_I8 || code == CONV2D_I8 || code == REQUANT, UnknownCode(code));
        return code == CONV2D_I8 ? Window.WORDS + 1 : 0;
    }

    function _count(Steps.Step memory s, bytes calldata request) internal pure override returns (uint256) {
        require(s.operands.length == (s.code == REQUANT ? 2 : 4), WrongRequest());
        Call.Operand memory x = s.operands[0];
        if (s.code == REQUANT) return Steps.count(x);
        if (s.code == MATMUL_I8) return Steps.count(x) * Steps.tiles(s.operands[1].cols);
        (x,) = _im2col(s, request);
        return x.rows * Steps.tiles(x.cols) + Steps.count(x) * Steps.tiles(s.operands[1].cols);
    }

    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal pure override {
        if (s.code == MATMUL_I8) _matmul(s, s.operands[0], s.index, 0, carried);
        else if (s.code == CONV2D_I8) _conv2d(s, request, carried);
        else _requant(s, carried);
    }

    /// @dev X', without its root, and how it is made.
    function _im2col(Steps.Step memory s, bytes calldata request)
        private
        pure
        returns (Call.Operand memory taps, Window.Taps memory window)
    {
        window = Window.read(request, 1);
        taps.present = true;
        taps.rows = s.operands[0].rows / (window.h * window.w) * window.oh * window.ow;
        taps.cols = window.kh * window.kw * s.operands[0].cols;
    }

    /// @dev First X', a row of a tile a step; then the product, with the root of X' carried along.
    function _conv2d(Steps.Step memory s, bytes calldata request, bytes calldata carried) private pure {
        (Call.Operand memory x, Window.Taps memory window) = _im2col(s, request);
        uint256 first = x.rows * Steps.tiles(x.cols);
        if (s.index < first) {
            _gather(s, x, window, request, carried);
        } else {
            require(carried.length >= 32, WrongCarried());
            x.root = bytes32(carried);
            _matmul(s, x, s.index - first, 32, carried);
        }
    }

    /// @dev One row of a tile of X'.
    function _gather(
        Steps.Step memory s,
        Call.Operand memory x,
        Window.Taps memory window,
        bytes calldata request,
        bytes calldata carried
    ) private pure {
        (uint256 rows, uint256 row, uint256 place) = _place(x, s.index);
        require(carried.length == Steps.TILE * row, WrongCarried());
        bytes memory tile = bytes.concat(carried, _taps(s, x.cols, window, request, place * Steps.TILE + row));
        if (row + 1 < rows) {
            s.carry = tile;
            return;
        }
        tile = bytes.concat(tile, new bytes(Steps.TILE * (Steps.TILE - rows)));
        s.append(tile, place, Steps.count(x));
        if (place + 1 == Steps.count(x)) s.carry = bytes.concat(s.takeRoot());
    }

    /// @dev Which row, of how many, of which tile of X' step `index` is about.
    function _place(Call.Operand memory x, uint256 index)
        private
        pure
        returns (uint256 rows, uint256 row, uint256 place)
    {
        uint256 across = Steps.tiles(x.cols);
        uint256 band = index / (Steps.TILE * across);
        rows = Steps.inside(x.rows, band);
        row = index % (Steps.TILE * across) % rows;
        place = band * across + index % (Steps.TILE * across) / rows;
    }

    /// @dev Row `at % 16` of tile `at / 16` of X'.
    function _taps(Steps.Step memory s, uint256 cols, Window.Taps memory window, bytes calldata request, uint256 at)
        private
        pure
        returns (bytes memory)
    {
        uint256 across = Steps.tiles(cols);
        uint256 col = at / Steps.TILE % across;
        bytes memory part = new bytes(Steps.inside(cols, col));
        _fill(part, request);
        _read(s, window, part, [at / Steps.TILE / across * Steps.TILE + at % Steps.TILE, Steps.TILE * col]);
        return bytes.concat(part, new bytes(Steps.TILE - part.length));
    }

    /// @dev What stands outside of the image.
    function _fill(bytes memory part, bytes calldata request) private pure {
        bytes1 pad = bytes1(uint8(request.word(Window.WORDS + 1)) ^ 0x80);
        for (uint256 i = 0; i < part.length; i++) {
            part[i] = pad;
        }
    }

    /// @dev Reads what is inside of the image of row `at[0]` of X', from column `at[1]` on. A tile is read again only after
    /// another one.
    function _read(Steps.Step memory s, Window.Taps memory window, bytes memory part, uint256[2] memory at)
        private
        pure
    {
        uint256 channels = s.operands[0].cols;
        uint256 last = type(uint256).max;
        bytes memory tile;
        for (uint256 i = 0; i < part.length; i++) {
            (bool inside, uint256 pixel) = Window.at(window, at[0], (at[1] + i) / channels);
            if (!inside) continue;
            uint256 channel = (at[1] + i) % channels;
            uint256 index = pixel / Steps.TILE * Steps.tiles(channels) + channel / Steps.TILE;
            if (index != last) (tile, last) = (s.tile(0, index), index);
            part[i] = tile[pixel % Steps.TILE * Steps.TILE + channel % Steps.TILE];
        }
    }

    function _requant(Steps.Step memory s, bytes calldata carried) private pure {
        require(carried.length == 0, WrongCarried());
        bytes memory x = s.tile(0, s.index);
        for (uint256 i = 0; i < 32; i++) {
            Lanes.setWord(x, i, Lanes.turn(Lanes.word(x, i)) ^ Lanes.OFFSETS);
        }
        _finish(s, 1, x, s.index, s.operands[0].rows, s.operands[0].cols);
    }

    /// @dev Step `index` of the product of x and the weights. The first `kept` of the carried bytes are carried to the end.
    function _matmul(Steps.Step memory s, Call.Operand memory x, uint256 index, uint256 kept, bytes calldata carried)
        private
        pure
    {
        uint256 along = Steps.tiles(x.cols);
        uint256 across = Steps.tiles(s.operands[1].cols);
        uint256 k = index % along;
        index /= along;
        require(carried.length == (k == 0 ? kept : kept + ACCUMULATORS), WrongCarried());
        bytes memory acc = k == 0 ? _first(s, index % across) : bytes(carried[kept:]);
        if (s.failed) return;
        _product(s, acc, s.tileOf(x, index / across * along + k), k * across + index % across);
        if (s.failed) return;
        if (k + 1 < along) {
            s.carry = bytes.concat(carried[:kept], acc);
            return;
        }
        if (index + 1 < Steps.tiles(x.rows) * across) s.carry = carried[:kept];
        _finish(s, 3, acc, index, x.rows, s.operands[1].cols);
    }

    /// @dev The accumulators before the first product: the bias of each column, whatever the row.
    function _first(Steps.Step memory s, uint256 col) private pure returns (bytes memory acc) {
        acc = new bytes(ACCUMULATORS);
        (uint256 left, uint256 right) = (Lanes.OFFSETS, Lanes.OFFSETS);
        if (s.operands[2].present) {
            bytes memory bias = s.tile(2, col);
            for (uint256 i = 0; i < Steps.TILE; i++) {
                int256 value = Lanes.i32(bias, i);
                if (value > MAX_BIAS || value < -MAX_BIAS) {
                    s.fail();
                    return acc;
                }
            }
            left ^= Lanes.turn(Lanes.word(bias, 0));
            right ^= Lanes.turn(Lanes.word(bias, 1));
        }
        for (uint256 i = 0; i < 32; i += 2) {
            Lanes.setWord(acc, i, left);
            Lanes.setWord(acc, i + 1, right);
        }
    }

    /// @dev Adds the product of a tile and tile `index` of the weights.
    function _product(Steps.Step memory s, bytes memory acc, bytes memory x, uint256 index) private pure {
        bytes memory weights = s.tile(1, index);
        if (Lanes.hasMin(weights)) s.fail();
        else Product.add(acc, x, weights);
    }

    /// @dev Appends the tile that the accumulators make: requantised if there are constants in `operand`.
    function _finish(Steps.Step memory s, uint256 operand, bytes memory acc, uint256 index, uint256 rows, uint256 cols)
        private
        pure
    {
        uint256 across = Steps.tiles(cols);
        uint256 total = Steps.tiles(rows) * across;
        (rows, cols) = (Steps.inside(rows, index / across), Steps.inside(cols, index % across));
        bytes memory out;
        if (s.operands[operand].present) {
            bool ok;
            (ok, out) = Requantise.tile(acc, s.tile(operand, index % across), rows, cols);
            if (!ok) return s.fail();
        } else {
            out = _wide(acc, rows, cols);
        }
        s.append(out, index, total);
    }

    /// @dev The accumulators as an I32 tile, zero outside of the matrix.
    function _wide(bytes memory acc, uint256 rows, uint256 cols) private pure returns (bytes memory out) {
        out = new bytes(ACCUMULATORS);
        (uint256 left, uint256 right) = (type(uint256).max, type(uint256).max);
        if (cols < 8) (left, right) = (left << (32 * (8 - cols)), 0);
        else right <<= 32 * (16 - cols);
        for (uint256 i = 0; i < 2 * rows; i += 2) {
            Lanes.setWord(out, i, Lanes.turn(Lanes.word(acc, i) ^ Lanes.OFFSETS) & left);
            Lanes.setWord(out, i + 1, Lanes.turn(Lanes.word(acc, i + 1) ^ Lanes.OFFSETS) & right);
        }
    }
}
