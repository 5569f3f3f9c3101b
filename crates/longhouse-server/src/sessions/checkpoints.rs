//! The checkpoints of a session: its directory as it was, new files included.

use axum::Json;
use axum::extract::State;
use longhouse_domain::Timestamp;
use longhouse_domain::git::GitPath;
use longhouse_engine::{CheckpointView, CheckpointWish, Checkpoints};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A checkpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Checkpoint)]
pub(crate) struct CheckpointBody {
    /// Grows with each one.
    number: u64,
    /// The commit that holds it: what it is compared by.
    commit: String,
    at: Timestamp,
    /// What differed from the last commit, in a line.
    subject: String,
}

/// Checkpoints, the newest first. The newest hundred are kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckpointPage {
    items: Vec<CheckpointBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// A checkpoint that stands for the present.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TakenCheckpoint {
    checkpoint: CheckpointBody,
    /// Whether it was made now; where nothing has changed since the last one, that one stands for the present.
    is_new: bool,
}

/// What to bring back.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RestoreCheckpoint {
    /// A file or directory below the repository's root; everything, if absent.
    path: Option<String>,
}

/// What was brought back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoredCheckpoint {
    /// The checkpoint of what was there before: bringing that one back undoes this.
    undo: u64,
    /// Files that were written or removed.
    files: u64,
    /// Files that were left alone, because no checkpoint holds what they are now: they are ignored, too large, or look like a secret.
    left_alone: Vec<String>,
}

/// Lists the checkpoints of a running session.
#[utoipa::path(get, path = "/api/sessions/{id}/git/checkpoints", tag = "git",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = CheckpointPage), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 503, body = ProblemBody)))]
pub(crate) async fn list_checkpoints(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<CheckpointPage>, Problem> {
    let found = ask(&state, &caller, &id.0, CheckpointWish::List).await?;
    let items: Vec<CheckpointBody> = found.kept.into_iter().map(Into::into).collect();
    Ok(Json(CheckpointPage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}

/// Makes a checkpoint of the present. Neither branch nor index nor any file is touched.
#[utoipa::path(post, path = "/api/sessions/{id}/git/checkpoints", tag = "git",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = TakenCheckpoint), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 503, body = ProblemBody)))]
pub(crate) async fn create_checkpoint(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<TakenCheckpoint>, Problem> {
    let found = ask(&state, &caller, &id.0, CheckpointWish::Take).await?;
    let is_taken = |one: &CheckpointView| Some(one.number) == found.taken;
    let taken = found.kept.into_iter().find(is_taken);
    let taken =
        taken.ok_or_else(|| Problem::internal("a checkpoint that was made is not there"))?;
    Ok(Json(TakenCheckpoint {
        checkpoint: taken.into(),
        is_new: found.is_new,
    }))
}

/// Brings a checkpoint back, or a file or directory of it. One of the present is made before.
#[utoipa::path(post, path = "/api/sessions/{id}/git/checkpoints/{number}/restore", tag = "git", request_body = RestoreCheckpoint,
    params(("id" = String, Path, description = "Identifier or unique name"), ("number" = u64, Path, description = "Which")),
    responses((status = 200, body = RestoredCheckpoint), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn restore_checkpoint(
    state: State<AppState>,
    caller: Caller,
    place: PathOf<(String, u64)>,
    body: Body<RestoreCheckpoint>,
) -> Result<Json<RestoredCheckpoint>, Problem> {
    let (id, number) = place.0;
    let path = body.0.path.map(|path| GitPath::try_from(path.into_bytes()));
    let path = path
        .transpose()
        .map_err(|error| Problem::invalid_field("path", error.to_string()))?;
    let wish = CheckpointWish::Restore { number, path };
    let found = ask(&state, &caller, &id, wish).await?;
    Ok(Json(RestoredCheckpoint {
        undo: found.taken.unwrap_or_default(),
        files: found.files,
        left_alone: found.left_alone,
    }))
}

async fn ask(
    state: &AppState,
    caller: &Caller,
    id: &str,
    wish: CheckpointWish,
) -> Result<Checkpoints, Problem> {
    let found = state.engine().checkpoints(&caller.actor, id, wish);
    Ok(found.await?)
}

impl From<CheckpointView> for CheckpointBody {
    fn from(view: CheckpointView) -> Self {
        Self {
            number: view.number,
            commit: view.commit,
            at: view.at,
            subject: view.subject,
        }
    }
}
