// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeVault} from "../../src/interfaces/IFeeVault.sol";
import {FeeVault} from "../../src/l2/FeeVault.sol";
import {L2Messenger} from "../../src/l2/L2Messenger.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Test} from "../Test.sol";

contract FeeVaultTest is Test {
    FeeVault private vault = new FeeVault();
    L2Messenger private messenger = L2Messenger(Predeploys.L2_MESSENGER);
    address private treasury = makeAddr("treasury");

    function setUp() public {
        vm.etch(address(messenger), address(new L2Messenger()).code);
        vm.store(address(vault), 0, bytes32(uint256(uint160(treasury))));
    }

    function testFuzz_anyone_sends_the_whole_balance_to_the_recipient(address caller, uint256 fees) public {
        fees = bound(fees, 1 ether, type(uint128).max);
        vm.deal(address(vault), fees);
        bytes32 expected = keccak256(abi.encode(uint256(0), address(vault), treasury, fees, uint256(0), bytes("")));
        vm.expectEmit(address(vault));
        emit IFeeVault.FeesWithdrawn(treasury, fees, expected);
        vm.prank(caller);
        assertEq(vault.withdraw(), expected);
        assertEq(address(vault).balance, 0);
        assertEq(messenger.sentMessages(expected), 1);
    }

    function testFuzz_less_than_the_minimum_stays(uint256 fees) public {
        fees = bound(fees, 0, 1 ether - 1);
        vm.deal(address(vault), fees);
        vm.expectRevert(abi.encodeWithSelector(IFeeVault.BalanceTooLow.selector, fees));
        vault.withdraw();
    }

    function testFuzz_the_recipient_is_the_one_that_the_genesis_wrote(address named, uint256 fees) public {
        vm.assume(named != address(0));
        fees = bound(fees, 1 ether, type(uint128).max);
        vm.store(address(vault), 0, bytes32(uint256(uint160(named))));
        assertEq(vault.recipient(), named);
        vm.deal(address(vault), fees);
        bytes32 expected = keccak256(abi.encode(uint256(0), address(vault), named, fees, uint256(0), bytes("")));
        assertEq(vault.withdraw(), expected);
    }

    function test_without_a_recipient_nothing_leaves() public {
        vm.store(address(vault), 0, 0);
        vm.deal(address(vault), 2 ether);
        vm.expectRevert(IFeeVault.NoRecipient.selector);
        vault.withdraw();
    }
}
