//! One watched terminal: its newest output, its viewers, and the tasks that keep both fresh. It lives as long as it has viewers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::Patience;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::fetch::snapshot;
use super::presence::Access;
use super::repaints::{Repaint, Repaints};
use super::state::State;
use super::viewer::Closed;
use super::{input, pump};
use crate::error::EngineError;
use crate::session::ask::AskError;
use crate::session::connection::{Connection, Connections};
use crate::session::terminals;

/// How long a program may take to read what the last viewer typed who has left.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How many pieces of input wait for sessiond; beyond that, who types waits.
const INPUT_QUEUE: usize = 16;

/// How long changes of presence are gathered before all viewers hear of them: a thousand viewers who arrive at once are one change.
const PRESENCE_PAUSE: Duration = Duration::from_millis(100);

/// What the tasks and the viewers of one terminal share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    presence: Notify,
    /// The fastest viewer has got more.
    shown: Notify,
}

impl Shared {
    /// The state. The lock is held for a few instructions, never across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes every viewer that waits.
    pub(super) fn wake(&self) {
        self.changed.send_replace(());
    }

    /// Waits a moment for the viewers, if the fastest of them has fallen behind.
    pub(super) async fn wait_for_viewers(&self, patience: &mut Patience) {
        let Some(pause) = self.lock().pause(patience) else {
            return;
        };
        let near = async {
            loop {
                let moved = self.shown.notified();
                if self.lock().is_near(patience) {
                    break;
                }
                moved.await;
            }
        };
        let begun = Instant::now();
        let _too_long = timeout(pause, near).await;
        patience.waited(begun.elapsed());
    }

    /// Notes that a viewer has got what is before `offset`.
    pub(super) fn show(&self, state: &mut State, offset: u64) {
        if state.show(offset) {
            self.shown.notify_waiters();
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

/// One watched terminal.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) name: String,
    pub(super) shared: Arc<Shared>,
    pub(super) connections: Connections,
    input: mpsc::Sender<Bytes>,
    wanted_size: watch::Sender<Option<TerminalSize>>,
    next_viewer: AtomicU64,
    repaints: Repaints,
    _stop: DropGuard,
}

impl Hub {
    /// Begins to watch the terminal. Fails where the session has no such terminal, or is not connected.
    pub(crate) async fn open(
        connections: Connections,
        name: &str,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, EngineError> {
        let (boot_id, terminal) = find(&connections, name).await?;
        let state = State::new(
            boot_id,
            terminal.oldest,
            terminal.offset,
            TerminalSize::clamped(terminal.cols.into(), terminal.rows.into()),
            terminal.exit_code.filter(|_| !terminal.running),
        );
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: watch::Sender::new(()),
            presence: Notify::new(),
            shown: Notify::new(),
        });
        let (input, typed) = mpsc::channel(INPUT_QUEUE);
        let (wanted_size, wanted) = watch::channel(None);
        let stop = stop.child_token();
        let name = name.to_owned();
        let spawn = |task: futures_util::future::BoxFuture<'static, ()>| {
            let stop = stop.clone();
            tasks.spawn(async move { stop.run_until_cancelled(task).await });
        };
        spawn(Box::pin(pump::run(
            name.clone(),
            shared.clone(),
            connections.clone(),
        )));
        // What was typed is carried on when the last viewer has left, for a moment.
        let carried = input::run(name.clone(), typed, connections.clone());
        let gone = stop.clone();
        tasks.spawn(async move {
            let too_long = async {
                gone.cancelled().await;
                tokio::time::sleep(LAST_WORDS).await;
            };
            tokio::select! {
                () = carried => {}
                () = too_long => {}
            }
        });
        spawn(Box::pin(resize(name.clone(), wanted, connections.clone())));
        spawn(Box::pin(announce(shared.clone())));
        Ok(Self {
            name,
            shared,
            connections,
            input,
            wanted_size,
            next_viewer: AtomicU64::new(1),
            repaints: Repaints::default(),
            _stop: stop.drop_guard(),
        })
    }

    /// Asks sessiond again which bytes it keeps: that moves on with every one that is written.
    pub(super) async fn look_again(&self) -> Result<(), EngineError> {
        let (boot_id, terminal) = find(&self.connections, &self.name).await?;
        let mut state = self.shared.lock();
        if state.boot_id == boot_id {
            state.oldest = terminal.oldest;
        }
        Ok(())
    }

    /// A repaint of what is there now, which all get who ask for one while it is under way.
    pub(super) fn repaint(&self) -> Repaint {
        let epoch = self.shared.lock().epoch;
        let fetch = snapshot(self.connections.clone(), self.name.clone());
        self.repaints.join(epoch, fetch)
    }

    /// How many look.
    pub(crate) fn viewers(&self) -> usize {
        self.shared.lock().presence.count()
    }

    /// Tells every viewer that the terminal is gone.
    pub(crate) fn close(&self) {
        self.shared.lock().closed = Some(Closed::TerminalGone);
        self.shared.wake();
    }

