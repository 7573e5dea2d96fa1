// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGraphStepJudge} from "../../src/interfaces/IGraphStepJudge.sol";
import {ITaskContract, TaskId} from "../../src/interfaces/ITaskContract.sol";
import {GraphStepJudge} from "../../src/l2/GraphStepJudge.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Tensors} from "../../src/lib/Tensors.sol";
import {GraphStepFixture} from "./GraphStepFixture.sol";

contract GraphStepJudgeTest is GraphStepFixture {
    uint256 private constant MAX_GRAPHS = 64;
    uint256 private constant MAX_STEP_GAS = 1_000_000;
    uint256 private constant MAX_STATE_BYTES = 28 * 1024;
    TaskId private id;

    function setUp() public override {
        super.setUp();
        id = _proposeWith(_judged());
    }

    // What a step is

    function testFuzz_a_step_is_the_forward_of_the_graph_whose_turn_it_is(uint8 count, uint256 step, bytes32 state)
        public
    {
        count = uint8(bound(count, 1, 12));
        bytes32[] memory modelIds = _graphs(count);
        vm.expectEmit(address(stepJudge));
        emit IGraphStepJudge.RuleSet(id, modelIds);
        _setRule(id, modelIds);
        assertEq(abi.encode(stepJudge.rule(id)), abi.encode(modelIds));
        assertEq(stepJudge.graphOf(id, step), modelIds[step % count]);
        assertEq(stepJudge.nextState(id, step, state), _step(modelIds[step % count], state));
    }

    function testFuzz_the_rule_of_a_task_is_not_that_of_another(uint256 step, bytes32 state) public {
        bytes32[] memory modelIds = _graphs(2);
        TaskId second = _proposeWith(_judged());
        bytes32[] memory other = new bytes32[](1);
        other[0] = modelIds[1];
        step -= step % 2;
        _setRule(id, modelIds);
        assertEq(stepJudge.rule(second).length, 0);
        _setRule(second, other);
        assertEq(stepJudge.nextState(id, step, state), _step(modelIds[0], state));
        assertEq(stepJudge.nextState(second, step, state), _step(modelIds[1], state));
    }

    function testFuzz_nothing_is_judged_without_a_rule(uint256 task, uint256 step, bytes32 state) public {
        TaskId unset = TaskId.wrap(task);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NoRule.selector, unset));
        stepJudge.nextState(unset, step, state);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NoRule.selector, unset));
        stepJudge.graphOf(unset, step);
        assertEq(stepJudge.rule(unset).length, 0);
    }

    function testFuzz_attack_a_judgement_of_what_is_not_resident(uint256 step, bytes32 state, bool parameters) public {
        bytes32[] memory modelIds = _graphs(3);
        _setRule(id, modelIds);
        if (parameters) STEPS.lose(modelIds[step % 3], true);
        else META.lose(state, true);
        vm.expectRevert(ML.NotResident.selector);
        stepJudge.nextState(id, step, state);
    }

    function testFuzz_attack_a_judgement_for_want_of_gas(uint256 step, bytes32 state, uint32 gasLimit) public {
        gasLimit = uint32(bound(gasLimit, 0, 2 * STEPS.PRICE()));
        bytes32[] memory modelIds = _graphs(3);
        _setRule(id, modelIds);
        bytes memory call = abi.encodeCall(stepJudge.nextState, (id, step, state));
        (bool ok, bytes memory output) = address(stepJudge).staticcall{gas: gasLimit}(call);
        if (ok) assertEq(output, abi.encode(_step(modelIds[step % 3], state)));
        if (gasLimit < STEPS.PRICE()) assertFalse(ok);
    }

    function testFuzz_attack_a_judgement_on_a_chain_without_the_precompile(uint256 step, bytes32 state) public {
        _setRule(id, _graphs(1));
        vm.etch(Predeploys.ML_FORWARD, "");
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        stepJudge.nextState(id, step, state);
    }

    // Who sets it, and when

    function testFuzz_attack_another_account_sets_the_rule(address caller, uint256 task) public {
        vm.assume(caller != proposer);
        bytes32[] memory modelIds = _graphs(1);
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotProposer.selector, caller));
        stepJudge.setRule(id, modelIds);
        vm.assume(caller != address(0));
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotProposer.selector, caller));
        stepJudge.setRule(TaskId.wrap(task), modelIds);
    }

    function testFuzz_attack_a_task_that_does_not_exist(uint256 task) public {
        vm.assume(task != TaskId.unwrap(id));
        TaskId unknown = TaskId.wrap(task);
        bytes32[] memory modelIds = _graphs(1);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotJudgeOf.selector, unknown));
        vm.prank(address(0), address(0));
        stepJudge.setRule(unknown, modelIds);
    }

    function testFuzz_attack_a_rule_for_a_task_of_another_judge(bool none) public {
        GraphStepJudge other = new GraphStepJudge();
        bytes32[] memory modelIds = _graphs(1);
        TaskId task = none ? _proposeWith(_votedParams()) : id;
        IGraphStepJudge judge = none ? stepJudge : other;
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotJudgeOf.selector, task));
        vm.prank(proposer, proposer);
        judge.setRule(task, modelIds);
    }

    function testFuzz_attack_the_rule_is_changed(uint8 count, uint8 newCount) public {
        count = uint8(bound(count, 1, 8));
        bytes32[] memory modelIds = _graphs(count);
        bytes32[] memory others = _graphs(bound(newCount, 1, 8));
        _setRule(id, modelIds);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.AlreadySet.selector, id));
        _setRule(id, others);
        assertEq(abi.encode(stepJudge.rule(id)), abi.encode(modelIds));
    }

    function testFuzz_attack_a_rule_that_solvers_did_not_know(bytes32 commitment) public {
        vm.assume(commitment != 0);
        bytes32[] memory modelIds = _graphs(1);
        assertFalse(stepJudge.isReady(id));
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.JudgeNotReady.selector, id));
        vm.prank(trainees[0]);
        TASKS.commitSolution(id, commitment);
        _setRule(id, modelIds);
        assertTrue(stepJudge.isReady(id));
        vm.prank(trainees[0]);
        TASKS.commitSolution(id, commitment);
        // And it stays what it was when they committed.
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.AlreadySet.selector, id));
        _setRule(id, modelIds);
    }

    function testFuzz_a_rule_of_one_task_makes_no_other_ready(uint256 task) public {
        vm.assume(task != TaskId.unwrap(id));
        _setRule(id, _graphs(1));
        assertFalse(stepJudge.isReady(TaskId.wrap(task)));
    }

    /// Whoever knew it earlier would have no competitor.
    function testFuzz_attack_a_rule_too_late_for_others_to_commit(uint32 later) public {
        bytes32[] memory modelIds = _graphs(1);
        uint256 end = TASKS.deadlines(id).commit - TASKS.task(id).params.commitSeconds / 2;
        uint256 snapshot = vm.snapshotState();
        vm.warp(end + later);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.TooLate.selector, id));
        _setRule(id, modelIds);
        vm.revertToState(snapshot);
        vm.warp(end - 1);
        _setRule(id, modelIds);
    }

    /// Who loads the parameters first, in the same transaction, makes the trial cheaper than the step.
    function testFuzz_attack_a_trial_of_what_is_loaded_already(address origin, bytes calldata code) public {
        bytes32[] memory modelIds = _graphs(1);
        vm.assume(origin != proposer);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotDirect.selector, proposer));
        vm.prank(proposer, origin);
        stepJudge.setRule(id, modelIds);
        vm.etch(proposer, abi.encodePacked(hex"00", code));
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotDirect.selector, proposer));
        _setRule(id, modelIds);
        vm.etch(proposer, "");
        _setRule(id, modelIds);
    }

    // What a rule may be

    function testFuzz_attack_a_rule_of_nothing_or_too_much(uint8 extra) public {
        vm.expectRevert(IGraphStepJudge.EmptyRule.selector);
        _setRule(id, new bytes32[](0));
        uint256 length = MAX_GRAPHS + bound(extra, 1, 200);
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.TooManyGraphs.selector, length, MAX_GRAPHS));
        _setRule(id, new bytes32[](length));
        _setRule(id, _graphs(MAX_GRAPHS));
        assertEq(stepJudge.rule(id).length, MAX_GRAPHS);
    }

    function testFuzz_attack_a_rule_that_cannot_be_executed(uint8 count, uint8 at, bytes32 unknown) public {
        count = uint8(bound(count, 1, 6));
        at = uint8(bound(at, 0, count - 1));
        bytes32[] memory modelIds = _graphs(count);
        bytes32 bad = modelIds[at];

        vm.assume(!MODELS.isRegistered(unknown));
        modelIds[at] = unknown;
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.ModelNotRegistered.selector, unknown));
        _setRule(id, modelIds);
        modelIds[at] = bad;

        STEPS.lose(bad, true);
        vm.expectRevert(ML.NotResident.selector);
        _setRule(id, modelIds);
        STEPS.lose(bad, false);

        META.lose(baseWeights, true);
        vm.expectRevert(ML.NotResident.selector);
        _setRule(id, modelIds);
        META.lose(baseWeights, false);

        STEPS.breakModel(bad);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        _setRule(id, modelIds);
        assertEq(stepJudge.rule(id).length, 0);
    }

    function testFuzz_attack_a_step_that_no_forced_transaction_can_judge(uint8 count, uint8 at, uint256 price) public {
        bytes32[] memory modelIds = _graphs(bound(count, 1, 6));
        bytes32 heavy = modelIds[bound(at, 0, modelIds.length - 1)];
        STEPS.setPrice(heavy, bound(price, MAX_STEP_GAS, 25_000_000));
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        _setRule(id, modelIds);
        // Half of it leaves room for what the judge does itself.
        STEPS.setPrice(heavy, MAX_STEP_GAS / 2);
        _setRule(id, modelIds);
    }

    function testFuzz_attack_a_state_that_no_forced_transaction_makes_resident(uint32 rows) public {
        uint32[] memory dims = new uint32[](2);
        (dims[0], dims[1]) = (uint32(bound(rows, MAX_STATE_BYTES / 64 + 1, 2_048)), 64);
        baseWeights = _putDims(0, dims, "large");
        TaskId large = _proposeWith(_judged());
        bytes32[] memory modelIds = _graphs(1);
        uint256 size = uint256(dims[0]) * 64;
        vm.expectRevert(
            abi.encodeWithSelector(IGraphStepJudge.StateTooLarge.selector, baseWeights, size, MAX_STATE_BYTES)
        );
        _setRule(large, modelIds);
        dims[0] = uint32(MAX_STATE_BYTES / 64);
        baseWeights = _putDims(0, dims, "largest");
        _setRule(_proposeWith(_judged()), modelIds);
    }

    function testFuzz_a_trial_is_the_judges_own_and_leaves_nothing(address caller, bytes32 state) public {
        bytes32 modelId = _graphs(1)[0];
        vm.assume(caller != address(stepJudge));
        vm.expectRevert(abi.encodeWithSelector(IGraphStepJudge.NotATrial.selector, caller));
        vm.prank(caller);
        stepJudge.trial(modelId, state);
        vm.expectRevert(IGraphStepJudge.TrialPassed.selector);
        vm.prank(address(stepJudge));
        stepJudge.trial(modelId, baseWeights);
    }

    function testFuzz_attack_a_step_that_changes_the_shape(uint8 dtype, uint32 rows, uint32 columns) public {
        uint32[] memory dims = new uint32[](2);
        (dims[0], dims[1]) = (uint32(bound(rows, 1, 8)), uint32(bound(columns, 1, 8)));
        dtype %= 2;
        bytes32 like = _putDims(dtype, dims, "other");
        vm.assume(like >> 112 != baseWeights >> 112);
        bytes32[] memory modelIds = _graphs(2);
        STEPS.reshape(modelIds[1], like);
        bytes32 output = _step(modelIds[1], baseWeights);
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongTensorShape.selector, output));
        _setRule(id, modelIds);
    }
}
