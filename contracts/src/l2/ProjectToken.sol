// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IProjectToken} from "../interfaces/IProjectToken.sol";

contract ProjectToken is IProjectToken, ERC20 {
    address private immutable PROJECT = msg.sender;

    constructor(string memory name, string memory symbol) ERC20(name, symbol) {}

    /// @inheritdoc IProjectToken
    function mint(address to, uint256 amount) external {
        if (msg.sender != PROJECT) revert NotProject(msg.sender);
        _mint(to, amount);
    }
}
