//! What a driver tells: events for everybody who may know, and lines for the session's own log.

use std::sync::Arc;

use longhouse_domain::event::{Event, EventKind, LogLevel, Stage};

use super::Driver;
use crate::events::Notice;

impl Driver {
    pub(super) async fn progress(&self, stage: Stage, detail: &str) {
        let what = [EventKind::Progress {
            stage,
            percent: None,
            detail: detail.to_owned(),
        }];
        self.append(&what).await;
        self.log(LogLevel::Info, "session", detail).await;
    }

    /// Tells of something that changes no record.
    pub(super) async fn append(&self, what: &[EventKind]) {
        let now = self.context.now();
        match self
            .context
            .store
            .append_events(self.id, self.session.owner, what, now)
            .await
        {
            Ok(events) => self.tell(events).await,
            Err(error) => self
                .context
                .complain(self.id, "write an event down", &error.into()),
        }
    }

    pub(super) async fn tell(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let name = self
            .context
            .username(self.session.owner)
            .await
            .unwrap_or_default();
        let view = {
            let live = self.live.borrow();
            (!live.gone).then(|| Arc::new(self.context.view(&self.session, Some(&live), name)))
        };
        for event in events {
            self.context.events.publish(Notice {
                event,
                session: view.clone(),
                audience: self.audience.subscribe(),
            });
        }
    }

    /// A line for the session's own log.
    pub(super) async fn log(&self, level: LogLevel, source: &str, message: &str) {
        self.context.log(self.id, level, source, message).await;
    }
}
