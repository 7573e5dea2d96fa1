// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IProjectToken} from "../../src/interfaces/IProjectToken.sol";
import {ProjectToken} from "../../src/l2/ProjectToken.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

/// The token by itself: this contract is its Project.
contract ProjectTokenTest is L2Fixture {
    ProjectToken private token;
    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");
    address private carol = makeAddr("carol");
    uint256 private stream;

    function setUp() public override {
        super.setUp();
        token = new ProjectToken("Digits", "DIG");
        stream = token.STREAM_SECONDS();
        token.mint(alice, 3 ether);
        token.mint(bob, 1 ether);
    }

    function _distribute(uint256 amount) private {
        _give(anyone, amount, anyone);
        vm.prank(anyone);
        TOKEN.transfer(address(token), amount);
        vm.prank(Predeploys.INFERENCE);
        token.distribute(amount);
    }

    function _move(address from, address to, uint256 amount) private {
        vm.prank(from);
        token.transfer(to, amount);
    }

    function _wait(uint256 secondsLater) private {
        vm.warp(block.timestamp + secondsLater);
    }

    /// `actual` is `expected` or less than `tolerance` below.
    function _assertNear(uint256 actual, uint256 expected, uint256 tolerance) private pure {
        assertLe(actual, expected);
        assertGe(actual + tolerance, expected);
    }

    function testFuzz_revenue_flows_to_the_holders_in_proportion(uint96 amount, uint32 elapsed) public {
        elapsed = uint32(bound(elapsed, 0, 2 * stream));
        amount = uint96(bound(amount, 1, type(uint96).max));
        _give(address(token), amount, anyone);
        vm.expectEmit(address(token));
        emit IProjectToken.RevenueDistributed(amount, uint64(START + stream));
        vm.prank(Predeploys.INFERENCE);
        token.distribute(amount);
        _wait(elapsed);
        uint256 share = uint256(amount) * (elapsed < stream ? elapsed : stream);
        _assertNear(token.claimableDown(alice), share * 3 / (4 * stream), 1);
        _assertNear(token.claimableDown(bob), share / (4 * stream), 1);
        assertEq(token.claimableDown(carol), 0);
    }

    function testFuzz_anyone_claims_for_an_account_and_it_gets_the_money(address caller, uint96 amount) public {
        amount = uint96(bound(amount, 4, type(uint96).max));
        _distribute(amount);
        _wait(stream);
        uint256 claimable = token.claimableDown(alice);
        vm.expectEmit(address(token));
        emit IProjectToken.RevenueClaimed(alice, claimable);
        vm.prank(caller);
        assertEq(token.claimRevenue(alice), claimable);
        assertEq(TOKEN.balanceOf(alice), claimable);
        assertEq(token.claimableDown(alice), 0);
    }

    function testFuzz_what_the_division_leaves_over_is_carried_on(uint8 count, uint32 amount) public {
        count = uint8(bound(count, 1, 40));
        amount = uint32(bound(amount, 1, type(uint32).max));
        token.mint(carol, 3 ether); // a seventh has no end in binary
        for (uint256 i = 0; i < count; i++) {
            _distribute(amount);
            _wait(1 + i * 10_007);
        }
        _wait(stream);
        uint256 total = uint256(amount) * count;
        _assertNear(token.claimRevenue(alice), total * 3 / 7, 1);
        _assertNear(token.claimRevenue(bob), total / 7, 1);
        _assertNear(token.claimRevenue(carol), total * 3 / 7, 1);
    }

    function testFuzz_only_inference_distributes(address caller, uint96 amount) public {
        vm.assume(caller != Predeploys.INFERENCE);
        vm.expectRevert(abi.encodeWithSelector(IProjectToken.NotInference.selector, caller));
        vm.prank(caller);
        token.distribute(amount);
    }

    function testFuzz_only_its_project_mints(address caller, uint96 amount) public {
        vm.assume(caller != address(this));
        vm.expectRevert(abi.encodeWithSelector(IProjectToken.NotProject.selector, caller));
        vm.prank(caller);
        token.mint(caller, amount);
    }

    function testFuzz_attack_distributing_what_did_not_come_in(uint96 received, uint96 extra) public {
        received = uint96(bound(received, 1, type(uint96).max));
        extra = uint96(bound(extra, 1, type(uint96).max));
        _distribute(received);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectToken.RevenueMissing.selector, received, uint256(received) + extra)
        );
        vm.prank(Predeploys.INFERENCE);
        token.distribute(extra);
    }

    function testFuzz_revenue_without_holders_is_refused(uint96 amount) public {
        ProjectToken empty = new ProjectToken("a", "b");
        vm.expectRevert(IProjectToken.NoHolders.selector);
        vm.prank(Predeploys.INFERENCE);
        empty.distribute(amount);
    }

    function testFuzz_past_balances_are_those_at_the_end_of_a_second(uint64 a, uint64 b, uint16 wait) public {
        a = uint64(bound(a, 0, 3 ether));
        b = uint64(bound(b, 0, 3 ether - a));
        wait = uint16(bound(wait, 1, type(uint16).max));
        _wait(1);
        _move(alice, carol, a);
        _move(alice, carol, b);
        vm.expectRevert(abi.encodeWithSelector(IProjectToken.NotInThePast.selector, block.timestamp));
        token.balanceAt(carol, block.timestamp);
        _wait(wait);
        _move(carol, bob, a);
        assertEq(token.balanceAt(alice, START - 1), 0);
        assertEq(token.balanceAt(alice, START), 3 ether);
        assertEq(token.balanceAt(carol, START), 0);
        assertEq(token.balanceAt(carol, START + 1), uint256(a) + b);
        assertEq(token.balanceAt(carol, START + wait), uint256(a) + b);
        _wait(1);
        assertEq(token.balanceAt(carol, START + 1 + wait), b);
        assertEq(token.balanceAt(bob, START + 1 + wait), 1 ether + uint256(a));
    }

    function testFuzz_attack_delaying_revenue_with_dust(uint96 amount) public {
        amount = uint96(bound(amount, 1 ether, type(uint96).max));
        _distribute(amount);
        for (uint256 i = 0; i < 20; i++) {
            _wait(stream / 20);
            _distribute(1);
        }
        _wait(60);
        _assertNear(token.claimableDown(alice), (uint256(amount) + 20) * 3 / 4, 20);
    }

    // Revenue that somebody did not earn

    function testFuzz_attack_claiming_twice(uint96 amount, uint32 elapsed) public {
        amount = uint96(bound(amount, stream, type(uint96).max));
        elapsed = uint32(bound(elapsed, 1, 2 * stream));
        _distribute(amount);
        _wait(elapsed);
        token.claimRevenue(alice);
        assertEq(token.claimRevenue(alice), 0);
        uint256 share = uint256(amount) * (elapsed < stream ? elapsed : stream);
        _assertNear(TOKEN.balanceOf(alice), share * 3 / (4 * stream), 1);
    }

    function testFuzz_attack_claiming_again_after_a_transfer(uint96 amount, uint64 moved) public {
        moved = uint64(bound(moved, 0, 3 ether));
        _distribute(uint256(amount) + 1);
        _wait(stream);
        uint256 earned = token.claimRevenue(alice);
        _move(alice, carol, moved);
        assertEq(token.claimRevenue(carol), 0);
        _move(carol, alice, moved);
        assertEq(token.claimRevenue(alice), 0);
        assertEq(TOKEN.balanceOf(alice), earned);
    }

    function testFuzz_attack_claiming_again_after_a_self_transfer(uint96 amount, uint64 moved) public {
        moved = uint64(bound(moved, 0, 3 ether));
        _distribute(uint256(amount) + 1);
        _wait(stream);
        uint256 earned = token.claimableDown(alice);
        _move(alice, alice, moved);
        _move(alice, alice, moved);
        assertEq(token.balanceOf(alice), 3 ether);
        assertEq(token.claimableDown(alice), earned);
        token.claimRevenue(alice);
        _move(alice, alice, moved);
        assertEq(token.claimRevenue(alice), 0);
    }

    function testFuzz_attack_minting_after_the_distribution(uint96 amount, uint96 minted) public {
        minted = uint96(bound(minted, 1, type(uint96).max));
        _distribute(uint256(amount) + 1);
        _wait(stream);
        uint256 earned = token.claimableDown(alice);
        token.mint(carol, minted);
        assertEq(token.claimableDown(carol), 0);
        token.mint(alice, minted);
        assertEq(token.claimableDown(alice), earned);
    }

    function testFuzz_attack_borrowing_tokens_for_the_second_of_a_distribution(uint96 amount, uint32 elapsed) public {
        elapsed = uint32(bound(elapsed, 0, stream));
        _distribute(uint256(amount) + 1);
        _wait(elapsed);
        _move(alice, carol, 3 ether);
        _distribute(uint256(amount) + 1);
        assertEq(token.claimRevenue(carol), 0);
        _move(carol, alice, 3 ether);
        _wait(2 * stream);
        assertEq(token.claimRevenue(carol), 0);
        _assertNear(token.claimRevenue(alice), (uint256(amount) + 1) * 2 * 3 / 4, 1);
    }

    function testFuzz_what_an_account_earned_stays_its_own_after_it_sold(uint96 amount, uint32 elapsed) public {
        elapsed = uint32(bound(elapsed, 0, stream));
        _distribute(uint256(amount) + 1);
        _wait(elapsed);
        uint256 earned = token.claimableDown(alice);
        _move(alice, carol, 3 ether);
        _wait(stream);
        assertEq(token.claimableDown(alice), earned);
        _assertNear(earned + token.claimableDown(carol), (uint256(amount) + 1) * 3 / 4, 2);
    }

    function testFuzz_attack_spending_more_than_one_has(uint96 extra) public {
        extra = uint96(bound(extra, 1, type(uint96).max));
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, alice, 3 ether, 3 ether + uint256(extra)
            )
        );
        vm.prank(alice);
        token.transfer(bob, 3 ether + uint256(extra));
    }

    function testFuzz_tokens_sent_to_the_token_cost_nobody_else(uint96 amount) public {
        _move(bob, address(token), 1 ether);
        _distribute(uint256(amount) + 1);
        _wait(stream);
        token.claimRevenue(address(token));
        assertEq(token.claimRevenue(address(token)), 0);
        _assertNear(token.claimRevenue(alice), (uint256(amount) + 1) * 3 / 4, 1);
    }

    /// Whatever happens, what is owed is there; and in the end all that came in has been paid, but a fraction of a wei for each.
    function testFuzz_revenue_pays_out_what_came_in_and_no_more(uint256[48] memory steps) public {
        address[4] memory holders = [alice, bob, carol, makeAddr("dave")];
        uint256 received = 0;
        uint256 paid = 0;
        for (uint256 i = 0; i < steps.length; i++) {
            uint256 seed = steps[i];
            address a = holders[(seed >> 8) % 4];
            uint256 value = uint256(uint64(seed >> 32)) >> (seed >> 24) % 64;
            if (seed % 5 == 0) {
                _wait(uint32(seed >> 96) % stream);
            } else if (seed % 5 == 1) {
                _distribute(value);
                received += value;
            } else if (seed % 5 == 2) {
                _move(a, holders[(seed >> 16) % 4], value % (token.balanceOf(a) + 1));
            } else if (seed % 5 == 3) {
                token.mint(a, value);
            } else {
                paid += token.claimRevenue(a);
            }
            _assertSolvent(holders, received - paid);
        }
        _wait(stream);
        for (uint256 i = 0; i < 4; i++) {
            paid += token.claimRevenue(holders[i]);
            _assertSolvent(holders, received - paid);
        }
        assertLe(received - paid, 4);
    }

    function _assertSolvent(address[4] memory holders, uint256 unpaid) private view {
        uint256 owed = 0;
        for (uint256 i = 0; i < 4; i++) {
            owed += token.claimableDown(holders[i]);
        }
        assertEq(TOKEN.balanceOf(address(token)), unpaid);
        assertLe(owed, unpaid);
    }
}
