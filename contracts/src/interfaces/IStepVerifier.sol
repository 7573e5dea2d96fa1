// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One step of the fault-proof machine
/// @notice docs/fault-proofs.md is the specification: the state's 338 bytes, the memory tree, instructions, traps,
/// environment calls, and what a proof consists of. The contract has no state and no owner.
interface IStepVerifier {
    /// @notice A state has 338 bytes.
    error StateLength(uint256 got);
    /// @notice `exited` is 0 or 1, and the exit code of a running machine is 0.
    error InvalidState(uint8 exited, uint8 exitCode);
    /// @notice The step needs a memory proof of exactly, or for its fetch at least, `expected` bytes.
    error MemoryProofLength(uint256 expected, uint256 got);
    /// @notice A part of the memory proof leads to another root than the state's.
    error MemoryRootMismatch(bytes32 expected, bytes32 got);
    /// @notice The step needs exactly `expected` bytes of oracle data.
    error OracleDataLength(uint256 expected, uint256 got);
    /// @notice The oracle data is not the preimage of the oracle key.
    error PreimageMismatch(bytes32 expected, bytes32 got);
    /// @notice The blob does not have the value `y` at `z`, or the opening is malformed.
    error PointEvaluationFailed(bytes32 versionedHash, bytes32 z, bytes32 y);
    /// @notice The step is an `ml` call: only `mlStep` takes it.
    error IsMl();
    /// @notice The step is no `ml` call with a valid pointer: `step` takes it.
    error NotMl();

    /// @notice The state after one step.
    /// @dev Requires: the step is no `ml` call, unless that traps; the proofs fit the state; every byte of them is used.
    /// @param state The 338 bytes of the state before.
    /// @param memoryProof The fetched leaf and its 27 siblings from the leaf up, then the same for the leaf that the
    /// step reads or writes, if it does. Empty if the machine has exited or traps before the fetch.
    /// @param oracleData The whole preimage for a read of kind keccak; commitment (48) | proof (48) | element (32) for
    /// one of kind blob below its end; otherwise empty.
    /// @param locals The local inputs. The caller computes them from what it knows; nothing checks them here.
    /// @return postState Hash of the state after the step.
    function step(
        bytes calldata state,
        bytes calldata memoryProof,
        bytes calldata oracleData,
        bytes32[8] calldata locals
    ) external view returns (bytes32 postState);

    /// @notice The hash of the request that an `ml` step makes.
    /// @dev Requires: the next step is an `ml` call with a valid pointer; the memory proof has both parts.
    function mlRequest(bytes calldata state, bytes calldata memoryProof) external pure returns (bytes32 request);

    /// @notice The state after an `ml` step that had this result.
    /// @dev Requires what `mlRequest` requires. Nothing checks the result here.
    /// @return postState Hash of the state after the step.
    function mlStep(bytes calldata state, bytes calldata memoryProof, bytes32 result)
        external
        pure
        returns (bytes32 postState);
}
