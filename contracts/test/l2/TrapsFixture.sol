// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IForcedErrorRegistry, TrapId} from "../../src/interfaces/IForcedErrorRegistry.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {TaskId} from "../../src/interfaces/ITaskContract.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {VotesFixture} from "./VotesFixture.sol";

/// Tasks with a planted error: five coordinators, and of two solvers the second has planted it.
abstract contract TrapsFixture is VotesFixture {
    IForcedErrorRegistry internal constant ERRORS = IForcedErrorRegistry(Predeploys.FORCED_ERROR_REGISTRY);
    uint256 internal constant JACKPOT = 64 ether;
    bytes32 internal constant SECRET = keccak256("secret");
    uint256 internal constant REVEAL_SECONDS = 3 hours;
    uint256 internal jackpot = JACKPOT;
    address internal creator = makeAddr("creator");
    address internal planter;

    function setUp() public virtual override {
        super.setUp();
        _people(5, 2);
        planter = trainees[1];
        _give(creator, 1000 ether, address(ERRORS));
    }

    function _trapModel() internal pure returns (bytes32) {
        return ERRORS.trapModel(SECRET);
    }

    function _commitTrap(TaskId id) internal returns (TrapId) {
        bytes32 badHash = keccak256(abi.encode(_trapModel(), _updateOf(planter)));
        bytes32 commitment = ERRORS.trapCommitment(id, creator, badHash, SALT);
        vm.prank(creator);
        return ERRORS.commitTrap(id, commitment, jackpot);
    }

    /// A task whose second solver has planted an error.
    function _planted() internal returns (TaskId id, TrapId trapId) {
        return _plantedWith(0);
    }

    /// The same, with another trap before it if there is a commitment for it.
    function _plantedWith(bytes32 another) internal returns (TaskId id, TrapId trapId) {
        id = _proposeWith(_votedParams());
        if (another != 0) {
            vm.prank(creator);
            ERRORS.commitTrap(id, another, JACKPOT);
        }
        trapId = _commitTrap(id);
        bytes32[2] memory models = [_modelOf(trainees[0]), _trapModel()];
        for (uint256 i = 0; i < 2; i++) {
            bytes32 commitment = TASKS.solutionCommitment(id, trainees[i], models[i], _updateOf(trainees[i]), SALT);
            vm.prank(trainees[i]);
            TASKS.commitSolution(id, commitment);
        }
        _revealGroundTruth(id);
        for (uint256 i = 0; i < 2; i++) {
            vm.prank(trainees[i]);
            TASKS.revealSolution(id, models[i], _updateOf(trainees[i]), SALT);
        }
    }

    /// The first `finders` voters give the planted solution 0 and claim it, the others 8,000.
    function _voteAndClaim(TaskId id, uint256 finders) internal {
        for (uint256 i = 0; i < voters.length; i++) {
            _castVote(id, voters[i], _row(8000, i < finders ? 0 : 8000));
            if (i < finders) _commitClaim(id, voters[i], planter);
        }
        vm.warp(TASKS.deadlines(id).voteCommit);
        for (uint256 i = 0; i < voters.length; i++) {
            _showVote(id, voters[i], _row(8000, i < finders ? 0 : 8000));
            if (i >= finders) continue;
            vm.prank(voters[i]);
            ERRORS.revealClaim(id, planter, SALT);
        }
    }

    function _commitClaim(TaskId id, address voter, address solver) internal {
        bytes32 commitment = ERRORS.claimCommitment(id, voter, solver, SALT);
        vm.prank(voter);
        ERRORS.commitClaim(id, commitment);
    }

    function _revealTrap(TrapId trapId) internal {
        vm.warp(TASKS.deadlines(ERRORS.trap(trapId).taskId).voteReveal);
        vm.prank(creator);
        ERRORS.revealTrap(trapId, planter, SECRET, SALT);
    }

    function _stakeOf(address voter) internal view returns (uint256) {
        return STAKING.positionOf(voter, Role.Coordinator).amount;
    }
}
