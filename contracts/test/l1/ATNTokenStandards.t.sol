// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ATNToken} from "../../src/l1/ATNToken.sol";
import {VotesBehaviour} from "../lib/VotesBehaviour.sol";

/// ATN on L1 as the tokens that it says it is.
contract ATNTokenStandardsTest is VotesBehaviour {
    ATNToken private token = new ATNToken(address(this), LIMIT);

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.roll(24_000_000);
    }

    function _erc20() internal view override returns (IERC20Metadata) {
        return token;
    }

    function _permit() internal view override returns (IERC20Permit) {
        return token;
    }

    function _name() internal pure override returns (string memory) {
        return "Autonet";
    }

    function _fund(address account, uint256 amount) internal override {
        token.transfer(account, amount);
    }

    function _moveTo(uint256 time) internal override {
        vm.roll(time);
    }

    function testFuzz_its_clock_is_the_block_number(uint40 number) public {
        vm.roll(number);
        assertEq(token.clock(), number);
        assertEq(token.CLOCK_MODE(), "mode=blocknumber&from=default");
    }

    function testFuzz_burning_takes_from_the_caller_the_supply_and_its_votes(uint256 amount, uint256 burnt) public {
        amount = bound(amount, 0, LIMIT);
        burnt = bound(burnt, 0, amount);
        _fund(holder, amount);
        vm.startPrank(holder);
        token.delegate(holder);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(holder, address(0), burnt);
        token.burn(burnt);
        assertEq(token.balanceOf(holder), amount - burnt);
        assertEq(token.totalSupply(), LIMIT - burnt);
        assertEq(token.getVotes(holder), amount - burnt);
        _expectNotEnough(amount - burnt, amount - burnt + 1);
        token.burn(amount - burnt + 1);
    }

    function testFuzz_burning_for_another_takes_its_allowance(uint256 allowed, uint256 burnt) public {
        allowed = bound(allowed, 0, LIMIT - 1);
        burnt = bound(burnt, 0, allowed);
        _fund(holder, LIMIT);
        vm.prank(holder);
        token.approve(spender, allowed);
        vm.startPrank(spender);
        token.burnFrom(holder, burnt);
        assertEq(token.balanceOf(holder), LIMIT - burnt);
        assertEq(token.totalSupply(), LIMIT - burnt);
        assertEq(token.allowance(holder, spender), allowed - burnt);
        _expectNotAllowed(spender, allowed - burnt, allowed - burnt + 1);
        token.burnFrom(holder, allowed - burnt + 1);
    }

    function testFuzz_attack_burning_what_is_anothers(address thief, uint256 amount) public {
        vm.assume(thief != holder && thief != address(0));
        amount = bound(amount, 1, LIMIT);
        _fund(holder, amount);
        _expectNotAllowed(thief, 0, amount);
        vm.prank(thief);
        token.burnFrom(holder, amount);
        assertEq(token.totalSupply(), LIMIT);
    }
}
