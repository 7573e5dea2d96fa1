// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../../src/interfaces/IStepVerifier.sol";
import {FpvmFixture, Machine, Proof} from "./FpvmFixture.sol";

/// Whatever the machine: there is exactly one proof, every byte of it counts, and it always steps.
contract StepFuzzTest is FpvmFixture {
    bytes private constant PREIMAGE = "a preimage of more than thirty-two bytes";
    bytes private constant INFINITY =
        hex"c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
    bytes32 private constant ZERO_BLOB = 0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014;

    function testFuzz_every_word_is_an_instruction_or_a_trap(uint256 seed, uint32 insn) public view {
        _alwaysSteps(_random(seed, insn));
    }

    function testFuzz_every_instruction_steps(uint256 seed, uint32 insn, uint8 opcode) public view {
        uint32[12] memory known = [uint32(0x03), 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x33, 0x37, 0x3b, 0x63, 0x67, 0x6f];
        _alwaysSteps(_random(seed, (insn & ~uint32(127)) | known[opcode % 12]));
    }

    function testFuzz_every_call_steps(uint256 seed, uint8 number, uint8 kind, uint64 offset) public view {
        _alwaysSteps(_randomCall(seed, number, kind, offset));
    }

    /// Loads and stores in half of the runs.
    function testFuzz_every_byte_of_the_memory_proof_counts(uint256 seed, uint32 insn, uint256 at, uint8 change)
        public
        view
    {
        if (seed & 2 == 0) insn = (insn & ~uint32(0x407f)) | (seed & 4 == 0 ? 0x23 : 0x03);
        _corrupted(_random(seed, insn), at, change);
    }

    function testFuzz_every_byte_of_a_calls_memory_proof_counts(
        uint256 seed,
        uint8 number,
        uint8 kind,
        uint256 at,
        uint8 change
    ) public view {
        Machine memory m = _randomCall(seed, number, kind, 0);
        if (m.x[A7] == 2562) m.x[A7] = 93;
        _corrupted(m, at, change);
    }

    function test_the_leaf_that_a_call_accesses_is_proven() public view {
        for (uint8 kind = 0; kind < 3; ++kind) {
            Machine memory m = _ecall(2561, DATA, kind);
            (m.key, m.offset) = (_key(kind), 0);
            _corruptedData(m);
        }
        _corruptedData(_ecall(2560, DATA, 0));
        _corruptedData(_ecall(93, 0, DATA));
    }

    function testFuzz_every_byte_of_the_state_counts(uint256 seed, uint32 insn, uint256 at, uint8 change) public view {
        Machine memory m = _random(seed, insn);
        Proof memory p = _proof(m);
        bytes memory state = _encode(m);
        (bool success, bytes memory answer) = _call(state, p);
        if (!success) return;
        at = bound(at, 0, 337);
        // x1 to x31 may be overwritten, the pc replaced by jalr.
        if (at >= 32 && at < 288) return;
        state[at] ^= bytes1(change == 0 ? 1 : change);
        (bool other, bytes memory otherAnswer) = _call(state, p);
        if (other) assertNotEq(bytes32(answer), bytes32(otherAnswer));
    }

    function testFuzz_every_byte_of_a_preimage_counts(uint256 at, uint8 change) public view {
        Machine memory m = _ecall(2561, DATA, 1);
        (m.key, m.offset) = (keccak256(PREIMAGE), 0);
        Proof memory p = _proof(m);
        at = bound(at, 0, PREIMAGE.length - 1);
        p.oracleData[at] ^= bytes1(change == 0 ? 1 : change);
        _fails(m, p, IStepVerifier.PreimageMismatch.selector);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_every_byte_of_an_opening_counts(uint256 at, uint8 change) public view {
        Machine memory m = _ecall(2561, DATA, 2);
        (m.key, m.offset) = (ZERO_BLOB, 64);
        Proof memory p = _proof(m);
        at = bound(at, 0, 127);
        p.oracleData[at] ^= bytes1(change == 0 ? 1 : change);
        _fails(m, p, IStepVerifier.PointEvaluationFailed.selector);
    }

    // --- helpers

    /// Registers are small, pointers, or anything; so is pc, mostly one that can be fetched.
    function _random(uint256 seed, uint32 insn) private pure returns (Machine memory m) {
        m = _machine(insn);
        for (uint256 i = 1; i < 32; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            m.x[i] = uint64(word >> 64);
            if (word % 8 < 5) m.x[i] &= 0xffffffe0;
            if (word % 8 == 5) m.x[i] &= 0xff;
        }
        m.step = uint64(seed >> 8);
        m.key = keccak256(abi.encode(seed));
        m.offset = uint64(seed >> 16);
        if (seed % 32 == 0) m.pc = uint64(seed >> 32);
        if (seed % 32 == 1) (m.exited, m.exitCode) = (1, uint8(seed >> 40));
    }

    function _randomCall(uint256 seed, uint8 number, uint8 kind, uint64 offset)
        private
        pure
        returns (Machine memory m)
    {
        m = _random(seed, ECALL);
        uint64[5] memory numbers = [uint64(93), 2560, 2561, 2561, 2562];
        m.x[A7] = numbers[number % 5];
        if (m.x[A7] != 2561) return m;
        m.x[A1] = kind % 4;
        m.key = kind % 4 == 0 ? bytes32(uint256(kind / 16)) : _key(kind % 4);
        m.offset = kind < 16 ? offset : offset % 64;
        if (kind & 4 == 0) m.offset &= ~uint64(31);
    }

    /// One that the oracle has, for a kind of read.
    function _key(uint256 kind) private pure returns (bytes32) {
        if (kind == 1) return keccak256(PREIMAGE);
        return kind == 2 ? ZERO_BLOB : bytes32(0);
    }

    function _corrupted(Machine memory m, uint256 at, uint8 change) private view {
        Proof memory p = _proof(m);
        if (p.memoryProof.length == 0) return;
        at = bound(at, 0, p.memoryProof.length - 1);
        p.memoryProof[at] ^= bytes1(change == 0 ? 1 : change);
        _fails(m, p, IStepVerifier.MemoryRootMismatch.selector);
    }

    /// The leaf itself, and each of its siblings.
    function _corruptedData(Machine memory m) private view {
        _step(m, _proof(m));
        for (uint256 at = PART; at < 2 * PART; at += 32) {
            _corrupted(m, at, 0x80);
        }
    }

    function _alwaysSteps(Machine memory m) private view {
        Proof memory p = _proof(m);
        bool isMl = m.exited == 0 && p.memoryProof.length == 2 * PART && _insn(m) == ECALL && m.x[A7] == 2562;
        if (isMl) {
            _fails(m, p, IStepVerifier.IsMl.selector);
            verifier.mlStep(_encode(m), p.memoryProof, 0);
            return;
        }
        _step(m, p);
        bytes memory memoryProof = p.memoryProof;
        p.memoryProof = bytes.concat(memoryProof, hex"00");
        _fails(m, p, IStepVerifier.MemoryProofLength.selector);
        if (memoryProof.length != 0) {
            p.memoryProof = memoryProof;
            assembly ("memory-safe") {
                mstore(memoryProof, sub(mload(memoryProof), 1))
            }
            _fails(m, p, IStepVerifier.MemoryProofLength.selector);
        }
        if (p.oracleData.length != 0) return;
        p = _proof(m);
        p.oracleData = hex"00";
        _fails(m, p, IStepVerifier.OracleDataLength.selector);
    }

    function _fails(Machine memory m, Proof memory p, bytes4 selector) private view {
        (bool success, bytes memory answer) = _call(_encode(m), p);
        assertFalse(success);
        assertEq(bytes32(bytes4(answer)), bytes32(selector));
    }

    function _call(bytes memory state, Proof memory p) private view returns (bool, bytes memory) {
        bytes memory call = abi.encodeCall(IStepVerifier.step, (state, p.memoryProof, p.oracleData, p.locals));
        return address(verifier).staticcall{gas: 10_000_000}(call);
    }

    function _insn(Machine memory m) private pure returns (uint32 insn) {
        bytes32 leaf = _leafAt(m, m.pc);
        for (uint256 i = 4; i > 0; --i) {
            insn = (insn << 8) | uint8(leaf[(m.pc & 31) + i - 1]);
        }
    }

    /// The one proof of the next step, if the oracle holds PREIMAGE and the blob of zeros.
    function _proof(Machine memory m) private view returns (Proof memory p) {
        if (m.exited == 1 || m.pc % 4 != 0 || m.pc >= 1 << 32) return p;
        uint32 insn = _insn(m);
        uint32 funct3 = (insn >> 12) & 7;
        uint256 size = 1 << (funct3 & 3);
        uint64 base = m.x[(insn >> 15) & 31];
        unchecked {
            if (insn & 127 == 0x03 && funct3 != 7) return _access(m, base + uint64(_signed(insn >> 20)), size);
            uint32 imm = ((insn >> 25) << 5) | ((insn >> 7) & 31);
            if (insn & 127 == 0x23 && funct3 < 4) return _access(m, base + uint64(_signed(imm)), size);
        }
        if (insn == ECALL) return _callProof(m);
        return _fetchProof(m);
    }

    function _callProof(Machine memory m) private view returns (Proof memory p) {
        uint64 number = m.x[A7];
        if (number == 93) return _access(m, m.x[A1], 32);
        if (number == 2560 || number == 2562) return _access(m, m.x[A0], 32);
        if (number != 2561) return _fetchProof(m);
        p = _access(m, m.x[A0], 32);
        if (p.memoryProof.length == PART) return p;
        uint64 kind = m.x[A1];
        if (kind == 1) p.oracleData = PREIMAGE;
        else if (kind == 0 && uint256(m.key) < 8) return p;
        else if (kind != 2 || m.offset % 32 != 0) return _fetchProof(m);
        else if (m.offset < 131072) p.oracleData = bytes.concat(INFINITY, INFINITY, bytes32(0));
    }

    function _access(Machine memory m, uint64 address_, uint256 size) private view returns (Proof memory) {
        return address_ % size != 0 || address_ >= 1 << 32 ? _fetchProof(m) : _dataProof(m, address_);
    }

    /// 12 bits.
    function _signed(uint32 imm) private pure returns (int64) {
        return imm < 2048 ? int64(uint64(imm)) : int64(uint64(imm)) - 4096;
    }
}
