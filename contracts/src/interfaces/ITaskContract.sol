// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProjectId} from "./IProject.sol";

/// Sequential from 1; 0 is no task.
type TaskId is uint256;

/// What may happen to a task now. A phase is a function of time and of what has happened; no transaction is needed to enter one.
enum Phase {
    /// No such task.
    None,
    /// Solvers commit; ends at its deadline, whoever has committed.
    Commit,
    /// The proposer reveals the ground truth.
    GroundTruth,
    /// Solvers reveal; ends at its deadline, or with the last committed solver's reveal.
    Reveal,
    /// Coordinators commit votes; ends at its deadline.
    VoteCommit,
    /// Anyone scores, coordinators reveal votes; ends at its deadline, or by `finalize` once all is scored and revealed.
    VoteReveal,
    /// Voting is over: `finalize` with enough revealed votes, else `expire`.
    Ended,
    /// Nobody committed, the proposer stayed silent, or nobody revealed: only `expire` is left.
    Lapsed,
    Finalized,
    Expired
}

/// Who says what a solution is worth.
enum Scoring {
    /// The chain runs the model on the ground truth; tensors are pinned, models registered.
    Chain,
    /// Coordinators vote, and Yuma finds the consensus. Models and tensors are ids of things that the chain need not hold.
    Votes
}

/// Set by the proposer. Rewards in wei of ATN, durations in seconds within the contract's bounds.
struct TaskParams {
    /// keccak256(abi.encode(block.chainid, proposer, inputsId, labelsId, count, salt)).
    bytes32 groundTruthCommitment;
    /// What updates are deltas to; the project's mature weights if it has any. With Scoring.Chain a pinned I32 [P] tensor of
    /// Q8.24 weights.
    bytes32 baseWeightsId;
    /// Shared by solvers who reach `thresholdBp`, in proportion to their scores; with Scoring.Votes by all in proportion to their
    /// incentives, but what falls to those below the threshold stays with the project.
    uint256 solverReward;
    /// Shared by coordinators whose votes agree with the chain, in proportion to the number of entries; with Scoring.Votes
    /// in proportion to their dividends, or where no solution reaches `thresholdBp` a part of it
    /// (IResultsRewards.rejectionRewardDown).
    uint256 coordinatorReward;
    /// Paid to the proposer if some solver reaches `thresholdBp`.
    uint256 proposerReward;
    /// Basis points, <= 10,000.
    uint16 thresholdBp;
    uint32 commitSeconds;
    uint32 groundTruthSeconds;
    uint32 revealSeconds;
    uint32 voteCommitSeconds;
    uint32 voteRevealSeconds;
    Scoring scoring;
    /// A contract that repeats one step of a training and is approved by TrainingDisputes: solvers have to publish a trace of
    /// their training. Zero: they do not.
    address stepJudge;
}

struct Task {
    ProjectId projectId;
    address proposer;
    uint64 proposedAt;
    uint32 committedCount;
    uint32 revealedCount;
    /// When the ground truth was revealed, 0 before.
    uint64 groundTruthAt;
    /// When the last committed solver revealed, 0 before.
    uint64 allRevealedAt;
    /// None while open, then Finalized or Expired.
    Phase outcome;
    /// The proposer has paid for its silence.
    bool proposerPenalized;
    /// Rows of the ground truth; 0 before it is revealed, as are the two ids.
    uint32 count;
    bytes32 inputsId;
    bytes32 labelsId;
    bytes32 specHash;
    TaskParams params;
}

/// Ends of the phases, unix seconds, exclusive: at its deadline a phase is over. 0 = not known yet.
/// The last three come earlier once every committed solver has revealed (see RevealsComplete).
struct Deadlines {
    uint64 commit;
    uint64 groundTruth;
    uint64 reveal;
    uint64 voteCommit;
    uint64 voteReveal;
}

struct Solution {
    bytes32 commitment;
    /// 0 until revealed.
    bytes32 modelId;
    bytes32 updateId;
    /// Place in the order of reveals, from 1; 0 until revealed.
    uint32 position;
    /// The solver has paid for its silence.
    bool penalized;
}

/// @title The life of a task: proposal, commitments, ground truth, reveals, expiry.
interface ITaskContract {
    event TaskProposed(
        TaskId indexed taskId,
        ProjectId indexed projectId,
        address indexed proposer,
        uint64 commitDeadline,
        TaskParams params,
        bytes spec
    );
    event SolutionCommitted(TaskId indexed taskId, address indexed solver, bytes32 commitment);
    event GroundTruthRevealed(
        TaskId indexed taskId, bytes32 inputsId, bytes32 labelsId, uint32 count, uint64 revealDeadline
    );
    event SolutionRevealed(TaskId indexed taskId, address indexed solver, bytes32 modelId, bytes32 updateId);
    /// Every committed solver has revealed; voting begins now and not at the reveal deadline.
    event RevealsComplete(TaskId indexed taskId, uint64 voteCommitDeadline, uint64 voteRevealDeadline);
    event SilentProposerPenalized(TaskId indexed taskId, address indexed proposer, uint256 amount);
    event SilentSolverPenalized(TaskId indexed taskId, address indexed solver, uint256 amount);
    event TaskFinalized(TaskId indexed taskId);
    event TaskExpired(TaskId indexed taskId);

