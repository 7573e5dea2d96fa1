// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../interfaces/IStepVerifier.sol";

/// @title What a read of the oracle returns
/// @notice Functions answer the next bytes from `offset` on, at most 32 with zeros after them, and their number.
library PreimageOracle {
    /// @notice Field elements of a blob (EIP-4844).
    uint256 internal constant ELEMENTS = 4096;
    uint256 internal constant BLOB_BYTES = 32 * ELEMENTS;
    /// @notice Bytes of an opening: commitment (48) | proof (48) | element (32).
    uint256 internal constant OPENING_BYTES = 128;
    /// @notice The order of the scalar field of BLS12-381.
    uint256 internal constant BLS_MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    /// @notice 7 is a generator of the field: 7 ** ((BLS_MODULUS - 1) / 4096), a primitive 4096th root of unity.
    uint256 internal constant ROOT_OF_UNITY = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;

    address private constant POINT_EVALUATION = address(0x0a);

    /// @notice Of a local input.
    function local(bytes32 input, uint64 offset) internal pure returns (bytes32 chunk, uint64 count) {
        if (offset >= 32) return (0, 0);
        return (input << (8 * offset), 32 - offset);
    }

    /// @notice Of the preimage of a keccak hash.
    function keccak(bytes32 hash, uint64 offset, bytes calldata preimage)
        internal
        pure
        returns (bytes32 chunk, uint64 count)
    {
        bytes32 got = keccak256(preimage);
        require(got == hash, IStepVerifier.PreimageMismatch(hash, got));
        if (offset >= preimage.length) return (0, 0);
        uint256 left = preimage.length - offset;
        count = left < 32 ? uint64(left) : 32;
        // A shorter slice is followed by zeros.
        chunk = bytes32(preimage[offset:offset + count]);
    }

    /// @notice The field element of a blob at `offset`, a multiple of 32 below BLOB_BYTES.
    function blob(bytes32 versionedHash, uint64 offset, bytes calldata opening)
        internal
        view
        returns (bytes32 element, uint64 count)
    {
        require(opening.length == OPENING_BYTES, IStepVerifier.OracleDataLength(OPENING_BYTES, opening.length));
        element = bytes32(opening[96:]);
        bytes32 z = bytes32(rootOfUnity(offset / 32));
        (bool success, bytes memory answer) =
            POINT_EVALUATION.staticcall(bytes.concat(versionedHash, z, element, opening[:96]));
        bool valid = success && keccak256(answer) == keccak256(abi.encode(ELEMENTS, BLS_MODULUS));
        require(valid, IStepVerifier.PointEvaluationFailed(versionedHash, z, element));
        count = 32;
    }

    /// @notice The point at which a blob's polynomial has element `index` as its value: ROOT_OF_UNITY to the power of
    /// the index with its 12 bits reversed.
    function rootOfUnity(uint256 index) internal pure returns (uint256 z) {
        // By squaring, from the exponent's high bit on: that is the index's low bit.
        z = 1;
        for (uint256 bit = 0; bit < 12; ++bit) {
            z = mulmod(z, z, BLS_MODULUS);
            if ((index >> bit) & 1 == 1) z = mulmod(z, ROOT_OF_UNITY, BLS_MODULUS);
        }
    }
}
