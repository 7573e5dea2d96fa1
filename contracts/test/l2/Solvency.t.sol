// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {ProjectId} from "../../src/interfaces/IProject.sol";
import {Phase, TaskId} from "../../src/interfaces/ITaskContract.sol";
import {L2Fixture} from "./L2Fixture.sol";

/// Random steps of two projects' tasks, side by side: whatever happens, what Project holds is what it owes.
contract SolvencyTest is L2Fixture {
    ProjectId private other;
    TaskId[] private tasks;

    function setUp() public override {
        super.setUp();
        other = _createProject(anyone, BUDGET);
    }

    function testFuzz_project_holds_exactly_its_budgets_and_reserves(uint256[32] memory steps) public {
        for (uint256 i = 0; i < steps.length; i++) {
            _step(steps[i]);
            _assertSolvent();
        }
        for (uint256 i = 0; i < tasks.length; i++) {
            _drive(tasks[i]);
            _assertSolvent();
        }
    }

    function _assertSolvent() private view {
        uint256 owed = PROJECTS.project(projectId).budget + PROJECTS.project(other).budget;
        for (uint256 i = 0; i < tasks.length; i++) {
            owed += PROJECTS.taskReserve(tasks[i]);
        }
        assertEq(TOKEN.balanceOf(address(PROJECTS)), owed);
        uint256 staked =
            STAKING.positionOf(proposer, Role.Proposer).amount + STAKING.positionOf(aggregator, Role.Aggregator).amount;
        for (uint256 i = 0; i < 3; i++) {
            staked += STAKING.positionOf(solvers[i], Role.Solver).amount;
            staked += STAKING.positionOf(coordinators[i], Role.Coordinator).amount;
        }
        assertEq(TOKEN.balanceOf(address(STAKING)), staked);
    }

    /// One step of a random task, by a random account; what the contracts refuse changes nothing.
    function _step(uint256 seed) private {
        uint256 action = seed % 4;
        uint256 who = (seed >> 8) % 3;
        if (action == 0 || tasks.length == 0) {
            if (tasks.length < 4) _proposeFor((seed >> 16) % 2 == 0 ? projectId : other);
            return;
        }
        TaskId id = tasks[(seed >> 24) % tasks.length];
        if (action == 1) vm.warp(block.timestamp + (seed >> 32) % 9);
        else _act(id, who, (seed >> 40) % (ROWS + 1));
    }

    function _proposeFor(ProjectId id) private {
        if (PROJECTS.project(id).budget < TOTAL_REWARD) return;
        ProjectId kept = projectId;
        projectId = id;
        tasks.push(_propose());
        projectId = kept;
    }

    function _act(TaskId id, uint256 who, uint256 hits) private {
        Phase phase = TASKS.phase(id);
        if (phase == Phase.Commit && TASKS.solution(id, solvers[who]).commitment == 0) {
            _commit(id, solvers[who]);
        } else if (phase == Phase.GroundTruth) {
            vm.prank(proposer);
            TASKS.revealGroundTruth(id, inputs, labels, ROWS, SALT);
        } else if (phase == Phase.Reveal && TASKS.solution(id, solvers[who]).commitment != 0) {
            if (TASKS.solution(id, solvers[who]).modelId == 0) _reveal(id, solvers[who], hits);
        } else if (phase == Phase.VoteCommit && RESULTS.voteOf(id, coordinators[who]).commitment == 0) {
            if (!STAKING.isActive(coordinators[who], Role.Coordinator)) return;
            (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
            _commitVote(id, coordinators[who], list, scoresBp);
        } else {
            _settle(id, who);
        }
    }

    function _settle(TaskId id, uint256 who) private {
        (bool done,) = address(RESULTS).call(abi.encodeCall(RESULTS.score, (id, solvers[who])));
        if (!done && TASKS.phase(id) == Phase.VoteReveal) {
            (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
            vm.prank(coordinators[who]);
            (done,) = address(RESULTS).call(abi.encodeCall(RESULTS.revealVote, (id, list, scoresBp, SALT)));
        }
        if (!done) (done,) = address(RESULTS).call(abi.encodeCall(RESULTS.finalize, (id)));
        if (!done) (done,) = address(TASKS).call(abi.encodeCall(TASKS.expire, (id)));
        if (!done) (done,) = address(RESULTS).call(abi.encodeCall(RESULTS.claim, (id, solvers[who])));
        if (!done) (done,) = address(RESULTS).call(abi.encodeCall(RESULTS.claim, (id, coordinators[who])));
        if (!done) (done,) = address(RESULTS).call(abi.encodeCall(RESULTS.reportSilentVoter, (id, coordinators[who])));
    }

    /// To the end, so that no money can stay in a task for ever.
    function _drive(TaskId id) private {
        vm.warp(block.timestamp + 1 days);
        for (uint256 i = 0; i < 12; i++) {
            _settle(id, i % 3);
        }
        Phase phase = TASKS.phase(id);
        assertTrue(phase == Phase.Finalized || phase == Phase.Expired);
        assertEq(PROJECTS.taskReserve(id), 0);
    }
}
