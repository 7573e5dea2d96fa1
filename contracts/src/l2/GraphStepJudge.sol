// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGraphStepJudge} from "../interfaces/IGraphStepJudge.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IStepJudge} from "../interfaces/IStepJudge.sol";
import {ITaskContract, Phase, Task, TaskId} from "../interfaces/ITaskContract.sol";
import {ML} from "../lib/ML.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {Tensors} from "../lib/Tensors.sol";

contract GraphStepJudge is IGraphStepJudge {
    /// Of one rule, so that setting it, which runs every graph, fits a block if the graphs are small.
    uint256 public constant MAX_GRAPHS = 64;
    /// Of a step and the look at its output. `TrainingDisputes.judge` adds a tenth of this; a call that is forced from L1 may take
    /// 1.5 million.
    uint256 public constant MAX_STEP_GAS = 1_000_000;
    /// Of a state's data: as calldata at 40 gas a byte (EIP-7623), it takes no more than a call that is forced from L1 may.
    uint256 public constant MAX_STATE_BYTES = 28 * 1024;

    ITaskContract private constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);
    IModelRegistry private constant MODELS = IModelRegistry(Predeploys.MODEL_REGISTRY);

    mapping(TaskId => bytes32[]) private _rules;

    /// @inheritdoc IGraphStepJudge
    function setRule(TaskId taskId, bytes32[] calldata modelIds) external {
        Task memory task = TASKS.task(taskId);
        if (msg.sender != task.proposer) revert NotProposer(msg.sender);
        // What a transaction has made or loaded is there for all of it, and costs no more: a trial in it would be too cheap.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotDirect(msg.sender);
        if (task.params.stepJudge != address(this)) revert NotJudgeOf(taskId);
        uint256 end = TASKS.deadlines(taskId).commit - task.params.commitSeconds / 2;
        if (TASKS.phase(taskId) != Phase.Commit || block.timestamp >= end) revert TooLate(taskId);
        if (_rules[taskId].length != 0) revert AlreadySet(taskId);
        if (modelIds.length == 0) revert EmptyRule();
        if (modelIds.length > MAX_GRAPHS) revert TooManyGraphs(modelIds.length, MAX_GRAPHS);
        bytes32 stateId = task.params.baseWeightsId;
        for (uint256 i = 0; i < modelIds.length; i++) {
            _requireStep(modelIds[i], stateId);
        }
        uint256 size = ML.meta(stateId).sizeBytes;
        if (size > MAX_STATE_BYTES) revert StateTooLarge(stateId, size, MAX_STATE_BYTES);
        _rules[taskId] = modelIds;
        emit RuleSet(taskId, modelIds);
    }

    /// @inheritdoc IStepJudge
    function nextState(TaskId taskId, uint256 step, bytes32 state) external view returns (bytes32) {
        // A call that fails, be it for want of gas, reverts here: it never passes for an answer.
        return ML.forward(graphOf(taskId, step), state);
    }

    /// @inheritdoc IStepJudge
    function isReady(TaskId taskId) external view returns (bool) {
        return _rules[taskId].length != 0;
    }

    /// @inheritdoc IGraphStepJudge
    function trial(bytes32 modelId, bytes32 stateId) external view {
        if (msg.sender != address(this)) revert NotATrial(msg.sender);
        Tensors.requireSameShape(ML.forward(modelId, stateId), stateId);
        revert TrialPassed();
    }

    /// @inheritdoc IGraphStepJudge
    function rule(TaskId taskId) external view returns (bytes32[] memory modelIds) {
        return _rules[taskId];
    }

    /// @inheritdoc IGraphStepJudge
    function graphOf(TaskId taskId, uint256 step) public view returns (bytes32 modelId) {
        bytes32[] storage modelIds = _rules[taskId];
        if (modelIds.length == 0) revert NoRule(taskId);
        return modelIds[step % modelIds.length];
    }

    function _requireStep(bytes32 modelId, bytes32 stateId) private view {
        if (!MODELS.isRegistered(modelId)) revert ModelNotRegistered(modelId);
        try this.trial{gas: MAX_STEP_GAS}(modelId, stateId) {
            assert(false);
        } catch (bytes memory reason) {
            if (bytes4(reason) == TrialPassed.selector) return;
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}
