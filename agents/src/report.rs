//! The report: one JSON object a line for every finished step. The format is in the README.

use crate::error::AgentError;
use alloy::primitives::{Address, U256, utils::format_ether};
use serde_json::{Value, json};
use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// Where finished steps go: the log, and a file if one was named.
#[derive(Debug)]
pub struct Report {
    role: &'static str,
    account: Address,
    file: Option<(PathBuf, File)>,
}

impl Report {
    /// Appends to `path`, if there is one.
    pub fn open(path: Option<&Path>, role: &'static str, account: Address) -> Result<Self, AgentError> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.map_err(|source| AgentError::State { path: path.to_owned(), source })?;
            Ok::<_, AgentError>((path.to_owned(), file))
        };
        Ok(Self { role, account, file: path.map(open).transpose()? })
    }

    /// Reports `event` with `fields`, which are an object.
    pub fn emit(&self, event: &'static str, fields: Value) -> Result<(), AgentError> {
        tracing::info!(event, role = self.role, %fields, "step finished");
        let Some((path, file)) = &self.file else { return Ok(()) };
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let mut line = json!({ "event": event, "role": self.role, "account": self.account, "time": time });
        if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
            line.extend(fields);
        }
        // One write, so that lines of several agents in one file do not mix.
        let line = format!("{line}\n");
        (&*file).write_all(line.as_bytes()).map_err(|source| AgentError::State { path: path.clone(), source })
    }
}

/// Wei as a decimal number of ATN without trailing zeros.
pub fn atn(wei: U256) -> String {
    let text = format_ether(wei);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let wei = |text: &str| alloy::primitives::utils::parse_ether(text).unwrap();
        assert_eq!(atn(wei("10")), "10");
        assert_eq!(atn(wei("1.50")), "1.5");
        assert_eq!(atn(U256::ZERO), "0");
        assert_eq!(atn(U256::ONE), "0.000000000000000001");
    }

    #[test]
    fn every_line_is_an_object_with_the_common_fields() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.jsonl");
        for task in 1..=2 {
            let report = Report::open(Some(&path), "solver", Address::repeat_byte(1)).unwrap();
            report.emit("solved", json!({ "task": task })).unwrap();
        }
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[1]["event"], &lines[1]["role"], &lines[1]["task"]),
            (&json!("solved"), &json!("solver"), &json!(2))
        );
        assert_eq!(lines[0]["account"], json!("0x0101010101010101010101010101010101010101"));
    }
}
