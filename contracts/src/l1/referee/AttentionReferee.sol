// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "../../lib/referee/Call.sol";
import {Lanes} from "../../lib/referee/Lanes.sol";
import {Requantise} from "../../lib/referee/Requantise.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of SCORES_I8 and MIX_I8
/// @notice A row of a tile at a time, 16 products a step for each element. Carried: the rows of the tile that are done, 16 bytes
/// each; within a row also its 16 accumulators plus 2^31, 4 bytes each.
contract AttentionReferee is OperationReferee {
    using Call for bytes;
    using Steps for Steps.Step;

    uint256 private constant SCORES_I8 = 0x19;
    uint256 private constant MIX_I8 = 0x1a;
    uint256 private constant TILE = 16;
    /// @dev Bytes of a row of accumulators.
    uint256 private constant ACCUMULATORS = 64;
    int256 private constant OFFSET = 1 << 31;
    /// @dev Operands: q or p, k or v, constants.
    uint256 private constant LEFT = 0;
    uint256 private constant RIGHT = 1;
    uint256 private constant CONSTANTS = 2;

    /// @dev The attributes, and where a step is.
    struct Place {
        uint256 heads;
        uint256 tokens;
        uint256 depth;
        uint256 firstLeft; // first column of q
        uint256 firstRight; // of k or v
        uint256 row; // of the result
        uint256 within; // that row within its tile
        uint256 rows; // of the tile inside the result
        uint256 cols;
        uint256 col; // of the tile, in tiles
        uint256 index; // of the tile
        uint256 total; // number of tiles
        uint256 first; // first of the products
        uint256 count; // number of products in this step
        bool last; // no products follow
    }

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == SCORES_I8 || code == MIX_I8, UnknownCode(code));
        return code == SCORES_I8 ? 5 : 4;
    }

    function _count(Steps.Step memory s, bytes calldata request) internal pure override returns (uint256) {
        require(s.operands.length == 3, WrongRequest());
        (uint256 rows, uint256 cols, uint256 length) = _shape(s, _read(s, request));
        return rows * Steps.tiles(cols) * Steps.tiles(length);
    }

    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal pure override {
        Place memory place = _read(s, request);
        _locate(s, place);
        uint256 done = TILE * place.within;
        require(carried.length == done + (place.first == 0 ? 0 : ACCUMULATORS), WrongCarried());
        int256[16] memory acc;
        if (place.first > 0) _unpack(carried[done:], acc);
        if (s.code == SCORES_I8) _scores(s, place, acc);
        else _mix(s, place, acc);
        bytes memory lanes = _pack(acc);
        if (!place.last) {
            s.carry = bytes.concat(carried[:done], lanes);
            return;
        }
        (bool ok, bytes memory row) = Requantise.tile(lanes, _constants(s, place), 1, place.cols);
        if (!ok) return s.fail();
        bytes memory sofar = bytes.concat(carried[:done], bytes16(bytes32(Lanes.word(row, 0))));
        if (place.within + 1 < place.rows) {
            s.carry = sofar;
            return;
        }
        s.append(bytes.concat(sofar, new bytes(256 - sofar.length)), place.index, place.total);
    }

    /// @dev The attributes.
    function _read(Steps.Step memory s, bytes calldata request) private pure returns (Place memory place) {
        (place.heads, place.tokens, place.depth) = (request.word(1), request.word(2), request.word(3));
        if (s.code == SCORES_I8) (place.firstLeft, place.firstRight) = (request.word(4), request.word(5));
        else place.firstRight = request.word(4);
    }

    /// @dev Rows and columns of the result, and products in a sum.
    function _shape(Steps.Step memory s, Place memory place)
        private
        pure
        returns (uint256 rows, uint256 cols, uint256 length)
    {
        rows = s.operands[RIGHT].rows;
        if (s.code == SCORES_I8) return (rows * place.heads, place.tokens, place.depth);
        return (rows, place.heads * place.depth, place.tokens);
    }

    /// @dev Where step `s.index` is. A band of tiles has as many steps in each tile as it has rows.
    function _locate(Steps.Step memory s, Place memory place) private pure {
        (uint256 rows, uint256 cols, uint256 length) = _shape(s, place);
        (uint256 across, uint256 along) = (Steps.tiles(cols), Steps.tiles(length));
        uint256 band = s.index / (across * TILE * along);
        uint256 rest = s.index % (across * TILE * along);
        place.rows = Steps.inside(rows, band);
        place.col = rest / (place.rows * along);
        place.within = rest / along % place.rows;
        place.row = TILE * band + place.within;
        place.cols = Steps.inside(cols, place.col);
        place.index = band * across + place.col;
        place.total = Steps.tiles(rows) * across;
        place.first = TILE * (rest % along);
        place.count = Steps.inside(length, rest % along);
        place.last = rest % along + 1 == along;
    }

    /// @dev A row of q with 16 rows of k.
    function _scores(Steps.Step memory s, Place memory place, int256[16] memory acc) private pure {
        uint256 top = place.row / place.tokens / place.heads * place.tokens;
        uint256 left = _head(place) * place.depth + place.first;
        uint256 row = top + place.row % place.tokens;
        uint256 q = _part(s, LEFT, [row, place.firstLeft + left, 1, place.count])[0];
        uint256[16] memory k =
            _part(s, RIGHT, [top + TILE * place.col, place.firstRight + left, place.cols, place.count]);
        for (uint256 j = 0; j < place.cols; j++) {
            uint256 other = k[j];
            int256 sum = acc[j];
            assembly ("memory-safe") {
                for { let e := 0 } lt(e, 16) { e := add(e, 1) } {
                    sum := add(sum, mul(signextend(0, byte(e, q)), signextend(0, byte(e, other))))
                }
            }
            acc[j] = sum;
        }
    }

    /// @dev A row of p for each head that has columns in the tile, with 16 rows of v.
    function _mix(Steps.Step memory s, Place memory place, int256[16] memory acc) private pure {
        uint256[16] memory p = _heads(s, place);
        uint256 top = place.row / place.tokens * place.tokens + place.first;
        uint256[16] memory v = _part(s, RIGHT, [top, place.firstRight + TILE * place.col, place.count, place.cols]);
        for (uint256 column = 0; column < place.cols; column++) {
            uint256 row = p[column];
            int256 sum = acc[column];
            assembly ("memory-safe") {
                for { let j := 0 } lt(j, 16) { j := add(j, 1) } {
                    let value := signextend(0, byte(column, mload(add(v, shl(5, j)))))
                    sum := add(sum, mul(signextend(0, byte(j, row)), value))
                }
            }
            acc[column] = sum;
        }
    }

    /// @dev The row of p for each column of the tile, read once for each head.
    function _heads(Steps.Step memory s, Place memory place) private pure returns (uint256[16] memory p) {
        (uint256 sequence, uint256 token) = (place.row / place.tokens, place.row % place.tokens);
        for (uint256 column = 0; column < place.cols; column++) {
            uint256 at = TILE * place.col + column;
            if (column > 0 && at % place.depth != 0) {
                p[column] = p[column - 1];
                continue;
            }
            uint256 row = (sequence * place.heads + at / place.depth) * place.tokens + token;
            p[column] = _part(s, LEFT, [row, place.first, 1, place.count])[0];
        }
    }

    /// @dev Constants by the columns of the tile: of SCORES_I8 those of the row's head for all.
    function _constants(Steps.Step memory s, Place memory place) private pure returns (bytes memory constants) {
        if (s.code == MIX_I8) return s.tile(CONSTANTS, place.col);
        uint256 head = _head(place);
        bytes memory all = s.tile(CONSTANTS, head / TILE);
        constants = new bytes(1024);
        for (uint256 row = 0; row < 3; row++) {
            uint256 at = 2 * row;
            uint256 eight = Lanes.word(all, at + head % TILE / 8);
            uint256 lane = uint32(eight >> 32 * (7 - head % 8)) * Lanes.ONES;
            Lanes.setWord(constants, at, lane);
            Lanes.setWord(constants, at + 1, lane);
        }
    }

    /// @dev The head of a row of SCORES_I8.
    function _head(Place memory place) private pure returns (uint256) {
        return place.row / place.tokens % place.heads;
    }

    /// @dev Part of a matrix as rows of 16 bytes, the first in the top of a word, with zero beyond its columns. Its tiles are read
    /// row by row.
    /// @param at Its first row, its first column, and at most 16 rows and columns.
    function _part(Steps.Step memory s, uint256 operand, uint256[4] memory at)
        private
        pure
        returns (uint256[16] memory part)
    {
        uint256 across = Steps.tiles(s.operands[operand].cols);
        uint256 end = (at[1] + at[3] - 1) / TILE;
        for (uint256 band = at[0] / TILE; band <= (at[0] + at[2] - 1) / TILE; band++) {
            for (uint256 col = at[1] / TILE; col <= end; col++) {
                _copy(s.tile(operand, band * across + col), part, band, col, at);
            }
        }
        uint256 mask = type(uint256).max << (256 - 8 * at[3]);
        for (uint256 row = 0; row < at[2]; row++) {
            part[row] &= mask;
        }
    }

    /// @dev What a tile has of a part.
    function _copy(bytes memory tile, uint256[16] memory part, uint256 band, uint256 col, uint256[4] memory at)
        private
        pure
    {
        uint256 shift = 8 * (at[1] % TILE);
        bool second = col > at[1] / TILE;
        for (uint256 row = 0; row < at[2]; row++) {
            uint256 y = at[0] + row;
            if (y / TILE != band) continue;
            // 16 bytes in the top half.
            uint256 bytes16_ = Lanes.word(tile, y % TILE / 2) << (128 * (y % 2)) >> 128 << 128;
            part[row] |= second ? bytes16_ >> (128 - shift) : bytes16_ << shift;
        }
    }

    /// @dev Accumulators as they are carried.
    function _pack(int256[16] memory acc) private pure returns (bytes memory) {
        uint256[2] memory words;
        for (uint256 i = 0; i < TILE; i++) {
            words[i / 8] = words[i / 8] << 32 | uint32(uint256(acc[i] + OFFSET));
        }
        return abi.encodePacked(words);
    }

    /// @dev Reads what `_pack` wrote.
    function _unpack(bytes calldata lanes, int256[16] memory acc) private pure {
        for (uint256 i = 0; i < TILE; i++) {
            acc[i] = int256(uint256(uint32(bytes4(lanes[4 * i:])))) - OFFSET;
        }
    }
}
