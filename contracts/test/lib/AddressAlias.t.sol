// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AddressAlias} from "../../src/lib/AddressAlias.sol";
import {Test} from "../Test.sol";

contract AliasProbe {
    function ofCaller() external view returns (address) {
        return AddressAlias.ofCaller();
    }
}

contract AddressAliasTest is Test {
    AliasProbe private probe = new AliasProbe();

    function test_adds_the_offset_modulo_2_160() public pure {
        assertEq(AddressAlias.toL2(address(1)), 0x1111000000000000000000000000000000001112);
        assertEq(AddressAlias.toL2(address(type(uint160).max)), 0x1111000000000000000000000000000000001110);
    }

    function testFuzz_to_l1_inverts_to_l2(address account) public pure {
        assertEq(AddressAlias.toL1(AddressAlias.toL2(account)), account);
    }

    function test_a_plain_account_is_itself() public {
        address alice = makeAddr("alice");
        vm.prank(alice, alice);
        assertEq(probe.ofCaller(), alice);
    }

    function test_a_contract_is_aliased_even_while_it_has_no_code_yet() public {
        address alice = makeAddr("alice");
        vm.prank(address(this), alice);
        assertEq(probe.ofCaller(), AddressAlias.toL2(address(this)));
        address unborn = makeAddr("unborn");
        vm.prank(unborn, alice);
        assertEq(probe.ofCaller(), AddressAlias.toL2(unborn));
    }

    function test_a_delegated_wallet_is_aliased() public {
        address wallet = makeAddr("wallet");
        vm.etch(wallet, abi.encodePacked(hex"ef0100", address(probe)));
        vm.prank(wallet, wallet);
        assertEq(probe.ofCaller(), AddressAlias.toL2(wallet));
    }
}
