// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {IL2Messenger} from "../interfaces/IL2Messenger.sol";
import {Predeploys} from "../lib/Predeploys.sol";

/// @title FeeVault (predeploy 0xA203)
/// @notice See IFeeVault. Fees are credited by the state transition, without a call.
contract FeeVault is IFeeVault {
    /// @notice The least that is worth a withdrawal, in wei.
    uint256 public constant MIN_WITHDRAWAL = 1 ether;

    // Slot 0, written by the genesis.
    /// @inheritdoc IFeeVault
    address public recipient;

    /// @notice Takes the rent of tensors.
    receive() external payable {}

    /// @inheritdoc IFeeVault
    function withdraw() external returns (bytes32 withdrawalHash) {
        uint256 amount = address(this).balance;
        address to = recipient;
        require(amount >= MIN_WITHDRAWAL, BalanceTooLow(amount));
        require(to != address(0), NoRecipient());
        withdrawalHash = IL2Messenger(Predeploys.L2_MESSENGER).initiateWithdrawal{value: amount}(to, 0, "");
        emit FeesWithdrawn(to, amount, withdrawalHash);
    }
}
