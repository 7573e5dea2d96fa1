// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {IResultsRewards} from "../interfaces/IResultsRewards.sol";
import {IStepJudge} from "../interfaces/IStepJudge.sol";
import {ITaskContract, Phase, Task, TaskId} from "../interfaces/ITaskContract.sol";
import {Dispute, DisputeId, ITrainingDisputes, Trace, Turn} from "../interfaces/ITrainingDisputes.sol";
import {Duties} from "../lib/Duties.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {TraceTree} from "../lib/TraceTree.sol";

contract TrainingDisputes is ITrainingDisputes, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint32 public constant MAX_STEPS = 1 << 16;
    /// For one move, so that a move which the sequencer leaves out can be forced where the force window is an hour. 16 rounds of two
    /// moves and the judgement end in 99 hours: longer than a solver's exit delay, so TaskContract keeps its pledge until they are over.
    uint64 public constant MOVE_SECONDS = 3 hours;
    /// What each side can lose: the challenger its bond, to the solver; the solver as much of its stake, half to the challenger and half
    /// to the treasury, so that nobody gains by challenging itself.
    uint256 public constant BOND = 25 ether;

    IERC20 private constant ATN = IERC20(Predeploys.ATN);
    IParticipantStaking private constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    ITaskContract private constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);
    IResultsRewards private constant RESULTS = IResultsRewards(Predeploys.RESULTS_REWARDS);

    /// @inheritdoc ITrainingDisputes
    uint256 public disputeCount;
    /// @inheritdoc ITrainingDisputes
    mapping(address stepJudge => bool) public isApproved;
    /// @inheritdoc ITrainingDisputes
    mapping(TaskId => uint256) public openDisputes;
    mapping(TaskId => mapping(address solver => Trace)) private _traces;
    mapping(DisputeId => Dispute) private _disputes;
    mapping(TaskId => mapping(address solver => mapping(address challenger => bool))) private _challenged;

    /// @inheritdoc ITrainingDisputes
    function setJudge(address stepJudge, bool approved) external {
        if (msg.sender != Predeploys.TIMELOCK) revert NotTimelock(msg.sender);
        isApproved[stepJudge] = approved;
        emit JudgeApproved(stepJudge, approved);
    }

    /// @inheritdoc ITrainingDisputes
    function publishTrace(TaskId taskId, bytes32 root, uint32 steps) external {
        if (TASKS.phase(taskId) != Phase.Commit) revert WrongPhase(taskId);
        if (TASKS.solution(taskId, msg.sender).commitment == 0) revert NotCommitted(msg.sender);
        if (root == 0 || steps == 0) revert EmptyTrace();
        if (steps > MAX_STEPS) revert TooManySteps(steps, MAX_STEPS);
        Trace storage trace = _traces[taskId][msg.sender];
        if (trace.root != 0) revert AlreadyPublished(msg.sender);
        (trace.root, trace.steps) = (root, steps);
        emit TracePublished(taskId, msg.sender, root, steps);
    }

    /// @inheritdoc ITrainingDisputes
    function openTrace(TaskId taskId, bytes32 finalState_, bytes32[] calldata firstProof, bytes32[] calldata lastProof)
        external
    {
        Phase phase = TASKS.phase(taskId);
        if (phase != Phase.GroundTruth && phase != Phase.Reveal) revert WrongPhase(taskId);
        Trace storage trace = _traces[taskId][msg.sender];
        if (trace.root == 0) revert NotPublished(msg.sender);
        if (trace.finalState != 0) revert AlreadyOpened(msg.sender);
        if (finalState_ == 0) revert EmptyTrace();
        _requireInTrace(trace, 0, TASKS.task(taskId).params.baseWeightsId, firstProof);
        _requireInTrace(trace, trace.steps, finalState_, lastProof);
        trace.finalState = finalState_;
        emit TraceOpened(taskId, msg.sender, finalState_);
    }

    /// @inheritdoc ITrainingDisputes
    function challenge(TaskId taskId, address solver) external nonReentrant returns (DisputeId disputeId) {
        Phase phase = TASKS.phase(taskId);
        if (phase != Phase.Reveal && phase != Phase.VoteCommit && phase != Phase.VoteReveal) revert WrongPhase(taskId);
        Task memory task = TASKS.task(taskId);
        if (task.params.stepJudge == address(0)) revert NoJudge(taskId);
        if (TASKS.solution(taskId, solver).position == 0) revert NotRevealed(solver);
        if (msg.sender == solver) revert OwnSolution(solver);
        if (_challenged[taskId][solver][msg.sender]) revert AlreadyChallenged(msg.sender);
        _challenged[taskId][solver][msg.sender] = true;

        disputeId = DisputeId.wrap(++disputeCount);
        Trace storage trace = _traces[taskId][solver];
        Dispute storage d = _disputes[disputeId];
        (d.taskId, d.solver, d.challenger) = (taskId, solver, msg.sender);
        (d.low, d.high) = (0, trace.steps);
        (d.lowState, d.highState) = (task.params.baseWeightsId, trace.finalState);
        openDisputes[taskId]++;
        _narrowed(d);
        emit TrainingChallenged(disputeId, taskId, solver, msg.sender, d.deadline);
        ATN.safeTransferFrom(msg.sender, address(this), BOND);
    }

    /// @inheritdoc ITrainingDisputes
    function showMiddle(DisputeId disputeId, bytes32 state, bytes32[] calldata proof) external {
        Dispute storage d = _inTurn(disputeId, Turn.Solver);
        if (msg.sender != d.solver) revert NotYourTurn(disputeId, Turn.Solver);
        uint32 middle = middleOf(disputeId);
        _requireInTrace(_traces[d.taskId][d.solver], middle, state, proof);
        d.middleState = state;
        d.turn = Turn.Challenger;
        d.deadline = uint64(block.timestamp) + MOVE_SECONDS;
        emit MiddleShown(disputeId, middle, state, d.deadline);
    }

    /// @inheritdoc ITrainingDisputes
    function answerMiddle(DisputeId disputeId, bool agree) external {
        Dispute storage d = _inTurn(disputeId, Turn.Challenger);
        if (msg.sender != d.challenger) revert NotYourTurn(disputeId, Turn.Challenger);
        uint32 middle = middleOf(disputeId);
        if (agree) (d.low, d.lowState) = (middle, d.middleState);
        else (d.high, d.highState) = (middle, d.middleState);
        _narrowed(d);
        emit MiddleAnswered(disputeId, agree, d.low, d.high, d.deadline);
    }

    /// @inheritdoc ITrainingDisputes
    function judge(DisputeId disputeId) external nonReentrant {
        Dispute storage d = _inTurn(disputeId, Turn.Judge);
        address stepJudge = TASKS.task(d.taskId).params.stepJudge;
        bytes32 repeated = IStepJudge(stepJudge).nextState(d.taskId, d.low, d.lowState);
        _end(disputeId, d, repeated == d.highState);
    }

    /// @inheritdoc ITrainingDisputes
    function claimTimeout(DisputeId disputeId) external nonReentrant {
        Dispute storage d = _disputes[disputeId];
        if (d.turn != Turn.Solver && d.turn != Turn.Challenger && d.turn != Turn.Judge) {
            revert NotYourTurn(disputeId, d.turn);
        }
        if (block.timestamp < d.deadline) revert NotOverdue(d.deadline);
        _end(disputeId, d, d.turn == Turn.Challenger);
    }

    /// @inheritdoc ITrainingDisputes
    function traceOf(TaskId taskId, address solver) external view returns (Trace memory) {
        return _traces[taskId][solver];
    }

    /// @inheritdoc ITrainingDisputes
    function finalState(TaskId taskId, address solver) external view returns (bytes32) {
        return _traces[taskId][solver].finalState;
    }

    /// @inheritdoc ITrainingDisputes
    function dispute(DisputeId disputeId) external view returns (Dispute memory) {
        return _disputes[disputeId];
    }

    /// @inheritdoc ITrainingDisputes
    function middleOf(DisputeId disputeId) public view returns (uint32) {
        Dispute storage d = _disputes[disputeId];
        return d.low + (d.high - d.low) / 2;
    }

    function _inTurn(DisputeId disputeId, Turn turn) private view returns (Dispute storage d) {
        d = _disputes[disputeId];
        if (d.turn != turn) revert NotYourTurn(disputeId, d.turn);
        if (block.timestamp >= d.deadline) revert TooLate(d.deadline);
    }

    function _narrowed(Dispute storage d) private {
        d.turn = d.high - d.low > 1 ? Turn.Solver : Turn.Judge;
        d.deadline = uint64(block.timestamp) + MOVE_SECONDS;
    }

    function _requireInTrace(Trace storage trace, uint256 index, bytes32 state, bytes32[] calldata proof) private view {
        uint256 depth = TraceTree.depthUp(uint256(trace.steps) + 1);
        if (proof.length != depth) revert WrongProofLength(proof.length, depth);
        if (TraceTree.rootOf(index, state, proof) != trace.root) revert NotInTrace(index, state);
    }

    function _end(DisputeId disputeId, Dispute storage d, bool solverWon) private {
        d.turn = solverWon ? Turn.SolverWon : Turn.ChallengerWon;
        openDisputes[d.taskId]--;
        emit DisputeEnded(disputeId, d.taskId, d.solver, solverWon);
        if (solverWon) {
            ATN.safeTransfer(d.solver, BOND);
            return;
        }
        RESULTS.voidSolution(d.taskId, d.solver);
        bytes32 duty = Duties.ofTask(d.taskId);
        uint256 taken = STAKING.penalizePledge(Role.Solver, d.solver, BOND, duty, address(this));
        ATN.safeTransfer(d.challenger, BOND + taken / 2);
        ATN.safeTransfer(Predeploys.TIMELOCK, taken - taken / 2);
    }
}