    error WrongPhase(TaskId taskId, Phase phase);
    error NotActiveProposer(address caller);
    error NotActiveSolver(address caller);
    error NotProposer(address caller);
    error ProposerCannotSolve(address caller);
    error NotResultsRewards(address caller);
    error DurationOutOfBounds(uint256 durationSeconds, uint256 min, uint256 max);
    error ThresholdTooHigh(uint16 thresholdBp);
    error SpecTooLong(uint256 length);
    error EmptyCommitment();
    error AlreadyCommitted(address solver);
    error NotCommitted(address solver);
    error AlreadyRevealed(address solver);
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error StaleBaseWeights(bytes32 expected, bytes32 given);
    error ModelNotRegistered(bytes32 modelId);
    error EnoughVotes(TaskId taskId);
    error JudgeNotApproved(address stepJudge);
    error JudgeNotReady(TaskId taskId);
    error EmptyGroundTruth();
    error TooManySolutions(uint256 max);
    error NoTrace(address solver, bytes32 updateId);
    error NotSilent(address account);
    error AlreadyPenalized(address account);
    error DutyNotOver(TaskId taskId, address solver);

    /// Posts a task and reserves its three rewards from the project's budget and the caller's allowance there.
    /// The caller is an active proposer, and pledges SILENT_PROPOSER_PENALTY of its stake until it has revealed the ground truth, or
    /// the task expires without any commitment. `spec` (at most MAX_SPEC_BYTES) is only logged and hashed.
    function propose(ProjectId projectId, TaskParams calldata params, bytes calldata spec)
        external
        returns (TaskId taskId);

    /// Phase Commit, and not before a judge of steps is ready. One commitment per active solver, who is not the task's proposer. It pledges SILENT_SOLVER_PENALTY of its stake
    /// until it has revealed, or TRAINING_PLEDGE if the task has a judge of steps (see `releaseSolver`):
    /// keccak256(abi.encode(block.chainid, taskId, solver, solutionHash, salt)) with
    /// solutionHash = keccak256(abi.encode(modelId, updateId)) and a random bytes32 salt.
    function commitSolution(TaskId taskId, bytes32 commitment) external;

    /// Phase GroundTruth, by the proposer. `inputsId` is an I8 tensor of rank 2 and `labelsId` an I8 tensor of rank 1, both with
    /// `count` rows, both pinned until `leaseNeeded`; with Scoring.Votes the chain does not look at them.
    function revealGroundTruth(TaskId taskId, bytes32 inputsId, bytes32 labelsId, uint32 count, bytes32 salt) external;

    /// Phase Reveal, by a committed solver. The model is registered; the update is pinned until `leaseNeeded`, I32, and
    /// shaped as the base weights. The model's parameters have to stay pinned as long, or it cannot be scored. With Scoring.Votes
    /// only the commitment is checked. If the task has a judge of steps, the update is the last state of the solver's trace.
    function revealSolution(TaskId taskId, bytes32 modelId, bytes32 updateId, bytes32 salt) external;

    /// Closes a task that is Lapsed, or Ended with too few votes; its whole reserve goes back to the project. Anyone.
    function expire(TaskId taskId) external;

    /// Takes SILENT_PROPOSER_PENALTY, for the treasury, from a proposer who left committed solvers without ground truth. Anyone, once.
    function reportSilentProposer(TaskId taskId) external;

    /// Takes SILENT_SOLVER_PENALTY, for the treasury, from a solver who committed and did not reveal although the proposer had.
    /// Anyone, once the reveals are over; releases what is left of the pledge.
    function reportSilentSolver(TaskId taskId, address solver) external;

    /// Releases what a solver has pledged for a task as soon as nothing can cost it that any more: the proposer has stayed silent; or the
    /// solver has revealed, and if the task has a judge of steps, voting is over and no dispute over the task's trainings is open. A
    /// solver that stayed silent is reported instead. Returns what it was, 0 if it is released already. Anyone.
    function releaseSolver(TaskId taskId, address solver) external returns (uint256 released);

    /// Closes a task whose rewards are decided. Only ResultsRewards.
    function markFinalized(TaskId taskId) external;

    function phase(TaskId taskId) external view returns (Phase);

    function deadlines(TaskId taskId) external view returns (Deadlines memory);

    function task(TaskId taskId) external view returns (Task memory);

    function solution(TaskId taskId, address solver) external view returns (Solution memory);

    /// Solvers that have revealed, in order of reveal.
    function revealedSolvers(TaskId taskId) external view returns (address[] memory);

    /// Number of tasks; ids are 1..=taskCount.
    function taskCount() external view returns (uint256);

    /// The least that any phase of a task lasts, in seconds; the genesis sets it, at least 1 and at most MAX_PHASE_SECONDS. Whoever
    /// takes part has as long to answer, so that no proposer can make others pay for silence that they could not avoid. What has to
    /// pass L1 as a forced transaction needs the force window more: who wants to be able to do that takes no shorter phases.
    function minPhaseSeconds() external view returns (uint256);

    /// The time until which tensors that are revealed now must be paid: the latest end of voting + AGGREGATION_SECONDS.
    function leaseNeeded(TaskId taskId) external view returns (uint256);

    function solutionCommitment(TaskId taskId, address solver, bytes32 modelId, bytes32 updateId, bytes32 salt)
        external
        view
        returns (bytes32);

    function groundTruthCommitment(address proposer, bytes32 inputsId, bytes32 labelsId, uint32 count, bytes32 salt)
        external
        view
        returns (bytes32);
}
