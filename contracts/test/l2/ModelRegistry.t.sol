// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract ModelRegistryTest is L2Fixture {
    function testFuzz_a_graph_is_stored_as_code_behind_a_stop_byte(bytes memory graph) public {
        vm.assume(graph.length > 0);
        bytes32 modelId = keccak256(graph);
        assertFalse(MODELS.isRegistered(modelId));
        assertEq(MODELS.graphOf(modelId), "");
        vm.expectEmit(address(MODELS));
        emit IModelRegistry.ModelRegistered(modelId, anyone, graph.length, 1_000 + graph.length, graph.length);
        vm.prank(anyone);
        assertEq(MODELS.register(graph), modelId);
        assertTrue(MODELS.isRegistered(modelId));
        assertEq(MODELS.graphOf(modelId), graph);
        address pointer = MODELS.pointerOf(modelId);
        assertEq(pointer.code, abi.encodePacked(hex"00", graph));
        uint256 entry = uint256(vm.load(address(MODELS), keccak256(abi.encode(modelId, uint256(0)))));
        assertEq(address(uint160(entry)), pointer);
        assertEq(uint48(entry >> 160), 1_000 + graph.length);
        assertEq(entry >> 208, graph.length);
        (uint256 fixedGas, uint256 gasPerItem) = MODELS.priceOf(modelId);
        assertEq(fixedGas, 1_000 + graph.length);
        assertEq(gasPerItem, graph.length);
    }

    function testFuzz_registering_again_changes_nothing(bytes memory graph) public {
        vm.assume(graph.length > 0);
        bytes32 modelId = MODELS.register(graph);
        address pointer = MODELS.pointerOf(modelId);
        vm.recordLogs();
        assertEq(MODELS.register(graph), modelId);
        assertEq(MODELS.pointerOf(modelId), pointer);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_what_is_no_graph_or_lacks_parameters_is_not_registered(bytes memory graph) public {
        vm.assume(graph.length > 0);
        bytes32 modelId = keccak256(graph);
        PRICES.lose(modelId, true);
        vm.expectRevert(ML.NotResident.selector);
        MODELS.register(graph);
        PRICES.lose(modelId, false);
        PRICES.refuse(modelId);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_PRICE));
        MODELS.register(graph);
        assertFalse(MODELS.isRegistered(modelId));
        (uint256 fixedGas, uint256 gasPerItem) = MODELS.priceOf(modelId);
        assertEq(fixedGas + gasPerItem, 0);
    }

    function testFuzz_prices_fit_their_bits(uint256 more) public {
        bytes memory graph = "graph";
        more = bound(more, 0, 1 << 60);
        PRICES.raise(more);
        if (more + 1_000 + graph.length <= type(uint48).max) {
            (uint256 fixedGas, uint256 gasPerItem) = MODELS.priceOf(MODELS.register(graph));
            assertEq(fixedGas, more + 1_000 + graph.length);
            assertEq(gasPerItem, more + graph.length);
        } else {
            vm.expectRevert(IModelRegistry.PriceTooHigh.selector);
            MODELS.register(graph);
        }
    }

    function test_sizes() public {
        vm.expectRevert(IModelRegistry.GraphEmpty.selector);
        MODELS.register("");
        bytes32 modelId = MODELS.register(new bytes(24_000));
        assertEq(MODELS.graphOf(modelId).length, 24_000);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.GraphTooLarge.selector, 24_001));
        MODELS.register(new bytes(24_001));
    }
}
