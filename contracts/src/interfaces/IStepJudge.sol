// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaskId} from "./ITaskContract.sol";

/// @title Repeats one step of a training on the chain
/// The rule of the training is the judge's: which data, which arithmetic. It has to be a function of the chain's state alone.
interface IStepJudge {
    /// Whether the rule of the task is fixed for good: nobody commits to a solution before.
    function isReady(TaskId taskId) external view returns (bool);

    /// The state after step `step` (from 0) of a training for `taskId` that is in `state` before it. States are ids of tensors.
    /// Reverts if something that the step needs is not resident; it must not return anything else for want of gas or data.
    function nextState(TaskId taskId, uint256 step, bytes32 state) external view returns (bytes32);
}
