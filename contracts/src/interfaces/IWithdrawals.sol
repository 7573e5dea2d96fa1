// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CheckpointId} from "../types/CheckpointId.sol";
import {Withdrawal} from "../types/Withdrawal.sol";

/// @notice Where a withdrawal stands on L1.
enum WithdrawalStatus {
    /// Not proven yet.
    None,
    /// Proven against a checkpoint.
    Proven,
    /// The ATN was paid, and the call, if any, succeeded.
    Finalized,
    /// The ATN was paid, but the call failed: it can be replayed.
    CallFailed
}

/// @title Withdrawals: messages from L2 to L1
/// @notice A withdrawal is proven against the message root of a checkpoint, and finalized once the checkpoint is
/// confirmed. Both can be done by anyone, and have an effect once.
interface IWithdrawals {
    /// @notice A withdrawal was proven against a checkpoint.
    event WithdrawalProven(bytes32 indexed withdrawalHash, CheckpointId indexed checkpointId);

    /// @notice The ATN was paid. `success` is false when the call failed and can be replayed.
    event WithdrawalFinalized(
        bytes32 indexed withdrawalHash, address indexed sender, address indexed target, uint256 value, bool success
    );

    /// @notice A call that had failed went through.
    event WithdrawalReplayed(bytes32 indexed withdrawalHash);

    /// @notice The output recomputed from the arguments is not the checkpoint's.
    error OutputMismatch(CheckpointId id, bytes32 claimed, bytes32 actual);
    /// @notice The checkpoint is neither pending nor confirmed.
    error CheckpointNotProvable(CheckpointId id);
    /// @notice The storage proof does not show the withdrawal under the message root.
    error InvalidStorageProof(bytes32 withdrawalHash);
    /// @notice It was proven before; again is possible only while not confirmed, against a confirmed checkpoint.
    error AlreadyProven(bytes32 withdrawalHash, CheckpointId id);
    /// @notice The withdrawal's status is another than the call needs.
    error UnexpectedWithdrawalStatus(bytes32 withdrawalHash, WithdrawalStatus status);
    /// @notice The checkpoint that it was proven against is not confirmed.
    error CheckpointNotConfirmed(CheckpointId id);
    /// @notice The bridge never calls or pays the token, the inbox or itself.
    error ForbiddenTarget(address target);
    /// @notice Less gas is left than the call was promised.
    error InsufficientGas(uint256 gasLeft, uint256 gasNeeded);
    /// @notice The call failed again.
    error ReplayFailed(bytes32 withdrawalHash);

    /// @notice Proves that a withdrawal was initiated on L2.
    /// @dev Requires: the arguments give the checkpoint's output; the proof shows 1 at the withdrawal's slot of
    /// L2Messenger; the target is allowed; it is not proven yet, or only against a checkpoint that is not confirmed
    /// while this one is.
    /// @param w The withdrawal.
    /// @param checkpointId A pending or confirmed checkpoint.
    /// @param blockHash What the checkpoint claims, as are `messageRoot`, `batchCount` and `delayedCount`.
    /// @param storageProof The trie nodes from the message root down to the slot, as `eth_getProof` gives them.
    function proveWithdrawal(
        Withdrawal calldata w,
        CheckpointId checkpointId,
        bytes32 blockHash,
        bytes32 messageRoot,
        uint64 batchCount,
        uint64 delayedCount,
        bytes[] calldata storageProof
    ) external;

    /// @notice Pays the ATN of a proven withdrawal, and makes its call.
    /// @dev Requires: not paused; proven; the checkpoint is confirmed; enough gas for the call. A failing call does
    /// not revert: it is recorded and can be replayed.
    function finalizeWithdrawal(Withdrawal calldata w) external;

    /// @notice Makes a failed call again, with all the gas there is.
    /// @dev Requires: not paused; the call had failed. Reverts if it fails again.
    function replay(Withdrawal calldata w) external;

    /// @notice The L2 sender of the withdrawal whose call runs right now, zero outside of such a call.
    function l2Sender() external view returns (address);

    /// @notice The newest checkpoint that a withdrawal was proven against, and where it stands.
    function withdrawals(bytes32 withdrawalHash)
        external
        view
        returns (CheckpointId checkpointId, WithdrawalStatus status);
}
