// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L1Context: the newest L1 block that L2 has heard of
/// @notice It comes with the last delayed message that a block consumed. There is no event: the writing call is a
/// system call, which has no receipt.
interface IL1Context {
    /// @notice Only the system call at the start of a block writes the context.
    error NotSystem(address caller);

    /// @notice Writes the context.
    /// @dev Requires: the caller is the system address.
    function setL1Context(
        uint64 number_,
        uint64 time_,
        uint256 baseFee_,
        uint256 blobBaseFee_,
        bytes32 prevRandao_,
        bytes32 parentHash_
    ) external;

    /// @notice L1 block number.
    function number() external view returns (uint256);

    /// @notice L1 block time, in seconds.
    function time() external view returns (uint256);

    /// @notice L1 base fee, in wei of ETH.
    function baseFee() external view returns (uint256);

    /// @notice L1 blob base fee, in wei of ETH.
    function blobBaseFee() external view returns (uint256);

    /// @notice `prevRandao` of the L1 block.
    function prevRandao() external view returns (bytes32);

    /// @notice Hash of the L1 block before it.
    function parentHash() external view returns (bytes32);
}
