// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITensorStore} from "../../src/interfaces/ITensorStore.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";

// Stand-ins for the ML precompiles, which forge does not have. A mock id carries its shape:
// dtype (1 byte), rank (1), four dimensions (4 x 4), 14 bytes of a hash. What is made is available unless a test says `lose`.

contract MockMeta {
    mapping(bytes32 => bool) public lost;

    function lose(bytes32 id, bool isLost) external {
        lost[id] = isLost;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        require(input.length == 32);
        bytes32 id = bytes32(input);
        if (lost[id]) revert ML.NotResident();
        uint256 rank = uint8(id[1]);
        uint256 size = uint8(id[0]) == 0 ? 1 : 4;
        uint256[4] memory dims;
        for (uint256 i = 0; i < 4; i++) {
            dims[i] = i < rank ? uint32(uint256(id) >> (208 - 32 * i)) : 1;
            size *= dims[i];
        }
        (, uint64 paidUntil) = ITensorStore(Predeploys.TENSOR_STORE).residency(id);
        return abi.encode(uint8(id[0]), rank, dims, size, block.timestamp <= paidUntil ? paidUntil : 0);
    }
}

contract MockCommit {
    fallback(bytes calldata input) external returns (bytes memory) {
        (uint256 dtype, uint256 rank, uint256[4] memory dims) = abi.decode(input, (uint256, uint256, uint256[4]));
        uint256 size = dtype == 0 ? 1 : 4;
        uint256 id = dtype << 248 | rank << 240;
        for (uint256 i = 0; i < rank; i++) {
            size *= dims[i];
            id |= dims[i] << (208 - 32 * i);
        }
        require(dtype <= 1 && rank >= 1 && rank <= 4 && input.length == 192 + size);
        return abi.encode(id | uint256(keccak256(input)) >> 144);
    }
}

contract MockForward {
    mapping(bytes32 => bool) public broken;
    mapping(bytes32 => bool) public lost;

    /// Parameters of the model are not resident.
    function lose(bytes32 modelId, bool isLost) external {
        lost[modelId] = isLost;
    }

    function breakModel(bytes32 modelId, bool isBroken) external {
        broken[modelId] = isBroken;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        (bytes32 modelId, bytes32 x, uint256 from, uint256 to) = abi.decode(input, (bytes32, bytes32, uint256, uint256));
        require(!broken[modelId] && from == 0 && to == 0);
        if (lost[modelId] || MockMeta(Predeploys.ML_META).lost(x)) revert ML.NotResident();
        return abi.encode(keccak256(abi.encode(modelId, x)));
    }
}

/// Any bytes are a graph unless a test says `refuse`, or `lose` for its parameters.
contract MockPrice {
    mapping(bytes32 modelId => bool) public lost;
    mapping(bytes32 modelId => bool) public refused;
    /// What is added to both prices.
    uint256 public more;

    function lose(bytes32 modelId, bool isLost) external {
        lost[modelId] = isLost;
    }

    function refuse(bytes32 modelId) external {
        refused[modelId] = true;
    }

    function raise(uint256 more_) external {
        more = more_;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        bytes32 modelId = keccak256(input);
        require(!refused[modelId]);
        if (lost[modelId]) revert ML.NotResident();
        return abi.encode(modelId, more + 1_000 + input.length, more + input.length, 1, 10, 1);
    }
}

contract MockMetric {
    mapping(bytes32 predictions => uint256) public hits;

    function setHits(bytes32 modelId, bytes32 inputsId, uint256 value) external {
        hits[keccak256(abi.encode(modelId, inputsId))] = value;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        (uint256 kind, bytes32 predictions,) = abi.decode(input, (uint256, bytes32, bytes32));
        require(kind == 0);
        return abi.encode(hits[predictions]);
    }
}
