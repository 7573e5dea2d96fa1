// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ATN} from "../../src/l2/ATN.sol";
import {ProjectToken} from "../../src/l2/ProjectToken.sol";
import {Erc20Behaviour} from "../lib/Erc20Behaviour.sol";
import {VotesBehaviour} from "../lib/VotesBehaviour.sol";

/// Wrapped ATN as the tokens that it says it is.
contract ATNStandardsTest is VotesBehaviour {
    ATN private token = new ATN();

    function setUp() public {
        vm.warp(1_800_000_000);
    }

    function _erc20() internal view override returns (IERC20Metadata) {
        return IERC20Metadata(address(token));
    }

    function _permit() internal view override returns (IERC20Permit) {
        return IERC20Permit(address(token));
    }

    function _name() internal pure override returns (string memory) {
        return "Autonet";
    }

    function _fund(address account, uint256 amount) internal override {
        vm.deal(account, amount);
        vm.prank(account);
        token.deposit{value: amount}();
    }

    function _moveTo(uint256 time) internal override {
        vm.warp(time);
    }

    function testFuzz_its_clock_is_the_time(uint40 time) public {
        vm.warp(time);
        assertEq(token.clock(), time);
        assertEq(token.CLOCK_MODE(), "mode=timestamp");
    }

    function test_its_name() public view {
        assertEq(token.name(), "Autonet");
        assertEq(token.symbol(), "ATN");
        assertEq(token.decimals(), 18);
    }
}

/// A project's token as the ERC-20 that it is; this contract is its Project.
contract ProjectTokenStandardsTest is Erc20Behaviour {
    ProjectToken private token = new ProjectToken("Digits", "DIG");

    function _erc20() internal view override returns (IERC20Metadata) {
        return IERC20Metadata(address(token));
    }

    function _fund(address account, uint256 amount) internal override {
        token.mint(account, amount);
    }

    function testFuzz_its_name_is_its_projects(string calldata name, string calldata symbol) public {
        ProjectToken named = new ProjectToken(name, symbol);
        assertEq(named.name(), name);
        assertEq(named.symbol(), symbol);
        assertEq(named.decimals(), 18);
        assertEq(named.totalSupply(), 0);
    }
}
