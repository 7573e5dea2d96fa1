// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L2Messenger: messages and ATN from L2 to L1
/// @notice It keeps the hash of every message. Its storage root is in the header of every block (`withdrawalsRoot`)
/// and in every checkpoint (the message root), which is how AnchorBridge can believe a storage proof.
interface IL2Messenger {
    /// @notice A message was recorded, and its ATN burnt. `data` and the rest are what L1 needs to finalize it.
    event WithdrawalInitiated(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );

    /// @notice The target is the zero address, which cannot be paid on L1.
    error ZeroTarget();
    /// @notice More gas than a transaction on L1 could provide.
    error MessageGasTooHigh(uint256 gasLimit);
    /// @notice More data than a transaction on L1 could carry.
    error MessageDataTooLarge(uint256 size);

    /// @notice Burns the ATN sent along, and records a message with which L1 unlocks it.
    /// @dev Requires: a target; at most MAX_MESSAGE_GAS and MAX_MESSAGE_DATA_BYTES. AnchorBridge refuses itself, the
    /// inbox and the token as targets: what is sent to those stays locked.
    /// @param target Who gets the ATN, and the call if there is data, on L1.
    /// @param gasLimit Gas of the call on L1.
    /// @param data Input of the call on L1; none for a plain withdrawal.
    /// @return withdrawalHash Id of the withdrawal on both chains.
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata data)
        external
        payable
        returns (bytes32 withdrawalHash);

    /// @notice 1 for the hash of a message that was initiated, else 0.
    function sentMessages(bytes32 withdrawalHash) external view returns (uint256);

    /// @notice The nonce of the next message: how many there were.
    function nonce() external view returns (uint256);
}
