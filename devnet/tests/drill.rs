//! The README's first command, with its own checks.

use autonet_devnet::{Summary, program};
use eyre::{Result, ensure};
use std::process::Command;

#[test]
fn two_rounds_of_training_end_with_every_check_holding() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let json = folder.path().join("summary.json");
    let mut command = Command::new(program("autonet-devnet")?);
    command.args(["run", "--rounds", "2", "--exit", "--json"]).arg(&json);
    command.arg("--dir").arg(folder.path().join("network"));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Summary = serde_json::from_slice(&std::fs::read(&json)?)?;
    ensure!(summary.failures(2).is_empty(), "{:?}", summary.failures(2));
    Ok(())
}
