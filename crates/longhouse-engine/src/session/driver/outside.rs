//! What happens to a session's place without the session's doing: somebody stops, pauses or removes its container, or its memory is used up.

use longhouse_domain::event::{ContainerHealth, EventKind, LogLevel};
use longhouse_domain::lifecycle::Observed;
use longhouse_domain::session::RuntimeKind;
use longhouse_runtime::Happening;

use super::{Driver, Heard};
use crate::error::plain;

impl Driver {
    /// Takes what the runtime tells. An end is believed when it is seen.
    pub(super) async fn happened(&mut self, what: Happening) -> Heard {
        let Some(handle) = self.session.phase.handle() else {
            return Heard::Nothing;
        };
        match what {
            Happening::Ended => {
                let seen = self.runtime.observe(self.id, Some(handle)).await;
                if let Observed::Gone { .. } = seen {
                    return Heard::NewWish;
                }
            }
            Happening::Paused => {
                let text = "its container was paused from outside: unpause it there, or restart the session";
                self.log(LogLevel::Warn, "session", text).await;
                self.note(Some(text.to_owned())).await;
                self.tell_health(ContainerHealth::Unhealthy, Some(text))
                    .await;
            }
            Happening::Resumed => {
                let text = "its container goes on";
                self.log(LogLevel::Info, "session", text).await;
                self.note(None).await;
                self.tell_health(ContainerHealth::Healthy, None).await;
            }
            Happening::OutOfMemory => {
                let limit = self.session.spec.container.as_ref();
                let limit = limit.map_or(0, |container| container.limits.memory_mb);
                let text = format!(
                    "the session used up its memory ({limit} MB), and the largest program in it was ended"
                );
                self.log(LogLevel::Warn, "session", &text).await;
                self.note(Some(text.clone())).await;
                self.tell_health(ContainerHealth::Oom, Some(&text)).await;
            }
        }
        Heard::Nothing
    }

    /// Takes what sessiond says that its session is short of. Its words are foreign input.
    pub(super) async fn take_strain(&mut self, text: &str) {
        let text = plain(text);
        if !text.is_empty() {
            self.log(LogLevel::Warn, "session", &text).await;
        }
        self.note((!text.is_empty()).then_some(text)).await;
    }

    /// Tells how the session's container fares, where it lives in one.
    pub(super) async fn tell_health(&mut self, health: ContainerHealth, detail: Option<&str>) {
        if self.session.spec.runtime == RuntimeKind::Docker {
            let detail = detail.map(str::to_owned);
            self.append(&[EventKind::ContainerHealth { health, detail }])
                .await;
        }
    }

    /// Says something beside the status, or no more.
    pub(super) async fn note(&mut self, notice: Option<String>) {
        self.place = notice;
        self.show_notice().await;
    }

    /// What is to be said beside the status, of its place, of its disk and by its SSH agent.
    pub(super) fn notice(&self) -> Option<String> {
        let alert = self.alert.as_ref().map(|alert| alert.text.as_str());
        let set_up = self.set_up_notice();
        let parts = [
            self.place.as_deref(),
            self.disk.said(),
            alert,
            set_up.as_deref(),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Shows that, where it is not shown already.
    pub(super) async fn show_notice(&mut self) {
        let notice = self.notice();
        if self.live.borrow().notice == notice {
            return;
        }
        self.publish(|live| live.notice = notice);
        self.append(&[EventKind::Updated]).await;
    }
}
