// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL2Messenger} from "../interfaces/IL2Messenger.sol";
import {Hashing} from "../lib/Hashing.sol";
import {Withdrawal} from "../types/Withdrawal.sol";

/// @notice Takes ATN out of existence: created with a value, it destroys itself in favour of itself, and in the
/// transaction of its creation that burns the value (EIP-6780).
contract Burner {
    constructor() payable {
        selfdestruct(payable(address(this)));
    }
}

/// @title L2Messenger (predeploy 0xA201)
/// @notice See IL2Messenger.
contract L2Messenger is IL2Messenger {
    /// @notice The most gas for a call on L1: less than a transaction can have there (EIP-7825).
    uint256 public constant MAX_MESSAGE_GAS = 10_000_000;

    /// @notice The largest input of a call on L1, in bytes.
    uint256 public constant MAX_MESSAGE_DATA_BYTES = 32 * 1024;

    // Slots 0 and 1, which proofs rely on.
    /// @inheritdoc IL2Messenger
    mapping(bytes32 withdrawalHash => uint256) public sentMessages;
    /// @inheritdoc IL2Messenger
    uint256 public nonce;

    /// @inheritdoc IL2Messenger
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata data)
        external
        payable
        returns (bytes32 withdrawalHash)
    {
        require(target != address(0), ZeroTarget());
        require(gasLimit <= MAX_MESSAGE_GAS, MessageGasTooHigh(gasLimit));
        require(data.length <= MAX_MESSAGE_DATA_BYTES, MessageDataTooLarge(data.length));

        uint256 index = nonce++;
        withdrawalHash = Hashing.withdrawal(Withdrawal(index, msg.sender, target, msg.value, gasLimit, data));
        sentMessages[withdrawalHash] = 1;
        emit WithdrawalInitiated(index, msg.sender, target, msg.value, gasLimit, data, withdrawalHash);
        if (msg.value != 0) new Burner{value: msg.value}();
    }
}
