//! One client: what it may do, what it has subscribed to, and how it is sent things.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::FusedFuture as _;
use longhouse_domain::Actor;
use longhouse_domain::audit::AuditEntry;
use longhouse_engine::accounts::Identity;
use serde::Serialize;
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::{SendError, SocketError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::commands::{self, Command, Commands};
use super::events;
use super::table;
use super::wire::{Handshake, SocketAck};
use crate::audit::Visitor;
use crate::auth::until_revoked;
use crate::limits::SocketSlot;
use crate::problem::Problem;
use crate::state::AppState;
use crate::terminals::LAST_WORDS;

/// The pauses between two looks whether there is room in the client's buffer: the library does not say when there is.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// One connected client.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) app: AppState,
    pub(super) actor: Actor,
    pub(super) identity: Identity,
    pub(super) visitor: Visitor,
    pub(super) socket: SocketRef,
    /// Cancelled when the client is gone.
    pub(super) gone: CancellationToken,
    /// Cancelled when nothing of it may be typed any more: what it typed before it left still is.
    pub(super) silenced: CancellationToken,
}

/// The client is gone, or took nothing for too long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

impl Client {
    /// Begins to serve a client that was let in.
    pub(super) fn begin(app: &AppState, socket: SocketRef, handshake: Handshake) {
        let Some(identity) = socket.extensions.get::<Identity>() else {
            let _ = socket.disconnect();
            return;
        };
        let visitor = {
            let parts = socket.req_parts();
            Visitor::of(app, &parts.headers, &parts.extensions)
        };
        let client = Self {
            app: app.clone(),
            actor: identity.actor(),
            identity: identity.clone(),
            visitor,
            gone: app.stop().child_token(),
            silenced: app.stop().child_token(),
            socket,
        };
        let (commands, queue) = Commands::new();
        table::listen(&client.socket, &commands);
        let gone = client.gone.clone();
        client.socket.on_disconnect(move || {
            gone.cancel();
            std::future::ready(())
        });
        let tasks = app.tasks().clone();
        tasks.spawn(client.serve(identity, handshake.last_seq, queue));
    }

    /// An entry for the audit log about what this client does.
    pub(super) fn entry(&self, action: &str) -> AuditEntry {
        self.visitor
            .entry(&self.app, self.visitor.actor(&self.identity), action)
    }

    async fn serve(
        self,
        identity: Identity,
        last_seq: Option<i64>,
        queue: mpsc::Receiver<Command>,
    ) {
        let open = self.app.metrics().event_socket();
        let slot = self.socket.extensions.remove::<Arc<SocketSlot>>();
        let mut obeying = pin!(commands::carry_out(&self, queue).fuse());
        tokio::select! {
            () = self.gone.cancelled() => {}
            () = until_revoked(&self.app, &identity) => self.silenced.cancel(),
            Gone = events::forward(&self, last_seq) => {}
            () = &mut obeying => {}
        }
        // Ends what the client subscribed to; the library lets go of it.
        self.gone.cancel();
        let _ = self.socket.clone().disconnect();
        if !obeying.is_terminated() {
            // Whoever types and leaves has typed.
            let last_words = tokio::time::timeout(LAST_WORDS, obeying);
            self.silenced.run_until_cancelled(last_words).await;
        }
        drop((open, slot));
    }

    /// Sends an event, and waits while the client's buffer is full.
    pub(super) async fn emit<T: Serialize + ?Sized>(
        &self,
        event: &str,
        data: &T,
    ) -> Result<(), Gone> {
        let mut pause = FIRST_PAUSE;
        let waiting = async {
            loop {
                match self.socket.emit(event, data) {
                    Ok(()) => return Ok(()),
                    Err(SendError::Socket(SocketError::Closed)) => return Err(Gone),
                    Err(SendError::Socket(SocketError::InternalChannelFull)) => {}
                    Err(SendError::Serialize(error)) => {
                        tracing::error!(event, %error, "an event could not be written");
                        return Ok(());
                    }
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        tokio::time::timeout(self.app.limits().viewer_stall, waiting)
            .await
            .unwrap_or(Err(Gone))
    }
}

/// Answers a client's message, where it asked for an answer.
pub(super) fn acknowledge(ack: AckSender, outcome: Result<(), Problem>) {
    let answer = match outcome {
        Ok(()) => SocketAck::Done { ok: true },
        Err(problem) => {
            if let Some(private) = problem.private() {
                tracing::error!("{private}");
            }
            SocketAck::Refused {
                ok: false,
                error: problem.body(&uuid::Uuid::now_v7().simple().to_string()),
            }
        }
    };
    // A client that does not read loses the answer too.
    let _ = ack.send(&answer);
}

/// Something that goes on until it is dropped.
pub(super) struct Subscription(CancellationToken);

impl Subscription {
    /// Begins a task that ends with the subscription, with the client, or by itself.
    pub(super) fn begin(
        client: &Arc<Client>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let token = client.gone.child_token();
        let ended = token.clone();
        client.app.tasks().spawn(async move {
            ended.run_until_cancelled(work).await;
            ended.cancel();
        });
        Self(token)
    }

    /// Whether something may still come of it.
    pub(super) fn goes_on(&self) -> bool {
        !self.0.is_cancelled()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
