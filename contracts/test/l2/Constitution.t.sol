// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Amendment,
    AmendmentId,
    AmendmentState,
    AmendmentTimes,
    IConstitution
} from "../../src/interfaces/IConstitution.sol";
import {Constitution} from "../../src/l2/Constitution.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Principles} from "../../src/lib/Principles.sol";
import {GovernanceFixture, Proposal} from "./GovernanceFixture.sol";

contract ConstitutionTest is GovernanceFixture {
    uint256 private constant THRESHOLD = 1000 ether;
    AmendmentId private constant FIRST = AmendmentId.wrap(1);
    AmendmentId private constant SECOND = AmendmentId.wrap(2);
    string private constant TEXT = "1. Other principles.";
    bytes32 private constant ORIGINAL_HASH = 0xcf54cacce6b1be58a9ce015ad545828a2fc7bb0d9ccf5d9188ab1b7c4fba1285;

    address private holder = makeAddr("holder");
    address private other = makeAddr("other");

    // The text

    function test_the_chain_starts_with_the_text_whose_hash_is_frozen_here() public view {
        assertEq(CONSTITUTION.version(), 1);
        assertEq(CONSTITUTION.principles(), Principles.TEXT);
        assertEq(CONSTITUTION.principlesHash(), keccak256(bytes(CONSTITUTION.principles())));
        assertEq(CONSTITUTION.principlesHash(), ORIGINAL_HASH);
        assertEq(CONSTITUTION.hashOf(1), ORIGINAL_HASH);
        assertEq(CONSTITUTION.textOf(AmendmentId.wrap(0)), Principles.TEXT);
    }

    function test_it_is_set_where_no_other_contract_is() public {
        vm.etch(Predeploys.ATN, "");
        _predeploy(makeAddr("elsewhere"), type(Constitution).creationCode);
        assertEq(IConstitution(makeAddr("elsewhere")).principlesHash(), ORIGINAL_HASH);
    }

    function testFuzz_only_the_text_in_force_is_in_force(bytes32 hash, uint64 version) public view {
        vm.assume(hash != ORIGINAL_HASH && version != 1);
        assertTrue(CONSTITUTION.isInForce(ORIGINAL_HASH));
        assertFalse(CONSTITUTION.isInForce(hash));
        assertEq(CONSTITUTION.hashOf(version), bytes32(0));
        assertEq(AmendmentId.unwrap(CONSTITUTION.amendmentOf(version)), 0);
    }

    function testFuzz_of_an_unknown_amendment_there_is_nothing(AmendmentId id, address account) public {
        assertEq(CONSTITUTION.amendment(id).proposedAt, 0);
        assertEq(CONSTITUTION.amendmentTimes(id).expiry, 0);
        assertFalse(CONSTITUTION.hasVoted(id, account));
        _assertState(id, AmendmentState.None);
        if (AmendmentId.unwrap(id) != 0) assertEq(CONSTITUTION.textOf(id), "");
        vm.startPrank(account);
        _expectState(id, AmendmentState.None);
        CONSTITUTION.castVote(id);
        _expectState(id, AmendmentState.None);
        CONSTITUTION.enact(id);
    }

    // The whole way

    function testFuzz_an_approved_amendment_comes_in_force(string calldata text, address enacter) public {
        vm.assume(bytes(text).length != 0 && bytes(text).length <= 16_384);
        bytes32 hash = keccak256(bytes(text));
        _wrapAndDelegate(holder, THRESHOLD);
        vm.warp(START + 1);
        uint64 t = uint64(START + 1);
        AmendmentTimes memory times = AmendmentTimes(t + 7 days, t + 21 days, t + 35 days, t + 65 days);
        vm.expectEmit(address(CONSTITUTION));
        emit IConstitution.AmendmentProposed(FIRST, holder, 1, hash, text, times);
        AmendmentId id = _propose(holder, text);
        assertEq(AmendmentId.unwrap(id), 1);
        assertEq(CONSTITUTION.amendmentCount(), 1);
        _assertState(id, AmendmentState.Pending);

        vm.warp(times.snapshot + 1);
        _assertState(id, AmendmentState.Voting);
        vm.expectEmit(address(CONSTITUTION));
        emit IConstitution.AmendmentVoteCast(id, holder, THRESHOLD);
        _cast(holder, id);
        assertTrue(CONSTITUTION.hasVoted(id, holder));
        vm.warp(times.votingEnd);
        _assertState(id, AmendmentState.Waiting);
        assertTrue(CONSTITUTION.isInForce(ORIGINAL_HASH));
        vm.warp(times.waitingEnd);
        _assertState(id, AmendmentState.Enactable);

        vm.expectEmit(address(CONSTITUTION));
        emit IConstitution.AmendmentEnacted(id, 2, hash);
        vm.prank(enacter);
        CONSTITUTION.enact(id);
        _assertState(id, AmendmentState.Enacted);
        _assertInForce(2, id, text);
        assertEq(CONSTITUTION.hashOf(1), ORIGINAL_HASH);
        assertEq(CONSTITUTION.textOf(AmendmentId.wrap(0)), Principles.TEXT);
        Amendment memory a = CONSTITUTION.amendment(id);
        assertEq(a.proposer, holder);
        assertEq(a.proposedAt, t);
        assertEq(a.forVotes, THRESHOLD);
        assertEq(a.textHash, hash);
        assertEq(a.baseVersion, 1);
        assertTrue(a.enacted);
    }

    function test_the_next_version_is_amended_in_turn_and_the_history_stays() public {
        _wrapAndDelegate(holder, THRESHOLD);
        CONSTITUTION.enact(_toEnactable(holder, TEXT));
        AmendmentId id = _toEnactable(holder, Principles.TEXT);
        assertEq(CONSTITUTION.amendment(id).baseVersion, 2);
        CONSTITUTION.enact(id);
        _assertInForce(3, id, Principles.TEXT);
        assertEq(CONSTITUTION.hashOf(2), keccak256(bytes(TEXT)));
        assertEq(CONSTITUTION.textOf(CONSTITUTION.amendmentOf(2)), TEXT);
    }

    // Proposing

    function testFuzz_a_text_that_is_empty_or_too_long_is_refused(uint16 extraBytes) public {
        uint256 sizeBytes = extraBytes == 0 ? 0 : 16_384 + uint256(extraBytes);
        _wrapAndDelegate(holder, THRESHOLD);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IConstitution.TextLengthOutOfBounds.selector, sizeBytes, 16_384));
        vm.prank(holder);
        CONSTITUTION.proposeAmendment(string(new bytes(sizeBytes)));
    }

    /// EIP-7825 lets a transaction have 2^24 gas; 21,000 and 16 per byte are gone before the call.
    function test_the_longest_text_fits_a_transaction() public {
        bytes memory text = new bytes(16_384);
        for (uint256 i = 0; i < text.length; i++) {
            text[i] = "x";
        }
        _wrapAndDelegate(holder, THRESHOLD);
        vm.warp(START + 1);
        vm.prank(holder);
        CONSTITUTION.proposeAmendment{gas: (1 << 24) - 21_000 - 16 * 16_484}(string(text));
        assertEq(CONSTITUTION.textOf(FIRST), string(text));
    }

    function testFuzz_attack_proposing_below_the_threshold(uint256 votes) public {
        votes = bound(votes, 0, THRESHOLD - 1);
        _wrapAndDelegate(holder, votes);
        vm.warp(START + 1);
        _expectBelowThreshold(votes);
        _propose(holder, TEXT);
    }

    function testFuzz_attack_proposing_with_votes_borrowed_for_a_transaction(uint96 votes) public {
        _wrapAndDelegate(holder, votes);
        _expectBelowThreshold(0);
        _propose(holder, TEXT);
    }

    // 95 percent

    /// The least that is enough is the supply without its twentieth part, rounded down.
    function testFuzz_95_percent_of_the_supply_are_enough(uint256 supply) public {
        supply = bound(supply, 1, type(uint96).max);
        AmendmentId id = _toVotingWithSupply(supply, supply - supply / 20);
        _cast(holder, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
        CONSTITUTION.enact(id);
        _assertInForce(2, id, TEXT);
    }

    function testFuzz_attack_one_wei_below_95_percent(uint256 supply) public {
        supply = bound(supply, 2, type(uint96).max);
        AmendmentId id = _toVotingWithSupply(supply, supply - supply / 20 - 1);
        _cast(holder, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
        _assertRefused(id, AmendmentState.Rejected);
    }

    function testFuzz_approval_is_95_of_100_for_any_votes(uint256 supply, uint256 votes) public {
        supply = bound(supply, 2, type(uint96).max);
        votes = bound(votes, 1, supply);
        AmendmentId id = _toVotingWithSupply(supply, votes);
        _cast(holder, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
        _assertState(id, votes * 100 >= supply * 95 ? AmendmentState.Enactable : AmendmentState.Rejected);
    }

    function test_attack_a_supply_of_zero_approves_nothing() public {
        _wrapAndDelegate(holder, THRESHOLD);
        vm.warp(START + 1);
        AmendmentId id = _propose(holder, TEXT);
        _unwrap(holder, THRESHOLD);
        vm.warp(CONSTITUTION.amendmentTimes(id).snapshot + 1);
        vm.expectRevert(abi.encodeWithSelector(IConstitution.NoVotes.selector, id, holder));
        vm.prank(holder);
        CONSTITUTION.castVote(id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
        _assertRefused(id, AmendmentState.Rejected);
    }

    function testFuzz_votes_of_several_add_up(uint96[4] memory amounts) public {
        AmendmentId id = _pendingWithSupply(0);
        uint256 sum;
        for (uint256 i = 0; i < 4; i++) {
            amounts[i] = uint96(bound(amounts[i], 1, type(uint96).max));
            _wrapAndDelegate(_voter(i), amounts[i]);
        }
        vm.warp(CONSTITUTION.amendmentTimes(id).snapshot + 1);
        for (uint256 i = 0; i < 4; i++) {
            sum += amounts[i];
            _cast(_voter(i), id);
            assertEq(CONSTITUTION.amendment(id).forVotes, sum);
        }
        assertEq(VOTES.getPastTotalSupply(CONSTITUTION.amendmentTimes(id).snapshot), sum);
    }

    function testFuzz_attack_undelegated_votes_are_not_left_out_of_the_supply(uint96 silent) public {
        silent = uint96(bound(silent, THRESHOLD / 19 + 1, type(uint96).max));
        _give(other, silent, other);
        AmendmentId id = _toVotingWithSupply(silent + THRESHOLD, THRESHOLD);
        _cast(holder, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
        _assertRefused(id, AmendmentState.Rejected);
    }

    // Whose votes count

    function testFuzz_attack_voting_twice(uint96 amount, uint32 later) public {
        AmendmentId id = _toVotingWithSupply(amount = uint96(bound(amount, 1, type(uint96).max)), amount);
        _cast(holder, id);
        vm.warp(bound(later, block.timestamp, CONSTITUTION.amendmentTimes(id).votingEnd - 1));
        vm.expectRevert(abi.encodeWithSelector(IConstitution.AlreadyVoted.selector, id, holder));
        vm.prank(holder);
        CONSTITUTION.castVote(id);
        assertEq(CONSTITUTION.amendment(id).forVotes, amount);
    }

    function testFuzz_attack_voting_again_with_votes_moved_after_the_snapshot(uint96 amount) public {
        AmendmentId id = _toVotingWithSupply(amount = uint96(bound(amount, 1, type(uint96).max)), amount);
        _cast(holder, id);
        vm.prank(other);
        VOTES.delegate(other);
        _send(holder, other, amount);
        vm.warp(block.timestamp + 1);
        _expectNoVotes(id, other);
        assertEq(CONSTITUTION.amendment(id).forVotes, amount);
    }

    function testFuzz_votes_sold_after_the_snapshot_count_for_who_had_them(uint96 amount) public {
        AmendmentId id = _toVotingWithSupply(amount = uint96(bound(amount, 1, type(uint96).max)), amount);
        _send(holder, other, amount);
        vm.warp(block.timestamp + 1);
        _cast(holder, id);
        assertEq(CONSTITUTION.amendment(id).forVotes, amount);
    }

    function testFuzz_attack_votes_acquired_after_the_snapshot(uint96 amount, uint32 later) public {
        AmendmentId id = _toVotingWithSupply(THRESHOLD, THRESHOLD);
        AmendmentTimes memory times = CONSTITUTION.amendmentTimes(id);
        vm.warp(bound(later, times.snapshot + 1, times.votingEnd - 2));
        _wrapAndDelegate(other, amount);
        vm.warp(block.timestamp + 1);
        _expectNoVotes(id, other);
    }

    function testFuzz_attack_votes_borrowed_for_a_transaction_at_the_snapshot(uint96 amount) public {
        AmendmentId id = _pendingWithSupply(THRESHOLD);
        vm.warp(CONSTITUTION.amendmentTimes(id).snapshot);
        _wrapAndDelegate(other, amount);
        _unwrap(other, amount);
        vm.warp(CONSTITUTION.amendmentTimes(id).snapshot + 1);
        _expectNoVotes(id, other);
    }

    // When

    function testFuzz_attack_voting_outside_of_the_voting_time(uint32 before, uint32 afterwards) public {
        AmendmentId id = _toVotingWithSupply(THRESHOLD, THRESHOLD);
        AmendmentTimes memory times = CONSTITUTION.amendmentTimes(id);
        vm.warp(bound(before, CONSTITUTION.amendment(id).proposedAt, times.snapshot));
        _expectState(id, AmendmentState.Pending);
        vm.prank(holder);
        CONSTITUTION.castVote(id);
        vm.warp(bound(afterwards, times.votingEnd, type(uint40).max));
        _expectState(id, AmendmentState.Rejected);
        vm.prank(holder);
        CONSTITUTION.castVote(id);
    }

    function testFuzz_attack_enacting_too_early(uint32 at) public {
        AmendmentId id = _toVotingWithSupply(THRESHOLD, THRESHOLD);
        AmendmentTimes memory times = CONSTITUTION.amendmentTimes(id);
        _cast(holder, id);
        uint256 time = bound(at, START + 1, times.waitingEnd - 1);
        vm.warp(time);
        AmendmentState expected = AmendmentState.Waiting;
        if (time <= times.snapshot) expected = AmendmentState.Pending;
        else if (time < times.votingEnd) expected = AmendmentState.Voting;
        _assertRefused(id, expected);
    }

    function testFuzz_an_amendment_that_nobody_enacts_expires(uint40 at) public {
        _wrapAndDelegate(holder, THRESHOLD);
        AmendmentId id = _toEnactable(holder, TEXT);
        uint256 expiry = CONSTITUTION.amendmentTimes(id).expiry;
        vm.warp(expiry - 1);
        _assertState(id, AmendmentState.Enactable);
        vm.warp(bound(at, expiry, type(uint40).max));
        _assertRefused(id, AmendmentState.Expired);
    }

    function testFuzz_attack_enacting_twice(uint40 at) public {
        _wrapAndDelegate(holder, THRESHOLD);
        AmendmentId id = _toEnactable(holder, TEXT);
        CONSTITUTION.enact(id);
        vm.warp(bound(at, block.timestamp, type(uint40).max));
        _expectState(id, AmendmentState.Enacted);
        CONSTITUTION.enact(id);
        assertEq(CONSTITUTION.version(), 2);
    }

    function testFuzz_attack_enacting_an_amendment_to_an_older_version(bool secondFirst) public {
        _wrapAndDelegate(holder, THRESHOLD);
        vm.warp(block.timestamp + 1);
        _propose(holder, TEXT);
        _propose(holder, "2. Others again.");
        vm.warp(CONSTITUTION.amendmentTimes(SECOND).snapshot + 1);
        _cast(holder, FIRST);
        _cast(holder, SECOND);
        vm.warp(CONSTITUTION.amendmentTimes(SECOND).waitingEnd);
        (AmendmentId enacted, AmendmentId stale) = secondFirst ? (SECOND, FIRST) : (FIRST, SECOND);
        _assertState(stale, AmendmentState.Enactable);
        CONSTITUTION.enact(enacted);
        bytes32 hash = CONSTITUTION.amendment(enacted).textHash;
        _expectState(stale, AmendmentState.Superseded);
        CONSTITUTION.enact(stale);
        assertEq(CONSTITUTION.version(), 2);
        assertEq(CONSTITUTION.principlesHash(), hash);
    }

    function test_attack_voting_on_an_amendment_to_an_older_version() public {
        _wrapAndDelegate(holder, THRESHOLD);
        AmendmentId first = _toEnactable(holder, TEXT);
        AmendmentId stale = _propose(holder, "2. Others again.");
        vm.warp(CONSTITUTION.amendmentTimes(stale).snapshot + 1);
        CONSTITUTION.enact(first);
        _expectState(stale, AmendmentState.Superseded);
        vm.prank(holder);
        CONSTITUTION.castVote(stale);
    }

    // Nobody else

    /// Whatever is called, by the DAO, its timelock, or anyone, while nothing is approved.
    function testFuzz_attack_no_call_of_a_privileged_account_changes_the_text(
        uint8 who,
        uint8 what,
        bytes calldata data
    ) public {
        AmendmentId id = _toVotingWithSupply(THRESHOLD, THRESHOLD - THRESHOLD / 20 - 1);
        _cast(holder, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
        address[5] memory accounts =
            [Predeploys.TIMELOCK, Predeploys.AUTONET_DAO, Predeploys.SYSTEM, Predeploys.CONSTITUTION, anyone];
        bytes[4] memory calls = [
            bytes(data),
            abi.encodeCall(CONSTITUTION.enact, (id)),
            abi.encodeCall(CONSTITUTION.castVote, (id)),
            abi.encodeCall(CONSTITUTION.proposeAmendment, (TEXT))
        ];
        vm.prank(accounts[who % 5]);
        (bool ok,) = Predeploys.CONSTITUTION.call(calls[what % 4]);
        if (what % 4 != 0) assertFalse(ok);
        _assertUnchanged();
        _assertState(id, AmendmentState.Rejected);
    }

    /// The treasury has nearly all votes and delegates them to itself: it is still one account, with its votes.
    function testFuzz_attack_the_dao_decides_to_amend_and_is_short_of_95_percent(uint96 dissent) public {
        uint256 treasury = 100_000 ether;
        dissent = uint96(bound(dissent, treasury / 19 + 1, treasury));
        _wrapAndDelegate(holder, dissent);
        _give(Predeploys.TIMELOCK, treasury, anyone);
        _decide(Predeploys.ATN, abi.encodeCall(VOTES.delegate, (Predeploys.TIMELOCK)));
        _decide(Predeploys.CONSTITUTION, abi.encodeCall(CONSTITUTION.proposeAmendment, (TEXT)));
        AmendmentTimes memory times = CONSTITUTION.amendmentTimes(FIRST);
        assertEq(CONSTITUTION.amendment(FIRST).proposer, Predeploys.TIMELOCK);
        _decide(Predeploys.CONSTITUTION, abi.encodeCall(CONSTITUTION.castVote, (FIRST)));
        assertEq(CONSTITUTION.amendment(FIRST).forVotes, treasury);

        vm.warp(times.waitingEnd - 9 days);
        bytes memory refusal =
            abi.encodeWithSelector(IConstitution.UnexpectedAmendmentState.selector, FIRST, AmendmentState.Rejected);
        Proposal memory p = _calling(Predeploys.CONSTITUTION, abi.encodeCall(CONSTITUTION.enact, (FIRST)));
        _toDue(holder, p);
        vm.warp(times.waitingEnd);
        vm.expectRevert(refusal);
        _execute(p);
        _assertUnchanged();
    }

    function test_attack_the_dao_relays_a_call_as_itself() public {
        AmendmentId id = _toVotingWithSupply(THRESHOLD, THRESHOLD / 2);
        _cast(holder, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd - 9 days);
        bytes memory enact = abi.encodeCall(CONSTITUTION.enact, (id));
        _wrapAndDelegate(holder, THRESHOLD);
        vm.warp(block.timestamp + 1);
        Proposal memory p =
            _calling(Predeploys.AUTONET_DAO, abi.encodeCall(DAO.relay, (Predeploys.CONSTITUTION, 0, enact)));
        _toDue(holder, p);
        vm.expectRevert(
            abi.encodeWithSelector(IConstitution.UnexpectedAmendmentState.selector, id, AmendmentState.Rejected)
        );
        _execute(p);
        _assertUnchanged();
    }

    // Steps

    function _propose(address account, string memory text) private returns (AmendmentId) {
        vm.prank(account);
        return CONSTITUTION.proposeAmendment(text);
    }

    function _cast(address account, AmendmentId id) private {
        vm.prank(account);
        CONSTITUTION.castVote(id);
    }

    /// An amendment of someone who then unwraps: the supply is that of `holder` and others.
    function _pendingWithSupply(uint256 votes) private returns (AmendmentId id) {
        _wrapAndDelegate(anyone, THRESHOLD);
        vm.warp(START + 1);
        id = _propose(anyone, TEXT);
        _unwrap(anyone, THRESHOLD);
        _wrapAndDelegate(holder, votes);
    }

    /// Open for votes, with `votes` of `supply` at `holder` and the rest silent.
    function _toVotingWithSupply(uint256 supply, uint256 votes) private returns (AmendmentId id) {
        id = _pendingWithSupply(votes);
        uint256 rest = supply - TOKEN.totalSupply();
        if (rest != 0) _give(other, rest, other);
        vm.warp(CONSTITUTION.amendmentTimes(id).snapshot + 1);
        assertEq(VOTES.getPastTotalSupply(CONSTITUTION.amendmentTimes(id).snapshot), supply);
    }

    /// Proposed by `account` now, whose votes are enough alone.
    function _toEnactable(address account, string memory text) private returns (AmendmentId id) {
        vm.warp(block.timestamp + 1);
        id = _propose(account, text);
        vm.warp(CONSTITUTION.amendmentTimes(id).snapshot + 1);
        _cast(account, id);
        vm.warp(CONSTITUTION.amendmentTimes(id).waitingEnd);
    }

    /// One call that `holder` lets the DAO make, from now on.
    function _decide(address target, bytes memory data) private {
        vm.warp(block.timestamp + 1);
        Proposal memory p = _calling(target, data);
        _toDue(holder, p);
        _execute(p);
    }

    function _voter(uint256 i) private returns (address) {
        return makeAddr(string.concat("voter ", vm.toString(i)));
    }

    // Expectations

    function _assertState(AmendmentId id, AmendmentState expected) private view {
        assertEq(uint256(CONSTITUTION.amendmentState(id)), uint256(expected));
    }

    function _assertInForce(uint64 version, AmendmentId id, string memory text) private view {
        assertEq(CONSTITUTION.version(), version);
        assertEq(CONSTITUTION.principles(), text);
        assertEq(CONSTITUTION.principlesHash(), keccak256(bytes(text)));
        assertEq(CONSTITUTION.hashOf(version), keccak256(bytes(text)));
        assertTrue(CONSTITUTION.isInForce(keccak256(bytes(text))));
        assertEq(AmendmentId.unwrap(CONSTITUTION.amendmentOf(version)), AmendmentId.unwrap(id));
    }

    function _assertUnchanged() private view {
        _assertInForce(1, AmendmentId.wrap(0), Principles.TEXT);
    }

    function _assertRefused(AmendmentId id, AmendmentState state) private {
        _expectState(id, state);
        CONSTITUTION.enact(id);
        _assertUnchanged();
    }

    function _expectState(AmendmentId id, AmendmentState state) private {
        vm.expectRevert(abi.encodeWithSelector(IConstitution.UnexpectedAmendmentState.selector, id, state));
    }

    function _expectNoVotes(AmendmentId id, address account) private {
        vm.expectRevert(abi.encodeWithSelector(IConstitution.NoVotes.selector, id, account));
        vm.prank(account);
        CONSTITUTION.castVote(id);
    }

    function _expectBelowThreshold(uint256 votes) private {
        vm.expectRevert(abi.encodeWithSelector(IConstitution.BelowProposalThreshold.selector, holder, votes, THRESHOLD));
    }
}
