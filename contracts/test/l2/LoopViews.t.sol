// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrapId} from "../../src/interfaces/IForcedErrorRegistry.sol";
import {ProjectId} from "../../src/interfaces/IProject.sol";
import {Phase, TaskId} from "../../src/interfaces/ITaskContract.sol";
import {ForcedErrorRegistry} from "../../src/l2/ForcedErrorRegistry.sol";
import {Project} from "../../src/l2/Project.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// What anybody can ask the contracts of the loop.
contract LoopViewsTest is VotesFixture {
    Project private constant PROJECT = Project(Predeploys.PROJECT);
    ForcedErrorRegistry private constant ERRORS = ForcedErrorRegistry(Predeploys.FORCED_ERROR_REGISTRY);
    address private creator = makeAddr("creator");

    function setUp() public override {
        super.setUp();
        _predeploy(Predeploys.FORCED_ERROR_REGISTRY, type(ForcedErrorRegistry).creationCode);
    }

    function testFuzz_projects_and_tasks_are_numbered_from_1(uint8 projects, uint8 tasks) public {
        projects = uint8(bound(projects, 0, 6));
        tasks = uint8(bound(tasks, 0, 6));
        assertEq(PROJECT.projectCount(), 1);
        for (uint256 i = 0; i < projects; i++) {
            ProjectId id = PROJECTS.createProject("Other", "O", 1 ether);
            assertEq(ProjectId.unwrap(id), PROJECT.projectCount());
        }
        assertEq(PROJECT.projectCount(), 1 + uint256(projects));
        for (uint256 i = 0; i < tasks; i++) {
            assertEq(TaskId.unwrap(_propose()), i + 1);
        }
        assertEq(TASKS.taskCount(), tasks);
    }

    function testFuzz_solvers_are_listed_as_they_revealed(uint256 order, uint8 count) public {
        count = uint8(bound(count, 0, 3));
        TaskId id = _propose();
        for (uint256 i = 0; i < 3; i++) {
            _commit(id, solvers[i]);
        }
        _revealGroundTruth(id);
        address[] memory expected = new address[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 at = i + (order >> 8 * i) % (3 - i);
            (solvers[i], solvers[at]) = (solvers[at], solvers[i]);
            expected[i] = solvers[i];
            _reveal(id, solvers[i], 10);
            assertEq(TASKS.solution(id, solvers[i]).position, i + 1);
        }
        assertEq(abi.encode(TASKS.revealedSolvers(id)), abi.encode(expected));
        assertEq(TASKS.task(id).revealedCount, count);
    }

    function testFuzz_a_score_is_the_share_of_hits_rounded_down(uint32 hits) public {
        hits = uint32(bound(hits, 0, ROWS));
        TaskId id = _toVoting(_hits(hits, 0));
        (uint32 measured, uint16 scoreBp) = RESULTS.evaluateDown(id, keccak256(_model(solvers[0])));
        assertEq(measured, hits);
        assertEq(scoreBp, uint256(hits) * 10_000 / ROWS);
    }

    /// Whatever of the votes and scores is there: what the view says is what the transaction does.
    function testFuzz_finalizing_is_possible_when_it_says_so(uint8 committed, uint8 revealed, bool scored, bool over)
        public
    {
        committed = uint8(bound(committed, 0, 3));
        revealed = uint8(bound(revealed, 0, committed));
        TaskId id = _toVoting(_hits(150, 50));
        _commitHonestVotes(id, committed);
        vm.warp(TASKS.deadlines(id).voteCommit);
        if (scored) _scoreAll(id);
        _revealHonestVotes(id, revealed);
        assertEq(RESULTS.hasQuorum(id), revealed >= 2);
        if (over) vm.warp(TASKS.deadlines(id).voteReveal);
        bool expected = revealed >= 2 && (over || (scored && revealed == committed));
        assertEq(RESULTS.canFinalize(id), expected);
        (bool ok,) = address(RESULTS).call(abi.encodeCall(RESULTS.finalize, (id)));
        assertEq(ok, expected);
        assertFalse(RESULTS.canFinalize(id));
    }

    function testFuzz_voters_are_listed_as_they_committed(uint8 count, uint256 order) public {
        count = uint8(bound(count, 0, 5));
        _people(5, 2);
        TaskId id = _toVotes();
        address[] memory expected = new address[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 at = i + (order >> 8 * i) % (5 - i);
            (voters[i], voters[at]) = (voters[at], voters[i]);
            expected[i] = voters[i];
            _castVote(id, voters[i], _row(8000, 2000));
        }
        assertEq(abi.encode(RESULTS.votersOf(id)), abi.encode(expected));
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < count; i++) {
            assertEq(RESULTS.hasQuorum(id), i >= 2);
            _showVote(id, voters[i], _row(8000, 2000));
        }
        assertEq(RESULTS.hasQuorum(id), count >= 2);
    }

    function testFuzz_traps_are_numbered_from_1(uint8 count, bytes32 commitment) public {
        vm.assume(commitment != 0);
        count = uint8(bound(count, 0, 8));
        TaskId id = _proposeWith(_votedParams());
        uint256 jackpot = ERRORS.MIN_JACKPOT();
        _give(creator, jackpot * count, address(ERRORS));
        for (uint256 i = 0; i < count; i++) {
            vm.prank(creator);
            assertEq(TrapId.unwrap(ERRORS.commitTrap(id, commitment ^ bytes32(i << 128), jackpot)), i + 1);
        }
        assertEq(ERRORS.trapCount(), count);
        assertEq(TOKEN.balanceOf(address(ERRORS)), jackpot * count);
    }

    function testFuzz_traps_can_be_revealed_until_some_time_after_the_vote(uint256 unknown, bool all) public {
        TaskId id = _propose();
        vm.assume(unknown != TaskId.unwrap(id));
        assertEq(ERRORS.revealDeadline(TaskId.wrap(unknown)), 0);
        _commit(id, solvers[0]);
        _commit(id, solvers[1]);
        assertEq(ERRORS.revealDeadline(id), 0);
        _revealGroundTruth(id);
        // The phases of _params() from here: 10, 6 and 9 seconds.
        assertEq(ERRORS.revealDeadline(id), block.timestamp + 25 + 3 hours);
        vm.warp(block.timestamp + 3);
        _reveal(id, solvers[0], 1);
        if (all) _reveal(id, solvers[1], 1);
        assertTrue(TASKS.phase(id) == (all ? Phase.VoteCommit : Phase.Reveal));
        assertEq(ERRORS.revealDeadline(id), block.timestamp + (all ? 15 : 22) + 3 hours);
    }

    function testFuzz_a_judge_is_approved_while_the_dao_says_so(address stepJudge, bool[4] calldata says) public {
        assertFalse(TRAINING.isApproved(stepJudge));
        for (uint256 i = 0; i < 4; i++) {
            vm.prank(Predeploys.TIMELOCK);
            TRAINING.setJudge(stepJudge, says[i]);
            assertEq(TRAINING.isApproved(stepJudge), says[i]);
        }
    }
}
