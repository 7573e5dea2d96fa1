// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A hash of all that was registered and of who did (see `registrationIdOf`).
type RegistrationId is uint256;

/// Sequential from 1; 0 is no challenge.
type ChallengeId is uint256;

enum RegistrationStatus {
    None,
    Active,
    /// Ended by its registrant.
    Retired,
    /// Its parity was proven wrong.
    Delisted
}

/// A model in shards. Shard numbers: 0..dataShards - 1 data, then the parity shards.
struct Registration {
    bytes32 modelId;
    address registrant;
    RegistrationStatus status;
    uint8 dataShards;
    uint8 parityShards;
    /// Shards that somebody announces: the number of ones in `liveMask`.
    uint8 liveShards;
    /// Chunks of each shard.
    uint32 chunkCount;
    uint64 sizeBytes;
    /// Wei of ATN that a proof of bad parity takes; 0 once paid out.
    uint128 bond;
    /// Unix seconds.
    uint64 bondUnlockAt;
    /// Bit i: shard i has a provider.
    uint64 liveMask;
    /// Bit i: shard i had a provider and has none now.
    uint64 lostMask;
}

/// A provider's word that it stores a shard. Times are unix seconds.
struct Announcement {
    /// 0 if there is none.
    uint64 announcedAt;
    /// No challenge is opened before.
    uint64 nextChallengeAt;
    /// The open challenge, 0 if none.
    ChallengeId challengeId;
}

enum ChallengeStatus {
    None,
    Open,
    Answered,
    Failed
}

struct Challenge {
    RegistrationId registrationId;
    address provider;
    uint8 shard;
    ChallengeStatus status;
    /// Whether `chunkIndex` is stored yet.
    bool drawn;
    uint32 chunkIndex;
    address challenger;
    /// The block whose hash draws the chunk.
    uint64 drawBlock;
    /// Unix seconds, exclusive: at its deadline an answer is late.
    uint64 deadline;
}

enum EndReason {
    Withdrawn,
    Evicted,
    ChallengeFailed
}

/// @title Models in erasure-coded shards, and who stores them.
/// The code is `lib/ReedSolomon.sol`, the shards' trees are `lib/MerkleChunks.sol`; any `dataShards` shards restore a model.
/// Nothing here checks that the shards are the model that `modelId` names: who restores it compares hashes, and who stores a
/// shard checks all of it first, since a root that nobody can open costs the provider its stake, not the registrant its bond.
/// An answered challenge shows that the provider had a random chunk at hand in time, from wherever it got it.
interface IModelShardRegistry {
    event ShardsRegistered(
        RegistrationId indexed registrationId,
        bytes32 indexed modelId,
        address indexed registrant,
        uint64 sizeBytes,
        uint8 dataShards,
        uint32 chunkCount,
        uint64 bondUnlockAt,
        bytes32[] roots
    );
    event RegistrationRetired(RegistrationId indexed registrationId);
    event BondReturned(RegistrationId indexed registrationId, address indexed registrant, uint256 amount);
    event BadParityProven(
        RegistrationId indexed registrationId,
        address indexed prover,
        uint8 parityIndex,
        uint32 chunkIndex,
        uint256 toProver,
        uint256 toTreasury
    );
    event ShardAnnounced(RegistrationId indexed registrationId, uint8 indexed shard, address indexed provider);
    event AnnouncementEnded(
        RegistrationId indexed registrationId, uint8 indexed shard, address indexed provider, EndReason reason
    );
    /// `shard` has lost its last provider, and fewer than dataShards + ceil(parityShards / 2) shards are live.
    event RepairNeeded(RegistrationId indexed registrationId, uint8 indexed shard, uint8 liveShards);
    /// `shard`, which had lost its last provider, has one again.
    event ShardRepaired(RegistrationId indexed registrationId, uint8 indexed shard, uint8 liveShards);
    event ChallengeOpened(
        ChallengeId indexed challengeId,
        RegistrationId indexed registrationId,
        address indexed provider,
        uint8 shard,
        address challenger,
        uint64 drawBlock,
        uint64 deadline
    );
    event ChunkDrawn(ChallengeId indexed challengeId, uint32 chunkIndex);
    event ChallengeAnswered(ChallengeId indexed challengeId, address indexed provider, uint64 nextChallengeAt);
    event ChallengeLost(
        ChallengeId indexed challengeId,
        address indexed provider,
        address indexed challenger,
        uint256 toChallenger,
        uint256 toTreasury
    );

    error ShardCountOutOfBounds(uint256 dataShards, uint256 roots);
    error SizeOutOfBounds(uint256 sizeBytes, uint256 max);
    error AlreadyRegistered(RegistrationId registrationId);
    error WrongStatus(RegistrationId registrationId, RegistrationStatus status);
    error NotRegistrant(address caller);
    error BondLocked(uint64 bondUnlockAt);
    error NoBond(RegistrationId registrationId);
    error NoSuchShard(uint256 shard, uint256 shardCount);
    error WrongChunkCount(uint256 expected, uint256 chunks, uint256 proofs);
    error ParityIsRight(uint8 parityIndex, uint32 chunkIndex);
    error NotActiveProvider(address caller);
    error AlreadyAnnounced(address provider);
    error NotAnnounced(address provider);
    error ShardFull(uint8 shard);
    error StakeTooSmall(uint256 stake, uint256 needed);
    error StillProviding(address provider);
    error ChallengeIsOpen(ChallengeId challengeId);
    error TooSoon(uint64 nextChallengeAt);
    error ChallengeNotOpen(ChallengeId challengeId);
    error NotChallenged(address caller);
    error TooLate(uint64 deadline);
    error NotLateYet(uint64 deadline);
    error NotDrawnYet(uint64 drawBlock);

