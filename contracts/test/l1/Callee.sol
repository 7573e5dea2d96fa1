// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";

/// Target of withdrawals: notes who calls, and fails, burns gas or reenters when told to.
contract Callee {
    IWithdrawals private immutable bridge;
    bool public failing;
    uint256 public calls;
    address public sender;
    uint256 public gasSeen;
    bytes private reentry;

    error Failing();

    constructor(IWithdrawals bridge_) {
        bridge = bridge_;
    }

    function setFailing(bool failing_) external {
        failing = failing_;
    }

    /// What `reenter` calls the bridge with.
    function setReentry(bytes calldata reentry_) external {
        reentry = reentry_;
    }

    function note(uint256, bytes calldata) external {
        gasSeen = gasleft();
        if (failing) revert Failing();
        calls++;
        sender = bridge.l2Sender();
    }

    function reenter() external {
        (bool success, bytes memory returned) = address(bridge).call(reentry);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(returned, 0x20), mload(returned))
            }
        }
    }

    function returnBomb() external pure {
        assembly ("memory-safe") {
            revert(0, 1000000)
        }
    }
}
