//! Terminals over HTTP and WebSocket.

mod body;
mod incoming;
mod input;
mod outgoing;
mod record;
mod recording;
mod screen;
mod socket;
mod window;
mod wire;

pub(crate) use body::*;
pub(crate) use incoming::LAST_WORDS;
pub(crate) use input::*;
pub(crate) use record::*;
pub(crate) use recording::*;
pub(crate) use screen::*;
pub(crate) use socket::*;
pub(crate) use wire::*;
