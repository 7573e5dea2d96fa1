// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IResultsRewards} from "../../src/interfaces/IResultsRewards.sol";
import {TaskId} from "../../src/interfaces/ITaskContract.sol";
import {Yuma, YumaParams} from "../../src/lib/Yuma.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// Tasks of which no solution is worth anything.
contract RejectionsTest is VotesFixture {
    /// With a threshold of a half and a tenth of a bond renewed in an epoch.
    uint256 private constant REJECTION_REWARD = COORDINATOR_REWARD / 10;

    function _close(TaskId id) private {
        RESULTS.settle(id, 10);
        RESULTS.finalize(id);
    }

    function _voteAs(TaskId id, uint16[] memory first, uint16[] memory second, uint16[] memory third) private {
        uint16[][] memory rows = new uint16[][](3);
        (rows[0], rows[1], rows[2]) = (first, second, third);
        _vote(id, rows);
    }

    function _stakeMore(address voter, uint256 amount) private {
        if (amount == 0) return;
        _give(voter, amount, address(STAKING));
        vm.prank(voter);
        STAKING.stake(Role.Coordinator, amount);
    }

    function testFuzz_rejecting_everything_pays_by_stake(uint96 a, uint96 b) public {
        _people(3, 2);
        uint256[3] memory stakes = [500 ether + uint256(a), 500 ether + uint256(b), 500 ether];
        _stakeMore(voters[0], a);
        _stakeMore(voters[1], b);
        TaskId id = _toVotes();
        _voteAs(id, _row(0, 0), _row(0, 0), _row(0, 0));
        uint256 before = PROJECTS.project(projectId).budget;
        _close(id);
        uint256 paid = 0;
        for (uint256 i = 0; i < 3; i++) {
            uint256 expected = REJECTION_REWARD * stakes[i] / (stakes[0] + stakes[1] + stakes[2]);
            uint256 amount = RESULTS.claimableDown(id, voters[i]);
            assertGe(amount + REJECTION_REWARD / 1e8, expected);
            assertLe(amount, expected + REJECTION_REWARD / 1e8);
            if (amount != 0) paid += RESULTS.claim(id, voters[i]);
        }
        assertLe(paid, REJECTION_REWARD);
        // The rest is the project's again, and solvers and proposer get nothing.
        assertEq(PROJECTS.taskReserve(id), 0);
        assertEq(PROJECTS.project(projectId).budget, before + TOTAL_REWARD - paid);
    }

    function testFuzz_who_did_not_reject_everything_is_not_paid_nor_is_its_share(uint16 raw, bool silent) public {
        _people(3, 2);
        TaskId id = _toVotes();
        uint16[] memory dissent = _row(0, uint16(bound(raw, TASKS.task(id).params.thresholdBp, 10_000)));
        if (silent) {
            for (uint256 i = 0; i < 3; i++) {
                _castVote(id, voters[i], _row(0, 0));
            }
            vm.warp(TASKS.deadlines(id).voteCommit);
            _showVote(id, voters[0], _row(0, 0));
            _showVote(id, voters[1], _row(0, 0));
            vm.warp(TASKS.deadlines(id).voteReveal);
        } else {
            _voteAs(id, _row(0, 0), _row(0, 0), dissent);
        }
        _close(id);
        assertEq(RESULTS.claimableDown(id, voters[2]), 0);
        // A third of the stake took no part, or did and did not agree: only what takes part is shared.
        uint256 each = silent ? REJECTION_REWARD / 2 : REJECTION_REWARD / 3;
        for (uint256 i = 0; i < 2; i++) {
            uint256 amount = RESULTS.claim(id, voters[i]);
            assertGe(amount + 1e10, each);
            assertLe(amount, each + 1e10);
        }
    }

    function testFuzz_what_rejecting_pays_follows_the_threshold(uint128 reward, uint16 raw) public view {
        uint16 threshold = uint16(bound(raw, 0, 10_000));
        uint256 expected = uint256(reward) * threshold / (uint256(threshold) + 45_000);
        uint256 amount = RESULTS.rejectionRewardDown(reward, threshold);
        assertGe(amount + reward / 1e8 + 1, expected);
        assertLe(amount, expected + reward / 1e8 + 1);
    }

    // What must not happen

    /// All that is below the threshold is rejected: whatever the votes give for it, they share no more than for nothing, and
    /// each no more than its part.
    function testFuzz_attack_almost_nothing_given_for_all_of_the_reward(uint16[6] memory raw, uint96 stake) public {
        _people(3, 2);
        _stakeMore(voters[0], stake);
        TaskId id = _toVotes();
        uint16 most = TASKS.task(id).params.thresholdBp - 1;
        uint16[][] memory rows = new uint16[][](3);
        for (uint256 i = 0; i < 3; i++) {
            // Some give nothing at all.
            bool none = raw[2 * i] % 3 == 0;
            rows[i] =
                none ? _row(0, 0) : _row(uint16(bound(raw[2 * i], 0, most)), uint16(bound(raw[2 * i + 1], 0, most)));
        }
        _vote(id, rows);
        uint256 before = PROJECTS.project(projectId).budget;
        _close(id);
        uint256 paid = 0;
        for (uint256 i = 0; i < 3; i++) {
            uint256 part = 500 ether + (i == 0 ? uint256(stake) : 0);
            uint256 expected = REJECTION_REWARD * part / (1500 ether + uint256(stake));
            uint256 amount = RESULTS.claimableDown(id, voters[i]);
            assertGe(amount + REJECTION_REWARD / 1e8, expected);
            assertLe(amount, expected + REJECTION_REWARD / 1e8);
            if (amount != 0) paid += RESULTS.claim(id, voters[i]);
        }
        assertLe(paid, REJECTION_REWARD);
        assertEq(PROJECTS.project(projectId).budget, before + TOTAL_REWARD - paid);
    }

    /// One solution at the threshold is enough for all of it.
    function testFuzz_the_whole_reward_is_for_what_reaches_the_threshold(uint16[2] memory raw) public {
        _people(3, 2);
        TaskId id = _toVotes();
        uint16 threshold = TASKS.task(id).params.thresholdBp;
        uint16[] memory row = _row(uint16(bound(raw[0], threshold, 10_000)), uint16(bound(raw[1], 0, 10_000)));
        _voteAs(id, row, row, row);
        _close(id);
        uint256 paid = 0;
        for (uint256 i = 0; i < 3; i++) {
            paid += RESULTS.claim(id, voters[i]);
        }
        assertLe(paid, COORDINATOR_REWARD);
        assertGe(paid + 1e10, COORDINATOR_REWARD);
    }

    /// Whoever can reject what is good, half of the stake or more, gets at least as much for its true score, whatever bonds it has
    /// and others have.
    function testFuzz_attack_rejecting_what_is_good_for_more_than_its_score(
        uint64[8] memory stakes,
        uint64[8] memory bonds,
        uint8 rawRows,
        uint8 rawSize,
        uint16[2] memory raw
    ) public view {
        uint256 rows = bound(rawRows, 2, 8);
        uint256 size = bound(rawSize, 1, rows - 1);
        uint16 threshold = uint16(bound(raw[0], 1000, 10_000));
        uint256[] memory s = _halfTo(size, rows, stakes);
        uint256[] memory w = new uint256[](rows);
        uint256[] memory b = new uint256[](rows);
        for (uint256 i = 0; i < rows; i++) {
            w[i] = bound(raw[1], threshold, 10_000) * Yuma.ONE / 10_000;
            // At the worst those who reject are new, and the others have all there is.
            if (i >= size) b[i] = bonds[i] % 2 == 0 ? Yuma.ONE : bonds[i] % (Yuma.ONE + 1);
            else b[i] = bonds[i] % 2 == 0 ? 0 : bonds[i] % (Yuma.ONE + 1);
        }
        uint256[] memory e = new uint256[](rows);
        Yuma.column(YumaParams(Yuma.ONE / 2 + 1, Yuma.ONE / 10, Yuma.ONE), s, w, b, e);
        uint256 own = 0;
        uint256 all = 0;
        uint256 stake = 0;
        for (uint256 i = 0; i < rows; i++) {
            uint256 dividend = s[i] * e[i] >> 32;
            all += dividend;
            if (i < size) (own, stake) = (own + dividend, stake + s[i]);
        }
        uint256 forTheTruth = COORDINATOR_REWARD * own / all;
        uint256 forRejecting = RESULTS.rejectionRewardDown(COORDINATOR_REWARD, threshold) * stake / Yuma.ONE;
        assertLe(forRejecting, forTheTruth + COORDINATOR_REWARD / 1e5); // Roundings.
    }

    /// Normalised stakes of which the first `size` have half or more together.
    function _halfTo(uint256 size, uint256 rows, uint64[8] memory raw) private pure returns (uint256[] memory) {
        uint256[] memory s = new uint256[](rows);
        uint256 others = 0;
        for (uint256 i = size; i < rows; i++) {
            s[i] = uint256(raw[i]) + 1;
            others += s[i];
        }
        for (uint256 i = 0; i < size; i++) {
            s[i] = others / size + 1 + (raw[i] % 4 == 0 ? 0 : raw[i]);
        }
        return Yuma.normalizeDown(s);
    }

    function test_attack_a_newcomer_with_half_of_the_stake_rejects_what_is_good() public {
        _people(2, 2);
        address newcomer = makeAddr("newcomer");
        _stake(newcomer, Role.Coordinator);
        uint16[][] memory rows = new uint16[][](2);
        rows[0] = rows[1] = _row(5000, 5000); // Just at the threshold: where accepting pays least.
        for (uint256 i = 0; i < 5; i++) {
            TaskId task = _toVotes();
            _vote(task, rows);
            _close(task);
        }
        voters[1] = newcomer;
        TaskId id = _toVotes();
        uint256 before = vm.snapshotState();
        _vote(id, rows);
        _close(id);
        uint256 forTheTruth = RESULTS.claimableDown(id, newcomer);
        vm.revertToState(before);
        rows[1] = _row(0, 0);
        _vote(id, rows);
        _close(id);
        assertEq(RESULTS.tally(id).rankSum, 0);
        uint256 forRejecting = RESULTS.claimableDown(id, newcomer);
        assertGe(forRejecting + 1e10, REJECTION_REWARD / 2); // As much as its share of the stake, and not the other one's.
        assertGe(forTheTruth, forRejecting);
        assertEq(RESULTS.claimableDown(id, voters[0]), 0);
    }

    function testFuzz_attack_less_than_half_of_the_stake_rejects_what_is_good(uint96 extra, uint16 raw) public {
        _people(3, 2);
        _stakeMore(voters[2], bound(extra, 0, 499 ether));
        uint16 score = uint16(bound(raw, 5000, 10_000));
        TaskId id = _toVotes();
        uint256 before = vm.snapshotState();
        _voteAs(id, _row(score, score), _row(score, score), _row(score, score));
        _close(id);
        uint256 forTheTruth = RESULTS.claimableDown(id, voters[2]);
        vm.revertToState(before);
        _voteAs(id, _row(score, score), _row(score, score), _row(0, 0));
        _close(id);
        assertEq(RESULTS.scoreOf(id, trainees[0]).scoreBp, score);
        assertEq(RESULTS.claimableDown(id, voters[2]), 0);
        assertGe(forTheTruth, COORDINATOR_REWARD / 4);
    }
}
