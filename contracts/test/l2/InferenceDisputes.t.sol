// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInference, RequestId, RequestStatus} from "../../src/interfaces/IInference.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {ProjectId} from "../../src/interfaces/IProject.sol";
import {IProjectToken} from "../../src/interfaces/IProjectToken.sol";
import {ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {InferenceFixture} from "./InferenceFixture.sol";

/// Wrong answers, wrong accusations, and where the money is.
contract InferenceDisputesTest is InferenceFixture {
    RequestId[] private requests;

    function testFuzz_attack_keeping_the_price_of_a_wrong_answer(bytes32 outputId, uint96 priceWei, uint32 wait)
        public
    {
        vm.assume(outputId != right);
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        _setPrice(priceWei);
        _backAnswers(1);
        uint256 stake = _staked();
        RequestId id = _answered(outputId);
        vm.warp(block.timestamp + bound(wait, 0, 24 hours - 1));
        FORWARD.lose(model, false);
        uint256 penalty = 10 ether + uint256(priceWei);
        vm.expectEmit(address(INFERENCE));
        emit IInference.AnswerDisproven(id, provider, prover, right, penalty, penalty / 2);
        vm.prank(prover);
        INFERENCE.proveWrong(id);
        _statusIs(id, RequestStatus.Disproven);
        assertEq(_staked(), stake - penalty);
        assertEq(TOKEN.balanceOf(prover), penalty / 2);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), penalty - penalty / 2);
        assertEq(TOKEN.balanceOf(user), 10_000 ether);
        assertEq(TOKEN.balanceOf(address(INFERENCE)), 0);
        assertEq(INFERENCE.atRisk(provider), 0);
    }

    function testFuzz_attack_slashing_an_honest_provider(address accuser, uint96 priceWei) public {
        priceWei = uint96(bound(priceWei, 0, 40 ether));
        _setPrice(priceWei);
        RequestId id = _answered(right);
        FORWARD.lose(model, false);
        vm.expectRevert(abi.encodeWithSelector(IInference.AnswerIsRight.selector, id));
        vm.prank(accuser);
        INFERENCE.proveWrong(id);
        assertEq(_staked(), 50 ether);
    }

    function testFuzz_attack_slashing_by_a_forward_that_cannot_run(bytes32 outputId, uint8 why) public {
        RequestId id = _answered(outputId);
        if (why % 3 == 0) {
            vm.expectRevert(ML.NotResident.selector);
        } else if (why % 3 == 1) {
            FORWARD.lose(model, false);
            META.lose(input, true);
            vm.expectRevert(ML.NotResident.selector);
        } else {
            FORWARD.breakModel(model, true);
            vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        }
        vm.prank(prover);
        INFERENCE.proveWrong(id);
        assertEq(_staked(), 50 ether);
        _statusIs(id, RequestStatus.Answered);
    }

    /// A chain without the precompile: the call succeeds and returns nothing.
    function test_attack_slashing_by_a_forward_that_returns_nothing() public {
        RequestId id = _answered(right);
        vm.etch(Predeploys.ML_FORWARD, "");
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        INFERENCE.proveWrong(id);
        vm.expectRevert(abi.encodeWithSelector(ML.PrecompileFailed.selector, Predeploys.ML_FORWARD));
        vm.prank(user);
        INFERENCE.requestInference(projectId, input, PRICE);
    }

    function testFuzz_attack_accusing_after_the_window(uint32 late) public {
        RequestId id = _answered("wrong");
        uint64 challengeUntil = INFERENCE.request(id).challengeUntil;
        FORWARD.lose(model, false);
        vm.warp(uint256(challengeUntil) + late);
        vm.expectRevert(abi.encodeWithSelector(IInference.WindowClosed.selector, challengeUntil));
        vm.prank(prover);
        INFERENCE.proveWrong(id);
    }

    function testFuzz_attack_a_provider_that_accuses_itself_loses(uint96 priceWei, bool ownQuestion) public {
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        _setPrice(priceWei);
        _backAnswers(1);
        if (ownQuestion) {
            _give(provider, priceWei, address(INFERENCE));
            user = provider;
        }
        uint256 before = TOKEN.balanceOf(provider) + _staked();
        RequestId id = _answered("wrong");
        FORWARD.lose(model, false);
        vm.prank(provider);
        INFERENCE.proveWrong(id);
        uint256 lost = before - TOKEN.balanceOf(provider) - _staked();
        assertGe(lost, 5 ether + uint256(priceWei) / 2);
    }

    function testFuzz_attack_answering_ones_own_question_gains_nothing(uint96 priceWei) public {
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        _setPrice(priceWei);
        _backAnswers(1);
        _give(provider, priceWei, address(INFERENCE));
        user = provider;
        uint256 projectsHeld = TOKEN.balanceOf(address(PROJECTS));
        RequestId id = _answered("whatever");
        vm.warp(block.timestamp + 24 hours);
        INFERENCE.settle(id);
        assertLe(TOKEN.balanceOf(provider), priceWei);
        assertEq(TOKEN.balanceOf(provider) + TOKEN.balanceOf(address(token)), priceWei);
        assertEq(TOKEN.balanceOf(address(PROJECTS)), projectsHeld);
    }

    function test_a_penalty_takes_what_another_judge_has_left() public {
        RequestId id = _answered("wrong");
        vm.prank(Predeploys.MODEL_SHARD_REGISTRY);
        STAKING.penalize(provider, Role.Provider, 43 ether, anyone);
        FORWARD.lose(model, false);
        vm.prank(prover);
        INFERENCE.proveWrong(id);
        assertEq(TOKEN.balanceOf(prover), 3.5 ether);
        assertEq(TOKEN.balanceOf(Predeploys.TIMELOCK), 3.5 ether);
        assertEq(TOKEN.balanceOf(user), 10_000 ether);
    }

    // Revenue

    function testFuzz_attack_buying_tokens_around_a_payment(uint96 priceWei, uint96 cost) public {
        cost = uint96(bound(cost, 2, type(uint96).max));
        priceWei = uint96(bound(priceWei, 1, BUDGET));
        _setPrice(priceWei);
        FORWARD.lose(model, false);
        _give(anyone, cost, address(PROJECTS));
        vm.prank(anyone);
        PROJECTS.fund(projectId, cost);
        vm.prank(user);
        INFERENCE.requestInference(projectId, input, priceWei);
        assertEq(token.claimRevenue(anyone), 0);
        vm.warp(block.timestamp + 30 days);
        token.claimRevenue(anyone);
        assertLe(TOKEN.balanceOf(anyone) + 1, cost);
    }

    function test_attack_paying_oneself_by_borrowed_tokens() public {
        FORWARD.lose(model, false);
        uint256 all = token.balanceOf(owner);
        vm.prank(owner);
        token.transfer(user, all);
        vm.startPrank(user);
        INFERENCE.requestInference(projectId, input, PRICE);
        token.claimRevenue(user);
        token.transfer(owner, all);
        vm.stopPrank();
        vm.warp(block.timestamp + 7 days);
        token.claimRevenue(user);
        assertEq(TOKEN.balanceOf(user), 10_000 ether - PRICE);
        assertGe(token.claimableDown(owner), PRICE - 1);
    }

    function testFuzz_attack_revenue_of_a_project_is_not_anothers(uint96 cost, bool resident) public {
        cost = uint96(bound(cost, 2, type(uint96).max));
        ProjectId other = _createProject(anyone, cost);
        uint256 projectsHeld = TOKEN.balanceOf(address(PROJECTS));
        IProjectToken otherToken = IProjectToken(PROJECTS.project(other).token);
        FORWARD.lose(model, !resident);
        if (resident) {
            vm.prank(user);
            INFERENCE.requestInference(projectId, input, PRICE);
        } else {
            RequestId id = _answered(right);
            vm.warp(block.timestamp + 24 hours);
            INFERENCE.settle(id);
        }
        vm.warp(block.timestamp + 7 days);
        assertEq(otherToken.claimRevenue(anyone), 0);
        assertEq(TOKEN.balanceOf(address(otherToken)), 0);
        assertEq(TOKEN.balanceOf(address(token)), resident ? PRICE : PRICE / 5);
        assertEq(TOKEN.balanceOf(address(PROJECTS)), projectsHeld);
    }

    /// Random steps of many requests: this contract holds the prices of those that have not ended, and Project what it did.
    function testFuzz_inference_holds_exactly_the_prices_of_unfinished_requests(uint256[40] memory steps) public {
        _backAnswers(3);
        uint256 projectsHeld = TOKEN.balanceOf(address(PROJECTS));
        uint256 sum = TOKEN.balanceOf(user) + _staked();
        for (uint256 i = 0; i < steps.length; i++) {
            _step(steps[i]);
            _assertSolvent();
        }
        vm.warp(block.timestamp + 25 hours);
        for (uint256 i = 0; i < requests.length; i++) {
            _end(requests[i], 0);
            _end(requests[i], 1);
        }
        _assertSolvent();
        assertEq(TOKEN.balanceOf(address(INFERENCE)), 0);
        assertEq(INFERENCE.atRisk(provider), 0);
        assertEq(TOKEN.balanceOf(address(PROJECTS)), projectsHeld);
        uint256 after_ = TOKEN.balanceOf(user) + _staked() + TOKEN.balanceOf(provider) + TOKEN.balanceOf(address(token))
            + TOKEN.balanceOf(address(this)) + TOKEN.balanceOf(Predeploys.TIMELOCK);
        assertEq(after_, sum);
    }

    function _assertSolvent() private view {
        uint256 held = 0;
        uint256 risk = 0;
        for (uint256 i = 0; i < requests.length; i++) {
            RequestStatus status = INFERENCE.request(requests[i]).status;
            uint256 priceWei = INFERENCE.request(requests[i]).priceWei;
            if (status == RequestStatus.Open || status == RequestStatus.Answered) held += priceWei;
            if (status == RequestStatus.Answered) risk += INFERENCE.penaltyOf(priceWei);
        }
        assertEq(TOKEN.balanceOf(address(INFERENCE)), held);
        assertEq(INFERENCE.atRisk(provider), risk);
        assertLe(risk, _staked());
    }

    function _step(uint256 seed) private {
        FORWARD.lose(model, (seed >> 8) % 2 == 0);
        if (seed % 4 == 0 || requests.length == 0) {
            _setPrice((seed >> 64) % 30 ether);
            vm.prank(user);
            (RequestId id,) = INFERENCE.requestInference(projectId, input, type(uint256).max);
            requests.push(id);
            return;
        }
        RequestId picked = requests[(seed >> 16) % requests.length];
        if (seed % 4 == 1) {
            vm.prank(provider);
            (bool done,) = address(INFERENCE)
                .call(abi.encodeCall(INFERENCE.answer, (picked, (seed >> 32) % 2 == 0 ? right : bytes32("wrong"))));
            if (!done) vm.warp(block.timestamp + 10 minutes);
        } else if (seed % 4 == 2) {
            vm.warp(block.timestamp + (seed >> 32) % 10 hours);
        } else {
            _end(picked, (seed >> 32) % 4);
        }
    }

    /// What the contract refuses changes nothing but the time.
    function _end(RequestId id, uint256 how) private {
        bytes4[4] memory ends = [
            INFERENCE.settle.selector,
            INFERENCE.refund.selector,
            INFERENCE.proveWrong.selector,
            INFERENCE.confirm.selector
        ];
        (bool done,) = address(INFERENCE).call(abi.encodeWithSelector(ends[how], id));
        if (!done) vm.warp(block.timestamp + 1);
    }
}
