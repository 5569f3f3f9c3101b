//! When a session was last opened: true at once for whoever asks, and written down a moment later. Opening one waits for no disk.

use std::sync::{Mutex, PoisonError};

use longhouse_domain::clock::Timestamp;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Accessed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Timestamp>,
    /// Somebody is about to write it down.
    pending: bool,
}

impl Accessed {
    /// Notes that it is opened. Answers whether whoever asks is to write that down, a while later.
    pub(crate) fn note(&self, at: Timestamp) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.last = state.last.max(Some(at));
        !std::mem::replace(&mut state.pending, true)
    }

    /// When it was opened last, as far as this server knows.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// What is to be written down now; what is noted from here on is written down by somebody else.
    pub(crate) fn take(&self) -> Option<Timestamp> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.pending = false;
        state.last
    }
}

#[cfg(test)]
mod tests {
    use longhouse_domain::clock::from_millis;

    use super::*;

    #[test]
    fn many_openings_are_written_down_once_and_the_latest_counts() {
        let accessed = Accessed::default();
        assert_eq!(accessed.last(), None);
        assert!(accessed.note(from_millis(2)));
        assert!(!accessed.note(from_millis(3)) && !accessed.note(from_millis(1)));
        assert_eq!(accessed.take(), Some(from_millis(3)));
        assert!(accessed.note(from_millis(4)), "the next is written again");
        assert_eq!(accessed.last(), Some(from_millis(4)));
    }
}
