// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../../../src/interfaces/ITileReferee.sol";
import {TileReferee} from "../../../src/l1/TileReferee.sol";
import {Test} from "../../Test.sol";

/// The frozen steps of fraud-prover/referee, and what has to hold for each.
abstract contract RefereeFixture is Test {
    ITileReferee internal referee;
    TileReferee.Referees internal referees;

    function deploy() internal {
        referee = new TileReferee(referees);
    }

    /// Every frozen step of an operation gives the state that Rust gives.
    function checkVectors(string memory name) internal view {
        (bytes[] memory states, bytes[] memory witnesses, bytes[] memory posts) = _read(name);
        assertTrue(states.length > 0 && states.length == posts.length && states.length == witnesses.length);
        for (uint256 i = 0; i < states.length; i++) {
            ITileReferee.State memory state = abi.decode(states[i], (ITileReferee.State));
            ITileReferee.Witness memory witness = abi.decode(witnesses[i], (ITileReferee.Witness));
            assertEq(referee.step(state, witness), bytes32(posts[i]));
            assertTrue(referee.steps(witness.request, witness.operands) > state.step);
        }
    }

    /// A frozen step with one byte of one part of the witness changed is refused.
    function checkSpoilt(string memory name, uint256 which, uint256 part, uint256 at, uint8 change) internal {
        (bytes[] memory states, bytes[] memory witnesses,) = _read(name);
        which %= states.length;
        ITileReferee.State memory state = abi.decode(states[which], (ITileReferee.State));
        ITileReferee.Witness memory witness = abi.decode(witnesses[which], (ITileReferee.Witness));
        bytes[5] memory parts = [witness.request, witness.operands, witness.carried, witness.peaks, witness.tiles];
        bytes memory spoilt = parts[part % 5];
        vm.assume(spoilt.length > 0 && change != 0);
        spoilt[at % spoilt.length] ^= bytes1(change);
        vm.expectRevert();
        referee.step(state, witness);
    }

    /// A frozen step from another state is refused, or gives another state.
    function checkOtherState(string memory name, uint256 which, uint256 field, bytes32 change) internal view {
        (bytes[] memory states, bytes[] memory witnesses, bytes[] memory posts) = _read(name);
        which %= states.length;
        ITileReferee.State memory state = abi.decode(states[which], (ITileReferee.State));
        ITileReferee.Witness memory witness = abi.decode(witnesses[which], (ITileReferee.Witness));
        vm.assume(change != 0);
        if (field % 5 == 0) state.request ^= change;
        else if (field % 5 == 1) state.step ^= uint64((uint256(change) >> 1) | 1);
        else if (field % 5 == 2) state.failed = !state.failed;
        else if (field % 5 == 3) state.carry ^= change;
        else state.frontier ^= change;
        // All that fails is the same afterwards, whatever there was of the result.
        bytes32 failed =
            keccak256(abi.encode(ITileReferee.State(state.request, state.step + 1, true, keccak256(""), 0)));
        vm.assume(field % 5 != 4 || failed != bytes32(posts[which]));
        try referee.step(state, witness) returns (bytes32 post) {
            assertTrue(post != bytes32(posts[which]));
        } catch {}
    }

    /// Whatever the request and its operands: a number of steps, or a refusal.
    function checkAnyRequest(uint8 code, bytes memory request, bytes memory operands) internal view {
        request = abi.encodePacked(uint256(code), request);
        try referee.steps(request, operands) returns (uint64 count) {
            assertTrue(count > 0);
        } catch {}
    }

    function _read(string memory name)
        private
        view
        returns (bytes[] memory states, bytes[] memory witnesses, bytes[] memory posts)
    {
        string memory json = vm.readFile(string.concat("test/vectors/referee/", name, ".json"));
        states = vm.parseJsonBytesArray(json, ".states");
        witnesses = vm.parseJsonBytesArray(json, ".witnesses");
        posts = vm.parseJsonBytesArray(json, ".after");
    }
}
