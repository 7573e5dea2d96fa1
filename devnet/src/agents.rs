use crate::{
    accounts::Role,
    network::{Network, program},
    process::Process,
};
use eyre::Result;
use std::path::{Path, PathBuf};

/// Who works in the devnet: name, account and command line of each agent.
///
/// The phases are as short as training and voting allow on two cores; a real project gives them hours.
const AGENTS: [(&str, Role, &str); 6] = [
    (
        "proposer",
        Role::Proposer,
        "proposer --commit-seconds 15 --ground-truth-seconds 30 --reveal-seconds 30 --vote-commit-seconds 5 \
         --vote-reveal-seconds 20 --publish-seconds 60",
    ),
    ("solver-a", Role::SolverA, "solver --min-phase-seconds 1"),
    ("solver-b", Role::SolverB, "solver --min-phase-seconds 1"),
    ("coordinator-a", Role::CoordinatorA, "coordinator --min-phase-seconds 1"),
    ("coordinator-b", Role::CoordinatorB, "coordinator --min-phase-seconds 1"),
    ("aggregator", Role::Aggregator, "aggregator"),
];

/// The agents of Proof of Intelligence, each a process of its own.
#[derive(Debug, Default)]
pub struct Agents {
    processes: Vec<Process>,
}

impl Agents {
    /// Starts them all; the proposer posts one task per round.
    pub fn start(&mut self, network: &Network, rounds: u64) -> Result<()> {
        let program = program("autonet-agent")?;
        for (name, role, line) in AGENTS {
            let folder = network.folder().join("agents").join(name);
            std::fs::create_dir_all(&folder)?;
            let mut args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            if role == Role::Proposer {
                args.extend(["--rounds".to_owned(), rounds.to_string()]);
            }
            let pairs = [
                ("--l2-rpc", network.sequencer_url()),
                ("--key-file", network.key_file(role).display().to_string()),
                ("--state-dir", folder.display().to_string()),
                ("--report", report(network.folder(), name).display().to_string()),
                ("--poll-ms", "250".to_owned()),
            ];
            args.extend(pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
            self.processes.push(Process::spawn(name, &program, &args, &network.logs())?);
        }
        Ok(())
    }

    /// Fails if one of them has failed. (The proposer ends by itself after its rounds.)
    pub fn check_alive(&mut self) -> Result<()> {
        self.processes.iter_mut().try_for_each(Process::check_not_failed)
    }

    /// Stops them all.
    pub async fn stop(self) -> Result<()> {
        let mut result = Ok(());
        for process in self.processes {
            result = result.and(process.stop().await);
        }
        result
    }
}

/// The files that the agents report their finished steps in.
pub(crate) fn reports(folder: &Path) -> Vec<PathBuf> {
    AGENTS.iter().map(|(name, ..)| report(folder, name)).collect()
}

fn report(folder: &Path, name: &str) -> PathBuf {
    folder.join("agents").join(name).join("report.jsonl")
}
