// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaskId} from "./ITaskContract.sol";

/// Sequential from 1; 0 is no project.
type ProjectId is uint256;

struct ProjectInfo {
    address owner;
    address token;
    /// Wei of ATN for one whole project token (1e18 units); set once, by the project.
    uint256 ptPriceWei;
    /// Wei of ATN that no task has reserved.
    uint256 budget;
}

/// The published model of a project. All zero before the first publication.
struct MatureModel {
    bytes32 modelId;
    /// I32 Q8.24 weights, the base of the next task's updates.
    bytes32 weightsId;
    /// The task whose verified updates were merged into it.
    TaskId taskId;
    /// Measured by the chain on that task's ground truth.
    uint16 scoreBp;
    uint64 publishedAt;
}

/// Who holds at least `minBalance` units of the project's token pays `discountBp` / 10,000 less for an inference.
struct DiscountTier {
    uint208 minBalance;
    uint16 discountBp;
}

/// @title Projects: their token, their budget, the money their tasks have reserved, and their published model.
/// All ATN of all projects lies in this contract; a project's tasks are paid from that project's budget alone.
interface IProject {
    event ProjectCreated(
        ProjectId indexed projectId,
        address indexed owner,
        address token,
        string name,
        string symbol,
        uint256 ptPriceWei
    );
    event ProjectFunded(
        ProjectId indexed projectId, address indexed funder, uint256 amount, uint256 tokensMinted, uint256 budget
    );
    event ProposerApproved(ProjectId indexed projectId, address indexed proposer, uint256 allowance);
    event TaskFunded(ProjectId indexed projectId, TaskId indexed taskId, address indexed proposer, uint256 amount);
    event TaskPaid(ProjectId indexed projectId, TaskId indexed taskId, address indexed to, uint256 amount);
    /// `amount` of the task's reserve went back to the project's budget.
    event TaskReleased(ProjectId indexed projectId, TaskId indexed taskId, uint256 amount);
    event BudgetCredited(ProjectId indexed projectId, uint256 amount);
    event MatureModelPublished(
        ProjectId indexed projectId,
        TaskId indexed taskId,
        address indexed aggregator,
        bytes32 modelId,
        bytes32 weightsId,
        uint16 scoreBp
    );
    event InferencePriceSet(ProjectId indexed projectId, uint256 priceWei);
    event DiscountTiersSet(ProjectId indexed projectId, DiscountTier[] tiers);

    error UnknownProject(ProjectId projectId);
    error ZeroPrice();
    error NoTokensForAmount(uint256 amount);
    error NotProjectOwner(address caller);
    error NotTaskContract(address caller);
    error NotResultsRewards(address caller);
    error NotCreditor(address caller);
    error AllowanceExceeded(address proposer, uint256 allowance, uint256 needed);
    error BudgetExceeded(uint256 budget, uint256 needed);
    error ReserveExceeded(TaskId taskId, uint256 reserve, uint256 needed);
    error NotActiveAggregator(address caller);
    error TaskOfOtherProject(TaskId taskId, ProjectId projectId);
    error TaskNotFinalized(TaskId taskId);
    error AlreadyPublished(TaskId taskId);
    error StaleBaseWeights(bytes32 expected, bytes32 given);
    error ModelNotRegistered(bytes32 modelId);
    error ScoreBelowThreshold(uint16 scoreBp, uint16 thresholdBp);
    error PriceAboveFunding(uint256 priceWei, uint256 fundedWei);
    error TooManyTiers(uint256 count);
    error TiersNotAscending(uint256 index);
    error DiscountTooHigh(uint16 discountBp);

    /// Creates a project owned by the caller, and its token. `ptPriceWei` (> 0) never changes.
    function createProject(string calldata name, string calldata symbol, uint256 ptPriceWei)
        external
        returns (ProjectId projectId);

    /// Takes `amount` wei of ATN from the caller (who approved it) into the project's budget, and mints
    /// floor(amount * 1e18 / ptPriceWei) project tokens to the caller; reverts if that is none.
    function fund(ProjectId projectId, uint256 amount) external returns (uint256 tokensMinted);

    /// Lets `proposer`'s tasks draw up to `allowance` more wei from the budget (replaces the old allowance). Project owner only.
    function approveProposer(ProjectId projectId, address proposer, uint256 allowance) external;

    /// Publishes the merge of a finalized task of this project, once per task. The caller is an active aggregator; the task
    /// started from the current mature weights (or there are none yet); the model is registered; `weightsId` is pinned, I32, and
    /// shaped as the task's base weights; the chain itself scores the model on the task's ground truth, and the score reaches
    /// the task's threshold. That `weightsId` is the average of the verified updates is not checked by the chain. With
    /// Scoring.Votes model and weights are those of one of the task's solutions (its `updateId` is what the next one starts
    /// from), which reached the threshold by consensus and was not voided.
    function setMatureModel(ProjectId projectId, bytes32 modelId, bytes32 weightsId, TaskId taskId) external;

    /// Sets the price of an inference before discounts; 0 (as at first) is free. At most what all project tokens cost: then who
    /// buys tokens to catch a share of one payment always pays more for them than the share. Project owner only.
    function setInferencePrice(ProjectId projectId, uint256 priceWei) external;

    /// Replaces the discounts: at most MAX_TIERS, both fields strictly ascending, none above MAX_DISCOUNT_BP. Project owner only.
    function setDiscountTiers(ProjectId projectId, DiscountTier[] calldata tiers) external;

    /// Reserves `amount` of the project's budget and of `proposer`'s allowance, which is not zero, for a new task. Only TaskContract.
    function fundTask(ProjectId projectId, TaskId taskId, address proposer, uint256 amount) external;

    /// Pays `amount` of a task's reserve. Only ResultsRewards.
    function payTask(ProjectId projectId, TaskId taskId, address to, uint256 amount) external;

    /// Returns `amount` of a task's reserve to its project's budget. Only TaskContract and ResultsRewards.
    function releaseTask(ProjectId projectId, TaskId taskId, uint256 amount) external;

    /// Books `amount` wei of ATN that the caller has just had transferred here: a penalty, or a bounty that nobody earned. Only
    /// TaskContract, ResultsRewards, TrainingDisputes and ForcedErrorRegistry.
    function creditBudget(ProjectId projectId, uint256 amount) external;

    function project(ProjectId projectId) external view returns (ProjectInfo memory);

    function matureModel(ProjectId projectId) external view returns (MatureModel memory);

    function proposerAllowance(ProjectId projectId, address proposer) external view returns (uint256);

    /// Wei still reserved for a task.
    function taskReserve(TaskId taskId) external view returns (uint256);

    /// Wei that `user` pays for an inference now, rounded up. The discount is that of the smaller of the user's token balances
    /// now and one second ago: tokens that are borrowed for a transaction give none.
    function inferencePrice(ProjectId projectId, address user) external view returns (uint256);

    /// Wei, before discounts.
    function inferenceBasePrice(ProjectId projectId) external view returns (uint256);

    function discountTiers(ProjectId projectId) external view returns (DiscountTier[] memory);

    /// Tokens that `fund(projectId, amount)` mints; rounds down.
    function tokensForDown(ProjectId projectId, uint256 amount) external view returns (uint256);
}
