//! The way out of a session whose network is closed: served as long as the session is connected, and told of.

use std::sync::Arc;

use longhouse_domain::container::ContainerSpec;
use longhouse_domain::egress::AllowList;
use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::session::Session;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::Driver;
use crate::egress::{Came, Gate, Passage};
use crate::session::connection::Connection;

/// What came of attempts to get out, that waits to be told.
const PASSAGES: usize = 64;

/// The way out over one connection.
pub(super) struct WayOut {
    /// What came of it.
    pub(super) passages: mpsc::Receiver<Passage>,
    /// Serves it as long as this is kept; nothing where the session has no way out.
    pub(super) service: Option<AbortOnDropHandle<()>>,
}

/// Waits until a way out is not served any more: when its link ends. Where there is none, that is never.
pub(super) async fn served(service: &mut Option<AbortOnDropHandle<()>>) {
    match service {
        Some(service) => {
            // It was not aborted, for it is still held here.
            let _ended = service.await;
        }
        None => std::future::pending().await,
    }
}

impl Driver {
    /// The session's way out over this connection.
    pub(super) async fn way_out(&self, connection: &Connection) -> WayOut {
        let (told, passages) = mpsc::channel(PASSAGES);
        if way_out(&self.session).is_none() {
            let service = None;
            return WayOut { passages, service };
        }
        let owner = self.session.owner;
        let gate = Gate {
            list: self.allowed.subscribe(),
            audit: self.context.audit.clone(),
            session: self.id,
            session_name: self.session.name.to_string(),
            owner,
            owner_name: self.context.username(owner).await.unwrap_or_default(),
            traffic: self.traffic.clone(),
            told,
        };
        let (id, link) = (self.id, connection.client());
        let service = async move {
            if let Err(status) = gate.serve(link).await {
                tracing::debug!(session = %id, %status, "the way out is not served any more");
            }
        };
        let service = self.context.tasks.spawn(service);
        WayOut {
            passages,
            service: Some(AbortOnDropHandle::new(service)),
        }
    }

    /// A changed list holds at once, for what is open too. So does a lost right: what is not on the public internet is reached for as
    /// long as whoever put it there may use the host.
    pub(super) async fn note_list(&self) {
        let Some(list) = way_out(&self.session) else {
            return;
        };
        let by = self.session.spec.inside_by(self.session.owner);
        let list = match by {
            None => list.clone(),
            Some(by) => match self.context.store.user(by).await {
                Ok(Some(user)) if user.actor().may_use_host() => list.clone(),
                Ok(_) => list.public(),
                // What is known stands; what was never known stays shut.
                Err(error) => {
                    return self
                        .context
                        .complain(self.id, "judge its list", &error.into());
                }
            },
        };
        let list = Arc::new(list);
        let differs = self.allowed.send_if_modified(|known| {
            let differs = *known != list;
            *known = list.clone();
            differs
        });
        if differs && Some(&*list) != way_out(&self.session) {
            let text = "what its list has beside the public internet is shut: who put it there may not use the host any more";
            self.log(LogLevel::Warn, "egress", text).await;
        }
    }

    /// Tells everybody who may know that a program got out, or that it did not. How much a connection carried stands in the log alone.
    pub(super) async fn note_passage(&mut self, passage: Passage) {
        let Passage { host, port, came } = passage;
        let text = describe(&host, port, &came);
        let (level, reason) = match came {
            Came::Opened(_) => (LogLevel::Info, None),
            Came::Refused(why) => (LogLevel::Warn, Some(why)),
            Came::Ended { .. } => return self.log(LogLevel::Info, "egress", &text).await,
        };
        self.log(level, "egress", &text).await;
        self.append(&[EventKind::Egress { host, port, reason }])
            .await;
    }
}

/// The line of the log; the page reads it, too.
fn describe(host: &str, port: u16, came: &Came) -> String {
    match came {
        Came::Opened(Some(address)) => format!("connected to {host}:{port} at {address}"),
        Came::Opened(None) => format!("connected to {host}:{port}"),
        Came::Refused(why) => format!("refused {host}:{port}: {why}"),
        Came::Ended { sent, received } => {
            format!("closed {host}:{port}: {sent} bytes sent, {received} received")
        }
    }
}

fn way_out(session: &Session) -> Option<&AllowList> {
    let container = session.spec.container.as_ref();
    container.and_then(ContainerSpec::way_out)
}

/// What the session may reach by way of the server, whoever vouches for it.
pub(super) fn list_of(session: &Session) -> Arc<AllowList> {
    let list = way_out(session).map(AllowList::public);
    Arc::new(list.unwrap_or_default())
}
