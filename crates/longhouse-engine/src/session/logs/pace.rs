//! How many lines a second one follower is shown: more than anybody reads, and few enough that a flood costs next to nothing.

use std::time::Duration;

use tokio::time::Instant;

/// Lines of one second.
const LINES: u32 = 500;
const SECOND: Duration = Duration::from_secs(1);

/// Counts what is shown, and what is not.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    shown: u32,
    left_out: u64,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            shown: 0,
            left_out: 0,
        }
    }

    /// Whether one more line may be shown now. What is not shown is counted.
    pub(super) fn admits(&mut self) -> bool {
        if self.began.elapsed() >= SECOND {
            self.began = Instant::now();
            self.shown = 0;
        }
        let admitted = self.shown < LINES;
        match admitted {
            true => self.shown += 1,
            false => self.left_out += 1,
        }
        admitted
    }

    /// How many were left out since this was asked last.
    pub(super) fn take_left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }

    pub(super) fn has_left_out(&self) -> bool {
        self.left_out > 0
    }

    /// When it is to be told that lines were left out, where some were.
    pub(super) fn telling(&self) -> Instant {
        self.began + SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_cut_and_counted_and_the_next_second_begins_anew() {
        let mut pace = Pace::new();
        let shown = (0..10_000).filter(|_| pace.admits()).count();
        assert_eq!((shown, pace.take_left_out()), (500, 9_500));
        assert!(!pace.has_left_out());
        tokio::time::advance(SECOND).await;
        assert!(pace.admits());
    }
}
