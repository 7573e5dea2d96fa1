// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../interfaces/IStepVerifier.sol";

/// @title A machine state as its 338 bytes in memory, changed in place
/// @dev Offsets are those of the encoding. Every assembly block reads or writes one field within the 338 bytes: a field
/// at `offset` of `size` bytes ends where the word at `s + offset + size` ends, since 32 bytes of length come first.
library MachineState {
    /// @notice Bytes of a state.
    uint256 internal constant SIZE = 338;

    uint256 private constant PC = 32;
    /// @dev Where x1 would have x0 before it.
    uint256 private constant X0 = 32;
    uint256 private constant STEP = 288;
    uint256 private constant EXITED = 296;
    uint256 private constant EXIT_CODE = 297;
    uint256 private constant KEY = 298;
    uint256 private constant ORACLE_OFFSET = 330;

    /// @notice A checked copy.
    function load(bytes calldata state) internal pure returns (bytes memory s) {
        require(state.length == SIZE, IStepVerifier.StateLength(state.length));
        uint8 hasExited = uint8(state[EXITED]);
        uint8 code = uint8(state[EXIT_CODE]);
        require(hasExited == 1 || (hasExited == 0 && code == 0), IStepVerifier.InvalidState(hasExited, code));
        return state;
    }

    function root(bytes memory s) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(add(s, 32))
        }
    }

    function setRoot(bytes memory s, bytes32 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(s, 32), value)
        }
    }

    function pc(bytes memory s) internal pure returns (uint64) {
        return _u64(s, PC);
    }

    function setPc(bytes memory s, uint64 value) internal pure {
        _setU64(s, PC, value);
    }

    /// @notice To the instruction after this one.
    function advance(bytes memory s) internal pure {
        unchecked {
            setPc(s, pc(s) + 4);
        }
    }

    /// @notice Register `i` below 32.
    function x(bytes memory s, uint256 i) internal pure returns (uint64) {
        return i == 0 ? 0 : _u64(s, X0 + 8 * i);
    }

    /// @notice Writes register `i` below 32; x0 stays zero.
    function setX(bytes memory s, uint256 i, uint64 value) internal pure {
        if (i != 0) _setU64(s, X0 + 8 * i, value);
    }

    /// @notice Adds 1 to `step`, modulo 2^64.
    function countStep(bytes memory s) internal pure {
        unchecked {
            _setU64(s, STEP, _u64(s, STEP) + 1);
        }
    }

    function exited(bytes memory s) internal pure returns (bool) {
        return s[EXITED] != 0;
    }

    /// @notice Ends the run. A trap is an exit that changes nothing else.
    function exit(bytes memory s, uint8 code) internal pure {
        s[EXITED] = 0x01;
        s[EXIT_CODE] = bytes1(code);
    }

    function key(bytes memory s) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(add(s, add(32, KEY)))
        }
    }

    function setKey(bytes memory s, bytes32 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(s, add(32, KEY)), value)
        }
    }

    function oracleOffset(bytes memory s) internal pure returns (uint64) {
        return _u64(s, ORACLE_OFFSET);
    }

    function setOracleOffset(bytes memory s, uint64 value) internal pure {
        _setU64(s, ORACLE_OFFSET, value);
    }

    function _u64(bytes memory s, uint256 offset) private pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := and(mload(add(s, add(offset, 8))), 0xffffffffffffffff)
        }
    }

    /// @dev The 24 bytes before the field share its word and stay.
    function _setU64(bytes memory s, uint256 offset, uint64 value) private pure {
        assembly ("memory-safe") {
            let at := add(s, add(offset, 8))
            mstore(at, or(and(mload(at), not(0xffffffffffffffff)), and(value, 0xffffffffffffffff)))
        }
    }
}
