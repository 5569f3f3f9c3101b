//! Whether a flood of output waits a moment for those who watch it.
//!
//! Output is kept for a while, and viewers read it there; one who falls behind what is kept is repainted and misses bytes. Most who keep up with a
//! flood are held up now and then, and lose nothing if it is slowed for that moment. But a program must not stand still, nor crawl, because
//! somebody's line is slow, or a page draws slower than it writes: those are repainted. So the fastest viewer is waited for and nobody else, for a
//! quarter of a second at once, and in the long run for a millisecond with each megabyte.

use std::time::Duration;

/// How long one pause is, at the most: it ends when the viewer is near enough.
const PAUSE: Duration = Duration::from_millis(4);

/// The bytes between two pauses: while there are any, 16 MB/s come through.
const BETWEEN: u64 = 64 * 1024;

/// How long pauses that follow each other may take together: in that time half of the 8 MiB that are kept fill.
const AT_ONCE: Duration = Duration::from_millis(250);

/// The bytes after which a millisecond of it is given back: at 80 MB/s a twelfth of the time.
const RETURN: u64 = 1024 * 1024;

/// The waiting of one who brings output, for who reads it the fastest.
#[derive(Debug)]
pub struct Patience {
    /// How far behind the fastest viewer may be before anybody waits, bytes.
    room: u64,
    /// What is left of the time to wait.
    left: Duration,
    /// Where output ended at the last pause.
    paused_at: u64,
    /// Where it ended when some of it was last given back.
    returned_at: u64,
}

impl Patience {
    /// Begins with a viewer who may be `room` bytes behind.
    #[must_use]
    pub fn with_room(room: u64) -> Self {
        Self {
            room,
            left: AT_ONCE,
            paused_at: 0,
            returned_at: 0,
        }
    }

    /// How long to wait, at the most, until the fastest viewer is [near enough](Self::is_near), who stands at `reader` while the output ends
    /// at `end`.
    pub fn pause(&mut self, reader: u64, end: u64) -> Option<Duration> {
        // Offsets may begin anew.
        let since = |at: u64| end.abs_diff(at);
        let returned = since(self.returned_at) / RETURN;
        if returned > 0 {
            self.returned_at = end;
            let returned = Duration::from_millis(returned);
            self.left = self.left.saturating_add(returned).min(AT_ONCE);
        }
        let is_due = since(self.paused_at) >= BETWEEN && !self.left.is_zero();
        if !is_due || self.is_near(reader, end) {
            return None;
        }
        self.paused_at = end;
        Some(PAUSE.min(self.left))
    }

    /// Notes how long was waited.
    pub fn waited(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    /// Whether a viewer at `reader` needs not be waited for.
    #[must_use]
    pub fn is_near(&self, reader: u64, end: u64) -> bool {
        end.saturating_sub(reader) <= self.room
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: u64 = 4 * 1024 * 1024;

    /// A hundredth of a millisecond.
    const TICK: Duration = Duration::from_micros(10);

    /// Lets `total` bytes come at 80 MB/s, and the viewer take `takes(ms)` bytes in each millisecond.
    /// Gives how many milliseconds it took, and how far the viewer was behind at the worst.
    fn flood(total: u64, takes: impl Fn(u64) -> u64) -> (u64, u64) {
        let mut patience = Patience::with_room(ROOM);
        let (mut tick, mut end, mut reader, mut worst) = (0, 0, 0, 0);
        let mut pause = None::<Duration>;
        while end < total {
            let until = end + 800;
            while end < until && pause.is_none() {
                end += 400;
                pause = patience.pause(reader, end);
            }
            worst = worst.max(end - reader);
            tick += 1;
            reader = end.min(reader + takes(tick / 100) / 100);
            if let Some(left) = pause {
                patience.waited(TICK);
                let left = left - TICK;
                pause = (!left.is_zero() && !patience.is_near(reader, end)).then_some(left);
            }
        }
        (tick / 100, worst)
    }

    #[test]
    fn who_keeps_up_is_never_waited_for() {
        let mut patience = Patience::with_room(ROOM);
        for end in (0..100 * ROOM).step_by(4096) {
            assert_eq!(patience.pause(end.saturating_sub(ROOM), end), None);
        }
    }

    #[test]
    fn who_is_held_up_for_a_fifth_of_a_second_misses_nothing() {
        let takes = |ms| if (500..700).contains(&ms) { 0 } else { 80_000 };
        let (took, worst) = flood(100_000_000, takes);
        assert!(worst < 2 * ROOM, "{worst} bytes behind");
        assert!(took < 1_250 + 250, "{took} ms");
    }

    #[test]
    fn who_takes_a_little_less_than_what_comes_misses_nothing() {
        let (_, worst) = flood(1_000_000_000, |_| 77_000);
        assert!(worst < 2 * ROOM, "{worst} bytes behind");
    }

    proptest! {
        /// 80 MB/s, whatever the viewers do: the quarter of a second, and less than a tenth.
        #[test]
        fn nobody_slows_a_flood_for_long(takes in prop::collection::vec(0_u64..100_000, 1..50)) {
            let (took, _) = flood(100_000_000, |ms| takes[ms as usize % takes.len()]);
            prop_assert!(took < 1_250 * 11 / 10 + 260, "{took} ms");
        }
    }

    #[test]
    fn time_to_wait_is_given_back_where_offsets_begin_anew() {
        let mut patience = Patience::with_room(100);
        let far = 10 * ROOM;
        while let Some(pause) = patience.pause(1, far) {
            patience.waited(pause);
            patience.paused_at = far + BETWEEN;
        }
        assert_eq!(patience.left, Duration::ZERO);
        assert_eq!(patience.pause(0, 101), Some(PAUSE));
    }
}
