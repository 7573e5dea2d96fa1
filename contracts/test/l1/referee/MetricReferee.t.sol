// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MetricReferee} from "../../../src/l1/referee/MetricReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract MetricRefereeTest is RefereeGroup {
    function setUp() public {
        referees.metric = new MetricReferee();
        deploy();
        names = ["metric"];
    }
}
