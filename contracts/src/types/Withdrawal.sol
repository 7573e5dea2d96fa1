// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A message from L2 to L1, with the ATN that it carries.
/// @param nonce Position among the messages of L2Messenger, from 0.
/// @param sender Who sent it on L2.
/// @param target Who gets the ATN, and the call if there is data, on L1.
/// @param value ATN burnt on L2 and unlocked on L1, in wei.
/// @param gasLimit Gas of the call on L1; without data there is no call.
/// @param data Input of the call.
struct Withdrawal {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}
