// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dtype, ML, TensorMeta} from "./ML.sol";

/// @title Requirements on the tensors that the contracts of the loop are given.
library Tensors {
    error WrongTensorShape(bytes32 id);
    error LeaseTooShort(bytes32 id, uint256 paidUntil, uint256 needed);

    /// `id` is pinned and paid for until `needed` at least.
    function requireLease(bytes32 id, uint256 needed) internal view {
        _requireLease(id, ML.meta(id), needed);
    }

    /// `id` is an I32 vector (weights or an update).
    function requireWeights(bytes32 id, uint256 needed) internal view {
        TensorMeta memory meta = ML.meta(id);
        if (meta.dtype != Dtype.I32 || meta.rank != 1) revert WrongTensorShape(id);
        _requireLease(id, meta, needed);
    }

    /// `id` is I8, has `rank` dimensions and `rows` rows, at least one.
    function requireRows(bytes32 id, uint256 rank, uint256 rows, uint256 needed) internal view {
        TensorMeta memory meta = ML.meta(id);
        if (meta.dtype != Dtype.I8 || meta.rank != rank || meta.dims[0] != rows || rows == 0) {
            revert WrongTensorShape(id);
        }
        _requireLease(id, meta, needed);
    }

    /// `id` has the type and the dimensions of `model`.
    function requireSameShape(bytes32 id, bytes32 model) internal view {
        TensorMeta memory a = ML.meta(id);
        TensorMeta memory b = ML.meta(model);
        if (a.dtype != b.dtype || a.rank != b.rank) revert WrongTensorShape(id);
        for (uint256 i = 0; i < a.rank; i++) {
            if (a.dims[i] != b.dims[i]) revert WrongTensorShape(id);
        }
    }

    function _requireLease(bytes32 id, TensorMeta memory meta, uint256 needed) private pure {
        if (meta.paidUntil < needed) revert LeaseTooShort(id, meta.paidUntil, needed);
    }
}
