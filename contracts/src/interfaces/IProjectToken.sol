// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A project's ERC-20, and the revenue of its holders.
/// Only `Project` mints it, nobody burns it. The project's revenue (wei of ATN) lies in this contract, apart from every other
/// project's, and flows to the holders in proportion to what they hold while it flows: who holds for no time gets none.
interface IProjectToken is IERC20 {
    /// `amount` came in; what has not flowed yet will have by `streamEnd` (unix seconds).
    event RevenueDistributed(uint256 amount, uint64 streamEnd);
    event RevenueClaimed(address indexed account, uint256 amount);

    error NotProject(address caller);
    error NotInference(address caller);
    error NoHolders();
    error RevenueMissing(uint256 balance, uint256 needed);
    error NotInThePast(uint256 timepoint);

    function mint(address to, uint256 amount) external;

    /// Books `amount` wei of ATN that was transferred here before, as revenue that flows for STREAM_SECONDS. What still flows
    /// from earlier is merged with it: the time left is their mean, weighted by amount, so that dust delays nothing. Reverts
    /// without holders. Only Inference.
    function distribute(uint256 amount) external;

    /// Pays `account` all that it can claim, whoever calls; returns what was paid.
    function claimRevenue(address account) external returns (uint256 amount);

    /// Wei that `claimRevenue(account)` pays now; rounds down, and the fraction stays the account's.
    function claimableDown(address account) external view returns (uint256);

    /// What `account` held at the end of second `timepoint`, which is over.
    function balanceAt(address account, uint256 timepoint) external view returns (uint256);
}
