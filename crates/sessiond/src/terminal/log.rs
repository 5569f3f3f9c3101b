//! A terminal's output log: the bytes its PTY wrote, addressed by absolute offset and bounded, and what happened between them.
//!
//! Readers pull with a [`Cursor`] of their own; the log knows none of them, so a slow one changes nothing for the others. It is
//! deliberately not a queue: nothing is ever taken out, only the oldest bytes are forgotten.

use std::collections::VecDeque;
use std::io;

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;

use super::stamps::Stamps;

/// Bytes in a segment. Full segments are shared with readers, not copied; only bytes of the last, growing one are.
const SEGMENT: usize = 64 * 1024;

/// The most marks kept. Sizes are coalesced and exits are rare; beyond this the oldest are forgotten.
const MARKS: usize = 1024;

/// Something that happened at one place in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// From here on the terminal has this size.
    Size(TerminalSize),
    /// Here the program ended.
    Exit(i32),
    /// What was written up to here did not show everything: who shows it must paint it anew.
    Repaint,
}

/// A reader's place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The offset of the next byte.
    pub(crate) offset: u64,
    /// The number of the next mark.
    mark: u64,
}

/// What a reader finds at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The bytes that begin at `offset`.
    Data {
        /// Of the first byte.
        offset: u64,
        /// At least one.
        bytes: Bytes,
    },
    /// The bytes before `offset` are no longer kept.
    Gap {
        /// Of the oldest byte that is.
        offset: u64,
    },
    /// Something happened.
    Mark {
        /// Where.
        offset: u64,
        /// What.
        mark: Mark,
    },
}

/// See the module.
#[derive(Debug)]
pub(crate) struct OutputLog {
    /// Full segments, the oldest first, without gaps.
    full: VecDeque<Bytes>,
    /// The growing segment.
    tail: Vec<u8>,
    /// Offset of the first kept byte.
    oldest: u64,
    /// Offset of the next byte to come.
    end: u64,
    bound: u64,
    /// What happened: its number, where, what.
    marks: VecDeque<(u64, u64, Mark)>,
    /// The number of the next mark.
    next_mark: u64,
    stamps: Stamps,
}

impl OutputLog {
    /// A log that keeps at most `bound` bytes, and always the growing segment. Its first byte has the offset `first`.
    pub(crate) fn new(bound: u64, first: u64) -> Self {
        Self {
            full: VecDeque::new(),
            tail: Vec::new(),
            oldest: first,
            end: first,
            bound,
            marks: VecDeque::new(),
            next_mark: 0,
            stamps: Stamps::from(first),
        }
    }

    pub(crate) fn oldest(&self) -> u64 {
        self.oldest
    }

    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The most bytes kept, but for the growing segment.
    pub(crate) fn bound(&self) -> u64 {
        self.bound
    }

    /// Lets `read` put bytes behind the end; it appends to the vector's spare room and says how many they were.
    pub(crate) fn fill(
        &mut self,
        read: impl FnOnce(&mut Vec<u8>) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.tail.len() == SEGMENT {
            self.full.push_back(std::mem::take(&mut self.tail).into());
            while self.end - self.oldest > self.bound {
                let Some(segment) = self.full.pop_front() else {
                    break;
                };
                self.oldest += segment.len() as u64;
            }
        }
        if self.tail.capacity() == 0 {
            self.tail.reserve_exact(SEGMENT);
        }
        let before = self.tail.len();
        let outcome = read(&mut self.tail);
        self.end += (self.tail.len() - before) as u64;
        outcome
    }