    /// Registers the caller's shards of `modelId`: `roots` of the data shards, then of the parity shards; sizeBytes > 0 is the
    /// content's length. Takes REGISTRATION_BOND of ATN, which the caller has approved. The same shards by the same registrant are
    /// registered once, whatever became of them; other shards or another registrant make another registration.
    function register(bytes32 modelId, uint64 sizeBytes, uint8 dataShards, bytes32[] calldata roots)
        external
        returns (RegistrationId registrationId);

    /// Ends an active registration: no more announcements, no new challenges. Registrant only. The bond stays until it unlocks.
    function retire(RegistrationId registrationId) external;

    /// Pays the bond back to the registrant, who calls this, once BOND_SECONDS have passed since the registration. A proof of bad
    /// parity delists the registration after that too, but finds nothing to take.
    function withdrawBond(RegistrationId registrationId) external;

    /// Shows that chunk `chunkIndex` of parity shard dataShards + `parityIndex` is not what the code makes of the data shards, and
    /// delists the registration. `chunks` and their proofs `siblings`: of each data shard in order, then of the parity shard.
    /// Half of the bond goes to the caller, the rest to the treasury. The registration is active or retired.
    function proveBadParity(
        RegistrationId registrationId,
        uint8 parityIndex,
        uint32 chunkIndex,
        bytes[] calldata chunks,
        bytes32[][] calldata siblings
    ) external;

    /// The caller, an active provider, stores the shard of an active registration from now on. A shard takes MAX_PROVIDERS; a
    /// stake answers for as many announcements as it can pay PENALTY for.
    function announce(RegistrationId registrationId, uint8 shard) external;

    /// Ends the caller's announcement. Not while it is challenged.
    function withdrawAnnouncement(RegistrationId registrationId, uint8 shard) external;

    /// Ends the announcement of a provider that is not active any more, or of a registration that is not. Not while it is
    /// challenged. Anyone.
    function evict(RegistrationId registrationId, uint8 shard, address provider) external;

    /// Asks a provider for a random chunk, with CHALLENGE_BOND of ATN from the caller, who approved it. The registration is active;
    /// the announcement has no open challenge, and its last answer is COOLDOWN_SECONDS ago. A provider that has ended its role
    /// can be asked as long as its announcement and its stake are there. The stake is held until the deadline + SETTLE_SECONDS.
    ///
    /// The chunk is keccak256(abi.encode(hash of block drawBlock, challengeId)) mod chunkCount, where drawBlock is
    /// DRAW_DELAY_BLOCKS after the block of this call: neither the provider, when it announced, nor the challenger, who may be its
    /// friend, can know it. Who orders the blocks can influence it.
    function challenge(RegistrationId registrationId, uint8 shard, address provider)
        external
        returns (ChallengeId challengeId);

    /// Stores which chunk an open challenge asks for. Needed only if the answer may come when block drawBlock is older than the
    /// 8,191 blocks that EIP-2935 keeps (34 minutes at 250 ms); then the newest hash is taken: draw in time. Anyone.
    function draw(ChallengeId challengeId) external returns (uint32 chunkIndex);

    /// Answers a challenge with the chunk and its Merkle proof before the deadline, RESPONSE_SECONDS after the challenge. Only the
    /// challenged provider itself, which earns the challenger's bond.
    function respond(ChallengeId challengeId, bytes calldata chunk, bytes32[] calldata siblings) external;

    /// After the deadline of an unanswered challenge: takes up to PENALTY of the provider's stake, pays half of it and the bond to
    /// the challenger and the rest to the treasury, and ends the announcement. Anyone.
    function settle(ChallengeId challengeId) external;

    /// How many shards somebody announces, and whether they restore an active registration's model. A provider counts until its
    /// announcement ends, by itself, by `evict` or by `settle`: one that has left counts until someone evicts it, and one that
    /// lost the data until someone challenges it. See `activeProviders` for the first.
    function checkAvailability(RegistrationId registrationId) external view returns (uint8 liveShards, bool recoverable);

    /// Providers of a shard whose stake is active now.
    function activeProviders(RegistrationId registrationId, uint8 shard) external view returns (uint256);

    function registration(RegistrationId registrationId) external view returns (Registration memory);

    function rootsOf(RegistrationId registrationId) external view returns (bytes32[] memory);

    /// Everyone who announces a shard, active or not, in no order.
    function providersOf(RegistrationId registrationId, uint8 shard) external view returns (address[] memory);

    function announcementOf(RegistrationId registrationId, uint8 shard, address provider)
        external
        view
        returns (Announcement memory);

    /// Announcements that a provider's stake answers for.
    function announcementCount(address provider) external view returns (uint256);

    function challengeOf(ChallengeId challengeId) external view returns (Challenge memory);

    /// Number of challenges; ids are 1..=challengeCount.
    function challengeCount() external view returns (uint256);

    /// keccak256(abi.encode(block.chainid, modelId, registrant, sizeBytes, dataShards, roots)).
    function registrationIdOf(
        bytes32 modelId,
        address registrant,
        uint64 sizeBytes,
        uint8 dataShards,
        bytes32[] calldata roots
    ) external view returns (RegistrationId);
}
