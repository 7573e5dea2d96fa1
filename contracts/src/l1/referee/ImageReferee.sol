// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of ADD_I8
/// @notice Its tiles meet rows from several tiles of an operand. These are read in the order of the rows, and a tile is read
/// again only after another one.
contract ImageReferee is OperationReferee {
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

    uint256 private constant ADD_I8 = 0x16;

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == ADD_I8, UnknownCode(code));
        return 0;
    }

    function _count(Steps.Step memory s, bytes calldata) internal pure override returns (uint256) {
        require(s.operands.length == 3, WrongRequest());
        return Steps.count(s.operands[0]);
    }

    function _run(Steps.Step memory s, bytes calldata, bytes calldata carried) internal pure override {
        require(carried.length == 0, WrongCarried());
        _add(s);
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
