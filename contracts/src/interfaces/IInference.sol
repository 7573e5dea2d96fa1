// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProjectId} from "./IProject.sol";

/// Sequential from 1.
type RequestId is uint256;

enum RequestStatus {
    /// Unknown, or answered by the chain at once.
    None,
    Open,
    Answered,
    Settled,
    /// Nobody answered in time; the user has the price back.
    Refunded,
    /// The answer was proven wrong; the user has the price back.
    Disproven
}

/// A question that waits for a provider's answer, or for the end of its window. Times are unix seconds.
struct Request {
    ProjectId projectId;
    /// The project's mature model when it was asked; a later publication changes nothing.
    bytes32 modelId;
    bytes32 inputId;
    address user;
    uint64 answerBy;
    RequestStatus status;
    uint256 priceWei;
    address provider;
    uint64 challengeUntil;
    bytes32 outputId;
}

/// @title Inference by a project's mature model, paid in wrapped ATN (wei).
/// The chain answers at once if the model's parameters and the input are resident, and all of the price is the token holders'.
/// Else a staked provider answers, gets PROVIDER_SHARE_BP of the price once nobody can object any more, and loses
/// `penaltyOf(price)` if the chain, with everything made resident, computes another output. What the chain cannot compute proves
/// nothing against anybody. This contract holds the prices of the open and the answered requests, and nothing else.
interface IInference {
    event InferenceRequested(
        RequestId indexed requestId,
        ProjectId indexed projectId,
        address indexed user,
        bytes32 modelId,
        bytes32 inputId,
        uint256 priceWei
    );
    /// `provider` is zero and the answer final if the chain gave it.
    event InferenceAnswered(
        RequestId indexed requestId,
        ProjectId indexed projectId,
        address indexed provider,
        bytes32 outputId,
        bool onChain
    );
    event InferenceSettled(
        RequestId indexed requestId, address indexed provider, uint256 providerWei, uint256 holdersWei
    );
    event InferenceRefunded(RequestId indexed requestId, address indexed user, uint256 priceWei);
    /// `outputId` is what the chain computed; `penaltyWei` was taken, and `proverWei` of it is the prover's.
    event AnswerDisproven(
        RequestId indexed requestId,
        address indexed provider,
        address indexed prover,
        bytes32 outputId,
        uint256 penaltyWei,
        uint256 proverWei
    );

    error NoMatureModel(ProjectId projectId);
    error PriceAboveMaximum(uint256 priceWei, uint256 maxPriceWei);
    error NotOpen(RequestId requestId);
    error NotAnswered(RequestId requestId);
    error AnswerTooLate(uint64 answerBy);
    error StillAnswerable(uint64 answerBy);
    error NotActiveProvider(address caller);
    error StakeTooLow(uint256 stake, uint256 needed);
    error WindowOpen(uint64 challengeUntil);
    error WindowClosed(uint64 challengeUntil);
    error AnswerIsRight(RequestId requestId);
    error AnswerDiffers(RequestId requestId, bytes32 outputId);

    /// Asks the project's mature model about the tensor `inputId`, at the caller's present price, which is at most `maxPriceWei`
    /// and approved on ATN. Returns the output tensor, which is available in this transaction, if the chain computes it; zero,
    /// and opens a request, if FORWARD answers NotResident. Reverts if FORWARD fails otherwise: the input does not fit the model,
    /// or the gas is too little; `openRequest` asks a provider all the same.
    function requestInference(ProjectId projectId, bytes32 inputId, uint256 maxPriceWei)
        external
        returns (RequestId requestId, bytes32 outputId);

    /// As `requestInference`, but leaves the answer to the providers whether or not the chain could compute it.
    function openRequest(ProjectId projectId, bytes32 inputId, uint256 maxPriceWei)
        external
        returns (RequestId requestId);

    /// The first answer to an open request, before its deadline. The caller is an active provider; its stake covers the penalties
    /// of all its unsettled answers, and is held until after the window.
    function answer(RequestId requestId, bytes32 outputId) external;

    /// Pays an answer whose window has ended. Anyone.
    function settle(RequestId requestId) external;

    /// Pays an answer at once that the chain, here and now, computes too. Anyone.
    function confirm(RequestId requestId) external;

    /// Has the chain compute another output than the answer, within its window: refunds the user, and takes the penalty, half of
    /// it (rounded down) for the caller and the rest for the treasury. Model parameters and input are resident, or made earlier
    /// in this transaction.
    function proveWrong(RequestId requestId) external;

    /// Gives the price of a request back that nobody answered in time. Anyone.
    function refund(RequestId requestId) external;

    function request(RequestId requestId) external view returns (Request memory);

    /// Wei of penalties that a provider's unsettled answers may still cost it.
    function atRisk(address provider) external view returns (uint256);

    /// Wei that a wrong answer to a request of `priceWei` costs: more than it can earn.
    function penaltyOf(uint256 priceWei) external pure returns (uint256);
}
