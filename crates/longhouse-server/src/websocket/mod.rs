//! The server's side of a WebSocket whose way out copies nothing.
//!
//! What a client sends is read and judged by tungstenite. What it is sent does not go through tungstenite, which copies every message into
//! a buffer of the connection and keeps the buffer at the largest size it ever had: a thousand viewers of one terminal would each keep
//! what one repaint took. Frames of a server are not masked (RFC 6455, section 5.1), so a head and the bytes as they are make one.
//!
//! ```text
//!            ┌── Receiver: tungstenite ──► messages
//!   client ──┤        │ pongs, the answer to a close
//!            └── Sender ◄──────┘ ◄── frames: [head][bytes, shared by all who get them]
//! ```

mod answers;
mod handshake;
mod receiver;
mod sender;

pub(crate) use handshake::{Upgrade, is_upgrade};
pub(crate) use receiver::{Error, Message, ProtocolError, Receiver};
pub(crate) use sender::Sender;

use std::sync::Arc;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;

use answers::Answers;

/// The two ways of a connection that has been upgraded.
async fn open(upgraded: Upgraded) -> (Sender, Receiver) {
    let (from, to) = tokio::io::split(TokioIo::new(upgraded));
    let answers = Arc::<Answers>::default();
    let receiver = Receiver::new(from, Arc::clone(&answers)).await;
    (Sender::new(Box::new(to), answers), receiver)
}
