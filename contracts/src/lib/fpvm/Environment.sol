// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../interfaces/IStepVerifier.sol";
import {MachineState} from "./MachineState.sol";
import {MemoryProof} from "./MemoryProof.sol";
import {PreimageOracle} from "./PreimageOracle.sol";
import {Trap} from "./Trap.sol";

/// @title Environment calls
library Environment {
    using MachineState for bytes;
    using MemoryProof for bytes;

    /// @notice The instruction, as a whole word.
    uint32 internal constant ECALL = 0x00000073;

    uint64 private constant EXIT = 93;
    uint64 private constant ORACLE_OPEN = 2560;
    uint64 private constant ORACLE_READ = 2561;
    uint64 private constant ML = 2562;

    uint64 private constant KIND_LOCAL = 0;
    uint64 private constant KIND_KECCAK = 1;
    uint64 private constant KIND_BLOB = 2;

    uint256 private constant A0 = 10;
    uint256 private constant A1 = 11;
    uint256 private constant A7 = 17;

    /// @notice Executes the call that a7 names.
    /// @return parts Of the memory proof that were used.
    /// @return oracleBytes Of the oracle data that were used.
    function call(bytes memory s, bytes calldata proof, bytes calldata oracleData, bytes32[8] calldata locals)
        internal
        view
        returns (uint256 parts, uint256 oracleBytes)
    {
        uint8 trap = _trapOf(s);
        if (trap != Trap.NONE) {
            s.exit(trap);
            return (1, 0);
        }
        uint64 number = s.x(A7);
        require(number != ML, IStepVerifier.IsMl());

        if (number == ORACLE_READ) return (2, _read(s, proof, oracleData, locals));
        s.setKey(proof.data(s, _pointer(s)));
        if (number == EXIT) {
            s.exit(uint8(s.x(A0)));
        } else {
            s.setOracleOffset(s.x(A1));
            s.advance();
        }
        return (2, 0);
    }

    /// @notice Whether an `ecall` is `ml` and does not trap.
    function isMl(bytes memory s) internal pure returns (bool) {
        return s.x(A7) == ML && _trapOf(s) == Trap.NONE;
    }

    /// @notice The leaf that holds the request of an `ml` call, out of the second part of the proof.
    function mlRequest(bytes memory s, bytes calldata proof) internal pure returns (bytes32) {
        return proof.data(s, _pointer(s));
    }

    /// @notice Executes an `ml` call with this result.
    /// @dev Requires: `mlRequest` was called with this proof.
    function mlStep(bytes memory s, bytes calldata proof, bytes32 result) internal pure {
        proof.replace(s, _pointer(s), result);
        s.advance();
    }

    function _pointer(bytes memory s) private pure returns (uint64) {
        return s.x(s.x(A7) == EXIT ? A1 : A0);
    }

    /// @dev The number comes first, then the pointer, then what is read.
    function _trapOf(bytes memory s) private pure returns (uint8 trap) {
        uint64 number = s.x(A7);
        if (number != EXIT && (number < ORACLE_OPEN || number > ML)) return Trap.BAD_CALL;
        trap = Trap.ofAccess(_pointer(s), 32);
        if (trap == Trap.NONE && number == ORACLE_READ && !_isReadable(s)) return Trap.BAD_CALL;
    }

    /// @dev Whether the kind exists, and the key and the offset suit it.
    function _isReadable(bytes memory s) private pure returns (bool) {
        uint64 kind = s.x(A1);
        if (kind == KIND_LOCAL) return uint256(s.key()) < 8;
        if (kind == KIND_BLOB) return s.oracleOffset() % 32 == 0;
        return kind == KIND_KECCAK;
    }

    function _read(bytes memory s, bytes calldata proof, bytes calldata oracleData, bytes32[8] calldata locals)
        private
        view
        returns (uint256 oracleBytes)
    {
        bytes32 chunk;
        uint64 count;
        (chunk, count, oracleBytes) = _chunk(s, oracleData, locals);
        // The old leaf has to be proven too: only then are its siblings the memory's.
        proof.data(s, _pointer(s));
        proof.replace(s, _pointer(s), chunk);
        s.setX(A0, count);
        s.setOracleOffset(s.oracleOffset() + count);
        s.advance();
    }

    /// @dev Requires: `_isReadable`.
    function _chunk(bytes memory s, bytes calldata oracleData, bytes32[8] calldata locals)
        private
        view
        returns (bytes32 chunk, uint64 count, uint256 oracleBytes)
    {
        uint64 kind = s.x(A1);
        uint64 offset = s.oracleOffset();
        if (kind == KIND_LOCAL) {
            (chunk, count) = PreimageOracle.local(locals[uint256(s.key())], offset);
        } else if (kind == KIND_KECCAK) {
            (chunk, count) = PreimageOracle.keccak(s.key(), offset, oracleData);
            oracleBytes = oracleData.length;
        } else if (offset < PreimageOracle.BLOB_BYTES) {
            (chunk, count) = PreimageOracle.blob(s.key(), offset, oracleData);
            oracleBytes = PreimageOracle.OPENING_BYTES;
        }
    }
}
