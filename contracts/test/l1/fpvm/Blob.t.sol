// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../../src/interfaces/IStepVerifier.sol";
import {PreimageOracle} from "../../../src/lib/fpvm/PreimageOracle.sol";
import {FpvmFixture, Machine, Proof} from "./FpvmFixture.sol";

/// Reads of blobs, opened for the precompile: polynomials whose commitments and proofs are known points.
contract BlobTest is FpvmFixture {
    uint64 private constant BLOB = 131_072;
    uint256 private constant R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    bytes private constant INFINITY =
        hex"c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
    bytes private constant G1 =
        hex"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
    /// G1 times the secret of the KZG ceremony: commits to the polynomial X, whose every opening has the proof G1.
    bytes private constant TAU_G1 =
        hex"ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81";

    // --- elements

    function test_a_blob_of_zeros() public view {
        _reads(INFINITY, INFINITY, 0, 0);
        _reads(INFINITY, INFINITY, BLOB - 32, 0);
    }

    function test_a_blob_of_ones() public view {
        _reads(G1, INFINITY, 0, bytes32(uint256(1)));
        _reads(G1, INFINITY, 32 * 1234, bytes32(uint256(1)));
    }

    /// Each element of this blob is another: the root of unity of its index.
    function test_the_blob_of_the_identity_tells_indexes_apart() public {
        uint256 w = _pow(7, (R - 1) / 4096);
        _reads(TAU_G1, G1, 0, bytes32(uint256(1)));
        _reads(TAU_G1, G1, 32, bytes32(R - 1));
        _reads(TAU_G1, G1, 32 * 2048, bytes32(w));
        _reads(TAU_G1, G1, 32 * 4095, bytes32(_pow(w, 4095)));
        _reads(TAU_G1, G1, 32 * 0x123, bytes32(_pow(w, 0xc48)));

        _refuses(TAU_G1, G1, 32, bytes32(w), bytes32(R - 1));
        _refuses(TAU_G1, G1, 32 * 2048, bytes32(R - 1), bytes32(w));
    }

    /// A vector of the precompile, of a polynomial without structure: its point is w, which is that of element 2048.
    function test_a_blob_of_the_ethereum_vectors() public view {
        bytes memory commitment =
            hex"8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7";
        bytes memory proof =
            hex"873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a";
        assertEq(_versionedHash(commitment), 0x01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b);
        bytes32 element = 0x24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1;
        _reads(commitment, proof, 32 * 2048, element);
    }

    // --- what is not there

    function test_past_the_end_there_is_nothing() public view {
        uint64[3] memory offsets = [BLOB, BLOB + 32, type(uint64).max - 31];
        for (uint256 i = 0; i < 3; ++i) {
            Machine memory m = _machineAt(keccak256("any"), offsets[i]);
            Machine memory after_ = _next(m);
            after_.x[A0] = 0;
            _setLeaf(after_, DATA, 0);
            _expect(m, _dataProof(m, DATA), after_);
        }
    }

    function test_misaligned_offsets_trap() public view {
        uint64[7] memory offsets = [uint64(1), 16, 31, 33, BLOB + 1, BLOB + 16, type(uint64).max];
        for (uint256 i = 0; i < 7; ++i) {
            _expectTrap(_machineAt(keccak256("any"), offsets[i]), 5);
        }
    }

    // --- openings

    function test_an_opening_has_128_bytes() public {
        uint256[4] memory lengths = [uint256(0), 127, 129, 192];
        Machine memory m = _machineAt(_versionedHash(INFINITY), 0);
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory opening = bytes.concat(INFINITY, INFINITY, new bytes(96));
            assembly ("memory-safe") {
                mstore(opening, mload(add(lengths, shl(5, i))))
            }
            bytes4 selector = IStepVerifier.OracleDataLength.selector;
            _refuses(m, opening, abi.encodeWithSelector(selector, 128, lengths[i]));
        }
    }

    function test_wrong_openings_are_refused() public {
        bytes32 one = bytes32(uint256(1));
        _refuses(INFINITY, INFINITY, 0, one, one);
        _refuses(G1, G1, 0, one, one);
        // No canonical field element.
        _refuses(INFINITY, INFINITY, 0, bytes32(R), one);
        // No point of the curve.
        _refuses(new bytes(48), INFINITY, 0, 0, one);
    }

    function test_the_commitment_must_be_that_of_the_key() public {
        bytes32 key = _versionedHash(G1);
        bytes memory opening = bytes.concat(INFINITY, INFINITY, bytes32(0));
        bytes4 selector = IStepVerifier.PointEvaluationFailed.selector;
        _refuses(_machineAt(key, 0), opening, abi.encodeWithSelector(selector, key, uint256(1), uint256(0)));
    }

    function test_the_precompile_must_answer_as_specified() public {
        bytes32 key = _versionedHash(INFINITY);
        bytes memory opening = bytes.concat(INFINITY, INFINITY, bytes32(0));
        bytes memory failure =
            abi.encodeWithSelector(IStepVerifier.PointEvaluationFailed.selector, key, uint256(1), uint256(0));
        bytes[4] memory answers = [bytes(""), abi.encode(4096), abi.encode(4096, R, uint256(0)), abi.encode(4095, R)];
        for (uint256 i = 0; i < 4; ++i) {
            vm.mockCall(address(0x0a), "", answers[i]);
            _refuses(_machineAt(key, 0), opening, failure);
        }
        vm.clearMockedCalls();
        vm.mockCallRevert(address(0x0a), "", abi.encode(4096, R));
        _refuses(_machineAt(key, 0), opening, failure);
        vm.clearMockedCalls();
        _reads(INFINITY, INFINITY, 0, 0);
    }

    // --- roots of unity

    function test_the_root_of_unity_is_primitive() public pure {
        assertEq(PreimageOracle.ROOT_OF_UNITY, _pow(7, (R - 1) / 4096));
        assertEq(_pow(PreimageOracle.ROOT_OF_UNITY, 4096), 1);
        assertEq(_pow(PreimageOracle.ROOT_OF_UNITY, 2048), R - 1);
    }

    function test_points_are_in_bit_reversed_order() public pure {
        uint16[2][8] memory reversed = [
            [uint16(0), 0],
            [uint16(1), 2048],
            [uint16(2), 1024],
            [uint16(3), 3072],
            [uint16(0x123), 0xc48],
            [uint16(0x800), 1],
            [uint16(0xffe), 0x7ff],
            [uint16(0xfff), 0xfff]
        ];
        for (uint256 i = 0; i < 8; ++i) {
            uint256 expected = _pow(PreimageOracle.ROOT_OF_UNITY, reversed[i][1]);
            assertEq(PreimageOracle.rootOfUnity(reversed[i][0]), expected);
        }
    }

    // --- helpers

    function _machineAt(bytes32 key, uint64 offset) private pure returns (Machine memory m) {
        m = _ecall(2561, DATA, 2);
        (m.key, m.offset) = (key, offset);
        _setLeaf(m, DATA, keccak256("old"));
    }

    function _reads(bytes memory commitment, bytes memory proof, uint64 offset, bytes32 element) private view {
        Machine memory m = _machineAt(_versionedHash(commitment), offset);
        Proof memory p = _dataProof(m, DATA);
        p.oracleData = bytes.concat(commitment, proof, element);
        Machine memory after_ = _next(m);
        (after_.x[A0], after_.offset) = (32, offset + 32);
        _setLeaf(after_, DATA, element);
        _expect(m, p, after_);
    }

    function _refuses(bytes memory commitment, bytes memory proof, uint64 offset, bytes32 element, bytes32 z) private {
        bytes32 key = _versionedHash(commitment);
        bytes memory opening = bytes.concat(commitment, proof, element);
        bytes4 selector = IStepVerifier.PointEvaluationFailed.selector;
        _refuses(_machineAt(key, offset), opening, abi.encodeWithSelector(selector, key, z, element));
    }

    function _refuses(Machine memory m, bytes memory opening, bytes memory revertData) private {
        Proof memory p = _dataProof(m, DATA);
        p.oracleData = opening;
        _refuses(m, p, revertData);
    }

    function _versionedHash(bytes memory commitment) private pure returns (bytes32) {
        return bytes32((uint256(sha256(commitment)) & (type(uint256).max >> 8)) | (1 << 248));
    }

    function _pow(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, R);
            base = mulmod(base, base, R);
        }
    }
}
