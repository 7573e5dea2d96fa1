// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProductReferee} from "../../../src/l1/referee/ProductReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract ProductRefereeTest is RefereeGroup {
    function setUp() public {
        referees.product = new ProductReferee();
        deploy();
        names = ["matmul", "conv2d", "requant"];
    }
}
