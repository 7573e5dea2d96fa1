// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FpvmFixture, Machine} from "./FpvmFixture.sol";

/// Register-immediate instructions, `lui` and `auipc`. The expected results are literals.
contract Rv64ImmediateTest is FpvmFixture {
    uint32 private constant OP_IMM = 0x13;
    uint32 private constant OP_IMM_32 = 0x1b;

    function test_addi() public view {
        _one(_i(0, 0, OP_IMM, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 0, OP_IMM, 7, 5), 0x0000000000000001, 0x0000000000000000);
        _one(_i(1, 0, OP_IMM, 7, 5), 0xffffffffffffffff, 0x0000000000000000);
        _one(_i(2047, 0, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x80000000000007fe);
        _one(_i(-2048, 0, OP_IMM, 7, 5), 0x8000000000000000, 0x7ffffffffffff800);
        _one(_i(1, 0, OP_IMM, 7, 5), 0x000000007fffffff, 0x0000000080000000);
        _one(_i(-1, 0, OP_IMM, 7, 5), 0xffffffff80000000, 0xffffffff7fffffff);
        _one(_i(1365, 0, OP_IMM, 7, 5), 0x123456789abcdef0, 0x123456789abce445);
    }

    function test_slti() public view {
        _one(_i(0, 2, OP_IMM, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 2, OP_IMM, 7, 5), 0x0000000000000001, 0x0000000000000000);
        _one(_i(1, 2, OP_IMM, 7, 5), 0xffffffffffffffff, 0x0000000000000001);
        _one(_i(2047, 2, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x0000000000000000);
        _one(_i(-2048, 2, OP_IMM, 7, 5), 0x8000000000000000, 0x0000000000000001);
        _one(_i(1, 2, OP_IMM, 7, 5), 0x000000007fffffff, 0x0000000000000000);
        _one(_i(-1, 2, OP_IMM, 7, 5), 0xffffffff80000000, 0x0000000000000001);
        _one(_i(1365, 2, OP_IMM, 7, 5), 0x123456789abcdef0, 0x0000000000000000);
    }

    function test_sltiu() public view {
        _one(_i(0, 3, OP_IMM, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 3, OP_IMM, 7, 5), 0x0000000000000001, 0x0000000000000001);
        _one(_i(1, 3, OP_IMM, 7, 5), 0xffffffffffffffff, 0x0000000000000000);
        _one(_i(2047, 3, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x0000000000000000);
        _one(_i(-2048, 3, OP_IMM, 7, 5), 0x8000000000000000, 0x0000000000000001);
        _one(_i(1, 3, OP_IMM, 7, 5), 0x000000007fffffff, 0x0000000000000000);
        _one(_i(-1, 3, OP_IMM, 7, 5), 0xffffffff80000000, 0x0000000000000001);
        _one(_i(1365, 3, OP_IMM, 7, 5), 0x123456789abcdef0, 0x0000000000000000);
    }

    function test_xori() public view {
        _one(_i(0, 4, OP_IMM, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 4, OP_IMM, 7, 5), 0x0000000000000001, 0xfffffffffffffffe);
        _one(_i(1, 4, OP_IMM, 7, 5), 0xffffffffffffffff, 0xfffffffffffffffe);
        _one(_i(2047, 4, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x7ffffffffffff800);
        _one(_i(-2048, 4, OP_IMM, 7, 5), 0x8000000000000000, 0x7ffffffffffff800);
        _one(_i(1, 4, OP_IMM, 7, 5), 0x000000007fffffff, 0x000000007ffffffe);
        _one(_i(-1, 4, OP_IMM, 7, 5), 0xffffffff80000000, 0x000000007fffffff);
        _one(_i(1365, 4, OP_IMM, 7, 5), 0x123456789abcdef0, 0x123456789abcdba5);
    }

    function test_ori() public view {
        _one(_i(0, 6, OP_IMM, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 6, OP_IMM, 7, 5), 0x0000000000000001, 0xffffffffffffffff);
        _one(_i(1, 6, OP_IMM, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(2047, 6, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x7fffffffffffffff);
        _one(_i(-2048, 6, OP_IMM, 7, 5), 0x8000000000000000, 0xfffffffffffff800);
        _one(_i(1, 6, OP_IMM, 7, 5), 0x000000007fffffff, 0x000000007fffffff);
        _one(_i(-1, 6, OP_IMM, 7, 5), 0xffffffff80000000, 0xffffffffffffffff);
        _one(_i(1365, 6, OP_IMM, 7, 5), 0x123456789abcdef0, 0x123456789abcdff5);
    }

    function test_andi() public view {
        _one(_i(0, 7, OP_IMM, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 7, OP_IMM, 7, 5), 0x0000000000000001, 0x0000000000000001);
        _one(_i(1, 7, OP_IMM, 7, 5), 0xffffffffffffffff, 0x0000000000000001);
        _one(_i(2047, 7, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x00000000000007ff);
        _one(_i(-2048, 7, OP_IMM, 7, 5), 0x8000000000000000, 0x8000000000000000);
        _one(_i(1, 7, OP_IMM, 7, 5), 0x000000007fffffff, 0x0000000000000001);
        _one(_i(-1, 7, OP_IMM, 7, 5), 0xffffffff80000000, 0xffffffff80000000);
        _one(_i(1365, 7, OP_IMM, 7, 5), 0x123456789abcdef0, 0x0000000000000450);
    }

    function test_addiw() public view {
        _one(_i(0, 0, OP_IMM_32, 7, 5), 0x0000000000000000, 0x0000000000000000);
        _one(_i(-1, 0, OP_IMM_32, 7, 5), 0x0000000000000001, 0x0000000000000000);
        _one(_i(1, 0, OP_IMM_32, 7, 5), 0xffffffffffffffff, 0x0000000000000000);
        _one(_i(2047, 0, OP_IMM_32, 7, 5), 0x7fffffffffffffff, 0x00000000000007fe);
        _one(_i(-2048, 0, OP_IMM_32, 7, 5), 0x8000000000000000, 0xfffffffffffff800);
        _one(_i(1, 0, OP_IMM_32, 7, 5), 0x000000007fffffff, 0xffffffff80000000);
        _one(_i(-1, 0, OP_IMM_32, 7, 5), 0xffffffff80000000, 0x000000007fffffff);
        _one(_i(1365, 0, OP_IMM_32, 7, 5), 0x123456789abcdef0, 0xffffffff9abce445);
    }

    function test_slli() public view {
        _one(_i(0, 1, OP_IMM, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(1, 1, OP_IMM, 7, 5), 0x8000000000000001, 0x0000000000000002);
        _one(_i(31, 1, OP_IMM, 7, 5), 0x123456789abcdef0, 0x4d5e6f7800000000);
        _one(_i(16, 1, OP_IMM, 7, 5), 0xfedcba9876543210, 0xba98765432100000);
        _one(_i(32, 1, OP_IMM, 7, 5), 0x123456789abcdef0, 0x9abcdef000000000);
        _one(_i(63, 1, OP_IMM, 7, 5), 0x8000000000000000, 0x0000000000000000);
        _one(_i(63, 1, OP_IMM, 7, 5), 0x0000000000000001, 0x8000000000000000);
        _one(_i(62, 1, OP_IMM, 7, 5), 0x7fffffffffffffff, 0xc000000000000000);
    }

    function test_srli() public view {
        _one(_i(0, 5, OP_IMM, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(1, 5, OP_IMM, 7, 5), 0x8000000000000001, 0x4000000000000000);
        _one(_i(31, 5, OP_IMM, 7, 5), 0x123456789abcdef0, 0x000000002468acf1);
        _one(_i(16, 5, OP_IMM, 7, 5), 0xfedcba9876543210, 0x0000fedcba987654);
        _one(_i(32, 5, OP_IMM, 7, 5), 0x123456789abcdef0, 0x0000000012345678);
        _one(_i(63, 5, OP_IMM, 7, 5), 0x8000000000000000, 0x0000000000000001);
        _one(_i(63, 5, OP_IMM, 7, 5), 0x0000000000000001, 0x0000000000000000);
        _one(_i(62, 5, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x0000000000000001);
    }

    function test_srai() public view {
        _one(_i(0x400 + 0, 5, OP_IMM, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(0x400 + 1, 5, OP_IMM, 7, 5), 0x8000000000000001, 0xc000000000000000);
        _one(_i(0x400 + 31, 5, OP_IMM, 7, 5), 0x123456789abcdef0, 0x000000002468acf1);
        _one(_i(0x400 + 16, 5, OP_IMM, 7, 5), 0xfedcba9876543210, 0xfffffedcba987654);
        _one(_i(0x400 + 32, 5, OP_IMM, 7, 5), 0x123456789abcdef0, 0x0000000012345678);
        _one(_i(0x400 + 63, 5, OP_IMM, 7, 5), 0x8000000000000000, 0xffffffffffffffff);
        _one(_i(0x400 + 63, 5, OP_IMM, 7, 5), 0x0000000000000001, 0x0000000000000000);
        _one(_i(0x400 + 62, 5, OP_IMM, 7, 5), 0x7fffffffffffffff, 0x0000000000000001);
    }

    function test_slliw() public view {
        _one(_i(0, 1, OP_IMM_32, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(1, 1, OP_IMM_32, 7, 5), 0x8000000000000001, 0x0000000000000002);
        _one(_i(31, 1, OP_IMM_32, 7, 5), 0x123456789abcdef0, 0x0000000000000000);
        _one(_i(16, 1, OP_IMM_32, 7, 5), 0xfedcba9876543210, 0x0000000032100000);
    }

    function test_srliw() public view {
        _one(_i(0, 5, OP_IMM_32, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(1, 5, OP_IMM_32, 7, 5), 0x8000000000000001, 0x0000000000000000);
        _one(_i(31, 5, OP_IMM_32, 7, 5), 0x123456789abcdef0, 0x0000000000000001);
        _one(_i(16, 5, OP_IMM_32, 7, 5), 0xfedcba9876543210, 0x0000000000007654);
    }

    function test_sraiw() public view {
        _one(_i(0x400 + 0, 5, OP_IMM_32, 7, 5), 0xffffffffffffffff, 0xffffffffffffffff);
        _one(_i(0x400 + 1, 5, OP_IMM_32, 7, 5), 0x8000000000000001, 0x0000000000000000);
        _one(_i(0x400 + 31, 5, OP_IMM_32, 7, 5), 0x123456789abcdef0, 0xffffffffffffffff);
        _one(_i(0x400 + 16, 5, OP_IMM_32, 7, 5), 0xfedcba9876543210, 0x0000000000007654);
    }

    function test_lui_is_sign_extended() public view {
        _one(0x7ffff3b7, 0, 0x7ffff000);
        _one(0x800003b7, 0, 0xffffffff80000000);
        _one(0xfffff3b7, 0, 0xfffffffffffff000);
        _one(0x000003b7, 0, 0);
    }

    function test_auipc_adds_to_pc_modulo_2_64() public view {
        _one(0x7ffff397, 0, 0x80000000);
        _one(0x80000397, 0, 0xffffffff80001000);
        _one(0xfffff397, 0, 0);
        _one(0xffffe397, 0, 0xfffffffffffff000);
    }

    function test_writes_to_x0_are_lost() public view {
        _discarded(_i(1, 0, OP_IMM, 0, 5));
        _discarded(_r(0, 0, 0x33, 0, 5, 6));
        _discarded(0x12345037);
        _discarded(0x12345017);
    }

    function test_rd_may_be_an_operand() public view {
        Machine memory m = _machine(_r(0, 0, 0x33, 31, 31, 31));
        Machine memory after_ = _next(m);
        after_.x[31] = 2 * m.x[31];
        _expect(m, _fetchProof(m), after_);

        m = _machine(_r(0x20, 0, 0x33, 1, 0, 1));
        after_ = _next(m);
        after_.x[1] = type(uint64).max - m.x[1] + 1;
        _expect(m, _fetchProof(m), after_);
    }

    function test_every_register_is_read_and_written_in_its_place() public view {
        for (uint32 r = 1; r < 32; ++r) {
            Machine memory m = _machine(_r(0, 4, 0x33, r, r % 31 + 1, (r + 1) % 31 + 1));
            Machine memory after_ = _next(m);
            after_.x[r] = m.x[r % 31 + 1] ^ m.x[(r + 1) % 31 + 1];
            _expect(m, _fetchProof(m), after_, vm.toString(r));
        }
    }

    function test_fence_does_nothing_whatever_its_fields_say() public view {
        _discarded(0x0ff0000f);
        _discarded(0x8330000f);
        _discarded(0xfff98f8f);
    }

    /// rs1 = x5, rd = x7.
    function _one(uint32 insn, uint64 a, uint64 result) private view {
        Machine memory m = _machine(insn);
        m.x[5] = a;
        Machine memory after_ = _next(m);
        after_.x[7] = result;
        _expect(m, _fetchProof(m), after_);
    }

    function _discarded(uint32 insn) private view {
        Machine memory m = _machine(insn);
        _expect(m, _fetchProof(m), _next(m));
    }
}
