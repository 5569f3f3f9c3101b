//! Finding containers.

use axum::Json;
use axum::extract::State;
use futures_util::StreamExt as _;
use futures_util::stream;
use longhouse_domain::Actor;
use longhouse_domain::session::RuntimeKind;
use longhouse_engine::SessionView;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::body::ContainerBody;
use crate::auth::Caller;
use crate::extract::{Question, parse_switch};
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
#[into_params(parameter_in = Query, names("status", "label", "q", "sort", "limit", "cursor", "includeMetrics"))]
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
    /// Also what each of them uses, as it was read last: up to a minute ago
    Option<bool>,
);

/// How many containers that were never measured are measured at a time: each may take the engine two seconds.
const MEASURED_AT_ONCE: usize = 32;

/// Lists the containers of this server that the caller may see. What others made in the same engine is never among them.
#[utoipa::path(get, path = "/api/containers", tag = "containers", params(ContainerFilters), responses(
    (status = 200, body = ContainerPage), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_containers(
    state: State<AppState>,
    caller: Caller,
    mut question: Question,
) -> Result<Json<ContainerPage>, Problem> {
    let include_metrics = question.parsed("includeMetrics", "true or false", parse_switch);
    let mut query = session_query(question)?;
    query.runtime = vec![RuntimeKind::Docker];
    let actor = &caller.actor;
    let page = state.engine().list_sessions(actor, query).await?;
    let describe = |view| describe(&state, actor, view, include_metrics == Some(true));
    let described: Vec<_> = page.items.iter().map(describe).collect();
    let described = stream::iter(described).buffered(MEASURED_AT_ONCE);
    Ok(Json(ContainerPage {
        items: described.collect().await,
        total: page.total,
        next_cursor: page.next_cursor,
    }))
}

async fn describe(
    state: &AppState,
    actor: &Actor,
    view: &SessionView,
    include_metrics: bool,
) -> ContainerBody {
    let container = ContainerBody::new(state.previews(), view);
    if include_metrics {
        let metrics = state.engine().recent_metrics(actor, view.session.id);
        container.with_metrics(metrics.await)
    } else {
        container
    }
}
