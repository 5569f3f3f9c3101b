//! Running a program beside the terminals.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use longhouse_engine::ExecCommand;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How long a program may run if nobody says, and at most, in seconds.
const EXEC_SECONDS: u64 = 60;
const LONGEST_EXEC_SECONDS: u64 = 3600;

/// A program to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExecRequest {
    /// The program, then its arguments. No shell takes them apart.
    command: Vec<String>,
    /// 1 to 3600; by default 60.
    timeout_seconds: Option<u64>,
}

/// What a program did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecResult {
    /// 128 + n where signal n ended it.
    exit_code: i32,
    /// What is not UTF-8 in it is replaced.
    stdout: String,
    stderr: String,
    /// Whether some of either was cut off.
    truncated: bool,
    /// Whether it was ended because its time was over.
    timed_out: bool,
    duration_ms: u64,
}

/// Runs a program in the session's directory and environment.
#[utoipa::path(post, path = "/api/sessions/{id}/exec", tag = "sessions", request_body = ExecRequest,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = ExecResult), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn exec_in_session(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    id: PathOf<String>,
    body: Body<ExecRequest>,
) -> Result<Json<ExecResult>, Problem> {
    let request = body.0;
    if request.command.first().is_none_or(String::is_empty) {
        return Err(Problem::invalid_field("command", "must name a program"));
    }
    if let Some(bad) = request.command.iter().position(|word| word.contains('\0')) {
        return Err(Problem::invalid_field(
            &format!("command[{bad}]"),
            "must not hold a NUL",
        ));
    }
    // Arguments may hold secrets; which program it was is what one looks for.
    note.detail("program", request.command[0].as_str());
    note.detail("arguments", (request.command.len() - 1).to_string());
    let seconds = request.timeout_seconds.unwrap_or(EXEC_SECONDS);
    if !(1..=LONGEST_EXEC_SECONDS).contains(&seconds) {
        return Err(Problem::invalid_field(
            "timeoutSeconds",
            "must be 1 to 3600",
        ));
    }
    let command = ExecCommand {
        argv: request.command,
        timeout: Duration::from_secs(seconds),
    };
    let outcome = state.engine().exec(&caller.actor, &id.0, command).await?;
    Ok(Json(ExecResult {
        exit_code: outcome.exit_code,
        stdout: String::from_utf8_lossy(&outcome.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&outcome.stderr).into_owned(),
        truncated: outcome.truncated,
        timed_out: outcome.timed_out,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
    }))
}
