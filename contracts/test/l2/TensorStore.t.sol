// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITensorStore} from "../../src/interfaces/ITensorStore.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract TensorStoreTest is L2Fixture {
    uint256 private constant SIZE = 7 * 4;

    /// A mock id of an I32 [7] tensor that is available and not pinned.
    function _local(uint112 seed) private view returns (bytes32 id) {
        id = bytes32(uint256(1) << 248 | uint256(1) << 240 | uint256(7) << 208 | seed);
        vm.assume(!TENSORS.isResident(id));
    }

    function testFuzz_pinning_writes_slot_0_and_pays_the_rent_to_the_fee_vault(uint112 seed, uint32 duration) public {
        vm.assume(duration > 0);
        bytes32 id = _local(seed);
        uint64 until = uint64(START) + duration;
        uint256 cost = SIZE * uint256(duration) * 1e6;
        assertEq(TENSORS.rent(SIZE, duration), cost);
        uint256 vault = Predeploys.FEE_VAULT.balance;
        vm.deal(anyone, cost + 5);
        vm.expectEmit(address(TENSORS));
        emit ITensorStore.TensorPinned(id, SIZE, until);
        vm.prank(anyone);
        TENSORS.pin{value: cost + 5}(id, until);
        assertEq(Predeploys.FEE_VAULT.balance, vault + cost);
        assertEq(anyone.balance, 5);
        assertEq(uint256(vm.load(address(TENSORS), keccak256(abi.encode(id, uint256(0))))), SIZE << 64 | until);
        (uint256 size, uint64 paidUntil) = TENSORS.residency(id);
        assertEq(size, SIZE);
        assertEq(paidUntil, until);
        vm.warp(until);
        assertTrue(TENSORS.isResident(id));
        vm.warp(until + 1);
        assertFalse(TENSORS.isResident(id));
    }

    function testFuzz_extending_pays_only_for_the_time_that_is_not_paid(uint32 first, uint32 second) public {
        first = uint32(bound(first, 1, type(uint32).max));
        bytes32 id = _local(1);
        vm.deal(address(this), 1000 ether);
        TENSORS.pin{value: 1000 ether}(id, uint64(START) + first);
        uint256 before = Predeploys.FEE_VAULT.balance;
        second = uint32(bound(second, 1, type(uint32).max));
        vm.deal(anyone, 1000 ether);
        vm.prank(anyone);
        TENSORS.pin{value: 1000 ether}(id, uint64(START) + second);
        uint256 added = second > first ? second - first : 0;
        assertEq(Predeploys.FEE_VAULT.balance - before, TENSORS.rent(SIZE, added));
        (, uint64 paidUntil) = TENSORS.residency(id);
        assertEq(paidUntil, START + (second > first ? second : first));
    }

    function testFuzz_attack_paying_too_little_rent(uint32 duration, uint256 paid) public {
        duration = uint32(bound(duration, 1, type(uint32).max));
        uint256 cost = TENSORS.rent(SIZE, duration);
        paid = bound(paid, 0, cost - 1);
        bytes32 id = _local(2);
        vm.deal(address(this), paid);
        vm.expectRevert(abi.encodeWithSelector(ITensorStore.RentTooLow.selector, paid, cost));
        TENSORS.pin{value: paid}(id, uint64(START) + duration);
    }

    function testFuzz_attack_pinning_a_tensor_that_nobody_has(uint112 seed) public {
        bytes32 id = _local(seed);
        META.lose(id, true);
        vm.expectRevert(ML.NotResident.selector);
        TENSORS.pin{value: 1 ether}(id, uint64(START) + 1);
    }

    function test_attack_reviving_an_expired_lease_whose_bytes_are_gone() public {
        bytes32 id = _local(3);
        TENSORS.pin{value: 1 ether}(id, uint64(START) + 1);
        vm.warp(START + 100);
        META.lose(id, true);
        vm.expectRevert(ML.NotResident.selector);
        TENSORS.pin{value: 1 ether}(id, uint64(START) + 200);
        META.lose(id, false);
        uint256 before = Predeploys.FEE_VAULT.balance;
        TENSORS.pin{value: 1 ether}(id, uint64(START) + 200);
        assertEq(Predeploys.FEE_VAULT.balance - before, TENSORS.rent(SIZE, 100));
    }

    function testFuzz_a_lease_ends_in_the_future(uint64 until) public {
        until = uint64(bound(until, 0, START));
        bytes32 id = _local(4);
        vm.expectRevert(abi.encodeWithSelector(ITensorStore.UntilInThePast.selector, until));
        TENSORS.pin{value: 1 ether}(id, until);
    }

    function testFuzz_put_commits_and_pins(uint32 rows, bytes32 content) public {
        rows = uint32(bound(rows, 1, 32));
        uint32[] memory dims = new uint32[](1);
        dims[0] = rows;
        bytes memory data = new bytes(rows);
        data[0] = content[0];
        bytes memory input = abi.encodePacked(abi.encode(0, 1, [uint256(rows), 0, 0, 0]), data);
        vm.expectCall(Predeploys.ML_COMMIT, input);
        bytes32 id = TENSORS.put{value: 1 ether}(0, dims, data, uint64(START) + 9);
        (uint256 size, uint64 paidUntil) = TENSORS.residency(id);
        assertEq(size, rows);
        assertEq(paidUntil, START + 9);
    }

    function test_put_refuses_more_than_four_dimensions_and_what_the_precompile_refuses() public {
        vm.expectRevert(abi.encodeWithSelector(ITensorStore.RankTooHigh.selector, 5));
        TENSORS.put{value: 1 ether}(0, new uint32[](5), "", uint64(START) + 9);
        uint32[] memory dims = new uint32[](1);
        dims[0] = 4;
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_COMMIT));
        TENSORS.put{value: 1 ether}(0, dims, "abc", uint64(START) + 9);
    }

    function test_a_caller_that_refuses_its_refund_reverts() public {
        vm.deal(address(RESULTS), 1 ether);
        bytes32 id = _local(5);
        vm.expectRevert(abi.encodeWithSelector(ITensorStore.RefundFailed.selector, address(RESULTS)));
        vm.prank(address(RESULTS));
        TENSORS.pin{value: 1 ether}(id, uint64(START) + 1);
    }
}
