// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IConstitution} from "../../src/interfaces/IConstitution.sol";
import {ATN} from "../../src/l2/ATN.sol";
import {AutonetDAO} from "../../src/l2/AutonetDAO.sol";
import {AutonetTimelock} from "../../src/l2/AutonetTimelock.sol";
import {Constitution} from "../../src/l2/Constitution.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

/// What a proposal does, in the shape of the governor's arguments.
struct Proposal {
    address[] targets;
    uint256[] values;
    bytes[] calldatas;
    string description;
}

/// ATN and what is governed with it, at their addresses; nothing is wrapped yet.
abstract contract GovernanceFixture is L2Fixture {
    AutonetDAO internal constant DAO = AutonetDAO(payable(Predeploys.AUTONET_DAO));
    AutonetTimelock internal constant TIMELOCK = AutonetTimelock(payable(Predeploys.TIMELOCK));
    IConstitution internal constant CONSTITUTION = IConstitution(Predeploys.CONSTITUTION);
    IVotes internal constant VOTES = IVotes(Predeploys.ATN);

    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    function setUp() public virtual override {
        vm.warp(START);
        _predeploy(Predeploys.ATN, type(ATN).creationCode);
        _deployGovernance();
    }

    function _deployGovernance() internal {
        _predeploy(Predeploys.TIMELOCK, type(AutonetTimelock).creationCode);
        _predeploy(Predeploys.AUTONET_DAO, type(AutonetDAO).creationCode);
        _predeploy(Predeploys.CONSTITUTION, type(Constitution).creationCode);
    }

    /// `amount` more of wrapped ATN, whose votes are the account's own.
    function _wrapAndDelegate(address account, uint256 amount) internal {
        _give(account, amount, account);
        vm.prank(account);
        VOTES.delegate(account);
    }

    function _unwrap(address account, uint256 amount) internal {
        vm.prank(account);
        TOKEN.withdraw(amount);
    }

    function _send(address from, address to, uint256 amount) internal {
        vm.prank(from);
        TOKEN.transfer(to, amount);
    }

    // The DAO's steps

    /// One call, without coin.
    function _calling(address target, bytes memory data) internal pure returns (Proposal memory p) {
        p.targets = new address[](1);
        p.values = new uint256[](1);
        p.calldatas = new bytes[](1);
        (p.targets[0], p.calldatas[0]) = (target, data);
    }

    function _proposeAs(address account, Proposal memory p) internal returns (uint256 id) {
        vm.prank(account);
        id = DAO.propose(p.targets, p.values, p.calldatas, p.description);
    }

    function _vote(address account, uint256 id, uint8 support) internal {
        vm.prank(account);
        DAO.castVote(id, support);
    }

    function _queue(Proposal memory p) internal {
        DAO.queue(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
    }

    function _execute(Proposal memory p) internal {
        DAO.execute(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
    }

    function _cancel(Proposal memory p) internal {
        DAO.cancel(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
    }

    /// Proposed by `account` now, and open for votes.
    function _toActive(address account, Proposal memory p) internal returns (uint256 id) {
        id = _proposeAs(account, p);
        vm.warp(DAO.proposalSnapshot(id) + 1);
    }

    /// With the votes of `account`, which are enough alone: queued, and due.
    function _toDue(address account, Proposal memory p) internal returns (uint256 id) {
        id = _toActive(account, p);
        _vote(account, id, FOR);
        vm.warp(DAO.proposalDeadline(id) + 1);
        _queue(p);
        vm.warp(DAO.proposalEta(id));
    }

    function _assertState(uint256 id, IGovernor.ProposalState expected) internal view {
        assertEq(uint256(DAO.state(id)), uint256(expected));
    }

    function _unexpectedState(uint256 id, IGovernor.ProposalState actual, IGovernor.ProposalState needed)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IGovernor.GovernorUnexpectedProposalState.selector, id, actual, bytes32(1 << uint256(needed))
        );
    }
}
