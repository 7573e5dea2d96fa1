// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWithdrawals, WithdrawalStatus} from "../../src/interfaces/IWithdrawals.sol";
import {Hashing} from "../../src/lib/Hashing.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {Callee} from "./Callee.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

contract WithdrawalsTest is BridgeFixture {
    address private constant SENDER = address(0x5e4de2);
    Callee private callee;

    function setUp() public override {
        super.setUp();
        callee = new Callee(bridge);
    }

    // --- proving

    function testFuzz_proven_against_a_pending_checkpoint(Withdrawal memory w) public {
        _allowed(w);
        (bytes32 root,) = proofOf(w);
        CheckpointId checkpoint = post(5, root);
        vm.expectEmit(address(bridge));
        emit IWithdrawals.WithdrawalProven(Hashing.withdrawal(w), checkpoint);
        prove(w, checkpoint);
        (CheckpointId against, WithdrawalStatus status) = bridge.withdrawals(Hashing.withdrawal(w));
        assertEq(CheckpointId.unwrap(against), CheckpointId.unwrap(checkpoint));
        assertTrue(status == WithdrawalStatus.Proven);
    }

    function testFuzz_any_changed_field_breaks_the_proof(Withdrawal memory w, uint8 field) public {
        _allowed(w);
        (bytes32 root, bytes[] memory proof) = proofOf(w);
        CheckpointId checkpoint = post(5, root);
        field = uint8(field % 6);
        if (field == 0) w.nonce ^= 1;
        else if (field == 1) w.sender = address(uint160(w.sender) ^ 1);
        else if (field == 2) w.target = address(uint160(w.target) ^ 1);
        else if (field == 3) w.value ^= 1;
        else if (field == 4) w.gasLimit ^= 1;
        else w.data = bytes.concat(w.data, hex"00");
        _allowed(w);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.InvalidStorageProof.selector, Hashing.withdrawal(w)));
        bridge.proveWithdrawal(w, checkpoint, BLOCK_HASH, root, 0, 0, proof);
    }

    function testFuzz_arguments_must_give_the_checkpoints_output(
        bytes32 blockHash,
        bytes32 root,
        uint64 batches,
        uint64 delayed
    ) public {
        Withdrawal memory w = _plain(0, alice, 1 ether);
        (bytes32 actualRoot, bytes[] memory proof) = proofOf(w);
        CheckpointId checkpoint = post(5, actualRoot);
        (bytes32 actual,,,,,) = bridge.checkpoints(checkpoint);
        bytes32 claimed = Hashing.checkpointOutput(CONFIG_HASH, blockHash, root, batches, delayed);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.OutputMismatch.selector, checkpoint, claimed, actual));
        bridge.proveWithdrawal(w, checkpoint, blockHash, root, batches, delayed, proof);
    }

    function testFuzz_unknown_checkpoint_proves_nothing(uint64 unknown) public {
        unknown = uint64(bound(unknown, 1, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.CheckpointNotProvable.selector, unknown));
        prove(_plain(0, alice, 1 ether), id(unknown));
    }

    function test_superseded_checkpoint_proves_nothing() public {
        Withdrawal memory w = _plain(0, alice, 1 ether);
        (bytes32 root,) = proofOf(w);
        CheckpointId late = post(5, root);
        confirm(post(6, GENESIS_ROOT));
        bridge.supersedeCheckpoint(late);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.CheckpointNotProvable.selector, late));
        prove(w, late);
    }

    function test_token_inbox_and_bridge_are_no_targets() public {
        address[3] memory targets = [address(token), address(inbox), address(bridge)];
        for (uint256 i = 0; i < targets.length; ++i) {
            Withdrawal memory w = _plain(i, targets[i], 1 ether);
            (bytes32 root,) = proofOf(w);
            CheckpointId checkpoint = post(uint64(i + 1), root);
            vm.expectRevert(abi.encodeWithSelector(IWithdrawals.ForbiddenTarget.selector, targets[i]));
            prove(w, checkpoint);
        }
    }

    function test_proof_moves_only_from_an_unconfirmed_to_a_confirmed_checkpoint() public {
        Withdrawal memory w = _plain(0, alice, 1 ether);
        (bytes32 root,) = proofOf(w);
        CheckpointId first = post(5, root);
        CheckpointId second = post(6, root);
        CheckpointId third = post(7, root);
        prove(w, second);

        bytes32 hash = Hashing.withdrawal(w);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.AlreadyProven.selector, hash, second));
        prove(w, third);

        confirm(first);
        prove(w, first);
        bridge.confirmCheckpoint(second);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.AlreadyProven.selector, hash, first));
        prove(w, second);

        bridge.finalizeWithdrawal(w);
        vm.expectRevert(_unexpectedStatus(w, WithdrawalStatus.Finalized));
        prove(w, second);
    }

    function test_proofs_go_on_while_paused() public {
        Withdrawal memory w = _plain(0, alice, 1 ether);
        (bytes32 root,) = proofOf(w);
        CheckpointId checkpoint = post(5, root);
        vm.prank(guardian);
        bridge.pause();
        prove(w, checkpoint);
        confirm(checkpoint);
    }

    // --- finalizing

    function testFuzz_finalization_pays_the_target_once(Withdrawal memory w) public {
        w.value = bound(w.value, 0, GENESIS_SUPPLY);
        w.data = "";
        _allowed(w);
        vm.assume(token.balanceOf(w.target) == 0);
        proveAndConfirm(w, 5);

        vm.expectEmit(address(bridge));
        emit IWithdrawals.WithdrawalFinalized(Hashing.withdrawal(w), w.sender, w.target, w.value, true);
        bridge.finalizeWithdrawal(w);
        assertEq(token.balanceOf(w.target), w.value);
        assertEq(bridge.lockedAtn(), GENESIS_SUPPLY - w.value);

        vm.expectRevert(_unexpectedStatus(w, WithdrawalStatus.Finalized));
        bridge.finalizeWithdrawal(w);
    }

    function testFuzz_unproven_withdrawal_is_not_finalized(Withdrawal memory w) public {
        vm.expectRevert(_unexpectedStatus(w, WithdrawalStatus.None));
        bridge.finalizeWithdrawal(w);
        vm.expectRevert(_unexpectedStatus(w, WithdrawalStatus.None));
        bridge.replay(w);
    }

    function test_nothing_is_finalized_before_the_checkpoint_is_confirmed() public {
        Withdrawal memory w = _plain(0, alice, 1 ether);
        (bytes32 root,) = proofOf(w);
        CheckpointId checkpoint = post(5, root);
        prove(w, checkpoint);
        vm.warp(block.timestamp + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.CheckpointNotConfirmed.selector, checkpoint));
        bridge.finalizeWithdrawal(w);
    }

    function test_nothing_is_finalized_or_replayed_while_paused() public {
        Withdrawal memory w = _plain(0, alice, 1 ether);
        proveAndConfirm(w, 5);
        Withdrawal memory failed = _failedCall();
        vm.prank(guardian);
        bridge.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        bridge.finalizeWithdrawal(w);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        bridge.replay(failed);

        vm.prank(guardian);
        bridge.unpause();
        bridge.finalizeWithdrawal(w);
    }

    function test_withdrawals_never_reach_the_bonds() public {
        post(4, GENESIS_ROOT); // a bond that is in the bridge, but not locked for L2
        Withdrawal memory w = _plain(0, alice, GENESIS_SUPPLY + 1);
        proveAndConfirm(w, 5);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        bridge.finalizeWithdrawal(w);
    }

    // --- calls

    function test_call_sees_its_l2_sender_its_gas_and_the_payment() public {
        Withdrawal memory w = _call(0, abi.encodeCall(Callee.note, (7, "x")));
        proveAndConfirm(w, 5);
        bridge.finalizeWithdrawal(w);
        assertEq(callee.calls(), 1);
        assertEq(callee.sender(), SENDER);
        assertEq(bridge.l2Sender(), address(0));
        assertEq(token.balanceOf(address(callee)), w.value);
        assertTrue(statusOf(w) == WithdrawalStatus.Finalized);
        assertGe(callee.gasSeen(), w.gasLimit - 2000);
        assertLe(callee.gasSeen(), w.gasLimit);
    }

    /// Whatever gas the caller provides: the call gets what it was promised, or nothing happens.
    function testFuzz_caller_cannot_starve_the_call(uint256 gasProvided) public {
        Withdrawal memory w = _call(0, abi.encodeCall(Callee.note, (7, "x")));
        proveAndConfirm(w, 5);
        gasProvided = bound(gasProvided, 30_000, 600_000);
        try bridge.finalizeWithdrawal{gas: gasProvided}(w) {
            assertTrue(statusOf(w) == WithdrawalStatus.Finalized);
            assertGe(callee.gasSeen(), w.gasLimit - 2000);
        } catch {
            assertTrue(statusOf(w) == WithdrawalStatus.Proven);
            assertEq(callee.calls(), 0);
            assertEq(token.balanceOf(address(callee)), 0);
        }
    }

    function test_failed_call_is_recorded_and_replayed_until_it_succeeds() public {
        Withdrawal memory w = _failedCall();
        bytes32 hash = Hashing.withdrawal(w);
        assertTrue(statusOf(w) == WithdrawalStatus.CallFailed);
        assertEq(token.balanceOf(address(callee)), w.value);

        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.ReplayFailed.selector, hash));
        bridge.replay(w);
        assertTrue(statusOf(w) == WithdrawalStatus.CallFailed);

        callee.setFailing(false);
        vm.expectEmit(address(bridge));
        emit IWithdrawals.WithdrawalReplayed(hash);
        bridge.replay(w);
        assertEq(callee.calls(), 1);
        assertEq(callee.sender(), SENDER);
        assertEq(token.balanceOf(address(callee)), w.value);

        vm.expectRevert(_unexpectedStatus(w, WithdrawalStatus.Finalized));
        bridge.replay(w);
    }

    function test_call_cannot_finalize_or_replay_within() public {
        Withdrawal memory inner = _plain(1, alice, 1 ether);
        proveAndConfirm(inner, 4);
        Withdrawal memory failed = _failedCall();
        callee.setFailing(false);
        Withdrawal memory outer = _call(2, abi.encodeCall(Callee.reenter, ()));
        callee.setReentry(abi.encodeCall(bridge.finalizeWithdrawal, (inner)));
        proveAndConfirm(outer, 50);
        bridge.finalizeWithdrawal(outer);
        assertTrue(statusOf(outer) == WithdrawalStatus.CallFailed);
        assertTrue(statusOf(inner) == WithdrawalStatus.Proven);

        callee.setReentry(abi.encodeCall(bridge.replay, (failed)));
        vm.expectRevert();
        bridge.replay(outer);
        assertTrue(statusOf(failed) == WithdrawalStatus.CallFailed);
    }

    function test_large_return_data_costs_the_caller_nothing() public {
        Withdrawal memory w = _call(0, abi.encodeCall(Callee.returnBomb, ()));
        w.gasLimit = 5_000_000;
        proveAndConfirm(w, 5);
        bridge.finalizeWithdrawal{gas: 5_300_000}(w);
        assertTrue(statusOf(w) == WithdrawalStatus.CallFailed);
    }

    function test_call_without_code_at_the_target_succeeds() public {
        Withdrawal memory w = _call(0, hex"01");
        w.target = makeAddr("no code");
        proveAndConfirm(w, 5);
        bridge.finalizeWithdrawal(w);
        assertTrue(statusOf(w) == WithdrawalStatus.Finalized);
    }

    // --- helpers

    function _allowed(Withdrawal memory w) private view {
        vm.assume(
            w.target != address(token) && w.target != address(inbox) && w.target != address(bridge)
                && w.target != address(0)
        );
    }

    function _plain(uint256 nonce, address target, uint256 value) private pure returns (Withdrawal memory) {
        return Withdrawal(nonce, SENDER, target, value, 0, "");
    }

    function _call(uint256 nonce, bytes memory data) private view returns (Withdrawal memory) {
        return Withdrawal(nonce, SENDER, address(callee), 3 ether, 200_000, data);
    }

    function _failedCall() private returns (Withdrawal memory w) {
        callee.setFailing(true);
        w = _call(99, abi.encodeCall(Callee.note, (7, "x")));
        proveAndConfirm(w, 40);
        vm.expectEmit(address(bridge));
        emit IWithdrawals.WithdrawalFinalized(Hashing.withdrawal(w), SENDER, w.target, w.value, false);
        bridge.finalizeWithdrawal(w);
    }

    function _unexpectedStatus(Withdrawal memory w, WithdrawalStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IWithdrawals.UnexpectedWithdrawalStatus.selector, Hashing.withdrawal(w), status);
    }
}
