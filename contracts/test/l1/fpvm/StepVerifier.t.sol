// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../../src/interfaces/IStepVerifier.sol";
import {FpvmFixture, Machine, Proof} from "./FpvmFixture.sol";

/// The state's encoding, the proof's lengths, and what a step costs.
contract StepVerifierTest is FpvmFixture {
    bytes4 private constant MEMORY_LENGTH = IStepVerifier.MemoryProofLength.selector;

    // --- the state

    function test_a_state_has_338_bytes() public {
        bytes memory state = _encode(_machine(NOP));
        bytes[3] memory wrong = [bytes(""), bytes.concat(state, hex"00"), new bytes(337)];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory refused = abi.encodeWithSelector(IStepVerifier.StateLength.selector, wrong[i].length);
            _refuses(wrong[i], refused);
        }
    }

    function test_exited_is_0_or_1() public {
        bytes memory state = _encode(_machine(NOP));
        for (uint256 value = 2; value < 256; ++value) {
            state[296] = bytes1(uint8(value));
            _refuses(state, abi.encodeWithSelector(IStepVerifier.InvalidState.selector, value, 0));
        }
    }

    function test_a_running_machine_has_exit_code_0() public {
        bytes memory state = _encode(_machine(NOP));
        state[297] = 0x01;
        _refuses(state, abi.encodeWithSelector(IStepVerifier.InvalidState.selector, 0, 1));
        state[297] = 0xff;
        _refuses(state, abi.encodeWithSelector(IStepVerifier.InvalidState.selector, 0, 255));
    }

    function testFuzz_an_exited_machine_steps_to_itself(
        bytes32[10] memory words,
        uint144 last,
        bytes32[8] memory locals
    ) public view {
        bytes memory state = abi.encodePacked(abi.encodePacked(words), last);
        assertEq(state.length, 338);
        state[296] = 0x01;
        assertEq(verifier.step(state, "", "", locals), keccak256(state));
    }

    function test_an_exited_machine_needs_no_proof() public {
        Machine memory m = _machine(NOP);
        m.exited = 1;
        Proof memory p = _fetchProof(m);
        _refuses(m, p, abi.encodeWithSelector(MEMORY_LENGTH, 0, PART));
        (p.memoryProof, p.oracleData) = ("", hex"00");
        _refuses(m, p, abi.encodeWithSelector(IStepVerifier.OracleDataLength.selector, 0, 1));
    }

    function test_the_step_counter_wraps() public view {
        Machine memory m = _machine(NOP);
        m.step = type(uint64).max;
        Machine memory after_ = _copy(m);
        (after_.pc, after_.step) = (m.pc + 4, 0);
        _expect(m, _fetchProof(m), after_);
    }

    // --- the memory proof

    function test_a_trap_before_the_fetch_has_no_proof() public {
        Machine memory m = _machine(NOP);
        Proof memory p = _fetchProof(m);
        m.pc = PC + 2;
        _refuses(m, p, abi.encodeWithSelector(MEMORY_LENGTH, 0, PART));
        m.pc = 1 << 32;
        _refuses(m, p, abi.encodeWithSelector(MEMORY_LENGTH, 0, PART));
        (p.memoryProof, p.oracleData) = ("", hex"00");
        _refuses(m, p, abi.encodeWithSelector(IStepVerifier.OracleDataLength.selector, 0, 1));
    }

    function test_a_step_without_data_has_one_part() public {
        Machine memory m = _machine(NOP);
        uint256[6] memory lengths = [uint256(0), 32, PART - 1, PART + 1, PART + 32, 2 * PART];
        for (uint256 i = 0; i < 6; ++i) {
            Proof memory p = _dataProof(m, DATA);
            _truncate(p.memoryProof, lengths[i]);
            _refuses(m, p, abi.encodeWithSelector(MEMORY_LENGTH, PART, lengths[i]));
        }
    }

    function test_a_step_with_data_has_two_parts() public {
        Machine memory m = _machine(_i(0, 3, 0x03, 7, 5));
        m.x[5] = DATA;
        uint256[5] memory lengths = [PART, PART + 32, 2 * PART - 1, 2 * PART + 1, 3 * PART];
        for (uint256 i = 0; i < 5; ++i) {
            Proof memory p = _dataProof(m, DATA);
            p.memoryProof = bytes.concat(p.memoryProof, new bytes(PART));
            _truncate(p.memoryProof, lengths[i]);
            _refuses(m, p, abi.encodeWithSelector(MEMORY_LENGTH, 2 * PART, lengths[i]));
        }
    }

    function test_a_trap_has_no_data_part() public {
        Machine[4] memory ms = [_machine(0), _machine(_i(1, 3, 0x03, 7, 0)), _ecall(93, 0, 1), _ecall(2561, DATA, 3)];
        for (uint256 i = 0; i < 4; ++i) {
            _refuses(ms[i], _dataProof(ms[i], DATA), abi.encodeWithSelector(MEMORY_LENGTH, PART, 2 * PART));
        }
    }

    function test_a_mismatch_names_both_roots() public {
        Machine memory m = _machine(NOP);
        Machine memory other = _machine(ECALL);
        bytes memory refused = abi.encodeWithSelector(IStepVerifier.MemoryRootMismatch.selector, _root(m), _root(other));
        _refuses(m, _fetchProof(other), refused);
    }

    function test_the_data_part_is_that_of_the_address() public view {
        Machine memory m = _machine(_i(0, 3, 0x03, 7, 5));
        m.x[5] = DATA;
        _setLeaf(m, DATA, keccak256("here"));
        _setLeaf(m, DATA + 32, keccak256("there"));
        _refusesRoot(m, _dataProof(m, DATA + 32));
        _refusesRoot(m, _dataProof(m, PC));
        m.pc = PC + 32;
        Proof memory p;
        p.memoryProof = bytes.concat(_part(m, PC), _part(m, DATA));
        _refusesRoot(m, p);
    }

    // --- costs

    function test_the_contract_can_be_deployed() public view {
        assertTrue(address(verifier).code.length < 24_576);
    }

    function test_an_ordinary_step_costs_less_than_300k_gas() public view {
        _costs(_machine(_r(1, 6, 0x33, 7, 5, 6)), 0, "", 120_000);
        _costs(_machine(_b(8, 7, 5, 6)), 0, "", 120_000);
        Machine memory m = _machine(_i(0, 4, 0x03, 7, 5));
        m.x[5] = DATA;
        _costs(m, DATA, "", 170_000);
        m = _machine(_s(0, 0, 5, 6));
        m.x[5] = DATA;
        _costs(m, DATA, "", 170_000);
        _costs(_ecall(93, 0, DATA), DATA, "", 170_000);
        m = _ecall(2561, DATA, 1);
        (m.key, m.offset) = (keccak256(new bytes(1000)), 968);
        _costs(m, DATA, new bytes(1000), 220_000);
        m = _ecall(2561, DATA, 2);
        bytes memory infinity = bytes.concat(hex"c0", new bytes(47));
        m.key = 0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014;
        m.offset = 0;
        _costs(m, DATA, bytes.concat(infinity, infinity, bytes32(0)), 240_000);
    }

    // --- helpers

    /// An upper bound: what runs, and every byte of calldata at the floor price of one that is not zero (EIP-7623).
    function _costs(Machine memory m, uint256 address_, bytes memory oracleData, uint256 limit) private view {
        Proof memory p = address_ == 0 ? _fetchProof(m) : _dataProof(m, address_);
        bytes memory call = abi.encodeCall(IStepVerifier.step, (_encode(m), p.memoryProof, oracleData, p.locals));
        uint256 before = gasleft();
        (bool success,) = address(verifier).staticcall(call);
        uint256 used = before - gasleft() + 21_000 + 40 * call.length;
        assertTrue(success);
        assertTrue(used < limit, vm.toString(used));
    }

    function _refuses(bytes memory state, bytes memory revertData) private {
        Proof memory p;
        vm.expectRevert(revertData);
        verifier.step(state, p.memoryProof, p.oracleData, p.locals);
        vm.expectRevert(revertData);
        verifier.mlRequest(state, p.memoryProof);
        vm.expectRevert(revertData);
        verifier.mlStep(state, p.memoryProof, 0);
    }

    function _refusesRoot(Machine memory m, Proof memory p) private view {
        bytes memory call = abi.encodeCall(IStepVerifier.step, (_encode(m), p.memoryProof, p.oracleData, p.locals));
        (bool success, bytes memory answer) = address(verifier).staticcall(call);
        assertFalse(success);
        assertEq(bytes32(bytes4(answer)), bytes32(IStepVerifier.MemoryRootMismatch.selector));
    }

    function _truncate(bytes memory data, uint256 length) private pure {
        assert(length <= data.length);
        assembly ("memory-safe") {
            mstore(data, length)
        }
    }
}
