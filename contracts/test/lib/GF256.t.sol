// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GF256} from "../../src/lib/GF256.sol";
import {Test} from "../Test.sol";
import {ReferenceCode} from "./ReferenceCode.sol";

contract GF256Test is Test {
    /// All 32 bytes times `c`, as the code does it: Horner over the bits of c.
    function _times(uint256 word, uint8 c) private pure returns (uint256 product) {
        for (uint256 bits = 8; bits > 0; bits--) {
            product = GF256.timesX(product);
            if (c >> (bits - 1) & 1 == 1) product ^= word;
        }
    }

    function _mul(uint8 a, uint8 b) private pure returns (uint8) {
        return uint8(_times(a, b));
    }

    function testFuzz_each_byte_of_a_word_is_multiplied_for_itself(uint256 word, uint8 c) public pure {
        uint256 product = _times(word, c);
        for (uint256 i = 0; i < 256; i += 8) {
            assertEq(uint8(product >> i), ReferenceCode.mul(uint8(word >> i), c));
        }
    }

    function testFuzz_multiplication_is_commutative_and_associative(uint8 a, uint8 b, uint8 c) public pure {
        assertEq(_mul(a, b), _mul(b, a));
        assertEq(_mul(_mul(a, b), c), _mul(a, _mul(b, c)));
    }

    function testFuzz_multiplication_distributes_over_addition(uint256 a, uint256 b, uint8 c) public pure {
        assertEq(_times(a ^ b, c), _times(a, c) ^ _times(b, c));
    }

    function testFuzz_one_is_neutral_and_zero_annihilates(uint256 word) public pure {
        assertEq(_times(word, 1), word);
        assertEq(_times(word, 0), 0);
        assertEq(_times(0, uint8(word)), 0);
    }

    function testFuzz_what_is_not_zero_has_one_inverse(uint8 a) public pure {
        uint256 found = 0;
        for (uint256 b = 0; b < 256; b++) {
            if (_mul(a, uint8(b)) == 1) found++;
        }
        assertEq(found, a == 0 ? 0 : 1);
    }

    function test_the_table_holds_the_inverses() public pure {
        for (uint256 v = 1; v < 64; v++) {
            assertEq(_mul(uint8(v), GF256.inverseBelow64(v)), 1);
            assertEq(GF256.inverseBelow64(v), ReferenceCode.inverse(uint8(v)));
        }
    }

    function test_x_generates_the_field() public pure {
        uint256 power = 1;
        for (uint256 i = 1; i < 255; i++) {
            power = GF256.timesX(power);
            assertTrue(power != 1 && power != 0);
        }
        assertEq(GF256.timesX(power), 1);
    }
}
