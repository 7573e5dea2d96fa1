// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DelayedKind, IInbox} from "../interfaces/IInbox.sol";
import {AddressAlias} from "../lib/AddressAlias.sol";

/// @title The L1 inbox
/// @notice See IInbox. It holds no funds, has no owner, and none of its parameters can change.
contract Inbox is IInbox {
    /// @notice The largest forced transaction, in bytes.
    uint256 public constant MAX_FORCED_TX_BYTES = 32 * 1024;

    /// @notice The largest batch, in bytes: the transaction around it stays below the 128 KiB that nodes relay.
    uint256 public constant MAX_BATCH_BYTES = 120_000;

    /// @dev The data kind word of a batch in calldata. It keeps a data hash and a blob's versioned hash apart.
    uint256 private constant CALLDATA = 0;

    /// @inheritdoc IInbox
    address public immutable sequencer;
    /// @inheritdoc IInbox
    address public immutable bridge;
    /// @inheritdoc IInbox
    uint64 public immutable forceWindow;

    /// @inheritdoc IInbox
    bytes32[] public delayedAccs;
    /// @inheritdoc IInbox
    uint64[] public delayedTimes;
    /// @inheritdoc IInbox
    bytes32[] public batchAccs;
    /// @inheritdoc IInbox
    uint64 public lastDelayedCursor;

    /// @dev The bridge knows the inbox and the inbox the bridge: the deployer predicts the later one's address.
    constructor(address sequencer_, uint64 forceWindow_, address bridge_) {
        sequencer = sequencer_;
        forceWindow = forceWindow_;
        bridge = bridge_;
        _enqueue(DelayedKind.Context, address(0), "");
    }

    /// @inheritdoc IInbox
    function enqueueDeposit(address from, bytes calldata payload) external returns (uint64) {
        require(msg.sender == bridge, NotBridge(msg.sender));
        return _enqueue(DelayedKind.Deposit, from, payload);
    }

    /// @inheritdoc IInbox
    function forceTransaction(bytes calldata signedTransaction) external returns (uint64) {
        uint256 size = signedTransaction.length;
        require(size != 0 && size <= MAX_FORCED_TX_BYTES, ForcedTransactionSize(size));
        return _enqueue(DelayedKind.Forced, AddressAlias.ofCaller(), signedTransaction);
    }

    /// @inheritdoc IInbox
    function postBatch(bytes calldata data, uint64 delayedCursor, bytes32 delayedAcc) external {
        // A wallet with delegated code (EIP-7702) can be made to call from within another's transaction.
        require(msg.sender == tx.origin && msg.sender.code.length == 0, NotPlainAccount(msg.sender));
        require(data.length <= MAX_BATCH_BYTES, BatchTooLarge(data.length));
        _checkCursor(delayedCursor, delayedAcc);
        if (msg.sender != sequencer) _checkForced(delayedCursor);

        lastDelayedCursor = delayedCursor;
        _recordBatch(keccak256(data), delayedCursor, delayedAcc);
        _enqueue(DelayedKind.Context, address(0), "");
    }

    /// @inheritdoc IInbox
    function delayedCount() public view returns (uint64) {
        return uint64(delayedAccs.length);
    }

    /// @inheritdoc IInbox
    function batchCount() external view returns (uint64) {
        return uint64(batchAccs.length);
    }

    /// @inheritdoc IInbox
    function oldestUnconsumedTime() public view returns (uint64) {
        // In range: every batch queues a context after its cursor was checked against the count.
        return delayedTimes[lastDelayedCursor];
    }

    /// @inheritdoc IInbox
    function isOpenToAll() external view returns (bool) {
        return _isOverdue(oldestUnconsumedTime());
    }

    function _enqueue(DelayedKind kind, address sender, bytes memory payload) private returns (uint64 index) {
        index = delayedCount();
        bytes32 parentHash = blockhash(block.number - 1);
        bytes32 acc = keccak256(
            abi.encode(
                index == 0 ? bytes32(0) : delayedAccs[index - 1],
                uint256(kind),
                sender,
                block.number,
                block.timestamp,
                block.basefee,
                block.blobbasefee,
                block.prevrandao,
                parentHash,
                keccak256(payload)
            )
        );
        delayedAccs.push(acc);
        delayedTimes.push(uint64(block.timestamp));
        emit DelayedMessage(
            index,
            kind,
            sender,
            uint64(block.number),
            uint64(block.timestamp),
            block.basefee,
            block.blobbasefee,
            bytes32(block.prevrandao),
            parentHash,
            payload,
            acc
        );
    }

    function _recordBatch(bytes32 dataHash, uint64 delayedCursor, bytes32 delayedAcc) private {
        uint256 index = batchAccs.length;
        bytes32 acc = keccak256(
            abi.encode(
                index == 0 ? bytes32(0) : batchAccs[index - 1],
                CALLDATA,
                dataHash,
                uint256(delayedCursor),
                delayedAcc,
                block.number,
                block.timestamp
            )
        );
        batchAccs.push(acc);
        emit BatchPosted(
            uint64(index), dataHash, delayedCursor, delayedAcc, uint64(block.number), uint64(block.timestamp), acc
        );
    }

    function _checkCursor(uint64 cursor, bytes32 claimed) private view {
        uint64 count = delayedCount();
        require(
            cursor >= lastDelayedCursor && cursor <= count, DelayedCursorOutOfRange(cursor, lastDelayedCursor, count)
        );
        bytes32 actual = cursor == 0 ? bytes32(0) : delayedAccs[cursor - 1];
        require(claimed == actual, DelayedAccMismatch(claimed, actual));
    }

    /// What someone else than the sequencer must meet.
    function _checkForced(uint64 cursor) private view {
        uint64 oldest = oldestUnconsumedTime();
        require(_isOverdue(oldest), PostingClosed(msg.sender, uint256(oldest) + forceWindow));
        // Times never decrease: if the first message left is not overdue, no later one is.
        require(cursor == delayedCount() || !_isOverdue(delayedTimes[cursor]), OverdueMessageLeft(cursor));
    }

    function _isOverdue(uint64 queuedAt) private view returns (bool) {
        return block.timestamp > uint256(queuedAt) + forceWindow;
    }
}
