// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DelayedKind, IInbox} from "../../src/interfaces/IInbox.sol";
import {Inbox} from "../../src/l1/Inbox.sol";
import {AddressAlias} from "../../src/lib/AddressAlias.sol";
import {Test} from "../Test.sol";

/// Calls the inbox from a contract.
contract Relay {
    function force(Inbox inbox, bytes calldata signed) external {
        inbox.forceTransaction(signed);
    }
}

contract InboxTest is Test {
    uint64 private constant FORCE_WINDOW = 1 hours;
    uint256 private constant START = 1_700_000_000;

    address private sequencer = makeAddr("sequencer");
    address private bridge = makeAddr("bridge");
    address private anyone = makeAddr("anyone");
    Inbox private inbox;

    function setUp() public {
        vm.warp(START);
        vm.roll(1000);
        inbox = new Inbox(sequencer, FORCE_WINDOW, bridge);
    }

    // --- delayed messages

    function test_starts_with_one_context_message_and_no_batch() public view {
        assertEq(inbox.delayedCount(), 1);
        assertEq(inbox.batchCount(), 0);
        assertEq(inbox.lastDelayedCursor(), 0);
        assertEq(inbox.oldestUnconsumedTime(), START);
        assertEq(inbox.delayedAccs(0), _delayedAcc(0, DelayedKind.Context, address(0), ""));
    }

    function testFuzz_deposit_extends_the_chain_with_the_whole_l1_context(
        address from,
        bytes calldata payload,
        uint64 number,
        uint64 time,
        uint64 baseFee,
        bytes32 randao
    ) public {
        _setL1Block(number, time, baseFee, randao);
        bytes32 acc = _delayedAcc(inbox.delayedAccs(0), DelayedKind.Deposit, from, payload);
        _expectDelayedMessage(1, DelayedKind.Deposit, from, payload, acc);
        vm.prank(bridge);
        assertEq(inbox.enqueueDeposit(from, payload), 1);
        assertEq(inbox.delayedAccs(1), acc);
        assertEq(inbox.delayedTimes(1), block.timestamp);
        assertEq(inbox.delayedCount(), 2);
    }

    function testFuzz_only_the_bridge_queues_deposits(address caller) public {
        vm.assume(caller != bridge);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotBridge.selector, caller));
        vm.prank(caller);
        inbox.enqueueDeposit(caller, "");
    }

    function testFuzz_forced_transaction_is_queued_under_its_sender(uint256 size) public {
        bytes memory signed = new bytes(bound(size, 1, inbox.MAX_FORCED_TX_BYTES()));
        bytes32 previous = inbox.delayedAccs(0);
        vm.prank(anyone, anyone);
        assertEq(inbox.forceTransaction(signed), 1);
        assertEq(inbox.delayedAccs(1), _delayedAcc(previous, DelayedKind.Forced, anyone, signed));
    }

    function test_forced_transaction_of_a_contract_is_queued_under_its_alias() public {
        Relay relay = new Relay();
        bytes32 previous = inbox.delayedAccs(0);
        vm.prank(anyone, anyone);
        relay.force(inbox, hex"02");
        address sender = AddressAlias.toL2(address(relay));
        assertEq(inbox.delayedAccs(1), _delayedAcc(previous, DelayedKind.Forced, sender, hex"02"));
    }

    function test_forced_transaction_has_a_size_limit() public {
        uint256 tooLarge = inbox.MAX_FORCED_TX_BYTES() + 1;
        vm.expectRevert(abi.encodeWithSelector(IInbox.ForcedTransactionSize.selector, tooLarge));
        inbox.forceTransaction(new bytes(tooLarge));
        vm.expectRevert(abi.encodeWithSelector(IInbox.ForcedTransactionSize.selector, 0));
        inbox.forceTransaction("");
    }

    // --- batches

    function testFuzz_batch_extends_the_chain_and_queues_a_context(bytes calldata data, uint8 deposits) public {
        _queueDeposits(deposits % 8);
        uint64 cursor = inbox.delayedCount();
        bytes32 delayedAcc = inbox.delayedAccs(cursor - 1);
        bytes32 acc = _batchAcc(0, data, cursor, delayedAcc);
        vm.expectEmit(address(inbox));
        emit IInbox.BatchPosted(
            0, keccak256(data), cursor, delayedAcc, uint64(block.number), uint64(block.timestamp), acc
        );
        _post(sequencer, data, cursor);

        assertEq(inbox.batchAccs(0), acc);
        assertEq(inbox.batchCount(), 1);
        assertEq(inbox.lastDelayedCursor(), cursor);
        assertEq(inbox.delayedCount(), cursor + 1);
        assertEq(inbox.delayedAccs(cursor), _delayedAcc(delayedAcc, DelayedKind.Context, address(0), ""));

        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 12);
        delayedAcc = inbox.delayedAccs(cursor);
        _post(sequencer, "", cursor + 1);
        assertEq(inbox.batchAccs(1), _batchAcc(acc, "", cursor + 1, delayedAcc));
    }

    function test_first_batch_may_consume_nothing() public {
        _post(sequencer, hex"00", 0);
        assertEq(inbox.batchAccs(0), _batchAcc(0, hex"00", 0, 0));
    }

    function testFuzz_batch_with_another_delayed_accumulator_is_refused(bytes32 claimed, uint64 cursor) public {
        _queueDeposits(3);
        cursor = uint64(bound(cursor, 0, inbox.delayedCount()));
        bytes32 actual = _accAt(cursor);
        vm.assume(claimed != actual);
        vm.expectRevert(abi.encodeWithSelector(IInbox.DelayedAccMismatch.selector, claimed, actual));
        vm.prank(sequencer, sequencer);
        inbox.postBatch("", cursor, claimed);
    }

    function testFuzz_cursor_neither_goes_back_nor_past_the_messages(uint64 cursor) public {
        _queueDeposits(3);
        _post(sequencer, "", 2);
        vm.assume(cursor < 2 || cursor > inbox.delayedCount());
        _expectCursorRefused(cursor);
        _expectCursorRefused(1);
        _expectCursorRefused(inbox.delayedCount() + 1);
    }

    function test_batch_has_a_size_limit() public {
        uint256 limit = inbox.MAX_BATCH_BYTES();
        _post(sequencer, new bytes(limit), 0);
        vm.expectRevert(abi.encodeWithSelector(IInbox.BatchTooLarge.selector, limit + 1));
        vm.prank(sequencer, sequencer);
        inbox.postBatch(new bytes(limit + 1), 0, 0);
    }

    function test_batch_comes_from_a_plain_account_in_its_own_transaction() public {
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotPlainAccount.selector, sequencer));
        vm.prank(sequencer, anyone);
        inbox.postBatch("", 0, 0);

        vm.etch(sequencer, abi.encodePacked(hex"ef0100", address(this)));
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotPlainAccount.selector, sequencer));
        vm.prank(sequencer, sequencer);
        inbox.postBatch("", 0, 0);
    }

    // --- forcing

    function testFuzz_nobody_else_posts_within_the_force_window(uint64 waited) public {
        vm.warp(START + bound(waited, 0, FORCE_WINDOW));
        assertFalse(inbox.isOpenToAll());
        vm.expectRevert(abi.encodeWithSelector(IInbox.PostingClosed.selector, anyone, START + FORCE_WINDOW));
        vm.prank(anyone, anyone);
        inbox.postBatch("", 0, 0);
        _post(sequencer, "", 0);
    }

    function testFuzz_anyone_posts_once_the_oldest_message_is_overdue(uint64 late) public {
        vm.warp(START + FORCE_WINDOW + bound(late, 1, 365 days));
        assertTrue(inbox.isOpenToAll());
        _post(anyone, "", 1);
        assertEq(inbox.lastDelayedCursor(), 1);
        assertFalse(inbox.isOpenToAll());
    }

    function test_forced_batch_leaves_no_overdue_message() public {
        vm.warp(START + 100);
        _queueDeposits(1); // overdue, like the first context
        vm.warp(START + 101);
        _queueDeposits(1); // just in time
        vm.warp(START + 101 + FORCE_WINDOW);

        bytes32 acc = _accAt(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.OverdueMessageLeft.selector, 1));
        vm.prank(anyone, anyone);
        inbox.postBatch("", 1, acc);

        _post(anyone, "", 2);
        assertEq(inbox.oldestUnconsumedTime(), START + 101);
    }

    function test_sequencer_may_leave_overdue_messages_to_derivation() public {
        vm.warp(START + FORCE_WINDOW + 1);
        _post(sequencer, "", 0);
        assertTrue(inbox.isOpenToAll());
    }

    // --- helpers

    function _expectCursorRefused(uint64 cursor) private {
        uint64 count = inbox.delayedCount();
        vm.expectRevert(abi.encodeWithSelector(IInbox.DelayedCursorOutOfRange.selector, cursor, 2, count));
        vm.prank(sequencer, sequencer);
        inbox.postBatch("", cursor, bytes32(0));
    }

    function _setL1Block(uint256 number, uint256 time, uint256 baseFee, bytes32 randao) private {
        number = bound(number, 1001, type(uint64).max);
        vm.roll(number);
        vm.warp(bound(time, START, type(uint64).max));
        vm.fee(baseFee);
        vm.blobBaseFee(uint256(randao) % 100_000_000); // excess blob gas: a fee up to 5e8 wei
        vm.prevrandao(randao);
        vm.setBlockhash(number - 1, keccak256(abi.encode(number)));
    }

    function _expectDelayedMessage(uint64 index, DelayedKind kind, address sender, bytes memory payload, bytes32 acc)
        private
    {
        vm.expectEmit(address(inbox));
        emit IInbox.DelayedMessage(
            index,
            kind,
            sender,
            uint64(block.number),
            uint64(block.timestamp),
            block.basefee,
            block.blobbasefee,
            bytes32(block.prevrandao),
            blockhash(block.number - 1),
            payload,
            acc
        );
    }

    function _post(address poster, bytes memory data, uint64 cursor) private {
        bytes32 acc = _accAt(cursor);
        vm.prank(poster, poster);
        inbox.postBatch(data, cursor, acc);
    }

    function _queueDeposits(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            vm.prank(bridge);
            inbox.enqueueDeposit(anyone, abi.encode(i));
        }
    }

    function _accAt(uint64 cursor) private view returns (bytes32) {
        return cursor == 0 ? bytes32(0) : inbox.delayedAccs(cursor - 1);
    }

    /// The specified hash, word by word: 32-byte words joined without abi.encode.
    function _delayedAcc(bytes32 previous, DelayedKind kind, address sender, bytes memory payload)
        private
        view
        returns (bytes32)
    {
        bytes memory head = bytes.concat(
            previous, bytes32(uint256(kind)), bytes32(uint256(uint160(sender))), bytes32(block.number)
        );
        bytes memory context = bytes.concat(
            bytes32(block.timestamp),
            bytes32(block.basefee),
            bytes32(block.blobbasefee),
            bytes32(block.prevrandao),
            blockhash(block.number - 1)
        );
        return keccak256(bytes.concat(head, context, keccak256(payload)));
    }

    function _batchAcc(bytes32 previous, bytes memory data, uint64 cursor, bytes32 delayedAcc)
        private
        view
        returns (bytes32)
    {
        return keccak256(
            bytes.concat(
                previous,
                bytes32(0),
                keccak256(data),
                bytes32(uint256(cursor)),
                delayedAcc,
                bytes32(block.number),
                bytes32(block.timestamp)
            )
        );
    }
}
