//! `sessiond start`: puts the daemon into the world and tells whoever called how that went.
//!
//! The daemon is a child of this process, which ends as soon as it knows; so it is nobody's child, in a Unix session of its own, with no
//! terminal. Its current directory is the session's, inherited and never resolved again.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use longhouse_link::spec::{StartFailure, Started};

use crate::processes::own_program;

/// The daemon's one line is short; whatever else comes is not from it.
const LINE_BYTES: u64 = 64 * 1024;

/// Starts the daemon with the specification from standard input. The error is a sentence for people.
pub fn start() -> Result<Started, StartFailure> {
    let failed = |doing: &str, error: io::Error| StartFailure {
        error: format!("cannot {doing}: {error}"),
    };
    let mut spec = Vec::new();
    io::stdin()
        .read_to_end(&mut spec)
        .map_err(|e| failed("read the specification", e))?;
    let program = own_program();
    // What people see in a list of processes.
    let shown = std::env::current_exe().unwrap_or_else(|_| program.clone());
    let mut child = Command::new(&program)
        .arg0(shown)
        .arg("run")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // An empty root directory has no null device.
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|e| failed("start the daemon", e))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(&spec)
            .map_err(|e| failed("hand over the specification", e))?;
    }
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        stdout
            .take(LINE_BYTES)
            .read_to_string(&mut line)
            .map_err(|e| failed("hear from the daemon", e))?;
    }
    if let Ok(started) = serde_json::from_str::<Started>(&line) {
        return Ok(started);
    }
    // It said what is wrong, or died before it could.
    let status = child.wait().map_err(|e| failed("wait for the daemon", e))?;
    Err(
        serde_json::from_str(&line).unwrap_or_else(|_| StartFailure {
            error: format!("the daemon ended with {status} before it was ready"),
        }),
    )
}
