//! Git tokens: listing, adding and deleting what one's own sessions log in with over HTTPS. The tokens come in and never go out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::{SecretText, Timestamp};
use longhouse_engine::{GitToken, GitTokenWish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A git token, without itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitToken)]
pub(crate) struct GitTokenBody {
    id: Uuid,
    /// The host that it is for, with its port where that is not the usual one.
    #[schema(example = "git.example.org")]
    host: String,
    /// The beginning of the paths of the repositories that it is for; null for all of the host's.
    path: Option<String>,
    /// The name that goes with it.
    username: String,
    created_at: Timestamp,
    /// When a session last used it, to the minute; null for never.
    last_used_at: Option<Timestamp>,
}

impl From<GitToken> for GitTokenBody {
    fn from(token: GitToken) -> Self {
        Self {
            id: token.id,
            host: token.host,
            path: Some(token.path).filter(|path| !path.is_empty()),
            username: token.username,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// One's own git tokens, by the places that they are for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitTokenList {
    items: Vec<GitTokenBody>,
    total: usize,
    /// Always null: the list is short.
    next_cursor: Option<String>,
}

/// A git token to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewGitToken)]
pub(crate) struct GitTokenRequest {
    /// `host`, or `host:port`.
    host: String,
    /// The beginning of the paths of the repositories that it is for, in whole names: `team`, or `team/app.git`; by default all of the host's.
    path: Option<String>,
    /// The name that goes with it; by default `git`, which most forges take with a token.
    username: Option<String>,
    /// The token, or a password.
    #[schema(value_type = String, write_only)]
    token: SecretText,
}

/// Lists one's own git tokens.
#[utoipa::path(get, path = "/api/git-tokens", tag = "git", responses(
    (status = 200, body = GitTokenList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn list_git_tokens(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<GitTokenList>, Problem> {
    let tokens = state.engine().git_tokens(caller.actor.user).await?;
    let items: Vec<_> = tokens.into_iter().map(GitTokenBody::from).collect();
    Ok(Json(GitTokenList {
        total: items.len(),
        items,
        next_cursor: None,
    }))
}

/// Keeps a git token. It is sealed and never given back.
#[utoipa::path(post, path = "/api/git-tokens", tag = "git", request_body = GitTokenRequest, responses(
    (status = 201, body = GitTokenBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn create_git_token(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    body: Body<GitTokenRequest>,
) -> Result<(StatusCode, Json<GitTokenBody>), Problem> {
    let (engine, deed, asked) = (state.engine(), note.deed()?, body.0);
    let wish = GitTokenWish {
        host: asked.host,
        path: asked.path.unwrap_or_default(),
        username: asked.username,
        token: asked.token,
    };
    let token = engine.add_git_token(caller.actor.user, wish, &deed);
    Ok((StatusCode::CREATED, Json(token.await?.into())))
}

/// Deletes one of one's own git tokens. No session is given it any more.
#[utoipa::path(delete, path = "/api/git-tokens/{id}", tag = "git",
    params(("id" = Uuid, Path, description = "Identifier")), responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody)))]
pub(crate) async fn delete_git_token(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    path: PathOf<Uuid>,
) -> Result<StatusCode, Problem> {
    let (engine, deed) = (state.engine(), note.deed()?);
    let gone = engine.delete_git_token(caller.actor.user, path.0, &deed);
    gone.await?;
    Ok(StatusCode::NO_CONTENT)
}
