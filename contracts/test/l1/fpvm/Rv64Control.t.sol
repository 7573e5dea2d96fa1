// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FpvmFixture, Machine, Proof} from "./FpvmFixture.sol";

/// Jumps, branches, traps of the fetch, and encodings that are not of RV64IM.
contract Rv64ControlTest is FpvmFixture {
    uint64 private constant MIN = 1 << 63;
    uint64 private constant MINUS_1 = type(uint64).max;

    // --- jumps

    function test_jal_reaches_one_mebibyte_either_way() public view {
        _jumps(_machine(_j(8, 1)), 1, PC + 8);
        _jumps(_machine(_j(0xffffc, 31)), 31, PC + 0xffffc);
        _jumps(_machine(_j(-4, 1)), 1, PC - 4);
        _jumps(_machine(_j(0x800, 1)), 1, PC + 0x800);
        _jumps(_machine(_j(0x7fc, 0)), 0, PC + 0x7fc);
        _jumps(_machine(_j(0xff000, 1)), 1, PC + 0xff000);
        _jumps(_machine(_j(0, 1)), 1, PC);
        _jumps(_machine(_j(-0x100000, 1)), 1, type(uint64).max - 0xfefff);
    }

    function test_jal_to_a_misaligned_target_traps_without_rd() public view {
        _expectTrap(_machine(_j(2, 1)), 3);
        _expectTrap(_machine(_j(-6, 1)), 3);
    }

    function test_jalr_clears_bit_0_of_the_sum() public view {
        _jumps(_jalr(0x2000, 0), 1, 0x2000);
        _jumps(_jalr(0x2001, 0), 1, 0x2000);
        _jumps(_jalr(0x2000, 1), 1, 0x2000);
        _jumps(_jalr(0x2003, 2), 1, 0x2004);
        _jumps(_jalr(0x1ffd, -2048), 1, 0x17fc);
    }

    function test_jalr_to_a_misaligned_target_traps_without_rd() public view {
        _expectTrap(_jalr(0x2002, 0), 3);
        _expectTrap(_jalr(0x2003, 0), 3);
        _expectTrap(_jalr(0x2000, 2047), 3);
    }

    function test_jalr_reads_rs1_before_it_writes_rd() public view {
        Machine memory m = _machine(_i(4, 0, 0x67, 5, 5));
        m.x[5] = 0x3000;
        _jumps(m, 5, 0x3004);
        m = _machine(_i(0x100, 0, 0x67, 1, 0));
        _jumps(m, 1, 0x100);
    }

    function test_targets_wrap_and_may_lie_above_memory() public view {
        _jumps(_jalr(MINUS_1, 5), 1, 4);
        _jumps(_jalr(0, -4), 1, MINUS_1 - 3);
        _jumps(_jalr(1 << 32, 0), 1, 1 << 32);
        Machine memory m = _machine(NOP);
        m.pc = 0;
        _setInsn(m, 0, _j(-4, 1));
        _jumps(m, 1, MINUS_1 - 3);
    }

    // --- branches

    function test_beq_and_bne() public view {
        _branches(0, [uint64(5), 5], true);
        _branches(0, [uint64(5), 5 + (1 << 32)], false);
        _branches(1, [uint64(5), 5], false);
        _branches(1, [uint64(5), 5 + (1 << 32)], true);
    }

    function test_blt_and_bge_are_signed() public view {
        _branches(4, [MINUS_1, 0], true);
        _branches(4, [uint64(0), MINUS_1], false);
        _branches(4, [uint64(7), 7], false);
        _branches(4, [MIN, MIN - 1], true);
        _branches(5, [MINUS_1, 0], false);
        _branches(5, [uint64(0), MINUS_1], true);
        _branches(5, [uint64(7), 7], true);
        _branches(5, [MIN, MIN - 1], false);
    }

    function test_bltu_and_bgeu_are_unsigned() public view {
        _branches(6, [MINUS_1, 0], false);
        _branches(6, [uint64(0), MINUS_1], true);
        _branches(6, [uint64(7), 7], false);
        _branches(7, [MINUS_1, 0], true);
        _branches(7, [uint64(0), MINUS_1], false);
        _branches(7, [uint64(7), 7], true);
    }

    function test_branch_offsets() public view {
        int32[8] memory offsets = [int32(4), 0x7fc, 0x800, 0xffc, -4, -0x800, -0x1000, 0];
        for (uint256 i = 0; i < 8; ++i) {
            // No register's number is part of the offset.
            for (uint32 r = 0; r < 32; r += 31) {
                _jumps(_machine(_b(offsets[i], 0, r, r)), 0, uint64(int64(PC) + offsets[i]));
            }
        }
    }

    function test_only_a_taken_branch_traps() public view {
        _expectTrap(_machine(_b(2, 0, 5, 5)), 3);
        _expectTrap(_machine(_b(-2, 0, 5, 5)), 3);
        Machine memory m = _machine(_b(2, 1, 5, 5));
        _expect(m, _fetchProof(m), _next(m));
    }

    // --- the fetch

    function test_a_misaligned_pc_traps_without_a_proof() public view {
        uint64[4] memory pcs = [PC + 1, PC + 2, PC + 3, (1 << 32) + 2];
        for (uint256 i = 0; i < 4; ++i) {
            _trapsAtPc(pcs[i], 3);
        }
    }

    function test_a_pc_above_memory_traps_without_a_proof() public view {
        _trapsAtPc(1 << 32, 4);
        _trapsAtPc(MINUS_1 - 3, 4);
    }

    function test_the_last_word_of_memory_is_executed() public view {
        Machine memory m = _machine(NOP);
        m.pc = 0xfffffffc;
        _setInsn(m, m.pc, NOP);
        _expect(m, _fetchProof(m), _next(m));
    }

    function test_each_word_of_a_leaf_is_fetched_from_its_place() public view {
        Machine memory m = _machine(NOP);
        for (uint32 i = 0; i < 8; ++i) {
            _setInsn(m, PC + 4 * i, _i(int32(i + 1), 0, 0x13, 7, 0));
        }
        for (uint32 i = 0; i < 8; ++i) {
            m.pc = PC + 4 * i;
            Machine memory after_ = _next(m);
            after_.x[7] = i + 1;
            _expect(m, _fetchProof(m), after_);
        }
    }

    // --- encodings that are not of RV64IM

    function test_only_opcodes_of_rv64im() public view {
        for (uint32 opcode = 0; opcode < 128; ++opcode) {
            // load, fence, op-imm, auipc, op-imm-32, store, op, lui, op-32, branch, jalr, jal
            uint256 known = (1 << 0x03) | (1 << 0x0f) | (1 << 0x13) | (1 << 0x17) | (1 << 0x1b) | (1 << 0x23)
                | (1 << 0x33) | (1 << 0x37) | (1 << 0x3b) | (1 << 0x63) | (1 << 0x67) | (1 << 0x6f);
            if ((known >> opcode) & 1 == 0) _illegal(0x00c58500 | opcode);
        }
        _illegal(0);
        _illegal(type(uint32).max);
    }

    function test_compressed_instructions_are_illegal() public view {
        _illegal(0x00010001);
        _illegal(0x0000852e);
    }

    function test_only_funct7_of_rv64im() public view {
        for (uint32 funct7 = 0; funct7 < 128; ++funct7) {
            for (uint32 funct3 = 0; funct3 < 8; ++funct3) {
                bool sub = funct7 == 0x20 && (funct3 == 0 || funct3 == 5);
                if (funct7 > 1 && !sub) _illegal(_r(funct7, funct3, 0x33, 7, 5, 6));
                if (!_isWord(funct7, funct3)) _illegal(_r(funct7, funct3, 0x3b, 7, 5, 6));
            }
        }
    }

    function test_only_shifts_of_rv64im() public view {
        for (uint32 high = 1; high < 128; ++high) {
            // Of slli, srli and srai, bit 25 is the amount's sixth.
            if (high > 1) _illegal(_r(high, 1, 0x13, 7, 5, 3));
            if (high >> 1 != 0 && high >> 1 != 0x10) _illegal(_r(high, 5, 0x13, 7, 5, 3));
            _illegal(_r(high, 1, 0x1b, 7, 5, 3));
            if (high != 0x20) _illegal(_r(high, 5, 0x1b, 7, 5, 3));
        }
        for (uint32 funct3 = 2; funct3 < 8; ++funct3) {
            if (funct3 != 5) _illegal(_i(1, funct3, 0x1b, 7, 5));
        }
    }

    function test_only_funct3_of_rv64im() public view {
        for (uint32 funct3 = 1; funct3 < 8; ++funct3) {
            _illegal(_i(0, funct3, 0x67, 7, 5));
            _illegal(_i(0, funct3, 0x0f, 0, 0));
            if (funct3 > 3) _illegal(_s(0, funct3, 5, 6));
        }
        _illegal(_i(0, 7, 0x03, 7, 5));
        _illegal(_b(8, 2, 5, 5));
        _illegal(_b(8, 3, 5, 5));
    }

    function test_of_system_only_the_whole_word_of_ecall() public view {
        _illegal(0x00100073);
        for (uint256 bit = 7; bit < 32; ++bit) {
            _illegal(uint32(ECALL | (1 << bit)));
        }
    }

    // --- helpers

    function _illegal(uint32 insn) private view {
        uint256 free;
        // Nothing of a check outlives it: there are thousands, and memory would cost the square of their number.
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        _expectTrap(_machine(insn), 2);
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    function _jalr(uint64 base, int32 imm) private pure returns (Machine memory m) {
        m = _machine(_i(imm, 0, 0x67, 1, 5));
        m.x[5] = base;
    }

    function _jumps(Machine memory m, uint256 rd, uint64 target) private view {
        Machine memory after_ = _next(m);
        if (rd != 0) after_.x[rd] = m.pc + 4;
        after_.pc = target;
        _expect(m, _fetchProof(m), after_);
    }

    function _branches(uint32 funct3, uint64[2] memory operands, bool taken) private view {
        Machine memory m = _machine(_b(0x40, funct3, 5, 6));
        (m.x[5], m.x[6]) = (operands[0], operands[1]);
        _jumps(m, 0, taken ? PC + 0x40 : PC + 4);
    }

    function _trapsAtPc(uint64 pc, uint8 code) private view {
        Machine memory m = _machine(NOP);
        m.pc = pc;
        Proof memory p;
        _expect(m, p, _trapped(m, code));
    }

    function _isWord(uint32 funct7, uint32 funct3) private pure returns (bool) {
        if (funct7 == 0) return funct3 == 0 || funct3 == 1 || funct3 == 5;
        if (funct7 == 0x20) return funct3 == 0 || funct3 == 5;
        return funct7 == 1 && (funct3 == 0 || funct3 > 3);
    }
}
