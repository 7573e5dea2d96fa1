// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IATN} from "../../src/interfaces/IATN.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IProject, ProjectId} from "../../src/interfaces/IProject.sol";
import {IResultsRewards} from "../../src/interfaces/IResultsRewards.sol";
import {ITaskContract, Scoring, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {ITrainingDisputes} from "../../src/interfaces/ITrainingDisputes.sol";
import {ITensorStore} from "../../src/interfaces/ITensorStore.sol";
import {ATN} from "../../src/l2/ATN.sol";
import {FeeVault} from "../../src/l2/FeeVault.sol";
import {ForcedErrorRegistry} from "../../src/l2/ForcedErrorRegistry.sol";
import {ModelRegistry} from "../../src/l2/ModelRegistry.sol";
import {ParticipantStaking} from "../../src/l2/ParticipantStaking.sol";
import {Project} from "../../src/l2/Project.sol";
import {ResultsRewards} from "../../src/l2/ResultsRewards.sol";
import {TaskContract} from "../../src/l2/TaskContract.sol";
import {TensorStore} from "../../src/l2/TensorStore.sol";
import {TrainingDisputes} from "../../src/l2/TrainingDisputes.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Test} from "../Test.sol";
import {MockCommit, MockForward, MockMeta, MockMetric, MockPrice} from "./MlMocks.sol";

/// The predeploys at their addresses as the genesis puts them there, mocks of the ML precompiles, and the loop's steps.
abstract contract L2Fixture is Test {
    IATN internal constant TOKEN = IATN(Predeploys.ATN);
    IParticipantStaking internal constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    IProject internal constant PROJECTS = IProject(Predeploys.PROJECT);
    ITaskContract internal constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);
    IResultsRewards internal constant RESULTS = IResultsRewards(Predeploys.RESULTS_REWARDS);
    ITrainingDisputes internal constant TRAINING = ITrainingDisputes(Predeploys.TRAINING_DISPUTES);
    ITensorStore internal constant TENSORS = ITensorStore(Predeploys.TENSOR_STORE);
    IModelRegistry internal constant MODELS = IModelRegistry(Predeploys.MODEL_REGISTRY);
    MockMeta internal constant META = MockMeta(Predeploys.ML_META);
    MockForward internal constant FORWARD = MockForward(Predeploys.ML_FORWARD);
    MockMetric internal constant METRIC = MockMetric(Predeploys.ML_METRIC);
    MockPrice internal constant PRICES = MockPrice(Predeploys.ML_PRICE);

    uint256 internal constant START = 1_800_000_000;
    uint32 internal constant ROWS = 200;
    bytes32 internal constant SALT = keccak256("salt");
    uint256 internal constant SOLVER_REWARD = 90 ether;
    uint256 internal constant COORDINATOR_REWARD = 40 ether;
    uint256 internal constant PROPOSER_REWARD = 10 ether;
    uint256 internal constant TOTAL_REWARD = SOLVER_REWARD + COORDINATOR_REWARD + PROPOSER_REWARD;
    uint256 internal constant BUDGET = 1000 ether;

    address internal owner = makeAddr("owner");
    address internal proposer = makeAddr("proposer");
    address internal aggregator = makeAddr("aggregator");
    address internal anyone = makeAddr("anyone");
    address[3] internal solvers;
    address[3] internal coordinators;

    ProjectId internal projectId;
    bytes32 internal baseWeights;
    bytes32 internal inputs;
    bytes32 internal labels;

    function setUp() public virtual {
        vm.warp(START);
        vm.etch(Predeploys.ML_META, type(MockMeta).runtimeCode);
        vm.etch(Predeploys.ML_COMMIT, type(MockCommit).runtimeCode);
        vm.etch(Predeploys.ML_FORWARD, type(MockForward).runtimeCode);
        vm.etch(Predeploys.ML_METRIC, type(MockMetric).runtimeCode);
        vm.etch(Predeploys.ML_PRICE, type(MockPrice).runtimeCode);
        _predeploy(Predeploys.ATN, type(ATN).creationCode);
        _predeploy(Predeploys.FEE_VAULT, type(FeeVault).creationCode);
        _predeploy(Predeploys.PARTICIPANT_STAKING, type(ParticipantStaking).creationCode);
        _predeploy(Predeploys.PROJECT, type(Project).creationCode);
        _predeploy(Predeploys.TASK_CONTRACT, type(TaskContract).creationCode);
        _setMinPhase(1);
        _predeploy(Predeploys.RESULTS_REWARDS, type(ResultsRewards).creationCode);
        _predeploy(Predeploys.TRAINING_DISPUTES, type(TrainingDisputes).creationCode);
        _predeploy(Predeploys.FORCED_ERROR_REGISTRY, type(ForcedErrorRegistry).creationCode);
        _predeploy(Predeploys.TENSOR_STORE, type(TensorStore).creationCode);
        _predeploy(Predeploys.MODEL_REGISTRY, type(ModelRegistry).creationCode);

        _stake(proposer, Role.Proposer);
        _stake(aggregator, Role.Aggregator);
        for (uint256 i = 0; i < 3; i++) {
            solvers[i] = makeAddr(string.concat("solver ", vm.toString(i)));
            coordinators[i] = makeAddr(string.concat("coordinator ", vm.toString(i)));
            _stake(solvers[i], Role.Solver);
            _stake(coordinators[i], Role.Coordinator);
        }
        baseWeights = _put(1, 7, "base");
        inputs = _putRows(2, ROWS, "inputs");
        labels = _putRows(1, ROWS, "labels");
        projectId = _createProject(owner, BUDGET);
    }

    // Accounts and tensors

    function _predeploy(address at, bytes memory creationCode) internal {
        vm.etch(at, creationCode);
        (bool ok, bytes memory runtime) = at.call("");
        require(ok);
        vm.etch(at, runtime);
    }

    /// As the genesis does.
    function _setMinPhase(uint256 minPhaseSeconds) internal {
        vm.store(Predeploys.TASK_CONTRACT, bytes32(0), bytes32(minPhaseSeconds));
    }

    /// `amount` of wrapped ATN more for `account`, which approves `spender` for it.
    function _give(address account, uint256 amount, address spender) internal {
        vm.deal(account, account.balance + amount);
        vm.startPrank(account);
        TOKEN.deposit{value: amount}();
        TOKEN.approve(spender, amount);
        vm.stopPrank();
    }

    function _stake(address account, Role role) internal {
        _give(account, STAKING.minimumStake(role), address(STAKING));
        uint256 minimum = STAKING.minimumStake(role);
        vm.prank(account);
        STAKING.stake(role, minimum);
    }

    function _put(uint8 dtype, uint32 length, string memory seed) internal returns (bytes32) {
        uint32[] memory dims = new uint32[](1);
        dims[0] = length;
        return _putDims(dtype, dims, seed);
    }

    function _putRows(uint256 rank, uint32 rows, string memory seed) internal returns (bytes32) {
        uint32[] memory dims = new uint32[](rank);
        dims[0] = rows;
        if (rank == 2) dims[1] = 3;
        return _putDims(0, dims, seed);
    }

    function _putDims(uint8 dtype, uint32[] memory dims, string memory seed) internal returns (bytes32) {
        uint256 size = dtype == 0 ? 1 : 4;
        for (uint256 i = 0; i < dims.length; i++) {
            size *= dims[i];
        }
        bytes memory data = new bytes(size);
        bytes32 hash = keccak256(bytes(seed));
        for (uint256 i = 0; i < size && i < 32; i++) {
            data[i] = hash[i];
        }
        vm.deal(address(this), 100 ether);
        return TENSORS.put{value: 1 ether}(dtype, dims, data, uint64(block.timestamp + 60 days));
    }

    receive() external payable {}

    // Steps of the loop

    function _createProject(address projectOwner, uint256 budget) internal returns (ProjectId id) {
        vm.prank(projectOwner);
        id = PROJECTS.createProject("Digits", "DIG", 2 ether);
        _give(projectOwner, budget, address(PROJECTS));
        vm.startPrank(projectOwner);
        PROJECTS.fund(id, budget);
        PROJECTS.approveProposer(id, proposer, type(uint256).max);
        vm.stopPrank();
    }

    function _params() internal view returns (TaskParams memory) {
        return TaskParams({
            groundTruthCommitment: TASKS.groundTruthCommitment(proposer, inputs, labels, ROWS, SALT),
            baseWeightsId: baseWeights,
            solverReward: SOLVER_REWARD,
            coordinatorReward: COORDINATOR_REWARD,
            proposerReward: PROPOSER_REWARD,
            thresholdBp: 5000,
            commitSeconds: 12,
            groundTruthSeconds: 8,
            revealSeconds: 10,
            voteCommitSeconds: 6,
            voteRevealSeconds: 9,
            scoring: Scoring.Chain,
            stepJudge: address(0)
        });
    }

    function _propose() internal returns (TaskId) {
        return _proposeWith(_params());
    }

    function _proposeWith(TaskParams memory params) internal returns (TaskId) {
        vm.prank(proposer);
        return TASKS.propose(projectId, params, "spec");
    }

    function _model(address solver) internal pure returns (bytes memory graph) {
        return abi.encodePacked("model of ", solver);
    }

    function _update(address solver) internal returns (bytes32) {
        return _put(1, 7, string(abi.encodePacked("update of ", solver)));
    }

    function _commit(TaskId id, address solver) internal {
        bytes32 commitment = TASKS.solutionCommitment(id, solver, keccak256(_model(solver)), _update(solver), SALT);
        vm.prank(solver);
        TASKS.commitSolution(id, commitment);
    }

    function _revealGroundTruth(TaskId id) internal {
        vm.warp(TASKS.deadlines(id).commit);
        vm.prank(proposer);
        TASKS.revealGroundTruth(id, inputs, labels, ROWS, SALT);
    }

    function _reveal(TaskId id, address solver, uint256 hits) internal {
        bytes32 update = _update(solver);
        bytes32 modelId = MODELS.register(_model(solver));
        METRIC.setHits(modelId, inputs, hits);
        vm.prank(solver);
        TASKS.revealSolution(id, modelId, update, SALT);
    }

    /// A task in phase VoteCommit, with as many solutions as there are `hits`.
    function _toVoting(uint256[] memory hits) internal returns (TaskId id) {
        id = _propose();
        for (uint256 i = 0; i < hits.length; i++) {
            _commit(id, solvers[i]);
        }
        _revealGroundTruth(id);
        for (uint256 i = 0; i < hits.length; i++) {
            _reveal(id, solvers[i], hits[i]);
        }
    }

    function _hits(uint256 a, uint256 b) internal pure returns (uint256[] memory hits) {
        hits = new uint256[](2);
        (hits[0], hits[1]) = (a, b);
    }

    /// What an honest coordinator votes: the solvers in ascending order and their true scores.
    function _honestVote(TaskId id) internal view returns (address[] memory list, uint16[] memory scoresBp) {
        list = TASKS.revealedSolvers(id);
        scoresBp = new uint16[](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; j--) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
        for (uint256 i = 0; i < list.length; i++) {
            (, scoresBp[i]) = RESULTS.evaluateDown(id, TASKS.solution(id, list[i]).modelId);
        }
    }

    function _commitVote(TaskId id, address coordinator, address[] memory list, uint16[] memory scoresBp) internal {
        bytes32 commitment = RESULTS.voteCommitment(id, coordinator, list, scoresBp, SALT);
        vm.prank(coordinator);
        RESULTS.commitVote(id, commitment);
    }

    function _commitHonestVotes(TaskId id, uint256 count) internal {
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        for (uint256 i = 0; i < count; i++) {
            _commitVote(id, coordinators[i], list, scoresBp);
        }
    }

    function _scoreAll(TaskId id) internal {
        vm.warp(TASKS.deadlines(id).voteCommit);
        address[] memory list = TASKS.revealedSolvers(id);
        for (uint256 i = 0; i < list.length; i++) {
            RESULTS.score(id, list[i]);
        }
    }

    function _revealHonestVotes(TaskId id, uint256 count) internal {
        (address[] memory list, uint16[] memory scoresBp) = _honestVote(id);
        for (uint256 i = 0; i < count; i++) {
            vm.prank(coordinators[i]);
            RESULTS.revealVote(id, list, scoresBp, SALT);
        }
    }

    /// The whole loop to Finalized, with `votes` honest coordinators.
    function _toFinalized(uint256[] memory hits, uint256 votes) internal returns (TaskId id) {
        id = _toVoting(hits);
        _commitHonestVotes(id, votes);
        _scoreAll(id);
        _revealHonestVotes(id, votes);
        RESULTS.finalize(id);
    }
}
