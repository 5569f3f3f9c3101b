//! Git as people type it.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{BadCommandLine, TypedGit};
use longhouse_domain::working_copy::BadCopyPath;
use longhouse_engine::RepositoryAt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::place::note_place;
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, Question};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

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
    /// `status`, `add`, `commit`, `push`, `pull`, `fetch`, `branch`, `checkout`, `log`, `show`, `diff`, `stash`, `reset`, `merge`, `rebase`, `tag`,
    /// `remote`, `clone`, `rev-parse` or `config`. `push`, `pull` and `fetch` speak with the stored address alone, and force nothing; `clone` makes a
    /// directory below the place that is named.
    command: String,
    /// Options from a closed list, then what follows them; paths behind `--`.
    #[serde(default)]
    args: Vec<String>,
}

impl GitCommandRequest {
    /// The session that is named, and where in it the repository lies, or is to be typed in.
    fn place(&self, asked: Option<&str>) -> Result<RepositoryAt, Problem> {
        let path = self.path.as_deref().unwrap_or_default().parse();
        let path =
            path.map_err(|error: BadCopyPath| Problem::invalid_field("path", error.to_string()))?;
        match self.session_id.as_deref().or(asked) {
            Some(session) => Ok(RepositoryAt {
                session: session.to_owned(),
                path,
            }),
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
    let typed = TypedGit::read(&request.command, &request.args).map_err(|bad| match bad {
        BadCommandLine::Command => Problem::invalid_field("command", bad.to_string()),
        BadCommandLine::Word(at, why) => Problem::invalid_field(&format!("args[{at}]"), why),
    });
    let at = match request.repository {
        Some(id) if request.session_id.is_none() && request.path.is_none() => {
            note.detail("repository", id.to_string());
            engine.repository_place(&caller.actor, id).await?
        }
        Some(_) => {
            let text = "says where it is: leave out sessionId and path";
            return Err(Problem::invalid_field("repository", text));
        }
        None => request.place(question.text("session"))?,
    };
    note.target("session", None, &at.session);
    note_place(&note, &at);
    note.detail("command", request.command.as_str());
    let outcome = engine.git_run(&caller.actor, &at, typed?).await?;
    Ok(Json(GitCommandResult {
        exit_code: outcome.exit_code,
        stdout: String::from_utf8_lossy(&outcome.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&outcome.stderr).into_owned(),
        truncated: outcome.truncated,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
    }))
}
