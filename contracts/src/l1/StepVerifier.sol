// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../interfaces/IStepVerifier.sol";
import {Environment} from "../lib/fpvm/Environment.sol";
import {MachineState} from "../lib/fpvm/MachineState.sol";
import {MemoryProof} from "../lib/fpvm/MemoryProof.sol";
import {Rv64} from "../lib/fpvm/Rv64.sol";
import {Trap} from "../lib/fpvm/Trap.sol";

/// @title One step of the fault-proof machine
/// @notice See IStepVerifier.
contract StepVerifier is IStepVerifier {
    using Environment for bytes;
    using MachineState for bytes;
    using MemoryProof for bytes;

    /// @inheritdoc IStepVerifier
    function step(
        bytes calldata state,
        bytes calldata memoryProof,
        bytes calldata oracleData,
        bytes32[8] calldata locals
    ) external view returns (bytes32 postState) {
        bytes memory s = MachineState.load(state);
        (uint256 parts, uint256 oracleBytes) = _run(s, memoryProof, oracleData, locals);
        _requireParts(memoryProof, parts);
        require(oracleData.length == oracleBytes, OracleDataLength(oracleBytes, oracleData.length));
        return keccak256(s);
    }

    /// @inheritdoc IStepVerifier
    function mlRequest(bytes calldata state, bytes calldata memoryProof) external pure returns (bytes32 request) {
        (, request) = _requireMl(state, memoryProof);
    }

    /// @inheritdoc IStepVerifier
    function mlStep(bytes calldata state, bytes calldata memoryProof, bytes32 result)
        external
        pure
        returns (bytes32 postState)
    {
        (bytes memory s,) = _requireMl(state, memoryProof);
        s.countStep();
        s.mlStep(memoryProof, result);
        return keccak256(s);
    }

    /// @dev Runs the step and answers how much of the proofs it used.
    function _run(bytes memory s, bytes calldata memoryProof, bytes calldata oracleData, bytes32[8] calldata locals)
        private
        view
        returns (uint256 parts, uint256 oracleBytes)
    {
        if (s.exited()) return (0, 0);
        s.countStep();
        if (_trapsAtPc(s)) return (0, 0);
        uint32 insn = memoryProof.fetch(s, s.pc());
        if (insn == Environment.ECALL) return s.call(memoryProof, oracleData, locals);
        return (Rv64.execute(s, insn, memoryProof), 0);
    }

    /// @dev Whether there is nothing to fetch; the machine has exited then.
    function _trapsAtPc(bytes memory s) private pure returns (bool) {
        uint8 trap = Trap.ofAccess(s.pc(), 4);
        if (trap != Trap.NONE) s.exit(trap);
        return trap != Trap.NONE;
    }

    /// @dev The state before an `ml` step, and the leaf that holds its request.
    function _requireMl(bytes calldata state, bytes calldata memoryProof)
        private
        pure
        returns (bytes memory s, bytes32 request)
    {
        s = MachineState.load(state);
        uint64 pc = s.pc();
        require(!s.exited() && Trap.ofAccess(pc, 4) == Trap.NONE, NotMl());
        require(memoryProof.fetch(s, pc) == Environment.ECALL && s.isMl(), NotMl());
        _requireParts(memoryProof, 2);
        request = s.mlRequest(memoryProof);
    }

    function _requireParts(bytes calldata memoryProof, uint256 parts) private pure {
        uint256 expected = parts * MemoryProof.PART;
        require(memoryProof.length == expected, MemoryProofLength(expected, memoryProof.length));
    }
}
