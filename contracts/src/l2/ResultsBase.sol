// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IForcedErrorRegistry} from "../interfaces/IForcedErrorRegistry.sol";
import {IParticipantStaking, Role} from "../interfaces/IParticipantStaking.sol";
import {IResultsRewards, Score, Tally, Vote} from "../interfaces/IResultsRewards.sol";
import {ITaskContract, Phase, TaskId} from "../interfaces/ITaskContract.sol";
import {Duties} from "../lib/Duties.sol";
import {Predeploys} from "../lib/Predeploys.sol";

/// What both ways to score share.
abstract contract ResultsBase is IResultsRewards {
    uint32 public constant MIN_VOTES = 2;
    uint16 public constant MAX_SCORE_BP = 10_000;

    IParticipantStaking internal constant STAKING = IParticipantStaking(Predeploys.PARTICIPANT_STAKING);
    ITaskContract internal constant TASKS = ITaskContract(Predeploys.TASK_CONTRACT);
    IForcedErrorRegistry internal constant FORCED_ERRORS = IForcedErrorRegistry(Predeploys.FORCED_ERROR_REGISTRY);

    mapping(TaskId => Tally) internal _tallies;
    mapping(TaskId => mapping(address solver => Score)) internal _scores;
    mapping(TaskId => mapping(address coordinator => Vote)) internal _votes;

    /// @inheritdoc IResultsRewards
    function hasQuorum(TaskId taskId) public view returns (bool) {
        return _tallies[taskId].votesRevealed >= MIN_VOTES;
    }

    /// Voting is over, or all who committed have revealed, and enough of them.
    function _requireVoted(TaskId taskId) internal view {
        Tally storage t = _tallies[taskId];
        Phase phase = TASKS.phase(taskId);
        if (phase == Phase.VoteReveal) {
            if (t.votesRevealed != t.votesCommitted) revert VotesOutstanding(t.votesCommitted, t.votesRevealed);
        } else if (phase != Phase.Ended) {
            revert WrongPhase(taskId);
        }
        if (!hasQuorum(taskId)) revert TooFewVotes(t.votesRevealed, MIN_VOTES);
    }

    /// What a vote has pledged.
    function _releasePledge(TaskId taskId, address coordinator) internal returns (uint256 released) {
        return STAKING.release(Role.Coordinator, coordinator, Duties.ofTask(taskId));
    }

    function _requirePhase(TaskId taskId, Phase needed) internal view {
        if (TASKS.phase(taskId) != needed) revert WrongPhase(taskId);
    }
}
