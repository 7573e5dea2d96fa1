// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Erc20Behaviour} from "./Erc20Behaviour.sol";
import {PermitBehaviour} from "./PermitBehaviour.sol";

/// What every token with delegated votes does.
abstract contract VotesBehaviour is Erc20Behaviour, PermitBehaviour {
    bytes32 private constant DELEGATION = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
    address private first = makeAddr("first delegate");
    address private second = makeAddr("second delegate");

    /// The token's clock is at `time`, or later.
    function _moveTo(uint256 time) internal virtual;

    function _votes() private view returns (ERC20Votes) {
        return ERC20Votes(address(_erc20()));
    }

    function testFuzz_votes_are_those_delegated(uint256 a, uint256 b, bool same) public {
        (a, b) = (bound(a, 0, LIMIT / 2), bound(b, 0, LIMIT / 2));
        _fund(holder, a);
        _fund(spender, b);
        assertEq(_votes().getVotes(holder), 0);
        vm.expectEmit(address(_votes()));
        emit IVotes.DelegateChanged(holder, address(0), first);
        vm.prank(holder);
        _votes().delegate(first);
        vm.prank(spender);
        _votes().delegate(same ? first : second);
        assertEq(_votes().delegates(holder), first);
        assertEq(_votes().delegates(spender), same ? first : second);
        assertEq(_votes().getVotes(first), same ? a + b : a);
        assertEq(_votes().getVotes(second), same ? 0 : b);
        assertEq(_erc20().balanceOf(holder), a);
    }

    function testFuzz_a_delegation_moves_all_votes_and_can_be_withdrawn(uint256 amount) public {
        amount = bound(amount, 0, LIMIT);
        _fund(holder, amount);
        vm.startPrank(holder);
        _votes().delegate(first);
        _votes().delegate(second);
        assertEq(_votes().getVotes(first), 0);
        assertEq(_votes().getVotes(second), amount);
        _votes().delegate(address(0));
        assertEq(_votes().getVotes(second), 0);
        assertEq(_votes().delegates(holder), address(0));
    }

    function testFuzz_votes_follow_a_transfer(uint256 amount, uint256 moved, bool delegated) public {
        amount = bound(amount, 0, LIMIT);
        moved = bound(moved, 0, amount);
        _fund(holder, amount);
        vm.prank(holder);
        _votes().delegate(first);
        if (delegated) {
            vm.prank(spender);
            _votes().delegate(second);
        }
        vm.prank(holder);
        _erc20().transfer(spender, moved);
        assertEq(_votes().getVotes(first), amount - moved);
        assertEq(_votes().getVotes(second), delegated ? moved : 0);
    }

    function testFuzz_past_votes_and_supplies_stay_what_they_were(uint256[6] memory amounts, uint16[6] memory waits)
        public
    {
        uint256 start = _votes().clock();
        uint256 supplyBefore = _erc20().totalSupply();
        uint256[] memory times = new uint256[](6);
        uint256[] memory sums = new uint256[](6);
        uint256[] memory supplies = new uint256[](6);
        uint256 sum = 0;
        vm.prank(holder);
        _votes().delegate(first);
        for (uint256 i = 0; i < 6; i++) {
            uint256 amount = bound(amounts[i], 1, LIMIT / 6);
            _moveTo(uint256(_votes().clock()) + 1 + waits[i]);
            _fund(holder, amount);
            sum += amount;
            (times[i], sums[i], supplies[i]) = (_votes().clock(), sum, _erc20().totalSupply());
        }
        vm.expectRevert(abi.encodeWithSelector(Votes.ERC5805FutureLookup.selector, times[5], times[5]));
        _votes().getPastVotes(first, times[5]);
        vm.expectRevert(abi.encodeWithSelector(Votes.ERC5805FutureLookup.selector, times[5], times[5]));
        _votes().getPastTotalSupply(times[5]);
        _moveTo(times[5] + 1);
        assertEq(_votes().getPastVotes(first, start), 0);
        assertEq(_votes().getPastTotalSupply(start), supplyBefore);
        assertEq(_votes().numCheckpoints(first), 6);
        for (uint256 i = 0; i < 6; i++) {
            assertEq(_votes().getPastVotes(first, times[i]), sums[i]);
            assertEq(_votes().getPastVotes(first, times[i] - 1), i == 0 ? 0 : sums[i - 1]);
            assertEq(_votes().getPastTotalSupply(times[i]), supplies[i]);
            Checkpoints.Checkpoint208 memory point = _votes().checkpoints(first, uint32(i));
            assertEq(point._key, times[i]);
            assertEq(point._value, sums[i]);
        }
        assertEq(_votes().getVotes(first), sum);
    }

    function testFuzz_changes_at_one_time_are_one_checkpoint(uint256 a, uint256 b) public {
        (a, b) = (bound(a, 1, LIMIT / 2), bound(b, 1, LIMIT / 2));
        vm.prank(holder);
        _votes().delegate(first);
        _fund(holder, a);
        _fund(holder, b);
        assertEq(_votes().numCheckpoints(first), 1);
        assertEq(_votes().checkpoints(first, 0)._value, a + b);
    }

    function testFuzz_a_signed_delegation_counts_once(uint128 rawKey, address delegatee, uint64 expiry, uint256 amount)
        public
    {
        (uint256 key, address account) = _signer(rawKey);
        vm.assume(delegatee != address(0));
        expiry = uint64(bound(expiry, block.timestamp, type(uint64).max));
        amount = bound(amount, 0, LIMIT);
        _fund(account, amount);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _delegation(delegatee, 0, expiry));
        vm.prank(spender);
        _votes().delegateBySig(delegatee, 0, expiry, v, r, s);
        assertEq(_votes().delegates(account), delegatee);
        assertEq(_votes().getVotes(delegatee), amount);
        assertEq(_votes().nonces(account), 1);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, account, 1));
        _votes().delegateBySig(delegatee, 0, expiry, v, r, s);
    }

    function testFuzz_attack_a_delegation_that_is_over(uint128 rawKey, address delegatee, uint64 late) public {
        (uint256 key, address account) = _signer(rawKey);
        uint256 expiry = block.timestamp;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _delegation(delegatee, 0, expiry));
        vm.warp(expiry + bound(late, 1, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(IVotes.VotesExpiredSignature.selector, expiry));
        _votes().delegateBySig(delegatee, 0, expiry, v, r, s);
        assertEq(_votes().delegates(account), address(0));
    }

    /// Whoever the words recover to, it is not the account whose votes are wanted.
    function testFuzz_attack_a_delegation_of_anothers_votes(uint128 rawKey, address thief, uint256 amount) public {
        (uint256 key, address account) = _signer(rawKey);
        amount = bound(amount, 1, LIMIT);
        vm.assume(thief != address(0) && thief != first && thief != holder && account != holder);
        _fund(holder, amount);
        vm.prank(holder);
        _votes().delegate(first);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _delegation(thief, 0, block.timestamp));
        vm.prank(thief);
        _votes().delegateBySig(thief, 0, block.timestamp, v, r, s);
        assertEq(_votes().delegates(holder), first);
        assertEq(_votes().getVotes(first), amount);
        assertEq(_votes().getVotes(thief), 0);
    }

    function _delegation(address delegatee, uint256 nonce, uint256 expiry) private view returns (bytes32) {
        return _digest(keccak256(abi.encode(DELEGATION, delegatee, nonce, expiry)));
    }
}
