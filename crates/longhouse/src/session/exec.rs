//! `longhouse session exec`: a program's output on ours, its exit code as ours.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{ExitCode, path};
use crate::cli;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

/// What a shell says of a program that ran out of time, as `timeout` does.
const TIMED_OUT: ExitCode = 124;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Command<'a> {
    command: &'a [String],
    timeout_seconds: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    exit_code: i32,
    stdout: String,
    stderr: String,
    #[serde(default)]
    truncated: bool,
    #[serde(default)]
    timed_out: bool,
}

pub(super) async fn run(arguments: &cli::Exec, client: &Client) -> Result<ExitCode, Failure> {
    let command = Command {
        command: &arguments.command,
        timeout_seconds: arguments.timeout,
    };
    let path = format!("{}/exec", path(&arguments.session));
    let outcome: Outcome = client
        .json(Method::POST, &path, Some(&command))
        .await
        .map_err(|error| Failure::from(error).into_own())?;
    output::print_bytes(outcome.stdout.as_bytes())?;
    output::say_bytes(outcome.stderr.as_bytes());
    if outcome.truncated {
        output::say("longhouse: the output was longer than what is kept; the rest is missing");
    }
    if outcome.timed_out {
        output::say(&format!("longhouse: ended after {} s", arguments.timeout));
        return Ok(TIMED_OUT);
    }
    Ok(shell_code(outcome.exit_code))
}

/// A process's exit code as the eight bits that a parent can see.
pub(crate) fn shell_code(code: i32) -> ExitCode {
    ExitCode::try_from(code & 0xff).unwrap_or(ExitCode::MAX)
}
