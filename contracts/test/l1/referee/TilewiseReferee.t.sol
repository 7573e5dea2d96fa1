// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TilewiseReferee} from "../../../src/l1/referee/TilewiseReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract TilewiseRefereeTest is RefereeGroup {
    function setUp() public {
        referees.tilewise = new TilewiseReferee();
        deploy();
        names = ["lut8"];
    }
}
