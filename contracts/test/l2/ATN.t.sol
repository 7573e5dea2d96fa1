// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IATN} from "../../src/interfaces/IATN.sol";
import {ATN} from "../../src/l2/ATN.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract ATNTest is L2Fixture {
    ATN private constant WRAPPED = ATN(payable(Predeploys.ATN));

    function testFuzz_wraps_and_unwraps_one_to_one(uint96 amount, uint96 back) public {
        back = uint96(bound(back, 0, amount));
        vm.deal(anyone, amount);
        uint256 supply = TOKEN.totalSupply();
        vm.startPrank(anyone);
        TOKEN.deposit{value: amount}();
        assertEq(TOKEN.balanceOf(anyone), amount);
        assertEq(TOKEN.totalSupply(), supply + amount);
        TOKEN.withdraw(back);
        vm.stopPrank();
        assertEq(anyone.balance, back);
        assertEq(TOKEN.balanceOf(anyone), amount - back);
        assertEq(address(TOKEN).balance, TOKEN.totalSupply());
    }

    function testFuzz_sending_coin_wraps_it(uint96 amount) public {
        vm.deal(anyone, amount);
        vm.prank(anyone);
        (bool ok,) = address(TOKEN).call{value: amount}("");
        assertTrue(ok);
        assertEq(TOKEN.balanceOf(anyone), amount);
    }

    function testFuzz_attack_unwrapping_more_than_one_has(uint96 amount, uint96 extra) public {
        extra = uint96(bound(extra, 1, type(uint96).max));
        _give(anyone, amount, anyone);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, anyone, amount, uint256(amount) + extra
            )
        );
        vm.prank(anyone);
        TOKEN.withdraw(uint256(amount) + extra);
    }

    function test_unwrapping_to_a_contract_that_refuses_coin_reverts() public {
        address refuser = address(RESULTS);
        _give(anyone, 5, anyone);
        vm.prank(anyone);
        TOKEN.transfer(refuser, 5);
        vm.expectRevert(abi.encodeWithSelector(IATN.TransferFailed.selector, refuser, 5));
        vm.prank(refuser);
        TOKEN.withdraw(5);
    }

    function testFuzz_permit_sets_the_allowance_of_its_signer(uint96 value) public {
        (address signer, uint256 key) = (vm.addr(77), 77);
        bytes32 permit = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 hash = keccak256(abi.encode(permit, signer, anyone, value, 0, START));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked(hex"1901", WRAPPED.DOMAIN_SEPARATOR(), hash)));
        WRAPPED.permit(signer, anyone, value, START, v, r, s);
        assertEq(TOKEN.allowance(signer, anyone), value);
        assertEq(WRAPPED.nonces(signer), 1);
    }

    function test_the_domain_is_the_fixed_address_on_this_chain() public view {
        bytes32 domain = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 expected =
            keccak256(abi.encode(domain, keccak256("Autonet"), keccak256("1"), block.chainid, Predeploys.ATN));
        assertEq(WRAPPED.DOMAIN_SEPARATOR(), expected);
    }

    function testFuzz_votes_follow_delegation_at_seconds(uint96 amount, uint16 later) public {
        later = uint16(bound(later, 1, type(uint16).max));
        _give(anyone, amount, anyone);
        vm.prank(anyone);
        WRAPPED.delegate(anyone);
        assertEq(WRAPPED.clock(), START);
        assertEq(WRAPPED.CLOCK_MODE(), "mode=timestamp");
        vm.warp(START + later);
        assertEq(WRAPPED.getPastVotes(anyone, START), amount);
    }
}
