//! When changes become a commit: a batch of changed files that is closed once it is quiet, has grown enough, has waited long enough, or
//! something was brought to an end. Pure: whoever drives it says what time it is, counted from wherever they like.
//!
//! ```text
//!            change                     quiet for the debounce, or for a moment where there are many files,
//!   Empty ───────────► Open ───────┐    or the interval is over, or a milestone
//!     ▲                 ▲  change  │
//!     │                 └──────────┤
//!     └────────────────────────────┴──► closed: whoever drives it commits, and begins anew where that cannot be done yet
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

/// With enough files for a commit, so much quiet is waited for all the same: a tool that writes ten thousand is one batch.
pub const SETTLED: Duration = Duration::from_secs(1);

/// When a batch closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Without a change for so long.
    pub debounce: Duration,
    /// So long after its first change.
    pub interval: Duration,
    /// With so many changed files, once they have settled.
    pub files: usize,
}

/// Something was brought to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// The agent's program ended.
    AgentExited,
    /// A program that runs tests ended well.
    TestsPassed,
    /// Whoever does the work says that a piece of it is done.
    Done,
}

impl Milestone {
    /// Those that can be told of from inside a session, as they are called there.
    pub const TOLD: [Self; 2] = [Self::TestsPassed, Self::Done];

    /// As it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgentExited => "ended",
            Self::TestsPassed => "tests",
            Self::Done => "done",
        }
    }

    /// The one that is called so, among those that can be told of.
    #[must_use]
    pub fn told(name: &str) -> Option<Self> {
        Self::TOLD.into_iter().find(|told| told.as_str() == name)
    }
}

/// Why a batch is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Nothing changed for the debounce.
    Quiet,
    /// It has waited for the whole interval.
    Interval,
    /// It has enough files.
    Files,
    /// Something was brought to an end.
    Milestone(Milestone),
}

/// The changes that wait. Files are known by a number of their own; no more than the pace asks for are kept.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    first: Duration,
    last: Duration,
    files: BTreeSet<u64>,
    milestone: Option<Milestone>,
}

impl Open {
    fn at(now: Duration) -> Self {
        Self {
            first: now,
            last: now,
            files: BTreeSet::new(),
            milestone: None,
        }
    }
}

impl Batch {
    /// A file changed.
    pub fn change(&mut self, now: Duration, file: u64, pace: &Pace) {
        let open = self.open.get_or_insert_with(|| Open::at(now));
        open.last = open.last.max(now);
        if open.files.len() < pace.files {
            open.files.insert(file);
        }
    }

    /// Something was brought to an end. What has changed by then is closed at once; where nothing was seen to change, one looks all the
    /// same.
    pub fn milestone(&mut self, now: Duration, milestone: Milestone) {
        let open = self.open.get_or_insert_with(|| Open::at(now));
        open.milestone = Some(milestone);
    }

    /// Whether anything waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_none()
    }

    /// When the batch closes if nothing happens until then, and why.
    #[must_use]
    pub fn due(&self, pace: &Pace) -> Option<(Duration, Closing)> {
        let open = self.open.as_ref()?;
        if let Some(milestone) = open.milestone {
            return Some((open.first, Closing::Milestone(milestone)));
        }
        let quiet = open.last.saturating_add(pace.debounce);
        let interval = open.first.saturating_add(pace.interval);
        let settled = open.last.saturating_add(SETTLED.min(pace.debounce));
        let enough = open.files.len() >= pace.files;
        let mut due = (quiet, Closing::Quiet);
        if enough && settled < due.0 {
            due = (settled, Closing::Files);
        }
        if interval < due.0 {
            due = (interval, Closing::Interval);
        }
        Some(due)
    }

    /// Closes the batch if it is time.
    pub fn close(&mut self, now: Duration, pace: &Pace) -> Option<Closing> {
        let (at, closing) = self.due(pace)?;
        (at <= now).then(|| {
            self.open = None;
            closing
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PACE: Pace = Pace {
        debounce: Duration::from_secs(30),
        interval: Duration::from_secs(300),
        files: 10,
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn quiet_closes_a_batch() {
        let mut batch = Batch::default();
        assert_eq!(batch.due(&PACE), None);
        batch.change(at(0), 1, &PACE);
        batch.change(at(20), 1, &PACE);
        assert_eq!(batch.close(at(49), &PACE), None);
        assert_eq!(batch.close(at(50), &PACE), Some(Closing::Quiet));
        assert!(batch.is_empty());
        assert_eq!(batch.close(at(500), &PACE), None);
    }

    #[test]
    fn who_never_rests_is_closed_by_the_interval() {
        let mut batch = Batch::default();
        for second in 0..300 {
            batch.change(at(second), 1, &PACE);
            assert_eq!(batch.close(at(second), &PACE), None);
        }
        assert_eq!(batch.close(at(300), &PACE), Some(Closing::Interval));
    }

    #[test]
    fn many_files_are_closed_once_they_settle() {
        let mut batch = Batch::default();
        for file in 0..10_000 {
            batch.change(at(2), file, &PACE);
        }
        assert_eq!(batch.due(&PACE), Some((at(3), Closing::Files)));
        batch.change(at(3), 1, &PACE);
        assert_eq!(batch.close(at(3), &PACE), None);
        assert_eq!(batch.close(at(4), &PACE), Some(Closing::Files));
    }

    #[test]
    fn a_milestone_closes_at_once() {
        let mut batch = Batch::default();
        batch.change(at(7), 1, &PACE);
        batch.milestone(at(8), Milestone::AgentExited);
        let closed = batch.close(at(8), &PACE);
        assert_eq!(closed, Some(Closing::Milestone(Milestone::AgentExited)));
    }

    proptest! {
        #[test]
        fn no_change_waits_longer_than_the_interval_and_none_is_forgotten(
            steps in prop::collection::vec((0_u64..40, prop::option::of(0_u64..30)), 1..200)
        ) {
            let mut batch = Batch::default();
            let (mut now, mut waiting) = (at(0), None);
            for (pause, file) in steps {
                now += at(pause);
                // It is looked at whenever it is due.
                while let Some((due, _)) = batch.due(&PACE).filter(|(due, _)| *due <= now) {
                    prop_assert!(batch.close(due, &PACE).is_some());
                    let since: Duration = waiting.take().unwrap_or(due);
                    prop_assert!(due - since <= PACE.interval);
                }
                if let Some(file) = file {
                    batch.change(now, file, &PACE);
                    waiting.get_or_insert(now);
                }
                prop_assert_eq!(batch.is_empty(), waiting.is_none());
            }
        }
    }
}
