// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChallengeId, RegistrationId} from "../../src/interfaces/IModelShardRegistry.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {ModelShardRegistry} from "../../src/l2/ModelShardRegistry.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {ChunkTree, ReferenceCode} from "../lib/ReferenceCode.sol";
import {L2Fixture} from "./L2Fixture.sol";

/// The registry, and a model in 3 + 2 shards of 5 chunks, encoded by the reference.
abstract contract ShardFixture is L2Fixture {
    ModelShardRegistry internal constant SHARDS = ModelShardRegistry(Predeploys.MODEL_SHARD_REGISTRY);
    uint8 internal constant K = 3;
    uint8 internal constant M = 2;
    uint8 internal constant SHARD_COUNT = K + M;
    uint32 internal constant CHUNKS = 5;
    uint64 internal constant SIZE_BYTES = uint64(K) * CHUNKS * 1024 - 100;
    bytes32 internal constant MODEL = keccak256("model");
    address internal constant TREASURY = Predeploys.TIMELOCK;

    uint256 internal bond;
    uint256 internal challengeBond;
    uint256 internal penalty;
    address internal registrant = makeAddr("registrant");
    address internal challenger = makeAddr("challenger");
    address[3] internal providers;

    bytes[][SHARD_COUNT] private chunksOf;
    RegistrationId internal id;

    function setUp() public virtual override {
        super.setUp();
        vm.roll(1000);
        _predeploy(Predeploys.MODEL_SHARD_REGISTRY, type(ModelShardRegistry).creationCode);
        (bond, challengeBond, penalty) = (SHARDS.REGISTRATION_BOND(), SHARDS.CHALLENGE_BOND(), SHARDS.PENALTY());
        for (uint256 i = 0; i < 3; i++) {
            providers[i] = makeAddr(string.concat("provider ", vm.toString(i)));
            _stake(providers[i], Role.Provider);
        }
        _encode();
        id = _register(registrant, MODEL, _roots());
    }

    function _encode() private {
        for (uint256 j = 0; j < CHUNKS; j++) {
            bytes[] memory data = new bytes[](K);
            for (uint256 i = 0; i < K; i++) {
                data[i] = _content(i, j);
                chunksOf[i].push(data[i]);
            }
            for (uint256 number = K; number < SHARD_COUNT; number++) {
                chunksOf[number].push(ReferenceCode.combine(ReferenceCode.row(K, number), data));
            }
        }
    }

    function _content(uint256 shard, uint256 chunk) internal pure returns (bytes memory content) {
        for (uint256 w = 0; w < 32; w++) {
            content = abi.encodePacked(content, keccak256(abi.encode(shard, chunk, w)));
        }
    }

    function _shard(uint256 number) internal view returns (bytes[] memory) {
        return chunksOf[number];
    }

    function _roots() internal view returns (bytes32[] memory roots) {
        roots = new bytes32[](SHARD_COUNT);
        for (uint256 number = 0; number < SHARD_COUNT; number++) {
            roots[number] = ChunkTree.root(_shard(number));
        }
    }

    // Steps

    function _register(address who, bytes32 modelId, bytes32[] memory roots) internal returns (RegistrationId) {
        _give(who, bond, address(SHARDS));
        vm.prank(who);
        return SHARDS.register(modelId, SIZE_BYTES, K, roots);
    }

    /// A provider with the minimum stake and a name of its number.
    function _newProvider(uint256 number) internal returns (address provider) {
        provider = makeAddr(string.concat("new provider ", vm.toString(number)));
        _stake(provider, Role.Provider);
    }

    function _announce(address provider, uint8 shard) internal {
        vm.prank(provider);
        SHARDS.announce(id, shard);
    }

    function _leave(address provider) internal {
        vm.prank(provider);
        STAKING.requestUnstake(Role.Provider);
    }

    function _challenge(address who, uint8 shard, address provider) internal returns (ChallengeId) {
        _give(who, challengeBond, address(SHARDS));
        vm.prank(who);
        return SHARDS.challenge(id, shard, provider);
    }

    /// A challenge whose chunk can be drawn.
    function _challengeDrawable(uint8 shard, address provider) internal returns (ChallengeId challengeId) {
        challengeId = _challenge(challenger, shard, provider);
        vm.roll(SHARDS.challengeOf(challengeId).drawBlock + 1);
    }

    function _respond(ChallengeId challengeId) internal {
        address provider = SHARDS.challengeOf(challengeId).provider;
        uint32 chunkIndex = SHARDS.draw(challengeId);
        bytes[] memory shard = _shard(SHARDS.challengeOf(challengeId).shard);
        bytes32[] memory proof = ChunkTree.proof(shard, chunkIndex);
        vm.prank(provider);
        SHARDS.respond(challengeId, shard[chunkIndex], proof);
    }

    function _proof(ChallengeId challengeId) internal returns (bytes memory chunk, bytes32[] memory siblings) {
        uint32 chunkIndex = SHARDS.draw(challengeId);
        bytes[] memory shard = _shard(SHARDS.challengeOf(challengeId).shard);
        return (shard[chunkIndex], ChunkTree.proof(shard, chunkIndex));
    }

    function _respondAs(address who, ChallengeId challengeId, bytes memory chunk, bytes32[] memory siblings) internal {
        vm.prank(who);
        SHARDS.respond(challengeId, chunk, siblings);
    }

    function _stakeOf(address provider) internal view returns (uint256) {
        return STAKING.positionOf(provider, Role.Provider).amount;
    }

    function _liveShards() internal view returns (uint8 liveShards) {
        (liveShards,) = SHARDS.checkAvailability(id);
    }

    function _recoverable() internal view returns (bool recoverable) {
        (, recoverable) = SHARDS.checkAvailability(id);
    }
}
