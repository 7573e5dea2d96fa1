// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IForcedErrorRegistry, TrapId} from "../../src/interfaces/IForcedErrorRegistry.sol";
import {IResultsRewards} from "../../src/interfaces/IResultsRewards.sol";
import {TaskId} from "../../src/interfaces/ITaskContract.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {TrapsFixture} from "./TrapsFixture.sol";

contract ForcedErrorRegistryTest is TrapsFixture {
    // The jackpot

    function testFuzz_the_jackpot_falls_with_the_number_of_claimants(uint8 raw) public {
        uint256 finders = bound(raw, 0, 5);
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, finders);
        assertEq(ERRORS.claimCount(id, planter), finders);
        _revealTrap(trapId);
        uint256 paid = 0;
        for (uint256 i = 0; i < finders; i++) {
            paid += ERRORS.payJackpot(trapId, voters[i]);
            vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NothingToPay.selector, voters[i]));
            ERRORS.payJackpot(trapId, voters[i]);
        }
        // 64, 32, 16, 8, 4: one who claims under two names gets no more than under one.
        uint256 total = finders == 0 ? 0 : JACKPOT >> (finders - 1);
        assertLe(paid, total);
        assertGe(paid + finders, total);
        // What the curve does not pay is nobody's whom it could have been taken from or for.
        assertEq(TOKEN.balanceOf(creator), finders == 0 ? 1000 ether : 1000 ether - JACKPOT);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), finders == 0 ? 0 : JACKPOT - paid);
        assertEq(TOKEN.balanceOf(address(ERRORS)), 0);
    }

    /// What each of `claimants` gets.
    function _shareWith(uint256 claimants) private returns (uint256 share) {
        uint256 before = vm.snapshotState();
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, claimants);
        _revealTrap(trapId);
        share = ERRORS.payJackpot(trapId, voters[0]);
        vm.revertToState(before);
    }

    function testFuzz_attack_claiming_under_several_names(uint96 raw, uint8 rawOthers, uint8 rawNames) public {
        jackpot = bound(raw, 1 ether, 1000 ether);
        uint256 others = bound(rawOthers, 0, 3);
        uint256 names = bound(rawNames, 2, 5 - others);
        assertLe(names * _shareWith(others + names), _shareWith(others + 1));
    }

    function testFuzz_attack_a_creator_that_claims_its_own_jackpot_back(uint96 raw, uint8 rawFinders, uint8 rawNames)
        public
    {
        jackpot = bound(raw, 1 ether, 1000 ether);
        uint256 finders = bound(rawFinders, 1, 4);
        uint256 names = bound(rawNames, 1, 5 - finders);
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, finders + names);
        uint256 before = TOKEN.balanceOf(creator);
        uint256 treasury = TOKEN.balanceOf(Predeploys.TIMELOCK);
        _revealTrap(trapId);
        assertEq(TOKEN.balanceOf(creator), before);
        uint256 back = names * ERRORS.payJackpot(trapId, voters[0]);
        assertLe(back, jackpot / 4);
        // What its names take from the finders goes to the treasury for the greater part.
        assertGe(TOKEN.balanceOf(Predeploys.TIMELOCK) - treasury, jackpot / 2);
    }

    function test_who_approved_the_error_pays_and_who_rejected_it_does_not() public {
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, 2);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.TrapNotRevealed.selector, trapId));
        ERRORS.penalizeApprover(trapId, voters[4]);
        _revealTrap(trapId);
        ERRORS.penalizeApprover(trapId, voters[4]);
        assertEq(_stakeOf(voters[4]), 450 ether);
        // And half of the jackpot, for two claims.
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), 50 ether + JACKPOT / 2);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.AlreadyPenalized.selector, voters[4]));
        ERRORS.penalizeApprover(trapId, voters[4]);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotApproved.selector, voters[0]));
        ERRORS.penalizeApprover(trapId, voters[0]);
    }

    function testFuzz_only_a_vote_at_the_threshold_approves(uint16 raw) public {
        uint16 score = uint16(bound(raw, 0, 10_000));
        (TaskId id, TrapId trapId) = _planted();
        _castVote(id, voters[0], _row(8000, score));
        _castVote(id, voters[1], _row(8000, 8000));
        vm.warp(TASKS.deadlines(id).voteCommit);
        _showVote(id, voters[0], _row(8000, score));
        _revealTrap(trapId);
        // Not revealed: its silence is another matter.
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotApproved.selector, voters[1]));
        ERRORS.penalizeApprover(trapId, voters[1]);
        if (score < 5000) {
            vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotApproved.selector, voters[0]));
        }
        ERRORS.penalizeApprover(trapId, voters[0]);
        assertEq(_stakeOf(voters[0]), score < 5000 ? 500 ether : 450 ether);
    }

    // What must not happen

    function testFuzz_attack_an_error_that_can_be_read_before_the_reveal(bytes32 salt, bytes32 secret) public {
        // What is on the chain says nothing of the planted solution without the salt, nor of its model without the secret.
        vm.assume(salt != SALT && secret != SECRET);
        (TaskId id, TrapId trapId) = _planted();
        bytes32 badHash = keccak256(abi.encode(_trapModel(), _updateOf(planter)));
        assertNotEq(ERRORS.trapCommitment(id, creator, badHash, salt), ERRORS.trap(trapId).commitment);
        assertNotEq(ERRORS.trapModel(secret), TASKS.solution(id, planter).modelId);
    }

    function test_attack_claiming_once_the_trap_is_known() public {
        (TaskId id, TrapId trapId) = _planted();
        _voteAndClaim(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.WrongPhase.selector, id));
        vm.prank(creator);
        ERRORS.revealTrap(trapId, planter, SECRET, SALT);
        _revealTrap(trapId);
        bytes32 commitment = ERRORS.claimCommitment(id, voters[3], planter, SALT);
        vm.startPrank(voters[3]);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.WrongPhase.selector, id));
        ERRORS.commitClaim(id, commitment);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.WrongPhase.selector, id));
        ERRORS.revealClaim(id, planter, SALT);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NothingToPay.selector, voters[3]));
        ERRORS.payJackpot(trapId, voters[3]);
    }

    function test_attack_finalizing_early_to_shut_out_claims() public {
        (TaskId id, TrapId trapId) = _planted();
        for (uint256 i = 0; i < 2; i++) {
            _castVote(id, voters[i], _row(8000, 0));
            _commitClaim(id, voters[i], planter);
        }
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < 2; i++) {
            _showVote(id, voters[i], _row(8000, 0));
        }
        uint256 end = ERRORS.revealDeadline(id);
        vm.expectRevert(abi.encodeWithSelector(IResultsRewards.TrapsPending.selector, end));
        RESULTS.settle(id, 2);
        vm.prank(voters[0]);
        ERRORS.revealClaim(id, planter, SALT);
        _revealTrap(trapId);
        assertEq(ERRORS.payJackpot(trapId, voters[0]), JACKPOT);
        RESULTS.settle(id, 2);
        RESULTS.finalize(id);
    }

    function test_attack_front_running_another_ones_claim() public {
        (TaskId id,) = _planted();
        bytes32 commitment = ERRORS.claimCommitment(id, voters[0], planter, SALT);
        vm.prank(voters[0]);
        ERRORS.commitClaim(id, commitment);
        _castVote(id, voters[1], _row(8000, 0));
        vm.prank(voters[1]);
        ERRORS.commitClaim(id, commitment); // A copy of what is in the mempool.
        vm.warp(TASKS.deadlines(id).voteCommit);
        _showVote(id, voters[1], _row(8000, 0));
        bytes32 own = ERRORS.claimCommitment(id, voters[1], planter, SALT);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.CommitmentMismatch.selector, commitment, own));
        vm.prank(voters[1]);
        ERRORS.revealClaim(id, planter, SALT);
    }

    function testFuzz_attack_claiming_without_rejecting(uint16 raw) public {
        uint16 score = uint16(bound(raw, 1, 10_000));
        (TaskId id,) = _planted();
        _castVote(id, voters[0], _row(8000, score));
        _commitClaim(id, voters[0], planter);
        vm.warp(TASKS.deadlines(id).voteCommit);
        bytes memory refusal = abi.encodeWithSelector(IForcedErrorRegistry.NotRejected.selector, voters[0], planter);
        vm.expectRevert(refusal);
        vm.prank(voters[0]);
        ERRORS.revealClaim(id, planter, SALT);
        _showVote(id, voters[0], _row(8000, score));
        vm.expectRevert(refusal);
        vm.prank(voters[0]);
        ERRORS.revealClaim(id, planter, SALT);
    }

    function test_attack_claiming_twice_or_without_a_stake() public {
        (TaskId id,) = _planted();
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotActiveCoordinator.selector, anyone));
        vm.prank(anyone);
        ERRORS.commitClaim(id, "claim");
        _castVote(id, voters[0], _row(0, 0));
        _commitClaim(id, voters[0], planter);
        vm.startPrank(voters[0]);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.AlreadyClaimed.selector, voters[0]));
        ERRORS.commitClaim(id, "claim");
        vm.stopPrank();
        vm.startPrank(voters[1]);
        vm.expectRevert(IForcedErrorRegistry.EmptyCommitment.selector);
        ERRORS.commitClaim(id, 0);
        vm.stopPrank();
        vm.warp(TASKS.deadlines(id).voteCommit);
        _castNothingAndReveal(id);
    }

    function _castNothingAndReveal(TaskId id) private {
        _showVote(id, voters[0], _row(0, 0));
        vm.startPrank(voters[0]);
        ERRORS.revealClaim(id, planter, SALT);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.AlreadyClaimed.selector, voters[0]));
        ERRORS.revealClaim(id, planter, SALT);
        vm.stopPrank();
        assertEq(ERRORS.claimCount(id, planter), 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotClaimed.selector, voters[1]));
        vm.prank(voters[1]);
        ERRORS.revealClaim(id, planter, SALT);
    }

    function testFuzz_attack_making_a_trap_of_an_honest_solution(bytes32 secret) public {
        TaskId id = _proposeWith(_votedParams());
        address honest = trainees[0];
        bytes32 goodHash = keccak256(abi.encode(_modelOf(honest), _updateOf(honest)));
        bytes32 commitment = ERRORS.trapCommitment(id, creator, goodHash, SALT);
        vm.prank(creator);
        TrapId trapId = ERRORS.commitTrap(id, commitment, JACKPOT);
        commitment = TASKS.solutionCommitment(id, honest, _modelOf(honest), _updateOf(honest), SALT);
        vm.prank(honest);
        TASKS.commitSolution(id, commitment);
        _revealGroundTruth(id);
        vm.prank(honest);
        TASKS.revealSolution(id, _modelOf(honest), _updateOf(honest), SALT);
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotPlanted.selector, honest, _modelOf(honest)));
        vm.prank(creator);
        ERRORS.revealTrap(trapId, honest, secret, SALT);
    }

    function test_attack_a_trap_that_was_not_committed_to_or_is_not_ones_own() public {
        (TaskId id, TrapId trapId) = _planted();
        bytes32 commitment = ERRORS.trapCommitment(id, creator, "other", SALT);
        vm.warp(TASKS.deadlines(id).voteReveal);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotCreator.selector, anyone));
        vm.prank(anyone);
        ERRORS.revealTrap(trapId, planter, SECRET, SALT);
        vm.expectRevert();
        vm.prank(creator);
        ERRORS.revealTrap(trapId, planter, SECRET, "other salt");
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.WrongPhase.selector, id));
        vm.prank(creator);
        ERRORS.commitTrap(id, commitment, JACKPOT);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.TrapClosed.selector, TrapId.wrap(9)));
        vm.prank(creator);
        ERRORS.revealTrap(TrapId.wrap(9), planter, SECRET, SALT);
    }

    function test_attack_two_jackpots_or_two_penalties_for_one_error() public {
        TaskId id = TaskId.wrap(TASKS.taskCount() + 1);
        (, TrapId first) = _planted();
        _voteAndClaim(id, 1);
        _revealTrap(first);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.TrapClosed.selector, first));
        vm.prank(creator);
        ERRORS.revealTrap(first, planter, SECRET, SALT);
    }

    function test_attack_a_second_trap_on_the_same_error() public {
        TaskId next = TaskId.wrap(TASKS.taskCount() + 1);
        bytes32 badHash = keccak256(abi.encode(_trapModel(), _updateOf(planter)));
        bytes32 commitment = ERRORS.trapCommitment(next, creator, badHash, SALT);
        (TaskId id, TrapId first) = _plantedWith(commitment);
        _voteAndClaim(id, 1);
        _revealTrap(first);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.AlreadyTrapped.selector, planter));
        vm.prank(creator);
        ERRORS.revealTrap(TrapId.wrap(TrapId.unwrap(first) - 1), planter, SECRET, SALT);
    }

    function testFuzz_attack_never_revealing_the_trap(uint32 late, bool lapsed) public {
        TaskId id;
        TrapId trapId;
        if (lapsed) {
            id = _proposeWith(_votedParams());
            trapId = _commitTrap(id);
        } else {
            (id, trapId) = _planted();
            _voteAndClaim(id, 3);
        }
        uint256 deadline = (lapsed ? TASKS.leaseNeeded(id) : TASKS.deadlines(id).voteReveal) + REVEAL_SECONDS;
        vm.warp(deadline - 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.NotOverdue.selector, deadline));
        ERRORS.forfeit(trapId);
        vm.warp(deadline + late);
        if (!lapsed) {
            vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.TooLate.selector, deadline));
            vm.prank(creator);
            ERRORS.revealTrap(trapId, planter, SECRET, SALT);
        }
        uint256 budget = PROJECTS.project(projectId).budget;
        ERRORS.forfeit(trapId);
        // A task without ground truth gave nobody the chance to plant or reveal.
        assertEq(PROJECTS.project(projectId).budget, lapsed ? budget : budget + JACKPOT);
        assertEq(TOKEN.balanceOf(creator), lapsed ? 1000 ether : 1000 ether - JACKPOT);
        assertEq(TOKEN.balanceOf(address(ERRORS)), 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.TrapClosed.selector, trapId));
        ERRORS.forfeit(trapId);
    }

    function testFuzz_attack_a_jackpot_that_is_no_incentive(uint256 jackpot) public {
        jackpot = bound(jackpot, 0, 1 ether - 1);
        TaskId id = _proposeWith(_votedParams());
        vm.startPrank(creator);
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.JackpotTooSmall.selector, jackpot, 1 ether));
        ERRORS.commitTrap(id, "trap", jackpot);
        vm.expectRevert(IForcedErrorRegistry.EmptyCommitment.selector);
        ERRORS.commitTrap(id, 0, JACKPOT);
        vm.stopPrank();
        TaskId chain = _propose();
        vm.expectRevert(abi.encodeWithSelector(IForcedErrorRegistry.WrongScoring.selector, chain));
        vm.prank(creator);
        ERRORS.commitTrap(chain, "trap", JACKPOT);
    }
}
