use std::{fmt::Display, process::ExitCode};

/// The exit code of a program; a failure is printed on standard error, its causes on the same line.
pub fn exit_code<E: Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
