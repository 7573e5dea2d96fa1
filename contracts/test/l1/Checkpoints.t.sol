// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CheckpointStatus, ICheckpoints} from "../../src/interfaces/ICheckpoints.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {BridgeFixture} from "./BridgeFixture.sol";

contract CheckpointsTest is BridgeFixture {
    function test_genesis_is_checkpoint_0_and_confirmed() public view {
        (bytes32 output, address by,, uint64 blockNumber,, CheckpointStatus status) = bridge.checkpoints(id(0));
        assertEq(output, _output(GENESIS_HASH, GENESIS_ROOT, 0, 0));
        assertEq(by, address(0));
        assertEq(blockNumber, 0);
        assertTrue(status == CheckpointStatus.Confirmed);
        assertEq(CheckpointId.unwrap(bridge.latestConfirmed()), 0);
        assertEq(bridge.checkpointCount(), 1);
        assertTrue(statusOf(id(1)) == CheckpointStatus.None);
    }

    function testFuzz_posting_takes_the_bond_and_records_the_claim(
        uint64 blockNumber,
        bytes32 blockHash,
        bytes32 root,
        uint8 batches
    ) public {
        blockNumber = uint64(bound(blockNumber, 1, type(uint64).max));
        uint64 delayed = _postBatches(batches % 5);
        uint64 posted = inbox.batchCount();
        bytes32 output = _output(blockHash, root, posted, delayed);

        vm.expectEmit(address(bridge));
        emit ICheckpoints.CheckpointPosted(id(1), blockNumber, blockHash, root, posted, delayed, output, proposer);
        uint256 balance = token.balanceOf(proposer);
        vm.prank(proposer);
        bridge.postCheckpoint(id(0), blockNumber, blockHash, root, posted, delayed);

        _assertStored(output, blockNumber);
        assertEq(token.balanceOf(proposer), balance - BOND);
        assertEq(bridge.bondedAtn(), BOND);
        assertEq(bridge.lockedAtn(), GENESIS_SUPPLY);
    }

    function test_posting_without_the_bond_fails() public {
        vm.expectRevert();
        vm.prank(guardian);
        bridge.postCheckpoint(id(0), 1, BLOCK_HASH, GENESIS_ROOT, 0, 0);
    }

    function testFuzz_parent_must_be_confirmed(uint64 parent) public {
        post(5, GENESIS_ROOT);
        parent = uint64(bound(parent, 1, type(uint64).max));
        CheckpointStatus status = parent == 1 ? CheckpointStatus.Pending : CheckpointStatus.None;
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.UnexpectedStatus.selector, parent, status));
        vm.prank(proposer);
        bridge.postCheckpoint(id(parent), 6, BLOCK_HASH, GENESIS_ROOT, 0, 0);
    }

    function testFuzz_block_comes_after_the_parents(uint64 parentBlock, uint64 blockNumber) public {
        parentBlock = uint64(bound(parentBlock, 1, type(uint64).max));
        blockNumber = uint64(bound(blockNumber, 0, parentBlock));
        confirm(post(parentBlock, GENESIS_ROOT));
        vm.expectRevert(
            abi.encodeWithSelector(ICheckpoints.BlockNotAfter.selector, blockNumber, uint64(1), parentBlock)
        );
        vm.prank(proposer);
        bridge.postCheckpoint(id(1), blockNumber, BLOCK_HASH, GENESIS_ROOT, 0, 0);
    }

    function test_inbox_position_lies_between_the_parents_and_the_inbox() public {
        uint64 delayed = _postBatches(2);
        vm.prank(proposer);
        confirm(bridge.postCheckpoint(id(0), 5, BLOCK_HASH, GENESIS_ROOT, 1, delayed - 1));

        _expectPositionRefused(3, delayed);
        _expectPositionRefused(0, delayed);
        _expectPositionRefused(2, inbox.delayedCount() + 1);
        _expectPositionRefused(2, delayed - 2);
        vm.prank(proposer);
        bridge.postCheckpoint(id(1), 6, BLOCK_HASH, GENESIS_ROOT, 1, delayed - 1);
    }

    function testFuzz_confirmed_only_after_the_challenge_window(uint64 waited) public {
        CheckpointId checkpoint = post(5, GENESIS_ROOT);
        uint256 endsAt = block.timestamp + WINDOW;
        vm.warp(block.timestamp + bound(waited, 0, WINDOW - 1));
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.ChallengeWindowOpen.selector, checkpoint, endsAt));
        bridge.confirmCheckpoint(checkpoint);

        vm.warp(endsAt);
        vm.expectEmit(address(bridge));
        emit ICheckpoints.CheckpointConfirmed(checkpoint);
        bridge.confirmCheckpoint(checkpoint);
        assertTrue(statusOf(checkpoint) == CheckpointStatus.Confirmed);
        assertEq(CheckpointId.unwrap(bridge.latestConfirmed()), 1);
        assertEq(bridge.freeBonds(proposer), BOND);
    }

    function test_confirmed_only_once() public {
        CheckpointId checkpoint = post(5, GENESIS_ROOT);
        confirm(checkpoint);
        vm.expectRevert(
            abi.encodeWithSelector(ICheckpoints.UnexpectedStatus.selector, checkpoint, CheckpointStatus.Confirmed)
        );
        bridge.confirmCheckpoint(checkpoint);
    }

    function testFuzz_unknown_checkpoint_cannot_be_confirmed(uint64 unknown) public {
        unknown = uint64(bound(unknown, 1, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.UnexpectedStatus.selector, unknown, CheckpointStatus.None));
        bridge.confirmCheckpoint(id(unknown));
    }

    function test_several_pending_are_confirmed_in_block_order() public {
        CheckpointId first = post(5, GENESIS_ROOT);
        CheckpointId second = post(9, GENESIS_ROOT);
        confirm(first);
        bridge.confirmCheckpoint(second);
        assertEq(CheckpointId.unwrap(bridge.latestConfirmed()), CheckpointId.unwrap(second));
        assertEq(bridge.freeBonds(proposer), 2 * BOND);
    }

    function testFuzz_overtaken_checkpoint_frees_its_bond_without_being_confirmed(uint64 blockNumber) public {
        CheckpointId late = post(uint64(bound(blockNumber, 1, 9)), GENESIS_ROOT);
        (,,, uint64 lateBlock,,) = bridge.checkpoints(late);
        CheckpointId winner = post(9, GENESIS_ROOT);
        confirm(winner);

        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.BlockNotAfter.selector, lateBlock, winner, uint64(9)));
        bridge.confirmCheckpoint(late);

        vm.expectEmit(address(bridge));
        emit ICheckpoints.CheckpointSuperseded(late);
        bridge.supersedeCheckpoint(late);
        assertTrue(statusOf(late) == CheckpointStatus.Superseded);
        assertEq(bridge.freeBonds(proposer), 2 * BOND);

        vm.expectRevert(
            abi.encodeWithSelector(ICheckpoints.UnexpectedStatus.selector, late, CheckpointStatus.Superseded)
        );
        bridge.supersedeCheckpoint(late);
    }

    function test_overtaken_checkpoint_stays_bonded_through_its_window() public {
        CheckpointId winner = post(9, GENESIS_ROOT);
        vm.warp(block.timestamp + WINDOW - 1);
        CheckpointId late = post(9, GENESIS_ROOT);
        uint256 endsAt = block.timestamp + WINDOW;
        vm.warp(block.timestamp + 1);
        bridge.confirmCheckpoint(winner);
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.ChallengeWindowOpen.selector, late, endsAt));
        bridge.supersedeCheckpoint(late);
    }

    function test_checkpoint_ahead_is_not_superseded() public {
        CheckpointId checkpoint = post(9, GENESIS_ROOT);
        vm.warp(block.timestamp + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.NotSuperseded.selector, checkpoint));
        bridge.supersedeCheckpoint(checkpoint);
    }

    function test_free_bond_is_paid_to_its_proposer_once() public {
        CheckpointId checkpoint = post(5, GENESIS_ROOT);
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.NoFreeBond.selector, proposer));
        vm.prank(proposer);
        bridge.withdrawBond();

        confirm(checkpoint);
        uint256 balance = token.balanceOf(proposer);
        vm.expectEmit(address(bridge));
        emit ICheckpoints.BondWithdrawn(proposer, BOND);
        vm.prank(proposer);
        assertEq(bridge.withdrawBond(), BOND);
        assertEq(token.balanceOf(proposer), balance + BOND);
        assertEq(bridge.bondedAtn(), 0);
        assertEq(bridge.lockedAtn(), GENESIS_SUPPLY);

        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.NoFreeBond.selector, proposer));
        vm.prank(proposer);
        bridge.withdrawBond();
    }

    function _assertStored(bytes32 output, uint64 blockNumber) private view {
        (bytes32 o, address by, uint64 at, uint64 number, CheckpointId parent, CheckpointStatus status) =
            bridge.checkpoints(id(1));
        assertEq(o, output);
        assertEq(by, proposer);
        assertEq(at, block.timestamp);
        assertEq(number, blockNumber);
        assertEq(CheckpointId.unwrap(parent), 0);
        assertTrue(status == CheckpointStatus.Pending);
    }

    function _expectPositionRefused(uint64 batches, uint64 delayed) private {
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.InboxPositionOutOfRange.selector, batches, delayed));
        vm.prank(proposer);
        bridge.postCheckpoint(id(1), 6, BLOCK_HASH, GENESIS_ROOT, batches, delayed);
    }

    /// Posts batches that consume all delayed messages there are; returns how many.
    function _postBatches(uint256 count) private returns (uint64 delayed) {
        for (uint256 i = 0; i < count; ++i) {
            delayed = inbox.delayedCount();
            bytes32 acc = inbox.delayedAccs(delayed - 1);
            vm.prank(sequencer, sequencer);
            inbox.postBatch("", delayed, acc);
        }
    }

    /// The specified hash, word by word.
    function _output(bytes32 blockHash, bytes32 root, uint64 batches, uint64 delayed) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                bytes32(uint256(1)), CONFIG_HASH, blockHash, root, bytes32(uint256(batches)), bytes32(uint256(delayed))
            )
        );
    }
}
