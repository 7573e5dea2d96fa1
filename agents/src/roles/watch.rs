//! The part that solvers, coordinators and aggregators share: find tasks, and advance each until it is closed.

use super::{Agent, Progress, Work};
use crate::{
    chain::{Role, TaskView},
    error::{AgentError, ErrorKind},
    journal::Journal,
    spec::Spec,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks that are searched again each time, because a reorganisation may have put other tasks into them.
const SEARCH_AGAIN: u64 = 32;
/// Closed tasks that are remembered, so that searching again does not reopen them.
const REMEMBER_CLOSED: usize = 1_024;
/// Steps of one task in one look.
const MAX_STEPS: usize = 8;

/// What came of looking at a task.
pub(super) enum Step {
    /// The state has changed: it is saved, then the task is looked at again.
    Again,
    /// Nothing to do for now.
    Wait,
    /// Nothing to do any more.
    Close,
    /// The task is not on the chain (any more).
    Forget,
}

/// A role that takes every task by itself.
pub(super) trait TaskWork {
    const ROLE: Role;
    /// What it keeps of a task; saved before anything depends on it.
    type State: Serialize + DeserializeOwned + Default;

    /// Only tasks of this project.
    fn project(&self) -> Option<u64>;

    /// Only tasks of which every phase lasts as many seconds: whoever takes part pays for silence.
    fn min_phase_s(&self) -> u32 {
        0
    }

    /// Does the next thing that is due for a task.
    async fn advance(&mut self, agent: &Agent, view: &TaskView, state: &mut Self::State) -> Result<Step, AgentError>;
}

#[derive(Serialize, Deserialize)]
struct Watched<S> {
    /// First block that was never searched.
    next_block: u64,
    open: BTreeMap<u64, Open<S>>,
    closed: BTreeSet<u64>,
}

impl<S> Default for Watched<S> {
    fn default() -> Self {
        Self { next_block: 0, open: BTreeMap::new(), closed: BTreeSet::new() }
    }
}

#[derive(Serialize, Deserialize)]
struct Open<S> {
    proposed_block: u64,
    state: S,
}

/// Advances all open tasks.
pub(super) struct Watcher<W: TaskWork> {
    work: W,
    journal: Journal<Watched<W::State>>,
}

impl<W: TaskWork> Watcher<W> {
    pub(super) fn open(agent: &Agent, work: W) -> Result<Self, AgentError> {
        let name = format!("{}-{}", W::ROLE.name(), agent.chain.account());
        let journal = Journal::open(&agent.state_dir, &name, agent.chain.genesis())?;
        Ok(Self { work, journal })
    }

    async fn discover(&mut self, agent: &Agent) -> Result<(), AgentError> {
        let head = agent.chain.head().await?;
        let mut from = self.journal.next_block.min(head.number + 1).saturating_sub(SEARCH_AGAIN);
        while from <= head.number {
            let (tasks, next) = agent.chain.proposed_tasks(from, &head).await?;
            let project = self.work.project();
            let mut found = false;
            for task in tasks.iter().filter(|task| project.is_none_or(|project| project == task.project)) {
                let known = self.journal.closed.contains(&task.id) || self.journal.open.contains_key(&task.id);
                if known || !task.is_plain || !Spec::is_supported(&task.spec) {
                    continue;
                }
                let (phase_s, needed_s) = (task.shortest_phase_s, self.work.min_phase_s());
                if phase_s < needed_s {
                    tracing::info!(task = task.id, phase_s, needed_s, "task left alone: its phases are too short");
                    continue;
                }
                tracing::info!(task = task.id, project = task.project, proposer = %task.proposer, "task found");
                let open = Open { proposed_block: task.block, state: W::State::default() };
                self.journal.open.insert(task.id, open);
                found = true;
            }
            self.journal.next_block = next;
            if found {
                self.journal.save()?;
            }
            from = next;
        }
        Ok(())
    }

    async fn advance(&mut self, agent: &Agent, id: u64) -> Result<(), AgentError> {
        for _ in 0..MAX_STEPS {
            let Self { work, journal } = self;
            let Some(open) = journal.open.get_mut(&id) else { break };
            let view = agent.chain.task_view(id, open.proposed_block).await?;
            match work.advance(agent, &view, &mut open.state).await? {
                Step::Again => journal.save()?,
                Step::Wait => break,
                end @ (Step::Close | Step::Forget) => {
                    journal.open.remove(&id);
                    if matches!(end, Step::Close) {
                        journal.closed.insert(id);
                    }
                    while journal.closed.len() > REMEMBER_CLOSED {
                        journal.closed.pop_first();
                    }
                    journal.save()?;
                }
            }
        }
        Ok(())
    }
}

impl<W: TaskWork> Work for Watcher<W> {
    /// One task's failure does not keep the others waiting.
    async fn look(&mut self, agent: &Agent) -> Result<Progress, AgentError> {
        self.discover(agent).await?;
        let ids: Vec<u64> = self.journal.open.keys().copied().collect();
        let mut failed = None;
        for id in ids {
            if let Err(error) = self.advance(agent, id).await {
                if error.kind() == ErrorKind::Fatal {
                    return Err(error);
                }
                tracing::debug!(task = id, %error, "task not advanced");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(Progress::Waiting), Err)
    }
}
