//! The ports of a session.

use axum::Json;
use axum::extract::State;
use longhouse_domain::SessionId;
use longhouse_domain::session::RuntimeKind;
use longhouse_engine::{PortView, PublishedView, SessionView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::PathOf;
use crate::preview::{Place, PreviewNames};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A port of a session: a program of it listens there, or it is published, or both.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Port)]
pub(crate) struct PortBody {
    /// Its number in the session.
    container: u16,
    /// Its number on the server's machine, where it is published, or where the session shares the machine's ports.
    host: Option<u16>,
    /// The address of its preview; none where the server has no names for previews that its visitors could reach.
    url: Option<String>,
    /// The name of the process that listens.
    process: Option<String>,
    /// Whether a program of the session listens there now.
    listening: bool,
    /// Whether it is published on the server's machine.
    published: bool,
    /// Where it is published on the server's machine, as `address:port`: no login is asked for there. None where it is not, or not at
    /// the moment because another program has that number.
    address: Option<String>,
}

impl PortBody {
    /// A port that a program listens on.
    pub(crate) fn new(
        names: &PreviewNames,
        session: SessionId,
        view: Option<&SessionView>,
        port: &PortView,
    ) -> Self {
        let shared = view.is_some_and(|view| view.session.spec.runtime == RuntimeKind::Host);
        let published = view.map_or(&[][..], |view| &view.published);
        let published = published.iter().find(|p| p.port.container == port.port);
        Self {
            host: shared.then_some(port.port),
            process: Some(port.process.clone()).filter(|name| !name.is_empty()),
            listening: true,
            ..Self::at_rest(names, session, port.port)
        }
        .published(published)
    }

    /// Those of a session, ascending.
    pub(crate) fn all(names: &PreviewNames, view: &SessionView) -> Vec<Self> {
        let id = view.session.id;
        let listening = view.ports.iter();
        let mut ports: Vec<_> = listening
            .map(|port| Self::new(names, id, Some(view), port))
            .collect();
        for published in &view.published {
            let number = published.port.container;
            if !ports.iter().any(|port| port.container == number) {
                ports.push(Self::at_rest(names, id, number).published(Some(published)));
            }
        }
        ports.sort_by_key(|port| port.container);
        ports
    }

    /// A port that nobody listens on.
    fn at_rest(names: &PreviewNames, session: SessionId, port: u16) -> Self {
        Self {
            container: port,
            host: None,
            url: names.origin(Place { session, port }),
            process: None,
            listening: false,
            published: false,
            address: None,
        }
    }

    fn published(self, published: Option<&PublishedView>) -> Self {
        let Some(published) = published else {
            return self;
        };
        Self {
            host: Some(published.port.host),
            published: true,
            address: published.address.map(|address| address.to_string()),
            ..self
        }
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

/// Lists the ports that a session's programs listen on, and those that are published.
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
