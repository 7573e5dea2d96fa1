// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IResultsRewards, Score, Tally, Vote} from "../../src/interfaces/IResultsRewards.sol";
import {Phase, TaskId} from "../../src/interfaces/ITaskContract.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract ResultsRewardsTest is L2Fixture {
    function _wrongPhase(TaskId id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IResultsRewards.WrongPhase.selector, id);
    }

    function _three(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory hits) {
        hits = new uint256[](3);
        (hits[0], hits[1], hits[2]) = (a, b, c);
    }

    // Scores

    function testFuzz_the_chains_score_rounds_down_and_is_at_most_full(uint256 hits) public {
        TaskId id = _toVoting(_hits(hits, 100));
        vm.warp(TASKS.deadlines(id).voteCommit);
        if (hits > ROWS) {
            vm.expectRevert(abi.encodeWithSelector(IResultsRewards.ScoreTooHigh.selector, hits, ROWS));
            RESULTS.score(id, solvers[0]);
            return;
        }
        uint16 expected = uint16(hits * 10_000 / ROWS);
        vm.expectEmit(address(RESULTS));
        emit IResultsRewards.SolutionScored(id, solvers[0], uint32(hits), expected);
        vm.prank(anyone);
        assertEq(RESULTS.score(id, solvers[0]), expected);
        Score memory s = RESULTS.scoreOf(id, solvers[0]);
        assertTrue(s.scored);
        assertEq(s.scoreBp, expected);
        assertEq(s.hits, hits);
        assertEq(RESULTS.tally(id).solverWeight, expected >= 5000 ? expected : 0);
    }

    function testFuzz_attack_scoring_before_the_votes_are_in_or_after_the_reveals(uint256 at) public {
        TaskId id = _toVoting(_hits(100, 200));
        at = bound(at, block.timestamp, block.timestamp + 100);
        vm.warp(at);
        if (TASKS.phase(id) != Phase.VoteReveal) vm.expectRevert(_wrongPhase(id));
        RESULTS.score(id, solvers[0]);
    }

    function test_attack_scoring_twice_or_what_was_not_revealed() public {
        TaskId id = _toVoting(_hits(100, 200));
        _scoreAll(id);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadyScored.selector, solvers[0]));
        RESULTS.score(id, solvers[0]);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotRevealed.selector, solvers[2]));
        RESULTS.score(id, solvers[2]);
    }

    function test_evaluate_needs_a_revealed_ground_truth() public {
        TaskId id = _propose();
        vm.expectRevert(_wrongPhase(id));
        RESULTS.evaluateDown(id, SALT);
    }

    function test_attack_a_model_that_cannot_run_holds_up_neither_the_votes_nor_the_end() public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 2);
        bytes32 modelId = TASKS.solution(id, solvers[1]).modelId;
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        FORWARD.breakModel(modelId, true);
        vm.warp(TASKS.deadlines(id).voteCommit);
        RESULTS.score(id, solvers[0]);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        RESULTS.score(id, solvers[1]);
        for (uint256 i = 0; i < 2; i++) {
            vm.prank(coordinators[i]);
            RESULTS.revealVote(id, list, scoresBp, SALT);
            assertEq(RESULTS.voteOf(id, coordinators[i]).weight, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.ScoresOutstanding.selector, 2, 1));
        RESULTS.finalize(id);
        vm.warp(TASKS.deadlines(id).voteReveal);
        RESULTS.finalize(id);
        assertEq(RESULTS.claim(id, solvers[0]), SOLVER_REWARD);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NothingToClaim.selector, solvers[1]));
        RESULTS.claim(id, solvers[1]);
    }

    // Votes

    function testFuzz_attack_copying_a_vote_commitment(bytes32 salt) public {
        TaskId id = _toVoting(_hits(100, 200));
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        bytes32 commitment = RESULTS.voteCommitment(id, coordinators[0], list, scoresBp, salt);
        for (uint256 i = 0; i < 2; i++) {
            vm.prank(coordinators[i]);
            RESULTS.commitVote(id, commitment);
        }
        _scoreAll(id);
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, salt);
        bytes32 own = RESULTS.voteCommitment(id, coordinators[1], list, scoresBp, salt);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.CommitmentMismatch.selector, commitment, own));
        vm.prank(coordinators[1]);
        RESULTS.revealVote(id, list, scoresBp, salt);
    }

    function testFuzz_attack_changing_a_vote_after_others_are_public(uint16 other) public {
        TaskId id = _toVoting(_hits(100, 200));
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        vm.assume(other != scoresBp[0]);
        _commitVote(id, coordinators[0], list, scoresBp);
        _scoreAll(id);
        bytes32 committed = RESULTS.voteOf(id, coordinators[0]).commitment;
        scoresBp[0] = other;
        bytes32 changed = RESULTS.voteCommitment(id, coordinators[0], list, scoresBp, SALT);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.CommitmentMismatch.selector, committed, changed));
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
    }

    function testFuzz_attack_voting_outside_the_window_or_without_the_role(address caller, uint256 at) public {
        vm.assume(!STAKING.isActive(caller, Role.Coordinator));
        TaskId id = _toVoting(_hits(100, 200));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotActiveCoordinator.selector, caller));
        vm.prank(caller);
        RESULTS.commitVote(id, SALT);
        vm.warp(bound(at, TASKS.deadlines(id).voteCommit, START + 1000));
        vm.expectRevert(_wrongPhase(id));
        vm.prank(coordinators[0]);
        RESULTS.commitVote(id, SALT);
    }

    function test_attack_voting_twice_or_for_nothing_or_revealing_twice() public {
        TaskId id = _toVoting(_hits(100, 200));
        vm.startPrank(coordinators[0]);
        vm.expectRevert(IResultsRewards.EmptyCommitment.selector);
        RESULTS.commitVote(id, 0);
        vm.stopPrank();
        _commitHonestVotes(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadyVoted.selector, coordinators[0]));
        vm.prank(coordinators[0]);
        RESULTS.commitVote(id, SALT);
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        vm.expectRevert(_wrongPhase(id));
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
        _scoreAll(id);
        _revealHonestVotes(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadyRevealed.selector, coordinators[0]));
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotVoted.selector, coordinators[1]));
        vm.prank(coordinators[1]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
    }

    function _expectBadVote(address[] memory list, uint16[] memory scoresBp, bytes memory refusal) private {
        TaskId id = _toVoting(_hits(100, 200));
        _commitVote(id, coordinators[0], list, scoresBp);
        _scoreAll(id);
        vm.expectRevert(refusal);
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
    }

    function testFuzz_attack_a_score_above_full(uint16 scoreBp) public {
        scoreBp = uint16(bound(scoreBp, 10_001, type(uint16).max));
        address[] memory list = new address[](1);
        list[0] = solvers[0];
        uint16[] memory scoresBp = new uint16[](1);
        scoresBp[0] = scoreBp;
        _expectBadVote(list, scoresBp, abi.encodeWithSelector(IResultsRewards.ScoreTooHigh.selector, scoreBp, 10_000));
    }

    function test_attack_counting_one_solver_twice_in_a_vote() public {
        address[] memory list = new address[](2);
        (list[0], list[1]) = (solvers[0], solvers[0]);
        _expectBadVote(
            list, new uint16[](2), abi.encodeWithSelector(IResultsRewards.SolversNotAscending.selector, solvers[0])
        );
        _expectBadVote(list, new uint16[](1), abi.encodeWithSelector(IResultsRewards.LengthMismatch.selector, 2, 1));
    }

    function testFuzz_a_vote_weighs_its_agreeing_entries_and_a_contradiction_voids_only_its_reward(
        uint16 voted,
        bool listBoth
    ) public {
        TaskId id = _toVoting(_hits(100, 200));
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        voted = uint16(bound(voted, 0, 10_000));
        bool agrees = voted == scoresBp[0];
        if (!listBoth) {
            (address only, address[] memory one) = (list[0], new address[](1));
            (list, scoresBp) = (one, new uint16[](1));
            list[0] = only;
        }
        scoresBp[0] = voted;
        _commitVote(id, coordinators[0], list, scoresBp);
        _scoreAll(id);
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
        Vote memory vote = RESULTS.voteOf(id, coordinators[0]);
        assertTrue(vote.revealed);
        assertEq(vote.weight, agrees ? list.length : 0);
        assertEq(STAKING.positionOf(coordinators[0], Role.Coordinator).amount, 500 ether);
    }

    // Decisions

    function test_attack_one_coordinator_settles_alone() public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 1);
        _scoreAll(id);
        _revealHonestVotes(id, 1);
        assertFalse(RESULTS.canFinalize(id));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.TooFewVotes.selector, 1, 2));
        RESULTS.finalize(id);
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.TooFewVotes.selector, 1, 2));
        RESULTS.finalize(id);
    }

    function test_attack_finalizing_while_others_still_may_vote() public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 3);
        vm.expectRevert(_wrongPhase(id));
        RESULTS.finalize(id);
        _scoreAll(id);
        _revealHonestVotes(id, 2);
        assertFalse(RESULTS.canFinalize(id));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.VotesOutstanding.selector, 3, 2));
        RESULTS.finalize(id);
        vm.warp(TASKS.deadlines(id).voteReveal);
        assertTrue(RESULTS.canFinalize(id));
        RESULTS.finalize(id);
    }

    function test_all_votes_and_scores_in_ends_the_task_before_the_deadline() public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 2);
        _scoreAll(id);
        _revealHonestVotes(id, 2);
        assertTrue(RESULTS.canFinalize(id));
        vm.expectEmit(address(RESULTS));
        emit IResultsRewards.RewardsDecided(id, SOLVER_REWARD, COORDINATOR_REWARD, PROPOSER_REWARD);
        RESULTS.finalize(id);
        assertEq(uint256(TASKS.phase(id)), uint256(Phase.Finalized));
        assertEq(TOKEN.balanceOf(proposer), PROPOSER_REWARD);
        assertLe(block.timestamp, START + 35);
        vm.expectRevert(_wrongPhase(id));
        RESULTS.finalize(id);
    }

    function testFuzz_rewards_follow_scores_and_leave_nothing_behind(uint8[3] memory raw, uint256 order) public {
        uint256[] memory hits = _three(bound(raw[0], 0, ROWS), bound(raw[1], 0, ROWS), bound(raw[2], 0, ROWS));
        TaskId id = _toFinalized(hits, 3);
        uint256 sum;
        for (uint256 i = 0; i < 3; i++) {
            if (hits[i] >= 100) sum += hits[i] * 50;
        }
        for (uint256 n = 0; n < 3; n++) {
            uint256 i = (n + order % 3) % 3;
            uint256 exact = hits[i] >= 100 ? SOLVER_REWARD * hits[i] * 50 / sum : 0;
            if (exact == 0) {
                vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NothingToClaim.selector, solvers[i]));
                RESULTS.claim(id, solvers[i]);
                continue;
            }
            uint256 expected = RESULTS.claimableDown(id, solvers[i]);
            assertGe(expected, exact);
            assertLe(expected, exact + 2);
            assertEq(RESULTS.claim(id, solvers[i]), expected);
            assertEq(TOKEN.balanceOf(solvers[i]), expected);
            assertEq(RESULTS.claimableDown(id, solvers[i]), 0);
        }
        for (uint256 i = 0; i < 3; i++) {
            RESULTS.claim(id, coordinators[i]);
            assertGe(TOKEN.balanceOf(coordinators[i]), COORDINATOR_REWARD / 3);
        }
        assertEq(PROJECTS.taskReserve(id), 0);
        uint256 paid = sum == 0 ? COORDINATOR_REWARD : TOTAL_REWARD;
        assertEq(PROJECTS.project(projectId).budget, BUDGET - paid);
        assertEq(TOKEN.balanceOf(address(PROJECTS)), BUDGET - paid);
        Tally memory t = RESULTS.tally(id);
        assertEq(t.solverPool + t.coordinatorPool + t.solverWeight + t.coordinatorWeight, 0);
    }

    function test_wrong_votes_are_not_paid_and_an_unearned_reward_goes_back() public {
        TaskId id = _toVoting(_hits(100, 200));
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        scoresBp[0] -= 1;
        _commitVote(id, coordinators[0], list, scoresBp);
        _commitVote(id, coordinators[1], list, scoresBp);
        _scoreAll(id);
        for (uint256 i = 0; i < 2; i++) {
            vm.prank(coordinators[i]);
            RESULTS.revealVote(id, list, scoresBp, SALT);
        }
        RESULTS.finalize(id);
        assertEq(PROJECTS.project(projectId).budget, BUDGET - TOTAL_REWARD + COORDINATOR_REWARD);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NothingToClaim.selector, coordinators[0]));
        RESULTS.claim(id, coordinators[0]);
    }

    function testFuzz_attack_claiming_twice_or_too_early_or_for_nothing(address nobody) public {
        TaskId id = _toVoting(_hits(100, 200));
        vm.expectRevert(_wrongPhase(id));
        RESULTS.claim(id, solvers[0]);
        assertEq(RESULTS.claimableDown(id, solvers[0]), 0);
        _commitHonestVotes(id, 2);
        _scoreAll(id);
        _revealHonestVotes(id, 2);
        RESULTS.finalize(id);
        RESULTS.claim(id, solvers[0]);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NothingToClaim.selector, solvers[0]));
        RESULTS.claim(id, solvers[0]);
        vm.assume(nobody != solvers[1] && nobody != coordinators[0] && nobody != coordinators[1]);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NothingToClaim.selector, nobody));
        RESULTS.claim(id, nobody);
    }

    function test_one_address_earns_as_solver_and_as_coordinator() public {
        _stake(solvers[0], Role.Coordinator);
        TaskId id = _toVoting(_hits(200, 0));
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        _commitVote(id, solvers[0], list, scoresBp);
        _commitVote(id, coordinators[0], list, scoresBp);
        _scoreAll(id);
        vm.prank(solvers[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
        RESULTS.finalize(id);
        assertEq(RESULTS.claim(id, solvers[0]), SOLVER_REWARD + COORDINATOR_REWARD / 2);
    }

    // Silence

    function testFuzz_a_silent_voter_pays_the_penalty_once_to_the_project(bool finalized) public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 3);
        _scoreAll(id);
        vm.expectRevert(_wrongPhase(id));
        RESULTS.reportSilentVoter(id, coordinators[2]);
        _revealHonestVotes(id, finalized ? 2 : 1);
        vm.warp(TASKS.deadlines(id).voteReveal);
        if (finalized) RESULTS.finalize(id);
        else TASKS.expire(id);
        uint256 before = PROJECTS.project(projectId).budget;
        vm.expectEmit(address(RESULTS));
        emit IResultsRewards.SilentVoterPenalized(id, coordinators[2], 5 ether);
        RESULTS.reportSilentVoter(id, coordinators[2]);
        assertEq(PROJECTS.project(projectId).budget, before + 5 ether);
        assertEq(STAKING.positionOf(coordinators[2], Role.Coordinator).amount, 495 ether);
        assertFalse(STAKING.isActive(coordinators[2], Role.Coordinator));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadyPenalized.selector, coordinators[2]));
        RESULTS.reportSilentVoter(id, coordinators[2]);
    }

    function testFuzz_attack_penalizing_who_revealed_or_never_voted(address nobody) public {
        vm.assume(nobody != coordinators[0] && nobody != coordinators[1]);
        TaskId id = _toFinalized(_hits(100, 200), 2);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadyRevealed.selector, coordinators[0]));
        RESULTS.reportSilentVoter(id, coordinators[0]);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotVoted.selector, nobody));
        RESULTS.reportSilentVoter(id, nobody);
    }
}
