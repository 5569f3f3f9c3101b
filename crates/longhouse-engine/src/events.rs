//! The stream of what happens, for everybody in this process who listens. It is written to the store first.

use std::sync::Arc;

use longhouse_domain::event::{Event, EventKind, LogLine};
use longhouse_domain::{Actor, Audience, SessionId};
use tokio::sync::{broadcast, watch};

use crate::session::view::SessionView;

/// How many notices a listener may lag behind before it has to catch up from the store.
const NOTICES: usize = 1024;

/// How many log lines a follower may lag behind before lines are left out.
const LINES: usize = 1024;

/// An event, with the session as it is now where it still exists, so that nobody has to ask again.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What happened.
    pub event: Event,
    /// The session as its owner sees it; [`Notice::view_for`] shows it to others.
    pub(crate) session: Option<Arc<SessionView>>,
    /// For whom the session exists, at the moment of asking and not at that of the event: whoever is slow to be told hears
    /// nothing of a share that they have lost meanwhile.
    pub(crate) audience: watch::Receiver<Audience>,
}

impl Notice {
    /// Whether this actor may know of it.
    #[must_use]
    pub fn concerns(&self, actor: &Actor) -> bool {
        if let Some(user) = self.event.only_for {
            return user == actor.user;
        }
        match self.event.what {
            // Those with whom it was shared are told by an event of their own.
            EventKind::Deleted => actor.access(self.event.owner, None).is_some(),
            _ => self.audience.borrow().access(actor).is_some(),
        }
    }

    /// The session as this actor sees it, if it is there (for them).
    #[must_use]
    pub fn view_for(&self, actor: &Actor) -> Option<SessionView> {
        let session = self.session.as_deref()?;
        let (access, shared) = {
            let audience = self.audience.borrow();
            (audience.access(actor)?, audience.shares.len() as u64)
        };
        Some(session.clone().with_access(access, shared))
    }
}

/// Where events are handed on.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    notices: broadcast::Sender<Arc<Notice>>,
    lines: broadcast::Sender<Arc<(SessionId, LogLine)>>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            notices: broadcast::Sender::new(NOTICES),
            lines: broadcast::Sender::new(LINES),
        }
    }

    pub(crate) fn publish(&self, notice: Notice) {
        // Nobody listening is no error.
        let _ = self.notices.send(Arc::new(notice));
    }

    pub(crate) fn publish_line(&self, session: SessionId, line: LogLine) {
        let _ = self.lines.send(Arc::new((session, line)));
    }

    pub(crate) fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.notices.subscribe()
    }

    pub(crate) fn lines(&self) -> broadcast::Receiver<Arc<(SessionId, LogLine)>> {
        self.lines.subscribe()
    }
}
