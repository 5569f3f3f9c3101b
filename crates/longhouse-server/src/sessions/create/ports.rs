//! The ports of a session to be created that are to be reached on the server's machine.

use longhouse_domain::publish::PortWish;
use longhouse_engine::SessionView;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::audit::Note;

/// A port of a container to be reached on the server's machine.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PortRequest {
    /// Its number in the session.
    #[schema(minimum = 1)]
    container: u16,
    /// Its number on the server's machine, one of those that sessions may have there; by default any that is free. It is the session's
    /// until that is deleted.
    #[schema(minimum = 1024)]
    host: Option<u16>,
}

impl From<&PortRequest> for PortWish {
    fn from(asked: &PortRequest) -> Self {
        Self {
            container: asked.container,
            host: asked.host,
        }
    }
}

/// Puts on record what a new session publishes.
pub(crate) fn note_ports(note: &Note, view: &SessionView) {
    let ports = view.published.iter().map(|published| {
        let port = published.port;
        match published.address {
            Some(address) => format!("{} on {address}", port.container),
            None => format!("{} on {}", port.container, port.host),
        }
    });
    let ports: Vec<_> = ports.collect();
    if !ports.is_empty() {
        note.detail("ports", ports.join(", "));
    }
}
