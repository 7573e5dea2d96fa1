// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL1Context} from "../interfaces/IL1Context.sol";
import {Predeploys} from "../lib/Predeploys.sol";

/// @title L1Context (predeploy 0xA202)
/// @notice See IL1Context. The state transition reads slots 0 to 5 directly, in this order, each a full word.
contract L1Context is IL1Context {
    /// @inheritdoc IL1Context
    uint256 public number;
    /// @inheritdoc IL1Context
    uint256 public time;
    /// @inheritdoc IL1Context
    uint256 public baseFee;
    /// @inheritdoc IL1Context
    uint256 public blobBaseFee;
    /// @inheritdoc IL1Context
    bytes32 public prevRandao;
    /// @inheritdoc IL1Context
    bytes32 public parentHash;

    /// @inheritdoc IL1Context
    function setL1Context(
        uint64 number_,
        uint64 time_,
        uint256 baseFee_,
        uint256 blobBaseFee_,
        bytes32 prevRandao_,
        bytes32 parentHash_
    ) external {
        require(msg.sender == Predeploys.SYSTEM, NotSystem(msg.sender));
        number = number_;
        time = time_;
        baseFee = baseFee_;
        blobBaseFee = blobBaseFee_;
        prevRandao = prevRandao_;
        parentHash = parentHash_;
    }
}
