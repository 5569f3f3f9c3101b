//! One viewer's place in a terminal's output.
//!
//! ```text
//!              from is kept                 position reaches the ring
//!   join ──┬───────────────► reads sessiond's past ───────────────► reads the ring ◄─┐
//!          │                        │ no longer kept                    │ fell behind │
//!          └───────────────► repainted from a snapshot ◄────────────────┘─────────────┘
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use longhouse_domain::Permission;
use longhouse_domain::terminal::TerminalSize;
use tokio::sync::watch;

use super::fetch::{Fetched, Snapshot, next_past, past};
use super::hub::Hub;
use super::input::ViewerInput;
use super::presence::{Access, PresentViewer, Told};
use super::ring::Read;
use super::state::{Mark, State};
use crate::error::EngineError;
use crate::session::connection::Away;
use crate::session::inside::Join;
use crate::session::right::Right;

/// How many bytes one who interrupts is given before the prompt rather than a repaint: as many as a page draws in a few hundredths of a second.
const FAR_BEHIND: u64 = 256 * 1024;

/// Why a viewer hears no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The terminal was closed, or its session stopped.
    TerminalGone,
    /// The server goes away; the terminal stays. Come back.
    ServerStopping,
    /// The viewer may not look at this session any more.
    NoRight,
}

impl From<Away> for Closed {
    fn from(away: Away) -> Self {
        match away {
            Away::AtRest => Self::TerminalGone,
            Away::ServerStopping => Self::ServerStopping,
        }
    }
}

/// What a viewer hears first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Where this viewer's output begins.
    pub offset: u64,
    /// The first offset that is kept.
    pub oldest: u64,
    /// The present size.
    pub size: TerminalSize,
    /// What the viewer may do.
    pub access: Access,
}

/// The next thing for a viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerEvent {
    /// Bytes that repaint screen and scrollback; output goes on at `offset`.
    Snapshot {
        /// The offset that the repaint shows.
        offset: u64,
        /// For a terminal that was reset.
        data: Bytes,
    },
    /// Output.
    Output {
        /// The offset of the first byte.
        offset: u64,
        /// At least one byte, at most 64 KiB.
        data: Bytes,
    },
    /// The size changed here.
    Size(TerminalSize),
    /// The program ended here; output may follow if it is started again.
    Exit(i32),
    /// Who looks, at most fifty of them.
    Presence(Vec<PresentViewer>),
    /// The end. Nothing follows.
    Closed(Closed),
}

enum Look {
    Event(ViewerEvent),
    Repaint,
    Past { from: u64, until: u64 },
    Wait,
}

/// Reads one terminal. Dropping it leaves.
pub struct Viewer {
    id: u64,
    hub: Arc<Hub>,
    /// What the viewer came for, and what of it they may do now.
    asked: Access,
    access: Access,
    right: Right,
    hello: Hello,
    changed: watch::Receiver<()>,
    position: u64,
    epoch: u64,
    next_mark: u64,
    told: Told,
    /// The exit that happened before this viewer came, and where.
    exit_before: Option<(u64, i32)>,
    queue: VecDeque<ViewerEvent>,
    past: VecDeque<(u64, Bytes)>,
    repaint: bool,
    fetch: Option<BoxFuture<'static, Fetched>>,
}

