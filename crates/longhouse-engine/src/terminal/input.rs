//! Input on its way to sessiond: one ordered stream per watched terminal, opened again when the connection was lost.

use std::sync::Arc;

use bytes::Bytes;
use longhouse_domain::Permission;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::WriteRequest;
use longhouse_link::{LinkClient, limits};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::Stream;

use super::hub::Hub;
use super::presence::Access;
use crate::error::EngineError;
use crate::session::connection::Connections;
use crate::session::right::Right;

/// How many messages lie between the queue and the link.
const IN_FLIGHT: usize = 4;

/// What a viewer types into. It keeps nothing open: once its viewer has left, nobody drives through it.
#[derive(Clone)]
pub struct ViewerInput {
    pub(super) id: u64,
    pub(super) hub: Arc<Hub>,
    pub(super) asked: Access,
    pub(super) right: Right,
}

impl std::fmt::Debug for ViewerInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewerInput")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl ViewerInput {
    /// Types. Waits while the program does not read.
    pub async fn write(&self, data: Bytes) -> Result<(), EngineError> {
        self.may_write()?;
        self.hub.typed(self.id, data).await
    }

    /// Says how large the viewer's window is. The terminal takes that size while this viewer drives.
    pub fn resize(&self, size: TerminalSize) -> Result<(), EngineError> {
        self.may_write()?;
        self.hub.wants(self.id, size);
        Ok(())
    }

    /// Whether this viewer may type now: they came to, and still may.
    pub fn may_write(&self) -> Result<(), EngineError> {
        match self.asked {
            Access::Write if self.right.may(Permission::Drive) => Ok(()),
            Access::Write | Access::Read => Err(EngineError::Forbidden {
                code: "terminal.read_only",
                detail: "this viewer may look, not type".to_owned(),
            }),
        }
    }
}

/// Carries what is typed until nobody can type any more.
pub(super) async fn run(
    name: String,
    mut typed: mpsc::Receiver<Bytes>,
    mut connections: Connections,
) {
    let mut calls = JoinSet::new();
    let mut open: Option<mpsc::Sender<WriteRequest>> = None;
    while let Some(data) = typed.recv().await {
        for message in pieces(data) {
            let mut message = message;
            // What the link did not take goes out again on the next connection; what it took may be lost with it.
            loop {
                let sender = match open.take() {
                    Some(sender) if !sender.is_closed() => sender,
                    _ => {
                        let Ok(connection) = connections.wait().await else {
                            return;
                        };
                        begin(&mut calls, connection.client(), &name)
                    }
                };
                match sender.send(message).await {
                    Ok(()) => {
                        open = Some(sender);
                        break;
                    }
                    Err(refused) => message = refused.0,
                }
            }
        }
        while calls.try_join_next().is_some() {}
    }
    // Nobody can type any more. What the link has taken is typed before its call ends.
    drop(open);
    while calls.join_next().await.is_some() {}
}

/// The same bytes as messages that the link takes.
pub(crate) fn pieces(mut data: Bytes) -> impl Iterator<Item = WriteRequest> {
    std::iter::from_fn(move || {
        (!data.is_empty()).then(|| {
            let piece = data.split_to(data.len().min(limits::WRITE_CHUNK_BYTES));
            WriteRequest {
                name: String::new(),
                data: piece,
            }
        })
    })
}

fn begin(
    calls: &mut JoinSet<()>,
    mut client: LinkClient,
    name: &str,
) -> mpsc::Sender<WriteRequest> {
    let (sender, receiver) = mpsc::channel(IN_FLIGHT);
    let name = name.to_owned();
    calls.spawn(async move {
        let terminal = name.clone();
        if let Err(status) = client.write(named(name, receiver)).await {
            tracing::debug!(terminal, %status, "the input stream ended");
        }
    });
    sender
}

/// The messages, after an empty first one that says for which terminal they are.
fn named(
    name: String,
    mut messages: mpsc::Receiver<WriteRequest>,
) -> impl Stream<Item = WriteRequest> + Send {
    let mut first = Some(WriteRequest {
        name,
        data: Bytes::new(),
    });
    futures_util::stream::poll_fn(move |cx| match first.take() {
        Some(message) => std::task::Poll::Ready(Some(message)),
        None => messages.poll_recv(cx),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_input_is_cut_without_losing_a_byte() {
        let data: Vec<u8> = (0..200_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let cut: Vec<_> = pieces(Bytes::from(data.clone())).collect();
        assert!(
            cut.iter()
                .all(|m| m.data.len() <= limits::WRITE_CHUNK_BYTES)
        );
        assert_eq!(
            cut.iter().flat_map(|m| m.data.to_vec()).collect::<Vec<_>>(),
            data
        );
    }
}
