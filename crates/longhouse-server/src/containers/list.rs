//! Finding containers.

use axum::Json;
use axum::extract::State;
use longhouse_domain::session::RuntimeKind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::body::ContainerBody;
use crate::auth::Caller;
use crate::extract::Question;
use crate::problem::{Problem, ProblemBody};
use crate::sessions::session_query;
use crate::state::AppState;

/// A page of containers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerPage {
    items: Vec<ContainerBody>,
    /// How many match in all.
    total: u64,
    /// For `?cursor=`; null on the last page.
    next_cursor: Option<String>,
}

/// Filters of the list; those that take several values may be repeated, or have them between commas.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, names("status", "label", "q", "sort", "limit", "cursor"))]
#[expect(
    dead_code,
    reason = "only its document is used; the question is read by hand, to name every wrong part of it"
)]
pub(crate) struct ContainerFilters(
    /// pending, starting, running, stopped or error
    Option<Vec<String>>,
    /// `name` or `name=value`
    Option<Vec<String>>,
    /// Text in name, description or agent
    Option<String>,
    /// created, updated, activity, name or status; a leading `-` turns it round. By default -created
    Option<String>,
    /// 1 to 200, by default 50
    Option<u32>,
    /// As `nextCursor` said
    Option<String>,
);

/// Lists the containers of this server that the caller may see. What others made in the same engine is never among them.
#[utoipa::path(get, path = "/api/containers", tag = "containers", params(ContainerFilters), responses(
    (status = 200, body = ContainerPage), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_containers(
    state: State<AppState>,
    caller: Caller,
    question: Question,
) -> Result<Json<ContainerPage>, Problem> {
    let mut query = session_query(question)?;
    query.runtime = vec![RuntimeKind::Docker];
    let page = state.engine().list_sessions(&caller.actor, query).await?;
    let items = page.items.iter();
    Ok(Json(ContainerPage {
        items: items
            .map(|view| ContainerBody::new(state.previews(), view))
            .collect(),
        total: page.total,
        next_cursor: page.next_cursor,
    }))
}
