//! How much of what strangers are refused is recorded: all of it, as long as it is not a flood meant to fill the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use longhouse_domain::audit::{ActorKind, AuditEntry, Severity};

use crate::limits::RateLimiter;

/// Refusals that are recorded of one address in the long run, and how many of them at once.
const INTERVAL: Duration = Duration::from_millis(600);
const BURST: u32 = 200;

/// Counts refusals of people who did not say who they are.
pub(crate) struct Strangers {
    limit: RateLimiter<String>,
    passed_over: AtomicU64,
}

impl Strangers {
    pub(crate) fn new() -> Self {
        Self {
            limit: RateLimiter::new(INTERVAL, BURST),
            passed_over: AtomicU64::new(0),
        }
    }

    /// The entry, where it is to be recorded; it says how many were passed over before it.
    pub(super) fn admit(&self, entry: AuditEntry) -> Option<AuditEntry> {
        if entry.actor.kind != ActorKind::Nobody || entry.severity != Severity::Info {
            return Some(entry);
        }
        if self
            .limit
            .check(entry.address.clone(), Instant::now())
            .is_err()
        {
            self.passed_over.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(match self.passed_over.swap(0, Ordering::Relaxed) {
            0 => entry,
            passed_over => entry.with("unrecordedBefore", passed_over.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use longhouse_domain::Timestamp;
    use longhouse_domain::audit::AuditActor;

    use super::*;

    fn from(address: &str, actor: AuditActor) -> AuditEntry {
        let mut entry = AuditEntry::new(Timestamp::UNIX_EPOCH, actor, "auth.login");
        entry.address = address.to_owned();
        entry
    }

    #[test]
    fn a_flood_is_counted_and_not_recorded() {
        let strangers = Strangers::new();
        let flood = || strangers.admit(from("203.0.113.7", AuditActor::nobody()));
        let told = (0..BURST + 50).filter(|_| flood().is_some()).count();
        // The clock goes on while this runs, so a few more may get through.
        assert!((BURST as usize..BURST as usize + 50).contains(&told));
        // Those who said who they are, and what matters, are always recorded.
        assert!(
            strangers
                .admit(from("203.0.113.7", AuditActor::system("x")))
                .is_some()
        );
        let mut critical = from("203.0.113.7", AuditActor::nobody());
        critical.severity = Severity::Critical;
        assert!(strangers.admit(critical).is_some());
        let next = strangers
            .admit(from("203.0.113.8", AuditActor::nobody()))
            .unwrap();
        assert!(next.detail.contains_key("unrecordedBefore"));
        let next = strangers
            .admit(from("203.0.113.9", AuditActor::nobody()))
            .unwrap();
        assert!(next.detail.is_empty());
    }
}
