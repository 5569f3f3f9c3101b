//! What the session takes up on disk. Looking costs as much as the tree is large, so it is done apart, at the lowest priority, and the seldomer
//! the longer it takes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use longhouse_files::{FileError, Root};

/// The most things that one look goes through; what is larger has no figure. A large workspace with all its dependencies has a tenth.
const THINGS: u64 = 2_000_000;

/// How much anybody waits for a figure of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Haste {
    /// Somebody watches it.
    Some,
    /// It goes into a history.
    None,
}

impl Haste {
    /// The least time between two looks, how many times as long as the look itself took the pause after it is at the least, and after
    /// what time one looks again although none of the session's programs has run.
    fn pace(self) -> (Duration, u32, Duration) {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        match self {
            Self::Some => (Duration::from_secs(10), 20, minutes(5)),
            Self::None => (minutes(10), 1_000, minutes(180)),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Disk {
    own_home: Option<PathBuf>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    bytes: Option<u64>,
    /// What was free on the disk when that was looked for.
    free: Option<u64>,
    looking: bool,
    last: Option<Look>,
}

/// A look that was begun.
#[derive(Clone, Copy, Debug)]
struct Look {
    began: Instant,
    took: Duration,
    /// What processor time the session's programs had used by then.
    ticks: u64,
}

impl Disk {
    pub(super) fn new(own_home: Option<PathBuf>) -> Self {
        Self {
            own_home,
            state: Arc::default(),
        }
    }

    /// What was found last. A further look is begun where it is time for one, or where there may be more than `limit` by now.
    pub(super) fn known(&self, haste: Haste, ticks: u64, limit: Option<u64>) -> Option<u64> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let free = limit.and_then(|_| free());
        let taken = state
            .free
            .zip(free)
            .map(|(then, now)| then.saturating_sub(now));
        let may_be_over = limit.is_some_and(|limit| may_be_over(state.bytes, taken, limit));
        let is_over = limit
            .zip(state.bytes)
            .is_some_and(|(limit, bytes)| bytes > limit);
        let is_due = is_due(state.last, now, haste, ticks)
            || may_be_over && may_hurry(state.last, now)
            || is_over && may_fit(state.last, now);
        if !state.looking && is_due {
            state.free = free;
            state.looking = self.begin(now, ticks);
        }
        state.bytes
    }

    fn begin(&self, began: Instant, ticks: u64) -> bool {
        let (state, own_home) = (Arc::clone(&self.state), self.own_home.clone());
        let look = move || {
            // Of this thread alone, and for good: that is why it is one of its own.
            let _as_before = rustix::process::nice(19);
            let bytes = look(own_home.as_deref()).inspect_err(|error| {
                tracing::debug!(%error, "what the session takes up on disk is not known");
            });
            let mut state = lock(&state);
            state.bytes = bytes.ok();
            state.looking = false;
            state.last = Some(Look {
                began,
                took: began.elapsed(),
                ticks,
            });
        };
        let thread = std::thread::Builder::new().name("disk".to_owned());
        thread
            .spawn(look)
            .inspect_err(|error| tracing::debug!(%error, "cannot look at the disk"))
            .is_ok()
    }
}

fn look(own_home: Option<&std::path::Path>) -> Result<u64, FileError> {
    let workspace = Root::here()?.disk_space(THINGS)?;
    let home = match own_home {
        Some(home) => Root::open(home)?.disk_space(THINGS)?,
        None => 0,
    };
    Ok(workspace.saturating_add(home))
}

/// What is free on the disk of the working directory.
fn free() -> Option<u64> {
    let disk = rustix::fs::statvfs(".").ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Whether what has gone from the disk since the last look would bring the session over its limit, or as far again beyond it: others
/// may have taken it, which only a look can tell.
fn may_be_over(bytes: Option<u64>, taken: Option<u64>, limit: u64) -> bool {
    let room = bytes.map(|bytes| limit.saturating_sub(bytes).max(limit / 20));
    room.zip(taken).is_some_and(|(room, taken)| taken > room)
}

/// Whether one can look again already: never more than a fifth of the time, and never more often than once a second.
fn may_hurry(last: Option<Look>, now: Instant) -> bool {
    let pause = |last: Look| last.took.saturating_mul(5).max(Duration::from_secs(1));
    last.is_none_or(|last| now.duration_since(last.began) >= pause(last))
}

/// Whether one that has more than it may can be looked at again already: it is stopped unless it is seen to fit, and files can be deleted
/// without any of its programs.
fn may_fit(last: Option<Look>, now: Instant) -> bool {
    let (least, times, _) = Haste::Some.pace();
    last.is_none_or(|last| {
        now.duration_since(last.began) >= least.max(last.took.saturating_mul(times))
    })
}

/// Whether it is time to look. Files of a session whose programs have not run are as they were, but for what people upload.
fn is_due(last: Option<Look>, now: Instant, haste: Haste, ticks: u64) -> bool {
    let Some(last) = last else { return true };
    let (least, times, longest) = haste.pace();
    let passed = now.duration_since(last.began);
    let pause = least.max(last.took.saturating_mul(times));
    passed >= pause && (ticks != last.ticks || passed >= longest)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_over_its_limit_is_looked_at_sooner() {
        for (bytes, taken, over) in [
            (None, Some(900), false),
            (Some(100), None, false),
            (Some(100), Some(900), false),
            (Some(100), Some(901), true),
            (Some(999), Some(2), false),
            (Some(999), Some(51), true),
            (Some(5_000), Some(0), false),
            (Some(5_000), Some(51), true),
        ] {
            assert_eq!(
                may_be_over(bytes, taken, 1_000),
                over,
                "{bytes:?} {taken:?}"
            );
        }
        let (began, took) = (Instant::now(), Duration::from_millis(400));
        let last = Some(Look {
            began,
            took,
            ticks: 0,
        });
        assert!(may_hurry(None, began));
        assert!(!may_hurry(last, began + Duration::from_millis(1_900)));
        assert!(may_hurry(last, began + Duration::from_secs(2)));
        assert!(!may_fit(last, began + Duration::from_secs(9)));
        assert!(may_fit(last, began + Duration::from_secs(10)));
    }

    #[test]
    fn the_longer_a_look_takes_the_seldomer_it_is_done() {
        let began = Instant::now();
        let seconds = Duration::from_secs;
        let look = |took| {
            Some(Look {
                began,
                took,
                ticks: 7,
            })
        };
        assert!(is_due(None, began, Haste::None, 0));
        let quick = look(Duration::from_millis(5));
        assert!(!is_due(quick, began + seconds(9), Haste::Some, 8));
        assert!(is_due(quick, began + seconds(10), Haste::Some, 8));
        assert!(!is_due(quick, began + seconds(10), Haste::None, 8));
        assert!(is_due(quick, began + seconds(600), Haste::None, 8));
        let slow = look(seconds(30));
        assert!(!is_due(slow, began + seconds(599), Haste::Some, 8));
        assert!(is_due(slow, began + seconds(600), Haste::Some, 8));
        assert!(!is_due(slow, began + seconds(29_999), Haste::None, 8));
        // None of its programs has run since.
        assert!(!is_due(quick, began + seconds(299), Haste::Some, 7));
        assert!(is_due(quick, began + seconds(300), Haste::Some, 7));
    }
}
