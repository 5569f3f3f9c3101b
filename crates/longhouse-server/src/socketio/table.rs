//! All events that clients send, on one page, each with who may send it. What is listened to is made from these rows, and a
//! message gets into the queue only with its row's access. Which sessions somebody sees is decided where the sessions are.
//!
//! A row also names the action as which a refusal is recorded. What succeeds is recorded where it is carried out: a terminal that
//! is opened, the first key that is typed. Events without an action end what one has, or ask for what this server has not.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use socketioxide::ParserError;
use socketioxide::extract::{AckSender, SocketRef, TryData};

use super::commands::{Commands, Wanted};
use super::wire::SessionSubscription;
use crate::access::Access;
use crate::problem::Problem;

/// Makes a socket listen to an event, and put what comes into the queue.
type Listen = Box<dyn Fn(&SocketRef, &Commands)>;

/// What a row says of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Who may send it.
    pub(super) access: Access,
    /// As what a refusal is recorded, if it is.
    pub(super) action: Option<&'static str>,
}

impl Rule {
    const fn of(access: Access) -> Self {
        Self {
            access,
            action: None,
        }
    }

    const fn refused_as(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }
}

const LOOK: Rule = Rule::of(Access::Look);
const DRIVE: Rule = Rule::of(Access::Drive);

/// One event of clients.
struct Row {
    name: &'static str,
    rule: Rule,
    listen: Listen,
}

#[rustfmt::skip] // One event, one line.
fn rows() -> Vec<Row> {
    vec![
        row(LOOK.refused_as("session.watch"), "subscribe.session", Wanted::SubscribeSession),
        row(LOOK, "unsubscribe.session", |_: SessionSubscription| Wanted::UnsubscribeSession),
        row(LOOK.refused_as("session.logs"), "subscribe.logs", Wanted::SubscribeLogs),
        row(LOOK, "unsubscribe.logs", Wanted::UnsubscribeLogs),
        row(LOOK.refused_as("terminal.open"), "terminal:join", Wanted::Join),
        row(LOOK, "terminal:leave", Wanted::Leave),
        row(DRIVE.refused_as("terminal.input"), "terminal:input", |(target, input)| Wanted::Type(target, input)),
        row(DRIVE.refused_as("terminal.resize"), "terminal:resize", |(target, size)| Wanted::Resize(target, size)),
        row(LOOK.refused_as("session.metrics"), "subscribe:metrics", Wanted::SubscribeMetrics),
        row(LOOK, "unsubscribe:metrics", Wanted::UnsubscribeMetrics),
        row(LOOK.refused_as("session.logs"), "subscribe:logs", Wanted::SubscribeContainerLogs),
        row(LOOK, "unsubscribe:logs", Wanted::UnsubscribeContainerLogs),
        row(LOOK.refused_as("session.watch"), "subscribe:status", Wanted::SubscribeStatus),
        row(LOOK, "unsubscribe:status", Wanted::UnsubscribeStatus),
    ]
}

/// Every event that clients send with who may send it, for whoever wants to check.
pub fn client_events() -> Vec<(&'static str, Access)> {
    rows()
        .iter()
        .map(|row| (row.name, row.rule.access))
        .collect()
}

/// Every event whose refusals are recorded, with the action as which they are, for whoever wants to check.
pub fn recorded_events() -> Vec<(&'static str, &'static str)> {
    rows()
        .iter()
        .filter_map(|row| Some((row.name, row.rule.action?)))
        .collect()
}

/// Registers every event that clients send.
pub(super) fn listen(socket: &SocketRef, commands: &Commands) {
    for row in rows() {
        (row.listen)(socket, commands);
    }
    let queue = commands.clone();
    socket.on_fallback(move |ack: AckSender| {
        let unknown = Problem::new(
            StatusCode::NOT_FOUND,
            "event.unknown",
            "there is no such event",
        );
        queue.push(LOOK, Wanted::Refuse(unknown), ack);
        std::future::ready(())
    });
}

/// One event. The queueing happens before the future that the library spawns, which keeps the order.
fn row<T>(rule: Rule, name: &'static str, wanted: fn(T) -> Wanted) -> Row
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let listen = move |socket: &SocketRef, commands: &Commands| {
        let queue = commands.clone();
        socket.on(name, move |TryData(data): TryData<T>, ack: AckSender| {
            let what = match data {
                Ok(data) => wanted(data),
                Err(error) => Wanted::Refuse(unreadable(&error)),
            };
            queue.push(rule, what, ack);
            std::future::ready(())
        });
    };
    Row {
        name,
        rule,
        listen: Box::new(listen),
    }
}

fn unreadable(error: &ParserError) -> Problem {
    tracing::debug!(%error, "a client's message could not be read");
    Problem::invalid_field("", "the message does not have the form of this event")
}
