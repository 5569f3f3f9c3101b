//! The live connection to a session's sessiond, as the driver publishes it and everybody else uses it.

use std::sync::Arc;

use longhouse_domain::name::TerminalName;
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
    /// Connected to a session that starts: the agent's terminal is there, what comes after it is not yet.
    Agent(Arc<Connection>),
    /// Not at the moment: it starts, or the connection was lost.
    Down,
    /// Not any more: it is at rest.
    AtRest,
}

impl Reach {
    /// The connection, if it serves who asks: about the agent's terminal alone, or about whatever there is.
    fn serving(&self, agents: bool) -> Option<&Arc<Connection>> {
        match self {
            Self::Up(connection) => Some(connection),
            Self::Agent(connection) => agents.then_some(connection),
            Self::Down | Self::AtRest => None,
        }
    }
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
pub(crate) struct Connections {
    reach: watch::Receiver<Reach>,
    /// Whether the agent's terminal is all that is asked about.
    agents: bool,
}

impl Connections {
    /// How long a sessiond that lives takes to dial again, at the most.
    pub(crate) const REDIAL: std::time::Duration = std::time::Duration::from_secs(2);

    pub(crate) fn channel() -> (watch::Sender<Reach>, Self) {
        let (sender, receiver) = watch::channel(Reach::Down);
        let connections = Self {
            reach: receiver,
            agents: false,
        };
        (sender, connections)
    }

    /// The same for questions about this terminal alone: to the agent's a start need not have come to its end.
    pub(crate) fn to_terminal(&self, name: &str) -> Self {
        Self {
            reach: self.reach.clone(),
            agents: name == TerminalName::agent().as_str(),
        }
    }

    /// The present connection, if there is one.
    pub(crate) fn current(&self) -> Option<Arc<Connection>> {
        let connection = self.reach.borrow().serving(self.agents)?.clone();
        (!connection.is_closed()).then_some(connection)
    }

    /// The present connection, or the next one.
    pub(crate) async fn wait(&mut self) -> Result<Arc<Connection>, Away> {
        // One that is gone stands here until the driver hears of it.
        self.next(|connection| !connection.is_closed()).await
    }

    /// Waits until there is another connection than this one, which was lost.
    pub(crate) async fn after(&mut self, lost: &Arc<Connection>) -> Result<Arc<Connection>, Away> {
        self.next(|connection| !Arc::ptr_eq(connection, lost)).await
    }

    async fn next(
        &mut self,
        serves: impl Fn(&Arc<Connection>) -> bool,
    ) -> Result<Arc<Connection>, Away> {
        let agents = self.agents;
        let decides = |reach: &Reach| {
            let ready = reach.serving(agents).is_some_and(&serves);
            ready || matches!(reach, Reach::AtRest)
        };
        match self.reach.wait_for(decides).await {
            Ok(reach) => reach.serving(agents).cloned().ok_or(Away::AtRest),
            Err(_) => Err(Away::ServerStopping),
        }
    }
}
