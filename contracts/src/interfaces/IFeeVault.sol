// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title FeeVault: where base fees and data fees go
/// @notice It is the coinbase of every block. What it collects can only go to one recipient on L1.
interface IFeeVault {
    /// @notice Fees left for L1.
    event FeesWithdrawn(address indexed recipient, uint256 amount, bytes32 withdrawalHash);

    /// @notice The balance is below MIN_WITHDRAWAL.
    error BalanceTooLow(uint256 balance);
    /// @notice The genesis names no recipient.
    error NoRecipient();

    /// @notice Sends the whole balance to the recipient on L1. Anyone may.
    /// @dev Requires: a balance of at least MIN_WITHDRAWAL; a recipient.
    /// @return withdrawalHash Of the message in L2Messenger.
    function withdraw() external returns (bytes32 withdrawalHash);

    /// @notice Who gets the fees on L1; the genesis fixes it.
    function recipient() external view returns (address);
}
