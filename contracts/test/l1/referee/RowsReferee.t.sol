// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RowsReferee} from "../../../src/l1/referee/RowsReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract RowsRefereeTest is RefereeGroup {
    function setUp() public {
        referees.rows = new RowsReferee();
        deploy();
        names = ["softmax", "layernorm"];
    }
}