    /// Whether its terminal is gone, so that it serves nobody new.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.lock().closed.is_some()
    }

    pub(super) fn join(&self, username: &str, access: Access) -> u64 {
        let id = self.next_viewer.fetch_add(1, Ordering::Relaxed);
        self.shared.lock().presence.join(id, username, access);
        self.shared.presence.notify_one();
        id
    }

    pub(super) fn leave(&self, id: u64) {
        self.shared.lock().presence.leave(id);
        self.shared.presence.notify_one();
    }

    /// A viewer may do more or less than before.
    pub(super) fn set_access(&self, id: u64, access: Access) {
        self.shared.lock().presence.set_access(id, access);
        self.shared.presence.notify_one();
    }

    /// Types for a viewer, who becomes the driver. Waits while the program does not read.
    pub(super) async fn typed(&self, id: u64, data: Bytes) -> Result<(), EngineError> {
        if !self.shared.lock().presence.drives(id) {
            let size = self.shared.lock().presence.typed(id);
            self.shared.presence.notify_one();
            if size.is_some() {
                self.wanted_size.send_replace(size);
            }
        }
        self.input
            .send(data)
            .await
            .map_err(|_| EngineError::TerminalNotFound)
    }

    /// A viewer's window has this size: the terminal takes it if the viewer drives.
    pub(super) fn wants(&self, id: u64, size: TerminalSize) {
        let takes = self.shared.lock().presence.wants(id, size);
        if takes {
            self.wanted_size
                .send_if_modified(|wanted| wanted.replace(size) != Some(size));
            self.shared.presence.notify_one();
        }
    }
}

/// Carries the newest wanted size to sessiond; sizes that were overtaken on the way are left out.
async fn resize(
    name: String,
    mut wanted: watch::Receiver<Option<TerminalSize>>,
    mut connections: Connections,
) {
    while wanted.changed().await.is_ok() {
        let Some(size) = *wanted.borrow_and_update() else {
            continue;
        };
        let Ok(connection) = connections.wait().await else {
            return;
        };
        let request = proto::ResizeTerminalRequest {
            name: name.clone(),
            cols: size.cols.into(),
            rows: size.rows.into(),
        };
        if let Err(status) = connection.client().resize_terminal(request).await {
            tracing::debug!(terminal = name, %status, "resize was refused");
        }
    }
}

/// Tells the viewers of each other, a moment after something changed.
async fn announce(shared: Arc<Shared>) {
    loop {
        shared.presence.notified().await;
        tokio::time::sleep(PRESENCE_PAUSE).await;
        shared.lock().presence_version += 1;
        shared.wake();
    }
}

/// The terminal as it is now, and in which start of sessiond.
async fn find(
    connections: &Connections,
    name: &str,
) -> Result<(String, proto::Terminal), AskError> {
    let question = |link: Arc<Connection>| async move {
        let terminal = terminals::find(&link, name).await?;
        Ok((link.boot_id().to_owned(), terminal))
    };
    connections.ask(question).await
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::super::ring::{READ_BYTES, RING_BYTES};
    use super::*;

    /// A piece comes from sessiond each millisecond, and a viewer takes so many after each pause, which is longer now and then. Gives how far that one was behind at
    /// the worst, and how long it took.
    async fn flood(takes: usize, pause: u64, held_up: u64) -> (u64, Duration) {
        const TOTAL: u64 = 64 * RING_BYTES;
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(String::new(), 0, 0, TerminalSize::DEFAULT, None)),
            changed: watch::Sender::new(()),
            presence: Notify::new(),
            shown: Notify::new(),
        });
        let seen = Arc::clone(&shared);
        let viewer = tokio::spawn(async move {
            let mut position = 0;
            for turn in 1.. {
                let pause = if turn % 300 == 0 { held_up } else { pause };
                sleep(Duration::from_millis(pause)).await;
                let mut state = seen.lock();
                position = state.ring.end().min(position + (takes * READ_BYTES) as u64);
                seen.show(&mut state, position);
            }
        });
        let (begun, mut worst) = (Instant::now(), 0);
        let mut patience = Patience::with_room(RING_BYTES / 2);
        for offset in (0..TOTAL).step_by(READ_BYTES) {
            sleep(Duration::from_millis(1)).await;
            let piece = Bytes::from_static(&[b'x'; READ_BYTES]);
            shared.lock().push(offset, piece);
            shared.wait_for_viewers(&mut patience).await;
            let behind = shared.lock().behind();
            worst = worst.max(behind);
        }
        viewer.abort();
        (worst, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_who_is_held_up_for_a_moment_stays_within_the_ring() {
        let (_, unhindered) = flood(2, 1, 1).await;
        let (behind, took) = flood(2, 1, 20).await;
        assert!(behind < RING_BYTES, "{behind}");
        assert!(took > unhindered, "it was not held up");
        // One who is far too slow holds nobody up for long.
        let (behind, took) = flood(1, 50, 50).await;
        assert!(behind > RING_BYTES, "{behind}");
        let most = unhindered * 11 / 10 + Duration::from_millis(250);
        assert!(took < most, "{took:?} instead of {unhindered:?}");
    }
}
