// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ATNToken} from "../../src/l1/ATNToken.sol";
import {Test} from "../Test.sol";

contract ATNTokenTest is Test {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 private constant SUPPLY = 1_000_000_000 ether;
    ATNToken private token = new ATNToken(address(this), SUPPLY);

    function test_the_whole_supply_goes_to_the_initial_holder() public view {
        assertEq(token.totalSupply(), SUPPLY);
        assertEq(token.balanceOf(address(this)), SUPPLY);
        assertEq(token.symbol(), "ATN");
        assertEq(token.decimals(), 18);
    }

    function testFuzz_votes_follow_the_balance(uint256 amount) public {
        amount = bound(amount, 0, SUPPLY);
        address alice = makeAddr("alice");
        vm.prank(alice);
        token.delegate(alice);
        token.transfer(alice, amount);
        assertEq(token.getVotes(alice), amount);
    }

    function testFuzz_burning_lowers_the_supply(uint256 amount) public {
        amount = bound(amount, 0, SUPPLY);
        token.burn(amount);
        assertEq(token.totalSupply(), SUPPLY - amount);
    }

    function testFuzz_permit_allows_once(uint256 key, uint256 value) public {
        key = bound(key, 1, type(uint128).max);
        address owner = vm.addr(key);
        bytes32 message = keccak256(abi.encode(PERMIT, owner, address(1), value, 0, block.timestamp));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), message));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        token.permit(owner, address(1), value, block.timestamp, v, r, s);
        assertEq(token.allowance(owner, address(1)), value);
        assertEq(token.nonces(owner), 1);
        vm.expectRevert();
        token.permit(owner, address(1), value, block.timestamp, v, r, s);
    }
}
