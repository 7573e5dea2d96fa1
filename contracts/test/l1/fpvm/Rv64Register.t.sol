// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FpvmFixture, Machine} from "./FpvmFixture.sol";

/// Register-register instructions. The expected results are literals.
contract Rv64RegisterTest is FpvmFixture {
    /// Operands: sixteen pairs.
    bytes private constant OPERANDS = hex"000000000000000000000000000000000000000000000001ffffffffffffffff"
        hex"ffffffffffffffff00000000000000018000000000000000ffffffffffffffff"
        hex"800000000000000000000000000000007fffffffffffffff7fffffffffffffff"
        hex"80000000000000008000000000000000ffffffffffffffffffffffffffffffff"
        hex"0000000080000000ffffffffffffffffffffffff8000000000000000ffffffff"
        hex"123456789abcdef0fedcba98765432100000000000000007fffffffffffffffe"
        hex"fffffffffffffff9000000000000000280000000000000010000000000000021"
        hex"000000000000000500000001000000000000000180000001000000007fffffff";

    function test_additions_and_comparisons() public view {
        _op(
            "add",
            _r(0x00, 0, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000000000000000000007fffffffffffffff"
            hex"8000000000000000fffffffffffffffe0000000000000000fffffffffffffffe"
            hex"000000007fffffff000000007fffffff11111111111111000000000000000005"
            hex"fffffffffffffffb800000000000002200000001000000050000000200000000"
        );
        _op(
            "sub",
            _r(0x20, 0, 0x33, 7, 5, 6),
            hex"00000000000000000000000000000002fffffffffffffffe8000000000000001"
            hex"8000000000000000000000000000000000000000000000000000000000000000"
            hex"0000000080000001fffffffe8000000113579be02468ace00000000000000009"
            hex"fffffffffffffff77fffffffffffffe0ffffffff000000050000000100000002"
        );
        _op(
            "slt",
            _r(0x00, 2, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000000000000000000010000000000000001"
            hex"0000000000000001000000000000000000000000000000000000000000000000"
            hex"0000000000000000000000000000000100000000000000000000000000000000"
            hex"0000000000000001000000000000000100000000000000010000000000000000"
        );
        _op(
            "sltu",
            _r(0x00, 3, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000100000000000000000000000000000001"
            hex"0000000000000000000000000000000000000000000000000000000000000000"
            hex"0000000000000001000000000000000000000000000000010000000000000001"
            hex"0000000000000000000000000000000000000000000000010000000000000000"
        );
    }

    function test_shifts() public view {
        _op(
            "sll",
            _r(0x00, 1, 0x33, 7, 5, 6),
            hex"00000000000000008000000000000000fffffffffffffffe0000000000000000"
            hex"8000000000000000800000000000000080000000000000008000000000000000"
            hex"0000000000000000000000000000000056789abcdef00000c000000000000000"
            hex"ffffffffffffffe4000000020000000000000000000000058000000000000000"
        );
        _op(
            "srl",
            _r(0x00, 5, 0x33, 7, 5, 6),
            hex"000000000000000000000000000000007fffffffffffffff0000000000000001"
            hex"8000000000000000000000000000000080000000000000000000000000000001"
            hex"000000000000000000000000000000010000123456789abc0000000000000000"
            hex"3ffffffffffffffe000000004000000000000000000000050000000000000000"
        );
        _op(
            "sra",
            _r(0x20, 5, 0x33, 7, 5, 6),
            hex"00000000000000000000000000000000ffffffffffffffffffffffffffffffff"
            hex"800000000000000000000000000000008000000000000000ffffffffffffffff"
            hex"0000000000000000ffffffffffffffff0000123456789abc0000000000000000"
            hex"fffffffffffffffeffffffffc000000000000000000000050000000000000000"
        );
    }

    function test_logic() public view {
        _op(
            "xor",
            _r(0x00, 4, 0x33, 7, 5, 6),
            hex"0000000000000000fffffffffffffffefffffffffffffffe7fffffffffffffff"
            hex"8000000000000000000000000000000000000000000000000000000000000000"
            hex"ffffffff7fffffffffffffff7fffffffece8ece0ece8ece0fffffffffffffff9"
            hex"fffffffffffffffb8000000000000020000000010000000500000001fffffffe"
        );
        _op(
            "or",
            _r(0x00, 6, 0x33, 7, 5, 6),
            hex"0000000000000000ffffffffffffffffffffffffffffffffffffffffffffffff"
            hex"80000000000000007fffffffffffffff8000000000000000ffffffffffffffff"
            hex"fffffffffffffffffffffffffffffffffefcfef8fefcfef0ffffffffffffffff"
            hex"fffffffffffffffb8000000000000021000000010000000500000001ffffffff"
        );
        _op(
            "and",
            _r(0x00, 7, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000100000000000000018000000000000000"
            hex"00000000000000007fffffffffffffff8000000000000000ffffffffffffffff"
            hex"0000000080000000000000008000000012141218121412100000000000000006"
            hex"0000000000000000000000000000000100000000000000000000000000000001"
        );
    }

    function test_products() public view {
        _op(
            "mul",
            _r(0x01, 0, 0x33, 7, 5, 6),
            hex"0000000000000000ffffffffffffffffffffffffffffffff8000000000000000"
            hex"0000000000000000000000000000000100000000000000000000000000000001"
            hex"ffffffff800000008000000080000000236d88fe5618cf00fffffffffffffff2"
            hex"fffffffffffffff280000000000000210000000500000000bffffffeffffffff"
        );
        _op(
            "mulh",
            _r(0x01, 1, 0x33, 7, 5, 6),
            hex"0000000000000000ffffffffffffffffffffffffffffffff0000000000000000"
            hex"00000000000000003fffffffffffffff40000000000000000000000000000000"
            hex"ffffffffffffffffffffffffffffffffffeb49923cc09532ffffffffffffffff"
            hex"ffffffffffffffffffffffffffffffef00000000000000000000000000000000"
        );
        _op(
            "mulhsu",
            _r(0x01, 2, 0x33, 7, 5, 6),
            hex"00000000000000000000000000000000ffffffffffffffff8000000000000000"
            hex"00000000000000003fffffffffffffffc000000000000000ffffffffffffffff"
            hex"000000007fffffffffffffffffffffff121fa00ad77d74220000000000000006"
            hex"ffffffffffffffffffffffffffffffef00000000000000000000000000000000"
        );
        _op(
            "mulhu",
            _r(0x01, 3, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000000000000000000007fffffffffffffff"
            hex"00000000000000003fffffffffffffff4000000000000000fffffffffffffffe"
            hex"000000007fffffff00000000fffffffe121fa00ad77d74220000000000000006"
            hex"0000000000000001000000000000001000000000000000000000000000000000"
        );
    }

    function test_quotients() public view {
        _op(
            "div",
            _r(0x01, 4, 0x33, 7, 5, 6),
            hex"ffffffffffffffffffffffffffffffffffffffffffffffff8000000000000000"
            hex"ffffffffffffffff000000000000000100000000000000010000000000000001"
            hex"ffffffff800000000000000000000000fffffffffffffff1fffffffffffffffd"
            hex"fffffffffffffffdfc1f07c1f07c1f0800000000000000000000000000000003"
        );
        _op(
            "divu",
            _r(0x01, 5, 0x33, 7, 5, 6),
            hex"ffffffffffffffff0000000000000000ffffffffffffffff0000000000000000"
            hex"ffffffffffffffff000000000000000100000000000000010000000000000001"
            hex"0000000000000000000000010000000000000000000000000000000000000000"
            hex"7ffffffffffffffc03e0f83e0f83e0f800000000000000000000000000000003"
        );
        _op(
            "rem",
            _r(0x01, 6, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000000000000000000000000000000000000"
            hex"8000000000000000000000000000000000000000000000000000000000000000"
            hex"0000000000000000ffffffff800000000123456789abcde00000000000000001"
            hex"fffffffffffffffffffffffffffffff900000000000000050000000000000004"
        );
        _op(
            "remu",
            _r(0x01, 7, 0x33, 7, 5, 6),
            hex"0000000000000000000000000000000100000000000000008000000000000000"
            hex"8000000000000000000000000000000000000000000000000000000000000000"
            hex"00000000800000000000000080000000123456789abcdef00000000000000007"
            hex"0000000000000001000000000000000900000000000000050000000000000004"
        );
    }

    function test_words() public view {
        _op(
            "addw",
            _r(0x00, 0, 0x3b, 7, 5, 6),
            hex"000000000000000000000000000000000000000000000000ffffffffffffffff"
            hex"0000000000000000fffffffffffffffe0000000000000000fffffffffffffffe"
            hex"000000007fffffff000000007fffffff00000000111111000000000000000005"
            hex"fffffffffffffffb000000000000002200000000000000050000000000000000"
        );
        _op(
            "subw",
            _r(0x20, 0, 0x3b, 7, 5, 6),
            hex"00000000000000000000000000000002fffffffffffffffe0000000000000001"
            hex"0000000000000000000000000000000000000000000000000000000000000000"
            hex"ffffffff80000001ffffffff80000001000000002468ace00000000000000009"
            hex"fffffffffffffff7ffffffffffffffe000000000000000050000000000000002"
        );
        _op(
            "sllw",
            _r(0x00, 1, 0x3b, 7, 5, 6),
            hex"0000000000000000ffffffff80000000fffffffffffffffe0000000000000000"
            hex"0000000000000000ffffffff800000000000000000000000ffffffff80000000"
            hex"00000000000000000000000000000000ffffffffdef00000ffffffffc0000000"
            hex"ffffffffffffffe400000000000000020000000000000005ffffffff80000000"
        );
        _op(
            "srlw",
            _r(0x00, 5, 0x3b, 7, 5, 6),
            hex"00000000000000000000000000000000000000007fffffff0000000000000000"
            hex"0000000000000000000000000000000100000000000000000000000000000001"
            hex"000000000000000100000000000000010000000000009abc0000000000000000"
            hex"000000003ffffffe000000000000000000000000000000050000000000000001"
        );
        _op(
            "sraw",
            _r(0x20, 5, 0x3b, 7, 5, 6),
            hex"00000000000000000000000000000000ffffffffffffffff0000000000000000"
            hex"0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff"
            hex"ffffffffffffffffffffffffffffffffffffffffffff9abc0000000000000000"
            hex"fffffffffffffffe00000000000000000000000000000005ffffffffffffffff"
        );
    }

    function test_products_and_quotients_of_words() public view {
        _op(
            "mulw",
            _r(0x01, 0, 0x3b, 7, 5, 6),
            hex"0000000000000000ffffffffffffffffffffffffffffffff0000000000000000"
            hex"0000000000000000000000000000000100000000000000000000000000000001"
            hex"ffffffff80000000ffffffff80000000000000005618cf00fffffffffffffff2"
            hex"fffffffffffffff200000000000000210000000000000000ffffffffffffffff"
        );
        _op(
            "divw",
            _r(0x01, 4, 0x3b, 7, 5, 6),
            hex"ffffffffffffffffffffffffffffffffffffffffffffffff0000000000000000"
            hex"ffffffffffffffff0000000000000001ffffffffffffffff0000000000000001"
            hex"ffffffff80000000ffffffff800000000000000000000000fffffffffffffffd"
            hex"fffffffffffffffd0000000000000000ffffffffffffffffffffffffffffffff"
        );
        _op(
            "divuw",
            _r(0x01, 5, 0x3b, 7, 5, 6),
            hex"ffffffffffffffff0000000000000000ffffffffffffffff0000000000000000"
            hex"ffffffffffffffff0000000000000001ffffffffffffffff0000000000000001"
            hex"0000000000000000000000000000000000000000000000010000000000000000"
            hex"000000007ffffffc0000000000000000ffffffffffffffff0000000000000001"
        );
        _op(
            "remw",
            _r(0x01, 6, 0x3b, 7, 5, 6),
            hex"0000000000000000000000000000000000000000000000000000000000000000"
            hex"0000000000000000000000000000000000000000000000000000000000000000"
            hex"00000000000000000000000000000000ffffffff9abcdef00000000000000001"
            hex"ffffffffffffffff000000000000000100000000000000050000000000000000"
        );
        _op(
            "remuw",
            _r(0x01, 7, 0x3b, 7, 5, 6),
            hex"0000000000000000000000000000000100000000000000000000000000000000"
            hex"0000000000000000000000000000000000000000000000000000000000000000"
            hex"ffffffff80000000ffffffff80000000000000002468ace00000000000000007"
            hex"0000000000000001000000000000000100000000000000050000000000000002"
        );
    }

    /// rs1 = x5, rs2 = x6, rd = x7: one result for each pair of operands.
    function _op(string memory name, uint32 insn, bytes memory results) private view {
        assert(OPERANDS.length == 256 && results.length == 128);
        for (uint256 i = 0; i < 16; ++i) {
            Machine memory m = _machine(insn);
            (m.x[5], m.x[6]) = (_u64(OPERANDS, 2 * i), _u64(OPERANDS, 2 * i + 1));
            Machine memory after_ = _next(m);
            after_.x[7] = _u64(results, i);
            _expect(m, _fetchProof(m), after_, string.concat(name, " ", vm.toString(i)));
        }
    }

    function _u64(bytes memory words, uint256 i) private pure returns (uint64 value) {
        for (uint256 k = 0; k < 8; ++k) {
            value = (value << 8) | uint8(words[8 * i + k]);
        }
    }
}
