// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaskId} from "../interfaces/ITaskContract.sol";

/// @title What stakes are pledged for
/// @notice The role says which duty of the task it is: proposing it, solving it, or voting on it.
library Duties {
    function ofTask(TaskId taskId) internal pure returns (bytes32 duty) {
        return bytes32(TaskId.unwrap(taskId));
    }
}
