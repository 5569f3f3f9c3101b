//! What a viewer sends: input, acknowledgements, sizes.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::Fuse;
use longhouse_domain::terminal::TerminalSize;
use longhouse_engine::{EngineError, ViewerInput};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::socket::Ended;
use super::wire::{ClientMessage, Ending, LARGEST_INPUT_FRAME, LARGEST_TEXT_FRAME, ServerMessage};
use crate::audit::Typist;
use crate::problem::Problem;
use crate::serve::FrameFault;
use crate::state::AppState;
use crate::websocket::{Error, Message, ProtocolError, Receiver};

/// The keys that stop what a program does: Ctrl-C, Ctrl-Z and Ctrl-\, as terminals send them unless a program has changed it.
const INTERRUPTS: [u8; 3] = [0x03, 0x1a, 0x1c];

/// How many frames of input wait for a program that does not read. After that the client's connection is not read either.
const INPUT_FRAMES: usize = 4;

/// How long a program may take to read what a client typed that is gone.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where a viewer's messages go.
pub(super) struct Incoming<'a> {
    pub(super) app: &'a AppState,
    pub(super) input: ViewerInput,
    pub(super) acked: watch::Sender<u64>,
    pub(super) replies: mpsc::Sender<ServerMessage>,
    /// Told of keys that stop a program.
    pub(super) interrupted: Arc<Notify>,
}

/// What follows from a message.
enum Heard {
    Typed(Bytes),
    Nothing,
    Ended(Ended),
}

impl Incoming<'_> {
    /// Reads what the client says until it is gone, and types to the last what it typed, in order, at the pace of the program that
    /// reads it. A program that does not read holds back the typing, and nothing else until the queue of input is full.
    ///
    /// Both are one future: two that hand bytes to each other through a queue would wake their own task for each key, and with it
    /// a second thread of the server.
    pub(super) async fn run(self, receiver: &mut Receiver, typist: Typist) -> Ended {
        let mut waiting = VecDeque::new();
        let mut idle = Some(typist);
        let mut typing = pin!(Fuse::terminated());
        let mut gone = None;
        loop {
            if let Some(typist) = idle.take() {
                match waiting.pop_front() {
                    Some(data) => typing.set(self.type_in(typist, data).fuse()),
                    None if gone.is_some() => return None,
                    None => idle = Some(typist),
                }
            }
            tokio::select! {
                biased;
                (typist, typed) = &mut typing => match typed {
                    Ok(()) => idle = Some(typist),
                    Err(ended) => return Some(ended),
                },
                message = receiver.next(), if gone.is_none() && waiting.len() < INPUT_FRAMES => {
                    match self.hear(message).await {
                        Heard::Typed(data) => waiting.push_back(data),
                        Heard::Nothing => {}
                        Heard::Ended(None) => gone = Some(Instant::now() + LAST_WORDS),
                        Heard::Ended(ended) => return ended,
                    }
                }
                () = sleep_until(gone.unwrap_or_else(Instant::now)), if gone.is_some() => return None,
            }
        }
    }

    async fn hear(&self, message: Option<Result<Message, Error>>) -> Heard {
        let Some(message) = message else {
            return Heard::Ended(None);
        };
        match message {
            Ok(Message::Binary(data)) if data.len() > LARGEST_INPUT_FRAME => {
                Heard::Ended(Some((Ending::TooLarge, "frame.too_large")))
            }
            Ok(Message::Binary(data)) => {
                self.app.metrics().typed(data.len());
                if data.is_empty() {
                    Heard::Nothing
                } else {
                    Heard::Typed(data)
                }
            }
            Ok(Message::Text(text)) if text.len() > LARGEST_TEXT_FRAME => {
                Heard::Ended(Some((Ending::TooLarge, "frame.too_large")))
            }
            Ok(Message::Text(text)) => match serde_json::from_str(text.as_str()) {
                Ok(message) => {
                    self.obey(message).await;
                    Heard::Nothing
                }
                Err(_) => Heard::Ended(Some((Ending::BadFrame, "frame.malformed"))),
            },
            // What these are owed is the sender's to give. After a close nothing comes.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {
                Heard::Nothing
            }
            Err(error) => Heard::Ended(broken(&error)),
        }
    }

    /// Hands one frame on. Gives the typist back, for the next.
    async fn type_in(
        &self,
        mut typist: Typist,
        data: Bytes,
    ) -> (Typist, Result<(), (Ending, &'static str)>) {
        let interrupts = data.iter().any(|byte| INTERRUPTS.contains(byte));
        if typist.types(&data).await.is_err() {
            return (typist, Err((Ending::GoingAway, "audit.unavailable")));
        }
        let problem = match self.input.write(data).await {
            Ok(()) => {
                if interrupts {
                    self.interrupted.notify_one();
                }
                return (typist, Ok(()));
            }
            Err(EngineError::TerminalNotFound | EngineError::SessionNotFound) => {
                return (typist, Err((Ending::NotFound, "terminal.not_found")));
            }
            Err(error) => Problem::from(error),
        };
        if let Some(private) = problem.private() {
            tracing::error!("{private}");
        }
        let code = problem.code().to_owned();
        let _ = self.replies.send(ServerMessage::Error { code }).await;
        (typist, Ok(()))
    }

    async fn obey(&self, message: ClientMessage) {
        match message {
            ClientMessage::Resize { cols, rows } => {
                // One who may only look has a window too; its size simply does not count.
                let _ = self.input.resize(TerminalSize::clamped(cols, rows));
            }
            ClientMessage::Ack { offset } => {
                // Acknowledgements only grow; one that comes late changes nothing.
                self.acked.send_if_modified(|acked| {
                    let newer = offset > *acked;
                    *acked = offset.max(*acked);
                    newer
                });
            }
            ClientMessage::Ping {} => {
                let _ = self.replies.send(ServerMessage::Pong).await;
            }
        }
    }
}

/// What a client did that was noticed below the messages.
pub(super) fn condemned(fault: FrameFault) -> (Ending, &'static str) {
    match fault {
        FrameFault::TooLarge => (Ending::TooLarge, "frame.too_large"),
        FrameFault::TooMany => (Ending::BadFrame, "frame.too_many"),
        FrameFault::Unfinished => (Ending::BadFrame, "frame.unfinished"),
    }
}

/// What a failed read means.
fn broken(error: &Error) -> Ended {
    match error {
        Error::Capacity(_) => Some((Ending::TooLarge, "frame.too_large")),
        Error::Utf8(_) => Some((Ending::BadText, "frame.not_utf8")),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some((Ending::BadFrame, "frame.malformed")),
        _ => None,
    }
}
