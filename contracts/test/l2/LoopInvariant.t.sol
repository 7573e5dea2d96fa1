// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IForcedErrorRegistry, TrapId} from "../../src/interfaces/IForcedErrorRegistry.sol";
import {Role, StakePosition} from "../../src/interfaces/IParticipantStaking.sol";
import {ProjectId} from "../../src/interfaces/IProject.sol";
import {Phase, Scoring, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {Duties} from "../../src/lib/Duties.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Test} from "../Test.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// Does with the loop whatever its participants can, in any order; what the contracts refuse changes nothing.
contract LoopActor is VotesFixture {
    IForcedErrorRegistry private constant ERRORS = IForcedErrorRegistry(Predeploys.FORCED_ERROR_REGISTRY);

    ProjectId[2] private projects;
    TaskId[] private tasks;
    uint256 public tokenSupply;

    constructor() {
        setUp();
        _people(3, 3);
        projects = [projectId, _createProject(anyone, BUDGET)];
        _give(anyone, 100 ether, address(ERRORS));
        tokenSupply = _allTokens();
    }

    // What may be done

    function propose(uint8 project, bool byVotes, uint8 minutesEach) external {
        if (tasks.length == 6) return;
        TaskParams memory params = byVotes ? _votedParams() : _params();
        params.commitSeconds += uint32(minutesEach) * 60;
        vm.prank(proposer);
        (bool done, bytes memory id) =
            address(TASKS).call(abi.encodeCall(TASKS.propose, (projects[project % 2], params, "spec")));
        if (done) tasks.push(abi.decode(id, (TaskId)));
    }

    function wait(uint32 duration) external {
        vm.warp(vm.getBlockTimestamp() + bound(duration, 1, 30));
    }

    function solve(uint8 task, uint8 who) public {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        address solver = trainees[who % 3];
        (bytes32 model, bytes32 update) = _work(id, solver);
        _as(solver, address(TASKS), abi.encodeCall(TASKS.revealSolution, (id, model, update, SALT)));
        bytes32 commitment = TASKS.solutionCommitment(id, solver, model, update, SALT);
        _as(solver, address(TASKS), abi.encodeCall(TASKS.commitSolution, (id, commitment)));
    }

    /// Traps that nobody will reveal.
    function trap(uint8 task) external {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        _as(anyone, address(ERRORS), abi.encodeCall(ERRORS.commitTrap, (id, "trap", 1 ether)));
        _as(anyone, address(ERRORS), abi.encodeCall(ERRORS.forfeit, (TrapId.wrap(uint256(task) % 8))));
    }

    function revealGroundTruth(uint8 task) public {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        _as(proposer, address(TASKS), abi.encodeCall(TASKS.revealGroundTruth, (id, inputs, labels, ROWS, SALT)));
    }

    /// The vote follows from task, voter and solution, so that it can be revealed without being kept.
    function vote(uint8 task, uint8 who) public {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        address voter = voters[who % 3];
        (address[] memory list, uint16[] memory scoresBp) = _opinion(id, voter);
        _as(voter, address(RESULTS), abi.encodeCall(RESULTS.revealVote, (id, list, scoresBp, SALT)));
        bytes32 commitment = RESULTS.voteCommitment(id, voter, list, scoresBp, SALT);
        _as(voter, address(RESULTS), abi.encodeCall(RESULTS.commitVote, (id, commitment)));
    }

    function score(uint8 task, uint8 who, uint8 columns) public {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.score, (id, trainees[who % 3])));
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.settle, (id, columns % 4)));
    }

    function close(uint8 task, uint8 who) public {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.finalize, (id)));
        _as(anyone, address(TASKS), abi.encodeCall(TASKS.expire, (id)));
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.claim, (id, trainees[who % 3])));
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.claim, (id, voters[who % 3])));
    }

    function report(uint8 task, uint8 who) external {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        _as(anyone, address(TASKS), abi.encodeCall(TASKS.reportSilentProposer, (id)));
        _as(anyone, address(TASKS), abi.encodeCall(TASKS.reportSilentSolver, (id, trainees[who % 3])));
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.reportSilentVoter, (id, voters[who % 3])));
        _as(anyone, address(TASKS), abi.encodeCall(TASKS.releaseSolver, (id, trainees[who % 3])));
        _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.releaseVoter, (id, voters[who % 3])));
    }

    function leave(uint8 who, bool solver, uint16 hoursLater) external {
        address account = solver ? trainees[who % 3] : voters[who % 3];
        Role role = solver ? Role.Solver : Role.Coordinator;
        _as(account, address(STAKING), abi.encodeCall(STAKING.requestUnstake, (role)));
        if (hoursLater % 8 == 0) vm.warp(vm.getBlockTimestamp() + uint256(hoursLater % 400) * 1 hours);
        _as(account, address(STAKING), abi.encodeCall(STAKING.withdrawStake, (role)));
        uint256 minimum = STAKING.minimumStake(role);
        if (TOKEN.balanceOf(account) < minimum) return;
        _as(account, Predeploys.ATN, abi.encodeCall(TOKEN.approve, (address(STAKING), minimum)));
        _as(account, address(STAKING), abi.encodeCall(STAKING.stake, (role, minimum)));
    }

    /// Most of what is due for a task, so that many come to an end with something to pay.
    function advance(uint8 task, uint8 mask) external {
        (bool some, TaskId id) = _pick(task);
        if (!some) return;
        revealGroundTruth(task);
        for (uint8 who = 0; who < 3; who++) {
            if (mask >> who & 1 == 0) continue;
            solve(task, who);
            vote(task, who);
            score(task, who, mask);
            close(task, who);
        }
        if (mask & 8 == 0) return;
        Phase phase = TASKS.phase(id);
        if (phase == Phase.Commit) vm.warp(TASKS.deadlines(id).commit);
        if (phase == Phase.Reveal) vm.warp(TASKS.deadlines(id).reveal);
        if (phase == Phase.VoteCommit) vm.warp(TASKS.deadlines(id).voteCommit);
        if (phase == Phase.VoteReveal && mask & 16 == 0) vm.warp(TASKS.deadlines(id).voteReveal);
    }

    // What must hold

    function assertStakesAreWhatIsHeld() external view {
        uint256 staked = 0;
        for (uint256 role = 0; role < 5; role++) {
            staked += STAKING.positionOf(proposer, Role(role)).amount;
            staked += STAKING.positionOf(aggregator, Role(role)).amount;
            for (uint256 i = 0; i < 3; i++) {
                staked += STAKING.positionOf(solvers[i], Role(role)).amount;
                staked += STAKING.positionOf(coordinators[i], Role(role)).amount;
                staked += STAKING.positionOf(trainees[i], Role(role)).amount;
                staked += STAKING.positionOf(voters[i], Role(role)).amount;
            }
        }
        assertEq(TOKEN.balanceOf(address(STAKING)), staked);
    }

    /// What open duties have pledged is there, and belongs to one duty each.
    function assertPledgesAreStaked() public view {
        _assertPledges(proposer, Role.Proposer);
        for (uint256 i = 0; i < 3; i++) {
            _assertPledges(trainees[i], Role.Solver);
            _assertPledges(voters[i], Role.Coordinator);
        }
    }

    function _assertPledges(address account, Role role) private view {
        uint256 pledged = 0;
        for (uint256 i = 0; i < tasks.length; i++) {
            pledged += STAKING.pledgeOf(role, account, Duties.ofTask(tasks[i]));
        }
        StakePosition memory position = STAKING.positionOf(account, role);
        assertEq(position.pledged, pledged);
        assertLe(pledged, position.amount);
    }

    function assertProjectsHoldWhatTheyOwe() external view {
        uint256 owed = PROJECTS.project(projects[0]).budget + PROJECTS.project(projects[1]).budget;
        for (uint256 i = 0; i < tasks.length; i++) {
            owed += PROJECTS.taskReserve(tasks[i]);
        }
        assertEq(TOKEN.balanceOf(address(PROJECTS)), owed);
        assertEq(_allTokens(), tokenSupply);
    }

    /// Whatever was done: once time has passed, every task can be closed and every wei of its reserve leaves it.
    function assertEveryTaskEnds() external {
        vm.warp(vm.getBlockTimestamp() + 31 days);
        for (uint256 i = 0; i < tasks.length; i++) {
            TaskId id = tasks[i];
            _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.settle, (id, 100)));
            if (RESULTS.canFinalize(id)) RESULTS.finalize(id);
            Phase phase = TASKS.phase(id);
            if (phase == Phase.Lapsed || phase == Phase.Ended) TASKS.expire(id);
            phase = TASKS.phase(id);
            assertTrue(phase == Phase.Finalized || phase == Phase.Expired);
            for (uint256 k = 0; k < 3; k++) {
                if (RESULTS.claimableDown(id, trainees[k]) != 0) RESULTS.claim(id, trainees[k]);
                if (RESULTS.claimableDown(id, voters[k]) != 0) RESULTS.claim(id, voters[k]);
            }
            assertEq(PROJECTS.taskReserve(id), 0);
            _endDuties(id);
        }
        assertPledgesAreStaked();
        assertEq(STAKING.positionOf(proposer, Role.Proposer).pledged, 0);
        for (uint256 k = 0; k < 3; k++) {
            assertEq(STAKING.positionOf(trainees[k], Role.Solver).pledged, 0);
            assertEq(STAKING.positionOf(voters[k], Role.Coordinator).pledged, 0);
        }
    }

    /// Whoever was silent is reported, whoever was not is released: both by anyone.
    function _endDuties(TaskId id) private {
        _as(anyone, address(TASKS), abi.encodeCall(TASKS.reportSilentProposer, (id)));
        for (uint256 k = 0; k < 3; k++) {
            _as(anyone, address(TASKS), abi.encodeCall(TASKS.reportSilentSolver, (id, trainees[k])));
            _as(anyone, address(TASKS), abi.encodeCall(TASKS.releaseSolver, (id, trainees[k])));
            _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.reportSilentVoter, (id, voters[k])));
            _as(anyone, address(RESULTS), abi.encodeCall(RESULTS.releaseVoter, (id, voters[k])));
        }
    }

    // How

    function _pick(uint256 seed) private view returns (bool some, TaskId id) {
        if (tasks.length == 0) return (false, id);
        return (true, tasks[seed % tasks.length]);
    }

    function _as(address account, address target, bytes memory data) private {
        vm.prank(account);
        (bool done,) = target.call(data);
        done; // Refusals are outcomes.
    }

    /// With Scoring.Chain the model is registered and its hits are set.
    function _work(TaskId id, address solver) private returns (bytes32 model, bytes32 update) {
        if (TASKS.task(id).params.scoring == Scoring.Votes) return (_modelOf(solver), _updateOf(solver));
        model = MODELS.register(_model(solver));
        METRIC.setHits(model, inputs, uint160(solver) % (ROWS + 1));
        update = _update(solver);
    }

    function _opinion(TaskId id, address voter) private view returns (address[] memory list, uint16[] memory scoresBp) {
        list = TASKS.revealedSolvers(id);
        for (uint256 i = 1; i < list.length; i++) {
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; j--) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
        scoresBp = new uint16[](list.length);
        bool votes = TASKS.task(id).params.scoring == Scoring.Votes;
        for (uint256 i = 0; i < list.length; i++) {
            scoresBp[i] = votes
                ? uint16(uint256(keccak256(abi.encode(id, voter, list[i]))) % 10_001)
                : uint16(uint160(list[i]) % (ROWS + 1) * 10_000 / ROWS);
        }
    }

    /// ATN of everyone that the loop can pay, and of the loop.
    function _allTokens() private view returns (uint256 sum) {
        sum = TOKEN.balanceOf(address(PROJECTS)) + TOKEN.balanceOf(address(STAKING));
        sum += TOKEN.balanceOf(Predeploys.TIMELOCK) + TOKEN.balanceOf(proposer) + TOKEN.balanceOf(aggregator);
        sum += TOKEN.balanceOf(address(ERRORS)) + TOKEN.balanceOf(anyone);
        for (uint256 i = 0; i < 3; i++) {
            sum += TOKEN.balanceOf(trainees[i]) + TOKEN.balanceOf(voters[i]);
        }
    }
}

