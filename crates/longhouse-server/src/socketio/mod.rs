//! Socket.IO: what happens to sessions, and terminals for clients that speak nothing else.
//!
//! ```text
//!   handshake (token or cookie, lastSeq) ──► what was missed, or events.reset ──► events.ready ──► events as they come
//! ```
//!
//! An event reaches a client only if its user may see the session. The library's buffer per client is bounded and refuses what
//! does not fit; the senders here wait for room, and fall back on the log of events when they waited too long.

mod client;
mod commands;
mod events;
mod logs;
mod metrics;
mod service;
mod status;
mod table;
mod terminals;
mod wire;
mod wire_git;

use axum::http::StatusCode;
pub(crate) use service::service;

use crate::problem::Problem;
pub use table::{client_events, recorded_events};
pub(crate) use wire::*;
pub(crate) use wire_git::*;

fn no_container() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "container.not_found",
        "there is no such container",
    )
}
