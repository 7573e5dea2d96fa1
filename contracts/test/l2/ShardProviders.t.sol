// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    EndReason,
    IModelShardRegistry,
    RegistrationId,
    RegistrationStatus
} from "../../src/interfaces/IModelShardRegistry.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {ShardFixture} from "./ShardFixture.sol";

contract ShardProvidersTest is ShardFixture {
    function testFuzz_an_announced_shard_is_live_until_its_last_provider_withdraws(uint8 shard) public {
        shard %= SHARD_COUNT;
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ShardAnnounced(id, shard, providers[0]);
        _announce(providers[0], shard);
        _announce(providers[1], shard);
        assertEq(_liveShards(), 1);
        assertEq(SHARDS.registration(id).liveMask, uint64(1) << shard);
        assertEq(SHARDS.announcementOf(id, shard, providers[0]).announcedAt, START);
        assertEq(SHARDS.announcementCount(providers[0]), 1);

        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.AnnouncementEnded(id, shard, providers[0], EndReason.Withdrawn);
        vm.prank(providers[0]);
        SHARDS.withdrawAnnouncement(id, shard);
        assertEq(_liveShards(), 1);
        assertEq(SHARDS.providersOf(id, shard)[0], providers[1]);
        vm.prank(providers[1]);
        SHARDS.withdrawAnnouncement(id, shard);
        assertEq(_liveShards(), 0);
        assertEq(SHARDS.registration(id).liveMask, 0);
        assertEq(SHARDS.announcementCount(providers[0]), 0);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotAnnounced.selector, providers[1]));
        vm.prank(providers[1]);
        SHARDS.withdrawAnnouncement(id, shard);
    }

    function testFuzz_announcing_what_cannot_be(address account, uint8 shard, uint256 unknown) public {
        vm.assume(!STAKING.isActive(account, Role.Provider) && unknown != RegistrationId.unwrap(id));
        shard = uint8(bound(shard, SHARD_COUNT, 255));
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotActiveProvider.selector, account));
        _announce(account, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NoSuchShard.selector, shard, SHARD_COUNT));
        _announce(providers[0], shard);
        _announce(providers[0], 0);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.AlreadyAnnounced.selector, providers[0]));
        _announce(providers[0], 0);
        vm.prank(registrant);
        SHARDS.retire(id);
        vm.expectRevert(
            abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, id, RegistrationStatus.Retired)
        );
        _announce(providers[0], 1);
        id = RegistrationId.wrap(unknown);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, id, RegistrationStatus.None));
        _announce(providers[0], 1);
    }

    function testFuzz_attack_one_stake_for_more_announcements_than_it_can_pay_for(uint64 extra) public {
        uint256 stake = 50 ether + uint256(extra);
        _give(providers[0], extra, address(STAKING));
        vm.prank(providers[0]);
        STAKING.stake(Role.Provider, extra);
        bytes32[] memory roots = _roots();
        uint256 made = 0;
        for (uint256 round = 0; made < stake / penalty; round++) {
            id = _register(registrant, keccak256(abi.encode(round)), roots);
            for (uint8 shard = 0; shard < SHARD_COUNT && made < stake / penalty; shard++) {
                _announce(providers[0], shard);
                made++;
            }
        }
        id = _register(registrant, keccak256("one more"), roots);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.StakeTooSmall.selector, stake, (made + 1) * penalty));
        _announce(providers[0], 0);
    }

    function testFuzz_a_full_shard_takes_a_newcomer_when_a_dead_entry_is_evicted(uint256 dead) public {
        dead %= 16;
        address[16] memory all;
        for (uint256 i = 0; i < 16; i++) {
            all[i] = _newProvider(i);
            _announce(all[i], 2);
        }
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ShardFull.selector, 2));
        _announce(providers[0], 2);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.StillProviding.selector, all[dead]));
        SHARDS.evict(id, 2, all[dead]);

        _leave(all[dead]);
        assertEq(SHARDS.activeProviders(id, 2), 15);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.AnnouncementEnded(id, 2, all[dead], EndReason.Evicted);
        vm.prank(anyone);
        SHARDS.evict(id, 2, all[dead]);
        _announce(providers[0], 2);
        assertEq(SHARDS.activeProviders(id, 2), 16);
        for (uint256 i = 0; i < 16; i++) {
            assertEq(SHARDS.announcementOf(id, 2, all[i]).announcedAt, i == dead ? 0 : START);
        }
        assertEq(SHARDS.providersOf(id, 2).length, 16);
    }

    function testFuzz_one_that_has_left_counts_until_it_is_evicted(uint8 shard) public {
        shard %= SHARD_COUNT;
        _announce(providers[0], shard);
        _leave(providers[0]);
        vm.warp(START + 7 days);
        vm.prank(providers[0]);
        STAKING.withdrawStake(Role.Provider);
        assertEq(_liveShards(), 1);
        assertEq(SHARDS.activeProviders(id, shard), 0);
        SHARDS.evict(id, shard, providers[0]);
        assertEq(_liveShards(), 0);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotAnnounced.selector, providers[0]));
        SHARDS.evict(id, shard, providers[0]);
    }

    function testFuzz_anyone_clears_a_retired_registration(uint8 shard) public {
        shard %= SHARD_COUNT;
        _announce(providers[0], shard);
        vm.prank(registrant);
        SHARDS.retire(id);
        SHARDS.evict(id, shard, providers[0]);
        assertEq(SHARDS.announcementCount(providers[0]), 0);
    }

    /// Each of the five shards has one of five providers; then they withdraw in an order drawn with `seed`, and one comes back.
    function testFuzz_availability_and_calls_for_repair(uint256 seed) public {
        address[SHARD_COUNT] memory all;
        uint8[SHARD_COUNT] memory order;
        for (uint8 i = 0; i < SHARD_COUNT; i++) {
            assertEq(_recoverable(), i >= K);
            all[i] = _newProvider(i);
            _announce(all[i], i);
            uint256 at = uint256(keccak256(abi.encode(seed, i))) % (uint256(i) + 1);
            order[i] = order[at];
            order[at] = i;
        }
        for (uint8 i = 0; i < SHARD_COUNT; i++) {
            uint8 left = SHARD_COUNT - i - 1;
            vm.recordLogs();
            vm.prank(all[order[i]]);
            SHARDS.withdrawAnnouncement(id, order[i]);
            // Half of the redundancy is one shard: below four, repair is due.
            assertEq(vm.getRecordedLogs().length, left < 4 ? 2 : 1);
            assertEq(_liveShards(), left);
            assertEq(_recoverable(), left >= K);
        }
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ShardRepaired(id, order[0], 1);
        _announce(all[0], order[0]);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.RepairNeeded(id, order[0], 0);
        vm.prank(all[0]);
        SHARDS.withdrawAnnouncement(id, order[0]);
    }

    function test_a_retired_registration_is_not_recoverable() public {
        for (uint8 shard = 0; shard < K; shard++) {
            _announce(providers[0], shard);
        }
        assertTrue(_recoverable());
        vm.prank(registrant);
        SHARDS.retire(id);
        assertFalse(_recoverable());
        assertEq(_liveShards(), K);
    }
}
