//! Where one is signed in, and how to end that from elsewhere.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::identify::Caller;
use crate::audit::Note;
use crate::extract::PathOf;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A sign-in: what one login began.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignIn)]
pub(crate) struct SignInBody {
    id: Uuid,
    /// What signed in, as it describes itself.
    client: String,
    /// The address it came from; empty where that is not known.
    address: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
    /// Whether this request came with it.
    current: bool,
}

/// One's own sign-ins, the latest used first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignInList)]
pub(crate) struct SignInList {
    items: Vec<SignInBody>,
    total: usize,
    /// Always null: the list is short.
    next_cursor: Option<String>,
}

/// How many sign-ins ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndedSignIns {
    ended: u64,
}

/// Lists where one is signed in.
#[utoipa::path(get, path = "/api/auth/sign-ins", tag = "auth", responses(
    (status = 200, body = SignInList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn list_sign_ins(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<SignInList>, Problem> {
    let sign_ins = state.accounts().sign_ins(&caller.identity).await?;
    let current = caller.identity.sign_in();
    let items: Vec<_> = sign_ins
        .into_iter()
        .map(|sign_in| SignInBody {
            id: sign_in.id,
            client: sign_in.client,
            address: sign_in.address,
            created_at: sign_in.created_at,
            last_used_at: sign_in.last_used_at,
            current: Some(sign_in.id) == current,
        })
        .collect();
    Ok(Json(SignInList {
        total: items.len(),
        items,
        next_cursor: None,
    }))
}

/// Ends one of one's own sign-ins. Its connections close.
#[utoipa::path(delete, path = "/api/auth/sign-ins/{id}", tag = "auth", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody)))]
pub(crate) async fn end_sign_in(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    path: PathOf<Uuid>,
) -> Result<StatusCode, Problem> {
    state
        .accounts()
        .end_sign_in(&caller.identity, path.0, &note.deed()?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of one's sign-ins but the one that this request came with.
#[utoipa::path(delete, path = "/api/auth/sign-ins", tag = "auth", responses(
    (status = 200, body = EndedSignIns), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn end_other_sign_ins(
    state: State<AppState>,
    caller: Caller,
    note: Note,
) -> Result<Json<EndedSignIns>, Problem> {
    let ended = state
        .accounts()
        .end_other_sign_ins(&caller.identity, &note.deed()?)
        .await?;
    Ok(Json(EndedSignIns { ended }))
}
