// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IInference, Request, RequestId, RequestStatus} from "../../src/interfaces/IInference.sol";
import {IParticipantStaking, Role} from "../../src/interfaces/IParticipantStaking.sol";
import {DiscountTier, ProjectId} from "../../src/interfaces/IProject.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {InferenceFixture} from "./InferenceFixture.sol";

contract InferenceTest is InferenceFixture {
    // Asking

    function testFuzz_the_chain_answers_at_once_and_the_price_is_the_holders(uint96 priceWei) public {
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        _setPrice(priceWei);
        FORWARD.lose(model, false);
        vm.expectEmit(address(INFERENCE));
        emit IInference.InferenceRequested(RequestId.wrap(1), projectId, user, model, input, priceWei);
        vm.expectEmit(address(INFERENCE));
        emit IInference.InferenceAnswered(RequestId.wrap(1), projectId, address(0), right, true);
        vm.prank(user);
        (RequestId id, bytes32 outputId) = INFERENCE.requestInference(projectId, input, priceWei);
        assertEq(outputId, right);
        _statusIs(id, RequestStatus.None);
        assertEq(TOKEN.balanceOf(user), 10_000 ether - priceWei);
        assertEq(TOKEN.balanceOf(address(token)), priceWei);
        assertEq(TOKEN.balanceOf(address(INFERENCE)), 0);
        vm.warp(block.timestamp + 7 days);
        // The owner holds every token: it gets all but a fraction of a wei.
        assertLe(token.claimableDown(owner), priceWei);
        assertGe(token.claimableDown(owner) + 1, priceWei);
    }

    function testFuzz_what_the_chain_cannot_compute_is_asked_of_the_providers(bool inputLost, uint96 priceWei) public {
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        _setPrice(priceWei);
        FORWARD.lose(model, !inputLost);
        META.lose(input, inputLost);
        RequestId id = _request();
        Request memory r = INFERENCE.request(id);
        assertEq(ProjectId.unwrap(r.projectId), ProjectId.unwrap(projectId));
        assertEq(r.modelId, model);
        assertEq(r.inputId, input);
        assertEq(r.user, user);
        assertEq(r.priceWei, priceWei);
        assertEq(r.answerBy, block.timestamp + 1 hours);
        _statusIs(id, RequestStatus.Open);
        assertEq(TOKEN.balanceOf(address(INFERENCE)), priceWei);
    }

    function testFuzz_a_request_can_be_left_to_the_providers(bytes32 inputId, uint96 maxPriceWei) public {
        FORWARD.lose(model, false);
        vm.prank(user);
        if (maxPriceWei < PRICE) {
            vm.expectRevert(abi.encodeWithSelector(IInference.PriceAboveMaximum.selector, PRICE, maxPriceWei));
            INFERENCE.openRequest(projectId, inputId, maxPriceWei);
            return;
        }
        RequestId id = INFERENCE.openRequest(projectId, inputId, maxPriceWei);
        _statusIs(id, RequestStatus.Open);
        assertEq(INFERENCE.request(id).inputId, inputId);
        assertEq(TOKEN.balanceOf(address(INFERENCE)), PRICE);
    }

    function test_an_input_that_does_not_fit_the_model_costs_nothing() public {
        FORWARD.lose(model, false);
        FORWARD.breakModel(model, true);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        vm.prank(user);
        INFERENCE.requestInference(projectId, input, PRICE);
    }

    function testFuzz_a_project_without_a_model_takes_no_requests(uint256 raw) public {
        _createProject(anyone, BUDGET);
        ProjectId id = ProjectId.wrap(bound(raw, 2, type(uint256).max));
        vm.startPrank(user);
        vm.expectRevert(abi.encodeWithSelector(IInference.NoMatureModel.selector, id));
        INFERENCE.requestInference(id, input, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IInference.NoMatureModel.selector, id));
        INFERENCE.openRequest(id, input, type(uint256).max);
    }

    function test_the_model_of_a_request_stays_the_one_that_was_asked() public {
        RequestId id = _request();
        bytes32 next = _publishModel("next");
        assertEq(PROJECTS.matureModel(projectId).modelId, next);
        assertEq(INFERENCE.request(id).modelId, model);
        _answer(id, right);
        FORWARD.lose(model, false);
        vm.expectRevert(abi.encodeWithSelector(IInference.AnswerIsRight.selector, id));
        INFERENCE.proveWrong(id);
    }

    function testFuzz_attack_raising_the_price_under_a_pending_call(uint96 raised, bool resident) public {
        raised = uint96(bound(raised, PRICE + 1, BUDGET));
        FORWARD.lose(model, !resident);
        uint256 seen = PROJECTS.inferencePrice(projectId, user);
        _setPrice(raised);
        vm.startPrank(user);
        vm.expectRevert(abi.encodeWithSelector(IInference.PriceAboveMaximum.selector, raised, seen));
        INFERENCE.requestInference(projectId, input, seen);
        vm.expectRevert(abi.encodeWithSelector(IInference.PriceAboveMaximum.selector, raised, seen));
        INFERENCE.openRequest(projectId, input, seen);
    }

    function testFuzz_attack_an_answered_request_is_not_repriced(uint96 raised) public {
        raised = uint96(bound(raised, 0, BUDGET));
        RequestId id = _answered(right);
        _setPrice(raised);
        vm.warp(block.timestamp + 24 hours);
        INFERENCE.settle(id);
        assertEq(TOKEN.balanceOf(provider), 8 ether);
        assertEq(TOKEN.balanceOf(address(token)), 2 ether);
        assertEq(INFERENCE.atRisk(provider), 0);
    }

    function testFuzz_attack_asking_without_paying(address caller) public {
        vm.assume(caller != address(0) && caller != user);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(INFERENCE), 0, PRICE)
        );
        vm.prank(caller);
        INFERENCE.requestInference(projectId, input, PRICE);
    }

    function test_attack_discount_with_tokens_received_this_second() public {
        DiscountTier[] memory tiers = new DiscountTier[](1);
        tiers[0] = DiscountTier(100 ether, 5000);
        vm.startPrank(owner);
        PROJECTS.setDiscountTiers(projectId, tiers);
        token.transfer(user, 100 ether);
        vm.stopPrank();
        _request();
        assertEq(TOKEN.balanceOf(address(INFERENCE)), PRICE);
        vm.warp(block.timestamp + 1);
        _request();
        assertEq(TOKEN.balanceOf(address(INFERENCE)), PRICE + PRICE / 2);
    }

    // Answering

    function testFuzz_an_answer_is_paid_after_its_window(uint96 priceWei, bytes32 outputId) public {
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        _setPrice(priceWei);
        _backAnswers(1);
        RequestId id = _request();
        vm.expectEmit(address(INFERENCE));
        emit IInference.InferenceAnswered(id, projectId, provider, outputId, false);
        _answer(id, outputId);
        assertEq(INFERENCE.request(id).outputId, outputId);
        assertEq(INFERENCE.atRisk(provider), uint256(priceWei) + 10 ether);

        vm.warp(block.timestamp + 24 hours);
        uint256 share = uint256(priceWei) * 8 / 10;
        vm.expectEmit(address(INFERENCE));
        emit IInference.InferenceSettled(id, provider, share, priceWei - share);
        vm.prank(anyone);
        INFERENCE.settle(id);
        _statusIs(id, RequestStatus.Settled);
        assertEq(TOKEN.balanceOf(provider), share);
        assertEq(TOKEN.balanceOf(address(token)), priceWei - share);
        assertEq(TOKEN.balanceOf(address(INFERENCE)), 0);
        assertEq(INFERENCE.atRisk(provider), 0);
    }

    function testFuzz_an_answer_that_the_chain_confirms_is_paid_at_once(bytes32 outputId, bool isRight) public {
        if (isRight) outputId = right;
        RequestId id = _answered(outputId);
        vm.expectRevert(ML.NotResident.selector);
        INFERENCE.confirm(id);
        FORWARD.lose(model, false);
        if (outputId != right) {
            vm.expectRevert(abi.encodeWithSelector(IInference.AnswerDiffers.selector, id, right));
            INFERENCE.confirm(id);
            return;
        }
        INFERENCE.confirm(id);
        _statusIs(id, RequestStatus.Settled);
        assertEq(TOKEN.balanceOf(provider), 8 ether);
    }

    function testFuzz_attack_answering_without_an_active_stake(address caller) public {
        vm.assume(caller != provider);
        RequestId id = _request();
        vm.expectRevert(abi.encodeWithSelector(IInference.NotActiveProvider.selector, caller));
        vm.prank(caller);
        INFERENCE.answer(id, right);
        vm.prank(provider);
        STAKING.requestUnstake(Role.Provider);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotActiveProvider.selector, provider));
        _answer(id, right);
    }

    function testFuzz_attack_answering_after_the_deadline(uint32 late) public {
        RequestId id = _request();
        uint64 answerBy = INFERENCE.request(id).answerBy;
        vm.warp(uint256(answerBy) + late);
        vm.expectRevert(abi.encodeWithSelector(IInference.AnswerTooLate.selector, answerBy));
        _answer(id, right);
    }

    function test_attack_replacing_an_answer() public {
        RequestId id = _answered(right);
        _stake(anyone, Role.Provider);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotOpen.selector, id));
        vm.prank(anyone);
        INFERENCE.answer(id, "wrong");
        vm.expectRevert(abi.encodeWithSelector(IInference.NotOpen.selector, id));
        _answer(id, "wrong");
    }

    function testFuzz_attack_more_answers_than_the_stake_answers_for(uint96 priceWei) public {
        priceWei = uint96(bound(priceWei, 0, BUDGET / 2));
        _setPrice(priceWei);
        uint256 penalty = 10 ether + uint256(priceWei);
        uint256 backed = 50 ether / penalty;
        for (uint256 i = 0; i < backed; i++) {
            _answered("wrong");
        }
        RequestId id = _request();
        vm.expectRevert(abi.encodeWithSelector(IInference.StakeTooLow.selector, 50 ether, (backed + 1) * penalty));
        _answer(id, "wrong");
        if (backed == 0) return;
        FORWARD.lose(model, false);
        for (uint256 i = 1; i <= backed; i++) {
            INFERENCE.proveWrong(RequestId.wrap(i));
        }
        assertEq(_staked(), 50 ether - backed * penalty);
    }

    function testFuzz_attack_leaving_with_the_stake_during_the_window(uint32 wait) public {
        RequestId id = _answered("wrong");
        uint64 challengeUntil = INFERENCE.request(id).challengeUntil;
        assertEq(STAKING.positionOf(provider, Role.Provider).heldUntil, challengeUntil + 1 hours);
        vm.prank(provider);
        STAKING.requestUnstake(Role.Provider);
        uint64 unlockAt = uint64(block.timestamp) + 7 days;
        vm.warp(bound(wait, block.timestamp, challengeUntil - 1));
        vm.expectRevert(abi.encodeWithSelector(IParticipantStaking.StillLocked.selector, unlockAt));
        vm.prank(provider);
        STAKING.withdrawStake(Role.Provider);
        FORWARD.lose(model, false);
        INFERENCE.proveWrong(id);
        assertEq(_staked(), 30 ether);
    }

    // The end of a request, once

    function testFuzz_an_unanswered_request_is_refunded(uint32 wait, address caller) public {
        RequestId id = _request();
        uint64 answerBy = INFERENCE.request(id).answerBy;
        vm.warp(block.timestamp + wait);
        vm.prank(caller);
        if (wait < 1 hours) {
            vm.expectRevert(abi.encodeWithSelector(IInference.StillAnswerable.selector, answerBy));
            INFERENCE.refund(id);
            return;
        }
        vm.expectEmit(address(INFERENCE));
        emit IInference.InferenceRefunded(id, user, PRICE);
        INFERENCE.refund(id);
        _statusIs(id, RequestStatus.Refunded);
        assertEq(TOKEN.balanceOf(user), 10_000 ether);
    }

    function testFuzz_attack_refunding_after_an_answer(uint32 wait) public {
        RequestId id = _answered(right);
        vm.warp(block.timestamp + wait);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotOpen.selector, id));
        vm.prank(user);
        INFERENCE.refund(id);
    }

    function testFuzz_attack_settling_before_the_window_ends(uint32 wait) public {
        RequestId id = _answered("wrong");
        uint64 challengeUntil = INFERENCE.request(id).challengeUntil;
        vm.warp(bound(wait, block.timestamp, challengeUntil - 1));
        vm.expectRevert(abi.encodeWithSelector(IInference.WindowOpen.selector, challengeUntil));
        vm.prank(provider);
        INFERENCE.settle(id);
    }

    function testFuzz_attack_ending_a_request_twice(uint8 first, uint8 second) public {
        _request(); // money that a second end could take
        RequestId id = _answered(first % 4 == 0 ? bytes32("wrong") : right);
        if (first % 4 == 3) id = _request();
        FORWARD.lose(model, false);
        if (first % 4 == 0) INFERENCE.proveWrong(id);
        vm.warp(block.timestamp + 24 hours);
        if (first % 4 == 1) INFERENCE.settle(id);
        else if (first % 4 == 2) INFERENCE.confirm(id);
        else if (first % 4 == 3) INFERENCE.refund(id);

        uint256 left = TOKEN.balanceOf(address(INFERENCE));
        bytes4 refusal = second % 4 == 3 ? IInference.NotOpen.selector : IInference.NotAnswered.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, id));
        if (second % 4 == 0) INFERENCE.proveWrong(id);
        else if (second % 4 == 1) INFERENCE.settle(id);
        else if (second % 4 == 2) INFERENCE.confirm(id);
        else INFERENCE.refund(id);
        assertEq(TOKEN.balanceOf(address(INFERENCE)), left);
    }

    function testFuzz_an_unknown_request_does_nothing(uint256 raw) public {
        RequestId id = RequestId.wrap(raw);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotOpen.selector, id));
        _answer(id, right);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotOpen.selector, id));
        INFERENCE.refund(id);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotAnswered.selector, id));
        INFERENCE.settle(id);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotAnswered.selector, id));
        INFERENCE.confirm(id);
        vm.expectRevert(abi.encodeWithSelector(IInference.NotAnswered.selector, id));
        INFERENCE.proveWrong(id);
    }
}
