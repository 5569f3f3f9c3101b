//! The stream of what happens, for everybody in this process who listens. It is written to the store first.

use std::sync::Arc;

use longhouse_domain::event::{Event, LogLine};
use longhouse_domain::{Actor, Permission, SessionId};
use tokio::sync::broadcast;

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
    /// The session; its allowed actions are those of its owner.
    pub session: Option<Arc<SessionView>>,
}

impl Notice {
    /// Whether this actor may know of it.
    #[must_use]
    pub fn concerns(&self, actor: &Actor) -> bool {
        actor.may_with_owner(Permission::Look, self.event.owner)
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

    pub(crate) fn publish(&self, event: Event, session: Option<Arc<SessionView>>) {
        // Nobody listening is no error.
        let _ = self.notices.send(Arc::new(Notice { event, session }));
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
