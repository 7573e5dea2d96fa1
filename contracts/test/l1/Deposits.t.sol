// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAnchorBridge} from "../../src/interfaces/IAnchorBridge.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {AnchorBridge} from "../../src/l1/AnchorBridge.sol";
import {AddressAlias} from "../../src/lib/AddressAlias.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

contract DepositsTest is BridgeFixture {
    function test_deployment_locks_the_genesis_supply() public view {
        assertEq(bridge.lockedAtn(), GENESIS_SUPPLY);
        assertEq(token.balanceOf(address(bridge)), GENESIS_SUPPLY);
    }

    function test_deployment_fails_without_the_genesis_supply() public {
        vm.expectRevert();
        new AnchorBridge(bridgeConfig());
    }

    function testFuzz_deposit_locks_the_amount_and_queues_it(
        address to,
        uint256 amount,
        uint64 gasLimit,
        bytes calldata data
    ) public {
        vm.assume(to != address(0));
        amount = bound(amount, 0, token.balanceOf(alice));
        gasLimit = uint64(bound(gasLimit, bridge.minDepositGas(data.length), bridge.MAX_DEPOSIT_GAS()));
        uint256 balance = token.balanceOf(alice);

        bytes memory payload = bytes.concat(bytes32(amount), bytes32(amount), bytes8(gasLimit), bytes20(to), data);
        vm.expectCall(address(inbox), abi.encodeCall(IInbox.enqueueDeposit, (alice, payload)));
        vm.expectEmit(address(bridge));
        emit IAnchorBridge.Deposited(alice, to, amount, 1);
        vm.prank(alice, alice);
        assertEq(bridge.deposit(to, amount, gasLimit, data), 1);

        assertEq(bridge.lockedAtn(), GENESIS_SUPPLY + amount);
        assertEq(token.balanceOf(address(bridge)), GENESIS_SUPPLY + amount);
        assertEq(token.balanceOf(alice), balance - amount);
    }

    function test_deposit_of_a_contract_comes_from_its_alias() public {
        address from = AddressAlias.toL2(alice);
        vm.expectEmit(address(bridge));
        emit IAnchorBridge.Deposited(from, alice, 1, 1);
        vm.prank(alice, proposer); // not the origin: a contract
        bridge.deposit(alice, 1, 100_000, "");
    }

    function test_deposit_without_allowance_or_balance_fails() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(bridge), 0, 1));
        vm.prank(guardian);
        bridge.deposit(alice, 1, 100_000, "");

        uint256 balance = token.balanceOf(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, balance, balance + 1)
        );
        vm.prank(alice);
        bridge.deposit(alice, balance + 1, 100_000, "");
    }

    function test_deposit_needs_a_recipient() public {
        vm.expectRevert(IAnchorBridge.ZeroRecipient.selector);
        vm.prank(alice);
        bridge.deposit(address(0), 1, 100_000, "");
    }

    function testFuzz_deposit_is_at_most_what_l2_mints(uint256 amount) public {
        amount = bound(amount, uint256(type(uint128).max) + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IAnchorBridge.DepositAmountTooLarge.selector, amount));
        vm.prank(alice);
        bridge.deposit(alice, amount, 100_000, "");
    }

    function testFuzz_deposit_gas_covers_the_data_and_fits_l2(uint64 gasLimit, uint256 size) public {
        size = bound(size, 0, bridge.MAX_DEPOSIT_DATA_BYTES());
        uint64 minimum = uint64(21_000 + 40 * size);
        vm.assume(gasLimit < minimum || gasLimit > 1_500_000);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorBridge.DepositGasOutOfRange.selector, gasLimit, minimum, 1_500_000)
        );
        vm.prank(alice);
        bridge.deposit(alice, 1, gasLimit, new bytes(size));
    }

    function test_deposit_data_has_a_size_limit() public {
        uint256 limit = bridge.MAX_DEPOSIT_DATA_BYTES();
        vm.prank(alice);
        bridge.deposit(alice, 1, 1_500_000, new bytes(limit));
        vm.expectRevert(abi.encodeWithSelector(IAnchorBridge.DepositDataTooLarge.selector, limit + 1));
        vm.prank(alice);
        bridge.deposit(alice, 1, 1_500_000, new bytes(limit + 1));
    }

    function test_deposits_go_on_while_paused() public {
        vm.prank(guardian);
        bridge.pause();
        vm.prank(alice);
        bridge.deposit(alice, 1, 100_000, "");
    }

    function testFuzz_only_the_guardian_pauses(address caller) public {
        vm.assume(caller != guardian);
        vm.expectRevert(abi.encodeWithSelector(IAnchorBridge.NotGuardian.selector, caller));
        vm.prank(caller);
        bridge.pause();

        vm.prank(guardian);
        bridge.pause();
        assertTrue(bridge.paused());
        vm.expectRevert(abi.encodeWithSelector(IAnchorBridge.NotGuardian.selector, caller));
        vm.prank(caller);
        bridge.unpause();

        vm.prank(guardian);
        bridge.unpause();
        assertFalse(bridge.paused());
    }
}
