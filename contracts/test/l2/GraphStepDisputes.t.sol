// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {TaskId} from "../../src/interfaces/ITaskContract.sol";
import {Dispute, DisputeId, Trace, Turn} from "../../src/interfaces/ITrainingDisputes.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Traces} from "../lib/Traces.sol";
import {GraphStepFixture} from "./GraphStepFixture.sol";

/// Whole disputes whose last step GraphStepJudge repeats.
contract GraphStepDisputesTest is GraphStepFixture {
    uint256 private constant BOND = 25 ether;
    uint256 private constant GRAPHS = 3;
    uint256 private constant HONEST = type(uint256).max;
    address private solver;
    address private challenger = makeAddr("challenger");
    bytes32[] private modelIds;
    bytes32[] private states;

    function setUp() public override {
        super.setUp();
        solver = trainees[0];
        modelIds = _graphs(GRAPHS);
        _give(challenger, 1000 ether, address(TRAINING));
    }

    function testFuzz_a_cheat_loses(uint8 rawSteps, uint8 rawWrong) public {
        uint256 steps = bound(rawSteps, 1, 40);
        uint256 wrong = bound(rawWrong, 0, steps - 1);
        DisputeId id = _challenged(steps, wrong);
        _search(id, wrong);
        Dispute memory d = TRAINING.dispute(id);
        assertEq(d.low, wrong);
        assertEq(d.high, wrong + 1);
        TRAINING.judge(id);
        _assertCheatLost(id);
    }

    function testFuzz_an_honest_training_wins(uint8 rawSteps, uint256 answers) public {
        DisputeId id = _challenged(bound(rawSteps, 1, 40), HONEST);
        _searchWith(id, answers);
        TRAINING.judge(id);
        _assertHonestWon(id);
    }

    /// A solver that applied the right graphs in another order went through other states.
    function testFuzz_a_cheat_that_took_another_batch_loses(uint8 rawSteps, uint8 rawWrong) public {
        uint256 steps = bound(rawSteps, 1, 40);
        uint256 wrong = bound(rawWrong, 0, steps - 1);
        TaskId task = _proposeWith(_judged());
        _setRule(task, modelIds);
        states.push(baseWeights);
        for (uint256 i = 0; i < steps; i++) {
            states.push(_step(modelIds[(i < wrong ? i : i + 1) % GRAPHS], states[i]));
        }
        DisputeId id = _challenge(_reveal(task));
        _search(id, wrong);
        TRAINING.judge(id);
        _assertCheatLost(id);
    }

    function testFuzz_attack_judging_an_honest_training_with_too_little_gas(uint8 rawSteps, uint32 gasLimit) public {
        DisputeId id = _challenged(bound(rawSteps, 1, 8), HONEST);
        _searchWith(id, 0);
        gasLimit = uint32(bound(gasLimit, 0, 3 * STEPS.PRICE()));
        vm.prank(challenger);
        (bool ok,) = address(TRAINING).call{gas: gasLimit}(abi.encodeCall(TRAINING.judge, (id)));
        if (gasLimit < STEPS.PRICE()) assertFalse(ok);
        if (!ok) {
            assertTrue(TRAINING.dispute(id).turn == Turn.Judge);
            TRAINING.judge(id);
        }
        _assertHonestWon(id);
    }

    function testFuzz_an_honest_solver_brings_back_what_a_step_needs(uint8 rawSteps, uint256 answers, bool parameters)
        public
    {
        DisputeId id = _challenged(bound(rawSteps, 1, 16), HONEST);
        _searchWith(id, answers);
        Dispute memory d = TRAINING.dispute(id);
        _lose(d, parameters, true);
        vm.expectRevert(ML.NotResident.selector);
        vm.prank(challenger);
        TRAINING.judge(id);
        assertTrue(TRAINING.dispute(id).turn == Turn.Judge);
        _lose(d, parameters, false);
        TRAINING.judge(id);
        _assertHonestWon(id);
    }

    function testFuzz_attack_a_cheat_withholds_what_a_step_needs(uint8 rawWrong, bool parameters) public {
        uint256 wrong = bound(rawWrong, 0, 15);
        DisputeId id = _challenged(16, wrong);
        _search(id, wrong);
        _lose(TRAINING.dispute(id), parameters, true);
        vm.expectRevert(ML.NotResident.selector);
        TRAINING.judge(id);
        vm.warp(TRAINING.dispute(id).deadline);
        TRAINING.claimTimeout(id);
        _assertCheatLost(id);
    }

    function testFuzz_the_last_state_is_the_solution(uint8 rawSteps) public {
        uint256 steps = bound(rawSteps, 1, 40);
        TaskId task = TRAINING.dispute(_challenged(steps, HONEST)).taskId;
        Trace memory trace = TRAINING.traceOf(task, solver);
        assertEq(trace.root, Traces.root(states));
        assertEq(trace.steps, steps);
        assertEq(TRAINING.finalState(task, solver), states[steps]);
        assertEq(TASKS.solution(task, solver).updateId, states[steps]);
    }

    function testFuzz_every_challenger_has_its_own_dispute(uint8 rawCount) public {
        uint256 count = bound(rawCount, 1, 6);
        TaskId task = TRAINING.dispute(_challenged(4, HONEST)).taskId;
        for (uint256 i = 2; i <= count; i++) {
            challenger = makeAddr(string.concat("challenger ", vm.toString(i)));
            _give(challenger, BOND, address(TRAINING));
            assertEq(DisputeId.unwrap(_challenge(task)), i);
        }
        assertEq(TRAINING.disputeCount(), count);
        assertEq(TRAINING.openDisputes(task), count);
        assertEq(TOKEN.balanceOf(address(TRAINING)), count * BOND);
    }

    // Steps

    /// A revealed and challenged training of `steps` steps that goes wrong after `right` of them.
    function _challenged(uint256 steps, uint256 right) private returns (DisputeId) {
        TaskId task = _proposeWith(_judged());
        _setRule(task, modelIds);
        states.push(baseWeights);
        for (uint256 i = 0; i < steps; i++) {
            bytes32 next = _step(modelIds[i % GRAPHS], states[i]);
            // Of the same shape: only the last 14 bytes are others.
            states.push(i == right ? next ^ bytes32(uint256(1)) : next);
        }
        return _challenge(_reveal(task));
    }

    function _reveal(TaskId task) private returns (TaskId) {
        uint256 steps = states.length - 1;
        bytes32 last = states[steps];
        bytes32 commitment = TASKS.solutionCommitment(task, solver, "model", last, SALT);
        vm.startPrank(solver);
        TASKS.commitSolution(task, commitment);
        TRAINING.publishTrace(task, Traces.root(states), uint32(steps));
        vm.stopPrank();
        _revealGroundTruth(task);
        vm.startPrank(solver);
        TRAINING.openTrace(task, last, Traces.proof(states, 0), Traces.proof(states, steps));
        TASKS.revealSolution(task, "model", last, SALT);
        vm.stopPrank();
        return task;
    }

    function _challenge(TaskId task) private returns (DisputeId) {
        vm.prank(challenger);
        return TRAINING.challenge(task, solver);
    }

    /// The challenger agrees with every state up to `agreed`.
    function _search(DisputeId id, uint256 agreed) private {
        while (TRAINING.dispute(id).turn == Turn.Solver) _round(id, TRAINING.middleOf(id) <= agreed);
    }

    /// The challenger answers by the bits of `answers`.
    function _searchWith(DisputeId id, uint256 answers) private {
        while (TRAINING.dispute(id).turn == Turn.Solver) _round(id, answers >> TRAINING.middleOf(id) & 1 == 1);
    }

    function _round(DisputeId id, bool agree) private {
        uint32 middle = TRAINING.middleOf(id);
        vm.prank(solver);
        TRAINING.showMiddle(id, states[middle], Traces.proof(states, middle));
        vm.prank(challenger);
        TRAINING.answerMiddle(id, agree);
    }

    function _lose(Dispute memory d, bool parameters, bool isLost) private {
        if (parameters) STEPS.lose(modelIds[d.low % GRAPHS], isLost);
        else META.lose(d.lowState, isLost);
    }

    function _assertHonestWon(DisputeId id) private view {
        assertTrue(TRAINING.dispute(id).turn == Turn.SolverWon);
        assertEq(TOKEN.balanceOf(solver), BOND);
        assertEq(TOKEN.balanceOf(challenger), 1000 ether - BOND);
        assertEq(STAKING.positionOf(solver, Role.Solver).amount, STAKING.minimumStake(Role.Solver));
        assertFalse(RESULTS.scoreOf(TRAINING.dispute(id).taskId, solver).voided);
    }

    function _assertCheatLost(DisputeId id) private view {
        assertTrue(TRAINING.dispute(id).turn == Turn.ChallengerWon);
        assertEq(TOKEN.balanceOf(solver), 0);
        assertEq(TOKEN.balanceOf(challenger), 1000 ether + BOND / 2);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), BOND / 2);
        assertEq(STAKING.positionOf(solver, Role.Solver).amount, STAKING.minimumStake(Role.Solver) - BOND);
        assertTrue(RESULTS.scoreOf(TRAINING.dispute(id).taskId, solver).voided);
    }
}
