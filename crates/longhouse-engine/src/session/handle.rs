//! How the rest of the engine reaches a session: its driver's mailbox, its state, its connection, its watched terminals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use longhouse_domain::event::EventKind;
use longhouse_domain::lifecycle::Wish;
use longhouse_domain::session::Session;
use longhouse_domain::{Actor, Audience, Permission, ShareAccess, UserId};
use longhouse_link::limits;
use longhouse_runtime::Happening;
use longhouse_store::Deed;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accessed::Accessed;
use super::connection::Connections;
use super::live::Live;
use super::request::SecretsPatch;
use super::right::Right;
use crate::egress::Traffic;
use crate::error::EngineError;
use crate::metrics::Metering;
use crate::recording::Desk;
use crate::ssh::AgentNews;
use crate::terminal::Hub;

/// How many requests wait for a driver. A request is answered within one transaction, so few ever wait.
pub(super) const MAILBOX: usize = 64;

/// An alteration of a session's record, and the events that tell of it.
pub(crate) type Change = Box<dyn FnOnce(&mut Session) -> Vec<EventKind> + Send>;

/// What a driver is asked.
pub(crate) enum Command {
    /// Something else is wanted of the session from now on.
    Want(Wish, Reply),
    /// It is to be deleted even where what only it has cannot be kept.
    GiveUp(Reply),
    /// End it and start it again.
    Restart(Reply),
    /// Change its record.
    Change(Change, Reply),
    /// Change its record, and its secrets.
    ChangeSecrets(Change, SecretsPatch, Reply),
    /// Its terminals changed: look at them again.
    Refresh(Reply),
    /// Share it with somebody, or with no access: not any more.
    Share(UserId, Option<ShareAccess>, Deed, Reply),
    /// Make it somebody else's.
    HandOver(UserId, Deed, Reply),
    /// What its owner may do has changed: look whether it may go on.
    Reconsider(Reply),
    /// Something happened to its place from outside.
    Happened(Happening),
    /// Something came of a question to its SSH agent.
    Agent(AgentNews),
}

/// Answered when it is written down, not when it is done.
pub(crate) type Reply = oneshot::Sender<Result<Session, EngineError>>;

/// One session, to the rest of the engine.
#[derive(Debug)]
pub(crate) struct Handle {
    /// For whom it exists at this moment.
    pub(crate) audience: watch::Receiver<Audience>,
    pub(crate) live: watch::Receiver<Live>,
    pub(crate) connections: Connections,
    commands: mpsc::Sender<Command>,
    hubs: Mutex<HashMap<String, Weak<Hub>>>,
    opening: tokio::sync::Mutex<()>,
    /// What it uses.
    pub(crate) metering: Metering,
    /// What went through its way out.
    pub(crate) traffic: Arc<Traffic>,
    /// Room for connections to its ports.
    pub(crate) port_streams: Arc<Semaphore>,
    /// What is recorded of its terminals.
    pub(crate) recordings: Arc<Desk>,
    /// When it was last opened.
    pub(crate) accessed: Accessed,
}

impl Handle {
    pub(super) fn new(
        audience: watch::Receiver<Audience>,
        live: watch::Receiver<Live>,
        connections: Connections,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        Self {
            audience,
            live,
            connections,
            commands,
            hubs: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            metering: Metering::default(),
            traffic: Arc::default(),
            port_streams: Arc::new(Semaphore::new(limits::PORT_STREAMS)),
            recordings: Arc::default(),
            accessed: Accessed::default(),
        }
    }

    /// Asks the driver, and waits until it has written the answer down.
    pub(crate) async fn ask(
        &self,
        command: impl FnOnce(Reply) -> Command,
    ) -> Result<Session, EngineError> {
        let (reply, answer) = oneshot::channel();
        let gone = |_| EngineError::SessionNotFound;
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| EngineError::SessionNotFound)?;
        answer.await.map_err(gone)?
    }

    /// Tells the driver what happened to the session's place. One that has its hands full finds out by looking.
    pub(crate) fn tell(&self, what: Happening) {
        if self.commands.try_send(Command::Happened(what)).is_err() {
            tracing::debug!(?what, "a session's driver is busy");
        }
    }

    /// What this actor may do with the session, now and from now on.
    pub(crate) fn right(&self, actor: &Actor) -> Right {
        Right::new(actor, self.audience.clone())
    }

    /// Returns when there is nothing more of the session to be seen for this actor: it is deleted, they may not look at it any more, or the
    /// server goes away.
    pub(crate) fn out_of_sight(
        &self,
        actor: &Actor,
        stop: &CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (right, stop, mut live) = (self.right(actor), stop.clone(), self.live.clone());
        async move {
            tokio::select! {
                () = right.lost(Permission::Look) => {}
                () = stop.cancelled() => {}
                _ = live.wait_for(|live| live.gone) => {}
            }
        }
    }

    /// The terminal's hub: the one that others already watch, or a new one.
    pub(crate) async fn hub(
        &self,
        name: &str,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Arc<Hub>, EngineError> {
        // Two viewers who come at once share one hub: the second waits for the first one's.
        let _opening = self.opening.lock().await;
        if let Some(hub) = self.watched(name) {
            return Ok(hub);
        }
        let hub = Arc::new(Hub::open(self.connections.to_terminal(name), name, tasks, stop).await?);
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.retain(|_, hub| hub.strong_count() > 0);
        hubs.insert(name.to_owned(), Arc::downgrade(&hub));
        Ok(hub)
    }

    pub(super) fn watched(&self, name: &str) -> Option<Arc<Hub>> {
        let hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.get(name)
            .and_then(Weak::upgrade)
            .filter(|hub| !hub.is_closed())
    }

    /// How many look at this session's terminals.
    pub(crate) fn viewers(&self) -> u64 {
        let hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.values()
            .filter_map(Weak::upgrade)
            .map(|hub| hub.viewers() as u64)
            .sum()
    }
}
