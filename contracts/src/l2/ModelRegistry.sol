// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

contract ModelRegistry is IModelRegistry {
    /// With the STOP byte it stays below EIP-170's limit.
    uint256 public constant MAX_GRAPH_BYTES = 24_000;

    /// Slot 0, read by the FORWARD precompile.
    mapping(bytes32 modelId => address pointer) private _pointers;

    /// @inheritdoc IModelRegistry
    function register(bytes calldata graph) external returns (bytes32 modelId) {
        if (graph.length == 0) revert GraphEmpty();
        if (graph.length > MAX_GRAPH_BYTES) revert GraphTooLarge(graph.length);
        modelId = keccak256(graph);
        if (_pointers[modelId] != address(0)) return modelId;
        _pointers[modelId] = _store(graph);
        emit ModelRegistered(modelId, msg.sender, graph.length);
    }

    /// @inheritdoc IModelRegistry
    function isRegistered(bytes32 modelId) external view returns (bool) {
        return _pointers[modelId] != address(0);
    }

    /// @inheritdoc IModelRegistry
    function pointerOf(bytes32 modelId) external view returns (address) {
        return _pointers[modelId];
    }

    /// @inheritdoc IModelRegistry
    function graphOf(bytes32 modelId) external view returns (bytes memory graph) {
        address pointer = _pointers[modelId];
        if (pointer == address(0)) return graph;
        uint256 size = pointer.code.length - 1;
        graph = new bytes(size);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(graph, 32), 1, size)
        }
    }

    /// Creates an account whose code is STOP and the graph, so that nothing in it can ever be executed.
    function _store(bytes calldata graph) private returns (address pointer) {
        // PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: returns what follows it.
        bytes memory init = abi.encodePacked(hex"61", uint16(graph.length + 1), hex"80600a3d393df300", graph);
        assembly ("memory-safe") {
            pointer := create(0, add(init, 32), mload(init))
        }
        if (pointer == address(0)) revert DeploymentFailed();
    }
}
