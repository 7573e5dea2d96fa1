// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../../../src/interfaces/ITileReferee.sol";
import {TileReferee} from "../../../src/l1/TileReferee.sol";
import {Test} from "../../Test.sol";

contract TileRefereeTest is Test {
    /// In the order of the struct.
    uint256[] private codes = [uint256(0x10), 0x11, 0x12, 0x13, 0x30, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a];
    uint256[] private more = [uint256(0x31), 0x40, 0x41, 0x42, 0x50, 0x51, 0x01];
    uint8[] private groups = [1, 1, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 7, 7, 8, 8, 5];
    TileReferee private referee;

    function setUp() public {
        for (uint256 i = 0; i < more.length; i++) {
            codes.push(more[i]);
        }
        referee = new TileReferee(TileReferee.Referees(_at(1), _at(2), _at(3), _at(4), _at(5), _at(6), _at(7), _at(8)));
    }

    function test_every_code_has_its_referee() public view {
        for (uint256 i = 0; i < codes.length; i++) {
            assertEq(address(referee.refereeOf(codes[i])), address(_at(groups[i])));
        }
    }

    function testFuzz_no_other_code_has_one(uint256 code) public {
        code = code % 3 == 0 ? code : code % 256;
        for (uint256 i = 0; i < codes.length; i++) {
            vm.assume(code != codes[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(ITileReferee.UnknownCode.selector, code));
        referee.refereeOf(code);
    }

    function testFuzz_without_a_code_nothing_is_asked(bytes memory request, bytes memory operands) public {
        vm.assume(request.length < 32);
        vm.expectRevert(ITileReferee.WrongRequest.selector);
        referee.steps(request, operands);
        ITileReferee.State memory state;
        ITileReferee.Witness memory witness;
        (witness.request, witness.operands) = (request, operands);
        vm.expectRevert(ITileReferee.WrongRequest.selector);
        referee.step(state, witness);
    }

    function _at(uint160 number) private pure returns (ITileReferee) {
        return ITileReferee(address(number));
    }
}
