// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Sequential from 1; 0 stands for the text that the chain started with.
type AmendmentId is uint256;

/// What may happen to an amendment now: a function of time, of the votes and of the version in force.
enum AmendmentState {
    /// No such amendment.
    None,
    /// Announced. Votes are counted as they are when this ends.
    Pending,
    /// Accounts vote.
    Voting,
    /// Voting is over, and it was not enough.
    Rejected,
    /// It was enough. Whoever disagrees has until the end of this to leave.
    Waiting,
    /// Anyone may enact it.
    Enactable,
    /// Nobody did in time.
    Expired,
    Enacted,
    /// Another amendment to the same version was enacted first.
    Superseded
}

struct Amendment {
    bytes32 textHash;
    address proposer;
    /// Unix seconds; 0 = no such amendment.
    uint64 proposedAt;
    bool enacted;
    /// The version that it amends.
    uint64 baseVersion;
    /// Wei of ATN.
    uint256 forVotes;
}

/// Unix seconds. Votes are those at `snapshot`, and voting begins after it; the others are exclusive ends, as of Deadlines.
struct AmendmentTimes {
    uint64 snapshot;
    uint64 votingEnd;
    uint64 waitingEnd;
    uint64 expiry;
}

/// @title The principles, and the one way to change them
/// An amendment needs votes for it of at least 95 % of the whole supply of ATN's votes, delegated or not. There is nothing to
/// vote but "for": silence is a no. There is no owner, no account with another right than its votes, and no parameter that can
/// be changed; the DAO and its timelock are accounts like any other here. Votes and amounts are in wei of ATN.
interface IConstitution {
    event AmendmentProposed(
        AmendmentId indexed id,
        address indexed proposer,
        uint64 baseVersion,
        bytes32 textHash,
        string text,
        AmendmentTimes times
    );
    event AmendmentVoteCast(AmendmentId indexed id, address indexed account, uint256 votes);
    event AmendmentEnacted(AmendmentId indexed id, uint64 indexed version, bytes32 textHash);

    error TextLengthOutOfBounds(uint256 sizeBytes, uint256 max);
    error BelowProposalThreshold(address account, uint256 votes, uint256 threshold);
    error UnexpectedAmendmentState(AmendmentId id, AmendmentState state);
    error AlreadyVoted(AmendmentId id, address account);
    error NoVotes(AmendmentId id, address account);

    /// Proposes `text` (1 to MAX_TEXT_BYTES bytes) in place of the whole text in force. The caller has had at least
    /// PROPOSAL_THRESHOLD votes a second ago.
    function proposeAmendment(string calldata text) external returns (AmendmentId id);

    /// Counts the votes that the caller had at the snapshot, which must not be 0, for the amendment. Once per account, while in
    /// state Voting; it cannot be taken back.
    function castVote(AmendmentId id) external returns (uint256 votes);

    /// Puts the amendment's text in force as the next version. Anyone, in state Enactable.
    function enact(AmendmentId id) external;

    /// The text in force.
    function principles() external view returns (string memory);

    /// keccak256 of the text in force.
    function principlesHash() external view returns (bytes32);

    /// Of the text in force; the chain starts with version 1.
    function version() external view returns (uint64);

    /// Whether this is the hash of the text in force.
    function isInForce(bytes32 textHash) external view returns (bool);

    /// keccak256 of the text of a version, past or in force; 0 if there is none yet.
    function hashOf(uint64 version_) external view returns (bytes32);

    /// The amendment that became that version; 0 for version 1 and for those that are not yet.
    function amendmentOf(uint64 version_) external view returns (AmendmentId);

    /// An amendment's text, whatever became of it, and for 0 version 1's; empty if there is none.
    function textOf(AmendmentId id) external view returns (string memory);

    /// All zero if there is none, as for 0.
    function amendment(AmendmentId id) external view returns (Amendment memory);

    /// All zero if there is none, as for 0.
    function amendmentTimes(AmendmentId id) external view returns (AmendmentTimes memory);

    function amendmentState(AmendmentId id) external view returns (AmendmentState);

    /// How many have been proposed; the newest one's id.
    function amendmentCount() external view returns (uint256);

    function hasVoted(AmendmentId id, address account) external view returns (bool);
}
