// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RefereeFixture} from "./RefereeFixture.sol";

/// What has to hold for each operation of a group: a test of one deploys its referee in `setUp`, and says the vectors' names.
abstract contract RefereeGroup is RefereeFixture {
    string[] internal names;

    function test_frozen_steps_are_repeated() public view {
        for (uint256 i = 0; i < names.length; i++) {
            checkVectors(names[i]);
        }
    }

    function testFuzz_every_byte_of_a_witness_counts(
        uint256 name,
        uint256 which,
        uint256 part,
        uint256 at,
        uint8 change
    ) public {
        checkSpoilt(names[name % names.length], which, part, at, change);
    }

    function testFuzz_the_state_counts(uint256 name, uint256 which, uint256 field, bytes32 change) public view {
        checkOtherState(names[name % names.length], which, field, change);
    }

    function testFuzz_steps_of_any_request(uint8 code, bytes memory request, bytes memory operands) public view {
        checkAnyRequest(code, request, operands);
    }
}
