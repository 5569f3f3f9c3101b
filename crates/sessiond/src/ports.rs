//! The ports on which the session's programs listen: found, told of, connected to.
//!
//! The kernel's list of listening sockets is looked at again and again, quickly while something happens in the session and ever more
//! seldom while nothing does; only a socket that is new costs a look at the session's open files. It is deliberately not a forwarder of
//! anything else: what does not listen on loopback, or is held by a process that is not the session's, does not exist here.

mod diag;
mod owners;
mod table;
mod way;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_link::limits;
use longhouse_link::proto::session_event::{Port, Ports as PortsNews, What};
use tokio::net::TcpStream;
use tokio::sync::broadcast::error::RecvError;

use crate::events::Events;
use owners::{Kin, Owner};
use table::Socket;

/// The pause between two looks while something happens: a look costs well under a millisecond on a common machine, and people wait a
/// second for their server anyway.
const PAUSE: Duration = Duration::from_secs(1);

/// The pause that it grows to while nothing does.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How thorough a look is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Only sockets that were not seen before are traced to their owners.
    New,
    /// All that were not found to be the session's.
    Again,
}

/// What a look has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Nothing new.
    Same,
    /// Other ports than before.
    Changed,
}

/// Why no connection to a port came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// No program of the session listens there.
    #[error("no program of the session listens on port {0}")]
    NobodyListens(u16),
    /// It listens, and does not take the connection.
    #[error("the program on port {port} takes no connection: {why}")]
    Refused {
        /// Which port.
        port: u16,
        /// What the system said.
        why: String,
    },
}

/// See the module. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    session: SessionId,
    events: Events,
    /// Held while somebody looks, which takes a while: never by what must not wait.
    seen: Arc<Mutex<Seen>>,
    /// What was told last; nothing before the first look.
    told: Arc<Mutex<Option<Vec<Port>>>>,
}

/// What the last look has shown.
#[derive(Debug)]
struct Seen {
    sockets: Vec<Socket>,
    /// Of each socket whose it is: nobody's whom the session knows, where it is not the session's.
    owners: HashMap<Socket, Option<Owner>>,
    kin: Kin,
}

impl Ports {
    /// Of a session in which an earlier sessiond may have left programs (`succeeds`), or in which there was none.
    pub(crate) fn new(session: SessionId, events: Events, succeeds: bool) -> Self {
        let seen = Seen {
            sockets: Vec::new(),
            owners: HashMap::new(),
            kin: Kin::new(succeeds),
        };
        Self {
            session,
            events,
            seen: Arc::new(Mutex::new(seen)),
            told: Arc::default(),
        }
    }

    /// The news of what was seen last, if it was looked at all. Waits for no look.
    pub(crate) fn news(&self) -> Option<What> {
        let ports = lock(&self.told).clone()?;
        Some(What::Ports(PortsNews { ports }))
    }

    /// Looks again and again.
    pub(crate) async fn watch(self) {
        let mut happening = self.events.follow();
        let mut pause = PAUSE;
        loop {
            pause = match self.look(Look::New).await {
                Found::Same => (pause * 2).min(LONGEST_PAUSE),
                Found::Changed => PAUSE,
            };
            let until = tokio::time::Instant::now() + pause;
            let soon = tokio::time::Instant::now() + PAUSE;
            // A server that starts commonly says so: where there is activity, the next look comes sooner.
            if tokio::time::timeout_at(until, activity(&mut happening))
                .await
                .is_ok()
            {
                pause = PAUSE;
                tokio::time::sleep_until(soon).await;
            }
        }
    }

    /// Connects to the session's program on a port.
    pub(crate) async fn connect(&self, port: u16) -> Result<TcpStream, ConnectError> {
        // What was true at the last look may be another's by now.
        let mut ways = self.look_for(port, Look::New).await;
        if ways.is_empty() {
            ways = self.look_for(port, Look::Again).await;
        }
        let mut refused = ConnectError::NobodyListens(port);
        for address in ways {
            let connecting = TcpStream::connect((address, port));
            let why = match tokio::time::timeout(limits::PORT_CONNECT, connecting).await {
                Ok(Ok(stream)) => {
                    // What is carried are requests and keys, which must not wait for company.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer".to_owned(),
            };
            refused = ConnectError::Refused { port, why };
        }
        Err(refused)
    }

    async fn look_for(&self, port: u16, look: Look) -> Vec<IpAddr> {
        self.look(look).await;
        let seen = lock(&self.seen);
        way::ways(&seen.sockets, port, |socket| seen.owner(socket).is_some())
    }

    /// Looks, and tells of what has changed; whoever looks does, so that nobody else's look goes untold.
    async fn look(&self, look: Look) -> Found {
        let ports = self.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let mut seen = lock(&ports.seen);
            let found = seen.look(ports.session, look);
            let before = lock(&ports.told).replace(found.clone());
            if before.as_ref() == Some(&found) {
                return Found::Same;
            }
            // Still under the lock of what is seen, so that the newest look is told last.
            ports.events.tell(What::Ports(PortsNews { ports: found }));
            Found::Changed
        });
        looked.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot look for ports");
            Found::Same
        })
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    /// The session's ports as they are now.
    fn look(&mut self, session: SessionId, look: Look) -> Vec<Port> {
        self.sockets = table::listening();
        let listens: HashSet<Socket> = self.sockets.iter().copied().collect();
        self.owners.retain(|socket, owner| {
            listens.contains(socket) && (look == Look::New || owner.is_some())
        });
        let new: HashSet<u64> = self
            .sockets
            .iter()
            .filter(|socket| !self.owners.contains_key(socket))
            .map(|socket| socket.inode)
            .collect();
        if !new.is_empty() {
            if look == Look::Again {
                self.kin.doubt();
            }
            let mut found = self.kin.owners(session, &new);
            for socket in self.sockets.iter().filter(|s| new.contains(&s.inode)) {
                self.owners.insert(*socket, found.remove(&socket.inode));
            }
        }
        let ports = way::ports(&self.sockets, |socket| self.owner(socket).is_some());
        let ports = ports.iter().take(limits::PORTS).filter_map(|socket| {
            let owner = self.owner(socket)?;
            Some(Port {
                port: socket.port.into(),
                process: owner.name.clone(),
                pid: owner.pid,
            })
        });
        ports.collect()
    }

    fn owner(&self, socket: &Socket) -> Option<&Owner> {
        self.owners.get(socket)?.as_ref()
    }
}

/// Returns at the next input or output.
async fn activity(
    happening: &mut tokio::sync::broadcast::Receiver<longhouse_link::proto::SessionEvent>,
) {
    loop {
        match happening.recv().await {
            Ok(event) if matches!(event.what, Some(What::Activity(_))) => return,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_there_for_everybody_while_somebody_looks() {
        let session = "01a1fdad-6ee2-7865-933d-ece6ee727eca".parse().unwrap();
        let ports = Ports::new(session, Events::default(), false);
        let _looking = lock(&ports.seen);
        let asked = ports.clone();
        let news = std::thread::spawn(move || asked.news());
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while !news.is_finished() {
            assert!(
                std::time::Instant::now() < deadline,
                "it waits for the look"
            );
            std::thread::yield_now();
        }
        assert!(news.join().unwrap().is_none());
    }
}
