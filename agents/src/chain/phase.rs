//! The contracts' enums, in the contracts' order.

use crate::error::AgentError;

/// What may happen to a task now (`Phase` in ITaskContract).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// No such task.
    None,
    /// Solvers commit.
    Commit,
    /// The proposer reveals the ground truth.
    GroundTruth,
    /// Solvers reveal.
    Reveal,
    /// Coordinators commit votes.
    VoteCommit,
    /// Anyone scores, coordinators reveal votes.
    VoteReveal,
    /// Voting is over.
    Ended,
    /// Only `expire` is left.
    Lapsed,
    /// Rewards are decided.
    Finalized,
    /// Closed without a result; the reserve went back to the project.
    Expired,
}

impl TryFrom<u8> for Phase {
    type Error = AgentError;

    fn try_from(number: u8) -> Result<Self, AgentError> {
        Ok(match number {
            0 => Self::None,
            1 => Self::Commit,
            2 => Self::GroundTruth,
            3 => Self::Reveal,
            4 => Self::VoteCommit,
            5 => Self::VoteReveal,
            6 => Self::Ended,
            7 => Self::Lapsed,
            8 => Self::Finalized,
            9 => Self::Expired,
            _ => return Err(AgentError::Malformed("TaskContract.phase")),
        })
    }
}

/// Who says what a solution is worth (`Scoring` in ITaskContract).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Scoring {
    /// The chain runs the models.
    Chain,
    /// Coordinators vote.
    Votes,
}

/// What one stakes for (`Role` in IParticipantStaking).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Posts tasks.
    Proposer,
    /// Trains.
    Solver,
    /// Verifies and votes.
    Coordinator,
    /// Merges and publishes.
    Aggregator,
}

impl Role {
    /// As in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposer => "proposer",
            Self::Solver => "solver",
            Self::Coordinator => "coordinator",
            Self::Aggregator => "aggregator",
        }
    }
}
