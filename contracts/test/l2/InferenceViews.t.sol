// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../../src/interfaces/IInference.sol";
import {Inference} from "../../src/l2/Inference.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {InferenceFixture} from "./InferenceFixture.sol";

/// What anybody can ask Inference.
contract InferenceViewsTest is InferenceFixture {
    function testFuzz_requests_are_numbered_from_1_and_a_wrong_answer_costs_more_than_it_earns(
        uint8 count,
        uint96 price
    ) public {
        count = uint8(bound(count, 0, 6));
        uint256 before = Inference(Predeploys.INFERENCE).requestCount();
        for (uint256 i = 0; i < count; i++) {
            assertEq(RequestId.unwrap(_request()), before + i + 1);
        }
        assertEq(Inference(Predeploys.INFERENCE).requestCount(), before + count);
        assertEq(INFERENCE.penaltyOf(price), 10 ether + uint256(price));
    }
}
