//! What a client asks for. Its messages are dealt with one after the other: what is typed arrives in the order in which it
//! was typed.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use longhouse_domain::audit::AuditTarget;
use socketioxide::extract::AckSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::client::{Client, Subscription, acknowledge};
use super::table::Rule;
use super::terminals::Joined;
use super::wire::{
    ContainerSubscription, ContainerTarget, Dimensions, Input, MetricsSubscription, SessionEvent,
    SessionSubscription, TerminalTarget,
};
use super::{logs, metrics, status, terminals};
use crate::audit::refused;
use crate::problem::Problem;
use crate::sessions::SessionBody;

/// How many terminals, figures and things of each other kind one client may follow. Figures are small, and a page may show those of many
/// sessions.
const MOST_TERMINALS: usize = 32;
const MOST_METRICS: usize = 128;
const MOST_FOLLOWED: usize = 16;

/// What a client asks for, and where the answer goes.
pub(super) struct Command {
    rule: Rule,
    what: Wanted,
    ack: AckSender,
    /// Its share of what a client may have waiting.
    _room: OwnedSemaphorePermit,
}

/// The queue of one client's messages: bounded by their number and by their size.
#[derive(Clone)]
pub(super) struct Commands {
    queue: mpsc::Sender<Command>,
    room: Arc<Semaphore>,
}

/// How many of a client's messages wait to be dealt with, and how many bytes they may hold together.
const MOST_COMMANDS: usize = 4096;
const MOST_BYTES: usize = 4 << 20;

/// What a message without input counts for, in bytes.
const SMALL: usize = 256;

impl Commands {
    pub(super) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (queue, receiver) = mpsc::channel(MOST_COMMANDS);
        let room = Arc::new(Semaphore::new(MOST_BYTES));
        (Self { queue, room }, receiver)
    }

    /// Puts a message of a client in line, with what its row says.
    pub(super) fn push(&self, rule: Rule, what: Wanted, ack: AckSender) {
        let bytes = match &what {
            Wanted::Type(_, input) => SMALL + input.0.len(),
            _ => SMALL,
        };
        let room = u32::try_from(bytes)
            .ok()
            .and_then(|bytes| Arc::clone(&self.room).try_acquire_many_owned(bytes).ok());
        let refused = match room {
            Some(room) => match self.queue.try_send(Command {
                rule,
                what,
                ack,
                _room: room,
            }) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(command)) => command.ack,
            },
            None => ack,
        };
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "event.too_many",
            "too many messages at once",
        );
        acknowledge(refused, Err(problem.retry_after(1)));
    }
}

/// What a message asks for.
pub(super) enum Wanted {
    SubscribeSession(SessionSubscription),
    UnsubscribeSession,
    SubscribeLogs(SessionSubscription),
    UnsubscribeLogs(SessionSubscription),
    SubscribeMetrics(MetricsSubscription),
    UnsubscribeMetrics(ContainerTarget),
    SubscribeContainerLogs(ContainerSubscription),
    UnsubscribeContainerLogs(ContainerSubscription),
    SubscribeStatus(ContainerSubscription),
    UnsubscribeStatus(ContainerSubscription),
    Join(TerminalTarget),
    Leave(TerminalTarget),
    Type(TerminalTarget, Input),
    Resize(TerminalTarget, Dimensions),
    Refuse(Problem),
}

impl Wanted {
    /// The session that is meant, and the terminal, as the client calls them.
    fn about(&self) -> Option<(String, Option<String>)> {
        match self {
            Self::SubscribeSession(of) | Self::SubscribeLogs(of) => {
                Some((of.session_id.clone(), None))
            }
            Self::SubscribeMetrics(of) => Some((of.container_id.clone(), None)),
            Self::SubscribeContainerLogs(of) | Self::SubscribeStatus(of) => {
                Some((of.container_id.clone(), None))
            }
            Self::Join(target) | Self::Type(target, _) | Self::Resize(target, _) => {
                let (session, terminal) = target.clone().parts();
                Some((session, Some(terminal)))
            }
            Self::UnsubscribeSession
            | Self::UnsubscribeLogs(_)
            | Self::UnsubscribeMetrics(_)
            | Self::UnsubscribeContainerLogs(_)
            | Self::UnsubscribeStatus(_)
            | Self::Leave(_)
            | Self::Refuse(_) => None,
        }
    }
}

/// What a client follows.
#[derive(Default)]
struct Followed {
    terminals: HashMap<(String, String), Joined>,
    logs: HashMap<String, Subscription>,
    metrics: HashMap<String, Subscription>,
    container_logs: HashMap<String, Subscription>,
    statuses: HashMap<String, Subscription>,
}

/// Deals with a client's messages until it is gone, and then with what it had typed.
pub(super) async fn carry_out(client: &Client, mut queue: mpsc::Receiver<Command>) {
    let client = Arc::new(client.clone());
    let mut followed = Followed::default();
    loop {
        let command = tokio::select! {
            biased;
            command = queue.recv() => command,
            () = client.gone.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
        };
        let Some(command) = command else {
            return;
        };
        if queue.is_closed() && !matches!(command.what, Wanted::Type(..)) {
            continue;
        }
        let Command {
            rule,
            what,
            ack,
            _room,
        } = command;
        let about = rule.action.and_then(|_| what.about());
        let outcome = match rule.access.permit(&client.actor) {
            Ok(()) => followed.obey(&client, what).await,
            Err(problem) => Err(problem),
        };
        if let (Some(action), Err(problem)) = (rule.action, &outcome) {
            record_refusal(&client, action, about, problem).await;
        }
        acknowledge(ack, outcome);
    }
}

