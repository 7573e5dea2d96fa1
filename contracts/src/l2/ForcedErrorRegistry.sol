// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IForcedErrorRegistry, Trap, TrapId} from "../interfaces/IForcedErrorRegistry.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {IProject} from "../interfaces/IProject.sol";
import {IResultsRewards} from "../interfaces/IResultsRewards.sol";
import {Deadlines, ITaskContract, Phase, Scoring, Solution, TaskId} from "../interfaces/ITaskContract.sol";
import {Duties} from "../lib/Duties.sol";
import {Predeploys} from "../lib/Predeploys.sol";

contract ForcedErrorRegistry is IForcedErrorRegistry, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 public constant MIN_JACKPOT = 1 ether;
    /// A tenth of a coordinator's minimum stake.
    uint256 public constant APPROVAL_PENALTY = 50 ether;
    /// Also how long a trap that nobody reveals keeps its task from being settled.
    uint256 public constant REVEAL_SECONDS = 3 hours;
    /// For reports of who approved a revealed error.
    uint256 public constant REPORT_SECONDS = 1 days;
    /// What model ids of planted solutions are hashed with; no tensor, graph or tree is hashed like that.
    string public constant TRAP_DOMAIN = "Autonet forced error 1";

    IERC20 private constant ATN = IERC20(Predeploys.ATN);
    IParticipantStaking private constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    IProject private constant PROJECTS = IProject(Predeploys.PROJECT);
    ITaskContract private constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);
    IResultsRewards private constant RESULTS = IResultsRewards(Predeploys.RESULTS_REWARDS);

    uint256 public trapCount;
    /// @inheritdoc IForcedErrorRegistry
    mapping(TaskId => uint256) public pendingTraps;
    /// @inheritdoc IForcedErrorRegistry
    mapping(TaskId => uint256) public revealedTraps;
    mapping(TrapId => Trap) private _traps;
    /// A claim's commitment; then the solver it named.
    mapping(TaskId => mapping(address coordinator => bytes32)) private _claims;
    mapping(TaskId => mapping(address coordinator => address solver)) private _named;
    mapping(TaskId => mapping(address solver => bool)) private _trapped;
    mapping(TrapId => mapping(address coordinator => bool)) private _paid;
    mapping(TrapId => mapping(address coordinator => bool)) private _penalized;
    /// @inheritdoc IForcedErrorRegistry
    mapping(TaskId => mapping(address solver => uint256)) public claimCount;

    /// @inheritdoc IForcedErrorRegistry
    function commitTrap(TaskId taskId, bytes32 commitment, uint256 jackpot)
        external
        nonReentrant
        returns (TrapId trapId)
    {
        _requirePhase(taskId, Phase.Commit);
        if (TASKS.task(taskId).params.scoring != Scoring.Votes) revert WrongScoring(taskId);
        if (commitment == 0) revert EmptyCommitment();
        if (jackpot < MIN_JACKPOT) revert JackpotTooSmall(jackpot, MIN_JACKPOT);
        trapId = TrapId.wrap(++trapCount);
        pendingTraps[taskId]++;
        Trap storage t = _traps[trapId];
        (t.taskId, t.creator, t.commitment, t.amount) = (taskId, msg.sender, commitment, jackpot);
        emit TrapCommitted(trapId, taskId, msg.sender, commitment, jackpot);
        ATN.safeTransferFrom(msg.sender, address(this), jackpot);
    }

    /// @inheritdoc IForcedErrorRegistry
    function commitClaim(TaskId taskId, bytes32 commitment) external {
        _requirePhase(taskId, Phase.VoteCommit);
        if (!STAKING.isActive(msg.sender, Role.Coordinator)) revert NotActiveCoordinator(msg.sender);
        if (commitment == 0) revert EmptyCommitment();
        if (_claims[taskId][msg.sender] != 0) revert AlreadyClaimed(msg.sender);
        _claims[taskId][msg.sender] = commitment;
        emit ErrorClaimCommitted(taskId, msg.sender, commitment);
    }

    /// @inheritdoc IForcedErrorRegistry
    function revealClaim(TaskId taskId, address solver, bytes32 salt) external {
        // By the time, and not by the phase: a task may be finalized as soon as the last vote is revealed.
        Deadlines memory d = TASKS.deadlines(taskId);
        if (d.voteCommit == 0 || block.timestamp < d.voteCommit || block.timestamp >= d.voteReveal) {
            revert WrongPhase(taskId);
        }
        bytes32 committed = _claims[taskId][msg.sender];
        if (committed == 0) revert NotClaimed(msg.sender);
        if (_named[taskId][msg.sender] != address(0)) revert AlreadyClaimed(msg.sender);
        bytes32 revealed = claimCommitment(taskId, msg.sender, solver, salt);
        if (committed != revealed) revert CommitmentMismatch(committed, revealed);
        (bool voted, uint16 scoreBp) = RESULTS.voteFor(taskId, msg.sender, solver);
        if (!voted || scoreBp != 0) revert NotRejected(msg.sender, solver);
        _named[taskId][msg.sender] = solver;
        claimCount[taskId][solver]++;
        emit ErrorClaimed(taskId, msg.sender, solver);
    }

    /// @inheritdoc IForcedErrorRegistry
    function revealTrap(TrapId trapId, address solver, bytes32 secret, bytes32 salt) external nonReentrant {
        Trap storage t = _open(trapId);
        if (msg.sender != t.creator) revert NotCreator(msg.sender);
        uint256 deadline = revealDeadline(t.taskId);
        if (deadline == 0 || block.timestamp < deadline - REVEAL_SECONDS) revert WrongPhase(t.taskId);
        if (block.timestamp >= deadline) revert TooLate(deadline);
        Solution memory planted = TASKS.solution(t.taskId, solver);
        if (planted.position == 0 || planted.modelId != trapModel(secret)) revert NotPlanted(solver, planted.modelId);
        bytes32 badHash = keccak256(abi.encode(planted.modelId, planted.updateId));
        bytes32 revealed = trapCommitment(t.taskId, msg.sender, badHash, salt);
        if (revealed != t.commitment) revert CommitmentMismatch(t.commitment, revealed);
        if (_trapped[t.taskId][solver]) revert AlreadyTrapped(solver);

        _trapped[t.taskId][solver] = true;
        pendingTraps[t.taskId]--;
        revealedTraps[t.taskId]++;
        uint256 claimants = claimCount[t.taskId][solver];
        uint256 jackpot = t.amount;
        uint256 share = claimants == 0 ? 0 : (jackpot >> (claimants - 1)) / claimants;
        (t.solver, t.amount, t.closed) = (solver, share, true);
        emit TrapRevealed(trapId, t.taskId, solver, claimants, share);
        RESULTS.voidSolution(t.taskId, solver);
        uint256 rest = jackpot - share * claimants;
        if (rest == 0) return;
        // To nobody who could have made the claims.
        address to = claimants == 0 ? msg.sender : Predeploys.TIMELOCK;
        emit JackpotRestPaid(trapId, to, rest);
        ATN.safeTransfer(to, rest);
    }

    /// @inheritdoc IForcedErrorRegistry
    function forfeit(TrapId trapId) external nonReentrant {
        Trap storage t = _open(trapId);
        uint256 deadline = _forfeitTime(t.taskId);
        if (block.timestamp < deadline) revert NotOverdue(deadline);
        uint256 amount = t.amount;
        (t.amount, t.closed) = (0, true);
        pendingTraps[t.taskId]--;
        // Without a ground truth there was nothing to reveal: not the creator's fault.
        bool revealable = revealDeadline(t.taskId) != 0;
        emit TrapForfeited(trapId, t.taskId, amount, revealable ? address(PROJECTS) : t.creator);
        ATN.safeTransfer(revealable ? address(PROJECTS) : t.creator, amount);
        if (revealable) PROJECTS.creditBudget(TASKS.task(t.taskId).projectId, amount);
    }

    /// @inheritdoc IForcedErrorRegistry
    function payJackpot(TrapId trapId, address coordinator) external nonReentrant returns (uint256 amount) {
        Trap storage t = _revealed(trapId);
        amount = t.amount;
        if (_named[t.taskId][coordinator] != t.solver || _paid[trapId][coordinator] || amount == 0) {
            revert NothingToPay(coordinator);
        }
        _paid[trapId][coordinator] = true;
        emit JackpotPaid(trapId, coordinator, amount);
        ATN.safeTransfer(coordinator, amount);
    }

    /// @inheritdoc IForcedErrorRegistry
    function penalizeApprover(TrapId trapId, address coordinator) external nonReentrant {
        Trap storage t = _revealed(trapId);
        (bool voted, uint16 scoreBp) = RESULTS.voteFor(t.taskId, coordinator, t.solver);
        if (!voted || scoreBp == 0 || scoreBp < TASKS.task(t.taskId).params.thresholdBp) {
            revert NotApproved(coordinator);
        }
        if (_penalized[trapId][coordinator]) revert AlreadyPenalized(coordinator);
        _penalized[trapId][coordinator] = true;
        bytes32 duty = Duties.ofTask(t.taskId);
        uint256 taken =
            STAKING.penalizePledge(Role.Coordinator, coordinator, APPROVAL_PENALTY, duty, Predeploys.TIMELOCK);
        emit ApproverPenalized(trapId, coordinator, taken);
    }

    /// @inheritdoc IForcedErrorRegistry
    function trap(TrapId trapId) external view returns (Trap memory) {
        return _traps[trapId];
    }

    /// @inheritdoc IForcedErrorRegistry
    function trapModel(bytes32 secret) public pure returns (bytes32) {
        return keccak256(abi.encode(TRAP_DOMAIN, secret));
    }

    /// @inheritdoc IForcedErrorRegistry
    function trapCommitment(TaskId taskId, address creator, bytes32 badHash, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, taskId, creator, badHash, salt));
    }

    /// @inheritdoc IForcedErrorRegistry
    function claimCommitment(TaskId taskId, address coordinator, address solver, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, taskId, coordinator, solver, salt));
    }

    /// @inheritdoc IForcedErrorRegistry
    function revealDeadline(TaskId taskId) public view returns (uint256) {
        uint256 end = TASKS.deadlines(taskId).voteReveal;
        return end == 0 ? 0 : end + REVEAL_SECONDS;
    }

    /// @inheritdoc IForcedErrorRegistry
    function reportDeadline(TaskId taskId) external view returns (uint256) {
        return revealedTraps[taskId] == 0 ? pendingUntil(taskId) : revealDeadline(taskId) + REPORT_SECONDS;
    }

    /// @inheritdoc IForcedErrorRegistry
    function pendingUntil(TaskId taskId) public view returns (uint256) {
        return pendingTraps[taskId] == 0 ? 0 : revealDeadline(taskId);
    }

    /// A task without ground truth has no reveals; its traps end when its phases could have ended at the latest.
    function _forfeitTime(TaskId taskId) private view returns (uint256) {
        uint256 deadline = revealDeadline(taskId);
        return deadline != 0 ? deadline : TASKS.leaseNeeded(taskId) + REVEAL_SECONDS;
    }

    function _open(TrapId trapId) private view returns (Trap storage t) {
        t = _traps[trapId];
        if (t.creator == address(0) || t.closed) revert TrapClosed(trapId);
    }

    function _revealed(TrapId trapId) private view returns (Trap storage t) {
        t = _traps[trapId];
        if (t.solver == address(0)) revert TrapNotRevealed(trapId);
    }

    function _requirePhase(TaskId taskId, Phase needed) private view {
        if (TASKS.phase(taskId) != needed) revert WrongPhase(taskId);
    }
}
