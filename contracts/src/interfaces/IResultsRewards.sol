// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProjectId} from "./IProject.sol";
import {TaskId} from "./ITaskContract.sol";

/// What a solution is worth: with Scoring.Chain what the chain has measured, with Scoring.Votes the consensus.
struct Score {
    bool scored;
    /// A dispute over its training was lost, or it was planted: it earns nothing.
    bool voided;
    /// A trap has shown that it has no model: nothing that was voted on it counts.
    bool planted;
    uint16 scoreBp;
    /// 0 with Scoring.Votes.
    uint32 hits;
    /// Its share of the solver reward is in proportion to this: the score if that reaches the threshold, or its rank in Q32.32.
    uint64 weight;
}

struct Vote {
    bytes32 commitment;
    bool revealed;
    bool penalized;
    /// With Scoring.Votes its row, from 1.
    uint8 row;
    /// With Scoring.Votes: it gave some solution the task's threshold or more, and more than 0.
    bool approved;
    /// Its share of the coordinator reward is in proportion to this. With Scoring.Chain the entries that equal the chain's scores,
    /// 0 if any entry contradicts them; with Scoring.Votes, once the votes are settled, its dividend in Q32.32, or if no solution
    /// reached the threshold its share of the revealed stake, 0 if it approved one.
    uint64 weight;
    /// The coordinator's stake when it committed, in wei.
    uint128 stake;
}

/// A task's counts, and what is still to be claimed.
struct Tally {
    uint32 votesCommitted;
    uint32 votesRevealed;
    uint32 scoredCount;
    /// With Scoring.Votes: dividends are known, and no more can be settled.
    bool settled;
    /// With Scoring.Votes: some score reaches the threshold, be its solution voided or not.
    bool reached;
    /// Sum of the weights of solutions that are unclaimed.
    uint64 solverWeight;
    /// Sum of the votes' weights that are unclaimed.
    uint64 coordinatorWeight;
    /// With Scoring.Votes the sum of all ranks, also of those below the threshold.
    uint64 rankSum;
    /// Wei left for solvers and for coordinators; 0 before `finalize`.
    uint256 solverPool;
    uint256 coordinatorPool;
}

/// @title Scores, votes and rewards.
/// With Scoring.Chain a solution's score is what the chain computes on the revealed ground truth; it is the truth that votes are
/// compared to. Scoring starts only after all votes are committed, so a coordinator has to compute the scores itself.
/// With Scoring.Votes the votes, weighed by stake, make the scores (see Yuma).
interface IResultsRewards {
    event SolutionScored(TaskId indexed taskId, address indexed solver, uint32 hits, uint16 scoreBp);
    event VoteCommitted(TaskId indexed taskId, address indexed coordinator, bytes32 commitment);
    event VoteRevealed(
        TaskId indexed taskId, address indexed coordinator, address[] solvers, uint16[] scoresBp, uint64 weight
    );
    /// A vote with more stake took a place among MAX_VOTERS.
    event VoterDisplaced(TaskId indexed taskId, address indexed coordinator, address by);
    event VotesSettled(TaskId indexed taskId, uint64 rankSum, uint64 dividendSum);
    event SolutionVoided(TaskId indexed taskId, address indexed solver);
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
    error WrongScoring(TaskId taskId);
    error VotersFull(uint256 stake, uint256 smallest);
    error AlreadySettled(TaskId taskId);
    error NotSettled(TaskId taskId);
    error DisputesOpen(uint256 count);
    error NotPublishable(bytes32 modelId, bytes32 updateId);
    error NotAJudgeOfSolutions(address caller);
    error TrapsPending(uint256 until);
    error DutyNotOver(TaskId taskId, address coordinator);

    /// Phase VoteReveal of a task with Scoring.Chain, anyone: runs the solver's model on the ground truth and stores hits and
    /// scoreBp = floor(hits * 10,000 / count). Reverts if the model cannot be run (then it is worth nothing).
    function score(TaskId taskId, address solver) external returns (uint16 scoreBp);

    /// Runs any registered model on the ground truth of a task that has revealed it; rounds the score down.
    function evaluateDown(TaskId taskId, bytes32 modelId) external view returns (uint32 hits, uint16 scoreBp);

    /// The score that a publication of `modelId` for the task has: with Scoring.Chain `evaluateDown`'s, with Scoring.Votes the
    /// consensus on the solution of this model and this `updateId`, which has reached the threshold and was not voided.
    function publishableScore(TaskId taskId, bytes32 modelId, bytes32 updateId) external view returns (uint16 scoreBp);

