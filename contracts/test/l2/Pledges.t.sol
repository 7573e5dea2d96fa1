// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IParticipantStaking, Role, StakePosition} from "../../src/interfaces/IParticipantStaking.sol";
import {IResultsRewards} from "../../src/interfaces/IResultsRewards.sol";
import {ITaskContract, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {IForcedErrorRegistry} from "../../src/interfaces/IForcedErrorRegistry.sol";
import {Duties} from "../../src/lib/Duties.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// Stake that is set aside for a duty.
contract PledgesTest is VotesFixture {
    bytes32 private constant DUTY = "duty";
    Role private constant SOLVER = Role.Solver;

    function _pledge(bytes32 duty, uint256 amount) private {
        vm.prank(address(TASKS));
        STAKING.pledge(SOLVER, solvers[0], amount, duty);
    }

    function _release(bytes32 duty) private returns (uint256) {
        vm.prank(address(TASKS));
        return STAKING.release(SOLVER, solvers[0], duty);
    }

    function _take(bytes32 duty, uint256 amount) private returns (uint256) {
        vm.prank(address(TASKS));
        return STAKING.penalizePledge(SOLVER, solvers[0], amount, duty, anyone);
    }

    function _assertPosition(uint256 amount, uint256 pledged) private view {
        StakePosition memory position = STAKING.positionOf(solvers[0], SOLVER);
        assertEq(position.amount, amount);
        assertEq(position.pledged, pledged);
    }

    function _pledgeIn(Role role, address account, TaskId id) private view returns (uint256) {
        return STAKING.pledgeOf(role, account, Duties.ofTask(id));
    }

    /// A task that costs its project nothing.
    function _free() private view returns (TaskParams memory params) {
        params = _params();
        params.solverReward = params.coordinatorReward = params.proposerReward = 0;
    }

    function _leave(address account, Role role) private {
        vm.prank(account);
        STAKING.requestUnstake(role);
    }

    function _assertCannotLeave(address account, Role role, uint256 pledged) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillPledged.selector, pledged));
        vm.prank(account);
        STAKING.withdrawStake(role);
    }

    // One position

    function testFuzz_a_duty_has_its_own_stake(uint96 first, uint96 second, uint96 fault) public {
        uint256 a = bound(first, 1, 49 ether);
        uint256 b = bound(second, 1, 50 ether - a);
        vm.expectEmit(address(STAKING));
        emit IParticipantStaking.Pledged(solvers[0], SOLVER, DUTY, a, a);
        _pledge(DUTY, a);
        _pledge("other", b);
        _assertPosition(50 ether, a + b);
        uint256 taken = fault < a ? fault : a;
        vm.expectEmit(address(STAKING));
        emit IParticipantStaking.PledgeTaken(solvers[0], SOLVER, DUTY, taken, a + b - taken);
        vm.expectEmit(address(STAKING));
        emit IParticipantStaking.Penalized(solvers[0], SOLVER, taken, anyone);
        assertEq(_take(DUTY, fault), taken);
        assertEq(TOKEN.balanceOf(anyone), taken);
        // Whatever the first duty costs, the other one's pledge is whole.
        assertEq(STAKING.pledgeOf(SOLVER, solvers[0], DUTY), a - taken);
        assertEq(STAKING.pledgeOf(SOLVER, solvers[0], "other"), b);
        if (a != taken) {
            vm.expectEmit(address(STAKING));
            emit IParticipantStaking.PledgeReleased(solvers[0], SOLVER, DUTY, a - taken, b);
        }
        assertEq(_release(DUTY), a - taken);
        assertEq(_release(DUTY), 0);
        _assertPosition(50 ether - taken, b);
    }

    function testFuzz_attack_one_stake_for_two_duties(uint96 first, uint96 more) public {
        uint256 a = bound(first, 1, 50 ether);
        uint256 b = bound(more, 50 ether - a + 1, type(uint96).max);
        _pledge(DUTY, a);
        bytes4 refusal = IParticipantStaking.NotEnoughFree.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, solvers[0], SOLVER, 50 ether - a, b));
        _pledge("other", b);
        // Nor under the same name.
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.AlreadyPledged.selector, solvers[0], SOLVER, DUTY));
        _pledge(DUTY, 1);
    }

    function testFuzz_attack_a_penalty_that_takes_what_another_duty_pledged(uint96 pledged, uint128 amount) public {
        uint256 a = bound(pledged, 1, 50 ether);
        _pledge(DUTY, a);
        uint256 expected = amount < 50 ether - a ? amount : 50 ether - a;
        vm.prank(address(TASKS));
        assertEq(STAKING.penalize(solvers[0], SOLVER, amount, anyone), expected);
        _assertPosition(50 ether - expected, a);
        assertEq(_take("nothing pledged", amount), 0);
        _assertPosition(50 ether - expected, a);
    }

    function testFuzz_attack_unbonding_what_is_pledged(uint96 pledged, uint32 late) public {
        uint256 a = bound(pledged, 1, 50 ether);
        _pledge(DUTY, a);
        _leave(solvers[0], SOLVER);
        vm.warp(START + 3 days + uint256(late));
        _assertCannotLeave(solvers[0], SOLVER, a);
        _release(DUTY);
        vm.prank(solvers[0]);
        STAKING.withdrawStake(SOLVER);
        assertEq(TOKEN.balanceOf(solvers[0]), 50 ether);
    }

    function testFuzz_attack_pledging_and_releasing_by_anyone_else(address caller, uint8 raw) public {
        Role role = Role(raw % 5);
        vm.assume(!STAKING.isJudge(caller, role));
        bytes memory refusal = abi.encodeWithSelector(IParticipantStaking.NotJudge.selector, caller, role);
        _stake(anyone, role);
        vm.startPrank(caller);
        vm.expectRevert(refusal);
        STAKING.pledge(role, anyone, 1, DUTY);
        vm.expectRevert(refusal);
        STAKING.release(role, anyone, DUTY);
        vm.expectRevert(refusal);
        STAKING.penalizePledge(role, anyone, 1, DUTY, caller);
    }

    // The duties of a task

    function test_a_duty_is_pledged_until_it_is_done() public {
        TaskId id = _propose();
        assertEq(_pledgeIn(Role.Proposer, proposer, id), 10 ether);
        _commit(id, solvers[0]);
        assertEq(_pledgeIn(SOLVER, solvers[0], id), 5 ether);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.DutyNotOver.selector, id, solvers[0]));
        TASKS.releaseSolver(id, solvers[0]);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotCommitted.selector, solvers[1]));
        TASKS.releaseSolver(id, solvers[1]);
        _revealGroundTruth(id);
        assertEq(_pledgeIn(Role.Proposer, proposer, id), 0);
        _reveal(id, solvers[0], 100);
        assertEq(_pledgeIn(SOLVER, solvers[0], id), 0);
        assertEq(TASKS.releaseSolver(id, solvers[0]), 0);
        _commitHonestVotes(id, 2);
        assertEq(_pledgeIn(Role.Coordinator, coordinators[0], id), 50 ether);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.DutyNotOver.selector, id, coordinators[0]));
        RESULTS.releaseVoter(id, coordinators[0]);
        _scoreAll(id);
        _revealHonestVotes(id, 1);
        assertEq(_pledgeIn(Role.Coordinator, coordinators[0], id), 0);
        assertEq(_pledgeIn(Role.Coordinator, coordinators[1], id), 50 ether);
        assertEq(RESULTS.releaseVoter(id, coordinators[0]), 0);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotVoted.selector, coordinators[2]));
        RESULTS.releaseVoter(id, coordinators[2]);
    }

    function testFuzz_attack_more_open_duties_than_the_stake_can_pay_for(uint96 raw) public {
        uint256 more = bound(raw, 0, 10_000 ether);
        if (more != 0) {
            _give(coordinators[0], more, address(STAKING));
            vm.prank(coordinators[0]);
            STAKING.stake(Role.Coordinator, more);
        }
        TaskParams memory params = _free();
        TaskId[] memory ids = new TaskId[](11);
        for (uint256 i = 0; i < 10; i++) {
            ids[i] = _proposeWith(params);
            _commit(ids[i], solvers[0]);
        }
        bytes4 refusal = IParticipantStaking.NotEnoughFree.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, proposer, Role.Proposer, 0, 10 ether));
        _proposeWith(params);
        vm.warp(TASKS.deadlines(ids[0]).commit);
        for (uint256 i = 0; i < 10; i++) {
            vm.prank(proposer);
            TASKS.revealGroundTruth(ids[i], inputs, labels, ROWS, SALT);
            _reveal(ids[i], solvers[0], 100);
            vm.prank(coordinators[0]);
            RESULTS.commitVote(ids[i], "vote");
        }
        StakePosition memory position = STAKING.positionOf(coordinators[0], Role.Coordinator);
        assertGe(position.amount, position.pledged);
        assertLe(position.amount - position.pledged, 10); // Roundings.
        ids[10] = _proposeWith(params);
        _commit(ids[10], solvers[0]);
        _revealGroundTruth(ids[10]);
        _reveal(ids[10], solvers[0], 100);
        uint256 free = position.amount - position.pledged;
        bytes memory broke =
            abi.encodeWithSelector(refusal, coordinators[0], Role.Coordinator, free, position.amount / 10);
        vm.expectRevert(broke);
        vm.prank(coordinators[0]);
        RESULTS.commitVote(ids[10], "vote");
    }

    function test_attack_ten_silent_tasks_cost_ten_penalties() public {
        TaskParams memory params = _free();
        TaskId[10] memory ids;
        for (uint256 i = 0; i < 10; i++) {
            ids[i] = _proposeWith(params);
            _commit(ids[i], solvers[0]);
        }
        _leave(proposer, Role.Proposer);
        vm.warp(START + 30 days);
        _assertCannotLeave(proposer, Role.Proposer, 100 ether);
        for (uint256 i = 0; i < 10; i++) {
            TASKS.reportSilentProposer(ids[i]);
            assertEq(TASKS.releaseSolver(ids[i], solvers[0]), 5 ether);
        }
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), 100 ether);
        assertEq(STAKING.positionOf(proposer, Role.Proposer).amount, 0);
        assertEq(STAKING.positionOf(solvers[0], SOLVER).pledged, 0);
    }

    function testFuzz_attack_leaving_instead_of_answering(uint32 late) public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 2);
        TaskId unsolved = _propose();
        TaskId silent = _propose();
        _commit(silent, solvers[0]);
        _leave(coordinators[0], Role.Coordinator);
        _leave(proposer, Role.Proposer);
        _leave(solvers[0], SOLVER);
        vm.warp(START + 15 days + uint256(late));
        _assertCannotLeave(coordinators[0], Role.Coordinator, 50 ether);
        _assertCannotLeave(proposer, Role.Proposer, 20 ether);
        _assertCannotLeave(solvers[0], SOLVER, 5 ether);
        TASKS.expire(id);
        RESULTS.reportSilentVoter(id, coordinators[0]);
        TASKS.expire(unsolved); // Nobody came: the proposer owes nothing.
        TASKS.reportSilentProposer(silent);
        TASKS.releaseSolver(silent, solvers[0]);
        vm.prank(coordinators[0]);
        STAKING.withdrawStake(Role.Coordinator);
        vm.prank(proposer);
        STAKING.withdrawStake(Role.Proposer);
        vm.prank(solvers[0]);
        STAKING.withdrawStake(SOLVER);
        assertEq(TOKEN.balanceOf(coordinators[0]), 495 ether);
        assertEq(TOKEN.balanceOf(proposer), 90 ether);
        assertEq(TOKEN.balanceOf(solvers[0]), 50 ether);
    }

    function testFuzz_a_solver_that_stayed_silent_is_reported_and_then_free(uint32 late) public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        _commit(id, solvers[1]);
        _revealGroundTruth(id);
        _reveal(id, solvers[1], 100);
        vm.warp(uint256(TASKS.deadlines(id).voteReveal) + late);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.DutyNotOver.selector, id, solvers[0]));
        TASKS.releaseSolver(id, solvers[0]);
        TASKS.reportSilentSolver(id, solvers[0]);
        _assertPosition(45 ether, 0);
    }

    function test_a_displaced_voter_gets_its_pledge_back() public {
        _people(33, 1);
        TaskId id = _toVotes();
        for (uint256 i = 0; i < 32; i++) {
            vm.prank(voters[i]);
            RESULTS.commitVote(id, "vote");
        }
        _give(voters[32], 500 ether, address(STAKING));
        vm.startPrank(voters[32]);
        STAKING.stake(Role.Coordinator, 500 ether);
        RESULTS.commitVote(id, "vote");
        vm.stopPrank();
        assertEq(_pledgeIn(Role.Coordinator, voters[0], id), 0);
        assertEq(_pledgeIn(Role.Coordinator, voters[1], id), 50 ether);
        assertEq(_pledgeIn(Role.Coordinator, voters[32], id), 100 ether);
    }

    function testFuzz_a_vote_is_pledged_until_the_traps_of_its_task_are_over(uint32 late) public {
        IForcedErrorRegistry errors = IForcedErrorRegistry(Predeploys.FORCED_ERROR_REGISTRY);
        _people(2, 1);
        TaskParams memory params = _votedParams();
        TaskId id = TaskId.wrap(TASKS.taskCount() + 1);
        _give(anyone, 1 ether, address(errors));
        _proposeWith(params);
        vm.prank(anyone);
        errors.commitTrap(id, "trap", 1 ether);
        bytes32 commitment =
            TASKS.solutionCommitment(id, trainees[0], _modelOf(trainees[0]), _updateOf(trainees[0]), SALT);
        vm.prank(trainees[0]);
        TASKS.commitSolution(id, commitment);
        _revealGroundTruth(id);
        vm.prank(trainees[0]);
        TASKS.revealSolution(id, _modelOf(trainees[0]), _updateOf(trainees[0]), SALT);
        uint16[][] memory rows = new uint16[][](2);
        rows[0] = rows[1] = new uint16[](1);
        _vote(id, rows);
        uint256 end = errors.reportDeadline(id);
        // The trap is never revealed: nobody can be reported once it cannot be any more.
        assertEq(end, errors.revealDeadline(id));
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.DutyNotOver.selector, id, voters[0]));
        RESULTS.releaseVoter(id, voters[0]);
        vm.warp(end + late);
        assertEq(RESULTS.releaseVoter(id, voters[0]), 50 ether);
    }
}
