// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Announcement,
    ChallengeId,
    EndReason,
    IModelShardRegistry,
    Registration,
    RegistrationId,
    RegistrationStatus
} from "../interfaces/IModelShardRegistry.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {ShardRegistrations} from "./ShardRegistrations.sol";

/// @title Who stores which shard
abstract contract ShardProviders is ShardRegistrations {
    uint256 public constant MAX_PROVIDERS = 16;
    /// Wei of a provider's stake that a failed challenge costs.
    uint256 public constant PENALTY = 10 ether;

    IParticipantStaking internal constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);

    mapping(RegistrationId => mapping(uint8 shard => address[])) private _providers;
    mapping(RegistrationId => mapping(uint8 shard => mapping(address provider => Announcement))) internal
        _announcements;

    /// @inheritdoc IModelShardRegistry
    mapping(address provider => uint256) public announcementCount;

    /// @inheritdoc IModelShardRegistry
    function announce(RegistrationId id, uint8 shard) external {
        Registration storage r = _requireActive(id);
        uint256 shardCount = uint256(r.dataShards) + r.parityShards;
        if (shard >= shardCount) revert NoSuchShard(shard, shardCount);
        if (!STAKING.isActive(msg.sender, Role.Provider)) revert NotActiveProvider(msg.sender);
        Announcement storage a = _announcements[id][shard][msg.sender];
        if (a.announcedAt != 0) revert AlreadyAnnounced(msg.sender);
        address[] storage providers = _providers[id][shard];
        if (providers.length >= MAX_PROVIDERS) revert ShardFull(shard);
        uint256 stake = STAKING.positionOf(msg.sender, Role.Provider).amount;
        uint256 needed = ++announcementCount[msg.sender] * PENALTY;
        if (stake < needed) revert StakeTooSmall(stake, needed);

        a.announcedAt = uint64(block.timestamp);
        providers.push(msg.sender);
        emit ShardAnnounced(id, shard, msg.sender);
        if (providers.length == 1) _markLive(id, r, shard);
    }

    /// @inheritdoc IModelShardRegistry
    function withdrawAnnouncement(RegistrationId id, uint8 shard) external {
        _requireUnchallenged(id, shard, msg.sender);
        _endAnnouncement(id, shard, msg.sender, EndReason.Withdrawn);
    }

    /// @inheritdoc IModelShardRegistry
    function evict(RegistrationId id, uint8 shard, address provider) external {
        _requireUnchallenged(id, shard, provider);
        if (_registrations[id].status == RegistrationStatus.Active && STAKING.isActive(provider, Role.Provider)) {
            revert StillProviding(provider);
        }
        _endAnnouncement(id, shard, provider, EndReason.Evicted);
    }

    /// @inheritdoc IModelShardRegistry
    function checkAvailability(RegistrationId id) external view returns (uint8 liveShards, bool recoverable) {
        Registration storage r = _registrations[id];
        liveShards = r.liveShards;
        recoverable = r.status == RegistrationStatus.Active && liveShards >= r.dataShards;
    }

    /// @inheritdoc IModelShardRegistry
    function activeProviders(RegistrationId id, uint8 shard) external view returns (uint256 count) {
        address[] storage providers = _providers[id][shard];
        for (uint256 i = 0; i < providers.length; i++) {
            if (STAKING.isActive(providers[i], Role.Provider)) count++;
        }
    }

    /// @inheritdoc IModelShardRegistry
    function providersOf(RegistrationId id, uint8 shard) external view returns (address[] memory) {
        return _providers[id][shard];
    }

    /// @inheritdoc IModelShardRegistry
    function announcementOf(RegistrationId id, uint8 shard, address provider)
        external
        view
        returns (Announcement memory)
    {
        return _announcements[id][shard][provider];
    }

    function _requireUnchallenged(RegistrationId id, uint8 shard, address provider)
        internal
        view
        returns (Announcement storage a)
    {
        a = _announcements[id][shard][provider];
        if (a.announcedAt == 0) revert NotAnnounced(provider);
        if (ChallengeId.unwrap(a.challengeId) != 0) revert ChallengeIsOpen(a.challengeId);
    }

    /// @dev Requires: there is an announcement.
    function _endAnnouncement(RegistrationId id, uint8 shard, address provider, EndReason reason) internal {
        delete _announcements[id][shard][provider];
        announcementCount[provider]--;
        address[] storage providers = _providers[id][shard];
        uint256 last = providers.length - 1;
        uint256 at = 0;
        while (providers[at] != provider) at++;
        if (at != last) providers[at] = providers[last];
        providers.pop();
        emit AnnouncementEnded(id, shard, provider, reason);
        if (last == 0) _markLost(id, _registrations[id], shard);
    }

    function _markLive(RegistrationId id, Registration storage r, uint8 shard) private {
        uint64 bit = uint64(1) << shard;
        r.liveMask |= bit;
        r.liveShards++;
        if (r.lostMask & bit == 0) return;
        r.lostMask &= ~bit;
        emit ShardRepaired(id, shard, r.liveShards);
    }

    function _markLost(RegistrationId id, Registration storage r, uint8 shard) private {
        uint64 bit = uint64(1) << shard;
        r.liveMask &= ~bit;
        r.lostMask |= bit;
        r.liveShards--;
        uint256 threshold = r.dataShards + (uint256(r.parityShards) + 1) / 2;
        if (r.liveShards < threshold) emit RepairNeeded(id, shard, r.liveShards);
    }
}
