// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lanes} from "../../lib/referee/Lanes.sol";
import {Steps} from "../../lib/referee/Steps.sol";
import {OperationReferee} from "./OperationReferee.sol";

/// @title The referee of LUT8
contract TilewiseReferee is OperationReferee {
    using Steps for Steps.Step;

    uint256 private constant LUT8 = 0x13;

    function _attributes(uint256 code, bytes calldata) internal pure override returns (uint256) {
        require(code == LUT8, UnknownCode(code));
        return 0;
    }

    function _count(Steps.Step memory s, bytes calldata) internal pure override returns (uint256) {
        require(s.operands.length == 2, WrongRequest());
        return Steps.count(s.operands[0]);
    }

    function _run(Steps.Step memory s, bytes calldata, bytes calldata carried) internal pure override {
        require(carried.length == 0, WrongCarried());
        _lut8(s);
    }

    /// @dev The table is 16 tiles of one row each.
    function _lut8(Steps.Step memory s) private pure {
        bytes memory x = s.tile(0, s.index);
        bytes memory table = new bytes(256);
        for (uint256 i = 0; i < 16; i++) {
            uint256 row = Lanes.word(s.tile(1, i), 0) >> 128;
            assembly ("memory-safe") {
                let to := add(add(table, 32), shl(4, i))
                mstore(to, or(shl(128, row), and(mload(to), 0xffffffffffffffffffffffffffffffff)))
            }
        }
        uint256 across = Steps.tiles(s.operands[0].cols);
        uint256 rows = Steps.inside(s.operands[0].rows, s.index / across);
        uint256 cols = Steps.inside(s.operands[0].cols, s.index % across);
        bytes memory out = new bytes(256);
        for (uint256 row = 0; row < rows; row++) {
            assembly ("memory-safe") {
                let from := add(add(x, 32), shl(4, row))
                let to := add(add(out, 32), shl(4, row))
                let entries := add(table, 1)
                for { let i := 0 } lt(i, cols) { i := add(i, 1) } {
                    let place := xor(byte(0, mload(add(from, i))), 0x80)
                    mstore8(add(to, i), and(mload(add(entries, place)), 0xff))
                }
            }
        }
        s.append(out, s.index, Steps.count(s.operands[0]));
    }
}
