// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    ChallengeId,
    ChallengeStatus,
    EndReason,
    IModelShardRegistry,
    RegistrationId,
    RegistrationStatus
} from "../../src/interfaces/IModelShardRegistry.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {ChunkTree} from "../lib/ReferenceCode.sol";
import {ShardFixture} from "./ShardFixture.sol";

/// In place of EIP-2935's contract: the hash of every block is its number.
contract NumbersAsHashes {
    fallback(bytes calldata input) external returns (bytes memory) {
        return input;
    }
}

contract ModelShardRegistryTest is ShardFixture {
    address private constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;

    address private provider;
    uint8 private constant SHARD = 3;

    function setUp() public override {
        super.setUp();
        provider = providers[0];
        _announce(provider, SHARD);
    }

    function testFuzz_an_answer_in_time_earns_the_challengers_bond(bytes32 blockHash, uint32 delay, uint8 shard)
        public
    {
        vm.assume(blockHash != 0);
        shard %= SHARD_COUNT;
        if (shard != SHARD) _announce(provider, shard);
        uint64 deadline = uint64(START + 3 hours);
        _give(challenger, challengeBond, address(SHARDS));
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ChallengeOpened(ChallengeId.wrap(1), id, provider, shard, challenger, 1004, deadline);
        vm.prank(challenger);
        ChallengeId challengeId = SHARDS.challenge(id, shard, provider);
        assertEq(STAKING.positionOf(provider, Role.Provider).heldUntil, deadline + 1 days);

        vm.warp(bound(delay, START, deadline - 1));
        vm.roll(1005);
        vm.setBlockhash(1004, blockHash);
        uint32 expected = uint32(uint256(keccak256(abi.encode(blockHash, challengeId))) % CHUNKS);
        bytes[] memory chunks = _shard(shard);
        bytes32[] memory siblings = ChunkTree.proof(chunks, expected);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ChunkDrawn(challengeId, expected);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ChallengeAnswered(challengeId, provider, uint64(block.timestamp) + 6 hours);
        _respondAs(provider, challengeId, chunks[expected], siblings);

        assertEq(TOKEN.balanceOf(provider), challengeBond);
        assertEq(TOKEN.balanceOf(challenger), 0);
        assertEq(_stakeOf(provider), 50 ether);
        assertTrue(SHARDS.challengeOf(challengeId).status == ChallengeStatus.Answered);
        assertEq(ChallengeId.unwrap(SHARDS.announcementOf(id, shard, provider).challengeId), 0);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ChallengeNotOpen.selector, challengeId));
        SHARDS.settle(challengeId);
    }

    function testFuzz_silence_costs_the_penalty_and_the_announcement(uint32 delay) public {
        ChallengeId challengeId = _challenge(challenger, SHARD, provider);
        uint256 deadline = START + 3 hours;
        vm.warp(bound(delay, START, deadline - 1));
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotLateYet.selector, deadline));
        SHARDS.settle(challengeId);
        vm.warp(deadline + delay % 1 days);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.AnnouncementEnded(id, SHARD, provider, EndReason.ChallengeFailed);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.RepairNeeded(id, SHARD, 0);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ChallengeLost(challengeId, provider, challenger, penalty / 2, penalty / 2);
        vm.prank(anyone);
        SHARDS.settle(challengeId);
        assertEq(_stakeOf(provider), 50 ether - penalty);
        assertEq(TOKEN.balanceOf(challenger), challengeBond + penalty / 2);
        assertEq(TOKEN.balanceOf(TREASURY), penalty / 2);
        assertEq(TOKEN.balanceOf(address(SHARDS)), bond);
        assertEq(SHARDS.announcementOf(id, SHARD, provider).announcedAt, 0);
        assertEq(SHARDS.announcementCount(provider), 0);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ChallengeNotOpen.selector, challengeId));
        SHARDS.settle(challengeId);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotActiveProvider.selector, provider));
        _announce(provider, SHARD);
    }

    function testFuzz_the_chunk_is_drawn_from_a_block_after_the_challenge(uint64 early, uint16 late, bytes32 hash)
        public
    {
        vm.assume(hash != 0);
        ChallengeId challengeId = _challenge(challenger, SHARD, provider);
        vm.roll(bound(early, 1000, 1004));
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotDrawnYet.selector, 1004));
        SHARDS.draw(challengeId);
        vm.roll(bound(late, 1005, 1004 + 256));
        vm.setBlockhash(1004, hash);
        vm.prank(anyone);
        uint32 chunkIndex = SHARDS.draw(challengeId);
        assertEq(chunkIndex, uint256(keccak256(abi.encode(hash, challengeId))) % CHUNKS);
        vm.roll(1_000_000);
        assertEq(SHARDS.draw(challengeId), chunkIndex);
        _respond(challengeId);
    }

    function testFuzz_a_hash_older_than_blockhash_reaches_comes_from_the_history(uint32 age) public {
        ChallengeId challengeId = _challenge(challenger, SHARD, provider);
        vm.roll(1004 + bound(age, 257, 8191));
        vm.etch(BLOCK_HASHES, type(NumbersAsHashes).runtimeCode);
        assertEq(SHARDS.draw(challengeId), uint256(keccak256(abi.encode(1004, challengeId))) % CHUNKS);
        _respond(challengeId);
    }

    function testFuzz_a_hash_that_nobody_has_any_more_is_replaced_by_the_newest(bytes32 newest, bool reverts) public {
        vm.assume(newest != 0);
        ChallengeId challengeId = _challenge(challenger, SHARD, provider);
        vm.roll(1_000_000);
        vm.setBlockhash(999_999, newest);
        if (reverts) vm.mockCallRevert(BLOCK_HASHES, "", "");
        else vm.mockCall(BLOCK_HASHES, "", abi.encode(bytes32(0)));
        assertEq(SHARDS.draw(challengeId), uint256(keccak256(abi.encode(newest, challengeId))) % CHUNKS);
        _respond(challengeId);
    }

    /// Different challenges of the same block ask for different chunks.
    function testFuzz_each_challenge_has_its_own_draw(bytes32 hash) public {
        vm.assume(hash != 0);
        bool differs = false;
        uint32 first = 0;
        for (uint256 i = 0; i < 16; i++) {
            address other = _newProvider(i);
            if (i != 15) _announce(other, SHARD);
            ChallengeId challengeId = _challenge(challenger, SHARD, i == 15 ? provider : other);
            vm.roll(1005);
            vm.setBlockhash(1004, hash);
            uint32 chunkIndex = SHARDS.draw(challengeId);
            vm.roll(1000);
            if (i == 0) first = chunkIndex;
            if (chunkIndex != first) differs = true;
        }
        assertTrue(differs);
    }

    function testFuzz_challenging_what_cannot_be(uint256 unknown, address account) public {
        vm.assume(unknown != RegistrationId.unwrap(id) && account != provider);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotAnnounced.selector, account));
        SHARDS.challenge(id, SHARD, account);
        RegistrationId none = RegistrationId.wrap(unknown);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, none, RegistrationStatus.None));
        SHARDS.challenge(none, SHARD, provider);
        vm.assume(unknown > 0);
        ChallengeId noChallenge = ChallengeId.wrap(unknown);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ChallengeNotOpen.selector, noChallenge));
        SHARDS.respond(noChallenge, "", new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ChallengeNotOpen.selector, noChallenge));
        SHARDS.draw(noChallenge);
    }
}
