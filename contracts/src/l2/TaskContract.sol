// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {IProject, ProjectId} from "../interfaces/IProject.sol";
import {IResultsRewards} from "../interfaces/IResultsRewards.sol";
import {IStepJudge} from "../interfaces/IStepJudge.sol";
import {
    Deadlines,
    ITaskContract,
    Phase,
    Scoring,
    Solution,
    Task,
    TaskId,
    TaskParams
} from "../interfaces/ITaskContract.sol";
import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {Duties} from "../lib/Duties.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {Tensors} from "../lib/Tensors.sol";

contract TaskContract is ITaskContract {
    /// Solvers need time to train, but no task may stay open for ever.
    uint256 public constant MAX_COMMIT_SECONDS = 30 days;
    /// Bound of every later phase: twice all four of them end within the shortest exit delay of a stake.
    uint256 public constant MAX_PHASE_SECONDS = 8 hours;
    /// How long tensors stay readable after voting, for the aggregator.
    uint256 public constant AGGREGATION_SECONDS = 1 hours;
    uint256 public constant MAX_SPEC_BYTES = 8192;
    /// Of one task, so that it can always be settled. To take all places needs as many stakes, which pay for their silence.
    uint256 public constant MAX_SOLUTIONS = 1024;
    uint16 public constant MAX_SCORE_BP = 10_000;
    /// A tenth of the minimum stake each, and pledged: what a proposer can lose by a task, and a solver where no training is judged.
    uint256 public constant SILENT_PROPOSER_PENALTY = 10 ether;
    uint256 public constant SILENT_SOLVER_PENALTY = 5 ether;
    /// What a solver pledges where its training can be disputed: the bond of TrainingDisputes.
    uint256 public constant TRAINING_PLEDGE = 25 ether;

    IParticipantStaking private constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    IProject private constant PROJECTS = IProject(Predeploys.PROJECT);
    IResultsRewards private constant RESULTS = IResultsRewards(Predeploys.RESULTS_REWARDS);
    ITrainingDisputes private constant TRAINING = ITrainingDisputes(Predeploys.TRAINING_DISPUTES);
    IModelRegistry private constant MODELS = IModelRegistry(Predeploys.MODEL_REGISTRY);

    // Slot 0, written by the genesis.
    /// @inheritdoc ITaskContract
    uint256 public minPhaseSeconds = 1 hours;
    /// @inheritdoc ITaskContract
    uint256 public taskCount;
    mapping(TaskId => Task) private _tasks;
    mapping(TaskId => mapping(address solver => Solution)) private _solutions;
    mapping(TaskId => address[]) private _revealed;

    /// @inheritdoc ITaskContract
    function propose(ProjectId projectId, TaskParams calldata params, bytes calldata spec)
        external
        returns (TaskId taskId)
    {
        if (!STAKING.isActive(msg.sender, Role.Proposer)) revert NotActiveProposer(msg.sender);
        if (spec.length > MAX_SPEC_BYTES) revert SpecTooLong(spec.length);
        _checkParams(params);
        bytes32 current = PROJECTS.matureModel(projectId).weightsId;
        if (current != 0 && current != params.baseWeightsId) revert StaleBaseWeights(current, params.baseWeightsId);

        taskId = TaskId.wrap(++taskCount);
        Task storage t = _tasks[taskId];
        t.projectId = projectId;
        t.proposer = msg.sender;
        t.proposedAt = uint64(block.timestamp);
        t.specHash = keccak256(spec);
        t.params = params;
        if (params.scoring == Scoring.Chain) Tensors.requireWeights(params.baseWeightsId, leaseNeeded(taskId));
        emit TaskProposed(taskId, projectId, msg.sender, deadlines(taskId).commit, params, spec);
        uint256 total = params.solverReward + params.coordinatorReward + params.proposerReward;
        PROJECTS.fundTask(projectId, taskId, msg.sender, total);
        STAKING.pledge(Role.Proposer, msg.sender, SILENT_PROPOSER_PENALTY, Duties.ofTask(taskId));
    }

    /// @inheritdoc ITaskContract
    function commitSolution(TaskId taskId, bytes32 commitment) external {
        Task storage t = _inPhase(taskId, Phase.Commit);
        if (msg.sender == t.proposer) revert ProposerCannotSolve(msg.sender);
        if (!STAKING.isActive(msg.sender, Role.Solver)) revert NotActiveSolver(msg.sender);
        if (commitment == 0) revert EmptyCommitment();
        _requireJudge(taskId, t.params.stepJudge);
        Solution storage s = _solutions[taskId][msg.sender];
        if (s.commitment != 0) revert AlreadyCommitted(msg.sender);
        if (t.committedCount == MAX_SOLUTIONS) revert TooManySolutions(MAX_SOLUTIONS);
        s.commitment = commitment;
        t.committedCount++;
        emit SolutionCommitted(taskId, msg.sender, commitment);
        uint256 atStake = t.params.stepJudge == address(0) ? SILENT_SOLVER_PENALTY : TRAINING_PLEDGE;
        STAKING.pledge(Role.Solver, msg.sender, atStake, Duties.ofTask(taskId));
    }

    /// @inheritdoc ITaskContract
    function revealGroundTruth(TaskId taskId, bytes32 inputsId, bytes32 labelsId, uint32 count, bytes32 salt) external {
        Task storage t = _inPhase(taskId, Phase.GroundTruth);
        if (msg.sender != t.proposer) revert NotProposer(msg.sender);
        _requireMatch(
            t.params.groundTruthCommitment, groundTruthCommitment(msg.sender, inputsId, labelsId, count, salt)
        );
        if (t.params.scoring == Scoring.Chain) {
            uint256 needed = leaseNeeded(taskId);
            Tensors.requireRows(inputsId, 2, count, needed);
            Tensors.requireRows(labelsId, 1, count, needed);
        } else if (count == 0) {
            revert EmptyGroundTruth();
        }
        t.groundTruthAt = uint64(block.timestamp);
        t.count = count;
        t.inputsId = inputsId;
        t.labelsId = labelsId;
        emit GroundTruthRevealed(taskId, inputsId, labelsId, count, deadlines(taskId).reveal);
        STAKING.release(Role.Proposer, msg.sender, Duties.ofTask(taskId));
    }

    /// @inheritdoc ITaskContract
    function revealSolution(TaskId taskId, bytes32 modelId, bytes32 updateId, bytes32 salt) external {
        Task storage t = _inPhase(taskId, Phase.Reveal);
        Solution storage s = _solutions[taskId][msg.sender];
        if (s.commitment == 0) revert NotCommitted(msg.sender);
        if (s.modelId != 0) revert AlreadyRevealed(msg.sender);
        _requireMatch(s.commitment, solutionCommitment(taskId, msg.sender, modelId, updateId, salt));
        if (t.params.stepJudge != address(0)) {
            bytes32 last = TRAINING.finalState(taskId, msg.sender);
            if (last == 0 || last != updateId) revert NoTrace(msg.sender, updateId);
        }
        if (modelId == 0) revert ModelNotRegistered(modelId);
        if (t.params.scoring == Scoring.Chain) {
            if (!MODELS.isRegistered(modelId)) revert ModelNotRegistered(modelId);
            Tensors.requireSameShape(updateId, t.params.baseWeightsId);
            Tensors.requireLease(updateId, leaseNeeded(taskId));
        }
        s.modelId = modelId;
        s.updateId = updateId;
        _revealed[taskId].push(msg.sender);
        s.position = t.revealedCount + 1;
        emit SolutionRevealed(taskId, msg.sender, modelId, updateId);
        if (++t.revealedCount == t.committedCount) {
            t.allRevealedAt = uint64(block.timestamp);
            Deadlines memory d = deadlines(taskId);
            emit RevealsComplete(taskId, d.voteCommit, d.voteReveal);
        }
        if (t.params.stepJudge == address(0)) STAKING.release(Role.Solver, msg.sender, Duties.ofTask(taskId));
    }

    /// @inheritdoc ITaskContract
    function expire(TaskId taskId) external {
        Phase current = phase(taskId);
        if (current != Phase.Lapsed && current != Phase.Ended) revert WrongPhase(taskId, current);
        if (current == Phase.Ended && RESULTS.hasQuorum(taskId)) revert EnoughVotes(taskId);
        _tasks[taskId].outcome = Phase.Expired;
        emit TaskExpired(taskId);
        // Nobody asked for the ground truth.
        Task storage t = _tasks[taskId];
        if (t.committedCount == 0) STAKING.release(Role.Proposer, t.proposer, Duties.ofTask(taskId));
        PROJECTS.releaseTask(t.projectId, taskId, PROJECTS.taskReserve(taskId));
    }

    /// @inheritdoc ITaskContract
    function reportSilentProposer(TaskId taskId) external {
        Task storage t = _tasks[taskId];
        bool over = t.proposer != address(0) && block.timestamp >= deadlines(taskId).groundTruth;
        if (!over || t.committedCount == 0 || t.groundTruthAt != 0) revert NotSilent(t.proposer);
        if (t.proposerPenalized) revert AlreadyPenalized(t.proposer);
        t.proposerPenalized = true;
        uint256 taken = STAKING.penalizePledge(
            Role.Proposer, t.proposer, SILENT_PROPOSER_PENALTY, Duties.ofTask(taskId), Predeploys.TIMELOCK
        );
        emit SilentProposerPenalized(taskId, t.proposer, taken);
    }

    /// @inheritdoc ITaskContract
    function reportSilentSolver(TaskId taskId, address solver) external {
        Solution storage s = _solutions[taskId][solver];
        if (s.commitment == 0) revert NotCommitted(solver);
        // Before the ground truth is there, `reveal` is 0.
        uint256 end = deadlines(taskId).reveal;
        if (end == 0 || block.timestamp < end || s.position != 0) revert NotSilent(solver);
        if (s.penalized) revert AlreadyPenalized(solver);
        s.penalized = true;
        bytes32 duty = Duties.ofTask(taskId);
        uint256 taken = STAKING.penalizePledge(Role.Solver, solver, SILENT_SOLVER_PENALTY, duty, Predeploys.TIMELOCK);
        emit SilentSolverPenalized(taskId, solver, taken);
        STAKING.release(Role.Solver, solver, duty);
    }

    /// @inheritdoc ITaskContract
    function releaseSolver(TaskId taskId, address solver) external returns (uint256 released) {
        if (_solutions[taskId][solver].commitment == 0) revert NotCommitted(solver);
        if (!_solverIsDone(taskId, solver)) revert DutyNotOver(taskId, solver);
        return STAKING.release(Role.Solver, solver, Duties.ofTask(taskId));
    }

    /// @inheritdoc ITaskContract
    function markFinalized(TaskId taskId) external {
        if (msg.sender != Predeploys.RESULTS_REWARDS) revert NotResultsRewards(msg.sender);
        Phase current = phase(taskId);
        if (current != Phase.VoteReveal && current != Phase.Ended) revert WrongPhase(taskId, current);
        _tasks[taskId].outcome = Phase.Finalized;
        emit TaskFinalized(taskId);
    }

    /// @inheritdoc ITaskContract
    function phase(TaskId taskId) public view returns (Phase) {
        Task storage t = _tasks[taskId];
        if (t.proposer == address(0)) return Phase.None;
        if (t.outcome != Phase.None) return t.outcome;
        Deadlines memory d = deadlines(taskId);
        if (block.timestamp < d.commit) return Phase.Commit;
        if (t.committedCount == 0) return Phase.Lapsed;
        if (t.groundTruthAt == 0) return block.timestamp < d.groundTruth ? Phase.GroundTruth : Phase.Lapsed;
        if (block.timestamp < d.reveal) return Phase.Reveal;
        if (t.revealedCount == 0) return Phase.Lapsed;
        if (block.timestamp < d.voteCommit) return Phase.VoteCommit;
        return block.timestamp < d.voteReveal ? Phase.VoteReveal : Phase.Ended;
    }

    /// @inheritdoc ITaskContract
    function deadlines(TaskId taskId) public view returns (Deadlines memory d) {
        Task storage t = _tasks[taskId];
        if (t.proposer == address(0)) return d;
        d.commit = t.proposedAt + t.params.commitSeconds;
        d.groundTruth = d.commit + t.params.groundTruthSeconds;
        if (t.groundTruthAt == 0) return d;
        d.reveal = t.allRevealedAt != 0 ? t.allRevealedAt : t.groundTruthAt + t.params.revealSeconds;
        d.voteCommit = d.reveal + t.params.voteCommitSeconds;
        d.voteReveal = d.voteCommit + t.params.voteRevealSeconds;
    }

    /// @inheritdoc ITaskContract
    function task(TaskId taskId) external view returns (Task memory) {
        return _tasks[taskId];
    }

    /// @inheritdoc ITaskContract
    function solution(TaskId taskId, address solver) external view returns (Solution memory) {
        return _solutions[taskId][solver];
    }

    /// @inheritdoc ITaskContract
    function revealedSolvers(TaskId taskId) external view returns (address[] memory) {
        return _revealed[taskId];
    }

    /// @inheritdoc ITaskContract
    function leaseNeeded(TaskId taskId) public view returns (uint256) {
        TaskParams storage p = _tasks[taskId].params;
        return uint256(_tasks[taskId].proposedAt) + p.commitSeconds + p.groundTruthSeconds + p.revealSeconds
            + p.voteCommitSeconds + p.voteRevealSeconds + AGGREGATION_SECONDS;
    }

    /// @inheritdoc ITaskContract
    function solutionCommitment(TaskId taskId, address solver, bytes32 modelId, bytes32 updateId, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        bytes32 solutionHash = keccak256(abi.encode(modelId, updateId));
        return keccak256(abi.encode(block.chainid, taskId, solver, solutionHash, salt));
    }

    /// @inheritdoc ITaskContract
    function groundTruthCommitment(address proposer, bytes32 inputsId, bytes32 labelsId, uint32 count, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, proposer, inputsId, labelsId, count, salt));
    }

    function _inPhase(TaskId taskId, Phase needed) private view returns (Task storage) {
        Phase current = phase(taskId);
        if (current != needed) revert WrongPhase(taskId, current);
        return _tasks[taskId];
    }

    /// Nothing that `solver` has done or not done in the task can cost it any more. Not so for silence: who reports it ends it.
    function _solverIsDone(TaskId taskId, address solver) private view returns (bool) {
        Task storage t = _tasks[taskId];
        if (t.groundTruthAt == 0) return block.timestamp >= deadlines(taskId).groundTruth;
        if (_solutions[taskId][solver].position == 0) return false;
        if (t.params.stepJudge == address(0)) return true;
        // From here on nobody can open a dispute.
        Phase current = phase(taskId);
        bool ended = current == Phase.Ended || current == Phase.Finalized || current == Phase.Expired;
        return ended && TRAINING.openDisputes(taskId) == 0;
    }

    /// Whoever committed to a training without a rule would lose every dispute over it.
    function _requireJudge(TaskId taskId, address stepJudge) private view {
        if (stepJudge != address(0) && !IStepJudge(stepJudge).isReady(taskId)) revert JudgeNotReady(taskId);
    }

    function _checkParams(TaskParams calldata params) private view {
        if (params.stepJudge != address(0) && !TRAINING.isApproved(params.stepJudge)) {
            revert JudgeNotApproved(params.stepJudge);
        }
        if (params.groundTruthCommitment == 0) revert EmptyCommitment();
        if (params.thresholdBp > MAX_SCORE_BP) revert ThresholdTooHigh(params.thresholdBp);
        _checkDuration(params.commitSeconds, MAX_COMMIT_SECONDS);
        _checkDuration(params.groundTruthSeconds, MAX_PHASE_SECONDS);
        _checkDuration(params.revealSeconds, MAX_PHASE_SECONDS);
        _checkDuration(params.voteCommitSeconds, MAX_PHASE_SECONDS);
        _checkDuration(params.voteRevealSeconds, MAX_PHASE_SECONDS);
    }

    function _checkDuration(uint256 durationSeconds, uint256 max) private view {
        uint256 min = minPhaseSeconds;
        if (durationSeconds < min || durationSeconds > max) revert DurationOutOfBounds(durationSeconds, min, max);
    }

    function _requireMatch(bytes32 committed, bytes32 revealed) private pure {
        if (committed != revealed) revert CommitmentMismatch(committed, revealed);
    }
}
