// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Which tensors are resident, and until when that is paid.
/// The state transition reads slot 0 (`mapping(bytes32 id => uint256 word)`, word = sizeBytes << 64 | paidUntil) and keeps the bytes
/// of every tensor that `TensorPinned` names. A tensor is resident at time t iff t <= paidUntil.
interface ITensorStore {
    event TensorPinned(bytes32 indexed id, uint256 sizeBytes, uint64 paidUntil);

    error RentTooLow(uint256 paid, uint256 needed);
    error UntilInThePast(uint64 until);
    error RankTooHigh(uint256 rank);
    error RefundFailed(address to);
    error RentTransferFailed();

    /// Keeps a tensor resident until `until` (unix seconds). It must be resident, or made earlier in this transaction. Costs
    /// `rent(sizeBytes, seconds that are not paid yet)` of native ATN; what is sent beyond it is refunded. Anyone may extend.
    function pin(bytes32 id, uint64 until) external payable;

    /// Commits a tensor from calldata and pins it: dtype 0 = I8, 1 = I32 (little endian); 1 to 4 dims, row-major data.
    function put(uint8 dtype, uint32[] calldata dims, bytes calldata data, uint64 until)
        external
        payable
        returns (bytes32 id);

    /// Size in bytes and end of the paid time; both 0 if it was never pinned.
    function residency(bytes32 id) external view returns (uint256 sizeBytes, uint64 paidUntil);

    function isResident(bytes32 id) external view returns (bool);

    /// Wei of ATN for keeping `sizeBytes` for `durationSeconds`.
    function rent(uint256 sizeBytes, uint256 durationSeconds) external pure returns (uint256);
}
