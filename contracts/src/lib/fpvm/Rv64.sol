// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Alu} from "./Alu.sol";
import {MachineState} from "./MachineState.sol";
import {MemoryProof} from "./MemoryProof.sol";
import {Trap} from "./Trap.sol";

/// @title Instructions of RV64IM but `ecall`
library Rv64 {
    using MachineState for bytes;
    using MemoryProof for bytes;

    uint256 private constant LOAD = 0x03;
    uint256 private constant FENCE = 0x0f;
    uint256 private constant OP_IMM = 0x13;
    uint256 private constant AUIPC = 0x17;
    uint256 private constant OP_IMM_32 = 0x1b;
    uint256 private constant STORE = 0x23;
    uint256 private constant OP = 0x33;
    uint256 private constant LUI = 0x37;
    uint256 private constant OP_32 = 0x3b;
    uint256 private constant BRANCH = 0x63;
    uint256 private constant JALR = 0x67;
    uint256 private constant JAL = 0x6f;

    /// @notice Executes a fetched instruction.
    /// @return parts Of the memory proof that were used.
    function execute(bytes memory s, uint32 insn, bytes calldata proof) internal pure returns (uint256 parts) {
        uint256 opcode = insn & 0x7f;
        if (opcode == LOAD) return _load(s, insn, proof);
        if (opcode == STORE) return _store(s, insn, proof);
        if (opcode == BRANCH) _branch(s, insn);
        else if (opcode == JAL) _jump(s, insn, _add(s.pc(), _immJ(insn)));
        else if (opcode == JALR) _jalr(s, insn);
        else _compute(s, insn, opcode);
        return 1;
    }

    /// @dev What only writes rd, and `fence`.
    function _compute(bytes memory s, uint32 insn, uint256 opcode) private pure {
        bool ok;
        uint64 result;
        uint256 funct3 = _funct3(insn);
        uint64 a = s.x(_rs1(insn));
        if (opcode == OP_IMM) (ok, result) = Alu.opImm(funct3, a, _immI(insn));
        else if (opcode == OP) (ok, result) = Alu.op(insn >> 25, funct3, a, s.x(_rs2(insn)));
        else if (opcode == OP_IMM_32) (ok, result) = Alu.opImmW(funct3, a, _immI(insn));
        else if (opcode == OP_32) (ok, result) = Alu.opW(insn >> 25, funct3, a, s.x(_rs2(insn)));
        else if (opcode == LUI) (ok, result) = (true, _immU(insn));
        else if (opcode == AUIPC) (ok, result) = (true, _add(s.pc(), _immU(insn)));
        else if (opcode == FENCE && funct3 == 0) return s.advance();
        if (!ok) return s.exit(Trap.ILLEGAL);
        s.setX(_rd(insn), result);
        s.advance();
    }

    function _branch(bytes memory s, uint32 insn) private pure {
        (bool ok, bool taken) = Alu.branch(_funct3(insn), s.x(_rs1(insn)), s.x(_rs2(insn)));
        if (!ok) return s.exit(Trap.ILLEGAL);
        if (!taken) return s.advance();
        uint64 target = _add(s.pc(), _immB(insn));
        if (target % 4 != 0) return s.exit(Trap.MISALIGNED);
        s.setPc(target);
    }

    function _jalr(bytes memory s, uint32 insn) private pure {
        if (_funct3(insn) != 0) return s.exit(Trap.ILLEGAL);
        _jump(s, insn, _add(s.x(_rs1(insn)), _immI(insn)) & ~uint64(1));
    }

    function _jump(bytes memory s, uint32 insn, uint64 target) private pure {
        if (target % 4 != 0) return s.exit(Trap.MISALIGNED);
        s.setX(_rd(insn), _add(s.pc(), 4));
        s.setPc(target);
    }

    /// @dev funct3 is the binary logarithm of the size, and its bit 2 says unsigned. There is no unsigned double word.
    function _load(bytes memory s, uint32 insn, bytes calldata proof) private pure returns (uint256 parts) {
        uint256 funct3 = _funct3(insn);
        uint64 address_ = _add(s.x(_rs1(insn)), _immI(insn));
        uint8 trap = funct3 == 7 ? Trap.ILLEGAL : Trap.ofAccess(address_, 1 << (funct3 & 3));
        if (trap != Trap.NONE) {
            s.exit(trap);
            return 1;
        }
        // The upper end of the value to the upper end of the register, then back with the sign or with zeros.
        uint64 unused = 64 - _bits(funct3);
        uint64 value = MemoryProof.word(proof.data(s, address_), address_) >> (8 * (address_ & 7)) << unused;
        s.setX(_rd(insn), funct3 < 4 ? uint64(int64(value) >> unused) : value >> unused);
        s.advance();
        return 2;
    }

    function _store(bytes memory s, uint32 insn, bytes calldata proof) private pure returns (uint256 parts) {
        uint256 funct3 = _funct3(insn);
        uint64 address_ = _add(s.x(_rs1(insn)), _immS(insn));
        uint8 trap = funct3 > 3 ? Trap.ILLEGAL : Trap.ofAccess(address_, 1 << funct3);
        if (trap != Trap.NONE) {
            s.exit(trap);
            return 1;
        }
        bytes32 leaf = proof.data(s, address_);
        uint64 shift = 8 * (address_ & 7);
        uint64 mask = (type(uint64).max >> (64 - _bits(funct3))) << shift;
        uint64 value = (MemoryProof.word(leaf, address_) & ~mask) | ((s.x(_rs2(insn)) << shift) & mask);
        proof.replace(s, address_, MemoryProof.withWord(leaf, address_, value));
        s.advance();
        return 2;
    }

    /// @dev Of a load or store.
    function _bits(uint256 funct3) private pure returns (uint64) {
        return uint64(8) << uint8(funct3 & 3);
    }

    function _rd(uint32 insn) private pure returns (uint256) {
        return (insn >> 7) & 31;
    }

    function _funct3(uint32 insn) private pure returns (uint256) {
        return (insn >> 12) & 7;
    }

    function _rs1(uint32 insn) private pure returns (uint256) {
        return (insn >> 15) & 31;
    }

    function _rs2(uint32 insn) private pure returns (uint256) {
        return (insn >> 20) & 31;
    }

    function _immI(uint32 insn) private pure returns (uint64) {
        return uint64(int64(int32(insn) >> 20));
    }

    function _immS(uint32 insn) private pure returns (uint64) {
        return (_immI(insn) & ~uint64(31)) | ((insn >> 7) & 31);
    }

    function _immU(uint32 insn) private pure returns (uint64) {
        return Alu.signExtend32(insn & 0xfffff000);
    }

    /// @dev insn[31 | 7 | 30:25 | 11:8] is imm[12 | 11 | 10:5 | 4:1].
    function _immB(uint32 insn) private pure returns (uint64) {
        return (_immI(insn) & ~uint64(0x81f)) | (uint64(insn & 0x80) << 4) | ((insn >> 7) & 0x1e);
    }

    /// @dev insn[31 | 19:12 | 20 | 30:21] is imm[20 | 19:12 | 11 | 10:1].
    function _immJ(uint32 insn) private pure returns (uint64) {
        return (_immI(insn) & ~uint64(0xff801)) | (insn & 0xff000) | ((insn >> 9) & 0x800);
    }

    function _add(uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            return a + b;
        }
    }
}
