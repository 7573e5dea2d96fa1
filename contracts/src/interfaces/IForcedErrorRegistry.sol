// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaskId} from "./ITaskContract.sol";

/// Sequential from 1; 0 is no trap.
type TrapId is uint256;

struct Trap {
    TaskId taskId;
    address creator;
    /// The planted solution's solver; zero until revealed.
    address solver;
    bytes32 commitment;
    /// Wei of ATN; once revealed what each claimant gets.
    uint256 amount;
    /// Revealed, or forfeited.
    bool closed;
}

/// @title Forced errors: planted solutions that are wrong beyond doubt, and a jackpot for who finds them.
/// The model of a planted solution is `trapModel(secret)`: the hash of a secret under this contract's own domain, so it is the id of no
/// model at all. Whoever gave it a good score did not look. Nobody can tell it from another id before the secret is shown, and nobody can
/// make a trap of a solution that has a model. For tasks with Scoring.Votes.
interface IForcedErrorRegistry {
    event TrapCommitted(
        TrapId indexed trapId, TaskId indexed taskId, address indexed creator, bytes32 commitment, uint256 jackpot
    );
    event ErrorClaimCommitted(TaskId indexed taskId, address indexed coordinator, bytes32 commitment);
    event ErrorClaimed(TaskId indexed taskId, address indexed coordinator, address indexed solver);
    event TrapRevealed(
        TrapId indexed trapId, TaskId indexed taskId, address indexed solver, uint256 claimants, uint256 share
    );
    event JackpotRestPaid(TrapId indexed trapId, address indexed to, uint256 amount);
    event TrapForfeited(TrapId indexed trapId, TaskId indexed taskId, uint256 amount, address to);
    event JackpotPaid(TrapId indexed trapId, address indexed coordinator, uint256 amount);
    event ApproverPenalized(TrapId indexed trapId, address indexed coordinator, uint256 amount);

    error WrongPhase(TaskId taskId);
    error WrongScoring(TaskId taskId);
    error EmptyCommitment();
    error JackpotTooSmall(uint256 jackpot, uint256 minimum);
    error NotActiveCoordinator(address caller);
    error AlreadyClaimed(address coordinator);
    error NotClaimed(address coordinator);
    error NotRejected(address coordinator, address solver);
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error NotCreator(address caller);
    error TrapClosed(TrapId trapId);
    error TrapNotRevealed(TrapId trapId);
    error NotPlanted(address solver, bytes32 modelId);
    error AlreadyTrapped(address solver);
    error TooLate(uint256 deadline);
    error NotOverdue(uint256 deadline);
    error NothingToPay(address coordinator);
    error NotApproved(address coordinator);
    error AlreadyPenalized(address coordinator);

    /// Phase Commit: locks `jackpot` wei of the caller's ATN, at least MIN_JACKPOT, behind
    /// keccak256(abi.encode(block.chainid, taskId, creator, badHash, salt)), where badHash is the solution hash
    /// keccak256(abi.encode(trapModel(secret), updateId)) that a solver will commit.
    function commitTrap(TaskId taskId, bytes32 commitment, uint256 jackpot) external returns (TrapId trapId);

    /// Phase VoteCommit, once per active coordinator: keccak256(abi.encode(block.chainid, taskId, coordinator, solver, salt)).
    function commitClaim(TaskId taskId, bytes32 commitment) external;

    /// Between the two deadlines of voting, also if the task was finalized early: names the solver whose solution the caller takes for an error, and to whom its revealed vote gave 0.
    function revealClaim(TaskId taskId, address solver, bytes32 salt) external;

    /// After voting and within REVEAL_SECONDS, by the creator: shows the secret of the solution that `solver` planted, which is not paid
    /// whoever approved it: the task is not settled before (see `pendingUntil`). With n claims on it
    /// the jackpot is divided by 2^(n-1) and shared by them, so that claiming under more names gains nothing. The rest goes to the treasury:
    /// if it went back to the creator, that could claim under a name of its own and have three quarters back. As it is, that brings it a
    /// quarter at most, and the treasury half or more. If there is no claim, all goes back.
    function revealTrap(TrapId trapId, address solver, bytes32 secret, bytes32 salt) external;

    /// Gives the jackpot of a trap that was not revealed in time to the task's project; back to its creator if the task got no ground
    /// truth, without which nothing could be planted. Anyone.
    function forfeit(TrapId trapId) external;

    /// Pays a coordinator its share of a revealed trap. Anyone may call it.
    function payJackpot(TrapId trapId, address coordinator) external returns (uint256 amount);

    /// Takes APPROVAL_PENALTY, for the treasury, from the pledge of a coordinator whose revealed vote gave the planted solution the task's
    /// threshold or more. Anyone, once for each; nothing is left to take after `reportDeadline`, once the pledge is released.
    function penalizeApprover(TrapId trapId, address coordinator) external;

    function trap(TrapId trapId) external view returns (Trap memory);

    /// Claims on a solver's solution that were revealed.
    function claimCount(TaskId taskId, address solver) external view returns (uint256);

    /// The model id of a planted solution.
    function trapModel(bytes32 secret) external pure returns (bytes32);

    function trapCommitment(TaskId taskId, address creator, bytes32 badHash, bytes32 salt)
        external
        view
        returns (bytes32);

    function claimCommitment(TaskId taskId, address coordinator, address solver, bytes32 salt)
        external
        view
        returns (bytes32);

    /// Until when the traps of a task can be revealed, unix seconds; 0 while that is not known.
    function revealDeadline(TaskId taskId) external view returns (uint256);

    /// Until when a task cannot be settled because one of its traps may still be revealed, unix seconds; 0 if none is pending.
    function pendingUntil(TaskId taskId) external view returns (uint256);

    /// Until when votes on a task are pledged for its traps, unix seconds: as `pendingUntil`, and if a trap was revealed until
    /// REPORT_SECONDS after the last that could have been. 0 if there is nothing to report.
    function reportDeadline(TaskId taskId) external view returns (uint256);

    /// Traps of a task that are neither revealed nor forfeited.
    function pendingTraps(TaskId taskId) external view returns (uint256);

    function revealedTraps(TaskId taskId) external view returns (uint256);
}
