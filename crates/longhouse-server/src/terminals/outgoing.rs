//! What a viewer gets: the greeting, a repaint or the bytes from where it left off, and what happens to the terminal.
//!
//! One frame is under way at a time. While it is, the terminal goes on without this viewer; what it misses it reads from what
//! is kept, or gets a repaint.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use longhouse_engine::{Closed, Viewer, ViewerEvent};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::socket::{Ended, NO_RIGHT};
use super::window::Window;
use super::wire::{Ending, ServerMessage, ViewerBody, text};
use crate::audit::Onlooker;
use crate::state::AppState;
use crate::websocket::Sender;

/// The slowest viewer that is waited for, in bytes a second: a large frame may take longer than a small one.
const SLOWEST: u32 = 16 * 1024;

/// The way to one viewer.
pub(super) struct Outgoing<'a> {
    pub(super) app: &'a AppState,
    pub(super) sender: &'a mut Sender,
    pub(super) viewer: &'a mut Viewer,
    pub(super) onlooker: Onlooker,
    pub(super) acks: watch::Receiver<u64>,
    pub(super) replied: mpsc::Receiver<ServerMessage>,
    pub(super) window: Option<u64>,
    /// The viewer has typed what stops a program.
    pub(super) interrupted: Arc<Notify>,
}

impl Outgoing<'_> {
    /// Sends until the viewer, the terminal or the server is gone.
    pub(super) async fn run(mut self) -> Ended {
        match self.pump().await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn pump(&mut self) -> Result<std::convert::Infallible, Ended> {
        let hello = self.viewer.hello();
        self.say(&ServerMessage::Hello {
            offset: hello.offset,
            oldest: hello.oldest,
            cols: hello.size.cols,
            rows: hello.size.rows,
            mode: hello.access.into(),
        })
        .await?;
        let mut window = self.window.map(|most| Window::new(most, hello.offset));
        loop {
            let acked = *self.acks.borrow_and_update();
            let (mut credit, mut standstill) = (usize::MAX, None);
            if let Some(window) = &mut window {
                window.acknowledged(acked);
                (credit, standstill) = (window.credit(), window.standstill());
            }
            let event = tokio::select! {
                event = self.viewer.next(credit) => event,
                Some(reply) = self.replied.recv() => {
                    self.say(&reply).await?;
                    continue;
                }
                () = self.sender.owes() => {
                    self.in_time(0, async |sender| sender.answer().await).await?;
                    continue;
                }
                Ok(()) = self.acks.changed(), if self.window.is_some() => continue,
                () = sleep_until(standstill.unwrap_or_else(Instant::now)), if standstill.is_some() => {
                    window.iter_mut().for_each(Window::lift);
                    continue;
                }
                // A page shows a person what is there now; a client without a window may be one that keeps every byte.
                () = self.interrupted.notified(), if self.window.is_some() => {
                    self.viewer.catch_up();
                    continue;
                }
            };
            self.show(event, window.as_mut()).await?;
        }
    }

    async fn show(&mut self, event: ViewerEvent, window: Option<&mut Window>) -> Result<(), Ended> {
        match event {
            ViewerEvent::Snapshot { offset, data } => {
                if let Some(window) = window {
                    window.repainted(offset);
                }
                let bytes = data.len() as u64;
                self.say(&ServerMessage::Snapshot { offset, bytes }).await?;
                self.app.metrics().sent(data.len());
                self.send(&[], data).await
            }
            ViewerEvent::Output { offset, data } => {
                self.onlooker.sees(&data);
                if let Some(window) = window {
                    window.sent(offset.saturating_add(data.len() as u64));
                }
                self.app.metrics().sent(data.len());
                self.send(&offset.to_be_bytes(), data).await
            }
            ViewerEvent::Size(size) => self.say(&ServerMessage::size(size)).await,
            ViewerEvent::Exit(code) => self.say(&ServerMessage::Exit { code }).await,
            ViewerEvent::Presence(viewers) => {
                let own = self.viewer.id();
                let viewers = viewers
                    .into_iter()
                    .map(|viewer| ViewerBody::new(viewer, own))
                    .collect();
                self.say(&ServerMessage::Presence { viewers }).await
            }
            ViewerEvent::Closed(Closed::TerminalGone) => {
                Err(Some((Ending::NotFound, "terminal.gone")))
            }
            ViewerEvent::Closed(Closed::NoRight) => Err(Some(NO_RIGHT)),
            ViewerEvent::Closed(Closed::ServerStopping) => {
                Err(Some((Ending::GoingAway, "server.stopping")))
            }
        }
    }

    async fn say(&mut self, message: &ServerMessage) -> Result<(), Ended> {
        self.in_time(0, async |sender| sender.text(text(message)).await)
            .await
    }

    async fn send(&mut self, before: &[u8], data: Bytes) -> Result<(), Ended> {
        let length = data.len();
        self.in_time(length, async |sender| sender.binary(before, data).await)
            .await
    }

    /// Sends, unless the viewer takes it too slowly for so many bytes.
    async fn in_time(
        &mut self,
        length: usize,
        send: impl AsyncFnOnce(&mut Sender) -> io::Result<()>,
    ) -> Result<(), Ended> {
        let seconds = u64::try_from(length).unwrap_or(u64::MAX) / u64::from(SLOWEST);
        let patience = self.app.limits().viewer_stall + Duration::from_secs(seconds);
        match tokio::time::timeout(patience, send(self.sender)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some((Ending::TooSlow, "viewer.too_slow"))),
        }
    }
}
