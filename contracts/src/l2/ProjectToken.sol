// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IProjectToken} from "../interfaces/IProjectToken.sol";
import {Predeploys} from "../lib/Predeploys.sol";

contract ProjectToken is IProjectToken, ERC20, ReentrancyGuardTransient {
    using Checkpoints for Checkpoints.Trace208;
    using SafeERC20 for IERC20;

    /// How long a payment takes to reach the holders.
    uint256 public constant STREAM_SECONDS = 7 days;

    IERC20 private constant ATN = IERC20(Predeploys.ATN);
    /// Fixed point of what is called scaled: 2^-128 wei. All revenue ever is far below 2^128 wei, so that nothing overflows.
    uint256 private constant SCALE = 1 << 128;

    address private immutable PROJECT = msg.sender;

    /// Wei that came in and was not claimed yet.
    uint256 private _held;
    /// Scaled revenue that has not flowed, with what the division by the supply left over.
    uint256 private _unreleased;
    /// Scaled revenue of one unit of the token since the beginning.
    uint256 private _perUnit;
    uint64 private _releasedAt;
    uint64 private _streamEnd;
    mapping(address account => uint256) private _perUnitSeen;
    mapping(address account => uint256) private _accrued;
    mapping(address account => Checkpoints.Trace208) private _balances;

    constructor(string memory name, string memory symbol) ERC20(name, symbol) {}

    /// @inheritdoc IProjectToken
    function mint(address to, uint256 amount) external {
        if (msg.sender != PROJECT) revert NotProject(msg.sender);
        _mint(to, amount);
    }

    /// @inheritdoc IProjectToken
    function distribute(uint256 amount) external {
        if (msg.sender != Predeploys.INFERENCE) revert NotInference(msg.sender);
        if (totalSupply() == 0) revert NoHolders();
        uint256 held = _held + amount;
        uint256 balance = ATN.balanceOf(address(this));
        if (balance < held) revert RevenueMissing(balance, held);
        if (amount == 0) return;

        _release();
        uint256 left = _unreleased;
        uint256 total = left + amount * SCALE;
        uint256 secondsLeft = _streamEnd > block.timestamp ? _streamEnd - block.timestamp : 0;
        secondsLeft = Math.mulDiv(left, secondsLeft, total) + Math.mulDiv(total - left, STREAM_SECONDS, total);
        _held = held;
        _unreleased = total;
        _streamEnd = uint64(block.timestamp + secondsLeft);
        emit RevenueDistributed(amount, _streamEnd);
    }

    /// @inheritdoc IProjectToken
    function claimRevenue(address account) external nonReentrant returns (uint256 amount) {
        _release();
        _settle(account);
        uint256 scaled = _accrued[account];
        amount = scaled / SCALE;
        if (amount == 0) return 0;
        _accrued[account] = scaled % SCALE;
        _held -= amount;
        emit RevenueClaimed(account, amount);
        ATN.safeTransfer(account, amount);
    }

    /// @inheritdoc IProjectToken
    function claimableDown(address account) external view returns (uint256) {
        (uint256 perUnit,) = _releasable();
        return (_accrued[account] + _earned(account, perUnit)) / SCALE;
    }

    /// @inheritdoc IProjectToken
    function balanceAt(address account, uint256 timepoint) external view returns (uint256) {
        if (timepoint >= block.timestamp) revert NotInThePast(timepoint);
        return _balances[account].upperLookupRecent(uint48(timepoint));
    }

    /// What has flowed until now belongs to those who held until now.
    function _update(address from, address to, uint256 value) internal override {
        _release();
        if (from != address(0)) _settle(from);
        if (to != address(0)) _settle(to);
        super._update(from, to, value);
        if (from != address(0)) _remember(from);
        if (to != address(0)) _remember(to);
    }

    function _release() private {
        (_perUnit, _unreleased) = _releasable();
        _releasedAt = uint64(block.timestamp);
    }

    function _settle(address account) private {
        _accrued[account] += _earned(account, _perUnit);
        _perUnitSeen[account] = _perUnit;
    }

    function _remember(address account) private {
        _balances[account].push(uint48(block.timestamp), SafeCast.toUint208(balanceOf(account)));
    }

    /// `_perUnit` and `_unreleased` as they are at this second.
    function _releasable() private view returns (uint256 perUnit, uint256 unreleased) {
        (perUnit, unreleased) = (_perUnit, _unreleased);
        if (unreleased == 0) return (perUnit, unreleased);
        uint256 due = unreleased;
        if (block.timestamp < _streamEnd) {
            due = Math.mulDiv(unreleased, block.timestamp - _releasedAt, _streamEnd - _releasedAt);
        }
        uint256 gain = due / totalSupply();
        return (perUnit + gain, unreleased - gain * totalSupply());
    }

    function _earned(address account, uint256 perUnit) private view returns (uint256 scaled) {
        return balanceOf(account) * (perUnit - _perUnitSeen[account]);
    }
}
