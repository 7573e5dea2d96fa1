// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ML, ModelPrice} from "../lib/ML.sol";

contract ModelRegistry is IModelRegistry {
    /// With the STOP byte it stays below EIP-170's limit.
    uint256 public constant MAX_GRAPH_BYTES = 24_000;

    /// Slot 0, read by the FORWARD precompile: pointer in the lowest 160 bits, then the gas of a FORWARD, fixed and per
    /// item, 48 bits each.
    mapping(bytes32 modelId => uint256 entry) private _models;

    /// @inheritdoc IModelRegistry
    function register(bytes calldata graph) external returns (bytes32 modelId) {
        if (graph.length == 0) revert GraphEmpty();
        if (graph.length > MAX_GRAPH_BYTES) revert GraphTooLarge(graph.length);
        modelId = keccak256(graph);
        if (_models[modelId] != 0) return modelId;
        ModelPrice memory price = ML.price(graph);
        if (price.fixedGas > type(uint48).max || price.gasPerItem > type(uint48).max) revert PriceTooHigh();
        address pointer = _store(graph);
        _models[modelId] = uint256(uint160(pointer)) | (price.fixedGas << 160) | (price.gasPerItem << 208);
        emit ModelRegistered(modelId, msg.sender, graph.length, price.fixedGas, price.gasPerItem);
    }

    /// @inheritdoc IModelRegistry
    function isRegistered(bytes32 modelId) external view returns (bool) {
        return _models[modelId] != 0;
    }

    /// @inheritdoc IModelRegistry
    function pointerOf(bytes32 modelId) public view returns (address) {
        return address(uint160(_models[modelId]));
    }

    /// @inheritdoc IModelRegistry
    function priceOf(bytes32 modelId) external view returns (uint256 fixedGas, uint256 gasPerItem) {
        uint256 entry = _models[modelId];
        return (uint48(entry >> 160), entry >> 208);
    }

    /// @inheritdoc IModelRegistry
    function graphOf(bytes32 modelId) external view returns (bytes memory graph) {
        address pointer = pointerOf(modelId);
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
