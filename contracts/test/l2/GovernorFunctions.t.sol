// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {GovernanceFixture, Proposal} from "./GovernanceFixture.sol";

/// What AutonetDAO takes from its bases, function by function. AutonetDAO.t.sol attacks the whole.
contract GovernorFunctionsTest is GovernanceFixture {
    bytes32 private constant EXTENDED_BALLOT = keccak256(
        "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)"
    );
    uint256 private constant SUPPLY = 10_000 ether;
    address private holder = makeAddr("holder");
    address private recipient = makeAddr("recipient");

    function setUp() public override {
        super.setUp();
        _wrapAndDelegate(holder, SUPPLY);
        vm.warp(START + 1);
    }

    // Proposals

    function testFuzz_an_id_is_the_hash_of_what_is_proposed(
        address target,
        uint256 value,
        bytes calldata data,
        bytes32 tail
    ) public {
        Proposal memory p = _calling(target, data);
        p.values[0] = value;
        // Not one that names its only proposer.
        p.description = string.concat("x", vm.toString(tail));
        bytes32 descriptionHash = keccak256(bytes(p.description));
        uint256 expected = uint256(keccak256(abi.encode(p.targets, p.values, p.calldatas, descriptionHash)));
        assertEq(DAO.hashProposal(p.targets, p.values, p.calldatas, descriptionHash), expected);
        assertEq(DAO.getProposalId(p.targets, p.values, p.calldatas, descriptionHash), expected);
        assertEq(_proposeAs(holder, p), expected);
        assertEq(DAO.proposalProposer(expected), holder);
        vm.expectRevert(_unexpectedState(expected, IGovernor.ProposalState.Pending, 0));
        _proposeAs(holder, p);
    }

    function testFuzz_a_proposals_times_follow_from_when_it_was_made(uint32 later) public {
        vm.warp(START + 1 + uint256(later));
        uint256 at = block.timestamp;
        Proposal memory p = _payment();
        uint256 id = _proposeAs(holder, p);
        assertEq(DAO.proposalSnapshot(id), at + 1 days);
        assertEq(DAO.proposalDeadline(id), at + 6 days);
        assertEq(DAO.proposalEta(id), 0);
        assertTrue(DAO.proposalNeedsQueuing(id));
        vm.warp(at + 1 days + 1);
        _vote(holder, id, FOR);
        vm.warp(at + 6 days + 1);
        _queue(p);
        assertEq(DAO.proposalEta(id), block.timestamp + 2 days);
    }

    function testFuzz_what_nobody_proposed_is_nothing(uint256 id, address account) public {
        bytes memory unknown = abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, id);
        vm.expectRevert(unknown);
        DAO.state(id);
        assertEq(DAO.proposalSnapshot(id), 0);
        assertEq(DAO.proposalDeadline(id), 0);
        assertEq(DAO.proposalProposer(id), address(0));
        assertEq(DAO.proposalEta(id), 0);
        assertFalse(DAO.hasVoted(id, account));
        vm.startPrank(account);
        vm.expectRevert(unknown);
        DAO.castVote(id, FOR);
        vm.expectRevert(unknown);
        DAO.castVoteWithReason(id, FOR, "");
        vm.expectRevert(unknown);
        DAO.castVoteWithReasonAndParams(id, FOR, "", "");
    }

    function testFuzz_attack_a_proposal_of_lists_that_do_not_fit(uint8 targets, uint8 values, uint8 calldatas) public {
        (targets, values, calldatas) = (targets % 4, values % 4, calldatas % 4);
        vm.assume(targets == 0 || targets != values || targets != calldatas);
        Proposal memory p;
        (p.targets, p.values, p.calldatas) = (new address[](targets), new uint256[](values), new bytes[](calldatas));
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, targets, calldatas, values)
        );
        _proposeAs(holder, p);
    }

    function testFuzz_attack_anothers_proposal_front_run(address author) public {
        vm.assume(author != holder);
        Proposal memory p = _payment();
        p.description = string.concat("for the school #proposer=", _hex(author));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, holder));
        _proposeAs(holder, p);
        p.description = string.concat("for the school #proposer=", _hex(holder));
        assertEq(DAO.proposalProposer(_proposeAs(holder, p)), holder);
    }

    // Ballots

    function testFuzz_ballots_are_counted_by_what_they_say(uint96[3] memory amounts, uint8[3] memory support) public {
        uint256[3] memory expected;
        for (uint256 i = 0; i < 3; i++) {
            _wrapAndDelegate(_voter(i), amounts[i]);
            expected[support[i] %= 3] += amounts[i];
        }
        uint256 id = _toActive(holder, _payment());
        for (uint256 i = 0; i < 3; i++) {
            assertFalse(DAO.hasVoted(id, _voter(i)));
            vm.expectEmit(address(DAO));
            emit IGovernor.VoteCast(_voter(i), id, support[i], amounts[i], "why");
            vm.prank(_voter(i));
            assertEq(DAO.castVoteWithReason(id, support[i], "why"), amounts[i]);
            assertTrue(DAO.hasVoted(id, _voter(i)));
        }
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = DAO.proposalVotes(id);
        assertEq(againstVotes, expected[AGAINST]);
        assertEq(forVotes, expected[FOR]);
        assertEq(abstainVotes, expected[ABSTAIN]);
        assertEq(DAO.COUNTING_MODE(), "support=bravo&quorum=for,abstain");
    }

    function testFuzz_attack_a_ballot_that_says_something_else(uint8 support, bytes calldata params) public {
        support = uint8(bound(support, ABSTAIN + 1, type(uint8).max));
        uint256 id = _toActive(holder, _payment());
        vm.startPrank(holder);
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        DAO.castVote(id, support);
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        DAO.castVoteWithReasonAndParams(id, support, "", params);
        assertFalse(DAO.hasVoted(id, holder));
    }

    function testFuzz_parameters_of_a_ballot_change_nothing(
        uint8 support,
        string calldata reason,
        bytes calldata params
    ) public {
        support %= 3;
        vm.assume(params.length != 0);
        uint256 id = _toActive(holder, _payment());
        vm.expectEmit(address(DAO));
        emit IGovernor.VoteCastWithParams(holder, id, support, SUPPLY, reason, params);
        vm.prank(holder);
        assertEq(DAO.castVoteWithReasonAndParams(id, support, reason, params), SUPPLY);
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = DAO.proposalVotes(id);
        assertEq(againstVotes, support == AGAINST ? SUPPLY : 0);
        assertEq(forVotes, support == FOR ? SUPPLY : 0);
        assertEq(abstainVotes, support == ABSTAIN ? SUPPLY : 0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, holder));
        vm.prank(holder);
        DAO.castVoteWithReasonAndParams(id, support, reason, params);
    }

    function testFuzz_a_signed_ballot_says_all_that_was_signed(
        uint128 rawKey,
        uint8 support,
        string calldata reason,
        bytes calldata params
    ) public {
        uint256 key = uint256(rawKey) + 1;
        address signer = vm.addr(key);
        support %= 3;
        _wrapAndDelegate(signer, 5 ether);
        uint256 id = _toActive(holder, _payment());
        bytes memory signature = _signed(key, id, support, signer, reason, params);
        bytes memory refusal = abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, signer);
        vm.expectRevert(refusal);
        DAO.castVoteWithReasonAndParamsBySig(id, (support + 1) % 3, signer, reason, params, signature);
        vm.expectRevert(refusal);
        DAO.castVoteWithReasonAndParamsBySig(id, support, signer, string.concat(reason, "!"), params, signature);
        vm.expectRevert(refusal);
        DAO.castVoteWithReasonAndParamsBySig(id, support, signer, reason, bytes.concat(params, "!"), signature);
        assertEq(DAO.nonces(signer), 0);
        vm.prank(anyone);
        assertEq(DAO.castVoteWithReasonAndParamsBySig(id, support, signer, reason, params, signature), 5 ether);
        assertEq(DAO.nonces(signer), 1);
        assertTrue(DAO.hasVoted(id, signer));
        assertFalse(DAO.hasVoted(id, anyone));
        vm.expectRevert(refusal);
        DAO.castVoteWithReasonAndParamsBySig(id, support, signer, reason, params, signature);
    }

    function testFuzz_attack_a_ballot_signed_by_another(uint128 rawKey, address voter, bytes calldata params) public {
        uint256 key = uint256(rawKey) + 1;
        vm.assume(vm.addr(key) != voter && voter.code.length == 0);
        uint256 id = _toActive(holder, _payment());
        bytes memory signature = _signed(key, id, FOR, voter, "", params);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, voter));
        DAO.castVoteWithReasonAndParamsBySig(id, FOR, voter, "", params, signature);
        assertFalse(DAO.hasVoted(id, voter));
    }

    // Votes and quorums

    function testFuzz_votes_are_those_of_the_token_at_the_time(uint96 first, uint96 second, bytes calldata params)
        public
    {
        _wrapAndDelegate(anyone, first);
        vm.warp(START + 5);
        _wrapAndDelegate(anyone, second);
        vm.expectRevert(abi.encodeWithSelector(Votes.ERC5805FutureLookup.selector, START + 5, START + 5));
        DAO.getVotes(anyone, START + 5);
        vm.warp(START + 6);
        assertEq(DAO.getVotes(anyone, START), 0);
        assertEq(DAO.getVotes(anyone, START + 1), first);
        assertEq(DAO.getVotes(anyone, START + 5), uint256(first) + second);
        assertEq(DAO.getVotesWithParams(anyone, START + 5, params), uint256(first) + second);
    }

    function testFuzz_a_quorum_is_that_of_its_time(uint256 percent, uint96 more) public {
        percent = bound(percent, 0, 100);
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.updateQuorumNumerator, (percent)));
        _toDue(holder, p);
        uint256 changed = block.timestamp;
        _execute(p);
        _wrapAndDelegate(anyone, more);
        vm.warp(changed + 1);
        assertEq(DAO.quorumNumerator(changed - 1), 4);
        assertEq(DAO.quorumNumerator(changed), percent);
        assertEq(DAO.quorumNumerator(), percent);
        assertEq(DAO.quorumDenominator(), 100);
        assertEq(DAO.quorum(changed - 1), SUPPLY * 4 / 100);
        assertEq(DAO.quorum(changed), (SUPPLY + more) * percent / 100);
    }

    function testFuzz_attack_a_quorum_above_all_votes(uint256 percent) public {
        percent = bound(percent, 101, type(uint256).max);
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.updateQuorumNumerator, (percent)));
        _toDue(holder, p);
        vm.expectRevert(
            abi.encodeWithSelector(
                GovernorVotesQuorumFraction.GovernorInvalidQuorumFraction.selector, percent, uint256(100)
            )
        );
        _execute(p);
        assertEq(DAO.quorumNumerator(), 4);
    }

    // Settings

    function testFuzz_the_time_to_answer_a_late_quorum_changes_by_a_proposal(uint48 extension) public {
        extension = uint48(bound(extension, 0, 5 days));
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.setLateQuorumVoteExtension, (extension)));
        _toDue(holder, p);
        _execute(p);
        assertEq(DAO.lateQuorumVoteExtension(), extension);
        uint256 id = _toActive(holder, _payment());
        uint256 end = DAO.proposalDeadline(id);
        vm.warp(end);
        _vote(holder, id, FOR);
        assertEq(DAO.proposalDeadline(id), end + extension);
    }

    function testFuzz_attack_a_vote_that_a_late_quorum_prolongs_without_end(uint48 extension) public {
        extension = uint48(bound(extension, 5 days + 1, type(uint48).max));
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.setLateQuorumVoteExtension, (extension)));
        _toDue(holder, p);
        vm.expectRevert(
            abi.encodeWithSelector(
                GovernorPreventLateQuorum.GovernorPreventLateQuorumVoteExtensionTooLarge.selector, extension, 5 days
            )
        );
        _execute(p);
        assertEq(DAO.lateQuorumVoteExtension(), 2 days);
    }

    function test_a_vote_of_no_length_is_refused() public {
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.setVotingPeriod, (0)));
        _toDue(holder, p);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidVotingPeriod.selector, 0));
        _execute(p);
        assertEq(DAO.votingPeriod(), 5 days);
    }

    function testFuzz_another_timelock_takes_over_by_a_proposal(address payable next) public {
        vm.assume(next != address(TIMELOCK));
        TimelockController timelock = TimelockController(next);
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.updateTimelock, (timelock)));
        _toDue(holder, p);
        _execute(p);
        assertEq(DAO.timelock(), next);
        // What the old one says does not bind the DAO any more.
        vm.prank(address(TIMELOCK));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, address(TIMELOCK)));
        DAO.updateTimelock(TIMELOCK);
    }

    // Coin and tokens

    function testFuzz_coin_sent_along_pays_for_what_is_executed(uint96 coin, address executor) public {
        vm.assume(executor.code.length == 0 && executor != recipient);
        Proposal memory p = _calling(recipient, "");
        p.values[0] = coin;
        _toDue(holder, p);
        vm.deal(executor, coin);
        vm.prank(executor);
        DAO.execute{value: coin}(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
        assertEq(recipient.balance, coin);
        assertEq(address(DAO).balance, 0);
        assertEq(address(TIMELOCK).balance, 0);
    }

    function testFuzz_it_takes_no_tokens(address from, uint256 id, uint256 value, bytes calldata data) public {
        vm.startPrank(from);
        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        DAO.onERC721Received(from, from, id, data);
        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        DAO.onERC1155Received(from, from, id, value, data);
        uint256[] memory list = new uint256[](1);
        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        DAO.onERC1155BatchReceived(from, from, list, list, data);
    }

    function testFuzz_it_says_what_it_is(bytes4 other) public view {
        vm.assume(other != type(IGovernor).interfaceId && other != type(IERC165).interfaceId);
        vm.assume(other != type(IGovernor).interfaceId ^ IGovernor.getProposalId.selector);
        vm.assume(other != 0x4e2312e0); // IERC1155Receiver
        assertTrue(DAO.supportsInterface(type(IGovernor).interfaceId));
        assertTrue(DAO.supportsInterface(type(IERC165).interfaceId));
        assertFalse(DAO.supportsInterface(other));
        assertEq(DAO.version(), "1");
    }

    // Steps

    function _payment() private view returns (Proposal memory) {
        return _calling(Predeploys.ATN, abi.encodeCall(TOKEN.transfer, (recipient, 0)));
    }

    function _voter(uint256 i) private returns (address) {
        return makeAddr(string.concat("voter ", vm.toString(i)));
    }

    function _unexpectedState(uint256 id, IGovernor.ProposalState actual, bytes32 needed)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IGovernor.GovernorUnexpectedProposalState.selector, id, actual, needed);
    }

    function _signed(uint256 key, uint256 id, uint8 support, address voter, string memory reason, bytes memory params)
        private
        view
        returns (bytes memory)
    {
        bytes32 words = keccak256(
            abi.encode(EXTENDED_BALLOT, id, support, voter, uint256(0), keccak256(bytes(reason)), keccak256(params))
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", _domain(), words)));
        return abi.encodePacked(r, s, v);
    }

    function _domain() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("AutonetDAO"),
                keccak256("1"),
                block.chainid,
                Predeploys.AUTONET_DAO
            )
        );
    }

    /// 0x and 40 digits.
    function _hex(address account) private pure returns (string memory) {
        bytes memory all = bytes(vm.toString(bytes32(uint256(uint160(account)))));
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 40; i++) {
            text[2 + i] = all[26 + i];
        }
        return string(text);
    }
}
