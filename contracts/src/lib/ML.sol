// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Predeploys} from "./Predeploys.sol";

/// Element types of a tensor, as the precompiles number them.
enum Dtype {
    I8,
    I32
}

/// What META answers. Dimensions beyond `rank` are 1.
struct TensorMeta {
    Dtype dtype;
    uint256 rank;
    uint256[4] dims;
    uint256 sizeBytes;
    /// Unix seconds; 0 if the tensor is not pinned and only lives for this transaction.
    uint256 paidUntil;
}

/// What METRIC measures.
enum Metric {
    /// Rows whose largest prediction (the first of equals) is at the index that the truth gives.
    ArgmaxHits,
    /// Mean squared error as Q32.32, rounded down.
    MseDown,
    /// Elements that are equal and not zero.
    Matches
}

/// What PRICE answers: gas of a FORWARD, and what comes of one item.
struct ModelPrice {
    bytes32 modelId;
    uint256 fixedGas;
    uint256 gasPerItem;
    uint256 rowsPerItem;
    uint256 cols;
    Dtype dtype;
}

/// What random draws come from.
struct Draw {
    bytes32 seed;
    bytes32 domain;
    /// First block, below 2^48.
    uint256 counter;
}

/// @title Typed calls of the ML precompiles at 0xA100..
/// Making a tensor is no state write (it is gone after the transaction unless TensorStore pins it), so all of them are static.
/// A tensor or model that is not available reverts with the precompile's `NotResident()`; anything malformed burns the gas given
/// to the call and reverts with `PrecompileFailed`.
library ML {
    error NotResident();
    error PrecompileFailed(address precompile);

    /// Shape and lease of a tensor.
    function meta(bytes32 id) internal view returns (TensorMeta memory) {
        return abi.decode(_call(Predeploys.ML_META, abi.encode(id), 256), (TensorMeta));
    }

    /// Makes a tensor of `data` (row-major; I32 little endian), at most 128 KiB. `dims` beyond `rank` are 0.
    function commit(Dtype dtype, uint256 rank, uint256[4] memory dims, bytes memory data)
        internal
        view
        returns (bytes32 id)
    {
        return _id(Predeploys.ML_COMMIT, abi.encodePacked(abi.encode(dtype, rank, dims), data));
    }

    /// `length` (<= 4096) bytes of a tensor's data.
    function slice(bytes32 id, uint256 offset, uint256 length) internal view returns (bytes memory) {
        return _call(Predeploys.ML_SLICE, abi.encode(id, offset, length), length);
    }

    /// a [M,K] times b [K,N] plus bias [N] (0 = none), requantised by requant [3,N] (0 = the I32 accumulators).
    function matmul(bytes32 a, bytes32 b, bytes32 bias, bytes32 requantParams) internal view returns (bytes32) {
        return _id(Predeploys.ML_MATMUL_I8, abi.encode(a, b, bias, requantParams));
    }

    /// I32 accumulators [M,N] to I8 by requant [3,N].
    function requant(bytes32 acc, bytes32 requantParams) internal view returns (bytes32) {
        return _id(Predeploys.ML_REQUANT, abi.encode(acc, requantParams));
    }

    /// Each I8 element replaced by its entry of an I8 [256] table.
    function lut8(bytes32 x, bytes32 table) internal view returns (bytes32) {
        return _id(Predeploys.ML_LUT8, abi.encode(x, table));
    }

    /// A registered model's output for `x`.
    function forward(bytes32 modelId, bytes32 x) internal view returns (bytes32) {
        return _id(Predeploys.ML_FORWARD, abi.encode(modelId, x, uint256(0), uint256(0)));
    }

    /// As `forward`, but answers false where that reverts with `NotResident`. Too little gas is a revert here too: it must not
    /// pass for an absent model.
    function tryForward(bytes32 modelId, bytes32 x) internal view returns (bool resident, bytes32 outputId) {
        (bool success, bytes memory output) =
            Predeploys.ML_FORWARD.staticcall(abi.encode(modelId, x, uint256(0), uint256(0)));
        if (_isNotResident(success, output)) return (false, 0);
        if (!success || output.length != 32) revert PrecompileFailed(Predeploys.ML_FORWARD);
        return (true, bytes32(output));
    }

    /// Checks a graph, whose parameters have to be available, and says what it costs to run.
    function price(bytes memory graph) internal view returns (ModelPrice memory) {
        return abi.decode(_call(Predeploys.ML_PRICE, graph, 192), (ModelPrice));
    }

    /// Whether `leaf` is at `index` below `root`, by its siblings from the leaf on.
    function verify(bytes32 root, uint256 index, bytes32 leaf, bytes32[] memory siblings) internal view returns (bool) {
        return _id(Predeploys.ML_VERIFY, abi.encodePacked(root, index, leaf, siblings)) != 0;
    }

    /// How many rows of `a` and `b` have a cosine of at least n/d, and the id of the mask I8 [M] that says which.
    function cosineAtLeast(uint256 n, uint256 d, bytes32 a, bytes32 b)
        internal
        view
        returns (uint256 count, bytes32 maskId)
    {
        return abi.decode(_call(Predeploys.ML_COSINE_GE, abi.encode(n, d, a, b), 64), (uint256, bytes32));
    }

    /// The weighted mean of I32 updates of one shape, rounded down.
    function fedAvg(uint256[] memory weights, bytes32[] memory updates) internal view returns (bytes32) {
        return _id(Predeploys.ML_FEDAVG, abi.encodePacked(weights, updates));
    }

    /// The mean of I32 updates without each element's `trim` smallest and largest values, rounded down.
    function trimmedMean(uint256 trim, bytes32[] memory updates) internal view returns (bytes32) {
        return _id(Predeploys.ML_TRIMMED_MEAN, abi.encodePacked(trim, updates));
    }

    /// `base + floor(delta * n / d)`, saturating.
    function applyDelta(uint256 n, uint256 d, bytes32 base, bytes32 delta) internal view returns (bytes32) {
        return _id(Predeploys.ML_APPLY_DELTA, abi.encode(n, d, base, delta));
    }

    /// `n` random 32-bit words as I32 [n].
    function prng(Draw memory draw, uint256 n) internal view returns (bytes32) {
        return _id(Predeploys.ML_PRNG, abi.encode(draw, n));
    }

    /// `n` of the numbers below `population`, none twice, as I32 [n].
    function sample(Draw memory draw, uint256 population, uint256 n) internal view returns (bytes32) {
        return _id(Predeploys.ML_SAMPLE, abi.encode(draw, population, n));
    }

    /// Rows of `table` by I32 `indices`.
    function gather(bytes32 table, bytes32 indices) internal view returns (bytes32) {
        return _id(Predeploys.ML_GATHER, abi.encode(table, indices));
    }

    /// Compares predictions with the truth.
    function metric(Metric kind, bytes32 predictions, bytes32 truth) internal view returns (uint256) {
        return uint256(_id(Predeploys.ML_METRIC, abi.encode(kind, predictions, truth)));
    }

    function _id(address precompile, bytes memory input) private view returns (bytes32) {
        return bytes32(_call(precompile, input, 32));
    }

    /// The length check also refuses a chain without the precompiles, where a call succeeds and returns nothing.
    function _call(address precompile, bytes memory input, uint256 outputLength)
        private
        view
        returns (bytes memory output)
    {
        bool success;
        (success, output) = precompile.staticcall(input);
        if (_isNotResident(success, output)) revert NotResident();
        if (!success || output.length != outputLength) revert PrecompileFailed(precompile);
    }

    function _isNotResident(bool success, bytes memory output) private pure returns (bool) {
        return !success && output.length == 4 && bytes4(output) == NotResident.selector;
    }
}
