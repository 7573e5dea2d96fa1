// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInference, RequestId, RequestStatus} from "../../src/interfaces/IInference.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {IProjectToken} from "../../src/interfaces/IProjectToken.sol";
import {TaskId} from "../../src/interfaces/ITaskContract.sol";
import {Inference} from "../../src/l2/Inference.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {L2Fixture} from "./L2Fixture.sol";

/// A project with a mature model that is not resident, a user with ATN, and a provider.
abstract contract InferenceFixture is L2Fixture {
    IInference internal constant INFERENCE = IInference(Predeploys.INFERENCE);
    uint256 internal constant PRICE = 10 ether;

    address internal user = makeAddr("user");
    address internal provider = makeAddr("provider");
    address internal prover = makeAddr("prover");
    bytes32 internal model;
    bytes32 internal input;
    /// What the chain computes for `input`.
    bytes32 internal right;
    IProjectToken internal token;

    function setUp() public virtual override {
        super.setUp();
        _predeploy(Predeploys.INFERENCE, type(Inference).creationCode);
        model = _publishModel("merged");
        FORWARD.lose(model, true);
        input = _putRows(2, 1, "question");
        right = keccak256(abi.encode(model, input));
        token = IProjectToken(PROJECTS.project(projectId).token);
        _setPrice(PRICE);
        _stake(provider, Role.Provider);
        _give(user, 10_000 ether, address(INFERENCE));
    }

    /// A mature model of `projectId` that continues the current weights.
    function _publishModel(string memory name) internal returns (bytes32 modelId) {
        TaskId id = _toFinalized(_hits(100, 200), 2);
        bytes32 weights = _put(1, 7, name);
        modelId = MODELS.register(bytes(name));
        METRIC.setHits(modelId, inputs, ROWS);
        vm.prank(aggregator);
        PROJECTS.setMatureModel(projectId, modelId, weights, id);
        baseWeights = weights;
    }

    function _setPrice(uint256 priceWei) internal {
        vm.prank(owner);
        PROJECTS.setInferencePrice(projectId, priceWei);
    }

    function _request() internal returns (RequestId id) {
        vm.prank(user);
        bytes32 outputId;
        (id, outputId) = INFERENCE.requestInference(projectId, input, type(uint256).max);
        assertEq(outputId, 0);
    }

    function _answer(RequestId id, bytes32 outputId) internal {
        vm.prank(provider);
        INFERENCE.answer(id, outputId);
    }

    function _answered(bytes32 outputId) internal returns (RequestId id) {
        id = _request();
        _answer(id, outputId);
    }

    /// Leaves the provider room for `count` more answers.
    function _backAnswers(uint256 count) internal {
        uint256 more = count * INFERENCE.penaltyOf(PROJECTS.inferenceBasePrice(projectId));
        _give(provider, more, address(STAKING));
        vm.prank(provider);
        STAKING.stake(Role.Provider, more);
    }

    function _staked() internal view returns (uint256) {
        return STAKING.positionOf(provider, Role.Provider).amount;
    }

    function _statusIs(RequestId id, RequestStatus status) internal view {
        assertEq(uint256(INFERENCE.request(id).status), uint256(status));
    }
}
