// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UpdateReferee} from "../../../src/l1/referee/UpdateReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract UpdateRefereeTest is RefereeGroup {
    function setUp() public {
        referees.update = new UpdateReferee();
        deploy();
        names = ["apply_delta", "fedavg", "cosine_ge", "trimmed_mean"];
    }
}
