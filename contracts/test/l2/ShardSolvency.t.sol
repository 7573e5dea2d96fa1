// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChallengeId, ChallengeStatus, RegistrationId} from "../../src/interfaces/IModelShardRegistry.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {ChunkTree} from "../lib/ReferenceCode.sol";
import {ShardFixture} from "./ShardFixture.sol";

/// Random steps on two registrations, one of which has bad parity: whatever happens, the registry holds the bonds that are live.
contract ShardSolvencyTest is ShardFixture {
    RegistrationId[2] private ids;
    bytes[] private corrupt;

    function setUp() public override {
        super.setUp();
        bytes32[] memory roots = _roots();
        corrupt = _shard(K);
        corrupt[0][7] ^= 0x01;
        roots[K] = ChunkTree.root(corrupt);
        ids = [id, _register(registrant, MODEL, roots)];
    }

    function testFuzz_the_registry_holds_exactly_the_live_bonds(uint256[32] memory steps) public {
        for (uint256 i = 0; i < steps.length; i++) {
            _step(steps[i]);
            _assertConsistent();
        }
        vm.warp(block.timestamp + 30 days);
        for (uint256 c = 1; c <= SHARDS.challengeCount(); c++) {
            ChallengeId challengeId = ChallengeId.wrap(c);
            if (SHARDS.challengeOf(challengeId).status == ChallengeStatus.Open) SHARDS.settle(challengeId);
        }
        for (uint256 i = 0; i < 2; i++) {
            if (SHARDS.registration(ids[i]).bond == 0) continue;
            vm.prank(registrant);
            SHARDS.withdrawBond(ids[i]);
        }
        assertEq(TOKEN.balanceOf(address(SHARDS)), 0);
    }

    function _assertConsistent() private view {
        uint256 owed = 0;
        uint256[3] memory announced;
        for (uint256 i = 0; i < 2; i++) {
            owed += SHARDS.registration(ids[i]).bond;
            uint256 live = 0;
            for (uint8 shard = 0; shard < SHARD_COUNT; shard++) {
                address[] memory list = SHARDS.providersOf(ids[i], shard);
                if (list.length > 0) live |= 1 << shard;
                for (uint256 p = 0; p < 3; p++) {
                    if (SHARDS.announcementOf(ids[i], shard, providers[p]).announcedAt != 0) announced[p]++;
                }
            }
            assertEq(SHARDS.registration(ids[i]).liveMask, live);
            (uint256 liveShards,) = SHARDS.checkAvailability(ids[i]);
            for (; live != 0; live &= live - 1) {
                liveShards--;
            }
            assertEq(liveShards, 0);
        }
        for (uint256 p = 0; p < 3; p++) {
            assertEq(SHARDS.announcementCount(providers[p]), announced[p]);
        }
        for (uint256 c = 1; c <= SHARDS.challengeCount(); c++) {
            if (SHARDS.challengeOf(ChallengeId.wrap(c)).status == ChallengeStatus.Open) owed += challengeBond;
        }
        assertEq(TOKEN.balanceOf(address(SHARDS)), owed);
    }

    /// One step by a random account; what the contracts refuse changes nothing.
    function _step(uint256 seed) private {
        uint256 action = seed % 12;
        id = ids[(seed >> 8) % 2];
        uint8 shard = uint8((seed >> 16) % SHARD_COUNT);
        address provider = providers[(seed >> 24) % 3];
        ChallengeId challengeId = ChallengeId.wrap(1 + (seed >> 32) % (SHARDS.challengeCount() + 1));
        if (action < 3) {
            _try(provider, abi.encodeCall(SHARDS.announce, (id, shard)));
        } else if (action < 6) {
            _give(challenger, challengeBond, address(SHARDS));
            _try(challenger, abi.encodeCall(SHARDS.challenge, (id, shard, provider)));
        } else if (action == 6) {
            _tryRespond(challengeId);
        } else if (action == 7) {
            if (!_try(anyone, abi.encodeCall(SHARDS.settle, (challengeId)))) {
                vm.warp(block.timestamp + (seed >> 40) % 3 hours);
                _try(anyone, abi.encodeCall(SHARDS.settle, (challengeId)));
            }
        } else if (action == 8) {
            vm.warp(block.timestamp + (seed >> 40) % 4 days);
            vm.roll(block.number + (seed >> 80) % 100);
        } else if (action == 9) {
            _try(provider, abi.encodeCall(SHARDS.withdrawAnnouncement, (id, shard)));
            _try(anyone, abi.encodeCall(SHARDS.evict, (id, shard, provider)));
        } else if (action == 10) {
            if ((seed >> 48) % 4 == 0) _try(provider, abi.encodeCall(STAKING.requestUnstake, (Role.Provider)));
            _try(registrant, abi.encodeCall(SHARDS.withdrawBond, (id)));
        } else if ((seed >> 48) % 4 == 0) {
            if ((seed >> 56) % 2 == 0) _try(registrant, abi.encodeCall(SHARDS.retire, (id)));
            else _tryBadParity();
        }
    }

    function _try(address who, bytes memory call) private returns (bool done) {
        address target = bytes4(call) == STAKING.requestUnstake.selector ? address(STAKING) : address(SHARDS);
        vm.prank(who);
        (done,) = target.call(call);
    }

    function _tryRespond(ChallengeId challengeId) private {
        if (SHARDS.challengeOf(challengeId).status != ChallengeStatus.Open) return;
        if (block.number <= SHARDS.challengeOf(challengeId).drawBlock) vm.roll(block.number + 5);
        if (!_try(anyone, abi.encodeCall(SHARDS.draw, (challengeId)))) return;
        uint32 chunkIndex = SHARDS.draw(challengeId);
        bytes[] memory shard = _shard(SHARDS.challengeOf(challengeId).shard);
        bytes32[] memory proof = ChunkTree.proof(shard, chunkIndex);
        address provider = SHARDS.challengeOf(challengeId).provider;
        _try(provider, abi.encodeCall(SHARDS.respond, (challengeId, shard[chunkIndex], proof)));
    }

    function _tryBadParity() private {
        bytes[] memory chunks = new bytes[](K + 1);
        bytes32[][] memory siblings = new bytes32[][](K + 1);
        for (uint256 i = 0; i <= K; i++) {
            bytes[] memory shard = i < K ? _shard(i) : corrupt;
            (chunks[i], siblings[i]) = (shard[0], ChunkTree.proof(shard, 0));
        }
        _try(anyone, abi.encodeCall(SHARDS.proveBadParity, (id, 0, 0, chunks, siblings)));
    }
}
