//! A terminal over Socket.IO: history on join, then output; input and sizes back.
//!
//! `terminal:history`, `terminal:output` carry the session's identifier, the bytes, and the terminal's name;
//! `terminal:exit` the identifier, the exit code, and the name. A further history means: start anew, you fell behind.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use longhouse_domain::terminal::TerminalSize;
use longhouse_engine::{Access, EngineError, Join, Viewer, ViewerEvent, ViewerInput};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Gone, Subscription};
use super::wire::{Attachment, Dimensions};
use crate::problem::Problem;

/// Largest piece of output in one event, in bytes. With the bound on packets it bounds what one slow client costs.
const PIECE: usize = 32 * 1024;

/// How many pieces of input wait for a program that does not read.
const INPUT_PIECES: usize = 64;

/// A terminal that a client has joined. Dropping it leaves.
pub(super) struct Joined {
    access: Access,
    input: ViewerInput,
    typed: mpsc::Sender<Bytes>,
    ended: CancellationToken,
    _output: Subscription,
    _typing: Subscription,
}

/// Joins; whoever may not type joins to look.
pub(super) async fn join(
    client: &Arc<Client>,
    session: &str,
    terminal: &str,
) -> Result<Joined, Problem> {
    let engine = client.app.engine();
    let id = engine
        .peek_session(&client.actor, session)
        .await?
        .session
        .id
        .to_string();
    let attempt = |access| {
        let join = Join { from: None, access };
        engine.join_terminal(&client.actor, session, terminal, join)
    };
    let viewer = match attempt(Access::Write).await {
        Err(EngineError::Forbidden { .. }) => attempt(Access::Read).await?,
        joined => joined?,
    };
    let (access, input) = (viewer.hello().access, viewer.input());
    let (typed, queue) = mpsc::channel(INPUT_PIECES);
    let ended = CancellationToken::new();
    let output = {
        let (to, ended, name) = (Arc::clone(client), ended.clone(), terminal.to_owned());
        Subscription::begin(client, async move {
            // Told on every way out, also where the client is gone.
            let _told = ended.drop_guard();
            let _ = send_output(&to, viewer, &id, &name).await;
        })
    };
    let typing = Subscription::begin(client, type_in(input.clone(), queue));
    Ok(Joined {
        access,
        input,
        typed,
        ended,
        _output: output,
        _typing: typing,
    })
}

impl Joined {
    /// Whether nothing comes from it any more.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Types, after what was typed before.
    pub(super) fn write(&self, data: Bytes) -> Result<(), Problem> {
        if data.is_empty() {
            return Ok(());
        }
        if self.access == Access::Read {
            return Err(Problem::forbidden(
                "terminal.read_only",
                "you may look at this terminal, not type",
            ));
        }
        self.typed.try_send(data).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Problem::new(
                StatusCode::CONFLICT,
                "terminal.not_reading",
                "the program in the terminal does not read its input",
            ),
            mpsc::error::TrySendError::Closed(_) => Problem::new(
                StatusCode::NOT_FOUND,
                "terminal.not_found",
                "the terminal is gone",
            ),
        })
    }

    /// Says how large the client's window is.
    pub(super) fn resize(&self, size: Dimensions) -> Result<(), Problem> {
        Ok(self
            .input
            .resize(TerminalSize::clamped(size.cols, size.rows))?)
    }
}

async fn type_in(input: ViewerInput, mut queue: mpsc::Receiver<Bytes>) {
    while let Some(data) = queue.recv().await {
        if let Err(error) = input.write(data).await {
            tracing::debug!(%error, "input did not arrive");
            return;
        }
    }
}

async fn send_output(
    client: &Client,
    mut viewer: Viewer,
    session: &str,
    terminal: &str,
) -> Result<(), Gone> {
    loop {
        match viewer.next(PIECE).await {
            ViewerEvent::Snapshot { data, .. } => {
                client.app.metrics().sent(data.len());
                let payload = (session, Attachment(data), terminal);
                client.emit("terminal:history", &payload).await?;
            }
            ViewerEvent::Output { data, .. } => {
                client.app.metrics().sent(data.len());
                let payload = (session, Attachment(data), terminal);
                client.emit("terminal:output", &payload).await?;
            }
            ViewerEvent::Exit(code) => {
                client
                    .emit("terminal:exit", &(session, code, terminal))
                    .await?;
            }
            ViewerEvent::Size(_) | ViewerEvent::Presence(_) => {}
            ViewerEvent::Closed(_) => return Ok(()),
        }
    }
}
