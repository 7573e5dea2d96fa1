// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepJudge} from "./IStepJudge.sol";
import {TaskId} from "./ITaskContract.sol";

/// @title A judge of trainings whose steps are FORWARDs of registered graphs
/// A state is a tensor. A task's rule is a list of graphs, one for each batch of data, say, whose tensors are the graph's parameters.
/// They are applied in turn: the state after step i (from 0) is the output of graph i mod length on the state before it.
///
/// A graph that runs on the base weights and keeps their type and shape runs on every state, for a price that depends on shapes
/// alone; so nothing but a tensor that is not resident, or too little gas, keeps a step from being repeated.
interface IGraphStepJudge is IStepJudge {
    event RuleSet(TaskId indexed taskId, bytes32[] modelIds);

    error NotProposer(address caller);
    error NotJudgeOf(TaskId taskId);
    error TooLate(TaskId taskId);
    error AlreadySet(TaskId taskId);
    error EmptyRule();
    error TooManyGraphs(uint256 length, uint256 max);
    error ModelNotRegistered(bytes32 modelId);
    error NoRule(TaskId taskId);

    /// Binds a task that names this judge to its rule: 1 to MAX_GRAPHS registered graphs, the same one as often as one likes. By
    /// the task's proposer, once, in phase Commit and before anybody has committed. Runs every graph on the base weights, which
    /// have to be resident, as do the parameters; the output has to have the type and the dimensions of the base weights.
    function setRule(TaskId taskId, bytes32[] calldata modelIds) external;

    /// The graphs of a task, in the order of the steps; empty until they are set.
    function rule(TaskId taskId) external view returns (bytes32[] memory modelIds);

    /// The graph of step `step`. Reverts without a rule.
    function graphOf(TaskId taskId, uint256 step) external view returns (bytes32 modelId);
}
