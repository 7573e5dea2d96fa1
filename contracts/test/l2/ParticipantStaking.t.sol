// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {TaskContract} from "../../src/l2/TaskContract.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract ParticipantStakingTest is L2Fixture {
    function _role(uint8 raw) private pure returns (Role) {
        return Role(raw % 5);
    }

    function testFuzz_staking_the_minimum_makes_active_and_less_reverts(uint8 raw, uint96 missing) public {
        Role role = _role(raw);
        uint256 minimum = STAKING.minimumStake(role);
        missing = uint96(bound(missing, 1, minimum));
        _give(anyone, minimum, address(STAKING));
        vm.startPrank(anyone);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantStaking.BelowMinimum.selector, role, minimum - missing, minimum)
        );
        STAKING.stake(role, minimum - missing);
        assertFalse(STAKING.isActive(anyone, role));
        vm.expectEmit(address(STAKING));
        emit IParticipantStaking.Staked(anyone, role, minimum, minimum);
        STAKING.stake(role, minimum);
        vm.stopPrank();
        for (uint256 other = 0; other < 5; other++) {
            assertEq(STAKING.isActive(anyone, Role(other)), Role(other) == role);
        }
    }

    function testFuzz_a_stake_can_be_topped_up(uint96 extra) public {
        _give(proposer, extra, address(STAKING));
        vm.prank(proposer);
        STAKING.stake(Role.Proposer, extra);
        assertEq(STAKING.positionOf(proposer, Role.Proposer).amount, 100 ether + uint256(extra));
    }

    function testFuzz_attack_leaving_before_the_exit_delay(uint8 raw, uint32 early) public {
        Role role = _role(raw);
        _stake(anyone, role);
        uint64 unlockAt = uint64(START) + STAKING.exitDelaySeconds(role);
        vm.expectEmit(address(STAKING));
        emit IParticipantStaking.UnstakeRequested(anyone, role, STAKING.minimumStake(role), unlockAt);
        vm.prank(anyone);
        STAKING.requestUnstake(role);
        assertFalse(STAKING.isActive(anyone, role));

        vm.warp(bound(early, START, unlockAt - 1));
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillLocked.selector, unlockAt));
        vm.prank(anyone);
        STAKING.withdrawStake(role);

        vm.warp(unlockAt);
        vm.startPrank(anyone);
        STAKING.withdrawStake(role);
        assertEq(TOKEN.balanceOf(anyone), STAKING.minimumStake(role));
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NothingStaked.selector, anyone, role));
        STAKING.withdrawStake(role);
    }

    function testFuzz_attack_restarting_or_topping_up_while_unbonding(uint8 raw) public {
        Role role = _role(raw);
        _stake(anyone, role);
        uint64 unlockAt = uint64(START) + STAKING.exitDelaySeconds(role);
        vm.startPrank(anyone);
        STAKING.requestUnstake(role);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.AlreadyUnbonding.selector, unlockAt));
        STAKING.requestUnstake(role);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.AlreadyUnbonding.selector, unlockAt));
        STAKING.stake(role, 1000 ether);
    }

    function testFuzz_attack_withdrawing_what_was_never_staked(address account, uint8 raw) public {
        Role role = _role(raw);
        vm.assume(STAKING.positionOf(account, role).amount == 0);
        vm.startPrank(account);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NothingStaked.selector, account, role));
        STAKING.withdrawStake(role);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NothingStaked.selector, account, role));
        STAKING.requestUnstake(role);
    }

    function testFuzz_a_penalty_takes_at_most_the_position_also_while_unbonding(uint128 amount, bool unbonding) public {
        if (unbonding) {
            vm.prank(coordinators[0]);
            STAKING.requestUnstake(Role.Coordinator);
        }
        uint256 expected = amount < 500 ether ? amount : 500 ether;
        vm.prank(address(RESULTS));
        uint256 taken = STAKING.penalize(coordinators[0], Role.Coordinator, amount, anyone);
        assertEq(taken, expected);
        assertEq(TOKEN.balanceOf(anyone), expected);
        assertEq(STAKING.positionOf(coordinators[0], Role.Coordinator).amount, 500 ether - expected);
        assertEq(STAKING.isActive(coordinators[0], Role.Coordinator), !unbonding && expected == 0);
    }

    function testFuzz_attack_penalizing_by_anyone_else(address caller) public {
        vm.assume(caller != address(RESULTS));
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NotResultsRewards.selector, caller));
        vm.prank(caller);
        STAKING.penalize(coordinators[0], Role.Coordinator, 1, caller);
    }

    function test_every_exit_delay_is_twice_the_longest_that_a_task_can_take_after_its_commits() public {
        uint256 longest = 4 * new TaskContract().MAX_PHASE_SECONDS();
        for (uint256 role = 0; role < 5; role++) {
            assertGe(STAKING.exitDelaySeconds(Role(role)), 2 * longest);
        }
    }
}
