// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Model graphs, stored as code, by their hash, and what it costs to run them.
/// The FORWARD precompile reads slot 0 (`mapping(bytes32 modelId => uint256 entry)`); the graph is the code of the entry's pointer
/// after its first byte (0x00, STOP).
interface IModelRegistry {
    /// Gas as PRICE says: see `priceOf`.
    event ModelRegistered(
        bytes32 indexed modelId, address indexed owner, uint256 size, uint256 fixedGas, uint256 gasPerItem
    );

    error GraphEmpty();
    error GraphTooLarge(uint256 size);
    error DeploymentFailed();
    error PriceTooHigh();

    /// Stores `graph` (1 to MAX_GRAPH_BYTES bytes) under keccak256(graph) with its price. A graph that is there already stays as
    /// it is. The bytes have to be a graph whose nodes fit their operands, and its parameters be available in this transaction:
    /// resident, or made in it; otherwise it reverts as PRICE does.
    function register(bytes calldata graph) external returns (bytes32 modelId);

    function isRegistered(bytes32 modelId) external view returns (bool);

    /// The account that holds the graph, zero if unknown.
    function pointerOf(bytes32 modelId) external view returns (address);

    /// What a FORWARD of the whole graph costs, beside the call, the loading of tensors and the commitment to its result: gas for
    /// any input, and for each item of it. Zero if unknown.
    function priceOf(bytes32 modelId) external view returns (uint256 fixedGas, uint256 gasPerItem);

    /// The graph's bytes; empty if unknown.
    function graphOf(bytes32 modelId) external view returns (bytes memory);
}
