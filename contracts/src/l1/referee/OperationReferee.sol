// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../../interfaces/ITileReferee.sol";
import {Call} from "../../lib/referee/Call.sol";
import {Steps} from "../../lib/referee/Steps.sol";

/// @title What the referees of all operations have in common
/// @notice Checks a witness, and hashes the state after the step that the operation makes.
abstract contract OperationReferee is ITileReferee {
    using Call for bytes;

    /// @inheritdoc ITileReferee
    function step(State calldata state, Witness calldata witness) external view returns (bytes32) {
        require(keccak256(witness.request) == state.request, WrongRequest());
        require(keccak256(witness.carried) == state.carry, WrongCarried());
        Steps.Step memory s = _load(witness.request, witness.operands);
        uint256 count = _count(s, witness.request);
        require(state.step < count, NoSuchStep(state.step, count));
        s.index = state.step;
        s.failed = state.failed;
        s.frontier = state.frontier;
        bytes calldata part = witness.tiles;
        assembly ("memory-safe") {
            mstore(add(s, 0xc0), part.offset)
            mstore(add(s, 0xe0), add(part.offset, part.length))
        }
        part = witness.peaks;
        assembly ("memory-safe") {
            mstore(add(s, 0x100), part.offset)
            mstore(add(s, 0x120), add(part.offset, part.length))
        }
        if (s.failed) require(witness.carried.length == 0, WrongCarried());
        else _run(s, witness.request, witness.carried);
        require(s.tilesAt == s.tilesEnd && s.peaksAt == s.peaksEnd, TrailingBytes());
        State memory post = State(state.request, state.step + 1, s.failed, keccak256(s.carry), s.frontier);
        return keccak256(abi.encode(post));
    }

    /// @inheritdoc ITileReferee
    function steps(bytes calldata request, bytes calldata operands) external view returns (uint64) {
        uint256 count = _count(_load(request, operands), request);
        require(count > 0 && count <= type(uint64).max, WrongOperands());
        return uint64(count);
    }

    /// @dev Number of attribute words of an operation; reverts with UnknownCode for what another referee does.
    function _attributes(uint256 code, bytes calldata request) internal view virtual returns (uint256);

    /// @dev Number of steps.
    function _count(Steps.Step memory s, bytes calldata request) internal view virtual returns (uint256);

    /// @dev Makes step `s.index`.
    function _run(Steps.Step memory s, bytes calldata request, bytes calldata carried) internal view virtual;

    function _load(bytes calldata request, bytes calldata operands) private view returns (Steps.Step memory s) {
        s.code = request.word(0);
        s.operands = request.operands(1 + _attributes(s.code, request), operands);
    }
}