impl Followed {
    async fn obey(&mut self, client: &Arc<Client>, wanted: Wanted) -> Result<(), Problem> {
        match wanted {
            Wanted::SubscribeSession(of) => show(client, &of.session_id).await,
            // Every event that a client may see reaches it anyway; there is nothing to end.
            Wanted::UnsubscribeSession => Ok(()),
            Wanted::SubscribeLogs(of) => self.follow_log(client, of).await,
            Wanted::UnsubscribeLogs(of) => {
                self.logs.remove(&of.session_id);
                Ok(())
            }
            Wanted::SubscribeMetrics(of) => self.follow_metrics(client, of).await,
            Wanted::UnsubscribeMetrics(of) => {
                self.metrics.remove(&of.container_id);
                Ok(())
            }
            Wanted::SubscribeContainerLogs(of) => {
                make_room(&mut self.container_logs, &of.container_id, "logs")?;
                let begun = logs::follow_container(client, &of).await?;
                self.container_logs.insert(of.container_id, begun);
                Ok(())
            }
            Wanted::UnsubscribeContainerLogs(of) => {
                self.container_logs.remove(&of.container_id);
                Ok(())
            }
            Wanted::SubscribeStatus(of) => {
                make_room(&mut self.statuses, &of.container_id, "containers")?;
                let begun = status::follow(client, &of).await?;
                self.statuses.insert(of.container_id, begun);
                Ok(())
            }
            Wanted::UnsubscribeStatus(of) => {
                self.statuses.remove(&of.container_id);
                Ok(())
            }
            Wanted::Join(target) => self.join(client, target.parts()).await,
            Wanted::Leave(target) => {
                self.terminals.remove(&target.parts());
                Ok(())
            }
            Wanted::Type(target, input) => self.joined(&target.parts())?.write(input.0),
            Wanted::Resize(target, size) => self.joined(&target.parts())?.resize(size),
            Wanted::Refuse(problem) => Err(problem),
        }
    }

    fn joined(&self, target: &(String, String)) -> Result<&Joined, Problem> {
        self.terminals.get(target).ok_or_else(|| {
            Problem::new(
                StatusCode::CONFLICT,
                "terminal.not_joined",
                "join the terminal first",
            )
        })
    }

    async fn join(
        &mut self,
        client: &Arc<Client>,
        target: (String, String),
    ) -> Result<(), Problem> {
        self.terminals.retain(|_, joined| !joined.has_ended());
        if self.terminals.len() >= MOST_TERMINALS && !self.terminals.contains_key(&target) {
            return Err(too_many("terminals"));
        }
        // Joining again begins anew, with the history.
        self.terminals.remove(&target);
        let joined = terminals::join(client, &target.0, &target.1).await?;
        self.terminals.insert(target, joined);
        Ok(())
    }

    async fn follow_log(
        &mut self,
        client: &Arc<Client>,
        of: SessionSubscription,
    ) -> Result<(), Problem> {
        make_room(&mut self.logs, &of.session_id, "logs")?;
        let subscription = logs::follow(client, &of).await?;
        self.logs.insert(of.session_id, subscription);
        Ok(())
    }

    async fn follow_metrics(
        &mut self,
        client: &Arc<Client>,
        of: MetricsSubscription,
    ) -> Result<(), Problem> {
        self.metrics
            .retain(|_, subscription| subscription.goes_on());
        if self.metrics.len() >= MOST_METRICS && !self.metrics.contains_key(&of.container_id) {
            return Err(too_many("metrics"));
        }
        let subscription = metrics::follow(client, &of).await?;
        self.metrics.insert(of.container_id, subscription);
        Ok(())
    }
}

/// Shows a session as it is now; what happens to it comes by itself.
async fn show(client: &Client, reference: &str) -> Result<(), Problem> {
    let engine = client.app.engine();
    let seq = engine.last_seq().await?;
    let view = engine.peek_session(&client.actor, reference).await?;
    let event = SessionEvent {
        seq,
        session: SessionBody::new(client.app.previews(), &view),
    };
    // Where the client is gone, nobody misses it.
    let _ = client.emit("session.updated", &event).await;
    Ok(())
}

/// Puts on record that a client was refused something. What it may not see is called as it calls it.
async fn record_refusal(
    client: &Client,
    action: &str,
    about: Option<(String, Option<String>)>,
    problem: &Problem,
) {
    let mut entry = client.entry(action);
    if let Some((session, terminal)) = about {
        let seen = client.app.engine().peek_session(&client.actor, &session);
        let (id, name) = match seen.await {
            Ok(view) => (
                Some(view.session.id.to_string()),
                view.session.name.to_string(),
            ),
            Err(_) => (None, session),
        };
        entry = entry.about(match terminal {
            Some(terminal) => AuditTarget::new("terminal", id, &format!("{name}/{terminal}")),
            None => AuditTarget::new("session", id, &name),
        });
    }
    refused(&client.app, entry, problem).await;
}

/// Ends what the new subscription takes the place of, and refuses one more where there are enough.
fn make_room(
    followed: &mut HashMap<String, Subscription>,
    another: &str,
    what: &str,
) -> Result<(), Problem> {
    followed.remove(another);
    followed.retain(|_, subscription| subscription.goes_on());
    match followed.len() >= MOST_FOLLOWED {
        true => Err(too_many(what)),
        false => Ok(()),
    }
}

fn too_many(what: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "socket.limit_reached",
        format!("this connection follows too many {what} already"),
    )
}
