// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract ModelRegistryTest is L2Fixture {
    function testFuzz_a_graph_is_stored_as_code_behind_a_stop_byte(bytes memory graph) public {
        vm.assume(graph.length > 0);
        bytes32 modelId = keccak256(graph);
        assertFalse(MODELS.isRegistered(modelId));
        assertEq(MODELS.graphOf(modelId), "");
        vm.expectEmit(address(MODELS));
        emit IModelRegistry.ModelRegistered(modelId, anyone, graph.length);
        vm.prank(anyone);
        assertEq(MODELS.register(graph), modelId);
        assertTrue(MODELS.isRegistered(modelId));
        assertEq(MODELS.graphOf(modelId), graph);
        address pointer = MODELS.pointerOf(modelId);
        assertEq(pointer.code, abi.encodePacked(hex"00", graph));
        bytes32 slot = keccak256(abi.encode(modelId, uint256(0)));
        assertEq(address(uint160(uint256(vm.load(address(MODELS), slot)))), pointer);
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

    function test_sizes() public {
        vm.expectRevert(IModelRegistry.GraphEmpty.selector);
        MODELS.register("");
        bytes32 modelId = MODELS.register(new bytes(24_000));
        assertEq(MODELS.graphOf(modelId).length, 24_000);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.GraphTooLarge.selector, 24_001));
        MODELS.register(new bytes(24_001));
    }
}
