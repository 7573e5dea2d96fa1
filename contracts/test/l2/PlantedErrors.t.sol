// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrapId} from "../../src/interfaces/IForcedErrorRegistry.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IResultsRewards, Score} from "../../src/interfaces/IResultsRewards.sol";
import {Phase, TaskId} from "../../src/interfaces/ITaskContract.sol";
import {Duties} from "../../src/lib/Duties.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {TrapsFixture} from "./TrapsFixture.sol";

/// What a revealed trap does to its task.
contract PlantedErrorsTest is TrapsFixture {
    function _close(TaskId id) private {
        RESULTS.settle(id, 10);
        RESULTS.finalize(id);
    }

    function _assertPending(TaskId id) private {
        uint256 until = ERRORS.revealDeadline(id);
        assertEq(ERRORS.pendingUntil(id), until);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.TrapsPending.selector, until));
        RESULTS.settle(id, 10);
        assertFalse(RESULTS.canFinalize(id));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotSettled.selector, id));
        RESULTS.finalize(id);
    }

    function testFuzz_attack_a_planted_error_is_paid_if_enough_approve_it(uint8 raw) public {
        uint256 finders = bound(raw, 0, 5);
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, finders);
        _assertPending(id);
        vm.expectEmit(address(RESULTS));
        emit IResultsRewards.SolutionVoided(id, planter);
        _revealTrap(trapId);
        assertEq(ERRORS.pendingUntil(id), 0);
        _close(id);
        Score memory planted = RESULTS.scoreOf(id, planter);
        assertTrue(planted.voided && planted.planted && planted.scored);
        assertEq(planted.scoreBp, 0);
        assertEq(RESULTS.claimableDown(id, planter), 0);
        // It takes nothing from the solution that is one.
        assertEq(RESULTS.claim(id, trainees[0]), SOLVER_REWARD);
        // Nor can it be published.
        (bytes32 model, bytes32 update) = (_trapModel(), _updateOf(planter));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotPublishable.selector, model, update));
        RESULTS.publishableScore(id, model, update);
    }

    /// Votes on a planted solution make neither dividends nor bonds, whatever they gave it.
    function testFuzz_a_vote_on_a_planted_error_earns_nothing(uint16 raw) public {
        uint16 score = uint16(bound(raw, 0, 10_000));
        (TaskId id, TrapId trapId) = _planted();
        _castVote(id, voters[0], _row(8000, score));
        _castVote(id, voters[1], _row(8000, 10_000 - score));
        vm.warp(TASKS.deadlines(id).voteCommit);
        _showVote(id, voters[0], _row(8000, score));
        _showVote(id, voters[1], _row(8000, 10_000 - score));
        _revealTrap(trapId);
        _close(id);
        assertEq(RESULTS.bondOf(projectId, voters[0], planter), 0);
        assertEq(RESULTS.claim(id, voters[0]), COORDINATOR_REWARD / 2);
        assertEq(RESULTS.claim(id, voters[1]), COORDINATOR_REWARD / 2);
    }

    function test_a_task_in_which_all_is_planted_pays_no_solver() public {
        (TaskId id, TrapId trapId) = _planted();
        for (uint256 i = 0; i < 3; i++) {
            _castVote(id, voters[i], _row(0, 9000));
        }
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < 3; i++) {
            _showVote(id, voters[i], _row(0, 9000));
        }
        _revealTrap(trapId);
        _close(id);
        assertEq(RESULTS.tally(id).rankSum, 0);
        assertEq(RESULTS.claimableDown(id, planter), 0);
        assertEq(TOKEN.balanceOf(proposer), 0);
    }

    function testFuzz_attack_a_secret_trap_that_blocks_its_task(uint32 late, bool forfeited) public {
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, 0);
        uint256 until = ERRORS.revealDeadline(id);
        assertEq(until, TASKS.deadlines(id).voteReveal + 3 hours);
        vm.warp(until - 1);
        _assertPending(id);
        vm.warp(until + late);
        if (forfeited) ERRORS.forfeit(trapId);
        _close(id);
        assertTrue(TASKS.phase(id) == Phase.Finalized);
        // What nobody has shown is a solution like any other.
        assertTrue(RESULTS.claimableDown(id, planter) != 0);
        // Nor does it keep anybody's pledge: nobody can be reported for it.
        assertEq(RESULTS.releaseVoter(id, voters[0]), 50 ether);
    }

    function test_a_task_waits_for_all_of_its_traps() public {
        bytes32 second = keccak256("nobody will see what this is");
        (TaskId id, TrapId trapId) = _plantedWith(second);
        assertEq(ERRORS.pendingTraps(id), 2);
        _voteAndClaim(id, 1);
        _revealTrap(trapId);
        assertEq(ERRORS.pendingTraps(id), 1);
        assertEq(ERRORS.revealedTraps(id), 1);
        _assertPending(id);
        vm.warp(ERRORS.revealDeadline(id));
        _close(id);
        assertEq(RESULTS.claimableDown(id, planter), 0);
    }

    /// Who approved an error pays from the pledge of this vote, and gets the rest once nobody can report it any more.
    function testFuzz_attack_taking_the_pledge_back_before_the_report(uint32 early) public {
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, 1);
        assertEq(STAKING.pledgeOf(Role.Coordinator, voters[1], Duties.ofTask(id)), 50 ether);
        _revealTrap(trapId);
        uint256 end = ERRORS.revealDeadline(id) + 1 days;
        assertEq(ERRORS.reportDeadline(id), end);
        vm.warp(bound(early, block.timestamp, end - 1));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.DutyNotOver.selector, id, voters[1]));
        RESULTS.releaseVoter(id, voters[1]);
        ERRORS.penalizeApprover(trapId, voters[1]);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), 50 ether);
        vm.warp(end);
        assertEq(RESULTS.releaseVoter(id, voters[0]), 50 ether);
        assertEq(RESULTS.releaseVoter(id, voters[1]), 0);
    }
}
