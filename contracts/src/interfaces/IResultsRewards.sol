// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaskId} from "./ITaskContract.sol";

/// What the chain has measured for one solution.
struct Score {
    bool scored;
    uint16 scoreBp;
    uint32 hits;
}

struct Vote {
    bytes32 commitment;
    bool revealed;
    bool penalized;
    /// Entries that equal the chain's scores; 0 if any entry contradicts them.
    uint32 weight;
}

/// A task's counts, and what is still to be claimed.
struct Tally {
    uint32 votesCommitted;
    uint32 votesRevealed;
    uint32 scoredCount;
    /// Sum of the scores that reached the threshold and are unclaimed.
    uint64 solverWeight;
    /// Sum of the votes' weights that are unclaimed.
    uint64 coordinatorWeight;
    /// Wei left for solvers and for coordinators; 0 before `finalize`.
    uint256 solverPool;
    uint256 coordinatorPool;
}

/// @title Scores, votes and rewards.
/// A solution's score is what the chain computes on the revealed ground truth; it is the truth that votes are compared to.
/// Scoring starts only after all votes are committed, so a coordinator has to compute the scores itself.
interface IResultsRewards {
    event SolutionScored(TaskId indexed taskId, address indexed solver, uint32 hits, uint16 scoreBp);
    event VoteCommitted(TaskId indexed taskId, address indexed coordinator, bytes32 commitment);
    event VoteRevealed(
        TaskId indexed taskId, address indexed coordinator, address[] solvers, uint16[] scoresBp, uint32 weight
    );
    event RewardsDecided(TaskId indexed taskId, uint256 solverPool, uint256 coordinatorPool, uint256 proposerReward);
    event RewardClaimed(
        TaskId indexed taskId, address indexed account, uint256 solverAmount, uint256 coordinatorAmount
    );
    event SilentVoterPenalized(TaskId indexed taskId, address indexed coordinator, uint256 amount);

    error WrongPhase(TaskId taskId);
    error NotActiveCoordinator(address caller);
    error NotRevealed(address solver);
    error AlreadyScored(address solver);
    error ScoreTooHigh(uint256 score, uint256 max);
    error EmptyCommitment();
    error AlreadyVoted(address coordinator);
    error NotVoted(address coordinator);
    error AlreadyRevealed(address coordinator);
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error LengthMismatch(uint256 solvers, uint256 scores);
    error SolversNotAscending(address solver);
    error VotesOutstanding(uint32 committed, uint32 revealed);
    error ScoresOutstanding(uint32 revealed, uint32 scored);
    error TooFewVotes(uint32 revealed, uint32 needed);
    error NothingToClaim(address account);
    error AlreadyPenalized(address coordinator);

    /// Phase VoteReveal, anyone: runs the solver's model on the ground truth and stores hits and
    /// scoreBp = floor(hits * 10,000 / count). Reverts if the model cannot be run (then it is worth nothing).
    function score(TaskId taskId, address solver) external returns (uint16 scoreBp);

    /// Runs any registered model on the ground truth of a task that has revealed it; rounds the score down.
    function evaluateDown(TaskId taskId, bytes32 modelId) external view returns (uint32 hits, uint16 scoreBp);

    /// Phase VoteCommit. One vote per active coordinator:
    /// keccak256(abi.encode(block.chainid, taskId, coordinator, keccak256(abi.encode(solvers, scoresBp)), salt)).
    function commitVote(TaskId taskId, bytes32 commitment) external;

    /// Phase VoteReveal. `solvers` ascend strictly; a score is at most 10,000. An entry that equals the chain's score counts 1, one
    /// that contradicts it voids the vote's reward (nothing else), one for a solver without a chain score counts nothing:
    /// so call `score` for the solvers first.
    function revealVote(TaskId taskId, address[] calldata solvers, uint16[] calldata scoresBp, bytes32 salt) external;

    /// Decides the rewards: after voting, or during VoteReveal once every committed vote is revealed and every revealed
    /// solution scored. At least MIN_VOTES votes are revealed. What nobody has earned goes back to the project. Anyone.
    function finalize(TaskId taskId) external;

    /// Pays `account` all it has earned in a finalized task, as solver and as coordinator. Anyone may call it.
    function claim(TaskId taskId, address account) external returns (uint256 amount);

    /// Takes LIVENESS_PENALTY from the stake of a coordinator who committed a vote and did not reveal it, for the project. Anyone.
    function reportSilentVoter(TaskId taskId, address coordinator) external;

    function scoreOf(TaskId taskId, address solver) external view returns (Score memory);

    function voteOf(TaskId taskId, address coordinator) external view returns (Vote memory);

    function tally(TaskId taskId) external view returns (Tally memory);

    /// What `claim` would pay now; rounds down.
    function claimableDown(TaskId taskId, address account) external view returns (uint256);

    /// Whether at least MIN_VOTES votes are revealed.
    function hasQuorum(TaskId taskId) external view returns (bool);

    /// Whether `finalize` would succeed now.
    function canFinalize(TaskId taskId) external view returns (bool);

    function voteCommitment(
        TaskId taskId,
        address coordinator,
        address[] calldata solvers,
        uint16[] calldata scoresBp,
        bytes32 salt
    ) external view returns (bytes32);
}
