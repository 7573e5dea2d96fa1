// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BridgeConfig} from "../interfaces/IAnchorBridge.sol";
import {CheckpointStatus, ICheckpoints} from "../interfaces/ICheckpoints.sol";
import {Hashing} from "../lib/Hashing.sol";
import {CheckpointId} from "../types/CheckpointId.sol";
import {BridgeBase} from "./BridgeBase.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The checkpoints of AnchorBridge. See ICheckpoints.
abstract contract Checkpoints is BridgeBase {
    using SafeERC20 for IERC20;

    /// Three slots.
    struct Checkpoint {
        bytes32 output;
        address proposer;
        uint64 postedAt;
        CheckpointStatus status;
        uint64 blockNumber;
        CheckpointId parent;
        uint64 batchCount;
        uint64 delayedCount;
    }

    /// @inheritdoc ICheckpoints
    bytes32 public immutable configHash;
    /// @inheritdoc ICheckpoints
    uint64 public immutable challengeWindow;
    /// @inheritdoc ICheckpoints
    uint256 public immutable checkpointBond;

    /// @inheritdoc ICheckpoints
    CheckpointId public latestConfirmed;
    /// @inheritdoc ICheckpoints
    uint256 public bondedAtn;
    /// @inheritdoc ICheckpoints
    mapping(address proposer => uint256) public freeBonds;

    Checkpoint[] private _checkpoints;

    /// Checkpoint 0 is L2's genesis: confirmed, and with no bond.
    constructor(BridgeConfig memory config) {
        configHash = config.configHash;
        challengeWindow = config.challengeWindow;
        checkpointBond = config.checkpointBond;
        bytes32 output =
            Hashing.checkpointOutput(config.configHash, config.genesisBlockHash, config.genesisMessageRoot, 0, 0);
        CheckpointId genesis = CheckpointId.wrap(0);
        _checkpoints.push(
            Checkpoint({
                output: output,
                proposer: address(0),
                postedAt: uint64(block.timestamp),
                status: CheckpointStatus.Confirmed,
                blockNumber: 0,
                parent: genesis,
                batchCount: 0,
                delayedCount: 0
            })
        );
        emit CheckpointPosted(genesis, 0, config.genesisBlockHash, config.genesisMessageRoot, 0, 0, output, address(0));
        emit CheckpointConfirmed(genesis);
    }

    /// @inheritdoc ICheckpoints
    function postCheckpoint(
        CheckpointId parent,
        uint64 blockNumber,
        bytes32 blockHash,
        bytes32 messageRoot,
        uint64 batchCount,
        uint64 delayedCount
    ) external returns (CheckpointId id) {
        _checkAdvance(parent, blockNumber, batchCount, delayedCount);
        bytes32 output = Hashing.checkpointOutput(configHash, blockHash, messageRoot, batchCount, delayedCount);

        id = CheckpointId.wrap(checkpointCount());
        _checkpoints.push(
            Checkpoint({
                output: output,
                proposer: msg.sender,
                postedAt: uint64(block.timestamp),
                status: CheckpointStatus.Pending,
                blockNumber: blockNumber,
                parent: parent,
                batchCount: batchCount,
                delayedCount: delayedCount
            })
        );
        bondedAtn += checkpointBond;
        emit CheckpointPosted(id, blockNumber, blockHash, messageRoot, batchCount, delayedCount, output, msg.sender);
        token.safeTransferFrom(msg.sender, address(this), checkpointBond);
    }

    /// @inheritdoc ICheckpoints
    function confirmCheckpoint(CheckpointId id) external {
        Checkpoint storage checkpoint = _pendingPastWindow(id);
        uint64 newest = _checkpoint(latestConfirmed).blockNumber;
        require(checkpoint.blockNumber > newest, BlockNotAfter(checkpoint.blockNumber, latestConfirmed, newest));

        checkpoint.status = CheckpointStatus.Confirmed;
        latestConfirmed = id;
        freeBonds[checkpoint.proposer] += checkpointBond;
        emit CheckpointConfirmed(id);
    }

    /// @inheritdoc ICheckpoints
    function supersedeCheckpoint(CheckpointId id) external {
        Checkpoint storage checkpoint = _pendingPastWindow(id);
        require(checkpoint.blockNumber <= _checkpoint(latestConfirmed).blockNumber, NotSuperseded(id));

        checkpoint.status = CheckpointStatus.Superseded;
        freeBonds[checkpoint.proposer] += checkpointBond;
        emit CheckpointSuperseded(id);
    }

    /// @inheritdoc ICheckpoints
    function withdrawBond() external returns (uint256 amount) {
        amount = freeBonds[msg.sender];
        require(amount != 0, NoFreeBond(msg.sender));

        freeBonds[msg.sender] = 0;
        bondedAtn -= amount;
        emit BondWithdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ICheckpoints
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
        )
    {
        if (CheckpointId.unwrap(id) < checkpointCount()) {
            Checkpoint storage c = _checkpoint(id);
            return (c.output, c.proposer, c.postedAt, c.blockNumber, c.parent, c.status);
        }
    }

    /// @inheritdoc ICheckpoints
    function checkpointCount() public view returns (uint64) {
        return uint64(_checkpoints.length);
    }

    function _checkAdvance(CheckpointId parentId, uint64 blockNumber, uint64 batchCount, uint64 delayedCount)
        private
        view
    {
        require(_statusOf(parentId) == CheckpointStatus.Confirmed, UnexpectedStatus(parentId, _statusOf(parentId)));
        Checkpoint storage parent = _checkpoint(parentId);
        require(blockNumber > parent.blockNumber, BlockNotAfter(blockNumber, parentId, parent.blockNumber));
        require(
            batchCount >= parent.batchCount && batchCount <= inbox.batchCount() && delayedCount >= parent.delayedCount
                && delayedCount <= inbox.delayedCount(),
            InboxPositionOutOfRange(batchCount, delayedCount)
        );
    }

    function _pendingPastWindow(CheckpointId id) private view returns (Checkpoint storage checkpoint) {
        require(_statusOf(id) == CheckpointStatus.Pending, UnexpectedStatus(id, _statusOf(id)));
        checkpoint = _checkpoint(id);
        uint256 endsAt = uint256(checkpoint.postedAt) + challengeWindow;
        require(block.timestamp >= endsAt, ChallengeWindowOpen(id, endsAt));
    }

    function _statusOf(CheckpointId id) internal view returns (CheckpointStatus) {
        if (CheckpointId.unwrap(id) >= checkpointCount()) return CheckpointStatus.None;
        return _checkpoint(id).status;
    }

    /// The output of a checkpoint that exists.
    function _outputOf(CheckpointId id) internal view returns (bytes32) {
        return _checkpoint(id).output;
    }

    function _checkpoint(CheckpointId id) private view returns (Checkpoint storage) {
        return _checkpoints[CheckpointId.unwrap(id)];
    }
}
