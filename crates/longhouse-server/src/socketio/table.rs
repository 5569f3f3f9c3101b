//! All events that clients send, on one page, each with who may send it. What is listened to is made from these rows, and a
//! message gets into the queue only with its row's access. Which sessions somebody sees is decided where the sessions are.

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

/// One event of clients.
struct Row {
    name: &'static str,
    access: Access,
    listen: Listen,
}

fn rows() -> Vec<Row> {
    vec![
        row(Access::Look, "subscribe.session", Wanted::SubscribeSession),
        row(
            Access::Look,
            "unsubscribe.session",
            |_: SessionSubscription| Wanted::UnsubscribeSession,
        ),
        row(Access::Look, "subscribe.logs", Wanted::SubscribeLogs),
        row(Access::Look, "unsubscribe.logs", Wanted::UnsubscribeLogs),
        row(Access::Look, "terminal:join", Wanted::Join),
        row(Access::Look, "terminal:leave", Wanted::Leave),
        row(Access::Drive, "terminal:input", |(target, input)| {
            Wanted::Type(target, input)
        }),
        row(Access::Drive, "terminal:resize", |(target, size)| {
            Wanted::Resize(target, size)
        }),
        row(Access::Look, "subscribe:metrics", no_container),
        row(Access::Look, "unsubscribe:metrics", no_container),
        row(Access::Look, "subscribe:logs", no_container),
        row(Access::Look, "unsubscribe:logs", no_container),
        row(Access::Look, "subscribe:status", no_container),
        row(Access::Look, "unsubscribe:status", no_container),
    ]
}

/// Every event that clients send with who may send it, for whoever wants to check.
pub fn client_events() -> Vec<(&'static str, Access)> {
    rows().iter().map(|row| (row.name, row.access)).collect()
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
        queue.push(Access::Look, Wanted::Refuse(unknown), ack);
        std::future::ready(())
    });
}

/// One event. The queueing happens before the future that the library spawns, which keeps the order.
fn row<T>(access: Access, name: &'static str, wanted: fn(T) -> Wanted) -> Row
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
            queue.push(access, what, ack);
            std::future::ready(())
        });
    };
    Row {
        name,
        access,
        listen: Box::new(listen),
    }
}

fn no_container(_: serde_json::Value) -> Wanted {
    Wanted::Refuse(Problem::new(
        StatusCode::NOT_FOUND,
        "container.not_found",
        "there is no such container",
    ))
}

fn unreadable(error: &ParserError) -> Problem {
    tracing::debug!(%error, "a client's message could not be read");
    Problem::invalid_field("", "the message does not have the form of this event")
}
