// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Role} from "../interfaces/IParticipantStaking.sol";
import {IProject} from "../interfaces/IProject.sol";
import {IResultsRewards, Score, Tally, Vote} from "../interfaces/IResultsRewards.sol";
import {ITaskContract, Phase, Scoring, Task, TaskId} from "../interfaces/ITaskContract.sol";
import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {Duties} from "../lib/Duties.sol";
import {Metric, ML} from "../lib/ML.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {VotedScores} from "./VotedScores.sol";

contract ResultsRewards is VotedScores {
    /// A hundredth of a coordinator's minimum stake.
    uint256 public constant LIVENESS_PENALTY = 5 ether;
    /// What a vote pledges at least: what approving a forced error costs. A larger stake pledges a tenth, so that nobody can have more
    /// than ten votes open at a time, and each covers all that it can cost: silence a fiftieth, a forced error this.
    uint256 public constant MIN_VOTE_PLEDGE = 50 ether;

    IProject private constant PROJECTS = IProject(Predeploys.PROJECT);
    ITrainingDisputes private constant TRAINING = ITrainingDisputes(Predeploys.TRAINING_DISPUTES);

    mapping(TaskId => mapping(address account => bool)) private _claimed;

    /// @inheritdoc IResultsRewards
    function score(TaskId taskId, address solver) external returns (uint16 scoreBp) {
        _requirePhase(taskId, Phase.VoteReveal);
        bytes32 modelId = TASKS.solution(taskId, solver).modelId;
        if (modelId == 0) revert NotRevealed(solver);
        if (_scores[taskId][solver].scored) revert AlreadyScored(solver);
        uint32 hits;
        (hits, scoreBp) = evaluateDown(taskId, modelId);
        Score storage s = _scores[taskId][solver];
        (s.scored, s.scoreBp, s.hits) = (true, scoreBp, hits);
        if (scoreBp >= TASKS.task(taskId).params.thresholdBp && !s.voided) s.weight = scoreBp;
        Tally storage t = _tallies[taskId];
        t.scoredCount++;
        t.solverWeight += s.weight;
        emit SolutionScored(taskId, solver, hits, scoreBp);
    }

    /// @inheritdoc IResultsRewards
    function evaluateDown(TaskId taskId, bytes32 modelId) public view returns (uint32 hits, uint16 scoreBp) {
        Task memory task = TASKS.task(taskId);
        if (task.groundTruthAt == 0) revert WrongPhase(taskId);
        if (task.params.scoring != Scoring.Chain) revert WrongScoring(taskId);
        bytes32 predictions = ML.forward(modelId, task.inputsId);
        uint256 measured = ML.metric(Metric.ArgmaxHits, predictions, task.labelsId);
        if (measured > task.count) revert ScoreTooHigh(measured, task.count);
        return (uint32(measured), uint16(measured * MAX_SCORE_BP / task.count));
    }

    /// @inheritdoc IResultsRewards
    function publishableScore(TaskId taskId, bytes32 modelId, bytes32 updateId) external view returns (uint16 scoreBp) {
        if (TASKS.task(taskId).params.scoring == Scoring.Votes) return _publishableScore(taskId, modelId, updateId);
        (, scoreBp) = evaluateDown(taskId, modelId);
    }

    /// @inheritdoc IResultsRewards
    function commitVote(TaskId taskId, bytes32 commitment) external {
        _requirePhase(taskId, Phase.VoteCommit);
        if (!STAKING.isActive(msg.sender, Role.Coordinator)) revert NotActiveCoordinator(msg.sender);
        if (commitment == 0) revert EmptyCommitment();
        Vote storage vote = _votes[taskId][msg.sender];
        if (vote.commitment != 0) revert AlreadyVoted(msg.sender);
        vote.commitment = commitment;
        vote.stake = STAKING.positionOf(msg.sender, Role.Coordinator).amount;
        _tallies[taskId].votesCommitted++;
        if (TASKS.task(taskId).params.scoring == Scoring.Votes) _admit(taskId, msg.sender, vote);
        emit VoteCommitted(taskId, msg.sender, commitment);
        uint256 atStake = Math.max(MIN_VOTE_PLEDGE, vote.stake / 10);
        STAKING.pledge(Role.Coordinator, msg.sender, atStake, Duties.ofTask(taskId));
    }

    /// @inheritdoc IResultsRewards
    function revealVote(TaskId taskId, address[] calldata solvers, uint16[] calldata scoresBp, bytes32 salt) external {
        _requirePhase(taskId, Phase.VoteReveal);
        Vote storage vote = _votes[taskId][msg.sender];
        if (vote.commitment == 0) revert NotVoted(msg.sender);
        if (vote.revealed) revert AlreadyRevealed(msg.sender);
        bytes32 revealed = voteCommitment(taskId, msg.sender, solvers, scoresBp, salt);
        if (revealed != vote.commitment) revert CommitmentMismatch(vote.commitment, revealed);
        vote.revealed = true;
        uint64 weight = _agreement(taskId, solvers, scoresBp);
        if (TASKS.task(taskId).params.scoring == Scoring.Votes) _give(taskId, msg.sender, solvers, scoresBp);
        vote.weight = weight;
        Tally storage t = _tallies[taskId];
        t.votesRevealed++;
        t.coordinatorWeight += vote.weight;
        emit VoteRevealed(taskId, msg.sender, solvers, scoresBp, vote.weight);
        if (FORCED_ERRORS.reportDeadline(taskId) == 0) _releasePledge(taskId, msg.sender);
    }

    /// @inheritdoc IResultsRewards
    function voidSolution(TaskId taskId, address solver) external {
        bool planted = msg.sender == address(FORCED_ERRORS);
        if (!planted && msg.sender != address(TRAINING)) revert NotAJudgeOfSolutions(msg.sender);
        Score storage s = _scores[taskId][solver];
        _unpublish(taskId, solver, s);
        _tallies[taskId].solverWeight -= s.weight;
        (s.voided, s.weight) = (true, 0);
        if (planted) s.planted = true;
        emit SolutionVoided(taskId, solver);
    }

    /// @inheritdoc IResultsRewards
    function finalize(TaskId taskId) external {
        Task memory task = TASKS.task(taskId);
        Tally storage t = _tallies[taskId];
        _requireVoted(taskId);
        bool voted = task.params.scoring == Scoring.Votes;
        if (voted && !t.settled) revert NotSettled(taskId);
        if (TASKS.phase(taskId) == Phase.VoteReveal && t.scoredCount != task.revealedCount) {
            revert ScoresOutstanding(task.revealedCount, t.scoredCount);
        }
        uint256 disputes = TRAINING.openDisputes(taskId);
        if (disputes != 0) revert DisputesOpen(disputes);

        uint256 proposerReward = 0;
        if (t.solverWeight != 0) {
            t.solverPool = task.params.solverReward;
            if (voted) t.solverPool = t.solverPool * t.solverWeight / t.rankSum;
            proposerReward = task.params.proposerReward;
        }
        t.coordinatorPool = _coordinatorPoolDown(task.params, t);
        emit RewardsDecided(taskId, t.solverPool, t.coordinatorPool, proposerReward);
        TASKS.markFinalized(taskId);
        uint256 unearned = PROJECTS.taskReserve(taskId) - t.solverPool - t.coordinatorPool - proposerReward;
        if (proposerReward != 0) PROJECTS.payTask(task.projectId, taskId, task.proposer, proposerReward);
        if (unearned != 0) PROJECTS.releaseTask(task.projectId, taskId, unearned);
    }

    /// @inheritdoc IResultsRewards
    function claim(TaskId taskId, address account) external returns (uint256 amount) {
        _requirePhase(taskId, Phase.Finalized);
        uint64 solverWeight = _scores[taskId][account].weight;
        uint64 coordinatorWeight = _votes[taskId][account].weight;
        if (_claimed[taskId][account] || solverWeight + coordinatorWeight == 0) revert NothingToClaim(account);
        (uint256 solverAmount, uint256 coordinatorAmount) = _shares(taskId, solverWeight, coordinatorWeight);
        _claimed[taskId][account] = true;
        // Whoever claims last gets all that is left, so that rounding leaves nothing behind.
        Tally storage t = _tallies[taskId];
        t.solverWeight -= solverWeight;
        t.solverPool -= solverAmount;
        t.coordinatorWeight -= coordinatorWeight;
        t.coordinatorPool -= coordinatorAmount;
        emit RewardClaimed(taskId, account, solverAmount, coordinatorAmount);
        amount = solverAmount + coordinatorAmount;
        PROJECTS.payTask(TASKS.task(taskId).projectId, taskId, account, amount);
    }

    /// @inheritdoc IResultsRewards
    function reportSilentVoter(TaskId taskId, address coordinator) external {
        Phase phase = TASKS.phase(taskId);
        if (phase != Phase.Ended && phase != Phase.Finalized && phase != Phase.Expired) revert WrongPhase(taskId);
        Vote storage vote = _votes[taskId][coordinator];
        if (vote.commitment == 0) revert NotVoted(coordinator);
        if (vote.revealed) revert AlreadyRevealed(coordinator);
        if (vote.penalized) revert AlreadyPenalized(coordinator);
        vote.penalized = true;
        // A place among the voters (row) that is taken and not used costs in proportion to what it kept away.
        uint256 penalty = vote.row == 0 ? LIVENESS_PENALTY : Math.max(LIVENESS_PENALTY, vote.stake / 50);
        bytes32 duty = Duties.ofTask(taskId);
        uint256 taken = STAKING.penalizePledge(Role.Coordinator, coordinator, penalty, duty, Predeploys.PROJECT);
        emit SilentVoterPenalized(taskId, coordinator, taken);
        _releasePledge(taskId, coordinator);
        PROJECTS.creditBudget(TASKS.task(taskId).projectId, taken);
    }

    /// @inheritdoc IResultsRewards
    function releaseVoter(TaskId taskId, address coordinator) external returns (uint256 released) {
        Vote storage vote = _votes[taskId][coordinator];
        if (vote.commitment == 0) revert NotVoted(coordinator);
        if (!vote.revealed || block.timestamp < FORCED_ERRORS.reportDeadline(taskId)) {
            revert DutyNotOver(taskId, coordinator);
        }
        return _releasePledge(taskId, coordinator);
    }

    /// @inheritdoc IResultsRewards
    function scoreOf(TaskId taskId, address solver) external view returns (Score memory) {
        return _scores[taskId][solver];
    }

    /// @inheritdoc IResultsRewards
    function voteOf(TaskId taskId, address coordinator) external view returns (Vote memory) {
        return _votes[taskId][coordinator];
    }

    /// @inheritdoc IResultsRewards
    function tally(TaskId taskId) external view returns (Tally memory) {
        return _tallies[taskId];
    }

    /// @inheritdoc IResultsRewards
    function claimableDown(TaskId taskId, address account) external view returns (uint256) {
        if (_claimed[taskId][account] || TASKS.phase(taskId) != Phase.Finalized) return 0;
        (uint256 solverAmount, uint256 coordinatorAmount) =
            _shares(taskId, _scores[taskId][account].weight, _votes[taskId][account].weight);
        return solverAmount + coordinatorAmount;
    }

    /// @inheritdoc IResultsRewards
    function canFinalize(TaskId taskId) external view returns (bool) {
        Tally storage t = _tallies[taskId];
        Phase phase = TASKS.phase(taskId);
        Task memory task = TASKS.task(taskId);
        bool complete = t.votesRevealed == t.votesCommitted && t.scoredCount == task.revealedCount;
        bool ready = t.settled || task.params.scoring == Scoring.Chain;
        return hasQuorum(taskId) && ready && TRAINING.openDisputes(taskId) == 0
            && (phase == Phase.Ended || (phase == Phase.VoteReveal && complete));
    }

    /// @inheritdoc IResultsRewards
    function voteCommitment(
        TaskId taskId,
        address coordinator,
        address[] calldata solvers,
        uint16[] calldata scoresBp,
        bytes32 salt
    ) public view returns (bytes32) {
        bytes32 voteHash = keccak256(abi.encode(solvers, scoresBp));
        return keccak256(abi.encode(block.chainid, taskId, coordinator, voteHash, salt));
    }

    /// Entries that equal the chain's scores; 0 if any contradicts one. Votes name solvers, never positions.
    function _agreement(TaskId taskId, address[] calldata solvers, uint16[] calldata scoresBp)
        private
        view
        returns (uint64 agreeing)
    {
        if (solvers.length != scoresBp.length) revert LengthMismatch(solvers.length, scoresBp.length);
        bool contradicts = false;
        address previous = address(0);
        for (uint256 i = 0; i < solvers.length; i++) {
            if (solvers[i] <= previous) revert SolversNotAscending(solvers[i]);
            if (scoresBp[i] > MAX_SCORE_BP) revert ScoreTooHigh(scoresBp[i], MAX_SCORE_BP);
            previous = solvers[i];
            Score storage s = _scores[taskId][solvers[i]];
            if (!s.scored) continue;
            if (s.scoreBp == scoresBp[i]) agreeing++;
            else contradicts = true;
        }
        if (contradicts) agreeing = 0;
    }

    /// Shares of what is left, by weight among those who have not claimed yet; rounded down.
    function _shares(TaskId taskId, uint256 solverWeight, uint256 coordinatorWeight)
        private
        view
        returns (uint256 solverAmount, uint256 coordinatorAmount)
    {
        Tally storage t = _tallies[taskId];
        if (solverWeight != 0) solverAmount = t.solverPool * solverWeight / t.solverWeight;
        if (coordinatorWeight != 0) coordinatorAmount = t.coordinatorPool * coordinatorWeight / t.coordinatorWeight;
    }
}
