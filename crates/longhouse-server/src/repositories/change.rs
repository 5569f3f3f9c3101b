//! Changing a repository of the list, and taking it out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::git::RepositoryUrl;
use longhouse_domain::name::SessionName;
use longhouse_engine::{RepositoryFiles, RepositoryPatch, UnsavedWork};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::RepositoryBody;
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf, Question, parse_switch};
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::state::AppState;

/// What is to change of a repository of the list. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateRepository {
    /// 1 to 64 of `a-z A-Z 0-9 . _ -` and space. Its session keeps its own name.
    name: Option<String>,
    /// Where it is fetched from and pushed to: its session gives that to `origin`, and has to run. Only for the session's owner, whose keys
    /// and tokens follow it. What a closed session may reach stays as it is.
    git_url: Option<String>,
    /// The port that its program is expected to listen on. Programs that run already find the old one in `PORT`.
    #[schema(minimum = 1024)]
    port: Option<u16>,
}

impl UpdateRepository {
    fn checked(self) -> Result<RepositoryPatch, Problem> {
        let mut errors = Vec::new();
        let name = self.name.map(SessionName::try_from).transpose();
        if let Err(error) = &name {
            errors.push(FieldError::new("name", error.to_string()));
        }
        let git_url = self.git_url.as_deref().map(str::parse::<RepositoryUrl>);
        let git_url = git_url.transpose();
        if let Err(error) = &git_url {
            errors.push(FieldError::new("gitUrl", error.to_string()));
        }
        match (name, git_url) {
            (Ok(name), Ok(git_url)) => Ok(RepositoryPatch {
                name,
                port: self.port,
                git_url,
            }),
            _ => Err(Problem::invalid(errors)),
        }
    }
}

/// Changes a repository of the list: its name, its port, its address.
#[utoipa::path(put, path = "/api/repositories/{id}", tag = "git", request_body = UpdateRepository,
    params(("id" = Uuid, Path, description = "Identifier")), responses(
    (status = 200, body = RepositoryBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn update_repository(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<Uuid>,
    body: Body<UpdateRepository>,
) -> Result<Json<RepositoryBody>, Problem> {
    let patch = body.0.checked()?;
    let changed = state.engine().update_repository(&caller.actor, id.0, patch);
    Ok(Json(RepositoryBody::new(state.previews(), changed.await?)))
}

/// Takes a repository out of the list. Its files stay in their session; with `files=true` the session is deleted with everything in it, as
/// `DELETE /api/sessions/{id}` does: 409 `session.unsaved_work` where work would be lost that is neither committed nor pushed.
#[utoipa::path(delete, path = "/api/repositories/{id}", tag = "git",
    params(("id" = Uuid, Path, description = "Identifier"),
        ("files" = Option<bool>, Query, description = "Whether its files are deleted too, with their session"),
        ("force" = Option<bool>, Query, description = "With `files`: also where work would be lost that is neither committed nor pushed")),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn delete_repository(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<Uuid>,
    note: Note,
    mut question: Question,
) -> Result<StatusCode, Problem> {
    let files = match question.parsed("files", "true or false", parse_switch) {
        Some(true) => RepositoryFiles::Deleted,
        _ => RepositoryFiles::Kept,
    };
    let unsaved = match question.parsed("force", "true or false", parse_switch) {
        Some(true) => UnsavedWork::GivenUp,
        _ => UnsavedWork::Kept,
    };
    question.done()?;
    if files == RepositoryFiles::Deleted {
        note.detail("files", "true");
    }
    let engine = state.engine();
    engine
        .delete_repository(&caller.actor, id.0, files, unsaved)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