    /// Phase VoteCommit. One vote per active coordinator, which pledges a tenth of its stake, at least MIN_VOTE_PLEDGE, until it has revealed
    /// the vote, or until the forced errors of the task, if it has any, can no longer be reported. With Scoring.Votes there are
    /// MAX_VOTERS places; when they are taken, a quarter more stake displaces the smallest (the first of equals).
    /// keccak256(abi.encode(block.chainid, taskId, coordinator, keccak256(abi.encode(solvers, scoresBp)), salt)).
    function commitVote(TaskId taskId, bytes32 commitment) external;

    /// Phase VoteReveal. `solvers` ascend strictly; a score is at most 10,000. An entry that equals the chain's score counts 1, one
    /// that contradicts it voids the vote's reward (nothing else), one for a solver without a chain score counts nothing:
    /// so call `score` for the solvers first. With Scoring.Votes every solver has revealed, and one that is left out gets 0.
    function revealVote(TaskId taskId, address[] calldata solvers, uint16[] calldata scoresBp, bytes32 salt) external;

    /// Scoring.Votes: turns the votes on up to `maxColumns` more solutions into scores, after voting, or during VoteReveal once every
    /// committed vote is revealed. At least MIN_VOTES votes are revealed, and no trap of the task can be revealed any more, which is so
    /// at the latest IForcedErrorRegistry.revealDeadline. A planted solution scores 0, has no rank, makes no bonds, and takes nothing
    /// from the others. Returns how many solutions are left. Anyone.
    function settle(TaskId taskId, uint256 maxColumns) external returns (uint256 left);

    /// Takes a solution's reward. Only TrainingDisputes, and ForcedErrorRegistry before votes are settled.
    function voidSolution(TaskId taskId, address solver) external;

    /// Decides the rewards: after voting, or during VoteReveal once every committed vote is revealed and every revealed
    /// solution scored. At least MIN_VOTES votes are revealed; votes that make the scores are settled; no dispute over a training is open.
    /// What nobody has earned goes back to the project. Anyone.
    function finalize(TaskId taskId) external;

    /// Pays `account` all it has earned in a finalized task, as solver and as coordinator. Anyone may call it.
    function claim(TaskId taskId, address account) external returns (uint256 amount);

    /// Takes LIVENESS_PENALTY, with Scoring.Votes at least a fiftieth of the stake, from a coordinator who committed a vote and did
    /// not reveal it, for the project, and releases what is left of its pledge. Anyone.
    function reportSilentVoter(TaskId taskId, address coordinator) external;

    /// Releases what a revealed vote has pledged, once nobody can report any more that it approved a forced error. A vote that was not
    /// revealed is reported instead. Returns what it was, 0 if it is released already. Anyone.
    function releaseVoter(TaskId taskId, address coordinator) external returns (uint256 released);

    function scoreOf(TaskId taskId, address solver) external view returns (Score memory);

    /// Scoring.Votes: what a coordinator's vote gave a solver; false before it is revealed.
    function voteFor(TaskId taskId, address coordinator, address solver)
        external
        view
        returns (bool revealed, uint16 scoreBp);

    /// Scoring.Votes: who has a place among the voters, in order of their rows.
    function votersOf(TaskId taskId) external view returns (address[] memory);

    /// Scoring.Votes: a coordinator's bond on a solver in a project, Q32.32, as of the last task that settled a solution of that solver.
    function bondOf(ProjectId projectId, address coordinator, address solver) external view returns (uint256);

    /// Scoring.Votes: what all coordinators together get if no solution reaches the threshold, in wei; rounds down:
    /// coordinatorReward * a t / (a t + (1 - a) / 2), where t is the threshold and a = ALPHA the part of a bond that an epoch renews.
    ///
    /// There are no dividends then, as there are no ranks where every consensus is 0. Each vote that gave every solution less than the
    /// threshold gets its share of all revealed stake of this reward; the shares of the others go back to the project and not to
    /// those who agree. So almost nothing is nothing: it gains neither against the project nor against who gave 0.
    ///
    /// It is no reason to reject what is good. A consensus is that low only if at least half of the revealed stake gave as little: whoever
    /// has less changes nothing and, as ever, makes no bond by a 0 on what others approve. Whoever has it can decide anything, and earns no more by
    /// rejecting everything than by the truth: by giving the solutions that reach the threshold their scores w >= t, and 0 to the rest, a part
    /// s >= 1/2 of the stake gets, of every such solution's dividends, at least
    ///
    ///     s a w / (s a w + (1 - s) (a w + 1 - a)) >= s a w / (a w + (1 - a) / 2) >= s a t / (a t + (1 - a) / 2)
    ///
    /// of the coordinators' reward: the least is where it has no bonds and the others have whole ones. What is right is what it gets
    /// for rejecting. The clip at the median bounds who can reject; this bounds what for. Looking costs work, rejecting does not: the gap between
    /// this and the whole reward is what pays for looking.
    function rejectionRewardDown(uint256 coordinatorReward, uint16 thresholdBp) external pure returns (uint256);

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
