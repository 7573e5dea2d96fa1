// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Number of a checkpoint on AnchorBridge, in the order of posting; 0 is L2's genesis.
type CheckpointId is uint64;
