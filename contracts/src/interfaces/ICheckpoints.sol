// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CheckpointId} from "../types/CheckpointId.sol";

/// @notice Where a checkpoint stands.
enum CheckpointStatus {
    /// There is no such checkpoint.
    None,
    /// Its challenge window runs, or nobody has confirmed it yet.
    Pending,
    /// Withdrawals may be finalized against it.
    Confirmed,
    /// A checkpoint at the same block or a later one was confirmed first: it never will be.
    Superseded
}

/// @title Checkpoints: bonded claims about L2
/// @notice A checkpoint claims the block hash, the message root and the inbox position of L2 after a block. Anyone may
/// post one with a bond; it is confirmed once its challenge window has passed. Its output is
/// keccak256(abi.encode(uint256(1), configHash, blockHash, messageRoot, uint256(batchCount), uint256(delayedCount))).
interface ICheckpoints {
    /// @notice A checkpoint was posted, and its challenge window runs.
    event CheckpointPosted(
        CheckpointId indexed id,
        uint64 blockNumber,
        bytes32 blockHash,
        bytes32 messageRoot,
        uint64 batchCount,
        uint64 delayedCount,
        bytes32 output,
        address proposer
    );

    /// @notice A checkpoint is final; its bond is free.
    event CheckpointConfirmed(CheckpointId indexed id);

    /// @notice A checkpoint was overtaken; its bond is free.
    event CheckpointSuperseded(CheckpointId indexed id);

    /// @notice A free bond was paid out.
    event BondWithdrawn(address indexed proposer, uint256 amount);

    /// @notice The checkpoint's status is another than the call needs.
    error UnexpectedStatus(CheckpointId id, CheckpointStatus status);
    /// @notice A checkpoint moves forward: its block comes after that of `id`.
    error BlockNotAfter(uint64 blockNumber, CheckpointId id, uint64 blockNumberOfId);
    /// @notice The inbox position is behind the parent's, or ahead of the inbox.
    error InboxPositionOutOfRange(uint64 batchCount, uint64 delayedCount);
    /// @notice The challenge window ends at `endsAt`.
    error ChallengeWindowOpen(CheckpointId id, uint256 endsAt);
    /// @notice A checkpoint ahead of the confirmed ones is not superseded.
    error NotSuperseded(CheckpointId id);
    /// @notice The caller has no free bond.
    error NoFreeBond(address caller);

    /// @notice Posts a checkpoint and takes `checkpointBond` from the caller.
    /// @dev Requires: `parent` is confirmed; the block comes after the parent's; the inbox position is neither behind
    /// the parent's nor ahead of the inbox; the caller has allowed the bond.
    /// @param parent The confirmed checkpoint before it.
    /// @param blockNumber Number of the L2 block.
    /// @param blockHash Hash of the block.
    /// @param messageRoot Storage root of L2Messenger after the block: the block's `withdrawalsRoot`.
    /// @param batchCount Batches of the inbox consumed up to and with the block.
    /// @param delayedCount Delayed messages consumed up to and with the block.
    function postCheckpoint(
        CheckpointId parent,
        uint64 blockNumber,
        bytes32 blockHash,
        bytes32 messageRoot,
        uint64 batchCount,
        uint64 delayedCount
    ) external returns (CheckpointId id);

    /// @notice Confirms a checkpoint and frees its bond. Anyone may.
    /// @dev Requires: it is pending; its challenge window has passed; its block comes after the newest confirmed one.
    function confirmCheckpoint(CheckpointId id) external;

    /// @notice Frees the bond of a checkpoint that can no longer be confirmed. Anyone may.
    /// @dev Requires: it is pending; its challenge window has passed; a confirmed checkpoint's block is the same or
    /// later.
    function supersedeCheckpoint(CheckpointId id) external;

    /// @notice Pays the caller all its free bonds.
    function withdrawBond() external returns (uint256 amount);

    /// @notice What is stored of a checkpoint; zeroes for an unknown one.
    function checkpoints(CheckpointId id)
        external
        view
        returns (
            bytes32 output,
            address proposer,
            uint64 postedAt,
            uint64 blockNumber,
            CheckpointId parent,
            CheckpointStatus status
        );

    /// @notice The confirmed checkpoint with the highest block.
    function latestConfirmed() external view returns (CheckpointId);

    /// @notice How many checkpoints there are, genesis included.
    function checkpointCount() external view returns (uint64);

    /// @notice Hash of the L2 chain's configuration, which every output binds.
    function configHash() external view returns (bytes32);

    /// @notice Seconds from posting to confirmation.
    function challengeWindow() external view returns (uint64);

    /// @notice ATN that a checkpoint is bonded with, in wei.
    function checkpointBond() external view returns (uint256);

    /// @notice ATN held as bonds, free or not, in wei.
    function bondedAtn() external view returns (uint256);

    /// @notice ATN that the account can take with `withdrawBond`, in wei.
    function freeBonds(address proposer) external view returns (uint256);
}
