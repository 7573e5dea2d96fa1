// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL2Messenger} from "../../src/interfaces/IL2Messenger.sol";
import {L2Messenger} from "../../src/l2/L2Messenger.sol";
import {Test} from "../Test.sol";

contract L2MessengerTest is Test {
    L2Messenger private messenger = new L2Messenger();
    address private alice = makeAddr("alice");

    function testFuzz_message_is_recorded_under_the_hash_that_l1_computes(
        uint96 value,
        uint256 gasLimit,
        address target,
        bytes calldata data
    ) public {
        vm.assume(target != address(0));
        gasLimit = bound(gasLimit, 0, messenger.MAX_MESSAGE_GAS());
        vm.deal(alice, value);
        bytes32 expected = keccak256(abi.encode(uint256(0), alice, target, uint256(value), gasLimit, data));

        address burner = vm.computeCreateAddress(address(messenger), vm.getNonce(address(messenger)));
        vm.expectEmit(address(messenger));
        emit IL2Messenger.WithdrawalInitiated(0, alice, target, value, gasLimit, data, expected);
        vm.prank(alice);
        bytes32 hash = messenger.initiateWithdrawal{value: value}(target, gasLimit, data);
        assertEq(hash, expected);
        assertEq(messenger.sentMessages(hash), 1);
        assertEq(vm.load(address(messenger), keccak256(abi.encode(hash, uint256(0)))), bytes32(uint256(1)));
        assertEq(alice.balance, 0);
        assertEq(address(messenger).balance, 0);
        assertEq(burner.balance, 0);
    }

    function test_equal_messages_have_different_nonces_and_hashes() public {
        bytes32 first = messenger.initiateWithdrawal(alice, 0, "");
        bytes32 second = messenger.initiateWithdrawal(alice, 0, "");
        assertNotEq(first, second);
        assertEq(messenger.nonce(), 2);
        assertEq(vm.load(address(messenger), bytes32(uint256(1))), bytes32(uint256(2)));
    }

    function test_zero_target_is_refused() public {
        vm.expectRevert(IL2Messenger.ZeroTarget.selector);
        messenger.initiateWithdrawal(address(0), 0, "");
    }

    function testFuzz_gas_that_l1_cannot_provide_is_refused(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, messenger.MAX_MESSAGE_GAS() + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IL2Messenger.MessageGasTooHigh.selector, gasLimit));
        messenger.initiateWithdrawal(alice, gasLimit, "");
    }

    function test_data_that_l1_cannot_carry_is_refused() public {
        uint256 limit = messenger.MAX_MESSAGE_DATA_BYTES();
        messenger.initiateWithdrawal(alice, 0, new bytes(limit));
        vm.expectRevert(abi.encodeWithSelector(IL2Messenger.MessageDataTooLarge.selector, limit + 1));
        messenger.initiateWithdrawal(alice, 0, new bytes(limit + 1));
    }
}
