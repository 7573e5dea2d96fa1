// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Draw, Dtype, Metric, ML, ModelPrice, TensorMeta} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Test} from "../Test.sol";

contract MlProbe {
    function meta(bytes32 id) external view returns (TensorMeta memory) {
        return ML.meta(id);
    }

    function commit(Dtype dtype, uint256 rank, uint256[4] memory dims, bytes memory data)
        external
        view
        returns (bytes32)
    {
        return ML.commit(dtype, rank, dims, data);
    }

    function slice(bytes32 id, uint256 offset, uint256 length) external view returns (bytes memory) {
        return ML.slice(id, offset, length);
    }

    function matmul(bytes32 a, bytes32 b, bytes32 bias, bytes32 requantParams) external view returns (bytes32) {
        return ML.matmul(a, b, bias, requantParams);
    }

    function requant(bytes32 acc, bytes32 requantParams) external view returns (bytes32) {
        return ML.requant(acc, requantParams);
    }

    function lut8(bytes32 x, bytes32 table) external view returns (bytes32) {
        return ML.lut8(x, table);
    }

    function forward(bytes32 modelId, bytes32 x) external view returns (bytes32) {
        return ML.forward(modelId, x);
    }

    function tryForward(bytes32 modelId, bytes32 x) external view returns (bool, bytes32) {
        return ML.tryForward(modelId, x);
    }

    function metric(Metric kind, bytes32 predictions, bytes32 truth) external view returns (uint256) {
        return ML.metric(kind, predictions, truth);
    }

    function price(bytes memory graph) external view returns (ModelPrice memory) {
        return ML.price(graph);
    }

    function verify(bytes32 root, uint256 index, bytes32 leaf, bytes32[] memory siblings) external view returns (bool) {
        return ML.verify(root, index, leaf, siblings);
    }

    function cosineAtLeast(uint256 n, uint256 d, bytes32 a, bytes32 b) external view returns (uint256, bytes32) {
        return ML.cosineAtLeast(n, d, a, b);
    }

    function fedAvg(uint256[] memory weights, bytes32[] memory updates) external view returns (bytes32) {
        return ML.fedAvg(weights, updates);
    }

    function trimmedMean(uint256 trim, bytes32[] memory updates) external view returns (bytes32) {
        return ML.trimmedMean(trim, updates);
    }

    function applyDelta(uint256 n, uint256 d, bytes32 base, bytes32 delta) external view returns (bytes32) {
        return ML.applyDelta(n, d, base, delta);
    }

    function prng(Draw memory draw, uint256 n) external view returns (bytes32) {
        return ML.prng(draw, n);
    }

    function sample(Draw memory draw, uint256 population, uint256 n) external view returns (bytes32) {
        return ML.sample(draw, population, n);
    }

    function gather(bytes32 table, bytes32 indices) external view returns (bytes32) {
        return ML.gather(table, indices);
    }
}

