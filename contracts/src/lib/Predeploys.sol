// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Where the contracts of the L2 genesis live
/// @notice The same constants as `addresses` in the protocol's primitives crate.
library Predeploys {
    /// @notice Caller of the system calls at the start of a block (as in EIP-4788 and EIP-2935).
    address internal constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;

    address internal constant ML_META = 0x000000000000000000000000000000000000A100;
    address internal constant ML_COMMIT = 0x000000000000000000000000000000000000a101;
    address internal constant ML_SLICE = 0x000000000000000000000000000000000000a102;
    address internal constant ML_MATMUL_I8 = 0x000000000000000000000000000000000000A110;
    address internal constant ML_REQUANT = 0x000000000000000000000000000000000000a112;
    address internal constant ML_LUT8 = 0x000000000000000000000000000000000000A113;
    address internal constant ML_FORWARD = 0x000000000000000000000000000000000000a120;
    address internal constant ML_METRIC = 0x000000000000000000000000000000000000a130;

    address internal constant ATN = 0x000000000000000000000000000000000000A200;
    address internal constant L2_MESSENGER = 0x000000000000000000000000000000000000a201;
    address internal constant L1_CONTEXT = 0x000000000000000000000000000000000000A202;
    address internal constant FEE_VAULT = 0x000000000000000000000000000000000000A203;
    address internal constant PARTICIPANT_STAKING = 0x000000000000000000000000000000000000a210;
    address internal constant PROJECT = 0x000000000000000000000000000000000000A211;
    address internal constant TASK_CONTRACT = 0x000000000000000000000000000000000000a212;
    address internal constant RESULTS_REWARDS = 0x000000000000000000000000000000000000a213;
    address internal constant TENSOR_STORE = 0x000000000000000000000000000000000000a220;
    address internal constant MODEL_REGISTRY = 0x000000000000000000000000000000000000a221;
}