    /// Puts `bytes` behind the end.
    pub(crate) fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let filled = self.fill(|tail| {
                let (now, _) = bytes.split_at(bytes.len().min(SEGMENT - tail.len()));
                tail.extend_from_slice(now);
                Ok(now.len())
            });
            bytes = &bytes[filled.unwrap_or(bytes.len())..];
        }
    }

    /// Notes that something happened here. A size that follows a size at the same place replaces it.
    pub(crate) fn mark(&mut self, mark: Mark) {
        // The new one has a number of its own, so that a reader who saw the old size sees this one too.
        if let (Mark::Size(_), Some((_, at, Mark::Size(_)))) = (mark, self.marks.back())
            && *at == self.end
        {
            self.marks.pop_back();
        }
        self.marks.push_back((self.next_mark, self.end, mark));
        self.next_mark += 1;
        while self.marks.len() > MARKS || self.marks.front().is_some_and(|m| m.1 < self.oldest) {
            self.marks.pop_front();
        }
    }

    /// Notes that what came since the last time came now.
    pub(crate) fn stamp(&mut self, now: u64) {
        self.stamps.stamp(self.oldest, self.end, now);
    }

    /// When the byte at `offset` came, and up to which one that holds. `None` where it has not been noted yet.
    pub(crate) fn came(&self, offset: u64) -> Option<(u64, u64)> {
        self.stamps.at(offset)
    }

    /// A place at `offset`, before whatever happened there. `None` where the log has not come that far.
    pub(crate) fn cursor(&self, offset: u64) -> Option<Cursor> {
        let first = self.marks.partition_point(|(_, at, _)| *at < offset);
        (offset <= self.end).then_some(Cursor {
            offset,
            mark: self.marks.get(first).map_or(self.next_mark, |m| m.0),
        })
    }

    /// What stands at the cursor, at most `max` bytes of it; moves the cursor behind it. `None` at the end.
    pub(crate) fn read(&self, cursor: &mut Cursor, max: usize) -> Option<Piece> {
        if cursor.offset < self.oldest {
            *cursor = self.cursor(self.oldest)?;
            return Some(Piece::Gap {
                offset: self.oldest,
            });
        }
        let index = self.marks.partition_point(|(n, _, _)| *n < cursor.mark);
        let next = self.marks.get(index);
        if let Some((number, at, mark)) = next
            && *at <= cursor.offset
        {
            cursor.mark = number + 1;
            return Some(Piece::Mark {
                offset: *at,
                mark: *mark,
            });
        }
        let until = next.map_or(self.end, |(_, at, _)| *at);
        let wanted = usize::try_from(until - cursor.offset).map_or(max, |n| n.min(max));
        if wanted == 0 {
            return None;
        }
        let bytes = self.bytes_at(cursor.offset, wanted);
        let offset = cursor.offset;
        cursor.offset += bytes.len() as u64;
        Some(Piece::Data { offset, bytes })
    }

    /// At most `wanted` bytes from `offset`, which is kept: as many as its segment holds.
    fn bytes_at(&self, offset: u64, wanted: usize) -> Bytes {
        let within = usize::try_from(offset - self.oldest).unwrap_or(usize::MAX);
        let (segment, start) = (within / SEGMENT, within % SEGMENT);
        match self.full.get(segment) {
            Some(full) => full.slice(start..(start + wanted).min(full.len())),
            None => {
                let stop = (start + wanted).min(self.tail.len());
                Bytes::copy_from_slice(&self.tail[start..stop])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn byte_at(offset: u64) -> u8 {
        (offset % 251) as u8
    }

    fn size(cols: u16) -> Mark {
        Mark::Size(TerminalSize { cols, rows: 1 })
    }

    fn pieces(log: &OutputLog, mut cursor: Cursor) -> Vec<Piece> {
        std::iter::from_fn(|| log.read(&mut cursor, usize::MAX)).collect()
    }

    proptest! {
        #[test]
        fn every_reader_gets_every_kept_byte_once_and_in_order(
            writes in prop::collection::vec(0_usize..100_000, 0..30),
            max in 1_usize..200_000,
            from in 0_u64..300_000,
        ) {
            let mut log = OutputLog::new(256 * 1024, 0);
            for length in writes {
                let start = log.end();
                let bytes: Vec<u8> = (0..length as u64).map(|i| byte_at(start + i)).collect();
                log.append(&bytes);
                log.mark(Mark::Exit(length as i32));
            }
            prop_assert!(log.end() - log.oldest() <= 256 * 1024 + SEGMENT as u64);
            let Some(mut cursor) = log.cursor(from) else {
                prop_assert!(from > log.end());
                return Ok(());
            };
            let mut expected = from;
            while let Some(piece) = log.read(&mut cursor, max) {
                match piece {
                    Piece::Data { offset, bytes } => {
                        prop_assert_eq!(offset, expected);
                        prop_assert!(bytes.len() <= max);
                        for (i, byte) in bytes.iter().enumerate() {
                            prop_assert_eq!(*byte, byte_at(offset + i as u64));
                        }
                        expected += bytes.len() as u64;
                    }
                    Piece::Gap { offset } => {
                        prop_assert!(offset > expected);
                        prop_assert_eq!(offset, log.oldest());
                        expected = offset;
                    }
                    Piece::Mark { offset, .. } => prop_assert_eq!(offset, expected),
                }
            }
            prop_assert_eq!(expected, log.end());
        }
    }

    #[test]
    fn marks_stand_between_the_bytes_where_they_happened() {
        let mut log = OutputLog::new(1024, 0);
        log.append(b"ab");
        log.mark(size(80));
        log.append(b"c");
        log.mark(Mark::Exit(3));
        let data = |offset, bytes: &'static [u8]| Piece::Data {
            offset,
            bytes: Bytes::from_static(bytes),
        };
        let all = pieces(&log, log.cursor(0).unwrap());
        let expected = [
            data(0, b"ab"),
            Piece::Mark {
                offset: 2,
                mark: size(80),
            },
            data(2, b"c"),
            Piece::Mark {
                offset: 3,
                mark: Mark::Exit(3),
            },
        ];
        assert_eq!(all, expected);
        // A reader that comes back at the end learns of the exit.
        let at_end = pieces(&log, log.cursor(3).unwrap());
        assert_eq!(
            at_end,
            [Piece::Mark {
                offset: 3,
                mark: Mark::Exit(3)
            }]
        );
        assert_eq!(log.cursor(4), None);
    }

    #[test]
    fn of_many_sizes_at_one_place_the_last_is_seen() {
        let mut log = OutputLog::new(1024, 0);
        let early = log.cursor(0).unwrap();
        log.mark(size(10));
        let mut seen_first = early;
        log.read(&mut seen_first, 1);
        for cols in 11..5000 {
            log.mark(size(cols));
        }
        for cursor in [early, seen_first] {
            let last = pieces(&log, cursor).pop();
            assert_eq!(
                last,
                Some(Piece::Mark {
                    offset: 0,
                    mark: size(4999)
                })
            );
        }
        assert_eq!(log.marks.len(), 1);
    }
}
