//! The ports of a session.

use axum::Json;
use axum::extract::State;
use longhouse_domain::SessionId;
use longhouse_domain::session::RuntimeKind;
use longhouse_engine::{PortView, SessionView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::PathOf;
use crate::preview::{Place, PreviewNames};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A port that a program of the session listens on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Port)]
pub(crate) struct PortBody {
    /// Its number in the session.
    container: u16,
    /// Its number on the server's machine, where it can be reached there too.
    host: Option<u16>,
    /// The address of its preview; none where the server has no names for previews that its visitors could reach.
    url: Option<String>,
    /// The name of the process that listens.
    process: Option<String>,
}

impl PortBody {
    pub(crate) fn new(
        names: &PreviewNames,
        session: SessionId,
        runtime: Option<RuntimeKind>,
        view: &PortView,
    ) -> Self {
        let port = view.port;
        Self {
            container: port,
            host: (runtime == Some(RuntimeKind::Host)).then_some(port),
            url: names.origin(Place { session, port }),
            process: Some(view.process.clone()).filter(|name| !name.is_empty()),
        }
    }

    /// Those of a session.
    pub(crate) fn all(names: &PreviewNames, view: &SessionView) -> Vec<Self> {
        let (id, runtime) = (view.session.id, Some(view.session.spec.runtime));
        let ports = view.ports.iter();
        ports
            .map(|port| Self::new(names, id, runtime, port))
            .collect()
    }
}

/// The ports of a session, ascending.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortPage {
    items: Vec<PortBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// Lists the ports that a session's programs listen on.
#[utoipa::path(get, path = "/api/sessions/{id}/ports", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = PortPage), (status = 404, body = ProblemBody)))]
pub(crate) async fn list_ports(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<PortPage>, Problem> {
    let view = state.engine().peek_session(&caller.actor, &id.0).await?;
    let items = PortBody::all(state.previews(), &view);
    Ok(Json(PortPage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}
