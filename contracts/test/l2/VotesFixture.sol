// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {Phase, Scoring, TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {L2Fixture} from "./L2Fixture.sol";

/// Tasks whose scores the votes make: any number of solvers and coordinators, in ascending order of their addresses.
abstract contract VotesFixture is L2Fixture {
    address[] internal voters;
    address[] internal trainees;

    function _people(uint256 coordinatorCount, uint256 solverCount) internal {
        voters = _ascending("voter", coordinatorCount, Role.Coordinator);
        trainees = _ascending("trainee", solverCount, Role.Solver);
    }

    function _ascending(string memory name, uint256 count, Role role) private returns (address[] memory list) {
        list = new address[](count);
        for (uint256 i = 0; i < count; i++) {
            list[i] = makeAddr(string.concat(name, " ", vm.toString(i)));
            _stake(list[i], role);
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; j--) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
    }

    function _votedParams() internal view returns (TaskParams memory params) {
        params = _params();
        params.scoring = Scoring.Votes;
    }

    /// Ids of things that the chain does not hold.
    function _modelOf(address solver) internal pure virtual returns (bytes32) {
        return keccak256(abi.encode("model", solver));
    }

    function _updateOf(address solver) internal pure returns (bytes32) {
        return keccak256(abi.encode("update", solver));
    }

    /// A task in phase VoteCommit that all trainees have revealed.
    function _toVotes() internal returns (TaskId id) {
        return _toVotesWith(_votedParams());
    }

    function _toVotesWith(TaskParams memory params) internal returns (TaskId id) {
        id = _proposeWith(params);
        for (uint256 i = 0; i < trainees.length; i++) {
            bytes32 commitment =
                TASKS.solutionCommitment(id, trainees[i], _modelOf(trainees[i]), _updateOf(trainees[i]), SALT);
            vm.prank(trainees[i]);
            TASKS.commitSolution(id, commitment);
        }
        _revealGroundTruth(id);
        for (uint256 i = 0; i < trainees.length; i++) {
            vm.prank(trainees[i]);
            TASKS.revealSolution(id, _modelOf(trainees[i]), _updateOf(trainees[i]), SALT);
        }
        assertTrue(TASKS.phase(id) == Phase.VoteCommit);
    }

    function _castVote(TaskId id, address voter, uint16[] memory scoresBp) internal {
        _commitVote(id, voter, trainees, scoresBp);
    }

    function _showVote(TaskId id, address voter, uint16[] memory scoresBp) internal {
        vm.prank(voter);
        RESULTS.revealVote(id, trainees, scoresBp, SALT);
    }

    /// All voters commit and reveal; `scoresBp` has a row for each.
    function _vote(TaskId id, uint16[][] memory scoresBp) internal {
        for (uint256 i = 0; i < scoresBp.length; i++) {
            _castVote(id, voters[i], scoresBp[i]);
        }
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < scoresBp.length; i++) {
            _showVote(id, voters[i], scoresBp[i]);
        }
    }

    function _row(uint16 a, uint16 b) internal pure returns (uint16[] memory row) {
        row = new uint16[](2);
        (row[0], row[1]) = (a, b);
    }
}
