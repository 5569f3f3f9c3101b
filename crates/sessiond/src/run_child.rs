//! `sessiond run-child FILE`: runs a wrapped terminal's program inside tmux, and keeps its exit code, which tmux would lose.
//!
//! It stays as the program's parent and does nothing but wait. Signals from the keyboard are the program's affair.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

/// What is to run, as the file holds it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChildSpec {
    pub(crate) program: PathBuf,
    pub(crate) arg0: Option<String>,
    pub(crate) args: Vec<String>,
    /// The whole environment.
    pub(crate) env: BTreeMap<String, String>,
}

impl ChildSpec {
    /// Where the exit code goes.
    pub(crate) fn exit_file(file: &str) -> String {
        format!("{}.exit", file.trim_end_matches(".json"))
    }

    /// Where its process's number goes, once it has begun.
    pub(crate) fn pid_file(file: &str) -> String {
        format!("{}.pid", file.trim_end_matches(".json"))
    }
}

/// Runs the program that `file` describes, and gives its exit code.
pub fn run_child(file: &str) -> io::Result<i32> {
    let spec: ChildSpec = serde_json::from_slice(&std::fs::read(file)?)?;
    // It holds an environment, and was for this process alone.
    std::fs::remove_file(file)?;
    tell(&ChildSpec::pid_file(file), &std::process::id().to_string())?;
    // Handlers, unlike ignored signals, are not inherited by the program. tokio's do nothing unless somebody listens.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _guard = runtime.enter();
    let _handlers: Vec<_> = [
        SignalKind::interrupt(),
        SignalKind::quit(),
        SignalKind::hangup(),
        SignalKind::terminate(),
        SignalKind::from_raw(20), // SIGTSTP, which has no name in tokio
    ]
    .into_iter()
    .map(signal)
    .collect::<io::Result<_>>()?;

    let mut command = Command::new(&spec.program);
    command.args(&spec.args).env_clear().envs(&spec.env);
    if let Some(arg0) = &spec.arg0 {
        command.arg0(arg0);
    }
    let code = match command.spawn() {
        Ok(mut child) => {
            let status = child.wait()?;
            let by_signal = status.signal().map(|signal| 128 + signal);
            status.code().or(by_signal).unwrap_or(1)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => 127,
        Err(_) => 126,
    };
    tell(&ChildSpec::exit_file(file), &code.to_string())?;
    Ok(code)
}

/// Writes a file for sessiond. It is renamed into place, so that nobody reads half of it.
fn tell(file: &str, text: &str) -> io::Result<()> {
    let half = format!("{file}.new");
    std::fs::write(&half, text)?;
    std::fs::rename(half, file)
}
