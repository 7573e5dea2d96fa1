// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Amendment, AmendmentId, AmendmentState, AmendmentTimes, IConstitution} from "../interfaces/IConstitution.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {Principles} from "../lib/Principles.sol";

contract Constitution is IConstitution {
    /// Votes for an amendment that enact it, in percent of the supply of votes at its snapshot.
    uint256 public constant APPROVAL_PERCENT = 95;
    uint256 public constant PROPOSAL_THRESHOLD = 1000 ether;
    uint256 public constant MAX_TEXT_BYTES = 16_384;
    /// Time to wrap ATN, and to delegate it.
    uint64 public constant DELAY_SECONDS = 7 days;
    uint64 public constant VOTING_SECONDS = 14 days;
    /// Time to leave for L1.
    uint64 public constant WAITING_SECONDS = 14 days;
    uint64 public constant ENACTMENT_SECONDS = 30 days;

    IVotes private constant ATN = IVotes(Predeploys.ATN);

    /// @inheritdoc IConstitution
    uint64 public version = 1;
    /// @inheritdoc IConstitution
    uint256 public amendmentCount;
    /// @inheritdoc IConstitution
    mapping(uint64 version => bytes32) public hashOf;
    /// @inheritdoc IConstitution
    mapping(uint64 version => AmendmentId) public amendmentOf;
    /// @inheritdoc IConstitution
    mapping(AmendmentId id => string) public textOf;
    /// @inheritdoc IConstitution
    mapping(AmendmentId id => mapping(address account => bool)) public hasVoted;

    mapping(AmendmentId id => Amendment) private _amendments;

    constructor() {
        textOf[AmendmentId.wrap(0)] = Principles.TEXT;
        hashOf[1] = keccak256(bytes(Principles.TEXT));
    }

    /// @inheritdoc IConstitution
    function proposeAmendment(string calldata text) external returns (AmendmentId id) {
        uint256 sizeBytes = bytes(text).length;
        if (sizeBytes == 0 || sizeBytes > MAX_TEXT_BYTES) revert TextLengthOutOfBounds(sizeBytes, MAX_TEXT_BYTES);
        uint256 votes = ATN.getPastVotes(msg.sender, block.timestamp - 1);
        if (votes < PROPOSAL_THRESHOLD) revert BelowProposalThreshold(msg.sender, votes, PROPOSAL_THRESHOLD);

        id = AmendmentId.wrap(++amendmentCount);
        Amendment storage a = _amendments[id];
        a.textHash = keccak256(bytes(text));
        a.proposer = msg.sender;
        a.proposedAt = uint64(block.timestamp);
        a.baseVersion = version;
        textOf[id] = text;
        emit AmendmentProposed(id, msg.sender, a.baseVersion, a.textHash, text, amendmentTimes(id));
    }

    /// @inheritdoc IConstitution
    function castVote(AmendmentId id) external returns (uint256 votes) {
        _requireState(id, AmendmentState.Voting);
        if (hasVoted[id][msg.sender]) revert AlreadyVoted(id, msg.sender);
        votes = ATN.getPastVotes(msg.sender, amendmentTimes(id).snapshot);
        if (votes == 0) revert NoVotes(id, msg.sender);
        hasVoted[id][msg.sender] = true;
        _amendments[id].forVotes += votes;
        emit AmendmentVoteCast(id, msg.sender, votes);
    }

    /// @inheritdoc IConstitution
    function enact(AmendmentId id) external {
        _requireState(id, AmendmentState.Enactable);
        Amendment storage a = _amendments[id];
        a.enacted = true;
        uint64 next = ++version;
        hashOf[next] = a.textHash;
        amendmentOf[next] = id;
        emit AmendmentEnacted(id, next, a.textHash);
    }

    /// @inheritdoc IConstitution
    function principles() external view returns (string memory) {
        return textOf[amendmentOf[version]];
    }

    /// @inheritdoc IConstitution
    function isInForce(bytes32 textHash) external view returns (bool) {
        return textHash == principlesHash();
    }

    /// @inheritdoc IConstitution
    function amendment(AmendmentId id) external view returns (Amendment memory) {
        return _amendments[id];
    }

    /// @inheritdoc IConstitution
    function principlesHash() public view returns (bytes32) {
        return hashOf[version];
    }

    /// @inheritdoc IConstitution
    function amendmentTimes(AmendmentId id) public view returns (AmendmentTimes memory times) {
        uint64 proposedAt = _amendments[id].proposedAt;
        if (proposedAt == 0) return times;
        times.snapshot = proposedAt + DELAY_SECONDS;
        times.votingEnd = times.snapshot + VOTING_SECONDS;
        times.waitingEnd = times.votingEnd + WAITING_SECONDS;
        times.expiry = times.waitingEnd + ENACTMENT_SECONDS;
    }

    /// @inheritdoc IConstitution
    function amendmentState(AmendmentId id) public view returns (AmendmentState) {
        Amendment storage a = _amendments[id];
        if (a.proposedAt == 0) return AmendmentState.None;
        if (a.enacted) return AmendmentState.Enacted;
        if (a.baseVersion != version) return AmendmentState.Superseded;
        AmendmentTimes memory times = amendmentTimes(id);
        if (block.timestamp <= times.snapshot) return AmendmentState.Pending;
        if (block.timestamp < times.votingEnd) return AmendmentState.Voting;
        if (!_isApproved(a.forVotes, ATN.getPastTotalSupply(times.snapshot))) return AmendmentState.Rejected;
        if (block.timestamp < times.waitingEnd) return AmendmentState.Waiting;
        if (block.timestamp < times.expiry) return AmendmentState.Enactable;
        return AmendmentState.Expired;
    }

    function _requireState(AmendmentId id, AmendmentState needed) private view {
        AmendmentState actual = amendmentState(id);
        if (actual != needed) revert UnexpectedAmendmentState(id, actual);
    }

    /// Multiplied out, so that nothing is rounded. The product fits: a supply of votes is below 2^208.
    function _isApproved(uint256 forVotes, uint256 supply) private pure returns (bool) {
        return supply != 0 && forVotes * 100 >= supply * APPROVAL_PERCENT;
    }
}
