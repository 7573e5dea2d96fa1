// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttentionReferee} from "../../../src/l1/referee/AttentionReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract AttentionRefereeTest is RefereeGroup {
    function setUp() public {
        referees.attention = new AttentionReferee();
        deploy();
        names = ["scores", "mix"];
    }
}
