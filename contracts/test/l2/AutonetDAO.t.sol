// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Panic} from "@openzeppelin/contracts/utils/Panic.sol";
import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {AutonetDAO} from "../../src/l2/AutonetDAO.sol";
import {AutonetTimelock} from "../../src/l2/AutonetTimelock.sol";
import {ParticipantStaking} from "../../src/l2/ParticipantStaking.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {GovernanceFixture, Proposal} from "./GovernanceFixture.sol";

contract AutonetDAOTest is GovernanceFixture {
    uint256 private constant SUPPLY = 100_000 ether;
    uint256 private constant QUORUM = SUPPLY / 25;
    uint256 private constant TREASURY = 50_000 ether;
    IGovernor.ProposalState private constant PENDING = IGovernor.ProposalState.Pending;
    IGovernor.ProposalState private constant ACTIVE = IGovernor.ProposalState.Active;
    IGovernor.ProposalState private constant CANCELED = IGovernor.ProposalState.Canceled;
    IGovernor.ProposalState private constant DEFEATED = IGovernor.ProposalState.Defeated;
    IGovernor.ProposalState private constant SUCCEEDED = IGovernor.ProposalState.Succeeded;
    IGovernor.ProposalState private constant QUEUED = IGovernor.ProposalState.Queued;
    IGovernor.ProposalState private constant EXECUTED = IGovernor.ProposalState.Executed;

    address private holder = makeAddr("holder");
    address private other = makeAddr("other");
    address private recipient = makeAddr("recipient");

    /// Half of the supply is the treasury's, and nobody's votes; a tenth is `holder`'s, the rest `owner`'s.
    function setUp() public override {
        super.setUp();
        _give(address(TIMELOCK), TREASURY, recipient);
        vm.prank(address(TIMELOCK));
        TOKEN.approve(recipient, 0);
        _wrapAndDelegate(holder, 10_000 ether);
        _wrapAndDelegate(owner, 40_000 ether);
        vm.warp(START + 1);
    }

    // As the genesis leaves them

    function test_the_rules_that_the_chain_starts_with() public view {
        assertEq(DAO.name(), "AutonetDAO");
        assertEq(address(DAO.token()), Predeploys.ATN);
        assertEq(DAO.timelock(), Predeploys.TIMELOCK);
        assertEq(DAO.clock(), START + 1);
        assertEq(DAO.CLOCK_MODE(), "mode=timestamp");
        assertEq(DAO.votingDelay(), 1 days);
        assertEq(DAO.votingPeriod(), 5 days);
        assertEq(DAO.proposalThreshold(), 1000 ether);
        assertEq(DAO.quorum(START), QUORUM);
        assertEq(DAO.lateQuorumVoteExtension(), 2 days);
        assertEq(TIMELOCK.getMinDelay(), 2 days);
    }

    function test_both_are_constructed_where_no_other_contract_is() public {
        vm.etch(Predeploys.ATN, "");
        vm.etch(Predeploys.TIMELOCK, "");
        vm.etch(Predeploys.AUTONET_DAO, "");
        _predeploy(Predeploys.AUTONET_DAO, type(AutonetDAO).creationCode);
        assertEq(DAO.quorumNumerator(), 4);
        vm.etch(Predeploys.AUTONET_DAO, "");
        _predeploy(Predeploys.TIMELOCK, type(AutonetTimelock).creationCode);
        assertTrue(TIMELOCK.hasRole(TIMELOCK.PROPOSER_ROLE(), address(DAO)));
    }

    function test_the_domain_is_the_fixed_address_on_this_chain() public view {
        (, string memory name, string memory version, uint256 chainId, address verifyingContract,,) = DAO.eip712Domain();
        assertEq(name, "AutonetDAO");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, Predeploys.AUTONET_DAO);
    }

    function testFuzz_nobody_but_the_dao_has_a_role_and_nobody_is_admin(address account) public view {
        vm.assume(account != address(DAO) && account != address(TIMELOCK) && account != address(0));
        bytes32[4] memory roles = _roles();
        for (uint256 i = 0; i < 4; i++) {
            assertFalse(TIMELOCK.hasRole(roles[i], account));
            assertEq(TIMELOCK.getRoleAdmin(roles[i]), TIMELOCK.DEFAULT_ADMIN_ROLE());
        }
        assertTrue(TIMELOCK.hasRole(TIMELOCK.PROPOSER_ROLE(), address(DAO)));
        assertTrue(TIMELOCK.hasRole(TIMELOCK.CANCELLER_ROLE(), address(DAO)));
        assertTrue(TIMELOCK.hasRole(TIMELOCK.EXECUTOR_ROLE(), address(0)));
        assertTrue(TIMELOCK.hasRole(TIMELOCK.DEFAULT_ADMIN_ROLE(), address(TIMELOCK)));
        assertFalse(TIMELOCK.hasRole(TIMELOCK.DEFAULT_ADMIN_ROLE(), address(DAO)));
        assertFalse(TIMELOCK.hasRole(TIMELOCK.PROPOSER_ROLE(), address(0)));
        assertFalse(TIMELOCK.hasRole(TIMELOCK.CANCELLER_ROLE(), address(0)));
        assertFalse(TIMELOCK.hasRole(TIMELOCK.DEFAULT_ADMIN_ROLE(), address(0)));
    }

    // The whole way

    function testFuzz_the_treasury_moves_by_a_proposal(uint256 amount, uint96 coin, address executor) public {
        vm.assume(executor.code.length == 0);
        amount = bound(amount, 0, TREASURY);
        vm.deal(address(TIMELOCK), coin);
        Proposal memory p;
        (p.targets, p.values, p.calldatas) = (new address[](2), new uint256[](2), new bytes[](2));
        (p.targets[0], p.calldatas[0]) = (Predeploys.ATN, abi.encodeCall(TOKEN.transfer, (recipient, amount)));
        (p.targets[1], p.values[1]) = (recipient, coin);
        uint256 id = _proposeAs(holder, p);
        _assertState(id, PENDING);
        assertEq(DAO.proposalProposer(id), holder);
        vm.warp(START + 1 + 1 days + 1);
        _assertState(id, ACTIVE);
        vm.prank(holder);
        assertEq(DAO.castVoteWithReason(id, FOR, "it is due"), 10_000 ether);
        assertTrue(DAO.hasVoted(id, holder));
        vm.warp(START + 1 + 6 days + 1);
        _assertState(id, SUCCEEDED);
        _queue(p);
        _assertState(id, QUEUED);
        vm.warp(START + 1 + 8 days + 1);
        vm.prank(executor);
        _execute(p);
        _assertState(id, EXECUTED);
        assertEq(TOKEN.balanceOf(recipient), amount);
        assertEq(TOKEN.balanceOf(address(TIMELOCK)), TREASURY - amount);
        assertEq(recipient.balance, coin);
    }

    function testFuzz_what_is_due_is_executed_once(address executor) public {
        vm.assume(executor != address(TIMELOCK));
        Proposal memory p = _payment(1 ether);
        uint256 id = _toDue(holder, p);
        bytes32 salt = _salt(p);
        vm.prank(executor);
        TIMELOCK.executeBatch(p.targets, p.values, p.calldatas, 0, salt);
        _assertState(id, EXECUTED);
        vm.expectRevert(_unexpectedState(id, EXECUTED, QUEUED));
        _execute(p);
        assertEq(TOKEN.balanceOf(recipient), 1 ether);
    }

    function testFuzz_a_ballot_may_be_signed(uint8 support, uint128 key, uint128 otherKey) public {
        vm.assume(key != 0 && otherKey != 0 && key != otherKey && support <= ABSTAIN);
        address signer = vm.addr(key);
        _wrapAndDelegate(signer, 5 ether);
        uint256 id = _toActive(holder, _payment(1 ether));
        bytes32 digest = _ballotDigest(id, support, signer);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(otherKey, digest);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, signer));
        DAO.castVoteBySig(id, support, signer, abi.encodePacked(r, s, v));
        (v, r, s) = vm.sign(key, digest);
        assertEq(DAO.castVoteBySig(id, support, signer, abi.encodePacked(r, s, v)), 5 ether);
        vm.expectRevert();
        DAO.castVoteBySig(id, support, signer, abi.encodePacked(r, s, v));
    }

    // What passes

    function testFuzz_attack_acting_without_a_quorum(uint256 votes) public {
        votes = bound(votes, 1, QUORUM - 1);
        _leave(holder, votes);
        uint256 id = _toActive(owner, _payment(TREASURY));
        _vote(holder, id, FOR);
        vm.warp(DAO.proposalDeadline(id) + 1);
        _assertState(id, DEFEATED);
        vm.expectRevert(_unexpectedState(id, DEFEATED, SUCCEEDED));
        _queue(_payment(TREASURY));
    }

    function testFuzz_four_percent_of_the_supply_are_a_quorum(uint256 votes, uint256 abstaining) public {
        votes = bound(votes, 1, 10_000 ether);
        abstaining = bound(abstaining, 0, 10_000 ether - votes);
        _leave(holder, votes);
        if (abstaining != 0) _send(owner, other, abstaining);
        vm.prank(other);
        VOTES.delegate(other);
        uint256 id = _toActive(owner, _payment(1 ether));
        _vote(holder, id, FOR);
        _vote(other, id, ABSTAIN);
        vm.warp(DAO.proposalDeadline(id) + 1);
        _assertState(id, votes + abstaining >= QUORUM ? SUCCEEDED : DEFEATED);
    }

    function testFuzz_as_many_against_as_for_defeat(uint256 against) public {
        against = bound(against, 1, 20_000 ether);
        _send(owner, other, against);
        vm.prank(other);
        VOTES.delegate(other);
        uint256 id = _toActive(holder, _payment(1 ether));
        _vote(holder, id, FOR);
        _vote(other, id, AGAINST);
        vm.warp(DAO.proposalDeadline(id) + 1);
        _assertState(id, against < 10_000 ether ? SUCCEEDED : DEFEATED);
    }

    function testFuzz_attack_a_quorum_at_the_last_moment(uint256 secondsLeft) public {
        secondsLeft = bound(secondsLeft, 0, 2 days - 1);
        uint256 id = _toActive(holder, _payment(TREASURY));
        uint256 end = DAO.proposalDeadline(id);
        vm.warp(end - secondsLeft);
        vm.expectEmit(address(DAO));
        emit GovernorPreventLateQuorum.ProposalExtended(id, uint64(end - secondsLeft + 2 days));
        _vote(holder, id, FOR);
        vm.warp(end - secondsLeft + 2 days);
        _assertState(id, ACTIVE);
        _vote(owner, id, AGAINST);
        vm.warp(end - secondsLeft + 2 days + 1);
        _assertState(id, DEFEATED);
    }

    // Whose votes count

    function testFuzz_attack_proposing_below_the_threshold(uint256 votes) public {
        votes = bound(votes, 0, 1000 ether - 1);
        _leave(holder, votes);
        vm.warp(START + 2);
        _expectBelowThreshold(holder, votes);
        _proposeAs(holder, _payment(TREASURY));
    }

    function testFuzz_attack_proposing_with_votes_borrowed_for_a_transaction(uint96 votes) public {
        _wrapAndDelegate(other, votes);
        _expectBelowThreshold(other, 0);
        _proposeAs(other, _payment(TREASURY));
    }

    function testFuzz_attack_votes_borrowed_for_a_transaction_at_the_snapshot(uint96 votes) public {
        uint256 id = _proposeAs(holder, _payment(TREASURY));
        vm.warp(DAO.proposalSnapshot(id));
        _wrapAndDelegate(other, votes);
        _unwrap(other, votes);
        vm.warp(DAO.proposalSnapshot(id) + 1);
        _assertWithoutWeight(id, other);
    }

    function testFuzz_attack_votes_acquired_after_the_snapshot(uint96 votes, uint32 later) public {
        uint256 id = _toActive(holder, _payment(TREASURY));
        vm.warp(bound(later, block.timestamp, DAO.proposalDeadline(id) - 1));
        _wrapAndDelegate(other, votes);
        vm.warp(block.timestamp + 1);
        _assertWithoutWeight(id, other);
    }

    function testFuzz_attack_voting_again_with_the_same_votes(uint8 support) public {
        support = uint8(bound(support, 0, 2));
        uint256 id = _toActive(holder, _payment(TREASURY));
        _vote(holder, id, FOR);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, holder));
        _vote(holder, id, support);
        vm.prank(other);
        VOTES.delegate(other);
        _send(holder, other, 10_000 ether);
        vm.warp(block.timestamp + 1);
        _assertWithoutWeight(id, other);
    }

    // When

    function testFuzz_attack_voting_before_or_after_the_vote(uint32 before, uint40 afterwards) public {
        uint256 id = _proposeAs(holder, _payment(TREASURY));
        vm.warp(bound(before, START + 1, DAO.proposalSnapshot(id)));
        vm.expectRevert(_unexpectedState(id, PENDING, ACTIVE));
        _vote(holder, id, FOR);
        vm.warp(bound(afterwards, DAO.proposalDeadline(id) + 1, type(uint40).max));
        vm.expectRevert(_unexpectedState(id, DEFEATED, ACTIVE));
        _vote(holder, id, FOR);
    }

    function testFuzz_attack_queueing_before_the_vote_is_over(uint32 at) public {
        Proposal memory p = _payment(TREASURY);
        uint256 id = _toActive(owner, p);
        _vote(owner, id, FOR);
        vm.warp(bound(at, block.timestamp, DAO.proposalDeadline(id)));
        vm.expectRevert(_unexpectedState(id, ACTIVE, SUCCEEDED));
        _queue(p);
    }

    function testFuzz_attack_executing_before_the_delay(uint32 secondsEarly) public {
        Proposal memory p = _payment(TREASURY);
        uint256 id = _toDue(owner, p);
        vm.warp(block.timestamp - bound(secondsEarly, 1, 2 days));
        _expectNotReady(p);
        _execute(p);
        _expectNotReady(p);
        TIMELOCK.executeBatch(p.targets, p.values, p.calldatas, 0, _salt(p));
        _assertState(id, QUEUED);
        assertEq(TOKEN.balanceOf(recipient), 0);
    }

    function testFuzz_attack_executing_without_queueing(uint40 at) public {
        Proposal memory p = _payment(TREASURY);
        uint256 id = _toActive(owner, p);
        _vote(owner, id, FOR);
        vm.warp(bound(at, DAO.proposalDeadline(id) + 1, type(uint40).max));
        vm.expectRevert(_unexpectedState(id, SUCCEEDED, QUEUED));
        _execute(p);
    }

    function testFuzz_a_proposer_cancels_only_before_the_vote(address caller, uint32 later) public {
        vm.assume(caller != holder);
        Proposal memory p = _payment(1 ether);
        uint256 id = _proposeAs(holder, p);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, caller));
        vm.prank(caller);
        _cancel(p);
        uint256 snapshot = vm.snapshotState();
        vm.prank(holder);
        _cancel(p);
        _assertState(id, CANCELED);
        vm.revertToState(snapshot);
        vm.warp(bound(later, DAO.proposalSnapshot(id) + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, holder));
        vm.prank(holder);
        _cancel(p);
    }

    // The timelock

    function testFuzz_attack_another_account_schedules_or_cancels(address caller, address target, bytes calldata data)
        public
    {
        vm.assume(caller != address(DAO));
        Proposal memory p = _payment(1 ether);
        _toDue(holder, p);
        bytes32 id = _operation(p);
        bytes32 proposers = TIMELOCK.PROPOSER_ROLE();
        bytes32 cancellers = TIMELOCK.CANCELLER_ROLE();
        vm.startPrank(caller);
        _expectWithoutRole(caller, proposers);
        TIMELOCK.schedule(target, 0, data, 0, 0, 2 days);
        _expectWithoutRole(caller, proposers);
        TIMELOCK.scheduleBatch(p.targets, p.values, p.calldatas, 0, bytes32("other"), 2 days);
        _expectWithoutRole(caller, cancellers);
        TIMELOCK.cancel(id);
        vm.stopPrank();
        assertTrue(TIMELOCK.isOperationReady(id));
    }

    function testFuzz_attack_another_account_executes_what_is_not_scheduled(address caller, uint256 amount) public {
        bytes memory data = abi.encodeCall(TOKEN.transfer, (caller, bound(amount, 1, TREASURY)));
        bytes32 id = TIMELOCK.hashOperation(Predeploys.ATN, 0, data, 0, 0);
        vm.expectRevert(_timelockState(id, TimelockController.OperationState.Ready));
        vm.prank(caller);
        TIMELOCK.execute(Predeploys.ATN, 0, data, 0, 0);
    }

    function testFuzz_attack_another_account_gives_out_roles_or_changes_the_delay(address caller, uint8 role) public {
        vm.assume(caller != address(TIMELOCK));
        bytes32 chosen = _roles()[role % 4];
        bytes32 admin = TIMELOCK.DEFAULT_ADMIN_ROLE();
        vm.startPrank(caller);
        _expectWithoutRole(caller, admin);
        TIMELOCK.grantRole(chosen, caller);
        _expectWithoutRole(caller, admin);
        TIMELOCK.revokeRole(chosen, address(DAO));
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, caller));
        TIMELOCK.updateDelay(3 days);
        vm.stopPrank();
        assertEq(TIMELOCK.getMinDelay(), 2 days);
    }

    function testFuzz_the_delay_grows_by_a_proposal(uint32 delay) public {
        delay = uint32(bound(delay, 2 days, type(uint32).max));
        Proposal memory p = _calling(Predeploys.TIMELOCK, abi.encodeCall(TIMELOCK.updateDelay, (delay)));
        _toDue(holder, p);
        _execute(p);
        assertEq(TIMELOCK.getMinDelay(), delay);
    }

    function testFuzz_attack_a_proposal_shortens_the_delay(uint256 delay) public {
        delay = bound(delay, 0, 2 days - 1);
        Proposal memory p = _calling(Predeploys.TIMELOCK, abi.encodeCall(TIMELOCK.updateDelay, (delay)));
        _toDue(holder, p);
        vm.expectRevert(abi.encodeWithSelector(AutonetTimelock.DelayTooShort.selector, delay, 2 days));
        _execute(p);
        assertEq(TIMELOCK.getMinDelay(), 2 days);
    }

    // The settings

    function testFuzz_attack_settings_without_a_proposal(address caller, uint8 which, uint32 value) public {
        vm.assume(caller != address(TIMELOCK));
        bytes memory data = _setting(which, value);
        vm.prank(caller);
        (bool ok, bytes memory error) = address(DAO).call(data);
        assertFalse(ok);
        assertEq(error, abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, caller));
        // Nor the timelock, outside of a proposal's execution.
        vm.prank(address(TIMELOCK));
        (ok, error) = address(DAO).call(data);
        assertFalse(ok);
        assertEq(error, abi.encodeWithSignature("Panic(uint256)", Panic.EMPTY_ARRAY_POP));
    }

    function testFuzz_attack_settings_executed_past_the_governor(uint8 which, uint32 value) public {
        Proposal memory p = _calling(address(DAO), _setting(which, value));
        _toDue(holder, p);
        bytes32 salt = _salt(p);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", Panic.EMPTY_ARRAY_POP));
        TIMELOCK.executeBatch(p.targets, p.values, p.calldatas, 0, salt);
    }

    function testFuzz_settings_change_by_a_proposal(uint32 delay, uint32 period, uint256 threshold, uint256 quorum)
        public
    {
        period = uint32(bound(period, 2 days, type(uint32).max));
        quorum = bound(quorum, 0, 100);
        Proposal memory p;
        (p.targets, p.values, p.calldatas) = (new address[](4), new uint256[](4), new bytes[](4));
        for (uint256 i = 0; i < 4; i++) {
            p.targets[i] = address(DAO);
        }
        p.calldatas[0] = abi.encodeCall(DAO.setVotingDelay, (delay));
        p.calldatas[1] = abi.encodeCall(DAO.setVotingPeriod, (period));
        p.calldatas[2] = abi.encodeCall(DAO.setProposalThreshold, (threshold));
        p.calldatas[3] = abi.encodeCall(DAO.updateQuorumNumerator, (quorum));
        _toDue(holder, p);
        _execute(p);
        assertEq(DAO.votingDelay(), delay);
        assertEq(DAO.votingPeriod(), period);
        assertEq(DAO.proposalThreshold(), threshold);
        assertEq(DAO.quorumNumerator(), quorum);
        assertEq(DAO.quorum(START), QUORUM);
    }

    function testFuzz_the_dao_takes_no_coin_and_relays_tokens_sent_by_mistake(uint96 amount) public {
        amount = uint96(bound(amount, 1, 5000 ether));
        vm.deal(anyone, amount);
        vm.prank(anyone);
        (bool ok,) = address(DAO).call{value: amount}("");
        assertFalse(ok);
        _send(holder, address(DAO), amount);
        bytes memory back = abi.encodeCall(TOKEN.transfer, (holder, amount));
        Proposal memory p = _calling(address(DAO), abi.encodeCall(DAO.relay, (Predeploys.ATN, 0, back)));
        _toDue(owner, p);
        _execute(p);
        assertEq(TOKEN.balanceOf(holder), 10_000 ether);
    }

    // What no proposal reaches

    function testFuzz_attack_the_dao_takes_what_is_not_its_own(uint256 amount) public {
        amount = bound(amount, 1, 10_000 ether);
        Proposal memory p =
            _calling(Predeploys.ATN, abi.encodeCall(TOKEN.transferFrom, (holder, address(TIMELOCK), amount)));
        _toDue(owner, p);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(TIMELOCK), 0, amount)
        );
        _execute(p);
    }

    function testFuzz_attack_the_dao_takes_a_stake(uint256 amount, uint8 role) public {
        _predeploy(Predeploys.PARTICIPANT_STAKING, type(ParticipantStaking).creationCode);
        Role staked = Role(role % 5);
        _stake(other, staked);
        bytes memory data = abi.encodeCall(STAKING.penalize, (other, staked, amount, recipient));
        Proposal memory p = _calling(Predeploys.PARTICIPANT_STAKING, data);
        _toDue(owner, p);
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NotJudge.selector, address(TIMELOCK), staked));
        _execute(p);
        assertEq(STAKING.positionOf(other, staked).amount, STAKING.minimumStake(staked));
    }

    // Steps and expectations

    function _payment(uint256 amount) private view returns (Proposal memory) {
        return _calling(Predeploys.ATN, abi.encodeCall(TOKEN.transfer, (recipient, amount)));
    }

    /// Leaves `amount` with the account, and gives the rest to `owner`: the supply stays.
    function _leave(address account, uint256 amount) private {
        _send(account, owner, TOKEN.balanceOf(account) - amount);
    }

    function _setting(uint8 which, uint32 value) private view returns (bytes memory) {
        bytes[7] memory calls = [
            abi.encodeCall(DAO.setVotingDelay, (value)),
            abi.encodeCall(DAO.setVotingPeriod, (value)),
            abi.encodeCall(DAO.setProposalThreshold, (value)),
            abi.encodeCall(DAO.updateQuorumNumerator, (value)),
            abi.encodeCall(DAO.setLateQuorumVoteExtension, (value)),
            abi.encodeCall(DAO.updateTimelock, (TimelockController(payable(anyone)))),
            abi.encodeCall(DAO.relay, (Predeploys.ATN, 0, ""))
        ];
        return calls[which % 7];
    }

    function _roles() private view returns (bytes32[4] memory) {
        return
            [
                TIMELOCK.DEFAULT_ADMIN_ROLE(),
                TIMELOCK.PROPOSER_ROLE(),
                TIMELOCK.CANCELLER_ROLE(),
                TIMELOCK.EXECUTOR_ROLE()
            ];
    }

    /// As the governor salts its operations.
    function _salt(Proposal memory p) private pure returns (bytes32) {
        return bytes20(Predeploys.AUTONET_DAO) ^ keccak256(bytes(p.description));
    }

    function _operation(Proposal memory p) private pure returns (bytes32) {
        return keccak256(abi.encode(p.targets, p.values, p.calldatas, bytes32(0), _salt(p)));
    }

    function _timelockState(bytes32 id, TimelockController.OperationState needed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            TimelockController.TimelockUnexpectedOperationState.selector, id, bytes32(1 << uint256(needed))
        );
    }

    function _ballotDigest(uint256 id, uint8 support, address voter) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("AutonetDAO"),
                keccak256("1"),
                block.chainid,
                Predeploys.AUTONET_DAO
            )
        );
        bytes32 ballot = keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(ballot, id, support, voter, 0))));
    }

    function _assertWithoutWeight(uint256 id, address account) private {
        vm.prank(account);
        assertEq(DAO.castVote(id, FOR), 0);
    }

    function _expectNotReady(Proposal memory p) private {
        vm.expectRevert(_timelockState(_operation(p), TimelockController.OperationState.Ready));
    }

    function _expectBelowThreshold(address account, uint256 votes) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, account, votes, 1000 ether)
        );
    }

    function _expectWithoutRole(address account, bytes32 role) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role));
    }
}
