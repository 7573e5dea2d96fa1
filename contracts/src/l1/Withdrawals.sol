// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CheckpointStatus} from "../interfaces/ICheckpoints.sol";
import {IWithdrawals, WithdrawalStatus} from "../interfaces/IWithdrawals.sol";
import {Hashing} from "../lib/Hashing.sol";
import {CheckpointId} from "../types/CheckpointId.sol";
import {Withdrawal} from "../types/Withdrawal.sol";
import {Checkpoints} from "./Checkpoints.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/// @notice The withdrawals of AnchorBridge. See IWithdrawals.
abstract contract Withdrawals is Checkpoints, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Gas kept back from a withdrawal's call, so that a failure can be recorded.
    uint256 public constant FINALIZE_RESERVE_GAS = 60_000;

    struct Record {
        CheckpointId checkpointId;
        WithdrawalStatus status;
    }

    /// @inheritdoc IWithdrawals
    mapping(bytes32 withdrawalHash => Record) public withdrawals;

    /// @inheritdoc IWithdrawals
    address public transient l2Sender;

    /// @inheritdoc IWithdrawals
    function proveWithdrawal(
        Withdrawal calldata w,
        CheckpointId checkpointId,
        bytes32 blockHash,
        bytes32 messageRoot,
        uint64 batchCount,
        uint64 delayedCount,
        bytes[] calldata storageProof
    ) external {
        _checkTarget(w.target);
        bytes32 hash = Hashing.withdrawal(w);
        _checkProvable(hash, checkpointId);

        bytes32 output = Hashing.checkpointOutput(configHash, blockHash, messageRoot, batchCount, delayedCount);
        bytes32 actual = _outputOf(checkpointId);
        require(output == actual, OutputMismatch(checkpointId, output, actual));
        require(_isSent(hash, messageRoot, storageProof), InvalidStorageProof(hash));

        withdrawals[hash] = Record(checkpointId, WithdrawalStatus.Proven);
        emit WithdrawalProven(hash, checkpointId);
    }

    /// @inheritdoc IWithdrawals
    function finalizeWithdrawal(Withdrawal calldata w) external whenNotPaused nonReentrant {
        bytes32 hash = Hashing.withdrawal(w);
        Record storage record = withdrawals[hash];
        require(record.status == WithdrawalStatus.Proven, UnexpectedWithdrawalStatus(hash, record.status));
        require(
            _statusOf(record.checkpointId) == CheckpointStatus.Confirmed, CheckpointNotConfirmed(record.checkpointId)
        );

        record.status = WithdrawalStatus.Finalized;
        lockedAtn -= w.value;
        token.safeTransfer(w.target, w.value);

        bool success = true;
        if (w.data.length != 0) {
            // All but a 64th of the gas can be passed on (EIP-150): with less, a caller could make the call fail.
            uint256 needed = w.gasLimit + w.gasLimit / 63 + FINALIZE_RESERVE_GAS;
            require(gasleft() >= needed, InsufficientGas(gasleft(), needed));
            success = _call(w, w.gasLimit);
            if (!success) record.status = WithdrawalStatus.CallFailed;
        }
        emit WithdrawalFinalized(hash, w.sender, w.target, w.value, success);
    }

    /// @inheritdoc IWithdrawals
    function replay(Withdrawal calldata w) external whenNotPaused nonReentrant {
        bytes32 hash = Hashing.withdrawal(w);
        Record storage record = withdrawals[hash];
        require(record.status == WithdrawalStatus.CallFailed, UnexpectedWithdrawalStatus(hash, record.status));

        record.status = WithdrawalStatus.Finalized;
        emit WithdrawalReplayed(hash);
        require(_call(w, gasleft()), ReplayFailed(hash));
    }

    /// Calls the target without copying what it returns, which it could make large at the caller's cost.
    function _call(Withdrawal calldata w, uint256 gasLimit) private returns (bool success) {
        l2Sender = w.sender;
        address target = w.target;
        bytes memory data = w.data;
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
        l2Sender = address(0);
    }

    /// As the bridge, a withdrawal could move what it holds, or queue deposits that lock nothing.
    function _checkTarget(address target) private view {
        require(
            target != address(token) && target != address(inbox) && target != address(this), ForbiddenTarget(target)
        );
    }

    function _checkProvable(bytes32 hash, CheckpointId checkpointId) private view {
        CheckpointStatus status = _statusOf(checkpointId);
        require(
            status == CheckpointStatus.Pending || status == CheckpointStatus.Confirmed,
            CheckpointNotProvable(checkpointId)
        );
        Record memory record = withdrawals[hash];
        if (record.status == WithdrawalStatus.None) return;
        require(record.status == WithdrawalStatus.Proven, UnexpectedWithdrawalStatus(hash, record.status));
        // Only ever towards finality, so that nobody can hold a withdrawal up by proving it again.
        require(
            status == CheckpointStatus.Confirmed && _statusOf(record.checkpointId) != CheckpointStatus.Confirmed,
            AlreadyProven(hash, record.checkpointId)
        );
    }

    function _isSent(bytes32 hash, bytes32 messageRoot, bytes[] calldata storageProof) private pure returns (bool) {
        bytes memory key = abi.encodePacked(keccak256(abi.encode(Hashing.sentMessageSlot(hash))));
        // The RLP of 1 is the byte itself.
        return TrieProof.verify(hex"01", messageRoot, key, storageProof);
    }
}
