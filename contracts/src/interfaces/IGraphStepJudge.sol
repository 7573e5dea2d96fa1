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
    /// The caller is a contract, which may have loaded in the same transaction what the trial has to pay for.
    error NotDirect(address caller);
    error NotJudgeOf(TaskId taskId);
    error TooLate(TaskId taskId);
    error AlreadySet(TaskId taskId);
    error EmptyRule();
    error TooManyGraphs(uint256 length, uint256 max);
    error ModelNotRegistered(bytes32 modelId);
    error StateTooLarge(bytes32 stateId, uint256 sizeBytes, uint256 max);
    error NotATrial(address caller);
    error TrialPassed();
    error NoRule(TaskId taskId);

    /// Binds a task that names this judge to its rule: 1 to MAX_GRAPHS registered graphs, the same one as often as one likes. By
    /// the task's proposer, once, in the first half of the time to commit: before it nobody can commit, and after it everybody
    /// has the other half. By an account without code, in a transaction of its own. Runs every graph on the base weights, of at most
    /// MAX_STATE_BYTES, which have to be resident, as do the parameters; the output has to have the type and the dimensions of
    /// the base weights. A step may take MAX_STEP_GAS, with all that it loads: then what makes a state resident, and what judges
    /// a step, both fit transactions that L1 can force.
    function setRule(TaskId taskId, bytes32[] calldata modelIds) external;

    /// Runs a graph on a state, and reverts in any case: with `TrialPassed` if the output is a state. What it has loaded is loaded
    /// no longer, so that the next one pays for it again. Only for the judge itself.
    function trial(bytes32 modelId, bytes32 stateId) external view;

    /// The graphs of a task, in the order of the steps; empty until they are set.
    function rule(TaskId taskId) external view returns (bytes32[] memory modelIds);

    /// The graph of step `step`. Reverts without a rule.
    function graphOf(TaskId taskId, uint256 step) external view returns (bytes32 modelId);
}
