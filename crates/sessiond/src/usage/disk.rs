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

    /// What was found last. A further look is begun where it is time for one.
    pub(super) fn known(&self, haste: Haste, ticks: u64) -> Option<u64> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        if !state.looking && is_due(state.last, now, haste, ticks) {
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
