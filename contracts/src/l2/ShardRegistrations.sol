// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {
    IModelShardRegistry,
    Registration,
    RegistrationId,
    RegistrationStatus
} from "../interfaces/IModelShardRegistry.sol";
import {MerkleChunks} from "../lib/MerkleChunks.sol";
import {Predeploys} from "../lib/Predeploys.sol";
import {ReedSolomon} from "../lib/ReedSolomon.sol";

/// @title What models were registered in which shards, and the bonds on their parity
abstract contract ShardRegistrations is IModelShardRegistry, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint128 public constant REGISTRATION_BOND = 100 ether;
    uint64 public constant BOND_SECONDS = 14 days;

    IERC20 internal constant ATN = IERC20(Predeploys.ATN);

    mapping(RegistrationId => Registration) internal _registrations;
    mapping(RegistrationId => bytes32[]) internal _roots;

    /// @inheritdoc IModelShardRegistry
    function register(bytes32 modelId, uint64 sizeBytes, uint8 dataShards, bytes32[] calldata roots)
        external
        nonReentrant
        returns (RegistrationId id)
    {
        uint256 k = dataShards;
        if (
            k == 0 || k > ReedSolomon.MAX_DATA_SHARDS || roots.length <= k
                || roots.length > k + ReedSolomon.MAX_PARITY_SHARDS
        ) revert ShardCountOutOfBounds(k, roots.length);
        uint256 stripe = k * MerkleChunks.CHUNK_BYTES;
        uint256 maxBytes = stripe * MerkleChunks.MAX_CHUNKS;
        if (sizeBytes == 0 || sizeBytes > maxBytes) revert SizeOutOfBounds(sizeBytes, maxBytes);
        id = registrationIdOf(modelId, msg.sender, sizeBytes, dataShards, roots);
        Registration storage r = _registrations[id];
        if (r.status != RegistrationStatus.None) revert AlreadyRegistered(id);

        (r.modelId, r.registrant, r.status) = (modelId, msg.sender, RegistrationStatus.Active);
        (r.dataShards, r.parityShards) = (dataShards, uint8(roots.length - k));
        r.chunkCount = uint32((sizeBytes + stripe - 1) / stripe);
        r.sizeBytes = sizeBytes;
        r.bond = REGISTRATION_BOND;
        r.bondUnlockAt = uint64(block.timestamp) + BOND_SECONDS;
        _roots[id] = roots;
        emit ShardsRegistered(id, modelId, msg.sender, sizeBytes, dataShards, r.chunkCount, r.bondUnlockAt, roots);
        ATN.safeTransferFrom(msg.sender, address(this), REGISTRATION_BOND);
    }

    /// @inheritdoc IModelShardRegistry
    function retire(RegistrationId id) external {
        Registration storage r = _requireActive(id);
        if (msg.sender != r.registrant) revert NotRegistrant(msg.sender);
        r.status = RegistrationStatus.Retired;
        emit RegistrationRetired(id);
    }

    /// @inheritdoc IModelShardRegistry
    function withdrawBond(RegistrationId id) external nonReentrant {
        Registration storage r = _registrations[id];
        if (msg.sender != r.registrant) revert NotRegistrant(msg.sender);
        if (r.bond == 0) revert NoBond(id);
        if (block.timestamp < r.bondUnlockAt) revert BondLocked(r.bondUnlockAt);
        uint256 amount = r.bond;
        r.bond = 0;
        emit BondReturned(id, msg.sender, amount);
        ATN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IModelShardRegistry
    function proveBadParity(
        RegistrationId id,
        uint8 parityIndex,
        uint32 chunkIndex,
        bytes[] calldata chunks,
        bytes32[][] calldata siblings
    ) external nonReentrant {
        Registration storage r = _registrations[id];
        if (r.status != RegistrationStatus.Active && r.status != RegistrationStatus.Retired) {
            revert WrongStatus(id, r.status);
        }
        _requireBadParity(id, parityIndex, chunkIndex, chunks, siblings);
        uint256 toProver = r.bond / 2; // Rounds down: the registrant may be the prover.
        uint256 toTreasury = r.bond - toProver;
        r.bond = 0;
        r.status = RegistrationStatus.Delisted;
        emit BadParityProven(id, msg.sender, parityIndex, chunkIndex, toProver, toTreasury);
        ATN.safeTransfer(msg.sender, toProver);
        ATN.safeTransfer(Predeploys.TIMELOCK, toTreasury);
    }

    /// @inheritdoc IModelShardRegistry
    function registration(RegistrationId id) external view returns (Registration memory) {
        return _registrations[id];
    }

    /// @inheritdoc IModelShardRegistry
    function rootsOf(RegistrationId id) external view returns (bytes32[] memory) {
        return _roots[id];
    }

    /// @inheritdoc IModelShardRegistry
    function registrationIdOf(
        bytes32 modelId,
        address registrant,
        uint64 sizeBytes,
        uint8 dataShards,
        bytes32[] calldata roots
    ) public view returns (RegistrationId) {
        bytes memory preimage = abi.encode(block.chainid, modelId, registrant, sizeBytes, dataShards, roots);
        return RegistrationId.wrap(uint256(keccak256(preimage)));
    }

    function _requireActive(RegistrationId id) internal view returns (Registration storage r) {
        r = _registrations[id];
        if (r.status != RegistrationStatus.Active) revert WrongStatus(id, r.status);
    }

    function _requireBadParity(
        RegistrationId id,
        uint8 parityIndex,
        uint32 chunkIndex,
        bytes[] calldata chunks,
        bytes32[][] calldata siblings
    ) private view {
        Registration storage r = _registrations[id];
        bytes32[] storage roots = _roots[id];
        (uint256 k, uint256 chunkCount) = (r.dataShards, r.chunkCount);
        if (parityIndex >= r.parityShards) revert NoSuchShard(k + parityIndex, roots.length);
        if (chunks.length != k + 1 || siblings.length != k + 1) {
            revert WrongChunkCount(k + 1, chunks.length, siblings.length);
        }
        for (uint256 i = 0; i <= k; i++) {
            bytes32 root = roots[i < k ? i : k + parityIndex];
            MerkleChunks.requireChunk(root, chunkCount, chunkIndex, chunks[i], siblings[i]);
        }
        if (keccak256(ReedSolomon.parity(k, parityIndex, chunks)) == keccak256(chunks[k])) {
            revert ParityIsRight(parityIndex, chunkIndex);
        }
    }
}
