// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChallengeId, RegistrationId, RegistrationStatus} from "../../src/interfaces/IModelShardRegistry.sol";
import {ChunkTree, ReferenceCode} from "../lib/ReferenceCode.sol";
import {ShardFixture} from "./ShardFixture.sol";

/// The largest shards there can be, 2^20 chunks each: proofs stay well below the 2^24 gas of a transaction. Gas is that of the
/// execution in a transaction that has touched the storage already; the calldata comes on top.
contract ShardGasTest is ShardFixture {
    uint256 private constant INDEX = 0xa53c5;

    function _siblings(uint256 shard) private pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](20);
        for (uint256 i = 0; i < 20; i++) {
            siblings[i] = keccak256(abi.encode("sibling", shard, i));
        }
    }

    /// A registration of k + m shards of which chunk INDEX is known: of the data shards, and of the last parity shard, one bit
    /// of which is wrong.
    function _registerHuge(uint8 k, uint8 m) private returns (bytes[] memory chunks, bytes32[][] memory siblings) {
        bytes32[] memory roots = new bytes32[](uint256(k) + m);
        bytes[] memory data = new bytes[](k);
        chunks = new bytes[](uint256(k) + 1);
        siblings = new bytes32[][](uint256(k) + 1);
        for (uint256 i = 0; i <= k; i++) {
            if (i < k) (data[i], chunks[i]) = (_content(i, INDEX), _content(i, INDEX));
            else chunks[i] = ReferenceCode.combine(ReferenceCode.row(k, roots.length - 1), data);
            if (i == k) chunks[i][1023] ^= 0x80;
            siblings[i] = _siblings(i);
            roots[i < k ? i : roots.length - 1] = ChunkTree.rootOver(ChunkTree.leaf(chunks[i]), INDEX, siblings[i]);
        }
        _give(registrant, bond, address(SHARDS));
        vm.prank(registrant);
        id = SHARDS.register(MODEL, uint64(k) << 30, k, roots);
    }

    function _gasOfProof(uint8 k, uint8 m) private returns (uint256 used) {
        (bytes[] memory chunks, bytes32[][] memory siblings) = _registerHuge(k, m);
        assertEq(SHARDS.registration(id).chunkCount, 1 << 20);
        uint256 start = gasleft();
        SHARDS.proveBadParity(id, m - 1, uint32(INDEX), chunks, siblings);
        used = start - gasleft();
        assertTrue(SHARDS.registration(id).status == RegistrationStatus.Delisted);
    }

    function test_gas_of_bad_parity_of_4_data_shards() public {
        assertLe(_gasOfProof(4, 2), 300_000);
    }

    function test_gas_of_bad_parity_of_16_data_shards() public {
        assertLe(_gasOfProof(16, 8), 700_000);
    }

    function test_gas_of_bad_parity_of_32_data_shards() public {
        assertLe(_gasOfProof(32, 32), 1_500_000);
    }

    /// All chunks are the same, so that the proof is the same for whatever is drawn.
    function testFuzz_gas_of_an_answer(bytes32 hash) public {
        vm.assume(hash != 0);
        bytes memory chunk = _content(0, 0);
        bytes32[] memory siblings = new bytes32[](20);
        bytes32[] memory roots = new bytes32[](64);
        roots[0] = ChunkTree.leaf(chunk);
        for (uint256 i = 0; i < 20; i++) {
            siblings[i] = roots[0];
            roots[0] = keccak256(abi.encodePacked(hex"01", roots[0], roots[0]));
        }
        _give(registrant, bond, address(SHARDS));
        vm.prank(registrant);
        uint256 start = gasleft();
        id = SHARDS.register(MODEL, 32 << 30, 32, roots);
        assertLe(start - gasleft(), 2_000_000);
        _announce(providers[0], 0);
        ChallengeId challengeId = _challengeDrawable(0, providers[0]);
        vm.setBlockhash(SHARDS.challengeOf(challengeId).drawBlock, hash);
        vm.prank(providers[0]);
        start = gasleft();
        SHARDS.respond(challengeId, chunk, siblings);
        assertLe(start - gasleft(), 60_000);
    }

    /// One chunk is its own tree, and a copy of it the first parity shard.
    function testFuzz_a_model_of_one_byte_in_one_shard(uint8 delta) public {
        bytes[] memory chunks = new bytes[](2);
        (chunks[0], chunks[1]) = (_content(0, 0), _content(0, 0));
        chunks[1][5] ^= bytes1(delta);
        bytes32[] memory roots = new bytes32[](2);
        (roots[0], roots[1]) = (ChunkTree.leaf(chunks[0]), ChunkTree.leaf(chunks[1]));
        _give(registrant, bond, address(SHARDS));
        vm.prank(registrant);
        RegistrationId made = SHARDS.register(MODEL, 1, 1, roots);
        (bool proven,) =
            address(SHARDS).call(abi.encodeCall(SHARDS.proveBadParity, (made, 0, 0, chunks, new bytes32[][](2))));
        assertEq(proven, delta != 0);
    }
}
