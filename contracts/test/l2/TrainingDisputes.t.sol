// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IResultsRewards} from "../../src/interfaces/IResultsRewards.sol";
import {IStepJudge} from "../../src/interfaces/IStepJudge.sol";
import {ITaskContract, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {Dispute, DisputeId, ITrainingDisputes, Turn} from "../../src/interfaces/ITrainingDisputes.sol";
import {TaskContract} from "../../src/l2/TaskContract.sol";
import {TrainingDisputes} from "../../src/l2/TrainingDisputes.sol";
import {Duties} from "../../src/lib/Duties.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// A training whose step is a hash.
contract HashJudge is IStepJudge {
    bool public unavailable;

    function setUnavailable(bool value) external {
        unavailable = value;
    }

    function isReady(TaskId) external pure returns (bool) {
        return true;
    }

    function nextState(TaskId taskId, uint256 step, bytes32 state) external view returns (bytes32) {
        require(!unavailable);
        return keccak256(abi.encode(taskId, step, state));
    }
}

contract TrainingDisputesTest is VotesFixture {
    uint256 private constant BOND = 25 ether;
    HashJudge private hashJudge;
    address private challenger = makeAddr("challenger");
    bytes32[] private states;
    uint256 private wrongFrom;

    function setUp() public override {
        super.setUp();
        hashJudge = new HashJudge();
        vm.prank(Predeploys.TIMELOCK);
        TRAINING.setJudge(address(hashJudge), true);
        _people(2, 1);
        _give(challenger, 1000 ether, address(TRAINING));
    }

    // A training, and its tree

    /// States of a training of the next task that goes wrong after `honest` steps.
    function _train(uint256 steps, uint256 honest) private {
        TaskId id = TaskId.wrap(TASKS.taskCount() + 1);
        delete states;
        states.push(baseWeights);
        for (uint256 i = 0; i < steps; i++) {
            bytes32 next = keccak256(abi.encode(id, i, states[i]));
            states.push(i == honest ? keccak256(abi.encode("wrong", next)) : next);
        }
        wrongFrom = honest;
    }

    function _nodes() private view returns (bytes32[] memory nodes, uint256 width) {
        width = 1;
        while (width < states.length) width *= 2;
        nodes = new bytes32[](2 * width);
        for (uint256 i = 0; i < states.length; i++) {
            nodes[width + i] = keccak256(abi.encode(i, states[i]));
        }
        for (uint256 i = width - 1; i > 0; i--) {
            nodes[i] = keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
        }
    }

    function _root() private view returns (bytes32) {
        (bytes32[] memory nodes,) = _nodes();
        return nodes[1];
    }

    function _proof(uint256 index) private view returns (bytes32[] memory proof) {
        (bytes32[] memory nodes, uint256 width) = _nodes();
        uint256 depth = 0;
        while (1 << depth < width) depth++;
        proof = new bytes32[](depth);
        for (uint256 at = width + index; at > 1; at /= 2) {
            proof[_level(width, at)] = nodes[at ^ 1];
        }
    }

    function _level(uint256 width, uint256 at) private pure returns (uint256 level) {
        while (at < width) {
            at *= 2;
            level++;
        }
    }

    function _disputable() private view returns (TaskParams memory params) {
        params = _votedParams();
        params.stepJudge = address(hashJudge);
    }

    /// A task whose one solver has committed to its states and published their tree.
    function _published() private returns (TaskId id) {
        id = _proposeWith(_disputable());
        bytes32 last = states[states.length - 1];
        bytes32 commitment = TASKS.solutionCommitment(id, trainees[0], "model", last, SALT);
        vm.startPrank(trainees[0]);
        TASKS.commitSolution(id, commitment);
        TRAINING.publishTrace(id, _root(), uint32(states.length - 1));
        vm.stopPrank();
    }

    function _revealed() private returns (TaskId id) {
        id = _published();
        _revealGroundTruth(id);
        bytes32 last = states[states.length - 1];
        vm.startPrank(trainees[0]);
        TRAINING.openTrace(id, last, _proof(0), _proof(states.length - 1));
        TASKS.revealSolution(id, "model", last, SALT);
        vm.stopPrank();
    }

    function _challenge(TaskId id) private returns (DisputeId) {
        vm.prank(challenger);
        return TRAINING.challenge(id, trainees[0]);
    }

    /// Both sides play as they must: the challenger agrees with every state up to `agreed`.
    function _search(DisputeId id, uint256 agreed) private {
        while (TRAINING.dispute(id).turn == Turn.Solver) {
            uint32 middle = TRAINING.middleOf(id);
            vm.prank(trainees[0]);
            TRAINING.showMiddle(id, states[middle], _proof(middle));
            vm.prank(challenger);
            TRAINING.answerMiddle(id, middle <= agreed);
        }
    }

    function _stakeOfSolver() private view returns (uint256) {
        return STAKING.positionOf(trainees[0], Role.Solver).amount;
    }

    function _assertSolverWon(DisputeId id) private view {
        assertTrue(TRAINING.dispute(id).turn == Turn.SolverWon);
        assertEq(TOKEN.balanceOf(trainees[0]), BOND);
        assertEq(_stakeOfSolver(), 50 ether);
        assertEq(TOKEN.balanceOf(challenger), 1000 ether - BOND);
        assertEq(TOKEN.balanceOf(address(TRAINING)), 0);
    }

    function _assertChallengerWon(DisputeId id) private view {
        assertTrue(TRAINING.dispute(id).turn == Turn.ChallengerWon);
        assertEq(TOKEN.balanceOf(challenger), 1000 ether + BOND / 2);
        assertEq(_stakeOfSolver(), 50 ether - BOND);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), BOND / 2);
        assertTrue(RESULTS.scoreOf(TRAINING.dispute(id).taskId, trainees[0]).voided);
        assertEq(TOKEN.balanceOf(address(TRAINING)), 0);
    }

    // The search

    function testFuzz_the_first_wrong_step_is_found(uint8 rawSteps, uint8 rawWrong) public {
        uint256 steps = bound(rawSteps, 1, 40);
        uint256 wrong = bound(rawWrong, 0, steps - 1);
        _train(steps, wrong);
        DisputeId id = _challenge(_revealed());
        _search(id, wrong);
        Dispute memory d = TRAINING.dispute(id);
        assertEq(d.low, wrong);
        assertEq(d.high, wrong + 1);
        TRAINING.judge(id);
        _assertChallengerWon(id);
        assertEq(TRAINING.openDisputes(d.taskId), 0);
    }

    function testFuzz_attack_challenging_an_honest_training(uint8 rawSteps, uint256 answers) public {
        uint256 steps = bound(rawSteps, 1, 40);
        _train(steps, type(uint256).max);
        DisputeId id = _challenge(_revealed());
        while (TRAINING.dispute(id).turn == Turn.Solver) {
            uint32 middle = TRAINING.middleOf(id);
            vm.prank(trainees[0]);
            TRAINING.showMiddle(id, states[middle], _proof(middle));
            vm.prank(challenger);
            TRAINING.answerMiddle(id, answers >> middle & 1 == 1);
        }
        TRAINING.judge(id);
        _assertSolverWon(id);
    }

    function testFuzz_whoever_falls_silent_loses(uint8 rawMoves, uint32 late) public {
        _train(16, 7);
        DisputeId id = _challenge(_revealed());
        uint256 moves = bound(rawMoves, 0, 8);
        bool solversTurn = true;
        for (uint256 i = 0; i < moves; i++) {
            uint32 middle = TRAINING.middleOf(id);
            if (solversTurn) {
                vm.prank(trainees[0]);
                TRAINING.showMiddle(id, states[middle], _proof(middle));
            } else {
                vm.prank(challenger);
                TRAINING.answerMiddle(id, middle <= 7);
            }
            solversTurn = !solversTurn;
        }
        uint64 deadline = TRAINING.dispute(id).deadline;
        vm.warp(deadline - 1);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotOverdue.selector, deadline));
        TRAINING.claimTimeout(id);
        vm.warp(uint256(deadline) + late);
        TRAINING.claimTimeout(id);
        if (solversTurn) _assertChallengerWon(id);
        else _assertSolverWon(id);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotYourTurn.selector, id, TRAINING.dispute(id).turn));
        TRAINING.claimTimeout(id);
    }

    function test_attack_withholding_what_the_judge_needs() public {
        _train(1, 0);
        DisputeId id = _challenge(_revealed());
        hashJudge.setUnavailable(true);
        vm.expectRevert();
        TRAINING.judge(id);
        uint64 deadline = TRAINING.dispute(id).deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.TooLate.selector, deadline));
        TRAINING.judge(id);
        TRAINING.claimTimeout(id);
        _assertChallengerWon(id);
    }

    function test_attack_moving_out_of_turn() public {
        _train(8, 3);
        DisputeId id = _challenge(_revealed());
        uint32 middle = TRAINING.middleOf(id);
        bytes32[] memory proof = _proof(middle);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotYourTurn.selector, id, Turn.Solver));
        vm.prank(challenger);
        TRAINING.showMiddle(id, states[middle], proof);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotYourTurn.selector, id, Turn.Solver));
        vm.prank(challenger);
        TRAINING.answerMiddle(id, true);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotYourTurn.selector, id, Turn.Solver));
        TRAINING.judge(id);
        vm.prank(trainees[0]);
        TRAINING.showMiddle(id, states[middle], proof);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotYourTurn.selector, id, Turn.Challenger));
        vm.prank(trainees[0]);
        TRAINING.answerMiddle(id, true);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotYourTurn.selector, id, Turn.Challenger));
        vm.prank(trainees[0]);
        TRAINING.showMiddle(id, states[middle], proof);
    }

    function testFuzz_attack_showing_a_state_that_is_not_in_the_trace(bytes32 state, uint8 other) public {
        _train(16, 3);
        DisputeId id = _challenge(_revealed());
        uint32 middle = TRAINING.middleOf(id);
        other = uint8(bound(other, 0, 16));
        vm.assume(state != states[middle] && other != middle);
        bytes32[] memory proof = _proof(middle);
        vm.startPrank(trainees[0]);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotInTrace.selector, middle, state));
        TRAINING.showMiddle(id, state, proof);
        bytes32 elsewhere = states[other];
        bytes32[] memory otherProof = _proof(other);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotInTrace.selector, middle, elsewhere));
        TRAINING.showMiddle(id, elsewhere, otherProof);
        bytes32[] memory short = new bytes32[](proof.length - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ITrainingDisputes.WrongProofLength.selector, proof.length - 1, proof.length)
        );
        TRAINING.showMiddle(id, states[middle], short);
    }

    // The trace

    function test_attack_a_trace_that_is_made_after_the_ground_truth() public {
        _train(4, 9);
        TaskId id = _proposeWith(_disputable());
        bytes32 commitment = TASKS.solutionCommitment(id, trainees[0], "model", states[4], SALT);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotCommitted.selector, trainees[0]));
        vm.prank(trainees[0]);
        TRAINING.publishTrace(id, "root", 4);
        vm.prank(trainees[0]);
        TASKS.commitSolution(id, commitment);
        _revealGroundTruth(id);
        vm.startPrank(trainees[0]);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.WrongPhase.selector, id));
        TRAINING.publishTrace(id, "root", 4);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotPublished.selector, trainees[0]));
        TRAINING.openTrace(id, states[4], new bytes32[](3), new bytes32[](3));
        bytes32 last = states[4];
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NoTrace.selector, trainees[0], last));
        TASKS.revealSolution(id, "model", last, SALT);
    }

    function test_attack_no_trace_and_no_update_either() public {
        TaskId id = _proposeWith(_disputable());
        bytes32 commitment = TASKS.solutionCommitment(id, trainees[0], "model", 0, SALT);
        vm.prank(trainees[0]);
        TASKS.commitSolution(id, commitment);
        _revealGroundTruth(id);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NoTrace.selector, trainees[0], 0));
        vm.prank(trainees[0]);
        TASKS.revealSolution(id, "model", 0, SALT);
    }

    function testFuzz_attack_a_trace_that_does_not_fit_the_solution(bytes32 start, bytes32 end) public {
        vm.assume(start != baseWeights);
        _train(4, 9);
        states[0] = start;
        TaskId id = _published();
        _revealGroundTruth(id);
        bytes32[] memory first = _proof(0);
        bytes32[] memory last = _proof(4);
        bytes32 lastState = states[4];
        vm.startPrank(trainees[0]);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotInTrace.selector, 0, baseWeights));
        TRAINING.openTrace(id, lastState, first, last);
        vm.stopPrank();

        vm.warp(block.timestamp + 1 days);
        _train(4, 9);
        id = _published();
        _revealGroundTruth(id);
        (first, last) = (_proof(0), _proof(4));
        vm.assume(end != states[4]);
        vm.startPrank(trainees[0]);
        vm.expectRevert();
        TRAINING.openTrace(id, end, first, last);
        TRAINING.openTrace(id, states[4], first, last);
        lastState = states[4];
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.AlreadyOpened.selector, trainees[0]));
        TRAINING.openTrace(id, lastState, first, last);
    }

    function testFuzz_attack_a_trace_without_states_or_with_too_many(uint32 steps) public {
        steps = uint32(bound(steps, (1 << 16) + 1, type(uint32).max));
        _train(4, 9);
        TaskId id = _published();
        vm.startPrank(trainees[0]);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.AlreadyPublished.selector, trainees[0]));
        TRAINING.publishTrace(id, "other", 4);
        vm.expectRevert(ITrainingDisputes.EmptyTrace.selector);
        TRAINING.publishTrace(id, 0, 4);
        vm.expectRevert(ITrainingDisputes.EmptyTrace.selector);
        TRAINING.publishTrace(id, "root", 0);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.TooManySteps.selector, steps, 1 << 16));
        TRAINING.publishTrace(id, "root", steps);
    }

    // Who may challenge what

    function test_attack_challenging_twice_oneself_or_the_wrong_thing() public {
        _train(4, 1);
        TaskId id = _revealed();
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.OwnSolution.selector, trainees[0]));
        vm.prank(trainees[0]);
        TRAINING.challenge(id, trainees[0]);
        _challenge(id);
        vm.startPrank(challenger);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.AlreadyChallenged.selector, challenger));
        TRAINING.challenge(id, trainees[0]);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotRevealed.selector, anyone));
        TRAINING.challenge(id, anyone);
        vm.stopPrank();
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.WrongPhase.selector, id));
        _challenge(id);

        TaskId undisputable = _toVotes();
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NoJudge.selector, undisputable));
        _challenge(undisputable);
    }

    function testFuzz_attack_a_judge_of_ones_own(address stepJudge) public {
        vm.assume(stepJudge != address(hashJudge) && stepJudge != address(0));
        TaskParams memory params = _disputable();
        params.stepJudge = stepJudge;
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.JudgeNotApproved.selector, stepJudge));
        _proposeWith(params);
        vm.assume(stepJudge != Predeploys.TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.NotTimelock.selector, stepJudge));
        vm.prank(stepJudge);
        TRAINING.setJudge(stepJudge, true);
    }

    function test_attack_challenging_oneself_is_a_loss() public {
        _train(4, 1);
        uint256 before = _stakeOfSolver() + TOKEN.balanceOf(challenger);
        DisputeId id = _challenge(_revealed());
        vm.warp(TRAINING.dispute(id).deadline);
        TRAINING.claimTimeout(id);
        assertEq(_stakeOfSolver() + TOKEN.balanceOf(challenger), before - BOND / 2);
    }

    // What it does to the task

    function test_a_lost_dispute_takes_the_reward_and_finalizing_waits_for_it() public {
        _train(4, 1);
        TaskId id = _revealed();
        DisputeId disputeId = _challenge(id);
        uint16[] memory row = new uint16[](1);
        row[0] = 9000;
        uint16[][] memory rows = new uint16[][](2);
        (rows[0], rows[1]) = (row, row);
        _vote(id, rows);
        RESULTS.settle(id, 1);
        assertFalse(RESULTS.canFinalize(id));
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.DisputesOpen.selector, 1));
        RESULTS.finalize(id);
        _search(disputeId, 1);
        TRAINING.judge(disputeId);
        RESULTS.finalize(id);
        assertEq(RESULTS.claimableDown(id, trainees[0]), 0);
        assertEq(TOKEN.balanceOf(proposer), 0);
        assertEq(RESULTS.tally(id).solverWeight, 0);
    }

    /// Whoever loses a dispute at its latest pays, though it asked to leave before, and though a dispute may last longer than the
    /// exit delay of a solver.
    function testFuzz_attack_leaving_while_ones_training_can_be_disputed(uint8 rawWrong) public {
        _train(64, bound(rawWrong, 0, 63));
        TaskId id = _published();
        assertEq(STAKING.pledgeOf(Role.Solver, trainees[0], Duties.ofTask(id)), BOND);
        vm.prank(trainees[0]);
        STAKING.requestUnstake(Role.Solver);
        _revealGroundTruth(id);
        bytes32 last = states[64];
        vm.startPrank(trainees[0]);
        TRAINING.openTrace(id, last, _proof(0), _proof(64));
        TASKS.revealSolution(id, "model", last, SALT);
        vm.stopPrank();
        bytes memory notOver = abi.encodeWithSelector(ITaskContract.DutyNotOver.selector, id, trainees[0]);
        vm.warp(TASKS.deadlines(id).voteReveal - 1);
        vm.expectRevert(notOver);
        TASKS.releaseSolver(id, trainees[0]);
        DisputeId disputeId = _challenge(id);
        // As slow as allowed.
        while (TRAINING.dispute(disputeId).turn == Turn.Solver) {
            uint32 middle = TRAINING.middleOf(disputeId);
            vm.warp(TRAINING.dispute(disputeId).deadline - 1);
            vm.prank(trainees[0]);
            TRAINING.showMiddle(disputeId, states[middle], _proof(middle));
            vm.warp(TRAINING.dispute(disputeId).deadline - 1);
            vm.prank(challenger);
            TRAINING.answerMiddle(disputeId, middle <= wrongFrom);
        }
        vm.warp(START + 4 days);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillPledged.selector, BOND));
        vm.prank(trainees[0]);
        STAKING.withdrawStake(Role.Solver);
        TASKS.expire(id); // Nobody voted; the dispute goes on.
        vm.expectRevert(notOver);
        TASKS.releaseSolver(id, trainees[0]);
        TRAINING.claimTimeout(disputeId);
        _assertChallengerWon(disputeId);
        assertEq(TASKS.releaseSolver(id, trainees[0]), 0);
        vm.prank(trainees[0]);
        STAKING.withdrawStake(Role.Solver);
        assertEq(TOKEN.balanceOf(trainees[0]), 50 ether - BOND);
    }

    function test_a_training_that_nobody_disputes_frees_its_pledge_once_voting_is_over() public {
        _train(4, 4);
        TaskId id = _revealed();
        uint256 end = TASKS.deadlines(id).voteReveal;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.DutyNotOver.selector, id, trainees[0]));
        TASKS.releaseSolver(id, trainees[0]);
        vm.warp(end);
        assertEq(TASKS.releaseSolver(id, trainees[0]), BOND);
        vm.expectRevert(abi.encodeWithSelector(ITrainingDisputes.WrongPhase.selector, id));
        _challenge(id);
    }

    function test_a_silent_solver_pays_for_silence_and_gets_the_rest_of_its_pledge() public {
        _train(4, 4);
        TaskId id = _published();
        _revealGroundTruth(id);
        vm.warp(TASKS.deadlines(id).reveal);
        TASKS.reportSilentSolver(id, trainees[0]);
        assertEq(_stakeOfSolver(), 45 ether);
        assertEq(STAKING.positionOf(trainees[0], Role.Solver).pledged, 0);
    }

    function test_a_solver_pledges_what_a_dispute_can_cost_it() public {
        TrainingDisputes fresh = new TrainingDisputes();
        assertEq(new TaskContract().TRAINING_PLEDGE(), fresh.BOND());
        assertEq(uint256(fresh.MAX_STEPS()), 1 << 16);
    }
}
