// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../../src/interfaces/IStepVerifier.sol";
import {FpvmFixture, Machine, Proof} from "./FpvmFixture.sol";

/// Steps whose result is settled elsewhere.
contract MlTest is FpvmFixture {
    bytes32 private constant REQUEST = keccak256("request");
    bytes4 private constant MEMORY_LENGTH = IStepVerifier.MemoryProofLength.selector;

    function testFuzz_the_leaf_holds_the_request_and_becomes_the_result(bytes32 result, uint64 a1, uint32 leaf)
        public
        view
    {
        uint64 pointer = leaf & ~uint32(31);
        if (pointer == PC) pointer = DATA;
        Machine memory m = _ecall(2562, pointer, a1);
        _setLeaf(m, pointer, REQUEST);
        Proof memory p = _dataProof(m, pointer);
        assertEq(verifier.mlRequest(_encode(m), p.memoryProof), REQUEST);

        Machine memory after_ = _next(m);
        _setLeaf(after_, pointer, result);
        assertEq(verifier.mlStep(_encode(m), p.memoryProof, result), _hash(after_));
    }

    function test_step_does_not_take_ml_steps() public {
        Machine memory m = _ml(DATA);
        Proof memory p = _dataProof(m, DATA);
        bytes memory state = _encode(m);
        vm.expectRevert(IStepVerifier.IsMl.selector);
        verifier.step(state, p.memoryProof, "", p.locals);
        p = _fetchProof(m);
        vm.expectRevert(IStepVerifier.IsMl.selector);
        verifier.step(state, p.memoryProof, "", p.locals);
    }

    function test_an_ml_call_that_traps_is_an_ordinary_step() public {
        uint64[3] memory pointers = [DATA + 1, 1 << 32, (1 << 32) + 8];
        for (uint256 i = 0; i < 3; ++i) {
            Machine memory m = _ml(pointers[i]);
            _expectTrap(m, i == 1 ? 4 : 3);
            _refusesMl(m, _dataProof(m, DATA), abi.encodeWithSelector(IStepVerifier.NotMl.selector));
        }
    }

    function test_other_steps_are_refused() public {
        bytes memory notMl = abi.encodeWithSelector(IStepVerifier.NotMl.selector);
        uint64[5] memory numbers = [uint64(93), 2560, 2561, 2563, (1 << 32) + 2562];
        for (uint256 i = 0; i < 5; ++i) {
            Machine memory m = _ecall(numbers[i], DATA, DATA);
            _refusesMl(m, _dataProof(m, DATA), notMl);
        }
        uint32[3] memory insns = [NOP, 0x00100073, 0x173];
        for (uint256 i = 0; i < 3; ++i) {
            Machine memory m = _ml(DATA);
            _setInsn(m, PC, insns[i]);
            _refusesMl(m, _dataProof(m, DATA), notMl);
        }
    }

    function test_a_machine_that_fetches_nothing_makes_no_request() public {
        bytes memory notMl = abi.encodeWithSelector(IStepVerifier.NotMl.selector);
        Machine memory m = _ml(DATA);
        Proof memory p = _dataProof(m, DATA);
        m.exited = 1;
        _refusesMl(m, p, notMl);
        m.exited = 0;
        m.pc = PC + 1;
        _refusesMl(m, p, notMl);
        m.pc = PC + (1 << 32);
        _refusesMl(m, p, notMl);
        p.memoryProof = "";
        _refusesMl(m, p, notMl);
    }

    function test_the_proof_has_two_parts() public {
        Machine memory m = _ml(DATA);
        Proof memory p;
        _refusesMl(m, p, abi.encodeWithSelector(MEMORY_LENGTH, PART, 0));
        p = _fetchProof(m);
        _refusesMl(m, p, abi.encodeWithSelector(MEMORY_LENGTH, 2 * PART, PART));
        p.memoryProof = bytes.concat(_dataProof(m, DATA).memoryProof, hex"00");
        _refusesMl(m, p, abi.encodeWithSelector(MEMORY_LENGTH, 2 * PART, 2 * PART + 1));
    }

    function testFuzz_every_byte_of_the_proof_counts(uint256 at, uint8 change) public view {
        Machine memory m = _ml(DATA);
        bytes memory proof = _dataProof(m, DATA).memoryProof;
        at = bound(at, 0, proof.length - 1);
        proof[at] ^= bytes1(change == 0 ? 1 : change);
        bytes4 mismatch = IStepVerifier.MemoryRootMismatch.selector;
        assertEq(bytes32(_failure(abi.encodeCall(IStepVerifier.mlRequest, (_encode(m), proof)))), bytes32(mismatch));
        assertEq(bytes32(_failure(abi.encodeCall(IStepVerifier.mlStep, (_encode(m), proof, 0)))), bytes32(mismatch));
    }

    function _ml(uint64 pointer) private pure returns (Machine memory m) {
        m = _ecall(2562, pointer, DATA);
        _setLeaf(m, DATA, REQUEST);
    }

    function _failure(bytes memory call) private view returns (bytes4) {
        (bool success, bytes memory answer) = address(verifier).staticcall(call);
        assertFalse(success);
        return bytes4(answer);
    }

    function _refusesMl(Machine memory m, Proof memory p, bytes memory revertData) private {
        bytes memory state = _encode(m);
        vm.expectRevert(revertData);
        verifier.mlRequest(state, p.memoryProof);
        vm.expectRevert(revertData);
        verifier.mlStep(state, p.memoryProof, 0);
    }
}
