// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL1Context} from "../../src/interfaces/IL1Context.sol";
import {L1Context} from "../../src/l2/L1Context.sol";
import {Test} from "../Test.sol";

contract L1ContextTest is Test {
    address private constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
    L1Context private context = new L1Context();

    function testFuzz_system_call_writes_slots_0_to_5_and_the_getters_read_them(
        uint64 number,
        uint64 time,
        uint256 baseFee,
        uint256 blobBaseFee,
        bytes32 prevRandao,
        bytes32 parentHash
    ) public {
        vm.prank(SYSTEM);
        context.setL1Context(number, time, baseFee, blobBaseFee, prevRandao, parentHash);
        assertEq(context.number(), number);
        assertEq(context.time(), time);
        assertEq(context.baseFee(), baseFee);
        assertEq(context.blobBaseFee(), blobBaseFee);
        assertEq(context.prevRandao(), prevRandao);
        assertEq(context.parentHash(), parentHash);
        assertEq(_slot(0), bytes32(uint256(number)));
        assertEq(_slot(1), bytes32(uint256(time)));
        assertEq(_slot(2), bytes32(baseFee));
        assertEq(_slot(3), bytes32(blobBaseFee));
        assertEq(_slot(4), prevRandao);
        assertEq(_slot(5), parentHash);
    }

    function testFuzz_nobody_else_writes(address caller) public {
        vm.assume(caller != SYSTEM);
        vm.expectRevert(abi.encodeWithSelector(IL1Context.NotSystem.selector, caller));
        vm.prank(caller);
        context.setL1Context(1, 1, 1, 1, 0, 0);
    }

    function _slot(uint256 slot) private view returns (bytes32) {
        return vm.load(address(context), bytes32(slot));
    }
}
