// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Predeploys} from "../lib/Predeploys.sol";

/// @title What the DAO has decided happens from here, two days later at the earliest. It is the treasury.
/// Only the DAO schedules and cancels; anyone executes what is due. Its roles and its delay change by a proposal alone: no
/// account but this one is their admin.
contract AutonetTimelock is TimelockController {
    /// Seconds; no proposal makes the delay shorter.
    uint256 public constant SHORTEST_DELAY = 2 days;

    error DelayTooShort(uint256 delay, uint256 shortest);

    constructor() TimelockController(SHORTEST_DELAY, _only(Predeploys.AUTONET_DAO), _only(address(0)), address(0)) {}

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        if (newDelay < SHORTEST_DELAY) revert DelayTooShort(newDelay, SHORTEST_DELAY);
        super.updateDelay(newDelay);
    }

    function _only(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
