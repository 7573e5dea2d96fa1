// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ProjectId} from "../interfaces/IProject.sol";
import {IResultsRewards, Score, Tally, Vote} from "../interfaces/IResultsRewards.sol";
import {Scoring, Solution, Task, TaskId, TaskParams} from "../interfaces/ITaskContract.sol";
import {Yuma, YumaParams} from "../lib/Yuma.sol";
import {ResultsBase} from "./ResultsBase.sol";

/// The bonds on one solver, as the last task left them that settled a solution of it.
struct BondColumn {
    /// Whose voters the rows are.
    TaskId epoch;
    /// Four rows a word, the first in the lowest bits.
    uint256[8] words;
}

/// Several solvers may submit the same.
struct Publishable {
    uint32 count;
    uint16 scoreBp;
}

/// Scores that the votes make. An epoch is a task, a row a coordinator with a place, a column a revealed solution.
abstract contract VotedScores is ResultsBase {
    /// Rows of an epoch, which bound the work for a column.
    uint256 public constant MAX_VOTERS = 32;
    /// More than half of the stake has to stand behind a weight: with exactly half, one of two equal coordinators would decide
    /// alone, and always for the higher score.
    uint256 public constant KAPPA = Yuma.ONE / 2 + 1;
    /// A tenth of a bond is renewed in an epoch.
    uint256 public constant ALPHA = Yuma.ONE / 10;
    /// A weight above the consensus makes no bond.
    uint256 public constant BETA = Yuma.ONE;

    mapping(TaskId => address[]) private _voters;
    /// By word of 16 scores, in the order of the solutions' positions, the first in the lowest bits.
    mapping(TaskId => mapping(address coordinator => mapping(uint256 word => uint256))) private _given;
    mapping(ProjectId => mapping(address solver => BondColumn)) private _bonds;
    /// Solutions of a task that may be published, by the hash of model and update.
    mapping(TaskId => mapping(bytes32 solutionHash => Publishable)) private _publishable;

    /// @inheritdoc IResultsRewards
    function settle(TaskId taskId, uint256 maxColumns) external returns (uint256 left) {
        Task memory task = _votedTask(taskId);
        _requireVoted(taskId);
        uint256 pendingUntil = FORCED_ERRORS.pendingUntil(taskId);
        if (block.timestamp < pendingUntil) revert TrapsPending(pendingUntil);
        Tally storage t = _tallies[taskId];
        if (t.settled) revert AlreadySettled(taskId);
        address[] memory solvers = TASKS.revealedSolvers(taskId);
        Page memory page = _page(taskId);
        uint256 end = Math.min(solvers.length, Math.saturatingAdd(t.scoredCount, maxColumns));
        for (uint256 column = t.scoredCount; column < end; column++) {
            _settleColumn(taskId, task, page, solvers[column], column);
        }
        t.scoredCount = uint32(end);
        _addShares(taskId, page);
        left = solvers.length - end;
        if (left == 0) _settleDividends(taskId, page);
    }

    /// @inheritdoc IResultsRewards
    function voteFor(TaskId taskId, address coordinator, address solver)
        external
        view
        returns (bool revealed, uint16 scoreBp)
    {
        uint256 position = TASKS.solution(taskId, solver).position;
        if (position == 0) revert NotRevealed(solver);
        return (_votes[taskId][coordinator].revealed, _scoreGiven(taskId, coordinator, position - 1));
    }

    /// @inheritdoc IResultsRewards
    function votersOf(TaskId taskId) external view returns (address[] memory) {
        return _voters[taskId];
    }

    /// @inheritdoc IResultsRewards
    function bondOf(ProjectId projectId, address coordinator, address solver) external view returns (uint256) {
        BondColumn storage bonds = _bonds[projectId][solver];
        uint8 row = _votes[bonds.epoch][coordinator].row;
        return row == 0 ? 0 : _bondIn(bonds, row - 1);
    }

    /// @inheritdoc IResultsRewards
    function rejectionRewardDown(uint256 coordinatorReward, uint16 thresholdBp) public pure returns (uint256) {
        uint256 renewed = ALPHA * thresholdBp;
        return coordinatorReward * renewed / (renewed + (Yuma.ONE - ALPHA) * MAX_SCORE_BP / 2);
    }

    /// What the coordinators share; `t` is settled, and nothing of it claimed.
    function _coordinatorPoolDown(TaskParams memory params, Tally storage t) internal view returns (uint256) {
        if (t.coordinatorWeight == 0) return 0;
        if (params.scoring == Scoring.Chain || _anyReached(t)) return params.coordinatorReward;
        return rejectionRewardDown(params.coordinatorReward, params.thresholdBp) * t.coordinatorWeight / Yuma.ONE;
    }

    /// Whether a solution reached the threshold, and with more than nothing.
    function _anyReached(Tally storage t) internal view returns (bool) {
        return t.reached && t.rankSum != 0;
    }

    /// Gives a vote a row: a free one, or the one with the least stake.
    function _admit(TaskId taskId, address coordinator, Vote storage vote) internal {
        address[] storage voters = _voters[taskId];
        if (voters.length < MAX_VOTERS) {
            voters.push(coordinator);
            vote.row = uint8(voters.length);
            return;
        }
        uint256 least = type(uint256).max;
        uint256 at = 0;
        for (uint256 i = 0; i < MAX_VOTERS; i++) {
            uint256 stake = _votes[taskId][voters[i]].stake;
            if (stake < least) (least, at) = (stake, i);
        }
        if (vote.stake < least + least / 4) revert VotersFull(vote.stake, least);
        address displaced = voters[at];
        emit VoterDisplaced(taskId, displaced, coordinator);
        delete _votes[taskId][displaced];
        _tallies[taskId].votesCommitted--;
        voters[at] = coordinator;
        vote.row = uint8(at + 1);
        _releasePledge(taskId, displaced);
    }

    /// Keeps what a revealed vote gives. `solvers` ascend strictly, scores are in range.
    function _give(TaskId taskId, address coordinator, address[] calldata solvers, uint16[] calldata scoresBp)
        internal
    {
        Task memory task = TASKS.task(taskId);
        uint256[] memory words = new uint256[](task.revealedCount / 16 + 1);
        bool approved = false;
        for (uint256 i = 0; i < solvers.length; i++) {
            uint256 position = TASKS.solution(taskId, solvers[i]).position;
            if (position == 0) revert NotRevealed(solvers[i]);
            words[(position - 1) / 16] |= uint256(scoresBp[i]) << 16 * ((position - 1) % 16);
            if (scoresBp[i] != 0 && scoresBp[i] >= task.params.thresholdBp) approved = true;
        }
        if (approved) _votes[taskId][coordinator].approved = true;
        for (uint256 word = 0; word < words.length; word++) {
            if (words[word] != 0) _given[taskId][coordinator][word] = words[word];
        }
    }

    function _votedTask(TaskId taskId) internal view returns (Task memory task) {
        task = TASKS.task(taskId);
        if (task.params.scoring != Scoring.Votes) revert WrongScoring(taskId);
    }

    /// What the columns of one call share.
    struct Page {
        address[] voters;
        /// Normalised; 0 for who did not reveal.
        uint256[] stakes;
        /// What the columns add to each row's E.
        uint256[] shares;
        /// The epoch that `oldRows` are of, and the place of each voter there, from 1.
        TaskId oldEpoch;
        uint256[] oldRows;
    }

    function _page(TaskId taskId) private view returns (Page memory page) {
        page.voters = _voters[taskId];
        uint256 rows = page.voters.length;
        uint256[] memory stakes = new uint256[](rows);
        for (uint256 i = 0; i < rows; i++) {
            Vote storage vote = _votes[taskId][page.voters[i]];
            if (vote.revealed) stakes[i] = vote.stake;
        }
        page.stakes = Yuma.normalizeDown(stakes);
        page.shares = new uint256[](rows);
        page.oldRows = new uint256[](rows);
    }

    function _settleColumn(TaskId taskId, Task memory task, Page memory page, address solver, uint256 column) private {
        if (_scores[taskId][solver].planted) {
            _scores[taskId][solver].scored = true;
            emit SolutionScored(taskId, solver, 0, 0);
            return;
        }
        uint256[] memory weights = new uint256[](page.voters.length);
        for (uint256 i = 0; i < weights.length; i++) {
            weights[i] = uint256(_scoreGiven(taskId, page.voters[i], column)) * Yuma.ONE / MAX_SCORE_BP;
        }
        BondColumn storage stored = _bonds[task.projectId][solver];
        uint256[] memory bonds = _oldBonds(page, stored);
        YumaParams memory params = YumaParams({kappa: KAPPA, alpha: ALPHA, beta: BETA});
        (uint256 consensus, uint256 rank) = Yuma.column(params, page.stakes, weights, bonds, page.shares);
        _storeBonds(stored, taskId, bonds);
        _record(taskId, task.params.thresholdBp, solver, consensus, uint64(rank));
    }

    function _record(TaskId taskId, uint16 thresholdBp, address solver, uint256 consensus, uint64 rank) private {
        // Weights were rounded down from basis points, so this gives the basis points back.
        uint16 scoreBp = uint16(Math.ceilDiv(consensus * MAX_SCORE_BP, Yuma.ONE));
        Score storage s = _scores[taskId][solver];
        (s.scored, s.scoreBp) = (true, scoreBp);
        Tally storage t = _tallies[taskId];
        t.rankSum += rank;
        emit SolutionScored(taskId, solver, 0, scoreBp);
        if (scoreBp < thresholdBp) return;
        t.reached = true;
        if (s.voided) return;
        s.weight = rank;
        t.solverWeight += rank;
        Publishable storage p = _publishable[taskId][_solutionHash(taskId, solver)];
        p.count++;
        if (scoreBp > p.scoreBp) p.scoreBp = scoreBp;
    }

    function _publishableScore(TaskId taskId, bytes32 modelId, bytes32 updateId) internal view returns (uint16) {
        Publishable storage p = _publishable[taskId][keccak256(abi.encode(modelId, updateId))];
        if (p.count == 0) revert NotPublishable(modelId, updateId);
        return p.scoreBp;
    }

    /// Before a solution is voided.
    function _unpublish(TaskId taskId, address solver, Score storage s) internal {
        if (!s.scored || s.voided) return;
        Publishable storage p = _publishable[taskId][_solutionHash(taskId, solver)];
        if (p.count != 0 && s.scoreBp >= TASKS.task(taskId).params.thresholdBp) p.count--;
    }

    function _solutionHash(TaskId taskId, address solver) private view returns (bytes32) {
        Solution memory solution = TASKS.solution(taskId, solver);
        return keccak256(abi.encode(solution.modelId, solution.updateId));
    }

    /// Between pages the votes' weights hold E.
    function _addShares(TaskId taskId, Page memory page) private {
        for (uint256 i = 0; i < page.voters.length; i++) {
            if (page.shares[i] != 0) _votes[taskId][page.voters[i]].weight += uint64(page.shares[i]);
        }
    }

    function _settleDividends(TaskId taskId, Page memory page) private {
        Tally storage t = _tallies[taskId];
        bool rejected = !_anyReached(t);
        uint64 sum = 0;
        for (uint256 i = 0; i < page.voters.length; i++) {
            Vote storage vote = _votes[taskId][page.voters[i]];
            uint64 dividend = uint64(page.stakes[i] * vote.weight >> 32);
            if (rejected) dividend = vote.approved ? 0 : uint64(page.stakes[i]);
            vote.weight = dividend;
            sum += dividend;
        }
        (t.settled, t.coordinatorWeight) = (true, sum);
        emit VotesSettled(taskId, t.rankSum, sum);
    }

    /// The bonds of this epoch's rows; 0 for who had no row in the column's last epoch.
    function _oldBonds(Page memory page, BondColumn storage stored) private view returns (uint256[] memory bonds) {
        bonds = new uint256[](page.voters.length);
        TaskId epoch = stored.epoch;
        if (TaskId.unwrap(epoch) == 0) return bonds;
        if (TaskId.unwrap(epoch) != TaskId.unwrap(page.oldEpoch)) {
            page.oldEpoch = epoch;
            for (uint256 i = 0; i < bonds.length; i++) {
                page.oldRows[i] = _votes[epoch][page.voters[i]].row;
            }
        }
        for (uint256 i = 0; i < bonds.length; i++) {
            if (page.oldRows[i] != 0) bonds[i] = _bondIn(stored, page.oldRows[i] - 1);
        }
    }

    /// A task that is settled late does not replace what a later one has left.
    function _storeBonds(BondColumn storage stored, TaskId epoch, uint256[] memory bonds) private {
        if (TaskId.unwrap(stored.epoch) > TaskId.unwrap(epoch)) return;
        stored.epoch = epoch;
        for (uint256 word = 0; 4 * word < bonds.length; word++) {
            uint256 packed = 0;
            for (uint256 k = 0; k < 4 && 4 * word + k < bonds.length; k++) {
                packed |= bonds[4 * word + k] << 64 * k;
            }
            stored.words[word] = packed;
        }
    }

    function _bondIn(BondColumn storage bonds, uint256 row) private view returns (uint256) {
        return uint64(bonds.words[row / 4] >> 64 * (row % 4));
    }

    function _scoreGiven(TaskId taskId, address coordinator, uint256 column) private view returns (uint16) {
        return uint16(_given[taskId][coordinator][column / 16] >> 16 * (column % 16));
    }
}
