//! Ports of sessions on the server's own machine. The server listens there, and carries what comes through the link, like a visitor's
//! bytes of a preview; the container needs no network for it, and its engine no part in it.
//!
//! ```text
//!   creation: a listener is bound ─► its number is written down with the session ─► it is served until the session is deleted
//!   start of the server:                     the number that is written down ─► bound again, as often as it takes ─┘
//! ```
//!
//! A number is the session's for as long as there is the session, listened on also while the session is at rest: whatever else is started
//! on the machine meanwhile, the session is found at the same address. Nobody logs in at such a port: who may reach the address reaches
//! the program.

mod listener;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use longhouse_domain::publish::{MOST_PORTS, PortRange, PortWish, PublishedPort, check_wishes};
use longhouse_domain::{Actor, Session, SessionId};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::session::view::PublishedView;
use listener::Publication;

/// Ports that are bound for a session that is yet to be written down. Dropping them gives them back.
#[derive(Debug, Default)]
pub(crate) struct Reserved(Vec<(PublishedPort, TcpListener)>);

impl Reserved {
    /// Which those are.
    pub(crate) fn ports(&self) -> Vec<PublishedPort> {
        self.0.iter().map(|(port, _)| *port).collect()
    }

    fn take(&mut self, port: PublishedPort) -> Option<TcpListener> {
        let index = self.0.iter().position(|(bound, _)| *bound == port)?;
        Some(self.0.swap_remove(index).1)
    }
}

/// What is published at this moment.
#[derive(Debug, Default)]
pub(crate) struct Published {
    register: Mutex<Register>,
}

#[derive(Debug, Default)]
struct Register {
    /// Where it is listened, by the number on this machine.
    listening: HashMap<u16, SocketAddr>,
    sessions: HashMap<SessionId, Serving>,
}

/// The listeners of one session.
#[derive(Debug)]
struct Serving {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Published {
    /// The session's published ports as they are now.
    pub(crate) fn views(&self, session: &Session) -> Vec<PublishedView> {
        let ports = session.spec.published();
        if ports.is_empty() {
            return Vec::new();
        }
        let register = self.lock();
        let view = |port: &PublishedPort| PublishedView {
            port: *port,
            address: register.listening.get(&port.host).copied(),
        };
        ports.iter().map(view).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Whether such ports can be published, and by this actor.
    pub(crate) fn check_ports(
        &self,
        actor: &Actor,
        wishes: &[PortWish],
    ) -> Result<(), EngineError> {
        if wishes.is_empty() {
            return Ok(());
        }
        let range = self.range_to_publish()?;
        if wishes.len() > MOST_PORTS {
            let message = format!("has more than {MOST_PORTS} ports");
            return Err(EngineError::invalid("ports", message));
        }
        let wrong = check_wishes(wishes, range).into_iter();
        let wrong: Vec<_> = wrong
            .map(|wrong| {
                let field = format!("ports[{}].{}", wrong.index, wrong.field);
                FieldProblem::new(field, wrong.message)
            })
            .collect();
        if !wrong.is_empty() {
            return Err(EngineError::Invalid(wrong));
        }
        let publish = self.settings().publish;
        if !publish.is_open_to(actor) {
            let address = publish.address;
            return Err(EngineError::Forbidden {
                code: "session.publish_forbidden",
                detail: format!(
                    "this server publishes ports on {address}, which other machines reach: that is for those who may use the host"
                ),
            });
        }
        Ok(())
    }

    /// Finds and binds a number for each wish. What is named is tried first, so that nothing that was left to us takes it.
    pub(crate) async fn reserve_ports(
        &self,
        session: SessionId,
        wishes: &[PortWish],
    ) -> Result<Reserved, EngineError> {
        if wishes.is_empty() {
            return Ok(Reserved::default());
        }
        let range = self.range_to_publish()?;
        let held = self.context().store.held_ports().await?;
        let mut bound = Vec::new();
        for wish in wishes {
            let Some(host) = wish.host else { continue };
            if held.contains(&host) {
                return Err(EngineError::port_taken(host, "another session has it"));
            }
            let listener = self
                .bind(host)
                .await
                .map_err(|error| refused(host, &error))?;
            bound.push((published(wish, host), listener));
        }
        // The random end of a new identifier.
        let seed = session.0.as_u64_pair().1;
        let mut free = range.from_seed(seed).filter(|port| !held.contains(port));
        for wish in wishes.iter().filter(|wish| wish.host.is_none()) {
            let found = loop {
                let host = free.next().ok_or_else(|| exhausted(range))?;
                match self.bind(host).await {
                    Ok(listener) => break (published(wish, host), listener),
                    Err(error) if is_taken(&error) => {}
                    Err(error) => return Err(refused(host, &error)),
                }
            };
            bound.push(found);
        }
        // As they were asked for.
        let place =
            |port: &PublishedPort| wishes.iter().position(|w| w.container == port.container);
        bound.sort_by_key(|(port, _)| place(port));
        Ok(Reserved(bound))
    }

    /// Serves a session's ports from now on, those that are bound already at once.
    pub(crate) fn publish(
        &self,
        session: SessionId,
        ports: &[PublishedPort],
        mut reserved: Reserved,
    ) {
        if ports.is_empty() {
            return;
        }
        let context = self.context();
        let serving = Serving {
            stop: context.stop.child_token(),
            tasks: TaskTracker::new(),
        };
        for port in ports {
            let bound = reserved.take(*port);
            let publication = Publication::new(self.clone(), session, *port, serving.stop.clone());
            let served = context.tasks.track_future(publication.serve(bound));
            serving.tasks.spawn(served);
        }
        serving.tasks.close();
        context.published.lock().sessions.insert(session, serving);
    }

    /// Ends what is published of a session that is gone, and returns when its numbers are free.
    pub(crate) async fn give_ports_back(&self, session: SessionId) {
        let serving = self.context().published.lock().sessions.remove(&session);
        if let Some(serving) = serving {
            serving.stop.cancel();
            serving.tasks.wait().await;
        }
    }

    /// Listens on a number of this machine.
    async fn bind(&self, port: u16) -> io::Result<TcpListener> {
        let address = SocketAddr::new(self.settings().publish.address, port);
        TcpListener::bind(address).await
    }

    fn range_to_publish(&self) -> Result<PortRange, EngineError> {
        let none = || EngineError::invalid("ports", "this server publishes no ports");
        self.settings().publish.range.ok_or_else(none)
    }
}

fn published(wish: &PortWish, host: u16) -> PublishedPort {
    PublishedPort {
        container: wish.container,
        host,
    }
}

/// Whether it is only that somebody else has the number.
fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

fn refused(port: u16, error: &io::Error) -> EngineError {
    if is_taken(error) {
        return EngineError::port_taken(port, "another program has it");
    }
    tracing::warn!(port, %error, "a port cannot be published");
    EngineError::Unavailable {
        code: "port.unavailable",
        detail: format!("the server cannot listen on port {port}: {error}"),
    }
}

fn exhausted(range: PortRange) -> EngineError {
    let text = format!(
        "all ports that sessions may have on this machine ({range}) are taken: delete a session that has some, or ask an administrator for more (docker.publish_ports)"
    );
    EngineError::conflict("port.exhausted", text)
}
