//! API tokens: listing, making and deleting one's own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::{Scope, Timestamp};
use longhouse_engine::accounts::{ApiToken, TokenWish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::identify::Caller;
use crate::audit::Note;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What an API token may be used for. It never gives more than its owner may do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Scope)]
pub(crate) enum ScopeName {
    /// See sessions, their logs and their terminals.
    #[serde(rename = "sessions:read")]
    SessionsRead,
    /// Make, drive, change and delete sessions.
    #[serde(rename = "sessions:write")]
    SessionsWrite,
    /// Read files.
    #[serde(rename = "files:read")]
    FilesRead,
    /// Change files.
    #[serde(rename = "files:write")]
    FilesWrite,
    /// Read the server's figures; admins' tokens alone.
    #[serde(rename = "metrics")]
    Metrics,
    /// What only admins do; admins' tokens alone.
    #[serde(rename = "admin")]
    Admin,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::SessionsRead => Self::SessionsRead,
            ScopeName::SessionsWrite => Self::SessionsWrite,
            ScopeName::FilesRead => Self::FilesRead,
            ScopeName::FilesWrite => Self::FilesWrite,
            ScopeName::Metrics => Self::Metrics,
            ScopeName::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for ScopeName {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::SessionsRead => Self::SessionsRead,
            Scope::SessionsWrite => Self::SessionsWrite,
            Scope::FilesRead => Self::FilesRead,
            Scope::FilesWrite => Self::FilesWrite,
            Scope::Metrics => Self::Metrics,
            Scope::Admin => Self::Admin,
        }
    }
}

/// An API token, without the secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiToken)]
pub(crate) struct TokenBody {
    id: Uuid,
    name: String,
    scopes: Vec<ScopeName>,
    /// Its first characters, to recognise it by.
    hint: String,
    created_at: Timestamp,
    /// From when on it is refused; null for never.
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute; null for never.
    last_used_at: Option<Timestamp>,
}

impl From<ApiToken> for TokenBody {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes.iter().map(ScopeName::from).collect(),
            hint: token.hint,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// One's own API tokens, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiTokenList)]
pub(crate) struct TokenList {
    items: Vec<TokenBody>,
    total: usize,
    /// Always null: the list is short.
    next_cursor: Option<String>,
}

/// An API token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewApiToken)]
pub(crate) struct TokenRequest {
    /// 1 to 64 characters; unique among one's own.
    name: String,
    /// At least one.
    scopes: Vec<ScopeName>,
    /// After how many days it stops being good, 1 to 3650; null or absent for never.
    #[serde(default)]
    expires_in_days: Option<u32>,
}

/// An API token that was just made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatedApiToken)]
pub(crate) struct CreatedToken {
    #[serde(flatten)]
    shown: TokenBody,
    /// The secret, for `Authorization: Bearer`. It is shown this once.
    token: String,
}

/// Lists one's own API tokens. An expired one stays listed for a week.
#[utoipa::path(get, path = "/api/tokens", tag = "tokens", responses(
    (status = 200, body = TokenList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn list_tokens(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<TokenList>, Problem> {
    let tokens = state.accounts().api_tokens(&caller.identity).await?;
    let items: Vec<_> = tokens.into_iter().map(TokenBody::from).collect();
    Ok(Json(TokenList {
        total: items.len(),
        items,
        next_cursor: None,
    }))
}

/// Makes an API token. Its secret is shown in this answer and never again.
#[utoipa::path(post, path = "/api/tokens", tag = "tokens", request_body = TokenRequest, responses(
    (status = 201, body = CreatedToken), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn create_token(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    body: Body<TokenRequest>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    let wish = TokenWish {
        name: body.0.name,
        scopes: body.0.scopes.into_iter().map(Scope::from).collect(),
        expires_in_days: body.0.expires_in_days,
    };
    let (token, secret) = state
        .accounts()
        .create_api_token(&caller.identity, wish, &note.deed()?)
        .await?;
    let created = CreatedToken {
        shown: TokenBody::from(token),
        token: secret.reveal().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Deletes one of one's own API tokens. What it opened closes.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "tokens",
    params(("id" = String, Path, description = "Identifier or name")), responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody)))]
pub(crate) async fn delete_token(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    path: PathOf<String>,
) -> Result<StatusCode, Problem> {
    state
        .accounts()
        .delete_api_token(&caller.identity, &path.0, &note.deed()?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
