// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {IProject} from "../interfaces/IProject.sol";
import {IResultsRewards, Score, Tally, Vote} from "../interfaces/IResultsRewards.sol";
import {ITaskContract, Phase, Task, TaskId} from "../interfaces/ITaskContract.sol";
import {Metric, ML} from "../lib/ML.sol";
import {Predeploys} from "../lib/Predeploys.sol";

contract ResultsRewards is IResultsRewards {
    uint32 public constant MIN_VOTES = 2;
    uint16 public constant MAX_SCORE_BP = 10_000;
    /// A hundredth of a coordinator's minimum stake.
    uint256 public constant LIVENESS_PENALTY = 5 ether;

    IParticipantStaking private constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    IProject private constant PROJECTS = IProject(Predeploys.PROJECT);
    ITaskContract private constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);

    mapping(TaskId => Tally) private _tallies;
    mapping(TaskId => mapping(address solver => Score)) private _scores;
    mapping(TaskId => mapping(address coordinator => Vote)) private _votes;
    mapping(TaskId => mapping(address account => bool)) private _claimed;

    /// @inheritdoc IResultsRewards
    function score(TaskId taskId, address solver) external returns (uint16 scoreBp) {
        _requirePhase(taskId, Phase.VoteReveal);
        bytes32 modelId = TASKS.solution(taskId, solver).modelId;
        if (modelId == 0) revert NotRevealed(solver);
        if (_scores[taskId][solver].scored) revert AlreadyScored(solver);
        uint32 hits;
        (hits, scoreBp) = evaluateDown(taskId, modelId);
        _scores[taskId][solver] = Score({scored: true, scoreBp: scoreBp, hits: hits});
        Tally storage t = _tallies[taskId];
        t.scoredCount++;
        t.solverWeight += _rewardedScore(taskId, solver);
        emit SolutionScored(taskId, solver, hits, scoreBp);
    }

    /// @inheritdoc IResultsRewards
    function evaluateDown(TaskId taskId, bytes32 modelId) public view returns (uint32 hits, uint16 scoreBp) {
        Task memory task = TASKS.task(taskId);
        if (task.groundTruthAt == 0) revert WrongPhase(taskId);
        bytes32 predictions = ML.forward(modelId, task.inputsId);
        uint256 measured = ML.metric(Metric.ArgmaxHits, predictions, task.labelsId);
        if (measured > task.count) revert ScoreTooHigh(measured, task.count);
        return (uint32(measured), uint16(measured * MAX_SCORE_BP / task.count));
    }

    /// @inheritdoc IResultsRewards
    function commitVote(TaskId taskId, bytes32 commitment) external {
        _requirePhase(taskId, Phase.VoteCommit);
        if (!STAKING.isActive(msg.sender, Role.Coordinator)) revert NotActiveCoordinator(msg.sender);
        if (commitment == 0) revert EmptyCommitment();
        Vote storage vote = _votes[taskId][msg.sender];
        if (vote.commitment != 0) revert AlreadyVoted(msg.sender);
        vote.commitment = commitment;
        _tallies[taskId].votesCommitted++;
        emit VoteCommitted(taskId, msg.sender, commitment);
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
        vote.weight = _agreement(taskId, solvers, scoresBp);
        Tally storage t = _tallies[taskId];
        t.votesRevealed++;
        t.coordinatorWeight += vote.weight;
        emit VoteRevealed(taskId, msg.sender, solvers, scoresBp, vote.weight);
    }

    /// @inheritdoc IResultsRewards
    function finalize(TaskId taskId) external {
        Task memory task = TASKS.task(taskId);
        Tally storage t = _tallies[taskId];
        Phase phase = TASKS.phase(taskId);
        if (phase == Phase.VoteReveal) {
            if (t.votesRevealed != t.votesCommitted) revert VotesOutstanding(t.votesCommitted, t.votesRevealed);
            if (t.scoredCount != task.revealedCount) revert ScoresOutstanding(task.revealedCount, t.scoredCount);
        } else if (phase != Phase.Ended) {
            revert WrongPhase(taskId);
        }
        if (!hasQuorum(taskId)) revert TooFewVotes(t.votesRevealed, MIN_VOTES);

        uint256 proposerReward = 0;
        if (t.solverWeight != 0) {
            t.solverPool = task.params.solverReward;
            proposerReward = task.params.proposerReward;
        }
        if (t.coordinatorWeight != 0) t.coordinatorPool = task.params.coordinatorReward;
        emit RewardsDecided(taskId, t.solverPool, t.coordinatorPool, proposerReward);
        TASKS.markFinalized(taskId);
        uint256 unearned = PROJECTS.taskReserve(taskId) - t.solverPool - t.coordinatorPool - proposerReward;
        if (proposerReward != 0) PROJECTS.payTask(task.projectId, taskId, task.proposer, proposerReward);
        if (unearned != 0) PROJECTS.releaseTask(task.projectId, taskId, unearned);
    }

    /// @inheritdoc IResultsRewards
    function claim(TaskId taskId, address account) external returns (uint256 amount) {
        _requirePhase(taskId, Phase.Finalized);
        uint64 solverWeight = _rewardedScore(taskId, account);
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
        uint256 taken = STAKING.penalize(coordinator, Role.Coordinator, LIVENESS_PENALTY, Predeploys.PROJECT);
        emit SilentVoterPenalized(taskId, coordinator, taken);
        PROJECTS.creditBudget(TASKS.task(taskId).projectId, taken);
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
            _shares(taskId, _rewardedScore(taskId, account), _votes[taskId][account].weight);
        return solverAmount + coordinatorAmount;
    }

    /// @inheritdoc IResultsRewards
    function hasQuorum(TaskId taskId) public view returns (bool) {
        return _tallies[taskId].votesRevealed >= MIN_VOTES;
    }

    /// @inheritdoc IResultsRewards
    function canFinalize(TaskId taskId) external view returns (bool) {
        Tally storage t = _tallies[taskId];
        Phase phase = TASKS.phase(taskId);
        bool complete = t.votesRevealed == t.votesCommitted && t.scoredCount == TASKS.task(taskId).revealedCount;
        return hasQuorum(taskId) && (phase == Phase.Ended || (phase == Phase.VoteReveal && complete));
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
        returns (uint32 agreeing)
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

    /// A solver's weight in the solver reward: its score, if that reaches the threshold.
    function _rewardedScore(TaskId taskId, address solver) private view returns (uint64) {
        uint16 scoreBp = _scores[taskId][solver].scoreBp;
        if (scoreBp == 0) return 0;
        return scoreBp >= TASKS.task(taskId).params.thresholdBp ? scoreBp : 0;
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

    function _requirePhase(TaskId taskId, Phase needed) private view {
        if (TASKS.phase(taskId) != needed) revert WrongPhase(taskId);
    }
}
