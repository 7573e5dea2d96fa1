// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ImageReferee} from "../../../src/l1/referee/ImageReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract ImageRefereeTest is RefereeGroup {
    function setUp() public {
        referees.image = new ImageReferee();
        deploy();
        names = ["add", "gather", "pool"];
    }
}
