// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Withdrawal} from "../types/Withdrawal.sol";

/// @title Hashes that L1 and L2 must agree on
/// @notice All are keccak256 over 32-byte words (`abi.encode`), as in the protocol's primitives crate.
library Hashing {
    /// @notice Version word of a checkpoint's output.
    uint256 internal constant CHECKPOINT_VERSION = 1;

    /// @notice Storage slot of `sentMessages` in L2Messenger.
    uint256 internal constant SENT_MESSAGES_SLOT = 0;

    /// @notice What a checkpoint claims, in one word.
    function checkpointOutput(
        bytes32 configHash,
        bytes32 blockHash,
        bytes32 messageRoot,
        uint64 batchCount,
        uint64 delayedCount
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                CHECKPOINT_VERSION, configHash, blockHash, messageRoot, uint256(batchCount), uint256(delayedCount)
            )
        );
    }

    /// @notice The id of a withdrawal, on both chains.
    function withdrawal(Withdrawal memory w) internal pure returns (bytes32) {
        return keccak256(abi.encode(w.nonce, w.sender, w.target, w.value, w.gasLimit, w.data));
    }

    /// @notice The storage slot of L2Messenger that holds 1 once the withdrawal was initiated.
    function sentMessageSlot(bytes32 withdrawalHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(withdrawalHash, SENT_MESSAGES_SLOT));
    }
}
