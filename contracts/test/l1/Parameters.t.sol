// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BridgeConfig} from "../../src/interfaces/IAnchorBridge.sol";
import {AnchorBridge} from "../../src/l1/AnchorBridge.sol";
import {Inbox} from "../../src/l1/Inbox.sol";
import {Hashing} from "../../src/lib/Hashing.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {BridgeFixture} from "./BridgeFixture.sol";

/// What bridge and inbox are deployed with, and what anybody can read of them.
contract ParametersTest is BridgeFixture {
    function testFuzz_a_bridge_keeps_what_it_was_deployed_with(
        bytes32 configHash,
        uint64 window,
        uint256 bond,
        address newGuardian,
        uint256 genesisSupply,
        bytes32[2] calldata genesis
    ) public {
        genesisSupply = bound(genesisSupply, 0, token.balanceOf(address(this)));
        BridgeConfig memory config = BridgeConfig({
            token: token,
            inbox: inbox,
            configHash: configHash,
            challengeWindow: window,
            checkpointBond: bond,
            guardian: newGuardian,
            genesisSupply: genesisSupply,
            genesisBlockHash: genesis[0],
            genesisMessageRoot: genesis[1]
        });
        token.approve(vm.computeCreateAddress(address(this), vm.getNonce(address(this))), genesisSupply);
        AnchorBridge fresh = new AnchorBridge(config);
        assertEq(address(fresh.token()), address(token));
        assertEq(address(fresh.inbox()), address(inbox));
        assertEq(fresh.configHash(), configHash);
        assertEq(fresh.challengeWindow(), window);
        assertEq(fresh.checkpointBond(), bond);
        assertEq(fresh.guardian(), newGuardian);
        assertEq(fresh.lockedAtn(), genesisSupply);
        assertEq(token.balanceOf(address(fresh)), genesisSupply);
        assertEq(fresh.checkpointCount(), 1);
        assertEq(fresh.l2Sender(), address(0));
        (bytes32 output,,,,,) = fresh.checkpoints(CheckpointId.wrap(0));
        assertEq(output, Hashing.checkpointOutput(configHash, genesis[0], genesis[1], 0, 0));
    }

    function testFuzz_an_inbox_keeps_what_it_was_deployed_with(address newSequencer, uint64 window, address newBridge)
        public
    {
        Inbox fresh = new Inbox(newSequencer, window, newBridge);
        assertEq(fresh.sequencer(), newSequencer);
        assertEq(fresh.forceWindow(), window);
        assertEq(fresh.bridge(), newBridge);
    }

    function testFuzz_the_guardian_is_the_only_one_who_pauses(address caller) public {
        vm.assume(caller != guardian);
        vm.prank(caller);
        vm.expectRevert();
        bridge.pause();
        address allowed = bridge.guardian();
        vm.prank(allowed);
        bridge.pause();
        assertTrue(bridge.paused());
    }

    function testFuzz_checkpoints_are_counted(uint8 count) public {
        count = uint8(bound(count, 0, 20));
        for (uint64 i = 1; i <= count; i++) {
            assertEq(CheckpointId.unwrap(post(i, bytes32(uint256(i)))), i);
        }
        assertEq(bridge.checkpointCount(), uint256(count) + 1);
        assertEq(token.balanceOf(address(bridge)), GENESIS_SUPPLY + count * BOND);
    }

    function testFuzz_the_oldest_message_is_the_first_that_no_batch_covers(uint16[8] memory waits, uint64 cursor)
        public
    {
        for (uint256 i = 0; i < 8; i++) {
            vm.warp(block.timestamp + waits[i]);
            vm.prank(alice, alice);
            inbox.forceTransaction("signed");
        }
        assertEq(inbox.oldestUnconsumedTime(), inbox.delayedTimes(0));
        cursor = uint64(bound(cursor, 1, inbox.delayedCount()));
        bytes32 acc = inbox.delayedAccs(cursor - 1);
        vm.warp(block.timestamp + 1);
        vm.prank(sequencer, sequencer);
        inbox.postBatch("batch", cursor, acc);
        // With everything covered, it is the context that the batch itself has queued.
        assertEq(inbox.oldestUnconsumedTime(), inbox.delayedTimes(cursor));
        vm.warp(uint256(inbox.oldestUnconsumedTime()) + inbox.forceWindow());
        assertFalse(inbox.isOpenToAll());
        vm.warp(block.timestamp + 1);
        assertTrue(inbox.isOpenToAll());
    }
}
