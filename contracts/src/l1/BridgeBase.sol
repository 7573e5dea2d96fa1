// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BridgeConfig, IAnchorBridge} from "../interfaces/IAnchorBridge.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice What the parts of AnchorBridge share: the token, the inbox, and the count of what is locked.
abstract contract BridgeBase is IAnchorBridge {
    /// @inheritdoc IAnchorBridge
    IERC20 public immutable token;
    /// @inheritdoc IAnchorBridge
    IInbox public immutable inbox;
    /// @inheritdoc IAnchorBridge
    uint256 public lockedAtn;

    constructor(BridgeConfig memory config) {
        token = config.token;
        inbox = config.inbox;
    }
}
