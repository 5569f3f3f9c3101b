//! When a terminal's output came: bounded, and the less finely known the farther it lies back.

use std::collections::VecDeque;

/// Bytes that came within this time of each other are said to have come at once, milliseconds.
const STAMP_MS: u64 = 10;

/// The most times kept. Where there are more, every second one is forgotten.
const STAMPS: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(super) struct Stamps {
    /// From which byte on they came when, milliseconds since 1970.
    known: VecDeque<(u64, u64)>,
    /// Up to here it is known.
    end: u64,
}

impl Stamps {
    /// For output that begins with this byte.
    pub(super) fn from(first: u64) -> Self {
        Self {
            known: VecDeque::new(),
            end: first,
        }
    }

    /// Notes that what came since the last time, up to `end`, came now. What lies before `oldest` is not asked for any more.
    pub(super) fn stamp(&mut self, oldest: u64, end: u64, now: u64) {
        if self.end == end {
            return;
        }
        let last = self.known.back();
        if last.is_none_or(|(_, at)| at + STAMP_MS <= now) {
            self.known.push_back((self.end, now));
        }
        self.end = end;
        while self.known.get(1).is_some_and(|(from, _)| *from <= oldest) {
            self.known.pop_front();
        }
        if self.known.len() > STAMPS {
            let mut stays = false;
            self.known.retain(|_| {
                stays = !stays;
                stays
            });
        }
    }

    /// When the byte at `offset` came, and up to which one that holds. `None` where it has not been noted yet.
    pub(super) fn at(&self, offset: u64) -> Option<(u64, u64)> {
        let next = self.known.partition_point(|(from, _)| *from <= offset);
        let (_, at) = self.known.get(next.saturating_sub(1))?;
        let until = self.known.get(next).map_or(self.end, |(from, _)| *from);
        (offset < self.end).then_some((*at, until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_when_bytes_came() {
        let mut stamps = Stamps::from(5);
        assert_eq!(stamps.at(5), None);
        stamps.stamp(5, 7, 100);
        stamps.stamp(5, 8, 104);
        stamps.stamp(5, 9, 120);
        assert_eq!(stamps.at(5), Some((100, 8)));
        assert_eq!(stamps.at(7), Some((100, 8)));
        assert_eq!((stamps.at(8), stamps.at(9)), (Some((120, 9)), None));
    }

    #[test]
    fn times_are_bounded_and_never_wrong_by_more_than_was_forgotten() {
        let mut stamps = Stamps::from(0);
        for second in 0..10_000 {
            stamps.stamp(0, second + 1, second * 1000);
        }
        assert!(stamps.known.len() <= STAMPS);
        for offset in (0..10_000).step_by(97) {
            let (at, until) = stamps.at(offset).unwrap();
            assert!(at <= offset * 1000 && until > offset);
            assert!(offset * 1000 - at < 8000, "{offset} came at {at}");
        }
        // What is forgotten of the output is forgotten here.
        stamps.stamp(9990, 10_001, 10_000_000);
        assert!(stamps.known.len() < 20 && stamps.at(9990).is_some());
    }
}
