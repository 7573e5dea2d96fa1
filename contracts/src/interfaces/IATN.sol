// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Native ATN wrapped 1:1 as an ERC-20 with Votes and Permit (clock: unix seconds).
interface IATN is IERC20 {
    event Deposit(address indexed account, uint256 amount);
    event Withdrawal(address indexed account, uint256 amount);

    error TransferFailed(address to, uint256 amount);

    /// Mints as much as native coin is sent. Sending coin to the contract does the same.
    function deposit() external payable;

    /// Burns `amount` of the caller's and sends it as native coin.
    function withdraw(uint256 amount) external;
}
