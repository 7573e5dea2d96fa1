// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IInference, Request, RequestId, RequestStatus} from "../interfaces/IInference.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {IProject, ProjectId} from "../interfaces/IProject.sol";
import {IProjectToken} from "../interfaces/IProjectToken.sol";
import {ML} from "../lib/ML.sol";
import {Predeploys} from "../lib/Predeploys.sol";

contract Inference is IInference, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint64 public constant ANSWER_SECONDS = 1 hours;
    uint64 public constant CHALLENGE_SECONDS = 24 hours;
    /// For how long beyond the window an answer's stake is held.
    uint64 public constant HOLD_MARGIN_SECONDS = 1 hours;
    uint256 public constant PROVIDER_SHARE_BP = 8000;
    /// What a wrong answer costs on top of the request's price, in wei.
    uint256 public constant BASE_PENALTY = 10 ether;

    IERC20 private constant ATN = IERC20(Predeploys.ATN);
    IParticipantStaking private constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    IProject private constant PROJECTS = IProject(Predeploys.PROJECT);

    uint256 public requestCount;
    mapping(RequestId => Request) private _requests;
    mapping(address provider => uint256) private _atRisk;

    /// @inheritdoc IInference
    function requestInference(ProjectId projectId, bytes32 inputId, uint256 maxPriceWei)
        external
        nonReentrant
        returns (RequestId requestId, bytes32 outputId)
    {
        bytes32 modelId;
        uint256 priceWei;
        (requestId, modelId, priceWei) = _ask(projectId, inputId, maxPriceWei);
        bool resident;
        (resident, outputId) = ML.tryForward(modelId, inputId);
        if (!resident) {
            _open(requestId, projectId, modelId, inputId, priceWei);
            return (requestId, 0);
        }
        emit InferenceAnswered(requestId, projectId, address(0), outputId, true);
        if (priceWei == 0) return (requestId, outputId);
        IProjectToken token = IProjectToken(PROJECTS.project(projectId).token);
        ATN.safeTransferFrom(msg.sender, address(token), priceWei);
        token.distribute(priceWei);
    }

    /// @inheritdoc IInference
    function openRequest(ProjectId projectId, bytes32 inputId, uint256 maxPriceWei)
        external
        nonReentrant
        returns (RequestId requestId)
    {
        bytes32 modelId;
        uint256 priceWei;
        (requestId, modelId, priceWei) = _ask(projectId, inputId, maxPriceWei);
        _open(requestId, projectId, modelId, inputId, priceWei);
    }

    /// @inheritdoc IInference
    function answer(RequestId requestId, bytes32 outputId) external {
        Request storage r = _requests[requestId];
        if (r.status != RequestStatus.Open) revert NotOpen(requestId);
        if (block.timestamp >= r.answerBy) revert AnswerTooLate(r.answerBy);
        if (!STAKING.isActive(msg.sender, Role.Provider)) revert NotActiveProvider(msg.sender);
        uint256 risk = _atRisk[msg.sender] + penaltyOf(r.priceWei);
        uint256 stake = STAKING.positionOf(msg.sender, Role.Provider).amount;
        if (risk > stake) revert StakeTooLow(stake, risk);

        _atRisk[msg.sender] = risk;
        r.status = RequestStatus.Answered;
        r.provider = msg.sender;
        r.outputId = outputId;
        r.challengeUntil = uint64(block.timestamp) + CHALLENGE_SECONDS;
        emit InferenceAnswered(requestId, r.projectId, msg.sender, outputId, false);
        STAKING.hold(msg.sender, Role.Provider, r.challengeUntil + HOLD_MARGIN_SECONDS);
    }

    /// @inheritdoc IInference
    function settle(RequestId requestId) external nonReentrant {
        Request storage r = _answered(requestId);
        if (block.timestamp < r.challengeUntil) revert WindowOpen(r.challengeUntil);
        _settle(requestId, r);
    }

    /// @inheritdoc IInference
    function confirm(RequestId requestId) external nonReentrant {
        Request storage r = _answered(requestId);
        bytes32 outputId = ML.forward(r.modelId, r.inputId);
        if (outputId != r.outputId) revert AnswerDiffers(requestId, outputId);
        _settle(requestId, r);
    }

    /// @inheritdoc IInference
    function proveWrong(RequestId requestId) external nonReentrant {
        Request storage r = _answered(requestId);
        if (block.timestamp >= r.challengeUntil) revert WindowClosed(r.challengeUntil);
        bytes32 outputId = ML.forward(r.modelId, r.inputId);
        if (outputId == r.outputId) revert AnswerIsRight(requestId);

        r.status = RequestStatus.Disproven;
        uint256 penaltyWei = penaltyOf(r.priceWei);
        _atRisk[r.provider] -= penaltyWei;
        // Less than the penalty only if another judge of providers was faster.
        penaltyWei = STAKING.penalize(r.provider, Role.Provider, penaltyWei, address(this));
        // No more than half: a provider that proves its own answer wrong loses the rest.
        uint256 proverWei = penaltyWei / 2;
        emit AnswerDisproven(requestId, r.provider, msg.sender, outputId, penaltyWei, proverWei);
        emit InferenceRefunded(requestId, r.user, r.priceWei);
        ATN.safeTransfer(msg.sender, proverWei);
        ATN.safeTransfer(Predeploys.TIMELOCK, penaltyWei - proverWei);
        ATN.safeTransfer(r.user, r.priceWei);
    }

    /// @inheritdoc IInference
    function refund(RequestId requestId) external nonReentrant {
        Request storage r = _requests[requestId];
        if (r.status != RequestStatus.Open) revert NotOpen(requestId);
        if (block.timestamp < r.answerBy) revert StillAnswerable(r.answerBy);
        r.status = RequestStatus.Refunded;
        emit InferenceRefunded(requestId, r.user, r.priceWei);
        ATN.safeTransfer(r.user, r.priceWei);
    }

    /// @inheritdoc IInference
    function request(RequestId requestId) external view returns (Request memory) {
        return _requests[requestId];
    }

    /// @inheritdoc IInference
    function atRisk(address provider) external view returns (uint256) {
        return _atRisk[provider];
    }

    /// @inheritdoc IInference
    function penaltyOf(uint256 priceWei) public pure returns (uint256) {
        return BASE_PENALTY + priceWei;
    }

    function _ask(ProjectId projectId, bytes32 inputId, uint256 maxPriceWei)
        private
        returns (RequestId requestId, bytes32 modelId, uint256 priceWei)
    {
        modelId = PROJECTS.matureModel(projectId).modelId;
        if (modelId == 0) revert NoMatureModel(projectId);
        priceWei = PROJECTS.inferencePrice(projectId, msg.sender);
        if (priceWei > maxPriceWei) revert PriceAboveMaximum(priceWei, maxPriceWei);
        requestId = RequestId.wrap(++requestCount);
        emit InferenceRequested(requestId, projectId, msg.sender, modelId, inputId, priceWei);
    }

    function _open(RequestId requestId, ProjectId projectId, bytes32 modelId, bytes32 inputId, uint256 priceWei)
        private
    {
        Request storage r = _requests[requestId];
        r.projectId = projectId;
        r.modelId = modelId;
        r.inputId = inputId;
        r.user = msg.sender;
        r.answerBy = uint64(block.timestamp) + ANSWER_SECONDS;
        r.status = RequestStatus.Open;
        r.priceWei = priceWei;
        ATN.safeTransferFrom(msg.sender, address(this), priceWei);
    }

    function _settle(RequestId requestId, Request storage r) private {
        r.status = RequestStatus.Settled;
        _atRisk[r.provider] -= penaltyOf(r.priceWei);
        uint256 providerWei = Math.mulDiv(r.priceWei, PROVIDER_SHARE_BP, 10_000);
        uint256 holdersWei = r.priceWei - providerWei;
        emit InferenceSettled(requestId, r.provider, providerWei, holdersWei);
        if (holdersWei == 0) return;
        IProjectToken token = IProjectToken(PROJECTS.project(r.projectId).token);
        ATN.safeTransfer(r.provider, providerWei);
        ATN.safeTransfer(address(token), holdersWei);
        token.distribute(holdersWei);
    }

    function _answered(RequestId requestId) private view returns (Request storage r) {
        r = _requests[requestId];
        if (r.status != RequestStatus.Answered) revert NotAnswered(requestId);
    }
}
