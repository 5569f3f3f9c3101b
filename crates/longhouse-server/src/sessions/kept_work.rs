//! What deleted sessions left in a repository that they shared with a session: listed, and brought back.

use axum::Json;
use axum::extract::State;
use longhouse_domain::clock::from_millis;
use longhouse_domain::git::{BranchName, KeptWork};
use longhouse_domain::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What a session left.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptWork)]
pub(crate) struct KeptWorkBody {
    /// The session, which is deleted.
    session: Uuid,
    /// The branch it stood on; `detached` where it stood on none.
    branch: String,
    /// The commit that holds its files as they were, those included that it had not committed.
    commit: String,
    at: Timestamp,
    /// What that changes, in a line.
    subject: String,
}

/// What sessions left, the newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptWorkPage {
    items: Vec<KeptWorkBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// What to make of it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BringBackWork {
    /// What the branch is to be called; by default as it was, with `-kept` behind it where that one is there still.
    branch: Option<String>,
}

/// The branch that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BroughtBackWork {
    branch: String,
}

/// Lists what deleted sessions left in the repository of a running session.
#[utoipa::path(get, path = "/api/sessions/{id}/git/kept", tag = "git",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = KeptWorkPage), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 503, body = ProblemBody)))]
pub(crate) async fn list_kept_work(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<KeptWorkPage>, Problem> {
    let found = state.engine().kept_work(&caller.actor, &id.0).await?;
    let items: Vec<KeptWorkBody> = found.into_iter().map(Into::into).collect();
    Ok(Json(KeptWorkPage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}

/// Makes a branch of what a session left; from then on it is kept by that alone. No working tree is touched.
#[utoipa::path(post, path = "/api/sessions/{id}/git/kept/{left_by}/restore", tag = "git", request_body = BringBackWork,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("left_by" = Uuid, Path, description = "The session that left it")),
    responses((status = 200, body = BroughtBackWork), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn restore_kept_work(
    state: State<AppState>,
    caller: Caller,
    place: PathOf<(String, Uuid)>,
    body: Body<BringBackWork>,
) -> Result<Json<BroughtBackWork>, Problem> {
    let (id, left_by) = place.0;
    let branch = body.0.branch.map(BranchName::try_from).transpose();
    let branch = branch.map_err(|error| Problem::invalid_field("branch", error.to_string()))?;
    let engine = state.engine();
    let made = engine
        .bring_back(&caller.actor, &id, SessionId(left_by), branch)
        .await?;
    Ok(Json(BroughtBackWork {
        branch: made.to_string(),
    }))
}

impl From<KeptWork> for KeptWorkBody {
    fn from(kept: KeptWork) -> Self {
        let millis = i64::try_from(kept.at.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self {
            session: kept.session.0,
            branch: kept.branch.to_string(),
            commit: kept.commit.to_string(),
            at: from_millis(millis),
            subject: kept.subject,
        }
    }
}
