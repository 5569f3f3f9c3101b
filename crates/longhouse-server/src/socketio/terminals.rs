//! A terminal over Socket.IO: history on join, then output; input and sizes back.
//!
//! `terminal:history`, `terminal:output` carry the session's identifier, the bytes, and the terminal's name;
//! `terminal:exit` the identifier, the exit code, and the name. A further history means: start anew, you fell behind.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use longhouse_domain::Permission;
use longhouse_domain::terminal::TerminalSize;
use longhouse_engine::{Access, EngineError, Join, Viewer, ViewerEvent, ViewerInput};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Gone, Subscription};
use super::wire::{Attachment, Dimensions};
use crate::audit::{self, Onlooker, Typist};
use crate::problem::Problem;
use crate::terminals::LAST_WORDS;

/// Largest piece of output in one event, in bytes. With the bound on packets it bounds what one slow client costs.
const PIECE: usize = 32 * 1024;

/// How much input waits for a program that does not read, in bytes.
const WAITING_INPUT: usize = 1 << 20;

/// A terminal that a client has joined. Dropping it leaves.
pub(super) struct Joined {
    input: ViewerInput,
    typed: Arc<Typed>,
    ended: CancellationToken,
    _output: Subscription,
}

/// Joins; whoever may not type joins to look.
pub(super) async fn join(
    client: &Arc<Client>,
    session: &str,
    terminal: &str,
) -> Result<Joined, Problem> {
    let (viewer, id, typist) = enter(client, session, terminal).await?;
    let (input, right) = (viewer.input(), viewer.right());
    let typed = Arc::<Typed>::default();
    let ended = CancellationToken::new();
    let onlooker = typist.onlooker();
    let output = {
        let (to, ended, name) = (Arc::clone(client), ended.clone(), terminal.to_owned());
        Subscription::begin(client, async move {
            // Told on every way out, also where the client is gone.
            let _told = ended.drop_guard();
            // One who may not look any more is not waited for either.
            tokio::select! {
                _ = send_output(&to, viewer, onlooker, &id, &name) => {}
                () = right.lost(Permission::Look) => {}
            }
        })
    };
    client.app.tasks().spawn(type_to_the_end(
        input.clone(),
        typist,
        Arc::clone(&typed),
        client.silenced.clone(),
    ));
    Ok(Joined {
        input,
        typed,
        ended,
        _output: output,
    })
}

/// The terminal's viewer and the session's identifier, once it is on record that the client opens it.
async fn enter(
    client: &Client,
    session: &str,
    terminal: &str,
) -> Result<(Viewer, String, Typist), Problem> {
    let engine = client.app.engine();
    let view = engine.peek_session(&client.actor, session).await?;
    let attempt = |access| {
        let join = Join { from: None, access };
        engine.join_terminal(&client.actor, session, terminal, join)
    };
    let viewer = match attempt(Access::Write).await {
        Err(EngineError::Forbidden { .. }) => attempt(Access::Read).await?,
        joined => joined?,
    };
    let id = view.session.id.to_string();
    let target = audit::terminal(id.clone(), view.session.name.as_str(), Some(terminal));
    let access = viewer.hello().access;
    let visitor = client.visitor.clone();
    let actor = visitor.actor(&client.identity);
    let typist = Typist::open(&client.app, visitor, actor, target, access).await?;
    Ok((viewer, id, typist))
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
        self.input.may_write()?;
        if self.typed.push(&data) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::CONFLICT,
            "terminal.not_reading",
            "the program in the terminal does not read its input",
        ))
    }

    /// Says how large the client's window is.
    pub(super) fn resize(&self, size: Dimensions) -> Result<(), Problem> {
        Ok(self
            .input
            .resize(TerminalSize::clamped(size.cols, size.rows))?)
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.typed.last.cancel();
    }
}

/// Input on its way to a program. Keys that were typed while an earlier one was under way go together.
#[derive(Default)]
struct Typed {
    waiting: Mutex<BytesMut>,
    more: Notify,
    /// Cancelled when no more is added.
    last: CancellationToken,
}

impl Typed {
    /// Adds input; `false` where too much is waiting already.
    fn push(&self, data: &[u8]) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() + data.len() > WAITING_INPUT {
            return false;
        }
        waiting.extend_from_slice(data);
        drop(waiting);
        self.more.notify_one();
        true
    }

    /// Everything that waits, as soon as something does; nothing where no more will come.
    async fn take(&self) -> Option<Bytes> {
        loop {
            // Asked before the look: what is added after that is found by the next one.
            let was_last = self.last.is_cancelled();
            let taken = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.split().freeze()
            };
            if !taken.is_empty() {
                return Some(taken);
            }
            if was_last {
                return None;
            }
            tokio::select! {
                () = self.more.notified() => {}
                () = self.last.cancelled() => {}
            }
        }
    }
}

/// Types until the client has left the terminal and what it typed before has arrived, or a program does not take it in time.
async fn type_to_the_end(
    input: ViewerInput,
    typist: Typist,
    typed: Arc<Typed>,
    silenced: CancellationToken,
) {
    let too_late = async {
        typed.last.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = type_in(input, typist, &typed) => {}
        () = too_late => {}
        () = silenced.cancelled() => {}
    }
}

async fn type_in(input: ViewerInput, mut typist: Typist, typed: &Typed) {
    while let Some(data) = typed.take().await {
        if typist.types(&data).await.is_err() {
            tracing::warn!("input was thrown away, because the audit log cannot be written");
            continue;
        }
        match input.write(data).await {
            // One who may not type just now may be allowed to again.
            Ok(()) | Err(EngineError::Forbidden { .. }) => {}
            Err(error) => {
                tracing::debug!(%error, "input did not arrive");
                return;
            }
        }
    }
}

async fn send_output(
    client: &Client,
    mut viewer: Viewer,
    onlooker: Onlooker,
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
                onlooker.sees(&data);
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
