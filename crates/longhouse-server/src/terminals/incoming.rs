//! What a viewer sends: input, acknowledgements, sizes.

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;
use longhouse_engine::{EngineError, ViewerInput};
use tokio::sync::{Notify, mpsc, watch};

use super::socket::Ended;
use super::wire::{ClientMessage, Ending, LARGEST_INPUT_FRAME, LARGEST_TEXT_FRAME, ServerMessage};
use crate::audit::Typist;
use crate::problem::Problem;
use crate::serve::FrameFault;
use crate::state::AppState;
use crate::websocket::{Error, Message, ProtocolError, Receiver};

/// The keys that stop what a program does: Ctrl-C, Ctrl-Z and Ctrl-\, as terminals send them unless a program has changed it.
const INTERRUPTS: [u8; 3] = [0x03, 0x1a, 0x1c];

/// Where a viewer's messages go.
pub(super) struct Incoming {
    pub(super) input: ViewerInput,
    pub(super) acked: watch::Sender<u64>,
    pub(super) replies: mpsc::Sender<ServerMessage>,
    pub(super) typed: mpsc::Sender<Bytes>,
}

impl Incoming {
    /// Reads what the client says. It waits only for room in the queues, so a program that does not read holds back the typing,
    /// and nothing else until the queue of input is full.
    pub(super) async fn receive(self, app: &AppState, receiver: &mut Receiver) -> Ended {
        while let Some(message) = receiver.next().await {
            match message {
                Ok(Message::Binary(data)) if data.len() > LARGEST_INPUT_FRAME => {
                    return Some((Ending::TooLarge, "frame.too_large"));
                }
                Ok(Message::Binary(data)) => {
                    app.metrics().typed(data.len());
                    if !data.is_empty() && self.typed.send(data).await.is_err() {
                        return None;
                    }
                }
                Ok(Message::Text(text)) if text.len() > LARGEST_TEXT_FRAME => {
                    return Some((Ending::TooLarge, "frame.too_large"));
                }
                Ok(Message::Text(text)) => match serde_json::from_str(text.as_str()) {
                    Ok(message) => self.hear(message).await,
                    Err(_) => return Some((Ending::BadFrame, "frame.malformed")),
                },
                // What these are owed is the sender's to give. After a close nothing comes.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {
                }
                Err(error) => return broken(&error),
            }
        }
        None
    }

    async fn hear(&self, message: ClientMessage) {
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

/// Types what has come, in order, at the pace of the program that reads it; to the last of it, where nothing more comes.
pub(super) async fn type_in(
    input: ViewerInput,
    mut typist: Typist,
    mut typed: mpsc::Receiver<Bytes>,
    replies: mpsc::Sender<ServerMessage>,
    interrupted: &Notify,
) -> Ended {
    while let Some(data) = typed.recv().await {
        let interrupts = data.iter().any(|byte| INTERRUPTS.contains(byte));
        if typist.types(&data).await.is_err() {
            return Some((Ending::GoingAway, "audit.unavailable"));
        }
        let problem = match input.write(data).await {
            Ok(()) => {
                if interrupts {
                    interrupted.notify_one();
                }
                continue;
            }
            Err(EngineError::TerminalNotFound | EngineError::SessionNotFound) => {
                return Some((Ending::NotFound, "terminal.not_found"));
            }
            Err(error) => Problem::from(error),
        };
        if let Some(private) = problem.private() {
            tracing::error!("{private}");
        }
        let code = problem.code().to_owned();
        let _ = replies.send(ServerMessage::Error { code }).await;
    }
    None
}
