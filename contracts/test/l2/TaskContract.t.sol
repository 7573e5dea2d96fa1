// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {
    Deadlines,
    ITaskContract,
    Phase,
    Solution,
    Task,
    TaskId,
    TaskParams
} from "../../src/interfaces/ITaskContract.sol";
import {TaskContract} from "../../src/l2/TaskContract.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Tensors} from "../../src/lib/Tensors.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract TaskContractTest is L2Fixture {
    function _assertPhase(TaskId id, Phase expected) private view {
        assertEq(uint256(TASKS.phase(id)), uint256(expected));
    }

    function _wrongPhase(TaskId id, Phase phase) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskContract.WrongPhase.selector, id, phase);
    }

    // Proposals

    function testFuzz_a_proposal_reserves_its_rewards_and_logs_its_spec(bytes calldata spec, uint96[3] memory rewards)
        public
    {
        TaskParams memory params = _params();
        params.solverReward = bound(rewards[0], 0, 300 ether);
        params.coordinatorReward = bound(rewards[1], 0, 300 ether);
        params.proposerReward = bound(rewards[2], 0, 300 ether);
        vm.expectEmit(address(TASKS));
        emit ITaskContract.TaskProposed(TaskId.wrap(1), projectId, proposer, uint64(START) + 12, params, spec);
        vm.prank(proposer);
        TaskId id = TASKS.propose(projectId, params, spec);
        Task memory task = TASKS.task(id);
        assertEq(task.proposer, proposer);
        assertEq(task.specHash, keccak256(spec));
        assertEq(abi.encode(task.params), abi.encode(params));
        assertEq(PROJECTS.taskReserve(id), params.solverReward + params.coordinatorReward + params.proposerReward);
        assertEq(TASKS.taskCount(), 1);
        _assertPhase(id, Phase.Commit);
    }

    function testFuzz_durations_are_bounded(uint32[5] memory d, uint256 least) public {
        least = bound(least, 1, 8 hours);
        _setMinPhase(least);
        for (uint256 i = 0; i < 5; i++) {
            if (d[i] % 3 != 0) d[i] = uint32(bound(d[i], least - 1, i == 0 ? 30 days + 1 : 8 hours + 1));
        }
        TaskParams memory params = _params();
        (params.commitSeconds, params.groundTruthSeconds, params.revealSeconds) = (d[0], d[1], d[2]);
        (params.voteCommitSeconds, params.voteRevealSeconds) = (d[3], d[4]);
        bool valid = d[0] >= least && d[0] <= 30 days;
        uint256 bad = d[0];
        for (uint256 i = 1; i < 5 && valid; i++) {
            valid = d[i] >= least && d[i] <= 8 hours;
            bad = d[i];
        }
        if (!valid) {
            uint256 max = d[0] < least || d[0] > 30 days ? 30 days : 8 hours;
            vm.expectRevert(abi.encodeWithSelector(ITaskContract.DurationOutOfBounds.selector, bad, least, max));
        }
        _proposeWith(params);
    }

    function testFuzz_attack_phases_too_short_to_answer(uint8 which, uint32 short) public {
        // What the contract is deployed with, and what a genesis without a word of its own leaves.
        assertEq(new TaskContract().minPhaseSeconds(), 1 hours);
        _setMinPhase(1 hours);
        assertEq(TASKS.minPhaseSeconds(), 1 hours);
        TaskParams memory params = _params();
        params.commitSeconds = params.groundTruthSeconds = params.revealSeconds = 1 hours;
        params.voteCommitSeconds = params.voteRevealSeconds = 1 hours;
        short = uint32(bound(short, 0, 1 hours - 1));
        which %= 5;
        if (which == 0) params.commitSeconds = short;
        if (which == 1) params.groundTruthSeconds = short;
        if (which == 2) params.revealSeconds = short;
        if (which == 3) params.voteCommitSeconds = short;
        if (which == 4) params.voteRevealSeconds = short;
        uint256 max = which == 0 ? 30 days : 8 hours;
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.DurationOutOfBounds.selector, short, 1 hours, max));
        _proposeWith(params);
    }

    function test_the_shortest_and_the_longest_durations_are_taken() public {
        TaskParams memory params = _params();
        params.commitSeconds = 30 days;
        params.groundTruthSeconds = params.revealSeconds = 8 hours;
        params.voteCommitSeconds = params.voteRevealSeconds = 8 hours;
        TaskId id = _proposeWith(params);
        assertEq(TASKS.leaseNeeded(id), START + 30 days + 32 hours + 1 hours);
        params.commitSeconds = params.groundTruthSeconds = params.revealSeconds = 1;
        params.voteCommitSeconds = params.voteRevealSeconds = 1;
        _proposeWith(params);
    }

    function test_attack_proposing_what_cannot_work() public {
        TaskParams memory params = _params();
        params.thresholdBp = 10_001;
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.ThresholdTooHigh.selector, 10_001));
        _proposeWith(params);
        params = _params();
        params.groundTruthCommitment = 0;
        vm.expectRevert(ITaskContract.EmptyCommitment.selector);
        _proposeWith(params);
        params = _params();
        params.baseWeightsId = labels;
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongTensorShape.selector, labels));
        _proposeWith(params);
        params.baseWeightsId = baseWeights ^ bytes32(uint256(1));
        vm.expectRevert(
            abi.encodeWithSelector(Tensors.LeaseTooShort.selector, params.baseWeightsId, 0, START + 45 + 1 hours)
        );
        _proposeWith(params);
        params = _params();
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.SpecTooLong.selector, 8193));
        vm.prank(proposer);
        TASKS.propose(projectId, params, new bytes(8193));
    }

    function testFuzz_attack_acting_without_the_role(address caller) public {
        vm.assume(!STAKING.isActive(caller, Role.Proposer) && !STAKING.isActive(caller, Role.Solver));
        vm.assume(caller != address(RESULTS));
        TaskParams memory params = _params();
        TaskId id = _propose();
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotActiveProposer.selector, caller));
        TASKS.propose(projectId, params, "");
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotActiveSolver.selector, caller));
        TASKS.commitSolution(id, SALT);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotResultsRewards.selector, caller));
        TASKS.markFinalized(id);
    }

    // Commitments

    function testFuzz_attack_the_first_commit_closes_the_task_to_nobody(uint256 late) public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        vm.warp(bound(late, START, START + 11));
        _assertPhase(id, Phase.Commit);
        _commit(id, solvers[1]);
        assertEq(TASKS.task(id).committedCount, 2);
        vm.warp(START + 12);
        vm.expectRevert(_wrongPhase(id, Phase.GroundTruth));
        vm.prank(solvers[2]);
        TASKS.commitSolution(id, SALT);
    }

    function testFuzz_attack_revealing_with_a_copied_commitment(bytes32 salt) public {
        TaskId id = _propose();
        bytes32 modelId = MODELS.register(_model(solvers[0]));
        bytes32 update = _update(solvers[0]);
        bytes32 commitment = TASKS.solutionCommitment(id, solvers[0], modelId, update, salt);
        vm.prank(solvers[0]);
        TASKS.commitSolution(id, commitment);
        vm.prank(solvers[1]);
        TASKS.commitSolution(id, commitment);
        _revealGroundTruth(id);
        vm.prank(solvers[0]);
        TASKS.revealSolution(id, modelId, update, salt);
        bytes32 own = TASKS.solutionCommitment(id, solvers[1], modelId, update, salt);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.CommitmentMismatch.selector, commitment, own));
        vm.prank(solvers[1]);
        TASKS.revealSolution(id, modelId, update, salt);
    }

    function testFuzz_commitments_bind_chain_task_solver_solution_and_salt(
        uint256[2] memory ids,
        address[2] memory who,
        bytes32[6] memory words
    ) public {
        bytes32 a = TASKS.solutionCommitment(TaskId.wrap(ids[0]), who[0], words[0], words[1], words[2]);
        bytes32 b = TASKS.solutionCommitment(TaskId.wrap(ids[1]), who[1], words[3], words[4], words[5]);
        bool same = ids[0] == ids[1] && who[0] == who[1] && words[0] == words[3] && words[1] == words[4]
            && words[2] == words[5];
        assertEq(a == b, same);
        vm.chainId(block.chainid + 1);
        assertNotEq(a, TASKS.solutionCommitment(TaskId.wrap(ids[0]), who[0], words[0], words[1], words[2]));
    }

    function test_attack_committing_twice_or_to_nothing_or_to_ones_own_task() public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        vm.startPrank(solvers[0]);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.AlreadyCommitted.selector, solvers[0]));
        TASKS.commitSolution(id, SALT);
        vm.stopPrank();
        vm.expectRevert(ITaskContract.EmptyCommitment.selector);
        vm.prank(solvers[1]);
        TASKS.commitSolution(id, 0);
        _stake(proposer, Role.Solver);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.ProposerCannotSolve.selector, proposer));
        vm.prank(proposer);
        TASKS.commitSolution(id, SALT);
    }

    // Ground truth

    function testFuzz_attack_revealing_another_ground_truth_than_was_committed(bytes32 salt, uint32 count) public {
        vm.assume(salt != SALT || count != ROWS);
        TaskId id = _propose();
        _commit(id, solvers[0]);
        vm.warp(START + 12);
        bytes32 revealed = TASKS.groundTruthCommitment(proposer, inputs, labels, count, salt);
        bytes32 committed = _params().groundTruthCommitment;
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.CommitmentMismatch.selector, committed, revealed));
        vm.prank(proposer);
        TASKS.revealGroundTruth(id, inputs, labels, count, salt);
    }

    function testFuzz_attack_the_ground_truth_cannot_come_before_the_commits_are_over(uint256 early) public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        vm.warp(bound(early, START, START + 11));
        vm.expectRevert(_wrongPhase(id, Phase.Commit));
        vm.prank(proposer);
        TASKS.revealGroundTruth(id, inputs, labels, ROWS, SALT);
    }

    function testFuzz_attack_only_the_proposer_reveals_the_ground_truth(address caller) public {
        vm.assume(caller != proposer);
        TaskId id = _propose();
        _commit(id, solvers[0]);
        vm.warp(START + 12);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotProposer.selector, caller));
        vm.prank(caller);
        TASKS.revealGroundTruth(id, inputs, labels, ROWS, SALT);
    }

    function _expectBadGroundTruth(bytes32 x, bytes32 y, uint32 count, bytes memory refusal) private {
        TaskParams memory params = _params();
        params.groundTruthCommitment = TASKS.groundTruthCommitment(proposer, x, y, count, SALT);
        TaskId id = _proposeWith(params);
        _commit(id, solvers[0]);
        vm.warp(block.timestamp + 12);
        vm.expectRevert(refusal);
        vm.prank(proposer);
        TASKS.revealGroundTruth(id, x, y, count, SALT);
    }

    function test_attack_a_ground_truth_of_the_wrong_shape_or_lease() public {
        bytes32 shorter = _putRows(1, ROWS - 1, "shorter");
        _expectBadGroundTruth(inputs, shorter, ROWS, abi.encodeWithSelector(Tensors.WrongTensorShape.selector, shorter));
        _expectBadGroundTruth(labels, labels, ROWS, abi.encodeWithSelector(Tensors.WrongTensorShape.selector, labels));
        (bytes32 noInputs, bytes32 noLabels) = (_putRows(2, 0, "none"), _putRows(1, 0, "none"));
        _expectBadGroundTruth(
            noInputs, noLabels, 0, abi.encodeWithSelector(Tensors.WrongTensorShape.selector, noInputs)
        );
        bytes32 unpaid = labels ^ bytes32(uint256(1));
        uint256 needed = block.timestamp + 45 + 1 hours;
        _expectBadGroundTruth(
            inputs, unpaid, ROWS, abi.encodeWithSelector(Tensors.LeaseTooShort.selector, unpaid, 0, needed)
        );
    }

    // Reveals

    function test_the_last_reveal_ends_the_phase_at_once() public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        _commit(id, solvers[1]);
        _revealGroundTruth(id);
        _reveal(id, solvers[0], 1);
        _assertPhase(id, Phase.Reveal);
        bytes32 update = _update(solvers[1]);
        bytes32 modelId = MODELS.register(_model(solvers[1]));
        uint64 time = uint64(block.timestamp);
        vm.expectEmit(address(TASKS));
        emit ITaskContract.SolutionRevealed(id, solvers[1], modelId, update);
        vm.expectEmit(address(TASKS));
        emit ITaskContract.RevealsComplete(id, time + 6, time + 15);
        vm.prank(solvers[1]);
        TASKS.revealSolution(id, modelId, update, SALT);
        _assertPhase(id, Phase.VoteCommit);
        assertEq(TASKS.revealedSolvers(id).length, 2);
        assertEq(TASKS.solution(id, solvers[1]).modelId, modelId);
    }

    function testFuzz_a_silent_solver_just_drops_out(uint256 late) public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        _commit(id, solvers[1]);
        _revealGroundTruth(id);
        _reveal(id, solvers[0], 1);
        uint64 end = TASKS.deadlines(id).reveal;
        assertEq(end, START + 12 + 10);
        vm.warp(bound(late, end, end + 5));
        _assertPhase(id, Phase.VoteCommit);
        vm.expectRevert(_wrongPhase(id, Phase.VoteCommit));
        vm.prank(solvers[1]);
        TASKS.revealSolution(id, 0, 0, 0);
    }

    function test_attack_revealing_what_does_not_count() public {
        TaskId id = _propose();
        bytes32 update = _update(solvers[0]);
        bytes32 unknown = keccak256("unregistered");
        bytes32 modelId = MODELS.register(_model(solvers[1]));
        bytes32 first = TASKS.solutionCommitment(id, solvers[0], unknown, update, SALT);
        bytes32 second = TASKS.solutionCommitment(id, solvers[1], modelId, labels, SALT);
        vm.prank(solvers[0]);
        TASKS.commitSolution(id, first);
        vm.prank(solvers[1]);
        TASKS.commitSolution(id, second);
        _revealGroundTruth(id);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.ModelNotRegistered.selector, unknown));
        vm.prank(solvers[0]);
        TASKS.revealSolution(id, unknown, update, SALT);
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongTensorShape.selector, labels));
        vm.prank(solvers[1]);
        TASKS.revealSolution(id, modelId, labels, SALT);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotCommitted.selector, solvers[2]));
        vm.prank(solvers[2]);
        TASKS.revealSolution(id, modelId, update, SALT);
    }

    function test_attack_revealing_twice_or_with_an_update_that_nobody_keeps() public {
        TaskId id = _propose();
        bytes32 modelId = MODELS.register(_model(solvers[0]));
        bytes32 unpaid = _update(solvers[0]) ^ bytes32(uint256(1));
        bytes32 commitment = TASKS.solutionCommitment(id, solvers[0], modelId, unpaid, SALT);
        vm.prank(solvers[0]);
        TASKS.commitSolution(id, commitment);
        _commit(id, solvers[1]);
        _commit(id, solvers[2]);
        _revealGroundTruth(id);
        uint256 needed = TASKS.leaseNeeded(id);
        vm.expectRevert(abi.encodeWithSelector(Tensors.LeaseTooShort.selector, unpaid, 0, needed));
        vm.prank(solvers[0]);
        TASKS.revealSolution(id, modelId, unpaid, SALT);
        _reveal(id, solvers[1], 1);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.AlreadyRevealed.selector, solvers[1]));
        vm.prank(solvers[1]);
        TASKS.revealSolution(id, modelId, unpaid, SALT);
    }

    // Expiry

    function _assertExpires(TaskId id) private {
        _assertPhase(id, Phase.Lapsed);
        uint256 before = PROJECTS.project(projectId).budget;
        vm.expectEmit(address(TASKS));
        emit ITaskContract.TaskExpired(id);
        vm.prank(anyone);
        TASKS.expire(id);
        assertEq(PROJECTS.project(projectId).budget, before + TOTAL_REWARD);
        assertEq(PROJECTS.taskReserve(id), 0);
        vm.expectRevert(_wrongPhase(id, Phase.Expired));
        TASKS.expire(id);
    }

    function test_attack_a_silent_proposer_or_nobody_at_all_cannot_keep_the_budget() public {
        TaskId id = _propose();
        vm.warp(START + 12);
        _assertExpires(id);
        id = _propose();
        _commit(id, solvers[0]);
        vm.warp(START + 12 + 20);
        _assertExpires(id);
        id = _propose();
        _commit(id, solvers[0]);
        _revealGroundTruth(id);
        vm.warp(TASKS.deadlines(id).reveal);
        _assertExpires(id);
    }

    function testFuzz_attack_expiring_a_live_task(uint256 elapsed) public {
        TaskId id = _toVoting(_hits(100, 200));
        Deadlines memory d = TASKS.deadlines(id);
        vm.warp(bound(elapsed, block.timestamp, d.voteReveal - 1));
        vm.expectRevert(_wrongPhase(id, TASKS.phase(id)));
        TASKS.expire(id);
    }

    function test_too_few_votes_expire_a_task() public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 1);
        _scoreAll(id);
        _revealHonestVotes(id, 1);
        vm.warp(TASKS.deadlines(id).voteReveal);
        _assertPhase(id, Phase.Ended);
        TASKS.expire(id);
        _assertPhase(id, Phase.Expired);
        assertEq(PROJECTS.project(projectId).budget, BUDGET);
    }

    function test_attack_expiring_a_task_that_has_its_votes() public {
        TaskId id = _toVoting(_hits(100, 200));
        _commitHonestVotes(id, 2);
        _scoreAll(id);
        _revealHonestVotes(id, 2);
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.EnoughVotes.selector, id));
        TASKS.expire(id);
    }

    function testFuzz_an_unknown_task_is_nothing(uint256 raw) public {
        TaskId id = TaskId.wrap(raw);
        _assertPhase(id, Phase.None);
        assertEq(TASKS.deadlines(id).commit, 0);
        Solution memory none = TASKS.solution(id, anyone);
        assertEq(none.commitment, 0);
        vm.expectRevert(_wrongPhase(id, Phase.None));
        vm.prank(solvers[0]);
        TASKS.commitSolution(id, SALT);
    }

    function test_attack_more_solutions_than_can_be_settled() public {
        TaskId id = _propose();
        vm.mockCall(address(STAKING), abi.encodeWithSelector(STAKING.isActive.selector), abi.encode(true));
        vm.mockCall(address(STAKING), abi.encodeWithSelector(STAKING.pledge.selector), "");
        for (uint160 i = 1; i <= 1024; i++) {
            vm.prank(address(0x10000 + i));
            TASKS.commitSolution(id, "commitment");
        }
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.TooManySolutions.selector, 1024));
        vm.prank(anyone);
        TASKS.commitSolution(id, "commitment");
    }

    // Silence

    function testFuzz_attack_a_proposer_who_stays_silent(uint32 late) public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        uint256 deadline = TASKS.deadlines(id).groundTruth;
        bytes memory refusal = abi.encodeWithSelector(ITaskContract.NotSilent.selector, proposer);
        vm.warp(deadline - 1);
        vm.expectRevert(refusal);
        TASKS.reportSilentProposer(id);
        vm.warp(deadline + late);
        TASKS.reportSilentProposer(id);
        assertEq(STAKING.positionOf(proposer, Role.Proposer).amount, 90 ether);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.AlreadyPenalized.selector, proposer));
        TASKS.reportSilentProposer(id);
        // The others are not blocked by it, and solvers do not pay for what the proposer left out.
        TASKS.expire(id);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotSilent.selector, solvers[0]));
        TASKS.reportSilentSolver(id, solvers[0]);
    }

    function test_a_proposer_whom_nobody_answered_or_who_spoke_does_not_pay() public {
        TaskId id = _propose();
        vm.warp(TASKS.deadlines(id).groundTruth);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotSilent.selector, proposer));
        TASKS.reportSilentProposer(id);
        TaskId spoken = _toVoting(_hits(100, 100));
        vm.warp(TASKS.deadlines(spoken).groundTruth);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotSilent.selector, proposer));
        TASKS.reportSilentProposer(spoken);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotSilent.selector, address(0)));
        TASKS.reportSilentProposer(TaskId.wrap(99));
    }

    function testFuzz_attack_a_solver_who_stays_silent(uint32 late) public {
        TaskId id = _propose();
        _commit(id, solvers[0]);
        _commit(id, solvers[1]);
        _revealGroundTruth(id);
        _reveal(id, solvers[0], 100);
        uint256 deadline = TASKS.deadlines(id).reveal;
        vm.warp(deadline - 1);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotSilent.selector, solvers[1]));
        TASKS.reportSilentSolver(id, solvers[1]);
        vm.warp(deadline);
        // The other one's work goes on.
        assertTrue(TASKS.phase(id) == Phase.VoteCommit);
        vm.warp(deadline + late);
        TASKS.reportSilentSolver(id, solvers[1]);
        assertEq(STAKING.positionOf(solvers[1], Role.Solver).amount, 45 ether);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.AlreadyPenalized.selector, solvers[1]));
        TASKS.reportSilentSolver(id, solvers[1]);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotSilent.selector, solvers[0]));
        TASKS.reportSilentSolver(id, solvers[0]);
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.NotCommitted.selector, solvers[2]));
        TASKS.reportSilentSolver(id, solvers[2]);
    }

    function test_attack_leaving_with_the_stake_before_the_task_is_over() public {
        TaskParams memory params = _params();
        params.commitSeconds = 30 days;
        TaskId id = _proposeWith(params);
        _commit(id, solvers[0]);
        vm.prank(solvers[0]);
        STAKING.requestUnstake(Role.Solver);
        vm.prank(proposer);
        STAKING.requestUnstake(Role.Proposer);
        vm.warp(START + 20 days); // Past both exit delays.
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillPledged.selector, 5 ether));
        vm.prank(solvers[0]);
        STAKING.withdrawStake(Role.Solver);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillPledged.selector, 10 ether));
        vm.prank(proposer);
        STAKING.withdrawStake(Role.Proposer);
        _revealGroundTruth(id);
        vm.prank(proposer);
        STAKING.withdrawStake(Role.Proposer);
        _reveal(id, solvers[0], 100);
        vm.prank(solvers[0]);
        STAKING.withdrawStake(Role.Solver);
    }
}
