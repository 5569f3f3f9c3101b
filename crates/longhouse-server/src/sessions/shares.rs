//! Sharing a session with others.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::{ShareAccess, Timestamp};
use longhouse_engine::{Share, ShareWith};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::ShareName;
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Longest name or identifier of a user, in bytes.
const LONGEST_USER: usize = 64;

/// A share to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateShare {
    /// The user's identifier or name.
    user_id: String,
    access: ShareName,
}

/// A share of a session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Share)]
pub(crate) struct ShareBody {
    user_id: Uuid,
    username: String,
    access: ShareName,
    created_at: Timestamp,
}

impl From<Share> for ShareBody {
    fn from(share: Share) -> Self {
        Self {
            user_id: share.user.0,
            username: share.username,
            access: share.access.into(),
            created_at: share.created_at,
        }
    }
}

/// The shares of a session, by name.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharePage {
    items: Vec<ShareBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// Lists with whom a session is shared. Its owner and admins see that.
#[utoipa::path(get, path = "/api/sessions/{id}/shares", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SharePage), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn list_shares(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<SharePage>, Problem> {
    let shares = state.engine().list_shares(&caller.actor, &id.0).await?;
    let items: Vec<_> = shares.into_iter().map(ShareBody::from).collect();
    Ok(Json(SharePage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}

/// Shares a session with a user, or changes what somebody may do with it. It holds at once, in everything that they have open.
#[utoipa::path(post, path = "/api/sessions/{id}/shares", tag = "sessions", request_body = CreateShare,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 201, body = ShareBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn share_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    note: Note,
    body: Body<CreateShare>,
) -> Result<(StatusCode, Json<ShareBody>), Problem> {
    let CreateShare { user_id, access } = body.0;
    if user_id.len() > LONGEST_USER {
        return Err(Problem::invalid_field("userId", "there is no such user"));
    }
    note.detail("user", &user_id);
    note.detail("access", ShareAccess::from(access).as_str());
    let with = ShareWith {
        user: user_id,
        access: access.into(),
    };
    let share = state
        .engine()
        .share_session(&caller.actor, &id.0, with, &note.deed()?)
        .await?;
    Ok((StatusCode::CREATED, Json(ShareBody::from(share))))
}

/// Takes a share away: the owner does that, or whoever has the share, and leaves. What they have open of the session closes.
#[utoipa::path(delete, path = "/api/sessions/{id}/shares/{user}", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("user" = String, Path, description = "Identifier or name of the user")), responses(
    (status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn unshare_session(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
    note: Note,
) -> Result<StatusCode, Problem> {
    let (id, user) = path.0;
    note.detail("user", &user);
    state
        .engine()
        .unshare_session(&caller.actor, &id, &user, &note.deed()?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
