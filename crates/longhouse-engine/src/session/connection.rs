//! The live connection to a session's sessiond, as the driver publishes it and everybody else uses it.

use std::sync::Arc;

use longhouse_link::{Link, LinkClient};
use tokio::sync::watch;

/// A connection that said the right hello.
#[derive(Debug)]
pub(crate) struct Connection {
    link: Link,
}

impl Connection {
    pub(crate) fn new(link: Link) -> Self {
        Self { link }
    }

    /// The stub; calls fail with `unavailable` once the connection is gone.
    pub(crate) fn client(&self) -> LinkClient {
        self.link.client()
    }

    /// Which start of sessiond this is: offsets of another mean nothing here.
    pub(crate) fn boot_id(&self) -> &str {
        &self.link.hello().boot_id
    }

    /// sessiond's own version.
    pub(crate) fn version(&self) -> &str {
        &self.link.hello().version
    }

    /// sessiond's process id, as it says.
    pub(crate) fn pid(&self) -> u32 {
        self.link.hello().pid
    }

    /// When sessiond began, as it says; milliseconds since 1970.
    pub(crate) fn began_at_ms(&self) -> u64 {
        self.link.hello().started_at_ms
    }

    /// Whether the connection is gone.
    fn is_closed(&self) -> bool {
        self.link.is_closed()
    }

    /// Ends the connection, whatever is under way.
    pub(crate) fn hang_up(&self) {
        self.link.disconnect();
    }

    /// Resolves when the connection is gone.
    pub(crate) async fn closed(&self) {
        self.link.closed().await;
    }
}

/// How a session can be reached.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Connected.
    Up(Arc<Connection>),
    /// Not at the moment: it starts, or the connection was lost.
    Down,
    /// Not any more: it is at rest.
    AtRest,
}

/// Why there is no connection to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Away {
    /// The session is at rest.
    AtRest,
    /// The server goes away.
    ServerStopping,
}

/// Where the present connection can be read, and its return be awaited.
#[derive(Clone, Debug)]
pub(crate) struct Connections(watch::Receiver<Reach>);

impl Connections {
    /// How long a sessiond that lives takes to dial again, at the most.
    pub(crate) const REDIAL: std::time::Duration = std::time::Duration::from_secs(2);

    pub(crate) fn channel() -> (watch::Sender<Reach>, Self) {
        let (sender, receiver) = watch::channel(Reach::Down);
        (sender, Self(receiver))
    }

    /// The present connection, if there is one.
    pub(crate) fn current(&self) -> Option<Arc<Connection>> {
        match &*self.0.borrow() {
            Reach::Up(connection) if !connection.is_closed() => Some(connection.clone()),
            Reach::Up(_) | Reach::Down | Reach::AtRest => None,
        }
    }

    /// The present connection, or the next one.
    pub(crate) async fn wait(&mut self) -> Result<Arc<Connection>, Away> {
        // One that is gone stands here until the driver hears of it.
        let usable = |reach: &Reach| match reach {
            Reach::Up(connection) => !connection.is_closed(),
            Reach::Down => false,
            Reach::AtRest => true,
        };
        let reach = self.0.wait_for(usable).await;
        match reach.as_deref() {
            Ok(Reach::Up(connection)) => Ok(connection.clone()),
            Ok(Reach::AtRest | Reach::Down) => Err(Away::AtRest),
            Err(_) => Err(Away::ServerStopping),
        }
    }

    /// Waits until there is another connection than this one, which was lost.
    pub(crate) async fn after(&mut self, lost: &Arc<Connection>) -> Result<Arc<Connection>, Away> {
        let another = |reach: &Reach| match reach {
            Reach::Up(connection) => !Arc::ptr_eq(connection, lost),
            Reach::Down => false,
            Reach::AtRest => true,
        };
        match self.0.wait_for(another).await.as_deref() {
            Ok(Reach::AtRest | Reach::Down) => Err(Away::AtRest),
            Ok(Reach::Up(next)) => Ok(next.clone()),
            Err(_) => Err(Away::ServerStopping),
        }
    }
}
