// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {DiscountTier, IProject, MatureModel, ProjectId, ProjectInfo} from "../../src/interfaces/IProject.sol";
import {IProjectToken} from "../../src/interfaces/IProjectToken.sol";
import {ITaskContract, Scoring, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Tensors} from "../../src/lib/Tensors.sol";
import {L2Fixture} from "./L2Fixture.sol";

contract ProjectTest is L2Fixture {
    bytes32 private merged;
    bytes32 private mergedModel;

    function setUp() public override {
        super.setUp();
        merged = _put(1, 7, "merged");
        mergedModel = MODELS.register("merged model");
        METRIC.setHits(mergedModel, inputs, 150);
    }

    function _budget(ProjectId id) private view returns (uint256) {
        return PROJECTS.project(id).budget;
    }

    function testFuzz_a_project_has_its_own_token(string calldata name, string calldata symbol, uint256 price) public {
        price = bound(price, 1, type(uint256).max);
        vm.prank(anyone);
        ProjectId id = PROJECTS.createProject(name, symbol, price);
        ProjectInfo memory info = PROJECTS.project(id);
        assertEq(info.owner, anyone);
        assertEq(info.ptPriceWei, price);
        assertEq(info.budget, 0);
        assertNotEq(uint256(uint160(info.token)), uint256(uint160(PROJECTS.project(projectId).token)));
        vm.expectRevert(abi.encodeWithSelector(IProjectToken.NotProject.selector, anyone));
        vm.prank(anyone);
        IProjectToken(info.token).mint(anyone, 1);
    }

    function test_a_price_of_zero_is_refused() public {
        vm.expectRevert(IProject.ZeroPrice.selector);
        PROJECTS.createProject("a", "b", 0);
    }

    function testFuzz_funding_mints_at_the_projects_price_rounded_down(uint96 amount, uint96 price) public {
        price = uint96(bound(price, 1, type(uint96).max));
        vm.prank(owner);
        ProjectId id = PROJECTS.createProject("a", "b", price);
        _give(anyone, amount, address(PROJECTS));
        uint256 expected = uint256(amount) * 1e18 / price;
        assertEq(PROJECTS.tokensForDown(id, amount), expected);
        vm.prank(anyone);
        if (expected == 0) {
            vm.expectRevert(abi.encodeWithSelector(IProject.NoTokensForAmount.selector, amount));
            PROJECTS.fund(id, amount);
            return;
        }
        assertEq(PROJECTS.fund(id, amount), expected);
        assertEq(IERC20(PROJECTS.project(id).token).balanceOf(anyone), expected);
        assertEq(_budget(id), amount);
        assertEq(_budget(projectId), BUDGET);
    }

    function testFuzz_an_unknown_project_takes_no_money(uint256 raw) public {
        raw = bound(raw, 2, type(uint256).max);
        ProjectId id = ProjectId.wrap(raw);
        vm.expectRevert(abi.encodeWithSelector(IProject.UnknownProject.selector, id));
        PROJECTS.fund(id, 1 ether);
    }

    function testFuzz_attack_minting_tokens_without_paying(uint96 amount) public {
        amount = uint96(bound(amount, 2, type(uint96).max));
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(PROJECTS), 0, amount)
        );
        vm.prank(anyone);
        PROJECTS.fund(projectId, amount);
    }

    function testFuzz_a_proposer_draws_no_more_than_its_allowance(uint96 allowance) public {
        vm.prank(owner);
        PROJECTS.approveProposer(projectId, proposer, allowance);
        assertEq(PROJECTS.proposerAllowance(projectId, proposer), allowance);
        TaskParams memory params = _params();
        if (allowance < TOTAL_REWARD) {
            vm.expectRevert(
                abi.encodeWithSelector(IProject.AllowanceExceeded.selector, proposer, allowance, TOTAL_REWARD)
            );
            _proposeWith(params);
            return;
        }
        TaskId id = _proposeWith(params);
        assertEq(PROJECTS.proposerAllowance(projectId, proposer), allowance - TOTAL_REWARD);
        assertEq(PROJECTS.taskReserve(id), TOTAL_REWARD);
        assertEq(_budget(projectId), BUDGET - TOTAL_REWARD);
    }

    function testFuzz_attack_approving_oneself(address caller) public {
        vm.assume(caller != owner);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotProjectOwner.selector, caller));
        vm.prank(caller);
        PROJECTS.approveProposer(projectId, caller, 1);
    }

    /// A task that pays nothing needs nothing from the budget, but can lead to a model of the project.
    function testFuzz_attack_tasks_of_a_project_that_did_not_ask_for_them(bool byVotes) public {
        TaskParams memory params = _params();
        (params.solverReward, params.coordinatorReward, params.proposerReward) = (0, 0, 0);
        if (byVotes) params.scoring = Scoring.Votes;
        vm.prank(owner);
        PROJECTS.approveProposer(projectId, proposer, 0);
        vm.expectRevert(abi.encodeWithSelector(IProject.AllowanceExceeded.selector, proposer, 0, 0));
        vm.prank(proposer);
        TASKS.propose(projectId, params, "spec");
    }

    function testFuzz_attack_paying_a_task_from_another_projects_budget(uint96 own) public {
        own = uint96(bound(own, 2, TOTAL_REWARD - 1));
        ProjectId poor = _createProject(owner, own);
        TaskParams memory params = _params();
        vm.expectRevert(abi.encodeWithSelector(IProject.BudgetExceeded.selector, own, TOTAL_REWARD));
        vm.prank(proposer);
        TASKS.propose(poor, params, "spec");
        assertEq(_budget(projectId), BUDGET);
    }

    function testFuzz_attack_paying_a_task_more_than_it_reserved(uint96 extra) public {
        extra = uint96(bound(extra, 1, BUDGET));
        TaskId first = _propose();
        TaskId second = _propose();
        bytes memory refusal = abi.encodeWithSelector(
            IProject.ReserveExceeded.selector, first, TOTAL_REWARD, TOTAL_REWARD + uint256(extra)
        );
        vm.startPrank(address(RESULTS));
        vm.expectRevert(refusal);
        PROJECTS.payTask(projectId, first, anyone, TOTAL_REWARD + uint256(extra));
        vm.expectRevert(refusal);
        PROJECTS.releaseTask(projectId, first, TOTAL_REWARD + uint256(extra));
        assertEq(PROJECTS.taskReserve(second), TOTAL_REWARD);
    }

    function testFuzz_attack_calling_what_only_the_loop_may_call(address caller) public {
        vm.assume(uint160(caller) < 0xA200 || uint160(caller) > 0xA2ff);
        TaskId id = _propose();
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotTaskContract.selector, caller));
        PROJECTS.fundTask(projectId, id, proposer, 1);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotResultsRewards.selector, caller));
        PROJECTS.payTask(projectId, id, caller, 1);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotTaskContract.selector, caller));
        PROJECTS.releaseTask(projectId, id, 1);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotCreditor.selector, caller));
        PROJECTS.creditBudget(projectId, 1);
    }

    // The price of an inference

    function _setPrice(uint256 priceWei) private {
        vm.prank(owner);
        PROJECTS.setInferencePrice(projectId, priceWei);
    }

    function _tiers(uint208 a, uint16 aBp, uint208 b, uint16 bBp) private pure returns (DiscountTier[] memory tiers) {
        tiers = new DiscountTier[](2);
        tiers[0] = DiscountTier(a, aBp);
        tiers[1] = DiscountTier(b, bBp);
    }

    function _setTiers(DiscountTier[] memory tiers) private {
        vm.prank(owner);
        PROJECTS.setDiscountTiers(projectId, tiers);
    }

    function _fund(address account, uint256 amount) private {
        _give(account, amount, address(PROJECTS));
        vm.prank(account);
        PROJECTS.fund(projectId, amount);
    }

    function testFuzz_the_owner_sets_a_price_up_to_what_all_tokens_cost(uint256 priceWei, uint96 more) public {
        more = uint96(bound(more, 2, type(uint96).max));
        _fund(anyone, more);
        ProjectInfo memory info = PROJECTS.project(projectId);
        uint256 fundedWei = IERC20(info.token).totalSupply() * info.ptPriceWei / 1e18;
        assertLe(fundedWei, BUDGET + more);
        if (priceWei > fundedWei) {
            vm.expectRevert(abi.encodeWithSelector(IProject.PriceAboveFunding.selector, priceWei, fundedWei));
            _setPrice(priceWei);
            return;
        }
        vm.expectEmit(address(PROJECTS));
        emit IProject.InferencePriceSet(projectId, priceWei);
        _setPrice(priceWei);
        assertEq(PROJECTS.inferenceBasePrice(projectId), priceWei);
        assertEq(PROJECTS.inferencePrice(projectId, solvers[0]), priceWei);
    }

    function test_a_project_without_funds_has_no_price_but_zero() public {
        vm.startPrank(owner);
        ProjectId id = PROJECTS.createProject("a", "b", type(uint256).max);
        PROJECTS.setInferencePrice(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IProject.PriceAboveFunding.selector, 1, 0));
        PROJECTS.setInferencePrice(id, 1);
    }

    function testFuzz_a_holder_of_a_tier_pays_less_rounded_up(uint96 held, uint96 priceWei, uint16 aBp, uint16 bBp)
        public
    {
        priceWei = uint96(bound(priceWei, 0, BUDGET));
        held = uint96(bound(held, 2, 100 ether));
        aBp = uint16(bound(aBp, 0, 4999));
        bBp = uint16(bound(bBp, aBp + 1, 5000));
        _setPrice(priceWei);
        _setTiers(_tiers(10 ether, aBp, 30 ether, bBp));
        _fund(anyone, held);
        vm.warp(block.timestamp + 1);
        uint256 balance = held / 2;
        uint256 bp = balance < 10 ether ? 0 : balance < 30 ether ? aBp : bBp;
        uint256 expected = (uint256(priceWei) * (10_000 - bp) + 9999) / 10_000;
        assertEq(PROJECTS.inferencePrice(projectId, anyone), expected);
    }

    function testFuzz_tiers_ascend_and_discount_at_most_half(uint208 a, uint16 aBp, uint208 b, uint16 bBp) public {
        DiscountTier[] memory tiers = _tiers(a, aBp, b, bBp);
        bool high = aBp > 5000;
        bool ascending = a < b && aBp < bBp;
        if (high || (bBp > 5000)) {
            vm.expectRevert(abi.encodeWithSelector(IProject.DiscountTooHigh.selector, high ? aBp : bBp));
        } else if (!ascending) {
            vm.expectRevert(abi.encodeWithSelector(IProject.TiersNotAscending.selector, 1));
        } else {
            vm.expectEmit(address(PROJECTS));
            emit IProject.DiscountTiersSet(projectId, tiers);
        }
        _setTiers(tiers);
        DiscountTier[] memory kept = PROJECTS.discountTiers(projectId);
        if (high || bBp > 5000 || !ascending) {
            assertEq(kept.length, 0);
            return;
        }
        assertEq(abi.encode(kept), abi.encode(tiers));
        _setTiers(new DiscountTier[](0));
        assertEq(PROJECTS.discountTiers(projectId).length, 0);
    }

    function testFuzz_tiers_that_are_valid_replace_the_old_ones(uint200 a, uint16 aBp) public {
        aBp = uint16(bound(aBp, 0, 4999));
        _setTiers(_tiers(1, 2, 3, 4));
        DiscountTier[] memory tiers = _tiers(a, aBp, uint208(a) + 1, aBp + 1);
        _setTiers(tiers);
        assertEq(abi.encode(PROJECTS.discountTiers(projectId)), abi.encode(tiers));
    }

    function test_more_than_four_tiers_are_refused() public {
        DiscountTier[] memory tiers = new DiscountTier[](5);
        vm.expectRevert(abi.encodeWithSelector(IProject.TooManyTiers.selector, 5));
        _setTiers(tiers);
    }

    function testFuzz_attack_setting_prices_of_a_project_of_another(address caller, uint256 priceWei) public {
        vm.assume(caller != owner);
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotProjectOwner.selector, caller));
        PROJECTS.setInferencePrice(projectId, priceWei);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotProjectOwner.selector, caller));
        PROJECTS.setDiscountTiers(projectId, new DiscountTier[](0));
        ProjectId none = ProjectId.wrap(99);
        vm.expectRevert(abi.encodeWithSelector(IProject.UnknownProject.selector, none));
        PROJECTS.setInferencePrice(none, 0);
        vm.expectRevert(abi.encodeWithSelector(IProject.UnknownProject.selector, none));
        PROJECTS.inferencePrice(none, caller);
    }

    function testFuzz_attack_discount_with_tokens_received_this_second(uint96 amount) public {
        amount = uint96(bound(amount, 20 ether, 400 ether));
        _setPrice(100 ether);
        _setTiers(_tiers(10 ether, 1000, 5000 ether, 5000));
        IERC20 token = IERC20(PROJECTS.project(projectId).token);
        vm.prank(owner);
        token.transfer(anyone, amount);
        assertEq(PROJECTS.inferencePrice(projectId, anyone), 100 ether);
        _fund(solvers[0], amount);
        assertEq(PROJECTS.inferencePrice(projectId, solvers[0]), 100 ether);

        vm.warp(block.timestamp + 1);
        assertEq(PROJECTS.inferencePrice(projectId, anyone), 90 ether);
        assertEq(PROJECTS.inferencePrice(projectId, solvers[0]), 90 ether);
        vm.prank(anyone);
        token.transfer(owner, amount);
        assertEq(PROJECTS.inferencePrice(projectId, anyone), 100 ether);
    }

    // Publishing

    function _publish(bytes32 model, bytes32 weights, TaskId id) private {
        vm.prank(aggregator);
        PROJECTS.setMatureModel(projectId, model, weights, id);
    }

    function testFuzz_a_merge_that_reaches_the_threshold_is_published_with_its_score(uint8 hits) public {
        TaskId id = _toFinalized(_hits(100, 200), 2);
        hits = uint8(bound(hits, 0, ROWS));
        METRIC.setHits(mergedModel, inputs, hits);
        uint16 scoreBp = uint16(uint256(hits) * 10_000 / ROWS);
        if (scoreBp < 5000) {
            vm.expectRevert(abi.encodeWithSelector(IProject.ScoreBelowThreshold.selector, scoreBp, 5000));
            _publish(mergedModel, merged, id);
            return;
        }
        vm.expectEmit(address(PROJECTS));
        emit IProject.MatureModelPublished(projectId, id, aggregator, mergedModel, merged, scoreBp);
        _publish(mergedModel, merged, id);
        MatureModel memory mature = PROJECTS.matureModel(projectId);
        assertEq(mature.modelId, mergedModel);
        assertEq(mature.weightsId, merged);
        assertEq(TaskId.unwrap(mature.taskId), TaskId.unwrap(id));
        assertEq(mature.scoreBp, scoreBp);
        assertEq(mature.publishedAt, block.timestamp);
    }

    function test_the_next_task_starts_from_the_published_weights() public {
        TaskId id = _toFinalized(_hits(100, 200), 2);
        _publish(mergedModel, merged, id);
        TaskParams memory params = _params();
        vm.expectRevert(abi.encodeWithSelector(ITaskContract.StaleBaseWeights.selector, merged, baseWeights));
        _proposeWith(params);
        params.baseWeightsId = merged;
        _proposeWith(params);
    }

    function testFuzz_attack_publishing_without_being_an_active_aggregator(address caller) public {
        vm.assume(caller != aggregator);
        TaskId id = _toFinalized(_hits(100, 200), 2);
        vm.expectRevert(abi.encodeWithSelector(IProject.NotActiveAggregator.selector, caller));
        vm.prank(caller);
        PROJECTS.setMatureModel(projectId, mergedModel, merged, id);
    }

    function test_attack_publishing_twice_for_a_task_or_from_weights_that_are_not_current() public {
        TaskId older = _toFinalized(_hits(100, 200), 2);
        TaskId id = _toFinalized(_hits(100, 200), 2);
        _publish(mergedModel, merged, id);
        vm.expectRevert(abi.encodeWithSelector(IProject.AlreadyPublished.selector, id));
        _publish(mergedModel, baseWeights, id);
        vm.expectRevert(abi.encodeWithSelector(IProject.StaleBaseWeights.selector, merged, baseWeights));
        _publish(mergedModel, baseWeights, older);
    }

    function test_attack_publishing_for_an_open_task_or_a_task_of_another_project() public {
        TaskId open = _propose();
        vm.expectRevert(abi.encodeWithSelector(IProject.TaskNotFinalized.selector, open));
        _publish(mergedModel, merged, open);
        ProjectId other = _createProject(anyone, 2 ether);
        TaskId id = _toFinalized(_hits(100, 200), 2);
        vm.expectRevert(abi.encodeWithSelector(IProject.TaskOfOtherProject.selector, id, other));
        vm.prank(aggregator);
        PROJECTS.setMatureModel(other, mergedModel, merged, id);
    }

    function test_attack_publishing_an_unknown_model_or_weights_of_another_shape_or_unpaid() public {
        TaskId id = _toFinalized(_hits(100, 200), 2);
        vm.expectRevert(abi.encodeWithSelector(IProject.ModelNotRegistered.selector, bytes32("x")));
        _publish("x", merged, id);
        bytes32 short = _put(1, 6, "short");
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongTensorShape.selector, short));
        _publish(mergedModel, short, id);
        bytes32 unpinned = merged ^ bytes32(uint256(1));
        vm.expectRevert(abi.encodeWithSelector(Tensors.LeaseTooShort.selector, unpinned, 0, block.timestamp));
        _publish(mergedModel, unpinned, id);
    }

    function test_several_roles_may_be_one_address() public {
        _stake(proposer, Role.Aggregator);
        TaskId id = _toFinalized(_hits(100, 200), 2);
        vm.prank(proposer);
        PROJECTS.setMatureModel(projectId, mergedModel, merged, id);
    }
}
