// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Test} from "../Test.sol";

/// What every token of the project does as an ERC-20.
abstract contract Erc20Behaviour is Test {
    /// More than this is never funded.
    uint256 internal constant LIMIT = 1e27;
    address internal holder = makeAddr("holder");
    address internal spender = makeAddr("spender");

    function _erc20() internal view virtual returns (IERC20Metadata);

    /// Gives `account` `amount` <= LIMIT of the token.
    function _fund(address account, uint256 amount) internal virtual;

    function testFuzz_a_transfer_moves_exactly_its_amount(address to, uint256 balance, uint256 value) public {
        vm.assume(to != address(0) && to != holder);
        balance = bound(balance, 0, LIMIT);
        value = bound(value, 0, balance);
        _fund(holder, balance);
        uint256 had = _erc20().balanceOf(to);
        uint256 supply = _erc20().totalSupply();
        vm.expectEmit(address(_erc20()));
        emit IERC20.Transfer(holder, to, value);
        vm.prank(holder);
        assertTrue(_erc20().transfer(to, value));
        assertEq(_erc20().balanceOf(holder), balance - value);
        assertEq(_erc20().balanceOf(to), had + value);
        assertEq(_erc20().totalSupply(), supply);
    }

    function testFuzz_a_transfer_to_oneself_changes_nothing(uint256 balance, uint256 value) public {
        balance = bound(balance, 0, LIMIT);
        value = bound(value, 0, balance);
        _fund(holder, balance);
        uint256 supply = _erc20().totalSupply();
        vm.prank(holder);
        assertTrue(_erc20().transfer(holder, value));
        assertEq(_erc20().balanceOf(holder), balance);
        assertEq(_erc20().totalSupply(), supply);
    }

    function testFuzz_attack_transferring_more_than_one_has(address to, uint256 balance, uint256 value) public {
        vm.assume(to != address(0));
        balance = bound(balance, 0, LIMIT);
        value = bound(value, balance + 1, type(uint256).max);
        _fund(holder, balance);
        vm.startPrank(holder);
        _expectNotEnough(balance, value);
        _erc20().transfer(to, value);
        _erc20().approve(holder, value);
        _expectNotEnough(balance, value);
        _erc20().transferFrom(holder, to, value);
        assertEq(_erc20().balanceOf(holder), balance);
    }

    function testFuzz_nothing_goes_to_nobody(uint256 balance) public {
        balance = bound(balance, 0, LIMIT);
        _fund(holder, balance);
        vm.startPrank(holder);
        bytes memory refusal = abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0));
        vm.expectRevert(refusal);
        _erc20().transfer(address(0), balance);
        _erc20().approve(holder, balance);
        vm.expectRevert(refusal);
        _erc20().transferFrom(holder, address(0), balance);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        _erc20().approve(address(0), balance);
    }

    function testFuzz_an_approval_replaces_the_one_before_and_moves_nothing(address to, uint256 first, uint256 second)
        public
    {
        vm.assume(to != address(0));
        _fund(holder, LIMIT);
        vm.startPrank(holder);
        _erc20().approve(to, first);
        vm.expectEmit(address(_erc20()));
        emit IERC20.Approval(holder, to, second);
        assertTrue(_erc20().approve(to, second));
        assertEq(_erc20().allowance(holder, to), second);
        if (to != holder) assertEq(_erc20().allowance(to, holder), 0);
        assertEq(_erc20().balanceOf(holder), LIMIT);
    }

    function testFuzz_an_allowance_falls_by_what_is_spent(address to, uint256 allowed, uint256 value) public {
        vm.assume(to != address(0) && to != holder && to != spender);
        value = bound(value, 0, LIMIT);
        allowed = bound(allowed, value, type(uint256).max);
        _fund(holder, LIMIT);
        uint256 had = _erc20().balanceOf(to);
        uint256 supply = _erc20().totalSupply();
        vm.prank(holder);
        _erc20().approve(spender, allowed);
        vm.expectEmit(address(_erc20()));
        emit IERC20.Transfer(holder, to, value);
        vm.prank(spender);
        assertTrue(_erc20().transferFrom(holder, to, value));
        assertEq(_erc20().balanceOf(holder), LIMIT - value);
        assertEq(_erc20().balanceOf(to), had + value);
        assertEq(_erc20().balanceOf(spender), 0);
        assertEq(_erc20().totalSupply(), supply);
        assertEq(_erc20().allowance(holder, spender), allowed == type(uint256).max ? allowed : allowed - value);
    }

    function testFuzz_attack_spending_more_than_is_allowed(address thief, uint256 allowed, uint256 value) public {
        vm.assume(thief != address(0) && thief != spender);
        allowed = bound(allowed, 0, LIMIT - 1);
        value = bound(value, allowed + 1, LIMIT);
        _fund(holder, LIMIT);
        vm.prank(holder);
        _erc20().approve(spender, allowed);
        _expectNotAllowed(spender, allowed, value);
        vm.prank(spender);
        _erc20().transferFrom(holder, spender, value);
        _expectNotAllowed(thief, 0, value);
        vm.prank(thief);
        _erc20().transferFrom(holder, thief, value);
        assertEq(_erc20().balanceOf(holder), LIMIT);
        assertEq(_erc20().allowance(holder, spender), allowed);
    }

    function _expectNotEnough(uint256 balance, uint256 value) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, balance, value));
    }

    function _expectNotAllowed(address caller, uint256 allowed, uint256 value) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, caller, allowed, value)
        );
    }
}
