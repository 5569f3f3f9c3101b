//! Who one's commits are by, where a session does not say.

use axum::Json;
use axum::extract::State;
use longhouse_domain::session::GitIdentity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::Body;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Who one's commits are by. Sessions take it over when they are created.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitConfig {
    /// `user.name`; null where it was never said.
    user_name: Option<String>,
    /// `user.email`; null where it was never said.
    user_email: Option<String>,
}

impl From<GitIdentity> for GitConfig {
    fn from(identity: GitIdentity) -> Self {
        Self {
            user_name: identity.user_name,
            user_email: identity.user_email,
        }
    }
}

/// A new identity, in place of the one before: what is null or absent is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GitConfigPatch {
    user_name: Option<String>,
    user_email: Option<String>,
}

/// Who one's commits are by, where a session does not say.
#[utoipa::path(get, path = "/api/git-config", tag = "git", responses(
    (status = 200, body = GitConfig), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn get_git_config(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<GitConfig>, Problem> {
    let identity = state.engine().git_identity(caller.actor.user).await?;
    Ok(Json(identity.into()))
}

/// Changes who one's commits are by, for sessions that are created from now on.
#[utoipa::path(put, path = "/api/git-config", tag = "git", request_body = GitConfigPatch, responses(
    (status = 200, body = GitConfig), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn update_git_config(
    state: State<AppState>,
    caller: Caller,
    body: Body<GitConfigPatch>,
) -> Result<Json<GitConfig>, Problem> {
    let identity = GitIdentity {
        user_name: body.0.user_name,
        user_email: body.0.user_email,
    };
    let kept = state.engine().set_git_identity(caller.actor.user, identity);
    Ok(Json(kept.await?.into()))
}
