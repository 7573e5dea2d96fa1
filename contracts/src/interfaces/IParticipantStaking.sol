// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The Proof-of-Intelligence roles. One address may hold several, each with its own stake.
enum Role {
    Proposer,
    Solver,
    Coordinator,
    Aggregator,
    Provider
}

/// What an account has staked for one role, in wei. Times are unix seconds.
struct StakePosition {
    uint128 amount;
    /// 0 while it is active, else the end of its exit delay.
    uint64 unlockAt;
    /// Until when a contract of the loop may still judge what was done with it.
    uint64 heldUntil;
    /// What of it open duties have pledged, <= amount.
    uint128 pledged;
}

/// @title Stakes of the participants, one per role, in wrapped ATN (wei).
interface IParticipantStaking {
    event Staked(address indexed account, Role indexed role, uint256 amount, uint256 total);
    event UnstakeRequested(address indexed account, Role indexed role, uint256 amount, uint64 unlockAt);
    event StakeWithdrawn(address indexed account, Role indexed role, uint256 amount);
    event StakeHeld(address indexed account, Role indexed role, uint64 heldUntil);
    event Pledged(
        address indexed account, Role indexed role, bytes32 indexed duty, uint256 amount, uint256 pledgedTotal
    );
    event PledgeReleased(
        address indexed account, Role indexed role, bytes32 indexed duty, uint256 amount, uint256 pledgedTotal
    );
    /// A penalty came out of a pledge; Penalized says where it went.
    event PledgeTaken(
        address indexed account, Role indexed role, bytes32 indexed duty, uint256 amount, uint256 pledgedTotal
    );
    event Penalized(address indexed account, Role indexed role, uint256 amount, address to);

    error BelowMinimum(Role role, uint256 total, uint256 minimum);
    error AlreadyUnbonding(uint64 unlockAt);
    error NothingStaked(address account, Role role);
    error StillLocked(uint64 unlockAt);
    error NotJudge(address caller, Role role);
    error StillPledged(uint256 pledged);
    error AlreadyPledged(address account, Role role, bytes32 duty);
    error NotEnoughFree(address account, Role role, uint256 free, uint256 needed);
    error HeldTooLong(uint64 until, uint256 latest);

    /// Adds `amount` to the caller's stake for `role`. The caller has approved this contract for it on ATN.
    /// The total must reach the role's minimum; a position that is unbonding cannot be topped up.
    function stake(Role role, uint256 amount) external;

    /// Ends the caller's role at once and starts its exit delay. The stake stays exposed to penalties until withdrawn.
    function requestUnstake(Role role) external;

    /// Pays the whole position back, once its exit delay has passed, nothing holds it any more and no duty has a pledge of it.
    function withdrawStake(Role role) external;

    /// Sets `amount` wei of a position aside for one duty, once: no other duty, no penalty but that duty's own and no withdrawal can have
    /// it before it is released. So the same stake never backs two duties, and a duty costs at most what was pledged for it.
    /// Only the role's judges, and only for what the account itself has taken on.
    function pledge(Role role, address account, uint256 amount, bytes32 duty) external;

    /// Frees what is left of a duty's pledge; nothing if nothing is. Only the role's judges, which see to it that every duty comes to an
    /// end where anyone can have its pledge released or taken.
    function release(Role role, address account, bytes32 duty) external returns (uint256 released);

    /// Moves up to `amount` wei of a duty's pledge to `to`; returns what was moved. For a fault in that duty; otherwise as `penalize`.
    function penalizePledge(Role role, address account, uint256 amount, bytes32 duty, address to)
        external
        returns (uint256 taken);

    /// Keeps a position, active or unbonding, from being withdrawn before `until`, at most MAX_HOLD_SECONDS away; an earlier time
    /// than the present hold changes nothing. Only the role's judges.
    function hold(address account, Role role, uint64 until) external;

    /// Moves up to `amount` of what no duty has pledged of a position to `to`, whether active or unbonding; returns what was moved. What is left may be too
    /// little for the role, until it is topped up. Only the role's judges, and only for a proven fault (never for the content
    /// of a vote).
    function penalize(address account, Role role, uint256 amount, address to) external returns (uint256 taken);

    /// Whether `account` holds at least the minimum for `role` and is not unbonding.
    function isActive(address account, Role role) external view returns (bool);

    function positionOf(address account, Role role) external view returns (StakePosition memory);

    /// What a duty has pledged, wei.
    function pledgeOf(Role role, address account, bytes32 duty) external view returns (uint256);

    /// Whether `judge` may pledge, release, hold and penalize positions of `role`: TaskContract proposers and solvers, TrainingDisputes solvers,
    /// ResultsRewards and ForcedErrorRegistry coordinators, Inference and ModelShardRegistry providers.
    function isJudge(address judge, Role role) external pure returns (bool);

    function minimumStake(Role role) external pure returns (uint256);

    /// Seconds between `requestUnstake` and `withdrawStake`.
    function exitDelaySeconds(Role role) external pure returns (uint64);
}
