use crate::{
    agents::{Agents, reports},
    run::say,
    summary::{Round, Solver},
};
use eyre::{Result, WrapErr, bail};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long one round may take.
const ROUND_TIMEOUT: Duration = Duration::from_secs(180);

/// Follows the agents' reports, shows what they do, and answers the rounds once each has its model and its rewards.
///
/// # Errors
/// An agent that has ended, or rounds that take too long.
pub async fn follow_rounds(folder: &Path, agents: &mut Agents, rounds: u64, started: Instant) -> Result<Vec<Round>> {
    let mut progress = Progress::default();
    let deadline = Instant::now() + ROUND_TIMEOUT * u32::try_from(rounds).unwrap_or(u32::MAX);
    while progress.complete() < rounds {
        agents.check_alive()?;
        for line in progress.read(folder)? {
            say(started, &line);
        }
        if Instant::now() > deadline {
            bail!("{} of {rounds} rounds ended in time; the agents' logs tell why", progress.complete());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(progress.rounds.into_values().collect())
}

#[derive(Debug, Default)]
struct Progress {
    /// Bytes of each report that were read.
    read: BTreeMap<PathBuf, usize>,
    rounds: BTreeMap<u64, Round>,
}

impl Progress {
    /// Rounds with a published model and the results of two solvers.
    fn complete(&self) -> u64 {
        let is_complete = |round: &&Round| round.solvers.len() == 2 && !round.model_id.is_zero();
        self.rounds.values().filter(is_complete).count() as u64
    }

    /// Reads what the reports have gained; answers lines for people.
    fn read(&mut self, folder: &Path) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for path in reports(folder) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let seen = self.read.get(&path).copied().unwrap_or_default();
            // Only whole lines: the last one may be half written.
            let end = text.rfind('\n').map_or(0, |newline| newline + 1);
            for line in text.get(seen..end).unwrap_or_default().lines() {
                let event = serde_json::from_str(line).wrap_err_with(|| format!("{}: {line}", path.display()))?;
                lines.extend(self.apply(&event));
            }
            self.read.insert(path, end);
        }
        Ok(lines)
    }

    fn round(&mut self, task: u64) -> &mut Round {
        let round = self.rounds.entry(task).or_default();
        round.task = task;
        round
    }

    fn apply(&mut self, event: &Value) -> Option<String> {
        let number = |key: &str| event[key].as_u64().unwrap_or_default();
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let task = number("task");
        let who = format!("{} {:.10}", text("role"), text("account"));
        let what = match event["event"].as_str()? {
            "proposed" => format!("posted a task with {} hidden images", number("test_images")),
            "committed" => format!("trained for {:.1} s and committed", event["train_seconds"].as_f64()?),
            "ground_truth_revealed" => "revealed the hidden set".to_owned(),
            "revealed" => "revealed its model".to_owned(),
            "scored" => {
                let solver = text("solver");
                format!("had the chain score {solver:.10}: {} of {}", number("chain_hits"), number("int8_count"))
            }
            "vote_revealed" => {
                self.round(task).votes += 1;
                "voted".to_owned()
            }
            "solved" => {
                let solver = solver(event)?;
                let reward = solver.reward_atn.clone();
                self.round(task).solvers.push(solver);
                format!("was paid {reward} ATN")
            }
            "published" => {
                let (hits, count) = (number("chain_hits"), number("int8_count"));
                let round = self.round(task);
                round.model_id = text("model").parse().ok()?;
                round.model_score = share(hits, count);
                format!("published the merged model: {hits} of {count}")
            }
            event @ ("expired" | "missed" | "not_published") => format!("{event}: {}", text("why")),
            _ => return None,
        };
        Some(format!("task {task}: {who} {what}"))
    }
}

fn solver(event: &Value) -> Option<Solver> {
    let number = |key: &str| event[key].as_u64();
    let (count, chain_hits) = (number("int8_count")?, number("chain_hits")?);
    Some(Solver {
        account: event["solver"].as_str()?.parse().ok()?,
        float_accuracy: event["float_accuracy"].as_f64()?,
        int8_accuracy: event["int8_accuracy"].as_f64()?,
        chain_score: share(chain_hits, count),
        int8_hits: number("int8_hits")?,
        chain_hits,
        count,
        reward_atn: event["reward_atn"].as_str().unwrap_or("0").to_owned(),
    })
}

fn share(hits: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { hits as f64 / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_round_is_complete_with_two_results_and_a_model() {
        let mut progress = Progress::default();
        let solved = |account: &str| {
            json!({"event": "solved", "task": 1, "solver": account, "float_accuracy": 0.97, "int8_accuracy": 0.96875,
                "int8_hits": 124, "int8_count": 128, "chain_hits": 124, "reward_atn": "5"})
        };
        let model = json!({"event": "published", "task": 1, "model": format!("0x{}", "11".repeat(32)),
            "chain_hits": 125, "int8_count": 128});
        let [a, b] = ["22", "33"].map(|byte| format!("0x{}", byte.repeat(20)));
        for event in [solved(&a), model] {
            progress.apply(&event).unwrap();
            assert_eq!(progress.complete(), 0);
        }
        progress.apply(&solved(&b)).unwrap();
        assert_eq!(progress.complete(), 1);
        let round = &progress.rounds[&1];
        assert_eq!((round.solvers[0].chain_score, round.model_score), (0.96875, 0.9765625));
    }

    #[test]
    fn a_line_that_is_half_written_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = reports(folder.path()).remove(0);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let line = r#"{"event":"vote_revealed","role":"coordinator","account":"0x","task":3}"#;
        let mut progress = Progress::default();
        std::fs::write(&path, &line[..20]).unwrap();
        assert!(progress.read(folder.path()).unwrap().is_empty());
        std::fs::write(&path, format!("{line}\n")).unwrap();
        assert_eq!(progress.read(folder.path()).unwrap().len(), 1);
        assert!(progress.read(folder.path()).unwrap().is_empty());
        assert_eq!(progress.rounds[&3].votes, 1);
    }
}
