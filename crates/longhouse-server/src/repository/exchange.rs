//! What a session's repository and the one it came from have of each other, and git as people type it.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{BadCommandLine, CommandLine, PullWay};
use longhouse_domain::working_copy::{BadCopyPath, CopyPath};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::status::GitStatusBody;
use crate::audit::Note;
use crate::auth::{Caller, Empty};
use crate::extract::{Body, OptionalBody, PathOf, Question};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How what was fetched is joined.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PullMode {
    /// Only where the branch has no commits of its own.
    #[default]
    FfOnly,
    /// By a commit with both as its parents.
    Merge,
    /// The branch's own commits are made anew on top.
    Rebase,
}

/// How to pull.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PullRequest {
    #[serde(default)]
    mode: PullMode,
}

/// Fetches from the repository that the session began with; else from what `origin` is.
#[utoipa::path(post, path = "/api/sessions/{id}/git/fetch", tag = "git", request_body = Empty,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn fetch_repository(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<GitStatusBody>, Problem> {
    let status = state.engine().git_fetch(&caller.actor, &id.0).await?;
    Ok(Json(status.into()))
}

/// Fetches, and joins what the branch's namesake has. 409 `git.diverged` where `ffOnly` is not enough, `git.conflict` where it stops.
#[utoipa::path(post, path = "/api/sessions/{id}/git/pull", tag = "git", request_body = PullRequest,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn pull_repository(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    body: OptionalBody<PullRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let way = match body.0.mode {
        PullMode::FfOnly => PullWay::FastForward,
        PullMode::Merge => PullWay::Merge,
        PullMode::Rebase => PullWay::Rebase,
    };
    let status = state.engine().git_pull(&caller.actor, &id.0, way).await?;
    Ok(Json(status.into()))
}

/// Pushes the branch to its namesake in the repository that the session began with (else in what `origin` is), never by force. 409 `git.diverged`, `git.protected`, `git.declined`.
#[utoipa::path(post, path = "/api/sessions/{id}/git/push", tag = "git", request_body = Empty,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn push_repository(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<GitStatusBody>, Problem> {
    let status = state.engine().git_push(&caller.actor, &id.0).await?;
    Ok(Json(status.into()))
}

/// Git as people type it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GitCommandRequest {
    /// The repository that is meant, by its identifier in the list of repositories.
    repository: Option<Uuid>,
    /// Or the session whose repository is meant: identifier or unique name. It may stand in the address instead (`?session=`).
    session_id: Option<String>,
    /// With a session: where in its workspace the repository lies; by default it is the workspace.
    path: Option<String>,
    /// `status`, `add`, `commit`, `branch`, `checkout`, `log`, `show`, `diff`, `stash`, `reset`, `merge`, `rebase`, `tag`, `remote`, `rev-parse` or
    /// `config`. Pushing, pulling and fetching have addresses of their own.
    command: String,
    /// Options from a closed list, then what follows them; paths behind `--`.
    #[serde(default)]
    args: Vec<String>,
}

impl GitCommandRequest {
    /// The session that is named, and where in it the repository lies.
    fn place(&self, asked: Option<&str>) -> Result<(String, CopyPath), Problem> {
        let path = self.path.as_deref().unwrap_or_default().parse();
        let path =
            path.map_err(|error: BadCopyPath| Problem::invalid_field("path", error.to_string()))?;
        match self.session_id.as_deref().or(asked) {
            Some(session) => Ok((session.to_owned(), path)),
            None => Err(Problem::invalid_field(
                "sessionId",
                "must name a session, or repository one of the list",
            )),
        }
    }
}

/// What git said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitCommandResult {
    /// 128 + n where signal n ended it.
    exit_code: i32,
    /// What is not UTF-8 in it is replaced.
    stdout: String,
    /// The same.
    stderr: String,
    /// Whether it said more.
    truncated: bool,
    duration_ms: u64,
}

/// Runs git in a repository with options from a closed list; whether it succeeded is told by its exit code.
#[utoipa::path(post, path = "/api/git", tag = "git", request_body = GitCommandRequest,
    params(("session" = Option<String>, Query, description = "Instead of `sessionId`")), responses(
    (status = 200, body = GitCommandResult), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn run_git(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    question: Question,
    body: Body<GitCommandRequest>,
) -> Result<Json<GitCommandResult>, Problem> {
    let request = body.0;
    let engine = state.engine();
    let (session, path) = match request.repository {
        Some(id) if request.session_id.is_none() && request.path.is_none() => {
            note.detail("repository", id.to_string());
            let (session, path) = engine.repository_place(&caller.actor, id).await?;
            (session.to_string(), path)
        }
        Some(_) => {
            let text = "says where it is: leave out sessionId and path";
            return Err(Problem::invalid_field("repository", text));
        }
        None => request.place(question.text("session"))?,
    };
    note.target("session", None, &session);
    note.detail("command", request.command.as_str());
    let line = CommandLine::new(&request.command, &request.args).map_err(|bad| match bad {
        BadCommandLine::Command => Problem::invalid_field("command", bad.to_string()),
        BadCommandLine::Word(at, why) => Problem::invalid_field(&format!("args[{at}]"), why),
    })?;
    let outcome = engine.git_run(&caller.actor, &session, &path, line).await?;
    Ok(Json(GitCommandResult {
        exit_code: outcome.exit_code,
        stdout: String::from_utf8_lossy(&outcome.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&outcome.stderr).into_owned(),
        truncated: outcome.truncated,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
    }))
}