contract MLTest is Test {
    MlProbe private probe = new MlProbe();

    function _answer(address precompile, bytes memory input, bytes memory output) private {
        vm.mockCall(precompile, input, output);
    }

    function testFuzz_inputs_are_words_in_the_agreed_order(bytes32[5] memory w) public {
        bytes memory out = abi.encode(w[4]);
        _answer(Predeploys.ML_MATMUL_I8, abi.encodePacked(w[0], w[1], w[2], w[3]), out);
        assertEq(probe.matmul(w[0], w[1], w[2], w[3]), w[4]);
        _answer(Predeploys.ML_REQUANT, abi.encodePacked(w[0], w[1]), out);
        assertEq(probe.requant(w[0], w[1]), w[4]);
        _answer(Predeploys.ML_LUT8, abi.encodePacked(w[0], w[1]), out);
        assertEq(probe.lut8(w[0], w[1]), w[4]);
        _answer(Predeploys.ML_FORWARD, abi.encodePacked(w[0], w[1], bytes32(0), bytes32(0)), out);
        assertEq(probe.forward(w[0], w[1]), w[4]);
        _answer(Predeploys.ML_METRIC, abi.encodePacked(uint256(1), w[0], w[1]), out);
        assertEq(probe.metric(Metric.MseDown, w[0], w[1]), uint256(w[4]));
    }

    function testFuzz_inputs_of_updates_and_draws_too(uint256[5] memory w, bytes32[] memory ids) public {
        bytes memory out = abi.encode(w[4]);
        uint256[] memory weights = new uint256[](ids.length);
        for (uint256 i = 0; i < weights.length; i++) {
            weights[i] = uint256(ids[i]) % 99;
        }
        bytes32 answer = bytes32(w[4]);
        _answer(Predeploys.ML_FEDAVG, abi.encodePacked(weights, ids), out);
        assertEq(probe.fedAvg(weights, ids), answer);
        _answer(Predeploys.ML_TRIMMED_MEAN, abi.encodePacked(w[0], ids), out);
        assertEq(probe.trimmedMean(w[0], ids), answer);
        bytes32 a = bytes32(w[2]);
        bytes32 b = bytes32(w[3]);
        _answer(Predeploys.ML_APPLY_DELTA, abi.encodePacked(w[0], w[1], a, b), out);
        assertEq(probe.applyDelta(w[0], w[1], a, b), answer);
        Draw memory draw = Draw(a, b, w[0]);
        _answer(Predeploys.ML_PRNG, abi.encodePacked(a, b, w[0], w[1]), out);
        assertEq(probe.prng(draw, w[1]), answer);
        _answer(Predeploys.ML_SAMPLE, abi.encodePacked(a, b, w[0], w[1], w[3]), out);
        assertEq(probe.sample(draw, w[1], w[3]), answer);
        _answer(Predeploys.ML_GATHER, abi.encodePacked(a, b), out);
        assertEq(probe.gather(a, b), answer);
        _answer(Predeploys.ML_COSINE_GE, abi.encodePacked(w[0], w[1], a, b), abi.encode(w[3], w[4]));
        (uint256 count, bytes32 maskId) = probe.cosineAtLeast(w[0], w[1], a, b);
        assertEq(count, w[3]);
        assertEq(maskId, answer);
        _answer(Predeploys.ML_VERIFY, abi.encodePacked(a, w[0], b, ids), abi.encode(w[0] % 2));
        assertEq(probe.verify(a, w[0], b, ids), w[0] % 2 == 1);
    }

    function testFuzz_a_price_is_decoded(bytes memory graph, bytes32 modelId, uint128[4] memory words, bool wide)
        public
    {
        Dtype dtype = wide ? Dtype.I32 : Dtype.I8;
        bytes memory out = abi.encode(modelId, words, dtype);
        _answer(Predeploys.ML_PRICE, graph, out);
        assertEq(abi.encode(probe.price(graph)), out);
    }

    function testFuzz_commit_and_slice_carry_raw_bytes(bytes memory data, uint16[4] memory raw, bytes32 id) public {
        uint256[4] memory dims = [uint256(raw[0]), raw[1], raw[2], raw[3]];
        bytes memory input = abi.encodePacked(uint256(1), uint256(4), dims, data);
        _answer(Predeploys.ML_COMMIT, input, abi.encode(id));
        assertEq(probe.commit(Dtype.I32, 4, dims, data), id);
        _answer(Predeploys.ML_SLICE, abi.encodePacked(id, uint256(raw[0]), data.length), data);
        assertEq(probe.slice(id, raw[0], data.length), data);
    }

    function testFuzz_meta_is_decoded(bytes32 id, uint256[7] memory words, bool wide) public {
        TensorMeta memory expected = TensorMeta({
            dtype: wide ? Dtype.I32 : Dtype.I8,
            rank: words[0],
            dims: [words[1], words[2], words[3], words[4]],
            sizeBytes: words[5],
            paidUntil: words[6]
        });
        _answer(Predeploys.ML_META, abi.encode(id), abi.encode(expected));
        assertEq(abi.encode(probe.meta(id)), abi.encode(expected));
    }

    function testFuzz_a_tensor_that_is_not_there_reverts_as_such(bytes32 id) public {
        vm.mockCallRevert(Predeploys.ML_META, abi.encode(id), abi.encodePacked(bytes4(keccak256("NotResident()"))));
        vm.expectRevert(ML.NotResident.selector);
        probe.meta(id);
    }

    function testFuzz_a_forward_that_is_tried_tells_absence_from_failure(bytes32 modelId, bytes32 x, bytes32 y) public {
        bytes memory input = abi.encodePacked(modelId, x, bytes32(0), bytes32(0));
        _answer(Predeploys.ML_FORWARD, input, abi.encode(y));
        (bool resident, bytes32 outputId) = probe.tryForward(modelId, x);
        assertTrue(resident);
        assertEq(outputId, y);

        vm.mockCallRevert(Predeploys.ML_FORWARD, input, abi.encodePacked(ML.NotResident.selector));
        (resident, outputId) = probe.tryForward(modelId, x);
        assertFalse(resident);
        assertEq(outputId, 0);

        vm.mockCallRevert(Predeploys.ML_FORWARD, input, "");
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        probe.tryForward(modelId, x);
    }

    function testFuzz_attack_a_chain_without_the_precompiles_answers_nothing(bytes32 id) public {
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_META));
        probe.meta(id);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        probe.forward(id, id);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        probe.tryForward(id, id);
    }
}
