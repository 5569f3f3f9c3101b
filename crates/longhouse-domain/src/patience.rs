//! Whether a flood of output waits a moment for those who watch it.
//!
//! Output is kept for a while, and viewers read it there; one who falls behind what is kept is repainted and misses bytes. Most who fall behind
//! were held up for a moment only, and lose nothing if the flood is slowed meanwhile. But a program must not stand still because
//! somebody's line is slow, or a page asleep. So the fastest viewer is waited for and nobody else; never so long that the flood
//! comes down below 16 MB/s; and not at all once that viewer has stood still for a quarter of a second.

use std::time::Duration;

/// How long one pause is, at the most: it ends when the viewer is near enough.
const PAUSE: Duration = Duration::from_millis(4);

/// The bytes between two pauses. With [`PAUSE`], 16 MB/s are let through at least: more than any page can draw (xterm.js parses 8 to
/// 22 MB/s), so that it is no viewer's loss, and more than programs write that do anything but write.
const BETWEEN: u64 = 64 * 1024;

/// Pauses for a viewer who does not move at all: a quarter of a second. While they last, a flood fills no more than half of the 8 MiB that are kept.
const PAUSES: u32 = 64;

/// The waiting of one who brings output, for who reads it the fastest.
#[derive(Debug)]
pub struct Patience {
    /// How far behind the fastest viewer may be before anybody waits, bytes.
    room: u64,
    /// Where that viewer was seen last.
    reader: u64,
    /// Where output ended at the last pause.
    paused_at: u64,
    /// Pauses left until the viewer moves.
    left: u32,
}

impl Patience {
    /// Begins with a viewer who may be `room` bytes behind.
    #[must_use]
    pub fn with_room(room: u64) -> Self {
        Self {
            room,
            reader: 0,
            paused_at: 0,
            left: PAUSES,
        }
    }

    /// How long to wait, at the most, until the fastest viewer is [near enough](Self::is_near), who stands at `reader` while the output ends
    /// at `end`.
    pub fn pause(&mut self, reader: u64, end: u64) -> Option<Duration> {
        if reader != self.reader {
            self.reader = reader;
            self.left = PAUSES;
        }
        // Offsets may begin anew.
        let is_due = end.abs_diff(self.paused_at) >= BETWEEN;
        if self.is_near(reader, end) || !is_due || self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.paused_at = end;
        Some(PAUSE)
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

    /// Bytes a millisecond.
    const FLOOR: u64 = BETWEEN / PAUSE.as_millis() as u64;

    /// Lets `total` bytes come in pieces of 4 KiB at most `speed` bytes a millisecond, and the viewer take `takes(ms)` bytes in each millisecond.
    /// Gives how long it took in milliseconds, and how far the viewer was behind at the worst.
    fn flood(total: u64, speed: u64, takes: impl Fn(u64) -> u64) -> (u64, u64) {
        let mut patience = Patience::with_room(ROOM);
        let (mut ms, mut end, mut reader, mut worst) = (0, 0, 0, 0);
        let mut paused_until = 0;
        while end < total {
            let until = end + speed;
            while end < until && paused_until <= ms {
                end += 4096;
                if let Some(pause) = patience.pause(reader, end) {
                    paused_until = ms + u64::try_from(pause.as_millis()).unwrap();
                }
            }
            worst = worst.max(end - reader);
            ms += 1;
            reader = end.min(reader + takes(ms));
            if patience.is_near(reader, end) {
                paused_until = 0;
            }
        }
        (ms, worst)
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
        let (took, worst) = flood(100_000_000, 80_000, takes);
        assert!(worst < 2 * ROOM, "{worst} bytes behind");
        assert!(took < 1_250 + 250, "{took} ms");
    }

    #[test]
    fn who_takes_a_little_less_than_what_comes_misses_nothing() {
        let (_, worst) = flood(100_000_000, 80_000, |_| 60_000);
        assert!(worst < 2 * ROOM, "{worst} bytes behind");
    }

    #[test]
    fn who_stands_still_is_waited_for_once() {
        let (took, _) = flood(100_000_000, 80_000, |_| 0);
        assert!(took < 1_250 + 300, "{took} ms");
    }

    proptest! {
        #[test]
        fn whoever_watches_a_flood_stays_above_the_floor(takes in prop::collection::vec(0_u64..30_000, 1..50)) {
            let (took, _) = flood(50_000_000, 80_000, |ms| takes[ms as usize % takes.len()]);
            prop_assert!(50_000_000 / took >= FLOOR / 5 * 4, "{took} ms");
        }
    }

    #[test]
    fn offsets_that_begin_anew_are_a_viewer_who_moved() {
        let mut patience = Patience::with_room(100);
        let far = 10 * ROOM;
        while patience
            .pause(1, far + u64::from(patience.left) * BETWEEN)
            .is_some()
        {}
        assert_eq!(patience.left, 0);
        assert_eq!(patience.pause(0, 101), Some(PAUSE));
    }
}
