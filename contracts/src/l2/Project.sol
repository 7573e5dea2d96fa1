// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {DiscountTier, IProject, MatureModel, ProjectId, ProjectInfo} from "../interfaces/IProject.sol";
import {IProjectToken} from "../interfaces/IProjectToken.sol";
import {IResultsRewards} from "../interfaces/IResultsRewards.sol";
import {ITaskContract, Phase, Scoring, Task, TaskId} from "../interfaces/ITaskContract.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {Tensors} from "../lib/Tensors.sol";
import {ProjectToken} from "./ProjectToken.sol";

contract Project is IProject, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 public constant MAX_TIERS = 4;
    uint16 public constant MAX_DISCOUNT_BP = 5000;

    IERC20 private constant ATN = IERC20(Predeploys.ATN);
    IParticipantStaking private constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    ITaskContract private constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);
    IResultsRewards private constant RESULTS = IResultsRewards(Predeploys.RESULTS_REWARDS);
    IModelRegistry private constant MODELS = IModelRegistry(Predeploys.MODEL_REGISTRY);

    uint256 public projectCount;
    mapping(ProjectId => ProjectInfo) private _projects;
    mapping(ProjectId => MatureModel) private _matureModels;
    mapping(ProjectId => mapping(address proposer => uint256)) private _allowances;
    mapping(TaskId => uint256) private _reserves;
    mapping(TaskId => bool) private _published;
    mapping(ProjectId => uint256) private _inferencePrices;
    mapping(ProjectId => DiscountTier[]) private _tiers;

    modifier onlyTaskContract() {
        if (msg.sender != Predeploys.TASK_CONTRACT) revert NotTaskContract(msg.sender);
        _;
    }

    modifier onlyResultsRewards() {
        if (msg.sender != Predeploys.RESULTS_REWARDS) revert NotResultsRewards(msg.sender);
        _;
    }

    /// @inheritdoc IProject
    function createProject(string calldata name, string calldata symbol, uint256 ptPriceWei)
        external
        returns (ProjectId projectId)
    {
        if (ptPriceWei == 0) revert ZeroPrice();
        projectId = ProjectId.wrap(++projectCount);
        address token = address(new ProjectToken(name, symbol));
        _projects[projectId] = ProjectInfo({owner: msg.sender, token: token, ptPriceWei: ptPriceWei, budget: 0});
        emit ProjectCreated(projectId, msg.sender, token, name, symbol, ptPriceWei);
    }

    /// @inheritdoc IProject
    function fund(ProjectId projectId, uint256 amount) external nonReentrant returns (uint256 tokensMinted) {
        ProjectInfo storage info = _existing(projectId);
        tokensMinted = tokensForDown(projectId, amount);
        if (tokensMinted == 0) revert NoTokensForAmount(amount);
        info.budget += amount;
        emit ProjectFunded(projectId, msg.sender, amount, tokensMinted, info.budget);
        ATN.safeTransferFrom(msg.sender, address(this), amount);
        IProjectToken(info.token).mint(msg.sender, tokensMinted);
    }

    /// @inheritdoc IProject
    function approveProposer(ProjectId projectId, address proposer, uint256 allowance) external {
        _requireOwner(projectId);
        _allowances[projectId][proposer] = allowance;
        emit ProposerApproved(projectId, proposer, allowance);
    }

    /// @inheritdoc IProject
    function setMatureModel(ProjectId projectId, bytes32 modelId, bytes32 weightsId, TaskId taskId) external {
        if (!STAKING.isActive(msg.sender, Role.Aggregator)) revert NotActiveAggregator(msg.sender);
        Task memory task = TASKS.task(taskId);
        if (ProjectId.unwrap(task.projectId) != ProjectId.unwrap(projectId)) {
            revert TaskOfOtherProject(taskId, projectId);
        }
        if (task.outcome != Phase.Finalized) revert TaskNotFinalized(taskId);
        if (_published[taskId]) revert AlreadyPublished(taskId);
        bytes32 current = _matureModels[projectId].weightsId;
        if (current != 0 && current != task.params.baseWeightsId) {
            revert StaleBaseWeights(current, task.params.baseWeightsId);
        }
        if (task.params.scoring == Scoring.Chain) {
            if (!MODELS.isRegistered(modelId)) revert ModelNotRegistered(modelId);
            Tensors.requireSameShape(weightsId, task.params.baseWeightsId);
            Tensors.requireLease(weightsId, block.timestamp);
        }
        uint16 scoreBp = RESULTS.publishableScore(taskId, modelId, weightsId);
        if (scoreBp < task.params.thresholdBp) revert ScoreBelowThreshold(scoreBp, task.params.thresholdBp);

        _published[taskId] = true;
        _matureModels[projectId] = MatureModel({
            modelId: modelId,
            weightsId: weightsId,
            taskId: taskId,
            scoreBp: scoreBp,
            publishedAt: uint64(block.timestamp)
        });
        emit MatureModelPublished(projectId, taskId, msg.sender, modelId, weightsId, scoreBp);
    }

    /// @inheritdoc IProject
    function setInferencePrice(ProjectId projectId, uint256 priceWei) external {
        ProjectInfo storage info = _requireOwner(projectId);
        uint256 fundedWei = Math.mulDiv(IProjectToken(info.token).totalSupply(), info.ptPriceWei, 1e18);
        if (priceWei > fundedWei) revert PriceAboveFunding(priceWei, fundedWei);
        _inferencePrices[projectId] = priceWei;
        emit InferencePriceSet(projectId, priceWei);
    }

    /// @inheritdoc IProject
    function setDiscountTiers(ProjectId projectId, DiscountTier[] calldata tiers) external {
        _requireOwner(projectId);
        if (tiers.length > MAX_TIERS) revert TooManyTiers(tiers.length);
        DiscountTier[] storage kept = _tiers[projectId];
        delete _tiers[projectId];
        for (uint256 i = 0; i < tiers.length; i++) {
            DiscountTier calldata tier = tiers[i];
            if (tier.discountBp > MAX_DISCOUNT_BP) revert DiscountTooHigh(tier.discountBp);
            if (i > 0 && (tier.minBalance <= tiers[i - 1].minBalance || tier.discountBp <= tiers[i - 1].discountBp)) {
                revert TiersNotAscending(i);
            }
            kept.push(tier);
        }
        emit DiscountTiersSet(projectId, tiers);
    }

    /// @inheritdoc IProject
    function fundTask(ProjectId projectId, TaskId taskId, address proposer, uint256 amount) external onlyTaskContract {
        ProjectInfo storage info = _existing(projectId);
        uint256 allowance = _allowances[projectId][proposer];
        // Also a task that pays nothing can lead to a model of the project.
        if (allowance == 0 || amount > allowance) revert AllowanceExceeded(proposer, allowance, amount);
        if (amount > info.budget) revert BudgetExceeded(info.budget, amount);
        _allowances[projectId][proposer] = allowance - amount;
        info.budget -= amount;
        _reserves[taskId] = amount;
        emit TaskFunded(projectId, taskId, proposer, amount);
    }

    /// @inheritdoc IProject
    function payTask(ProjectId projectId, TaskId taskId, address to, uint256 amount)
        external
        nonReentrant
        onlyResultsRewards
    {
        _draw(taskId, amount);
        emit TaskPaid(projectId, taskId, to, amount);
        ATN.safeTransfer(to, amount);
    }

    /// @inheritdoc IProject
    function releaseTask(ProjectId projectId, TaskId taskId, uint256 amount) external {
        if (msg.sender != Predeploys.RESULTS_REWARDS && msg.sender != Predeploys.TASK_CONTRACT) {
            revert NotTaskContract(msg.sender);
        }
        _draw(taskId, amount);
        _projects[projectId].budget += amount;
        emit TaskReleased(projectId, taskId, amount);
    }

    /// @inheritdoc IProject
    function creditBudget(ProjectId projectId, uint256 amount) external {
        if (
            msg.sender != Predeploys.RESULTS_REWARDS && msg.sender != Predeploys.TASK_CONTRACT
                && msg.sender != Predeploys.TRAINING_DISPUTES && msg.sender != Predeploys.FORCED_ERROR_REGISTRY
        ) revert NotCreditor(msg.sender);
        _existing(projectId).budget += amount;
        emit BudgetCredited(projectId, amount);
    }

    /// @inheritdoc IProject
    function project(ProjectId projectId) external view returns (ProjectInfo memory) {
        return _projects[projectId];
    }

    /// @inheritdoc IProject
    function matureModel(ProjectId projectId) external view returns (MatureModel memory) {
        return _matureModels[projectId];
    }

    /// @inheritdoc IProject
    function proposerAllowance(ProjectId projectId, address proposer) external view returns (uint256) {
        return _allowances[projectId][proposer];
    }

    /// @inheritdoc IProject
    function taskReserve(TaskId taskId) external view returns (uint256) {
        return _reserves[taskId];
    }

    /// @inheritdoc IProject
    function inferencePrice(ProjectId projectId, address user) external view returns (uint256) {
        IProjectToken token = IProjectToken(_existing(projectId).token);
        uint256 balance = Math.min(token.balanceOf(user), token.balanceAt(user, block.timestamp - 1));
        uint256 discountBp = 0;
        DiscountTier[] storage tiers = _tiers[projectId];
        for (uint256 i = 0; i < tiers.length && tiers[i].minBalance <= balance; i++) {
            discountBp = tiers[i].discountBp;
        }
        return Math.mulDiv(_inferencePrices[projectId], 10_000 - discountBp, 10_000, Math.Rounding.Ceil);
    }

    /// @inheritdoc IProject
    function inferenceBasePrice(ProjectId projectId) external view returns (uint256) {
        return _inferencePrices[projectId];
    }

    /// @inheritdoc IProject
    function discountTiers(ProjectId projectId) external view returns (DiscountTier[] memory) {
        return _tiers[projectId];
    }

    /// @inheritdoc IProject
    function tokensForDown(ProjectId projectId, uint256 amount) public view returns (uint256) {
        return Math.mulDiv(amount, 1e18, _existing(projectId).ptPriceWei);
    }

    function _draw(TaskId taskId, uint256 amount) private {
        uint256 reserve = _reserves[taskId];
        if (amount > reserve) revert ReserveExceeded(taskId, reserve, amount);
        _reserves[taskId] = reserve - amount;
    }

    function _requireOwner(ProjectId projectId) private view returns (ProjectInfo storage info) {
        info = _existing(projectId);
        if (msg.sender != info.owner) revert NotProjectOwner(msg.sender);
    }

    function _existing(ProjectId projectId) private view returns (ProjectInfo storage info) {
        info = _projects[projectId];
        if (info.owner == address(0)) revert UnknownProject(projectId);
    }
}
