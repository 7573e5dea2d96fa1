// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a delayed message asks for. The numbers are part of the accumulator.
enum DelayedKind {
    /// Mint and call, from the bridge.
    Deposit,
    /// A signed L2 transaction that must run.
    Forced,
    /// Nothing but the L1 context.
    Context
}

/// @title The L1 inbox: it orders everything that L2 is derived from
/// @notice Two append-only hash chains, readable at any index: delayed messages (deposits, forced transactions, L1
/// contexts) and batches. Whoever has the two accumulators can check every byte of the input of L2.
///
/// A delayed message's accumulator is keccak256(abi.encode(previous, uint256(kind), sender, block.number,
/// block.timestamp, block.basefee, block.blobbasefee, block.prevrandao, blockhash(block.number - 1),
/// keccak256(payload))), and a batch's is keccak256(abi.encode(previous, uint256(0), keccak256(data),
/// uint256(delayedCursor), delayedAcc, block.number, block.timestamp)), where the zero is the kind "calldata". Before
/// the first item the accumulator is zero.
interface IInbox {
    /// @notice A message was queued. `sender` is aliased when a contract queued it, and zero for a context.
    event DelayedMessage(
        uint64 indexed index,
        DelayedKind kind,
        address sender,
        uint64 l1Block,
        uint64 l1Time,
        uint256 l1BaseFee,
        uint256 l1BlobBaseFee,
        bytes32 prevRandao,
        bytes32 parentHash,
        bytes payload,
        bytes32 acc
    );

    /// @notice A batch was posted; its data is the first argument of the transaction's call.
    event BatchPosted(
        uint64 indexed index,
        bytes32 dataHash,
        uint64 delayedCursor,
        bytes32 delayedAcc,
        uint64 l1Block,
        uint64 l1Time,
        bytes32 acc
    );

    /// @notice Only the bridge queues deposits.
    error NotBridge(address caller);
    /// @notice A batch comes from a plain account directly, so that its data is the calldata of a transaction.
    error NotPlainAccount(address caller);
    /// @notice Only the sequencer posts, until the L1 time `openAfter` has passed.
    error PostingClosed(address caller, uint256 openAfter);
    /// @notice A forced transaction has 1 to MAX_FORCED_TX_BYTES bytes.
    error ForcedTransactionSize(uint256 size);
    /// @notice A batch has at most MAX_BATCH_BYTES bytes.
    error BatchTooLarge(uint256 size);
    /// @notice The cursor goes back, or past the messages there are.
    error DelayedCursorOutOfRange(uint64 cursor, uint64 lastCursor, uint64 count);
    /// @notice The poster saw other delayed messages than L1 now has: it must derive again.
    error DelayedAccMismatch(bytes32 claimed, bytes32 actual);
    /// @notice A batch of someone else than the sequencer must consume every overdue message; this one it leaves.
    error OverdueMessageLeft(uint64 index);

    /// @notice Queues a deposit.
    /// @dev Requires: the caller is the bridge, which has aliased `from` where it had to.
    /// @param payload abi.encodePacked(uint256 mint, uint256 value, uint64 gasLimit, address to, bytes data).
    /// @return index Of the delayed message.
    function enqueueDeposit(address from, bytes calldata payload) external returns (uint64 index);

    /// @notice Queues a signed L2 transaction, which runs whatever the sequencer does once the force window is over.
    /// @dev Requires: 1 to MAX_FORCED_TX_BYTES bytes. L2 skips what is not a valid transaction there.
    /// @param signedTransaction EIP-2718 bytes.
    /// @return index Of the delayed message.
    function forceTransaction(bytes calldata signedTransaction) external returns (uint64 index);

    /// @notice Posts a batch, then queues the L1 context of this block for later batches.
    /// @dev Requires: the caller is a plain account that sent this very transaction; it is the sequencer, or the
    /// oldest unconsumed message is overdue and the batch leaves no overdue one; `delayedCursor` lies between
    /// `lastDelayedCursor` and `delayedCount`; `delayedAcc` is the accumulator there.
    /// @param data `version | codec | payload`, at most MAX_BATCH_BYTES. What it says is not checked here.
    /// @param delayedCursor Delayed messages that L2 has consumed once the batch has run.
    /// @param delayedAcc The accumulator after `delayedCursor` messages, zero when that is 0.
    function postBatch(bytes calldata data, uint64 delayedCursor, bytes32 delayedAcc) external;

    /// @notice The one account that may always post batches.
    function sequencer() external view returns (address);

    /// @notice The contract that queues deposits.
    function bridge() external view returns (address);

    /// @notice Seconds that a delayed message waits for the sequencer before it is overdue.
    function forceWindow() external view returns (uint64);

    /// @notice The accumulator of the delayed messages after message `index`.
    function delayedAccs(uint256 index) external view returns (bytes32);

    /// @notice The L1 time at which delayed message `index` was queued.
    function delayedTimes(uint256 index) external view returns (uint64);

    /// @notice How many delayed messages there are.
    function delayedCount() external view returns (uint64);

    /// @notice The accumulator of the batches after batch `index`.
    function batchAccs(uint256 index) external view returns (bytes32);

    /// @notice How many batches there are.
    function batchCount() external view returns (uint64);

    /// @notice The delayed cursor of the newest batch, 0 before the first.
    function lastDelayedCursor() external view returns (uint64);

    /// @notice The L1 time of the oldest message that no batch has consumed. There always is one: the newest context.
    function oldestUnconsumedTime() external view returns (uint64);

    /// @notice Whether someone else than the sequencer may post a batch in this block.
    function isOpenToAll() external view returns (bool);
}
