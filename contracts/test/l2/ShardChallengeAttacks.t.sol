// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Challenge,
    ChallengeId,
    IModelShardRegistry,
    RegistrationStatus
} from "../../src/interfaces/IModelShardRegistry.sol";
import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {MerkleChunks} from "../../src/lib/MerkleChunks.sol";
import {ChunkTree} from "../lib/ReferenceCode.sol";
import {ShardFixture} from "./ShardFixture.sol";

contract ShardChallengeAttacksTest is ShardFixture {
    address private provider;
    uint8 private constant SHARD = 3;

    function setUp() public override {
        super.setUp();
        provider = providers[0];
        _announce(provider, SHARD);
    }

    /// `respond` fails because the proof leads to another root.
    function _expectMismatch(ChallengeId challengeId, bytes memory chunk, bytes32[] memory siblings) private {
        Challenge memory c = SHARDS.challengeOf(challengeId);
        uint32 chunkIndex = SHARDS.draw(challengeId);
        bytes32 given = ChunkTree.rootOver(ChunkTree.leaf(chunk), chunkIndex, siblings);
        bytes32 root = SHARDS.rootsOf(c.registrationId)[c.shard];
        vm.expectRevert(abi.encodeWithSelector(MerkleChunks.RootMismatch.selector, root, given));
        _respondAs(c.provider, challengeId, chunk, siblings);
    }

    function testFuzz_attack_a_proof_asserted_for_someone_else(address other) public {
        vm.assume(other != provider);
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        (bytes memory chunk, bytes32[] memory siblings) = _proof(challengeId);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotChallenged.selector, other));
        _respondAs(other, challengeId, chunk, siblings);
    }

    function testFuzz_attack_a_late_answer(uint32 late) public {
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        (bytes memory chunk, bytes32[] memory siblings) = _proof(challengeId);
        vm.warp(START + 3 hours + late);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.TooLate.selector, START + 3 hours));
        _respondAs(provider, challengeId, chunk, siblings);
    }

    function testFuzz_attack_an_old_answer_replayed(bytes32 hashA, bytes32 hashB) public {
        vm.assume(hashA != 0 && hashB != 0);
        ChallengeId first = _challengeDrawable(SHARD, provider);
        vm.setBlockhash(1004, hashA);
        (bytes memory chunk, bytes32[] memory siblings) = _proof(first);
        _respondAs(provider, first, chunk, siblings);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ChallengeNotOpen.selector, first));
        _respondAs(provider, first, chunk, siblings);

        vm.warp(START + 6 hours);
        ChallengeId second = _challengeDrawable(SHARD, provider);
        vm.setBlockhash(SHARDS.challengeOf(second).drawBlock, hashB);
        vm.assume(SHARDS.draw(second) != SHARDS.challengeOf(first).chunkIndex);
        _expectMismatch(second, chunk, siblings);
    }

    function testFuzz_attack_the_proof_of_another_chunk(uint8 step) public {
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        uint32 other = (SHARDS.draw(challengeId) + uint32(bound(step, 1, CHUNKS - 1))) % CHUNKS;
        bytes[] memory shard = _shard(SHARD);
        _expectMismatch(challengeId, shard[other], ChunkTree.proof(shard, other));
    }

    function testFuzz_attack_the_proof_of_another_shard(uint8 other) public {
        other %= SHARD_COUNT;
        vm.assume(other != SHARD);
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        uint32 chunkIndex = SHARDS.draw(challengeId);
        bytes[] memory shard = _shard(other);
        _expectMismatch(challengeId, shard[chunkIndex], ChunkTree.proof(shard, chunkIndex));
    }

    /// The shard of the same number of another registration, which the provider made so that it is easy to store.
    function testFuzz_attack_the_proof_of_another_registration(uint8 value) public {
        bytes[] memory easy = new bytes[](CHUNKS);
        for (uint256 j = 0; j < CHUNKS; j++) {
            easy[j] = new bytes(1024);
            easy[j][0] = bytes1(value);
        }
        bytes32[] memory roots = _roots();
        roots[SHARD] = ChunkTree.root(easy);
        _register(provider, MODEL, roots);
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        uint32 chunkIndex = SHARDS.draw(challengeId);
        _expectMismatch(challengeId, easy[chunkIndex], ChunkTree.proof(easy, chunkIndex));
    }

    function testFuzz_attack_a_chunk_of_the_wrong_length(uint16 length) public {
        vm.assume(length != 1024);
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        (, bytes32[] memory siblings) = _proof(challengeId);
        vm.expectRevert(abi.encodeWithSelector(MerkleChunks.WrongChunkLength.selector, 1024, length));
        _respondAs(provider, challengeId, new bytes(length), siblings);
    }

    function testFuzz_attack_a_proof_of_the_wrong_length(uint8 length) public {
        vm.assume(length != 3);
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        (bytes memory chunk,) = _proof(challengeId);
        vm.expectRevert(abi.encodeWithSelector(MerkleChunks.WrongProofLength.selector, 3, length));
        _respondAs(provider, challengeId, chunk, new bytes32[](length));
    }

    /// What a node is the hash of, shown as if it were a chunk, with the proof that starts above it.
    function testFuzz_attack_a_node_in_place_of_a_leaf(bool padded) public {
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        bytes[] memory shard = _shard(SHARD);
        uint32 chunkIndex = SHARDS.draw(challengeId);
        bytes32 leaf = ChunkTree.leaf(shard[chunkIndex]);
        bytes32[] memory siblings = ChunkTree.proof(shard, chunkIndex);
        bytes memory node = chunkIndex % 2 == 0
            ? abi.encodePacked(hex"01", leaf, siblings[0])
            : abi.encodePacked(hex"01", siblings[0], leaf);
        bytes32[] memory above = new bytes32[](2);
        (above[0], above[1]) = (siblings[1], siblings[2]);
        if (padded) {
            bytes memory chunk = abi.encodePacked(node, new bytes(1024 - node.length));
            _expectMismatch(challengeId, chunk, siblings);
            vm.expectRevert(abi.encodeWithSelector(MerkleChunks.WrongProofLength.selector, 3, 2));
            _respondAs(provider, challengeId, chunk, above);
        } else {
            vm.expectRevert(abi.encodeWithSelector(MerkleChunks.WrongChunkLength.selector, 1024, 65));
            _respondAs(provider, challengeId, node, above);
        }
    }

    function testFuzz_attack_challenging_twice(address second, bool answered, uint32 wait) public {
        vm.assume(second != address(0) && second.code.length == 0 && uint160(second) > 0x10000);
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.ChallengeIsOpen.selector, challengeId));
        vm.prank(second);
        SHARDS.challenge(id, SHARD, provider);
        if (!answered) {
            vm.warp(START + 3 hours);
            SHARDS.settle(challengeId);
            vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotAnnounced.selector, provider));
            vm.prank(second);
            SHARDS.challenge(id, SHARD, provider);
            return;
        }
        _respond(challengeId);
        vm.warp(bound(wait, START, START + 6 hours - 1));
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.TooSoon.selector, START + 6 hours));
        vm.prank(second);
        SHARDS.challenge(id, SHARD, provider);
        vm.warp(START + 6 hours);
        _challenge(second, SHARD, provider);
    }

    function testFuzz_attack_leaving_while_challenged(bool inactive) public {
        ChallengeId challengeId = _challenge(challenger, SHARD, provider);
        bytes memory open = abi.encodeWithSelector(IModelShardRegistry.ChallengeIsOpen.selector, challengeId);
        if (inactive) _leave(provider);
        vm.expectRevert(open);
        vm.prank(provider);
        SHARDS.withdrawAnnouncement(id, SHARD);
        vm.expectRevert(open);
        vm.prank(anyone);
        SHARDS.evict(id, SHARD, provider);
        vm.prank(registrant);
        SHARDS.retire(id);
        vm.expectRevert(open);
        SHARDS.evict(id, SHARD, provider);
        vm.warp(START + 3 hours);
        SHARDS.settle(challengeId);
        assertEq(_stakeOf(provider), 50 ether - penalty);
    }

    /// Its exit delay has passed when the challenge comes; the stake stays until somebody had a day to settle.
    function testFuzz_attack_withdrawing_the_stake_while_challenged(uint32 early) public {
        _leave(provider);
        vm.warp(START + 7 days);
        ChallengeId challengeId = _challenge(challenger, SHARD, provider);
        uint64 until = uint64(START + 7 days + 3 hours + 1 days);
        vm.warp(bound(early, START + 7 days, until - 1));
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillLocked.selector, until));
        vm.prank(provider);
        STAKING.withdrawStake(Role.Provider);
        vm.warp(until - 1);
        SHARDS.settle(challengeId);
        assertEq(_stakeOf(provider), 50 ether - penalty);
    }

    function test_a_provider_without_any_stake_is_evicted_not_challenged() public {
        _leave(provider);
        vm.warp(START + 7 days);
        vm.prank(provider);
        STAKING.withdrawStake(Role.Provider);
        _give(challenger, challengeBond, address(SHARDS));
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.NothingStaked.selector, provider, Role.Provider));
        vm.prank(challenger);
        SHARDS.challenge(id, SHARD, provider);
        SHARDS.evict(id, SHARD, provider);
    }

    /// What a provider gets back through a challenger of its own is at most half of what it loses.
    function testFuzz_attack_laundering_the_penalty_by_challenging_oneself(bool friend, uint96 left) public {
        left = uint96(bound(left, 1, 50 ether));
        vm.prank(address(SHARDS)); // As another judge might have done before.
        STAKING.penalize(provider, Role.Provider, 50 ether - left, TREASURY);
        address self = friend ? anyone : provider;
        uint256 before = _stakeOf(provider) + challengeBond;
        ChallengeId challengeId = _challenge(self, SHARD, provider);
        vm.warp(START + 3 hours);
        SHARDS.settle(challengeId);
        uint256 lost = left < penalty ? left : penalty;
        assertEq(before - _stakeOf(provider) - TOKEN.balanceOf(self), lost - lost / 2);
        assertGt(before, _stakeOf(provider) + TOKEN.balanceOf(self));
    }

    /// A friend's challenge asks for a chunk that the friend cannot choose, so it is a challenge as any other.
    function testFuzz_attack_choosing_the_chunk_by_choosing_the_block(uint64 blockNumber, bytes32 known) public {
        blockNumber = uint64(bound(blockNumber, 1000, 1 << 40));
        vm.assume(known != 0);
        vm.roll(blockNumber);
        vm.setBlockhash(blockNumber - 1, known);
        ChallengeId challengeId = _challenge(anyone, SHARD, provider);
        assertEq(SHARDS.challengeOf(challengeId).drawBlock, blockNumber + 4);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotDrawnYet.selector, blockNumber + 4));
        SHARDS.draw(challengeId);
        vm.expectRevert(abi.encodeWithSelector(IModelShardRegistry.NotDrawnYet.selector, blockNumber + 4));
        _respondAs(provider, challengeId, "", new bytes32[](0));
    }

    /// A registrant who ends the registration does not save a provider from a challenge.
    function testFuzz_attack_retiring_to_save_a_provider(bool answers) public {
        ChallengeId challengeId = _challengeDrawable(SHARD, provider);
        vm.prank(registrant);
        SHARDS.retire(id);
        if (answers) _respond(challengeId);
        vm.warp(START + 3 hours);
        if (!answers) SHARDS.settle(challengeId);
        assertEq(_stakeOf(provider), answers ? 50 ether : 50 ether - penalty);
        _give(challenger, challengeBond, address(SHARDS));
        vm.expectRevert(
            abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, id, RegistrationStatus.Retired)
        );
        vm.prank(challenger);
        SHARDS.challenge(id, SHARD, provider);
    }
}
