// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGraphStepJudge} from "../../src/interfaces/IGraphStepJudge.sol";
import {TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {GraphStepJudge} from "../../src/l2/GraphStepJudge.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {MockMeta} from "./MlMocks.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// A FORWARD whose output has the shape of its input, unless a test says otherwise, and that needs gas.
contract MockStepForward {
    uint256 public constant PRICE = 200_000;
    /// What a mock id begins with: type, rank and dimensions.
    bytes32 public constant SHAPE = bytes32(bytes18(type(uint144).max));

    mapping(bytes32 modelId => bool) public lost;
    mapping(bytes32 modelId => bool) public broken;
    mapping(bytes32 modelId => bytes32) public shapeOf;
    mapping(bytes32 modelId => uint256) public priceOf;

    /// Parameters of the model are not resident.
    function lose(bytes32 modelId, bool isLost) external {
        lost[modelId] = isLost;
    }

    function breakModel(bytes32 modelId) external {
        broken[modelId] = true;
    }

    function reshape(bytes32 modelId, bytes32 like) external {
        shapeOf[modelId] = like & SHAPE;
    }

    function setPrice(bytes32 modelId, uint256 price) external {
        priceOf[modelId] = price;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        (bytes32 modelId, bytes32 x, uint256 from, uint256 to) = abi.decode(input, (bytes32, bytes32, uint256, uint256));
        uint256 price = priceOf[modelId];
        if (gasleft() < (price == 0 ? PRICE : price)) _burn();
        if (broken[modelId] || from != 0 || to != 0) _burn();
        if (lost[modelId] || MockMeta(Predeploys.ML_META).lost(x)) revert ML.NotResident();
        bytes32 shape = shapeOf[modelId] == 0 ? x & SHAPE : shapeOf[modelId];
        return abi.encode(shape | keccak256(input) >> 144);
    }

    function _burn() private pure {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// Tasks with a GraphStepJudge that the DAO has approved.
abstract contract GraphStepFixture is VotesFixture {
    MockStepForward internal constant STEPS = MockStepForward(Predeploys.ML_FORWARD);
    IGraphStepJudge internal stepJudge;

    function setUp() public virtual override {
        super.setUp();
        vm.etch(Predeploys.ML_FORWARD, type(MockStepForward).runtimeCode);
        baseWeights = _putRows(2, 5, "state");
        stepJudge = new GraphStepJudge();
        vm.prank(Predeploys.TIMELOCK);
        TRAINING.setJudge(address(stepJudge), true);
        _people(2, 1);
    }

    function _judged() internal view returns (TaskParams memory params) {
        params = _votedParams();
        params.stepJudge = address(stepJudge);
    }

    /// `count` registered graphs.
    function _graphs(uint256 count) internal returns (bytes32[] memory modelIds) {
        modelIds = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            modelIds[i] = MODELS.register(abi.encodePacked("batch ", i));
        }
    }

    function _setRule(TaskId id, bytes32[] memory modelIds) internal {
        vm.prank(proposer, proposer);
        stepJudge.setRule(id, modelIds);
    }

    /// What the precompile answers, without the judge.
    function _step(bytes32 modelId, bytes32 state) internal view returns (bytes32) {
        (bool ok, bytes memory output) =
            Predeploys.ML_FORWARD.staticcall(abi.encode(modelId, state, uint256(0), uint256(0)));
        require(ok);
        return abi.decode(output, (bytes32));
    }
}
