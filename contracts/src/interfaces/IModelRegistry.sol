// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Model graphs, stored as code, by their hash.
/// The FORWARD precompile reads slot 0 (`mapping(bytes32 modelId => address pointer)`); the graph is the pointer's code after
/// its first byte (0x00, STOP).
interface IModelRegistry {
    event ModelRegistered(bytes32 indexed modelId, address indexed owner, uint256 size);

    error GraphEmpty();
    error GraphTooLarge(uint256 size);
    error DeploymentFailed();

    /// Stores `graph` (1 to MAX_GRAPH_BYTES bytes) under keccak256(graph). A graph that is there already stays as it is.
    function register(bytes calldata graph) external returns (bytes32 modelId);

    function isRegistered(bytes32 modelId) external view returns (bool);

    /// The account that holds the graph, zero if unknown.
    function pointerOf(bytes32 modelId) external view returns (address);

    /// The graph's bytes; empty if unknown.
    function graphOf(bytes32 modelId) external view returns (bytes memory);
}
