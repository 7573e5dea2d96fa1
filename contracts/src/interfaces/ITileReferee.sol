// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The referee of one step of an ML operation
/// @notice Repeats one step of a request from a witness. docs/ml-spec.md, section 5, says what each step is.
interface ITileReferee {
    /// @notice Where a request stands; the hash of its ABI encoding is what a dispute is about.
    struct State {
        bytes32 request; // keccak256 of the request
        uint64 step; // steps done
        bool failed; // whether a value out of range was met
        bytes32 carry; // keccak256 of the bytes that the next step needs
        bytes32 frontier; // keccak256 of the peaks of the result's tiles so far; after the last step the answer
    }

    /// @notice What one step reads; anything else in it is refused.
    struct Witness {
        bytes request; // the code as a word, then the precompile's input
        bytes operands; // preimages of the operands' ids, in order, without absent ones
        bytes carried; // what the step before left
        bytes peaks; // peaks of the result's tiles so far, if the step appends one
        bytes tiles; // the tiles, each with its siblings, as they are read
    }

    /// @notice No referee repeats operations of this code.
    error UnknownCode(uint256 code);
    /// @notice The request does not have the state's hash, or is none.
    error WrongRequest();
    /// @notice The operands' preimages are not those of the request's ids.
    error WrongOperands();
    /// @notice All steps are done.
    error NoSuchStep(uint256 step, uint256 steps);
    /// @notice The carried bytes do not have the state's hash, or the length that the step needs.
    error WrongCarried();
    /// @notice The peaks do not have the state's hash, or are not as many as the tiles so far ask for.
    error WrongPeaks();
    /// @notice A tile is missing, or not at its place under the root.
    error WrongTile(uint256 index, bytes32 root);
    /// @notice The witness holds more than the step reads.
    error TrailingBytes();

    /// @notice Makes the step after `state`. That anyone agreed to `state` is the caller's to check, and before it takes a frontier for
    /// an answer, that all steps are done. A revert, for want of gas too, says nothing about who is right, and must not be caught as
    /// if it did.
    /// @return Hash of the state after it.
    function step(State calldata state, Witness calldata witness) external view returns (bytes32);

    /// @notice Number of steps of a request.
    /// @param request The code as a word, then the precompile's input.
    /// @param operands Preimages of the operands' ids, in order, without absent ones.
    function steps(bytes calldata request, bytes calldata operands) external view returns (uint64);
}
