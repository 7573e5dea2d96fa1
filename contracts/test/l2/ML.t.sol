// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dtype, Metric, ML, TensorMeta} from "../../src/lib/ML.sol";
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
