//! Looking at the list of repositories.

use axum::Json;
use axum::extract::State;
use longhouse_domain::SessionId;
use longhouse_engine::RepositoryQuestion;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::RepositoryBody;
use crate::auth::Caller;
use crate::extract::{PathOf, Question};
use crate::problem::{Problem, ProblemBody};
use crate::sessions::{PAGE, page_limit};
use crate::state::AppState;

/// A page of the list of repositories, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepositoryPage {
    items: Vec<RepositoryBody>,
    /// How many match in all.
    total: u64,
    /// For `?cursor=`; null on the last page.
    next_cursor: Option<String>,
}

/// Lists the repositories of the sessions that the caller may see. Sessions that run are asked how their working copies stand, all at once and
/// for a few seconds at most; `asOf` says of when an answer is.
#[utoipa::path(get, path = "/api/repositories", tag = "git", params(
    ("sessionId" = Option<Uuid>, Query, description = "Only those of this session"),
    ("limit" = Option<u32>, Query, description = "1 to 200, by default 50"),
    ("cursor" = Option<String>, Query, description = "As `nextCursor` said")), responses(
    (status = 200, body = RepositoryPage), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_repositories(
    state: State<AppState>,
    caller: Caller,
    mut question: Question,
) -> Result<Json<RepositoryPage>, Problem> {
    let id = |text: &str| Uuid::try_parse(text).ok();
    let wanted = RepositoryQuestion {
        session: question
            .parsed("sessionId", "a session's identifier", id)
            .map(SessionId),
        after: question.parsed("cursor", "as nextCursor said", id),
        limit: question
            .parsed("limit", "1 to 200", page_limit)
            .unwrap_or(PAGE),
    };
    question.done()?;
    let page = state.engine().repositories(&caller.actor, wanted).await?;
    let items = page.items.into_iter();
    Ok(Json(RepositoryPage {
        items: items
            .map(|view| RepositoryBody::new(state.previews(), view))
            .collect(),
        total: page.total,
        next_cursor: page.next.map(|id| id.to_string()),
    }))
}

/// One repository of the list.
#[utoipa::path(get, path = "/api/repositories/{id}", tag = "git",
    params(("id" = Uuid, Path, description = "Identifier")), responses(
    (status = 200, body = RepositoryBody), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_repository(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<Uuid>,
) -> Result<Json<RepositoryBody>, Problem> {
    let view = state.engine().repository(&caller.actor, id.0).await?;
    Ok(Json(RepositoryBody::new(state.previews(), view)))
}