contract LoopInvariantTest is Test {
    LoopActor private actor;

    function setUp() public {
        actor = new LoopActor();
        targetContract(address(actor));
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = LoopActor.propose.selector;
        selectors[1] = LoopActor.wait.selector;
        selectors[2] = LoopActor.solve.selector;
        selectors[3] = LoopActor.revealGroundTruth.selector;
        selectors[4] = LoopActor.vote.selector;
        selectors[5] = LoopActor.score.selector;
        selectors[6] = LoopActor.close.selector;
        selectors[7] = LoopActor.report.selector;
        selectors[8] = LoopActor.leave.selector;
        selectors[9] = LoopActor.advance.selector;
        selectors[10] = LoopActor.trap.selector;
        targetSelectors(address(actor), selectors);
    }

    /// forge-config: default.invariant.runs = 24
    /// forge-config: ci.invariant.runs = 40
    /// forge-config: ci.invariant.depth = 96
    function invariant_nobody_is_paid_from_nothing_and_stakes_and_projects_hold_what_they_owe() public view {
        actor.assertStakesAreWhatIsHeld();
        actor.assertPledgesAreStaked();
        actor.assertProjectsHoldWhatTheyOwe();
    }

    function afterInvariant() public {
        actor.assertEveryTaskEnds();
        actor.assertStakesAreWhatIsHeld();
        actor.assertProjectsHoldWhatTheyOwe();
    }
}
