// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A project's ERC-20; only `Project` mints it.
interface IProjectToken is IERC20 {
    error NotProject(address caller);

    function mint(address to, uint256 amount) external;
}
