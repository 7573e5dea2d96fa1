// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {TaskContract} from "../../src/l2/TaskContract.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
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

    function testFuzz_attack_penalizing_or_holding_by_anyone_else(address caller, uint8 raw) public {
        Role role = _role(raw);
        vm.assume(!STAKING.isJudge(caller, role));
        _stake(anyone, role);
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NotJudge.selector, caller, role));
        STAKING.penalize(anyone, role, 1, caller);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NotJudge.selector, caller, role));
        STAKING.hold(anyone, role, uint64(START) + 1);
    }

    function test_the_judges_of_a_role_are_the_contracts_of_its_work() public view {
        address[6] memory judges = [
            Predeploys.TASK_CONTRACT,
            Predeploys.TRAINING_DISPUTES,
            Predeploys.RESULTS_REWARDS,
            Predeploys.FORCED_ERROR_REGISTRY,
            Predeploys.INFERENCE,
            Predeploys.MODEL_SHARD_REGISTRY
        ];
        // Bit n: judge n. By role: proposer, solver, coordinator, aggregator, provider.
        uint8[5] memory expected = [1, 3, 12, 0, 48];
        for (uint256 role = 0; role < 5; role++) {
            uint256 found = 0;
            for (uint256 i = 0; i < 6; i++) {
                if (STAKING.isJudge(judges[i], Role(role))) found |= 1 << i;
            }
            assertEq(found, expected[role]);
        }
    }

    function testFuzz_attack_leaving_while_ones_work_can_still_be_judged(uint32 held, uint32 later) public {
        uint64 until = uint64(START + bound(held, 1, 60 days));
        uint64 unlockAt = uint64(START) + STAKING.exitDelaySeconds(Role.Solver);
        vm.prank(solvers[0]);
        STAKING.requestUnstake(Role.Solver);
        vm.expectEmit(address(STAKING));
        emit IParticipantStaking.StakeHeld(solvers[0], Role.Solver, until);
        vm.startPrank(Predeploys.TRAINING_DISPUTES);
        STAKING.hold(solvers[0], Role.Solver, until);
        STAKING.hold(solvers[0], Role.Solver, uint64(bound(later, 0, until))); // Never shortens it.
        vm.stopPrank();

        uint64 end = until > unlockAt ? until : unlockAt;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillLocked.selector, end));
        vm.prank(solvers[0]);
        STAKING.withdrawStake(Role.Solver);
        vm.warp(end);
        vm.prank(solvers[0]);
        STAKING.withdrawStake(Role.Solver);
        assertEq(TOKEN.balanceOf(solvers[0]), 50 ether);
    }

    function testFuzz_attack_holding_a_stake_for_ever_or_one_that_is_not_there(uint64 until) public {
        uint256 latest = START + 60 days;
        until = uint64(bound(until, latest + 1, type(uint64).max));
        vm.startPrank(Predeploys.TASK_CONTRACT);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.HeldTooLong.selector, until, latest));
        STAKING.hold(solvers[0], Role.Solver, until);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NothingStaked.selector, anyone, Role.Solver));
        STAKING.hold(anyone, Role.Solver, uint64(latest));
    }

    function testFuzz_a_position_that_was_cut_counts_again_once_it_is_topped_up(uint96 cut) public {
        cut = uint96(bound(cut, 1, 50 ether));
        vm.prank(Predeploys.TASK_CONTRACT);
        STAKING.penalize(solvers[0], Role.Solver, cut, anyone);
        assertFalse(STAKING.isActive(solvers[0], Role.Solver));
        _give(solvers[0], cut, address(STAKING));
        vm.prank(solvers[0]);
        STAKING.stake(Role.Solver, cut);
        assertTrue(STAKING.isActive(solvers[0], Role.Solver));
    }

    function test_every_exit_delay_is_twice_the_longest_that_a_task_can_take_after_its_commits() public {
        uint256 longest = 4 * new TaskContract().MAX_PHASE_SECONDS();
        for (uint256 role = 0; role < 5; role++) {
            assertGe(STAKING.exitDelaySeconds(Role(role)), 2 * longest);
        }
    }
}
