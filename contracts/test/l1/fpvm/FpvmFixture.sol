// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StepVerifier} from "../../../src/l1/StepVerifier.sol";
import {Test} from "../../Test.sol";

/// One leaf of a memory that is zero elsewhere.
struct Leaf {
    uint256 number;
    bytes32 value;
}

/// A machine written down field by field, for what a step is expected to make of it.
struct Machine {
    Leaf[] leaves;
    uint64 pc;
    uint64[32] x;
    uint64 step;
    uint8 exited;
    uint8 exitCode;
    bytes32 key;
    uint64 offset;
}

/// The proofs that go with a machine.
struct Proof {
    bytes memoryProof;
    bytes oracleData;
    bytes32[8] locals;
}

/// @notice Builds machines, instructions and proofs without the verifier's code.
abstract contract FpvmFixture is Test {
    uint64 internal constant PC = 0x1000;
    uint64 internal constant DATA = 0xfffff000;
    uint32 internal constant ECALL = 0x73;
    uint32 internal constant NOP = 0x13;
    uint256 internal constant LEVELS = 27;
    uint256 internal constant PART = 896;

    uint8 internal constant A0 = 10;
    uint8 internal constant A1 = 11;
    uint8 internal constant A7 = 17;

    StepVerifier internal verifier = new StepVerifier();
    /// Hashes of zero subtrees by height.
    bytes32[28] private zeros;

    constructor() {
        for (uint256 i = 0; i < LEVELS; ++i) {
            zeros[i + 1] = keccak256(bytes.concat(zeros[i], zeros[i]));
        }
    }

    // --- machines

    /// Distinct values in every field; all registers but x0 set.
    function _machine(uint32 insn) internal pure returns (Machine memory m) {
        m.pc = PC;
        for (uint64 i = 1; i < 32; ++i) {
            m.x[i] = 0x0101010101010101 * i;
        }
        m.step = 77;
        m.key = keccak256("key");
        m.offset = 0x1122334455667788;
        _setInsn(m, PC, insn);
    }

    function _ecall(uint64 number, uint64 a0, uint64 a1) internal pure returns (Machine memory m) {
        m = _machine(ECALL);
        m.x[A7] = number;
        m.x[A0] = a0;
        m.x[A1] = a1;
    }

    function _copy(Machine memory m) internal pure returns (Machine memory) {
        return abi.decode(abi.encode(m), (Machine));
    }

    /// What a step that only goes on makes of the machine.
    function _next(Machine memory m) internal pure returns (Machine memory after_) {
        after_ = _copy(m);
        after_.pc += 4;
        after_.step += 1;
    }

    function _trapped(Machine memory m, uint8 code) internal pure returns (Machine memory after_) {
        after_ = _copy(m);
        after_.step += 1;
        after_.exited = 1;
        after_.exitCode = code;
    }

    function _encode(Machine memory m) internal view returns (bytes memory out) {
        out = abi.encodePacked(_root(m), m.pc);
        for (uint256 i = 1; i < 32; ++i) {
            out = abi.encodePacked(out, m.x[i]);
        }
        out = abi.encodePacked(out, m.step, m.exited, m.exitCode, m.key, m.offset);
        assert(out.length == 338);
    }

    function _hash(Machine memory m) internal view returns (bytes32) {
        return keccak256(_encode(m));
    }

    // --- memory

    function _leafAt(Machine memory m, uint256 address_) internal pure returns (bytes32) {
        for (uint256 i = 0; i < m.leaves.length; ++i) {
            if (m.leaves[i].number == address_ >> 5) return m.leaves[i].value;
        }
        return 0;
    }

    function _setLeaf(Machine memory m, uint256 address_, bytes32 value) internal pure {
        for (uint256 i = 0; i < m.leaves.length; ++i) {
            if (m.leaves[i].number == address_ >> 5) {
                m.leaves[i].value = value;
                return;
            }
        }
        Leaf[] memory longer = new Leaf[](m.leaves.length + 1);
        for (uint256 i = 0; i < m.leaves.length; ++i) {
            longer[i] = m.leaves[i];
        }
        longer[m.leaves.length] = Leaf(address_ >> 5, value);
        m.leaves = longer;
    }

    function _setByte(Machine memory m, uint256 address_, uint8 value) internal pure {
        bytes memory leaf = bytes.concat(_leafAt(m, address_));
        leaf[address_ & 31] = bytes1(value);
        _setLeaf(m, address_, bytes32(leaf));
    }

    function _setInsn(Machine memory m, uint256 address_, uint32 insn) internal pure {
        for (uint256 i = 0; i < 4; ++i) {
            _setByte(m, address_ + i, uint8(insn >> (8 * i)));
        }
    }

    function _node(Machine memory m, uint256 level, uint256 index) private view returns (bytes32) {
        for (uint256 i = 0; i < m.leaves.length; ++i) {
            if (m.leaves[i].number >> level != index) continue;
            if (level == 0) return m.leaves[i].value;
            return keccak256(bytes.concat(_node(m, level - 1, 2 * index), _node(m, level - 1, 2 * index + 1)));
        }
        return zeros[level];
    }

    function _root(Machine memory m) internal view returns (bytes32) {
        return _node(m, LEVELS, 0);
    }

    function _part(Machine memory m, uint256 address_) internal view returns (bytes memory part) {
        uint256 number = address_ >> 5;
        part = bytes.concat(_leafAt(m, address_));
        for (uint256 level = 0; level < LEVELS; ++level) {
            part = bytes.concat(part, _node(m, level, (number >> level) ^ 1));
        }
    }

    function _fetchProof(Machine memory m) internal view returns (Proof memory p) {
        p.memoryProof = _part(m, m.pc);
        p.locals = _locals();
    }

    function _dataProof(Machine memory m, uint256 address_) internal view returns (Proof memory p) {
        p = _fetchProof(m);
        p.memoryProof = bytes.concat(p.memoryProof, _part(m, address_));
    }

    function _locals() internal pure returns (bytes32[8] memory locals) {
        for (uint256 i = 0; i < 8; ++i) {
            locals[i] = keccak256(abi.encode("local", i));
        }
    }

    // --- steps

    function _step(Machine memory m, Proof memory p) internal view returns (bytes32) {
        return verifier.step(_encode(m), p.memoryProof, p.oracleData, p.locals);
    }

    function _expect(Machine memory m, Proof memory p, Machine memory after_, string memory what) internal view {
        assertEq(_step(m, p), _hash(after_), what);
    }

    function _expect(Machine memory m, Proof memory p, Machine memory after_) internal view {
        _expect(m, p, after_, "post state");
    }

    function _refuses(Machine memory m, Proof memory p, bytes memory revertData) internal {
        bytes memory state = _encode(m);
        vm.expectRevert(revertData);
        // A precompile that refuses burns all gas that it was given.
        verifier.step{gas: 10_000_000}(state, p.memoryProof, p.oracleData, p.locals);
    }

    /// A trap after the fetch: the proof has no second part.
    function _expectTrap(Machine memory m, uint8 code) internal view {
        _expect(m, _fetchProof(m), _trapped(m, code), "trap");
    }

    // --- instructions

    function _r(uint32 funct7, uint32 funct3, uint32 opcode, uint32 rd, uint32 rs1, uint32 rs2)
        internal
        pure
        returns (uint32)
    {
        return (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
    }

    function _i(int32 imm, uint32 funct3, uint32 opcode, uint32 rd, uint32 rs1) internal pure returns (uint32) {
        return (uint32(imm) << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
    }

    function _s(int32 imm, uint32 funct3, uint32 rs1, uint32 rs2) internal pure returns (uint32) {
        uint32 u = uint32(imm);
        return ((u >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((u & 31) << 7) | 0x23;
    }

    function _b(int32 imm, uint32 funct3, uint32 rs1, uint32 rs2) internal pure returns (uint32) {
        uint32 u = uint32(imm);
        uint32 high = (((u >> 12) & 1) << 6) | ((u >> 5) & 63);
        uint32 low = (u & 30) | ((u >> 11) & 1);
        return (high << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (low << 7) | 0x63;
    }

    function _j(int32 imm, uint32 rd) internal pure returns (uint32) {
        uint32 u = uint32(imm);
        uint32 high = (((u >> 20) & 1) << 19) | (((u >> 1) & 0x3ff) << 9) | (((u >> 11) & 1) << 8) | ((u >> 12) & 0xff);
        return (high << 12) | (rd << 7) | 0x6f;
    }
}
