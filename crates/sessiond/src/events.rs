//! What happens in the session, for whoever watches: a bounded broadcast. A watcher that falls behind loses the oldest events, never the
//! newest, and holds nobody up.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longhouse_link::proto::SessionEvent;
use longhouse_link::proto::session_event::{Activity, Kept, Log, What};
use tokio::sync::broadcast;

/// Events kept for a slow watcher. They are rare and small; this is minutes of them.
const KEPT: usize = 256;

/// News of kept work that wait for a watcher; the newest stay. It is what a night without a server makes, at a commit every few minutes.
const UNHEARD: usize = 200;

/// Who always listens: the look for ports, which follows the activity.
const OWN_WATCHERS: usize = 1;

/// The least time between two activity events, milliseconds.
const ACTIVITY_GAP: u64 = 2_000;

/// Where events are told and heard.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    sender: broadcast::Sender<SessionEvent>,
    last_activity: Arc<AtomicU64>,
    unheard: Arc<Mutex<VecDeque<Kept>>>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(KEPT),
            last_activity: Arc::default(),
            unheard: Arc::default(),
        }
    }

    pub(crate) fn tell(&self, what: What) {
        // Nobody may be watching: the server is away.
        let _unheard = self.sender.send(SessionEvent { what: Some(what) });
    }

    /// What was done about changes. Where nobody watches it waits for whoever watches next.
    pub(crate) fn tell_kept(&self, kept: Kept) {
        let mut unheard = self.unheard();
        // Looked at while no watcher can take what waits: it is either told or found waiting.
        if self.is_watched() {
            self.tell(What::Kept(kept));
            return;
        }
        if unheard.len() == UNHEARD {
            unheard.pop_front();
        }
        unheard.push_back(kept);
    }

    /// What nobody has heard of; from now on they have.
    pub(crate) fn take_unheard(&self) -> VecDeque<Kept> {
        std::mem::take(&mut *self.unheard())
    }

    fn unheard(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line for the session's log, which people read.
    pub(crate) fn log(&self, level: tracing::Level, source: &str, message: String) {
        match level {
            tracing::Level::ERROR => tracing::error!(source, "{message}"),
            tracing::Level::WARN => tracing::warn!(source, "{message}"),
            _ => tracing::info!(source, "{message}"),
        }
        self.tell(What::Log(Log {
            level: level.as_str().to_ascii_lowercase(),
            source: source.to_owned(),
            message,
        }));
    }

    /// Input or output happened at `at`, milliseconds since 1970.
    pub(crate) fn activity(&self, at: u64) {
        let last = self.last_activity.load(Ordering::Relaxed);
        if at.saturating_sub(last) >= ACTIVITY_GAP {
            self.last_activity.store(at, Ordering::Relaxed);
            self.tell(What::Activity(Activity { at_ms: at }));
        }
    }

    /// Whether anybody outside of the session hears what is told.
    pub(crate) fn is_watched(&self) -> bool {
        self.sender.receiver_count() > OWN_WATCHERS
    }

    pub(crate) fn watch(&self) -> broadcast::Receiver<SessionEvent> {
        self.sender.subscribe()
    }
}
