// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReedSolomon} from "../../src/lib/ReedSolomon.sol";
import {Test} from "../Test.sol";
import {ReferenceCode} from "./ReferenceCode.sol";

contract Encoder {
    function parity(uint256 k, uint256 p, bytes[] calldata chunks) external pure returns (bytes memory) {
        return ReedSolomon.parity(k, p, chunks);
    }
}

contract ReedSolomonTest is Test {
    Encoder private encoder = new Encoder();

    function _data(uint256 k, uint256 length, uint256 seed) private pure returns (bytes[] memory chunks) {
        chunks = new bytes[](k);
        for (uint256 i = 0; i < k; i++) {
            chunks[i] = new bytes(length);
            for (uint256 t = 0; t < length; t++) {
                chunks[i][t] = keccak256(abi.encode(seed, i, t / 32))[t % 32];
            }
        }
    }

    function _copy(bytes[] memory chunks) private pure returns (bytes[] memory) {
        return abi.decode(abi.encode(chunks), (bytes[]));
    }

    function testFuzz_parity_is_the_sum_that_the_matrix_says(uint256 k, uint256 p, uint256 words, uint256 seed)
        public
        view
    {
        (k, p, words) = (bound(k, 1, 32), bound(p, 0, 31), bound(words, 1, 3));
        bytes[] memory chunks = _data(k, 32 * words, seed);
        bytes memory expected = ReferenceCode.combine(ReferenceCode.row(k, k + p), chunks);
        assertEq(encoder.parity(k, p, chunks), expected);
    }

    /// The shards that are left are drawn with `seed`.
    function testFuzz_any_k_shards_restore_the_data(uint256 k, uint256 m, uint256 seed) public view {
        (k, m) = (bound(k, 1, 8), bound(m, 1, 32));
        uint256[] memory numbers = new uint256[](k + m);
        for (uint256 i = 0; i < k + m; i++) {
            uint256 at = uint256(keccak256(abi.encode(seed, "left", i))) % (i + 1);
            numbers[i] = numbers[at];
            numbers[at] = i;
        }
        _assertRestored(k, numbers, seed);
    }

    function test_the_parity_shards_alone_restore_the_data() public view {
        uint256[] memory numbers = new uint256[](32);
        for (uint256 i = 0; i < 32; i++) {
            numbers[i] = 32 + i;
        }
        _assertRestored(32, numbers, 1);
    }

    function _assertRestored(uint256 k, uint256[] memory numbers, uint256 seed) private view {
        bytes[] memory data = _data(k, 32, seed);
        bytes[] memory left = new bytes[](k);
        for (uint256 i = 0; i < k; i++) {
            left[i] = numbers[i] < k ? data[numbers[i]] : encoder.parity(k, numbers[i] - k, data);
        }
        left = _copy(left);
        ReferenceCode.restore(k, numbers, left);
        for (uint256 i = 0; i < k; i++) {
            assertEq(left[i], data[i]);
        }
    }

    /// Written by another program.
    function test_a_frozen_vector() public view {
        bytes[] memory data = new bytes[](3);
        for (uint256 i = 0; i < 3; i++) {
            data[i] = new bytes(32);
            for (uint256 t = 0; t < 32; t++) {
                data[i][t] = bytes1(uint8(7 * (32 * i + t) + 3));
            }
        }
        assertEq(encoder.parity(3, 0, data), hex"3db928acd00c7e199a2d5f3844c0aa2e4eca8004781f6db132552790ec68f97d");
        assertEq(encoder.parity(3, 1, data), hex"013f7d43a2a8bfd49160771cfdc399a7b789ba84650e1913563d2adb3a044678");
    }
}
