//! How a session stands to the limit of its disk, reading after reading. No engine bounds a volume by itself, so this one is kept by looking:
//! it says when to warn, and when the session has to be stopped. What is done then, others do.
//!
//! ```text
//!   Within ──90 %──► Near ──100 %──► Over ──still after a while, or far beyond──► Spent
//!     ◄──── 85 % ─────┘  ◄──────────┘
//! ```
//!
//! Whoever begins above the limit (a session that was stopped for it, or whose limit was lowered) has longer to delete files, but grows no
//! further meanwhile.

use std::time::Duration;

/// How long a session may be over its limit: a build's temporary files go again.
const GRACE: Duration = Duration::from_secs(15);

/// How long one that begins over it may take to delete files.
pub const CLEAN_UP: Duration = Duration::from_secs(600);

/// Bytes of a megabyte, as limits count them.
pub const MEGABYTE: u64 = 1024 * 1024;

/// How a session stands to its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskStanding {
    /// There is room.
    #[default]
    Within,
    /// There is hardly any.
    Near,
    /// It has more than it may.
    Over,
    /// It has had more for too long, or far more: it is to be stopped.
    Spent,
}

/// What is remembered from reading to reading, beginning with each start of the session.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskWatch {
    standing: DiskStanding,
    limit: u64,
    /// What it had when this limit began to hold.
    began_with: u64,
    over_since: Option<Duration>,
}

impl DiskWatch {
    /// Takes a reading: so many bytes, of a limit of so many, at a time that is counted from anywhere.
    pub fn read(&mut self, used: u64, limit: u64, at: Duration) -> DiskStanding {
        if limit != self.limit {
            *self = Self {
                limit,
                began_with: used,
                ..Self::default()
            };
        }
        if used > limit {
            let since = *self.over_since.get_or_insert(at);
            let began_over = self.began_with > limit;
            let grace = if began_over { CLEAN_UP } else { GRACE };
            let most = self.began_with.max(limit).saturating_add(limit / 10);
            let is_spent = used > most || at.saturating_sub(since) >= grace;
            self.standing = if is_spent {
                DiskStanding::Spent
            } else {
                DiskStanding::Over
            };
            return self.standing;
        }
        // Who was over it once, and is not any more, begins like everybody.
        self.over_since = None;
        self.began_with = self.began_with.min(limit);
        let share = |percent: u64| limit / 100 * percent;
        let was_near = self.standing != DiskStanding::Within;
        let is_near = used >= share(90) || was_near && used >= share(85);
        self.standing = if is_near {
            DiskStanding::Near
        } else {
            DiskStanding::Within
        };
        self.standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 1_000 * MEGABYTE;

    fn percent(share: u64) -> u64 {
        LIMIT / 100 * share
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn it_is_told_before_it_is_too_late_and_does_not_flutter() {
        let mut watch = DiskWatch::default();
        let said = [50, 89, 90, 86, 91, 85, 84, 86]
            .map(|share| watch.read(percent(share), LIMIT, seconds(0)));
        use DiskStanding::{Near, Within};
        assert_eq!(
            said,
            [Within, Within, Near, Near, Near, Near, Within, Within]
        );
    }

    #[test]
    fn what_is_over_for_a_moment_goes_on_and_what_stays_over_is_spent() {
        let mut watch = DiskWatch::default();
        watch.read(percent(50), LIMIT, seconds(0));
        assert_eq!(
            watch.read(percent(105), LIMIT, seconds(10)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(100), LIMIT, seconds(20)),
            DiskStanding::Near
        );
        assert_eq!(
            watch.read(percent(105), LIMIT, seconds(30)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(105), LIMIT, seconds(44)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(105), LIMIT, seconds(45)),
            DiskStanding::Spent
        );
    }

    #[test]
    fn what_is_far_over_is_spent_at_once() {
        let mut watch = DiskWatch::default();
        watch.read(0, LIMIT, seconds(0));
        assert_eq!(
            watch.read(percent(111), LIMIT, seconds(2)),
            DiskStanding::Spent
        );
    }

    #[test]
    fn who_begins_over_it_has_time_to_delete_and_none_to_grow() {
        let mut watch = DiskWatch::default();
        assert_eq!(
            watch.read(percent(150), LIMIT, seconds(0)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(160), LIMIT, seconds(599)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(150), LIMIT, seconds(600)),
            DiskStanding::Spent
        );
        let mut grows = DiskWatch::default();
        grows.read(percent(150), LIMIT, seconds(0));
        assert_eq!(
            grows.read(percent(161), LIMIT, seconds(2)),
            DiskStanding::Spent
        );
        // Once it fits again it is like all others.
        let mut tidy = DiskWatch::default();
        tidy.read(percent(150), LIMIT, seconds(0));
        assert_eq!(
            tidy.read(percent(50), LIMIT, seconds(2)),
            DiskStanding::Within
        );
        assert_eq!(
            tidy.read(percent(120), LIMIT, seconds(4)),
            DiskStanding::Spent
        );
    }

    #[test]
    fn a_changed_limit_is_a_new_beginning() {
        let mut watch = DiskWatch::default();
        watch.read(percent(50), LIMIT, seconds(0));
        assert_eq!(
            watch.read(percent(50), LIMIT / 4, seconds(2)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(50), LIMIT / 4, seconds(300)),
            DiskStanding::Over
        );
        assert_eq!(
            watch.read(percent(50), LIMIT, seconds(301)),
            DiskStanding::Within
        );
    }
}
