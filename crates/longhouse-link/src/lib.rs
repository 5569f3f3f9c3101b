//! The link between the server and one session's sessiond: the protocol, the connection, and what sessiond is told at its start.
//!
//! sessiond dials out to a Unix socket of its own session ([`dial`]); the server accepts there ([`LinkListener`]) and from then on is the
//! gRPC client. Both sides bound what they take ([`limits`]).
//!
//! It is deliberately not: what either side does with a call. It knows no terminal, no process, no session state. The
//! exceptions are the file calls ([`files`]), which sessiond, its twin and the server's own machine answer alike, [`carry`], which both
//! ends of a carried connection share, and [`Outbound`], [`AgentAsks`] and [`News`], the session's side of its way out, of its SSH agent and of
//! what it tells.

mod agent;
mod asks;
mod carry;
mod dial;
mod executor;
pub mod files;
mod hello;
mod io;
pub mod limits;
mod listener;
mod loss;
mod news;
mod outbound;
mod socket;
pub mod spec;

/// The messages, the client and the server trait, as generated from `proto/sessiond.proto`.
pub mod proto {
    #![expect(clippy::all, reason = "generated code keeps its own style")]
    tonic::include_proto!("longhouse.link.v1");
}

pub use agent::AgentAsks;
pub use carry::{CARRY_QUEUE, CarryError, carry};
pub use dial::{dial, serve_connection};
pub use hello::{Greeting, answer_hello};
pub use listener::{AcceptError, BindError, Link, LinkClient, LinkListener, Peer, PeerError};
pub use loss::{AtTheEnd, never_sent, was_lost};
pub use news::News;
pub use outbound::{Outbound, OutboundRefused};
