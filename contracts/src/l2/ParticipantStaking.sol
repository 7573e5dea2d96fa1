// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IParticipantStaking, Role, StakePosition} from "../interfaces/IParticipantStaking.sol";
import {Predeploys} from "../lib/Predeploys.sol";

contract ParticipantStaking is IParticipantStaking, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// The longest that a position can be held from now.
    uint256 public constant MAX_HOLD_SECONDS = 60 days;

    IERC20 private constant ATN = IERC20(Predeploys.ATN);

    mapping(address account => mapping(Role role => StakePosition)) private _positions;
    mapping(address account => mapping(Role role => mapping(bytes32 duty => uint256))) private _pledges;

    /// @inheritdoc IParticipantStaking
    function stake(Role role, uint256 amount) external nonReentrant {
        StakePosition storage position = _positions[msg.sender][role];
        if (position.unlockAt != 0) revert AlreadyUnbonding(position.unlockAt);
        uint256 total = position.amount + amount;
        if (total < minimumStake(role)) revert BelowMinimum(role, total, minimumStake(role));
        position.amount = SafeCast.toUint128(total);
        emit Staked(msg.sender, role, amount, total);
        ATN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IParticipantStaking
    function requestUnstake(Role role) external {
        StakePosition storage position = _positions[msg.sender][role];
        if (position.amount == 0) revert NothingStaked(msg.sender, role);
        if (position.unlockAt != 0) revert AlreadyUnbonding(position.unlockAt);
        position.unlockAt = uint64(block.timestamp) + exitDelaySeconds(role);
        emit UnstakeRequested(msg.sender, role, position.amount, position.unlockAt);
    }

    /// @inheritdoc IParticipantStaking
    function withdrawStake(Role role) external nonReentrant {
        StakePosition memory position = _positions[msg.sender][role];
        if (position.unlockAt == 0) revert NothingStaked(msg.sender, role);
        uint64 end = position.unlockAt > position.heldUntil ? position.unlockAt : position.heldUntil;
        if (block.timestamp < end) revert StillLocked(end);
        if (position.pledged != 0) revert StillPledged(position.pledged);
        delete _positions[msg.sender][role];
        emit StakeWithdrawn(msg.sender, role, position.amount);
        ATN.safeTransfer(msg.sender, position.amount);
    }

    /// @inheritdoc IParticipantStaking
    function pledge(Role role, address account, uint256 amount, bytes32 duty) external {
        _requireJudge(role);
        StakePosition storage position = _positions[account][role];
        if (_pledges[account][role][duty] != 0) revert AlreadyPledged(account, role, duty);
        uint256 free = position.amount - position.pledged;
        if (amount > free) revert NotEnoughFree(account, role, free, amount);
        _pledges[account][role][duty] = amount;
        position.pledged += uint128(amount);
        emit Pledged(account, role, duty, amount, position.pledged);
    }

    /// @inheritdoc IParticipantStaking
    function release(Role role, address account, bytes32 duty) external returns (uint256 released) {
        _requireJudge(role);
        released = _pledges[account][role][duty];
        if (released == 0) return 0;
        StakePosition storage position = _positions[account][role];
        delete _pledges[account][role][duty];
        position.pledged -= uint128(released);
        emit PledgeReleased(account, role, duty, released, position.pledged);
    }

    /// @inheritdoc IParticipantStaking
    function penalizePledge(Role role, address account, uint256 amount, bytes32 duty, address to)
        external
        nonReentrant
        returns (uint256 taken)
    {
        _requireJudge(role);
        StakePosition storage position = _positions[account][role];
        uint256 pledged = _pledges[account][role][duty];
        taken = Math.min(amount, pledged);
        _pledges[account][role][duty] = pledged - taken;
        position.pledged -= uint128(taken);
        emit PledgeTaken(account, role, duty, taken, position.pledged);
        _take(position, role, account, taken, to);
    }

    /// @inheritdoc IParticipantStaking
    function hold(address account, Role role, uint64 until) external {
        _requireJudge(role);
        uint256 latest = block.timestamp + MAX_HOLD_SECONDS;
        if (until > latest) revert HeldTooLong(until, latest);
        StakePosition storage position = _positions[account][role];
        if (position.amount == 0) revert NothingStaked(account, role);
        if (until <= position.heldUntil) return;
        position.heldUntil = until;
        emit StakeHeld(account, role, until);
    }

    /// @inheritdoc IParticipantStaking
    function penalize(address account, Role role, uint256 amount, address to)
        external
        nonReentrant
        returns (uint256 taken)
    {
        _requireJudge(role);
        StakePosition storage position = _positions[account][role];
        taken = Math.min(amount, position.amount - position.pledged);
        _take(position, role, account, taken, to);
    }

    /// @inheritdoc IParticipantStaking
    function isActive(address account, Role role) external view returns (bool) {
        StakePosition storage position = _positions[account][role];
        return position.unlockAt == 0 && position.amount >= minimumStake(role);
    }

    /// @inheritdoc IParticipantStaking
    function positionOf(address account, Role role) external view returns (StakePosition memory) {
        return _positions[account][role];
    }

    /// @inheritdoc IParticipantStaking
    function pledgeOf(Role role, address account, bytes32 duty) external view returns (uint256) {
        return _pledges[account][role][duty];
    }

    /// @inheritdoc IParticipantStaking
    function isJudge(address judge, Role role) public pure returns (bool) {
        if (role == Role.Proposer) return judge == Predeploys.TASK_CONTRACT;
        if (role == Role.Solver) return judge == Predeploys.TASK_CONTRACT || judge == Predeploys.TRAINING_DISPUTES;
        if (role == Role.Coordinator) {
            return judge == Predeploys.RESULTS_REWARDS || judge == Predeploys.FORCED_ERROR_REGISTRY;
        }
        if (role == Role.Provider) {
            return judge == Predeploys.INFERENCE || judge == Predeploys.MODEL_SHARD_REGISTRY;
        }
        return false;
    }

    /// @inheritdoc IParticipantStaking
    function minimumStake(Role role) public pure returns (uint256) {
        if (role == Role.Proposer) return 100 ether;
        if (role == Role.Coordinator) return 500 ether;
        if (role == Role.Aggregator) return 1000 ether;
        return 50 ether; // Solver, Provider
    }

    /// @inheritdoc IParticipantStaking
    function exitDelaySeconds(Role role) public pure returns (uint64) {
        if (role == Role.Solver) return 3 days;
        if (role == Role.Coordinator || role == Role.Aggregator) return 14 days;
        return 7 days; // Proposer, Provider
    }

    function _requireJudge(Role role) private view {
        if (!isJudge(msg.sender, role)) revert NotJudge(msg.sender, role);
    }

    function _take(StakePosition storage position, Role role, address account, uint256 taken, address to) private {
        position.amount -= uint128(taken);
        emit Penalized(account, role, taken, to);
        ATN.safeTransfer(to, taken);
    }
}
