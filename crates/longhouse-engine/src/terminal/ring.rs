//! The newest bytes of a terminal's output, addressed by absolute offset.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// How much of each watched terminal the server itself keeps, bytes: viewers that keep up never ask sessiond, and a flood costs the
/// server no more than this.
pub(super) const RING_BYTES: u64 = 1024 * 1024;

/// The most bytes handed to a viewer at once: small enough to leave room between frames, large enough to cost few.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// What a read found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Bytes from the asked offset on.
    Some(Bytes),
    /// Nothing newer.
    End,
    /// The offset is no longer kept here, or was never reached.
    Outside,
}

/// A window of the stream: `[start, end)`.
#[derive(Debug)]
pub(super) struct Ring {
    chunks: VecDeque<(u64, Bytes)>,
    start: u64,
    end: u64,
}

impl Ring {
    /// An empty window at `offset`.
    pub(super) fn at(offset: u64) -> Self {
        Self {
            chunks: VecDeque::new(),
            start: offset,
            end: offset,
        }
    }

    /// The first offset that is kept.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The offset of the next byte to come.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Takes bytes at `offset`. What is known already is skipped; a hole empties the window first, for nothing before it can be
    /// joined to what follows.
    pub(super) fn push(&mut self, offset: u64, data: Bytes) {
        if offset > self.end {
            *self = Self::at(offset);
        }
        let known = usize::try_from(self.end - offset).unwrap_or(usize::MAX);
        if known >= data.len() {
            return;
        }
        let data = data.slice(known..);
        self.chunks.push_back((self.end, data.clone()));
        self.end += data.len() as u64;
        while self.end - self.start > RING_BYTES {
            let Some((_, oldest)) = self.chunks.pop_front() else {
                break;
            };
            self.start += oldest.len() as u64;
        }
    }

    /// At most `limit` bytes from `from` on; small chunks are joined, a large one is handed out without a copy.
    pub(super) fn read(&self, from: u64, limit: usize) -> Read {
        if from < self.start || from > self.end {
            return Read::Outside;
        }
        let limit = limit.min(READ_BYTES);
        let first = self
            .chunks
            .partition_point(|(offset, data)| offset + data.len() as u64 <= from);
        let mut rest = self.chunks.range(first..);
        let Some((offset, data)) = rest.next() else {
            return Read::End;
        };
        let skip = usize::try_from(from - offset).unwrap_or(0);
        let head = data.slice(skip..data.len().min(skip.saturating_add(limit)));
        let mut next = rest.next();
        if head.len() == limit || next.is_none() {
            return Read::Some(head);
        }
        let mut joined =
            BytesMut::with_capacity(limit.min(usize::try_from(self.end - from).unwrap_or(limit)));
        joined.extend_from_slice(&head);
        while let Some((_, data)) = next {
            let room = limit - joined.len();
            joined.extend_from_slice(&data[..data.len().min(room)]);
            if joined.len() == limit {
                break;
            }
            next = rest.next();
        }
        Read::Some(joined.freeze())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(ring: &Ring, mut from: u64, limit: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while let Read::Some(bytes) = ring.read(from, limit) {
            assert!(!bytes.is_empty() && bytes.len() <= limit);
            from += bytes.len() as u64;
            all.extend_from_slice(&bytes);
        }
        all
    }

    proptest! {
        #[test]
        fn whatever_the_pieces_every_byte_comes_once_and_in_order(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..40),
            overlap in 0_u64..200, limit in 1_usize..500, from in 0_u64..4000
        ) {
            let all: Vec<u8> = pieces.concat();
            let mut ring = Ring::at(0);
            let mut at = 0_u64;
            for piece in &pieces {
                // Each piece repeats a little of what went before, as a reconnected stream may.
                let back = overlap.min(at);
                let begin = usize::try_from(at - back).unwrap();
                let end = usize::try_from(at).unwrap() + piece.len();
                ring.push(at - back, Bytes::copy_from_slice(&all[begin..end]));
                at += piece.len() as u64;
            }
            prop_assert_eq!(ring.end(), all.len() as u64);
            if from <= at {
                prop_assert_eq!(read_all(&ring, from, limit), &all[usize::try_from(from).unwrap()..]);
            } else {
                prop_assert_eq!(ring.read(from, limit), Read::Outside);
            }
        }
    }

    #[test]
    fn a_flood_keeps_only_the_newest_bytes() {
        let mut ring = Ring::at(0);
        let piece = Bytes::from(vec![b'x'; READ_BYTES]);
        for i in 0..100 {
            ring.push(i * READ_BYTES as u64, piece.clone());
        }
        assert!(ring.end() - ring.start() <= RING_BYTES);
        assert_eq!(ring.read(0, 10), Read::Outside);
        assert_eq!(ring.read(ring.end(), 10), Read::End);
    }

    #[test]
    fn a_hole_in_the_stream_is_never_papered_over() {
        let mut ring = Ring::at(0);
        ring.push(0, Bytes::from_static(b"abc"));
        ring.push(10, Bytes::from_static(b"k"));
        assert_eq!((ring.start(), ring.end()), (10, 11));
        assert_eq!(ring.read(3, 10), Read::Outside);
    }
}
