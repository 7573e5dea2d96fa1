// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaskId} from "./ITaskContract.sol";

/// Sequential from 1; 0 is no dispute.
type DisputeId is uint256;

/// Whose move it is.
enum Turn {
    None,
    /// The solver shows the state in the middle.
    Solver,
    /// The challenger says whether it agrees with that state.
    Challenger,
    /// One step is left: the judge repeats it. Whoever calls it, it is the solver's burden.
    Judge,
    SolverWon,
    ChallengerWon
}

/// What a solver says its training went through: states 0 (the base weights) to `steps`.
struct Trace {
    bytes32 root;
    /// The state after the last step; 0 until it is opened.
    bytes32 finalState;
    /// Number of steps, 1 to MAX_STEPS.
    uint32 steps;
}

/// Both sides agree on the state before step `low`; they disagree on the one after step `high` - 1.
struct Dispute {
    TaskId taskId;
    address solver;
    address challenger;
    uint32 low;
    uint32 high;
    Turn turn;
    /// When whoever has to move has lost, unix seconds.
    uint64 deadline;
    bytes32 lowState;
    bytes32 highState;
    /// Shown by the solver, for the challenger to judge.
    bytes32 middleState;
}

/// @title Binary search for the first wrong step of a training.
/// A trace is a binary Merkle tree over the states: leaf i = keccak256(abi.encode(i, state)), node = keccak256(abi.encode(left, right)),
/// in the order of the indices, filled with zero words to a power of two. A proof lists the siblings from the leaf up.
interface ITrainingDisputes {
    event JudgeApproved(address indexed stepJudge, bool approved);
    event TracePublished(TaskId indexed taskId, address indexed solver, bytes32 root, uint32 steps);
    event TraceOpened(TaskId indexed taskId, address indexed solver, bytes32 finalState);
    event TrainingChallenged(
        DisputeId indexed disputeId, TaskId indexed taskId, address indexed solver, address challenger, uint64 deadline
    );
    event MiddleShown(DisputeId indexed disputeId, uint32 step, bytes32 state, uint64 deadline);
    event MiddleAnswered(DisputeId indexed disputeId, bool agreed, uint32 low, uint32 high, uint64 deadline);
    event DisputeEnded(DisputeId indexed disputeId, TaskId indexed taskId, address indexed solver, bool solverWon);

    error NotTimelock(address caller);
    error WrongPhase(TaskId taskId);
    error NotCommitted(address solver);
    error NoJudge(TaskId taskId);
    error EmptyTrace();
    error TooManySteps(uint32 steps, uint32 max);
    error AlreadyPublished(address solver);
    error NotPublished(address solver);
    error AlreadyOpened(address solver);
    error WrongProofLength(uint256 length, uint256 expected);
    error NotInTrace(uint256 index, bytes32 state);
    error NotRevealed(address solver);
    error AlreadyChallenged(address challenger);
    error OwnSolution(address solver);
    error NotYourTurn(DisputeId disputeId, Turn turn);
    error TooLate(uint64 deadline);
    error NotOverdue(uint64 deadline);

    /// Allows tasks to name `stepJudge`, or forbids it for tasks to come. Only the timelock of the DAO: a judge can cost a solver its
    /// stake, so it must not be the proposer's to write.
    function setJudge(address stepJudge, bool approved) external;

    /// Phase Commit, by a solver who has committed, once: the root over its `steps` + 1 states.
    function publishTrace(TaskId taskId, bytes32 root, uint32 steps) external;

    /// Phases GroundTruth and Reveal, by the solver, once: shows that the trace starts with the task's base weights and what it ends with.
    function openTrace(TaskId taskId, bytes32 finalState, bytes32[] calldata firstProof, bytes32[] calldata lastProof)
        external;

    /// Phases Reveal, VoteCommit and VoteReveal, by anyone but the solver, against a revealed solution of a task with a judge. Takes BOND of the
    /// caller's ATN. One dispute per challenger and solution; those of others go on beside it.
    function challenge(TaskId taskId, address solver) external returns (DisputeId disputeId);

    /// The solver shows the state at `middleOf(disputeId)`.
    function showMiddle(DisputeId disputeId, bytes32 state, bytes32[] calldata proof) external;

    /// The challenger agrees with that state, or does not.
    function answerMiddle(DisputeId disputeId, bool agree) external;

    /// Has the judge repeat the one step that is left, and ends the dispute by its result. Anyone; the solver has to see to it that the
    /// step's tensors are resident.
    function judge(DisputeId disputeId) external;

    /// Ends a dispute whose deadline has passed against the side that had to move. Anyone.
    function claimTimeout(DisputeId disputeId) external;

    function isApproved(address stepJudge) external view returns (bool);

    function traceOf(TaskId taskId, address solver) external view returns (Trace memory);

    /// The last state of a trace; 0 until it is opened.
    function finalState(TaskId taskId, address solver) external view returns (bytes32);

    function dispute(DisputeId disputeId) external view returns (Dispute memory);

    /// Index of the state that is to be shown.
    function middleOf(DisputeId disputeId) external view returns (uint32);

    /// Disputes of a task that have not ended.
    function openDisputes(TaskId taskId) external view returns (uint256);

    function disputeCount() external view returns (uint256);
}