impl std::fmt::Debug for Viewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Viewer")
            .field("id", &self.id)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Viewer {
    /// Joins. With `from` inside what is kept, the output goes on at exactly that byte; otherwise it begins with a repaint.
    pub(crate) async fn join(
        hub: Arc<Hub>,
        username: &str,
        right: Right,
        join: Join,
    ) -> Result<Self, EngineError> {
        let Join { from, access } = join;
        if from.is_some() {
            hub.look_again().await?;
        }
        let changed = hub.shared.watch();
        let (epoch, next_mark, exit_before, size, oldest, end) = {
            let state = hub.shared.lock();
            let exit = state.exit.map(|code| (state.ring.end(), code));
            (
                state.epoch,
                state.next_mark(),
                exit,
                state.size,
                state.oldest,
                state.ring.end(),
            )
        };
        let from = from.filter(|from| (oldest..=end).contains(from));
        let mut viewer = Self {
            id: hub.join(username, access),
            hub,
            asked: access,
            access,
            right,
            hello: Hello {
                offset: from.unwrap_or(end),
                oldest,
                size,
                access,
            },
            changed,
            position: from.unwrap_or(end),
            epoch,
            next_mark,
            told: Told::default(),
            exit_before,
            queue: VecDeque::new(),
            past: VecDeque::new(),
            repaint: false,
            fetch: None,
        };
        if from.is_none() {
            match viewer.hub.repaint().await {
                Fetched::Snapshot(snapshot) => viewer.start_with(snapshot),
                Fetched::Gone(Closed::TerminalGone) => return Err(EngineError::TerminalNotFound),
                _ => return Err(EngineError::unreachable("no snapshot")),
            }
        }
        Ok(viewer)
    }

    /// What to tell the viewer first.
    #[must_use]
    pub fn hello(&self) -> Hello {
        self.hello
    }

    /// Tells two windows of one person apart.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Waits for the next thing. Cancel safe. With no credit only things that are not output come; output is at most
    /// `credit` and 64 KiB long.
    pub async fn next(&mut self, credit: usize) -> ViewerEvent {
        loop {
            if !self.may_stay() {
                return ViewerEvent::Closed(Closed::NoRight);
            }
            if let Some(fetch) = &mut self.fetch {
                let fetched = tokio::select! {
                    fetched = fetch => fetched,
                    () = self.right.changed() => continue,
                };
                self.fetch = None;
                self.take(fetched);
            }
            self.changed.borrow_and_update();
            match self.look(credit) {
                Look::Event(event) => return event,
                Look::Repaint => self.fetch = Some(Box::pin(self.hub.repaint())),
                Look::Past { from, until } => {
                    let (connections, name) = (self.hub.connections.clone(), self.hub.name.clone());
                    self.fetch = Some(Box::pin(past(connections, name, from, until)));
                }
                Look::Wait => tokio::select! {
                    changed = self.changed.changed() => if changed.is_err() {
                        return ViewerEvent::Closed(Closed::ServerStopping);
                    },
                    () = self.told.due() => {}
                    () = self.right.changed() => {}
                },
            }
        }
    }

    /// Goes on with a repaint of what is there now, if the viewer is far behind: whoever stops a program that floods does not want to
    /// see first what it wrote before.
    pub fn catch_up(&mut self) {
        let end = self.hub.shared.lock().ring.end();
        if !self.repaint && end.saturating_sub(self.position) > FAR_BEHIND {
            self.repaint = true;
            self.past.clear();
            self.fetch = None;
        }
    }

    /// The way in, apart from the way out: a viewer's typing may have to wait while its output goes on.
    #[must_use]
    pub fn input(&self) -> ViewerInput {
        ViewerInput {
            id: self.id,
            hub: Arc::clone(&self.hub),
            asked: self.asked,
            right: self.right.clone(),
        }
    }

    /// What the viewer may do with the session, for whoever cannot wait until the viewer takes what comes next.
    #[must_use]
    pub fn right(&self) -> Right {
        self.right.clone()
    }

    /// Whether the viewer may still look. Whether they may type is seen to here, too: the others see it at once.
    fn may_stay(&mut self) -> bool {
        let access = match self.asked {
            Access::Write if self.right.may(Permission::Drive) => Access::Write,
            Access::Write | Access::Read => Access::Read,
        };
        if access != self.access {
            self.access = access;
            self.hub.set_access(self.id, access);
        }
        self.right.may(Permission::Look)
    }

    /// Types. Waits while the program does not read.
    pub async fn write(&self, data: Bytes) -> Result<(), EngineError> {
        self.input().write(data).await
    }

    /// Says how large the viewer's window is. The terminal takes that size while this viewer drives.
    pub fn resize(&self, size: TerminalSize) -> Result<(), EngineError> {
        self.input().resize(size)
    }

    fn look(&mut self, credit: usize) -> Look {
        if let Some(event) = self.queue.pop_front() {
            return Look::Event(event);
        }
        let hub = Arc::clone(&self.hub);
        let mut state = hub.shared.lock();
        if self
            .told
            .is_due(state.presence_version, state.presence.count())
        {
            return Look::Event(ViewerEvent::Presence(state.presence.list()));
        }
        if state.epoch != self.epoch {
            self.epoch = state.epoch;
            self.repaint = true;
        }
        if self.repaint {
            return if credit == 0 {
                Look::Wait
            } else {
                Look::Repaint
            };
        }
        if let Some((number, mark)) = state.mark_before(self.next_mark, self.position) {
            self.next_mark = number + 1;
            return Look::Event(match mark {
                Mark::Size(size) => ViewerEvent::Size(size),
                Mark::Exit(code) => ViewerEvent::Exit(code),
            });
        }
        if let Some((_, code)) = self
            .exit_before
            .take_if(|(offset, _)| *offset <= self.position)
        {
            return Look::Event(ViewerEvent::Exit(code));
        }
        let ended = state
            .closed
            .map(|closed| Look::Event(ViewerEvent::Closed(closed)));
        if credit == 0 {
            return ended.unwrap_or(Look::Wait);
        }
        if let Some(data) = next_past(&mut self.past, self.position, credit) {
            return Look::Event(self.output(&mut state, data));
        }
        match state.ring.read(self.position, credit) {
            Read::Some(data) => Look::Event(self.output(&mut state, data)),
            Read::Outside if self.position < state.ring.start() => match ended {
                Some(ended) => ended,
                None => Look::Past {
                    from: self.position,
                    until: state.ring.start(),
                },
            },
            // A repaint may be ahead of the ring by what is on its way.
            Read::End | Read::Outside => ended.unwrap_or(Look::Wait),
        }
    }

    fn output(&mut self, state: &mut State, data: Bytes) -> ViewerEvent {
        let offset = self.position;
        self.position += data.len() as u64;
        self.hub.shared.show(state, self.position);
        ViewerEvent::Output { offset, data }
    }

    fn take(&mut self, fetched: Fetched) {
        match fetched {
            Fetched::Snapshot(snapshot) => self.start_with(snapshot),
            Fetched::Past(chunks) => self.past = chunks,
            Fetched::Lost => self.repaint = true,
            Fetched::Gone(closed) => self.queue.push_back(ViewerEvent::Closed(closed)),
        }
    }

    fn start_with(&mut self, snapshot: Snapshot) {
        self.repaint = false;
        self.past.clear();
        self.position = snapshot.offset;
        self.hello = Hello {
            offset: snapshot.offset,
            oldest: snapshot.oldest,
            size: snapshot.size,
            access: self.access,
        };
        let mut state = self.hub.shared.lock();
        self.hub.shared.show(&mut state, self.position);
        self.next_mark = state.next_mark();
        self.exit_before = state
            .exit
            .map(|code| (state.ring.end().min(snapshot.offset), code));
        let later_size = (state.size != snapshot.size).then_some(state.size);
        drop(state);
        self.queue.push_back(ViewerEvent::Size(snapshot.size));
        self.queue.push_back(ViewerEvent::Snapshot {
            offset: snapshot.offset,
            data: snapshot.data,
        });
        self.queue.extend(later_size.map(ViewerEvent::Size));
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}
