// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    IModelShardRegistry,
    Registration,
    RegistrationId,
    RegistrationStatus
} from "../../src/interfaces/IModelShardRegistry.sol";
import {MerkleChunks} from "../../src/lib/MerkleChunks.sol";
import {ChunkTree, ReferenceCode} from "../lib/ReferenceCode.sol";
import {ShardFixture} from "./ShardFixture.sol";

contract ShardRegistrationsTest is ShardFixture {
    function _expect(bytes memory revertData) private {
        vm.expectRevert(revertData);
    }

    // Registering

    function testFuzz_register_stores_what_it_was_given(
        bytes32 modelId,
        uint64 sizeBytes,
        uint8 k,
        uint8 m,
        bytes32 seed
    ) public {
        (k, m) = (uint8(bound(k, 1, 32)), uint8(bound(m, 1, 32)));
        sizeBytes = uint64(bound(sizeBytes, 1, uint256(k) << 30));
        bytes32[] memory roots = new bytes32[](uint256(k) + m);
        for (uint256 i = 0; i < roots.length; i++) {
            roots[i] = keccak256(abi.encode(seed, i));
        }
        _give(anyone, bond, address(SHARDS));
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.ShardsRegistered(
            SHARDS.registrationIdOf(modelId, anyone, sizeBytes, k, roots),
            modelId,
            anyone,
            sizeBytes,
            k,
            uint32((sizeBytes + uint256(k) * 1024 - 1) / (uint256(k) * 1024)),
            uint64(START + 14 days),
            roots
        );
        vm.prank(anyone);
        RegistrationId made = SHARDS.register(modelId, sizeBytes, k, roots);

        Registration memory r = SHARDS.registration(made);
        assertEq(r.modelId, modelId);
        assertEq(r.registrant, anyone);
        assertTrue(r.status == RegistrationStatus.Active);
        assertEq(r.dataShards, k);
        assertEq(r.parityShards, m);
        assertEq(r.sizeBytes, sizeBytes);
        assertTrue(r.chunkCount <= 1 << 20 && uint256(r.chunkCount) * k * 1024 >= sizeBytes);
        assertTrue((uint256(r.chunkCount) - 1) * k * 1024 < sizeBytes);
        assertEq(r.bond, bond);
        assertEq(keccak256(abi.encode(SHARDS.rootsOf(made))), keccak256(abi.encode(roots)));
        assertEq(TOKEN.balanceOf(anyone), 0);
        assertEq(TOKEN.balanceOf(address(SHARDS)), 2 * bond);
    }

    function testFuzz_register_refuses_other_numbers_of_shards(uint8 k, uint8 count) public {
        vm.assume(k == 0 || k > 32 || count <= k || count > uint256(k) + 32);
        _expect(abi.encodeWithSelector(IModelShardRegistry.ShardCountOutOfBounds.selector, k, count));
        SHARDS.register(MODEL, SIZE_BYTES, k, new bytes32[](count));
    }

    function testFuzz_register_refuses_no_content_and_too_much(uint8 k, uint64 sizeBytes) public {
        k = uint8(bound(k, 1, 32));
        uint256 max = uint256(k) << 30;
        sizeBytes = sizeBytes % 2 == 0 ? 0 : uint64(bound(sizeBytes, max + 1, type(uint64).max));
        _expect(abi.encodeWithSelector(IModelShardRegistry.SizeOutOfBounds.selector, sizeBytes, max));
        SHARDS.register(MODEL, sizeBytes, k, new bytes32[](uint256(k) + 1));
    }

    function testFuzz_attack_registering_under_someones_id(address squatter) public {
        vm.assume(squatter != registrant && squatter.code.length == 0 && uint160(squatter) > 0x10000);
        bytes32 modelId = keccak256("not yet registered");
        RegistrationId theirs = _register(squatter, modelId, _roots());
        RegistrationId own = _register(registrant, modelId, _roots());
        assertTrue(RegistrationId.unwrap(theirs) != RegistrationId.unwrap(own));
        assertEq(SHARDS.registration(theirs).registrant, squatter);
        assertEq(SHARDS.registration(own).registrant, registrant);
        vm.startPrank(squatter);
        _expect(abi.encodeWithSelector(IModelShardRegistry.NotRegistrant.selector, squatter));
        SHARDS.retire(own);
        vm.warp(START + 14 days);
        _expect(abi.encodeWithSelector(IModelShardRegistry.NotRegistrant.selector, squatter));
        SHARDS.withdrawBond(own);
    }

    function testFuzz_attack_changing_roots_later(uint8 which, bytes32 other) public {
        bytes32[] memory roots = _roots();
        bytes32 before = keccak256(abi.encode(roots));
        vm.assume(other != roots[which % SHARD_COUNT]);
        roots[which % SHARD_COUNT] = other;
        RegistrationId made = _register(registrant, MODEL, roots);
        assertTrue(RegistrationId.unwrap(made) != RegistrationId.unwrap(id));
        assertEq(keccak256(abi.encode(SHARDS.rootsOf(id))), before);
    }

    function testFuzz_attack_registering_again(bool retired) public {
        bytes32[] memory roots = _roots();
        vm.startPrank(registrant);
        if (retired) SHARDS.retire(id);
        _expect(abi.encodeWithSelector(IModelShardRegistry.AlreadyRegistered.selector, id));
        SHARDS.register(MODEL, SIZE_BYTES, K, roots);
    }

    // Retiring and the bond

    function testFuzz_only_the_registrant_retires_and_once(address caller) public {
        vm.assume(caller != registrant);
        _expect(abi.encodeWithSelector(IModelShardRegistry.NotRegistrant.selector, caller));
        vm.prank(caller);
        SHARDS.retire(id);
        vm.startPrank(registrant);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.RegistrationRetired(id);
        SHARDS.retire(id);
        assertTrue(SHARDS.registration(id).status == RegistrationStatus.Retired);
        _expect(abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, id, RegistrationStatus.Retired));
        SHARDS.retire(id);
    }

    function testFuzz_attack_taking_the_bond_before_the_window_ends(uint32 early, bool retired) public {
        uint64 unlockAt = uint64(START + 14 days);
        vm.startPrank(registrant);
        if (retired) SHARDS.retire(id);
        vm.warp(bound(early, START, unlockAt - 1));
        _expect(abi.encodeWithSelector(IModelShardRegistry.BondLocked.selector, unlockAt));
        SHARDS.withdrawBond(id);

        vm.warp(unlockAt);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.BondReturned(id, registrant, bond);
        SHARDS.withdrawBond(id);
        assertEq(TOKEN.balanceOf(registrant), bond);
        _expect(abi.encodeWithSelector(IModelShardRegistry.NoBond.selector, id));
        SHARDS.withdrawBond(id);
    }

    // Parity

    /// The chunks `chunkIndex` of the data shards and of parity shard `p`, with proofs; the latter from `parityShard`.
    function _evidence(bytes[] memory parityShard, uint32 chunkIndex)
        private
        view
        returns (bytes[] memory chunks, bytes32[][] memory siblings)
    {
        chunks = new bytes[](K + 1);
        siblings = new bytes32[][](K + 1);
        for (uint256 i = 0; i <= K; i++) {
            bytes[] memory shard = i < K ? _shard(i) : parityShard;
            chunks[i] = shard[chunkIndex];
            siblings[i] = ChunkTree.proof(shard, chunkIndex);
        }
    }

    /// Registers the model with one byte of a parity shard changed.
    function _registerCorrupt(uint8 p, uint32 chunkIndex, uint256 at, uint8 delta)
        private
        returns (RegistrationId made, bytes[] memory shard)
    {
        shard = _shard(K + p);
        shard[chunkIndex][at] ^= bytes1(delta);
        bytes32[] memory roots = _roots();
        roots[K + p] = ChunkTree.root(shard);
        made = _register(registrant, MODEL, roots);
    }

    function testFuzz_one_wrong_byte_of_parity_costs_the_bond(
        uint8 p,
        uint32 chunkIndex,
        uint256 at,
        uint8 delta,
        bool retired
    ) public {
        (p, chunkIndex, at) = (p % M, chunkIndex % CHUNKS, at % 1024);
        vm.assume(delta != 0);
        (RegistrationId made, bytes[] memory shard) = _registerCorrupt(p, chunkIndex, at, delta);
        if (retired) {
            vm.prank(registrant);
            SHARDS.retire(made);
        }
        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(shard, chunkIndex);
        vm.expectEmit(address(SHARDS));
        emit IModelShardRegistry.BadParityProven(made, anyone, p, chunkIndex, bond / 2, bond - bond / 2);
        vm.prank(anyone);
        SHARDS.proveBadParity(made, p, chunkIndex, chunks, siblings);

        assertEq(TOKEN.balanceOf(anyone), bond / 2);
        assertEq(TOKEN.balanceOf(TREASURY), bond - bond / 2);
        assertTrue(SHARDS.registration(made).status == RegistrationStatus.Delisted);
        assertEq(SHARDS.registration(made).bond, 0);
        vm.warp(START + 14 days);
        vm.startPrank(registrant);
        _expect(abi.encodeWithSelector(IModelShardRegistry.NoBond.selector, made));
        SHARDS.withdrawBond(made);
        _expect(abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, made, RegistrationStatus.Delisted));
        SHARDS.proveBadParity(made, p, chunkIndex, chunks, siblings);
    }

    function testFuzz_bad_parity_delists_even_without_a_bond(uint256 at) public {
        (RegistrationId made, bytes[] memory shard) = _registerCorrupt(1, 4, at % 1024, 1);
        vm.warp(START + 14 days);
        vm.prank(registrant);
        SHARDS.withdrawBond(made);
        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(shard, 4);
        SHARDS.proveBadParity(made, 1, 4, chunks, siblings);
        assertTrue(SHARDS.registration(made).status == RegistrationStatus.Delisted);
        assertEq(TOKEN.balanceOf(TREASURY), 0);
        assertEq(TOKEN.balanceOf(address(SHARDS)), bond);
    }

    function testFuzz_attack_right_parity_proven_bad(uint8 p, uint32 chunkIndex) public {
        (p, chunkIndex) = (p % M, chunkIndex % CHUNKS);
        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(_shard(K + p), chunkIndex);
        _expect(abi.encodeWithSelector(IModelShardRegistry.ParityIsRight.selector, p, chunkIndex));
        SHARDS.proveBadParity(id, p, chunkIndex, chunks, siblings);
    }

    /// Two parity shards, both the XOR of the data: a single loss is restored, two are not.
    function testFuzz_attack_erasure_coding_that_is_an_xor(uint8 p, uint32 chunkIndex) public {
        (p, chunkIndex) = (p % M, chunkIndex % CHUNKS);
        bytes[] memory xored = new bytes[](CHUNKS);
        uint8[] memory ones = new uint8[](K);
        for (uint256 i = 0; i < K; i++) {
            ones[i] = 1;
        }
        for (uint256 j = 0; j < CHUNKS; j++) {
            bytes[] memory data = new bytes[](K);
            for (uint256 i = 0; i < K; i++) {
                data[i] = _shard(i)[j];
            }
            xored[j] = ReferenceCode.combine(ones, data);
        }
        bytes32[] memory roots = _roots();
        roots[K] = ChunkTree.root(xored);
        roots[K + 1] = roots[K];
        RegistrationId made = _register(registrant, MODEL, roots);
        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(xored, chunkIndex);
        SHARDS.proveBadParity(made, p, chunkIndex, chunks, siblings);
        assertTrue(SHARDS.registration(made).status == RegistrationStatus.Delisted);
    }

    function testFuzz_attack_evidence_that_is_not_of_the_shards(uint8 which, uint256 at, uint8 delta) public {
        which %= K + 1;
        vm.assume(delta != 0);
        bytes32[] memory roots = _roots();
        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(_shard(K), 2);
        chunks[which][at % 1024] ^= bytes1(delta);
        bytes32 given = ChunkTree.rootOver(ChunkTree.leaf(chunks[which]), 2, siblings[which]);
        _expect(abi.encodeWithSelector(MerkleChunks.RootMismatch.selector, roots[which], given));
        SHARDS.proveBadParity(id, 0, 2, chunks, siblings);
    }

    /// Data shards in another order make another parity.
    function testFuzz_attack_evidence_in_another_order(uint8 a, uint8 b) public {
        (a, b) = (a % K, b % K);
        vm.assume(a != b);
        bytes32[] memory roots = _roots();
        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(_shard(K), 0);
        (chunks[a], chunks[b]) = (chunks[b], chunks[a]);
        (siblings[a], siblings[b]) = (siblings[b], siblings[a]);
        uint8 first = a < b ? a : b;
        bytes32 other = roots[first == a ? b : a];
        _expect(abi.encodeWithSelector(MerkleChunks.RootMismatch.selector, roots[first], other));
        SHARDS.proveBadParity(id, 0, 0, chunks, siblings);
    }

    function testFuzz_attack_evidence_of_wrong_lengths(uint8 count, uint8 proofs, uint8 which, uint8 cut) public {
        vm.assume(count != K + 1 || proofs != K + 1);
        _expect(abi.encodeWithSelector(IModelShardRegistry.WrongChunkCount.selector, K + 1, count, proofs));
        SHARDS.proveBadParity(id, 0, 0, new bytes[](count), new bytes32[][](proofs));

        (bytes[] memory chunks, bytes32[][] memory siblings) = _evidence(_shard(K), 1);
        which %= K + 1;
        uint256 length = uint256(cut) * 5 == 1024 ? 0 : uint256(cut) * 5;
        bytes memory kept = chunks[which];
        chunks[which] = new bytes(length);
        _expect(abi.encodeWithSelector(MerkleChunks.WrongChunkLength.selector, 1024, length));
        SHARDS.proveBadParity(id, 0, 1, chunks, siblings);

        chunks[which] = kept;
        siblings[which] = new bytes32[](cut == 3 ? 4 : cut);
        _expect(abi.encodeWithSelector(MerkleChunks.WrongProofLength.selector, 3, siblings[which].length));
        SHARDS.proveBadParity(id, 0, 1, chunks, siblings);
    }

    function testFuzz_parity_and_chunks_that_do_not_exist(uint8 p, uint32 chunkIndex, uint256 unknown) public {
        p = uint8(bound(p, M, 200));
        _expect(abi.encodeWithSelector(IModelShardRegistry.NoSuchShard.selector, uint256(K) + p, SHARD_COUNT));
        SHARDS.proveBadParity(id, p, 0, new bytes[](K + 1), new bytes32[][](K + 1));
        chunkIndex = uint32(bound(chunkIndex, CHUNKS, type(uint32).max));
        _expect(abi.encodeWithSelector(MerkleChunks.ChunkIndexTooHigh.selector, chunkIndex, CHUNKS));
        SHARDS.proveBadParity(id, 0, chunkIndex, new bytes[](K + 1), new bytes32[][](K + 1));
        vm.assume(unknown != RegistrationId.unwrap(id));
        RegistrationId none = RegistrationId.wrap(unknown);
        _expect(abi.encodeWithSelector(IModelShardRegistry.WrongStatus.selector, none, RegistrationStatus.None));
        SHARDS.proveBadParity(none, 0, 0, new bytes[](K + 1), new bytes32[][](K + 1));
    }
}
