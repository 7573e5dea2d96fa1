// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    Announcement,
    Challenge,
    ChallengeId,
    ChallengeStatus,
    EndReason,
    IModelShardRegistry,
    RegistrationId
} from "../interfaces/IModelShardRegistry.sol";
import {Role} from "../interfaces/IParticipantStaking.sol";
import {MerkleChunks} from "../lib/MerkleChunks.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {ShardProviders} from "./ShardProviders.sol";

/// What is here: the challenges.
contract ModelShardRegistry is ShardProviders {
    using SafeERC20 for IERC20;

    uint256 public constant CHALLENGE_BOND = 1 ether;
    uint64 public constant RESPONSE_SECONDS = 3 hours;
    /// How long a provider's stake stays after the deadline, for someone to call `settle`.
    uint64 public constant SETTLE_SECONDS = 1 days;
    /// Between an answer and the next challenge of the same announcement.
    uint64 public constant COOLDOWN_SECONDS = 6 hours;
    /// Blocks from the challenge to the one that draws the chunk: more than a challenger can foresee the content of.
    uint64 public constant DRAW_DELAY_BLOCKS = 4;

    /// The contract of EIP-2935.
    address private constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @inheritdoc IModelShardRegistry
    uint256 public challengeCount;
    mapping(ChallengeId => Challenge) private _challenges;

    /// @inheritdoc IModelShardRegistry
    function challenge(RegistrationId registrationId, uint8 shard, address provider)
        external
        nonReentrant
        returns (ChallengeId id)
    {
        _requireActive(registrationId);
        Announcement storage a = _requireUnchallenged(registrationId, shard, provider);
        if (block.timestamp < a.nextChallengeAt) revert TooSoon(a.nextChallengeAt);
        id = ChallengeId.wrap(++challengeCount);
        a.challengeId = id;
        Challenge storage c = _challenges[id];
        (c.registrationId, c.shard, c.provider) = (registrationId, shard, provider);
        (c.status, c.challenger) = (ChallengeStatus.Open, msg.sender);
        c.drawBlock = uint64(block.number) + DRAW_DELAY_BLOCKS;
        c.deadline = uint64(block.timestamp) + RESPONSE_SECONDS;
        emit ChallengeOpened(id, registrationId, provider, shard, msg.sender, c.drawBlock, c.deadline);
        STAKING.hold(provider, Role.Provider, c.deadline + SETTLE_SECONDS);
        ATN.safeTransferFrom(msg.sender, address(this), CHALLENGE_BOND);
    }

    /// @inheritdoc IModelShardRegistry
    function draw(ChallengeId id) external returns (uint32 chunkIndex) {
        return _draw(id, _requireOpen(id));
    }

    /// @inheritdoc IModelShardRegistry
    function respond(ChallengeId id, bytes calldata chunk, bytes32[] calldata siblings) external nonReentrant {
        Challenge storage c = _requireOpen(id);
        if (msg.sender != c.provider) revert NotChallenged(msg.sender);
        if (block.timestamp >= c.deadline) revert TooLate(c.deadline);
        RegistrationId registrationId = c.registrationId;
        uint256 chunkCount = _registrations[registrationId].chunkCount;
        uint32 chunkIndex = _draw(id, c);
        MerkleChunks.requireChunk(_roots[registrationId][c.shard], chunkCount, chunkIndex, chunk, siblings);

        c.status = ChallengeStatus.Answered;
        Announcement storage a = _announcements[registrationId][c.shard][msg.sender];
        a.challengeId = ChallengeId.wrap(0);
        a.nextChallengeAt = uint64(block.timestamp) + COOLDOWN_SECONDS;
        emit ChallengeAnswered(id, msg.sender, a.nextChallengeAt);
        ATN.safeTransfer(msg.sender, CHALLENGE_BOND);
    }

    /// @inheritdoc IModelShardRegistry
    function settle(ChallengeId id) external nonReentrant {
        Challenge storage c = _requireOpen(id);
        if (block.timestamp < c.deadline) revert NotLateYet(c.deadline);
        (address provider, address challenger) = (c.provider, c.challenger);
        c.status = ChallengeStatus.Failed;
        _endAnnouncement(c.registrationId, c.shard, provider, EndReason.ChallengeFailed);
        uint256 taken = STAKING.penalize(provider, Role.Provider, PENALTY, address(this));
        uint256 toChallenger = taken / 2; // Rounds down: the provider may be the challenger.
        emit ChallengeLost(id, provider, challenger, toChallenger, taken - toChallenger);
        ATN.safeTransfer(challenger, CHALLENGE_BOND + toChallenger);
        ATN.safeTransfer(Predeploys.TIMELOCK, taken - toChallenger);
    }

    /// @inheritdoc IModelShardRegistry
    function challengeOf(ChallengeId id) external view returns (Challenge memory) {
        return _challenges[id];
    }

    function _requireOpen(ChallengeId id) private view returns (Challenge storage c) {
        c = _challenges[id];
        if (c.status != ChallengeStatus.Open) revert ChallengeNotOpen(id);
    }

    function _draw(ChallengeId id, Challenge storage c) private returns (uint32 chunkIndex) {
        if (c.drawn) return c.chunkIndex;
        bytes32 seed = keccak256(abi.encode(_hashOf(c.drawBlock), id));
        chunkIndex = uint32(uint256(seed) % _registrations[c.registrationId].chunkCount);
        (c.drawn, c.chunkIndex) = (true, chunkIndex);
        emit ChunkDrawn(id, chunkIndex);
    }

    /// @dev BLOCKHASH reaches 256 blocks back, EIP-2935's contract 8,191. A hash older than that is replaced by the newest, so
    /// that nobody loses because others did not draw.
    function _hashOf(uint64 number) private view returns (bytes32 hash) {
        if (number >= block.number) revert NotDrawnYet(number);
        hash = blockhash(number);
        if (hash != 0) return hash;
        (bool ok, bytes memory answer) = BLOCK_HASHES.staticcall(abi.encode(number));
        if (ok && answer.length == 32) hash = bytes32(answer);
        if (hash == 0) hash = blockhash(block.number - 1);
    }
}
