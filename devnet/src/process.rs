use eyre::{Context, Result, bail, eyre};
use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::process::{Child, Command};

/// How long a process may take to stop by itself.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// A child process whose output goes to a file, and which never outlives this one.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a program.
    pub fn spawn(name: &str, program: &Path, args: &[String], logs: &Path) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let file = OpenOptions::new().create(true).append(true).open(&log);
        let file = file.wrap_err_with(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            // A Ctrl-C at the terminal is this process's to handle: it stops the others in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        let child =
            child.wrap_err_with(|| format!("cannot start {}: build it first (make build)", program.display()))?;
        Ok(Self { name: name.to_owned(), log, child })
    }

    /// Name, as in its log file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Fails if the process has ended, with the end of its log.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Fails if the process has failed; it may have ended well.
    pub fn check_not_failed(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) if !status.success() => Err(self.ended(status)),
            _ => Ok(()),
        }
    }

    fn ended(&self, status: ExitStatus) -> eyre::Report {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(12)..].join("\n  ");
        eyre!("{} ended ({status}); the end of {}:\n  {tail}", self.name, self.log.display())
    }

    /// Ends the process at once, as a power failure would (SIGKILL).
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.wrap_err_with(|| format!("cannot kill {}", self.name))
    }

    /// Asks the process to stop (SIGTERM) and waits; kills it if it does not.
    pub async fn stop(mut self) -> Result<()> {
        let Some(id) = self.child.id() else { return Ok(()) };
        let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        if !asked.success() && self.child.try_wait()?.is_none() {
            bail!("cannot signal {}", self.name);
        }
        match tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await {
            Ok(status) => {
                let status = status?;
                if status.success() { Ok(()) } else { Err(self.ended(status)) }
            }
            Err(_) => {
                self.child.kill().await?;
                bail!("{} did not stop within {} s and was killed", self.name, STOP_TIMEOUT.as_secs())
            }
        }
    }
}
