// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DrawReferee} from "../../../src/l1/referee/DrawReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract DrawRefereeTest is RefereeGroup {
    function setUp() public {
        referees.draw = new DrawReferee();
        deploy();
        names = ["prng", "sample"];
    }
}
