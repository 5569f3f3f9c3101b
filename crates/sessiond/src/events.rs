//! What happens in the session, for whoever watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::Stream;
use longhouse_link::News;
use longhouse_link::proto::SessionEvent;
use longhouse_link::proto::session_event::{Activity, Log, What};
use tokio::sync::broadcast;

/// Who always listens: the look for ports, which follows the activity.
const OWN_WATCHERS: usize = 1;

/// The least time between two activity events, milliseconds.
const ACTIVITY_GAP: u64 = 2_000;

/// Where events are told and heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    news: News,
    last_activity: Arc<AtomicU64>,
}

impl Events {
    pub(crate) fn tell(&self, what: What) {
        self.news.tell(what);
    }

    /// What must not be lost: it is told until the server has written it down.
    pub(crate) fn tell_for_sure(&self, what: What) {
        self.news.tell_for_sure(what);
    }

    /// The server has written down all up to this number.
    pub(crate) fn acknowledge(&self, number: u64) {
        self.news.acknowledge(number);
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
        self.news.watchers() > OWN_WATCHERS
    }

    /// What happens from now on, for the session's own parts.
    pub(crate) fn follow(&self) -> broadcast::Receiver<SessionEvent> {
        self.news.follow()
    }

    /// The same for the server, after what it has not written down yet.
    pub(crate) fn watch(&self) -> impl Stream<Item = SessionEvent> + Send + use<> {
        self.news.watch()
    }
}
