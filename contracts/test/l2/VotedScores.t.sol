// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IProject} from "../../src/interfaces/IProject.sol";
import {IResultsRewards, Score, Tally} from "../../src/interfaces/IResultsRewards.sol";
import {ITaskContract, Phase, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {Yuma} from "../../src/lib/Yuma.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {VotesFixture} from "./VotesFixture.sol";

contract VotedScoresTest is VotesFixture {
    function _three() private returns (TaskId id) {
        _people(3, 2);
        id = _toVotes();
    }

    function _rows(uint16[] memory a, uint16[] memory b, uint16[] memory c)
        private
        pure
        returns (uint16[][] memory rows)
    {
        rows = new uint16[][](3);
        (rows[0], rows[1], rows[2]) = (a, b, c);
    }

    function _finalize(TaskId id) private {
        assertEq(RESULTS.settle(id, type(uint256).max), 0);
        assertTrue(RESULTS.canFinalize(id));
        RESULTS.finalize(id);
    }

    function _claim(TaskId id, address account) private returns (uint256 amount) {
        if (RESULTS.claimableDown(id, account) == 0) return 0;
        return RESULTS.claim(id, account);
    }

    // Scores

    function test_the_consensus_is_the_score_and_the_ranks_share_the_reward() public {
        TaskId id = _three();
        _vote(id, _rows(_row(8000, 4000), _row(8000, 4000), _row(9000, 4500)));
        _finalize(id);
        Score memory first = RESULTS.scoreOf(id, trainees[0]);
        Score memory second = RESULTS.scoreOf(id, trainees[1]);
        assertEq(first.scoreBp, 8000);
        assertEq(second.scoreBp, 4000);
        // Below the threshold of 5,000: its third of the ranks stays with the project.
        assertEq(second.weight, 0);
        uint256 paid = _claim(id, trainees[0]);
        assertGe(paid, SOLVER_REWARD * 2 / 3 - 100 gwei);
        assertLe(paid, SOLVER_REWARD * 2 / 3 + 100 gwei);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NothingToClaim.selector, trainees[1]));
        RESULTS.claim(id, trainees[1]);
        for (uint256 i = 0; i < 3; i++) {
            _claim(id, voters[i]);
        }
        assertEq(PROJECTS.taskReserve(id), 0);
        assertEq(PROJECTS.project(projectId).budget, BUDGET - paid - COORDINATOR_REWARD - PROPOSER_REWARD);
    }

    function testFuzz_whatever_the_votes_all_is_paid_out_or_goes_back(uint16[6] memory raw, uint8 silent) public {
        TaskId id = _three();
        uint16[][] memory rows = new uint16[][](3);
        for (uint256 i = 0; i < 3; i++) {
            rows[i] = _row(uint16(bound(raw[2 * i], 0, 10_000)), uint16(bound(raw[2 * i + 1], 0, 10_000)));
            _castVote(id, voters[i], rows[i]);
        }
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < 3; i++) {
            if (i != silent) _showVote(id, voters[i], rows[i]);
        }
        vm.warp(TASKS.deadlines(id).voteReveal);
        _finalize(id);
        uint256 paid = 0;
        for (uint256 i = 0; i < 3; i++) {
            paid += _claim(id, voters[i]);
            if (i < 2) paid += _claim(id, trainees[i]);
        }
        paid += TOKEN.balanceOf(proposer);
        assertEq(PROJECTS.taskReserve(id), 0);
        assertEq(PROJECTS.project(projectId).budget + paid, BUDGET);
        assertLe(paid, TOTAL_REWARD);
    }

    function test_a_solver_left_out_of_a_vote_gets_nothing_from_it() public {
        TaskId id = _three();
        address[] memory one = new address[](1);
        uint16[] memory score = new uint16[](1);
        (one[0], score[0]) = (trainees[1], 9000);
        for (uint256 i = 0; i < 3; i++) {
            _commitVote(id, voters[i], one, score);
        }
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(voters[i]);
            RESULTS.revealVote(id, one, score, SALT);
        }
        _finalize(id);
        assertEq(RESULTS.scoreOf(id, trainees[0]).scoreBp, 0);
        assertEq(RESULTS.scoreOf(id, trainees[1]).scoreBp, 9000);
        (bool revealed, uint16 given) = RESULTS.voteFor(id, voters[0], trainees[1]);
        assertTrue(revealed);
        assertEq(given, 9000);
    }

    function testFuzz_pages_give_what_one_call_gives(uint16[9] memory raw, uint8 pageSize) public {
        _people(3, 3);
        uint256 size = bound(pageSize, 1, 4);
        uint16[][] memory rows = new uint16[][](3);
        for (uint256 i = 0; i < 3; i++) {
            rows[i] = new uint16[](3);
            for (uint256 j = 0; j < 3; j++) {
                rows[i][j] = uint16(bound(raw[3 * i + j], 0, 10_000));
            }
        }
        TaskId paged = _toVotes();
        _vote(paged, rows);
        uint256 snapshot = vm.snapshotState();
        RESULTS.settle(paged, 100);
        Tally memory expected = RESULTS.tally(paged);
        uint64 dividend = RESULTS.voteOf(paged, voters[1]).weight;
        uint256 bond = RESULTS.bondOf(projectId, voters[2], trainees[1]);
        vm.revertToState(snapshot);
        uint256 left = 3;
        while (left > 0) {
            left = RESULTS.settle(paged, size);
        }
        assertEq(keccak256(abi.encode(RESULTS.tally(paged))), keccak256(abi.encode(expected)));
        assertEq(RESULTS.voteOf(paged, voters[1]).weight, dividend);
        assertEq(RESULTS.bondOf(projectId, voters[2], trainees[1]), bond);
    }

    function test_bonds_stay_from_task_to_task() public {
        TaskId id = _three();
        _vote(id, _rows(_row(10_000, 0), _row(10_000, 0), _row(0, 10_000)));
        _finalize(id);
        assertEq(RESULTS.bondOf(projectId, voters[0], trainees[0]), Yuma.ONE / 10 * Yuma.ONE >> 32);
        // Above the consensus of 0: no bond.
        assertEq(RESULTS.bondOf(projectId, voters[2], trainees[1]), 0);

        id = _toVotes();
        _vote(id, _rows(_row(10_000, 0), _row(10_000, 0), _row(10_000, 0)));
        _finalize(id);
        uint256 old = RESULTS.bondOf(projectId, voters[0], trainees[0]);
        uint256 young = RESULTS.bondOf(projectId, voters[2], trainees[0]);
        assertEq(young, Yuma.ONE / 10);
        assertGt(old, young);
        // Whoever saw it first gets more of the dividends, at equal stake and equal votes.
        assertGt(RESULTS.voteOf(id, voters[0]).weight, RESULTS.voteOf(id, voters[2]).weight);
    }

    // Publishing

    function testFuzz_a_solution_that_reached_the_threshold_can_be_published(uint16 raw) public {
        uint16 score = uint16(bound(raw, 0, 10_000));
        TaskId id = _three();
        _vote(id, _rows(_row(score, 9000), _row(score, 9000), _row(score, 9000)));
        _finalize(id);
        bytes32 modelId = _modelOf(trainees[0]);
        bytes32 weights = _updateOf(trainees[0]);
        if (score < 5000) {
            vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotPublishable.selector, modelId, weights));
        }
        vm.prank(aggregator);
        PROJECTS.setMatureModel(projectId, modelId, weights, id);
        if (score >= 5000) assertEq(PROJECTS.matureModel(projectId).scoreBp, score);
    }

    function _publishRefused(TaskId id, bytes32 modelId, bytes32 weights) private {
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotPublishable.selector, modelId, weights));
        vm.prank(aggregator);
        PROJECTS.setMatureModel(projectId, modelId, weights, id);
    }

    function testFuzz_attack_publishing_what_nobody_voted_for(bytes32 modelId, bytes32 weights, uint16 threshold)
        public
    {
        _people(3, 2);
        TaskParams memory params = _votedParams();
        params.thresholdBp = uint16(bound(threshold, 0, 9000)); // Also where every score would do.
        TaskId id = _toVotesWith(params);
        vm.assume(modelId != _modelOf(trainees[0]) && weights != _updateOf(trainees[0]));
        vm.assume(modelId != _modelOf(trainees[1]) || weights != _updateOf(trainees[1]));
        _vote(id, _rows(_row(9000, 9000), _row(9000, 9000), _row(9000, 9000)));
        _finalize(id);
        _publishRefused(id, modelId, weights);
        _publishRefused(id, _modelOf(trainees[0]), weights);
        _publishRefused(id, modelId, _updateOf(trainees[0]));
    }

    function testFuzz_attack_publishing_what_a_dispute_has_voided(bool before) public {
        TaskId id = _three();
        _vote(id, _rows(_row(9000, 9000), _row(9000, 9000), _row(9000, 9000)));
        if (!before) RESULTS.settle(id, 2);
        vm.startPrank(address(TRAINING));
        RESULTS.voidSolution(id, trainees[0]);
        RESULTS.voidSolution(id, trainees[0]); // Two challengers may win.
        vm.stopPrank();
        if (before) RESULTS.settle(id, 2);
        RESULTS.finalize(id);
        _publishRefused(id, _modelOf(trainees[0]), _updateOf(trainees[0]));
        assertEq(RESULTS.claimableDown(id, trainees[0]), 0);
        assertEq(RESULTS.publishableScore(id, _modelOf(trainees[1]), _updateOf(trainees[1])), 9000);
    }

    function test_attack_settling_an_old_task_over_newer_bonds() public {
        TaskId old = _three();
        _vote(old, _rows(_row(0, 0), _row(0, 0), _row(0, 0)));
        TaskId young = _toVotes();
        _vote(young, _rows(_row(10_000, 0), _row(10_000, 0), _row(10_000, 0)));
        _finalize(young);
        uint256 bond = RESULTS.bondOf(projectId, voters[0], trainees[0]);
        assertGt(bond, 0);
        vm.warp(TASKS.deadlines(young).voteReveal);
        RESULTS.settle(old, 10);
        assertEq(RESULTS.bondOf(projectId, voters[0], trainees[0]), bond);
    }

    // What must not happen

    function test_attack_an_outlier_moves_the_score() public {
        TaskId id = _three();
        _vote(id, _rows(_row(6000, 6000), _row(6000, 6000), _row(10_000, 0)));
        _finalize(id);
        assertEq(RESULTS.scoreOf(id, trainees[0]).scoreBp, 6000);
        assertEq(RESULTS.scoreOf(id, trainees[1]).scoreBp, 6000);
        // Dissent costs nothing but its dividends.
        assertEq(STAKING.positionOf(voters[2], Role.Coordinator).amount, 500 ether);
    }

    function testFuzz_attack_half_of_the_stake_decides_alone(uint16 high, uint16 low) public {
        uint16 least = uint16(bound(low, 0, 10_000));
        uint16 most = uint16(bound(high, least, 10_000));
        _people(2, 2);
        TaskId id = _toVotes();
        uint16[][] memory rows = new uint16[][](2);
        (rows[0], rows[1]) = (_row(most, least), _row(least, most));
        _vote(id, rows);
        _finalize(id);
        assertEq(RESULTS.scoreOf(id, trainees[0]).scoreBp, least);
        assertEq(RESULTS.scoreOf(id, trainees[1]).scoreBp, least);
    }

    function testFuzz_attack_taking_a_voters_place_and_staying_silent(uint96 extra) public {
        TaskId id = _three();
        _give(voters[0], extra, address(STAKING));
        vm.prank(voters[0]);
        STAKING.stake(Role.Coordinator, extra);
        _castVote(id, voters[0], _row(1, 1));
        vm.warp(TASKS.deadlines(id).voteReveal);
        uint256 stake = STAKING.positionOf(voters[0], Role.Coordinator).amount;
        RESULTS.reportSilentVoter(id, voters[0]);
        assertEq(STAKING.positionOf(voters[0], Role.Coordinator).amount, stake - stake / 50);
    }

    function testFuzz_attack_slashing_for_dissent(uint16 first, uint16 second) public {
        TaskId id = _three();
        uint16[] memory dissent = _row(uint16(bound(first, 0, 10_000)), uint16(bound(second, 0, 10_000)));
        _vote(id, _rows(_row(7000, 7000), _row(7000, 7000), dissent));
        _finalize(id);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadyRevealed.selector, voters[2]));
        RESULTS.reportSilentVoter(id, voters[2]);
        assertEq(STAKING.positionOf(voters[2], Role.Coordinator).amount, 500 ether);
        assertTrue(STAKING.isActive(voters[2], Role.Coordinator));
    }

    function testFuzz_attack_one_coordinator_settles_alone(uint16 score) public {
        TaskId id = _three();
        uint16[] memory row = _row(uint16(bound(score, 0, 10_000)), 10_000);
        _castVote(id, voters[0], row);
        vm.warp(TASKS.deadlines(id).voteCommit);
        _showVote(id, voters[0], row);
        bytes memory refusal = abi.encodeWithSelector(IResultsRewards.TooFewVotes.selector, 1, 2);
        vm.expectRevert(refusal);
        RESULTS.settle(id, 10);
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(refusal);
        RESULTS.settle(id, 10);
        vm.expectRevert(refusal);
        RESULTS.finalize(id);
        TASKS.expire(id);
        assertEq(PROJECTS.project(projectId).budget, BUDGET);
    }

    function test_attack_settling_while_others_still_may_vote() public {
        TaskId id = _three();
        for (uint256 i = 0; i < 3; i++) {
            _castVote(id, voters[i], _row(6000, 6000));
        }
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.WrongPhase.selector, id));
        RESULTS.settle(id, 10);
        vm.warp(TASKS.deadlines(id).voteCommit);
        _showVote(id, voters[0], _row(6000, 6000));
        _showVote(id, voters[1], _row(6000, 6000));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.VotesOutstanding.selector, 3, 2));
        RESULTS.settle(id, 10);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.VotesOutstanding.selector, 3, 2));
        RESULTS.finalize(id);
        vm.warp(TASKS.deadlines(id).voteReveal);
        RESULTS.settle(id, 10);
    }

    function test_attack_finalizing_unsettled_or_settling_twice() public {
        TaskId id = _three();
        _vote(id, _rows(_row(6000, 6000), _row(6000, 6000), _row(6000, 6000)));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotSettled.selector, id));
        RESULTS.finalize(id);
        RESULTS.settle(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotSettled.selector, id));
        RESULTS.finalize(id);
        assertFalse(RESULTS.canFinalize(id));
        RESULTS.settle(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.AlreadySettled.selector, id));
        RESULTS.settle(id, 1);
        RESULTS.finalize(id);
    }

    function testFuzz_attack_a_score_above_100(uint16 score) public {
        TaskId id = _three();
        score = uint16(bound(score, 10_001, type(uint16).max));
        uint16[] memory row = _row(score, 0);
        _castVote(id, voters[0], row);
        vm.warp(TASKS.deadlines(id).voteCommit);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.ScoreTooHigh.selector, score, 10_000));
        _showVote(id, voters[0], row);
    }

    function testFuzz_attack_a_vote_on_what_was_not_submitted(address solver) public {
        TaskId id = _three();
        vm.assume(solver != trainees[0] && solver != trainees[1] && solver != address(0));
        address[] memory one = new address[](1);
        uint16[] memory score = new uint16[](1);
        (one[0], score[0]) = (solver, 9000);
        _commitVote(id, voters[0], one, score);
        vm.warp(TASKS.deadlines(id).voteCommit);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotRevealed.selector, solver));
        vm.prank(voters[0]);
        RESULTS.revealVote(id, one, score, SALT);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotRevealed.selector, solver));
        RESULTS.voteFor(id, voters[0], solver);
    }

    function test_attack_a_copied_vote_commitment() public {
        TaskId id = _three();
        uint16[] memory row = _row(6000, 7000);
        bytes32 commitment = RESULTS.voteCommitment(id, voters[0], trainees, row, SALT);
        vm.prank(voters[0]);
        RESULTS.commitVote(id, commitment);
        vm.prank(voters[1]);
        RESULTS.commitVote(id, commitment);
        vm.warp(TASKS.deadlines(id).voteCommit);
        _showVote(id, voters[0], row);
        bytes32 bound_ = RESULTS.voteCommitment(id, voters[1], trainees, row, SALT);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.CommitmentMismatch.selector, commitment, bound_));
        _showVote(id, voters[1], row);
    }

    function test_attack_stake_that_arrives_after_the_vote_is_committed() public {
        TaskId id = _three();
        for (uint256 i = 0; i < 3; i++) {
            _castVote(id, voters[i], i == 2 ? _row(10_000, 0) : _row(6000, 6000));
        }
        _give(voters[2], 100_000 ether, address(STAKING));
        vm.prank(voters[2]);
        STAKING.stake(Role.Coordinator, 100_000 ether);
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < 3; i++) {
            _showVote(id, voters[i], i == 2 ? _row(10_000, 0) : _row(6000, 6000));
        }
        RESULTS.settle(id, 10);
        assertEq(RESULTS.scoreOf(id, trainees[0]).scoreBp, 6000);
    }

    function test_attack_scoring_by_the_chain_what_votes_decide() public {
        TaskId id = _three();
        vm.warp(TASKS.deadlines(id).voteCommit);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.WrongScoring.selector, id));
        RESULTS.score(id, trainees[0]);
        TaskId chain = _toVoting(_hits(100, 100));
        vm.warp(TASKS.deadlines(chain).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.WrongScoring.selector, chain));
        RESULTS.settle(chain, 1);
    }

    function test_attack_filling_the_places_of_the_voters() public {
        _people(33, 1);
        TaskId id = _toVotes();
        uint16[] memory row = new uint16[](1);
        for (uint256 i = 0; i < 32; i++) {
            _castVote(id, voters[i], row);
        }
        bytes32 commitment = RESULTS.voteCommitment(id, voters[32], trainees, row, SALT);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.VotersFull.selector, 500 ether, 500 ether));
        vm.prank(voters[32]);
        RESULTS.commitVote(id, commitment);
        // A little more does not do: places would go to and fro until the deadline.
        _give(voters[32], 125 ether, address(STAKING));
        vm.startPrank(voters[32]);
        STAKING.stake(Role.Coordinator, 125 ether - 1);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.VotersFull.selector, 625 ether - 1, 500 ether));
        RESULTS.commitVote(id, commitment);
        STAKING.stake(Role.Coordinator, 1);
        vm.expectEmit(address(RESULTS));
        emit IResultsRewards.VoterDisplaced(id, voters[0], voters[32]);
        RESULTS.commitVote(id, commitment);
        vm.stopPrank();
        assertEq(RESULTS.tally(id).votesCommitted, 32);
        uint256 least = STAKING.positionOf(voters[32], Role.Coordinator).amount;
        assertEq(least, 625 ether);
        assertEq(RESULTS.votersOf(id)[0], voters[32]);
        vm.warp(TASKS.deadlines(id).voteCommit);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotVoted.selector, voters[0]));
        _showVote(id, voters[0], row);
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotVoted.selector, voters[0]));
        RESULTS.reportSilentVoter(id, voters[0]);
    }

    function testFuzz_attack_voiding_by_anyone_else(address caller) public {
        vm.assume(caller != address(TRAINING) && caller != Predeploys.FORCED_ERROR_REGISTRY);
        TaskId id = _three();
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.NotAJudgeOfSolutions.selector, caller));
        vm.prank(caller);
        RESULTS.voidSolution(id, trainees[0]);
    }

    // Cost

    function test_an_epoch_of_32_by_32_costs_less_than_20M_gas() public {
        _people(32, 32);
        for (uint256 round = 0; round < 2; round++) {
            TaskId id = _toVotes();
            uint16[][] memory rows = new uint16[][](32);
            for (uint256 i = 0; i < 32; i++) {
                rows[i] = new uint16[](32);
                for (uint256 j = 0; j < 32; j++) {
                    rows[i][j] = uint16(uint256(keccak256(abi.encode(round, i, j))) % 10_001);
                }
            }
            _vote(id, rows);
            vm.cool(address(RESULTS));
            vm.cool(address(TASKS));
            uint256 before = gasleft();
            RESULTS.settle(id, 32);
            uint256 settled = before - gasleft();
            RESULTS.finalize(id);
            uint256 used = before - gasleft();
            assertLe(used, 20_000_000);
            vm.warp(block.timestamp + 1 hours);
            emit log_gas(settled, used);
        }
    }

    event log_gas(uint256 settled, uint256 withFinalize);
}
