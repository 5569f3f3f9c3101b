//! What the pump knows of a terminal and its viewers read: the ring, the marks in it, who is there.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::Patience;
use longhouse_domain::terminal::TerminalSize;

use super::presence::Presence;
use super::ring::Ring;
use super::viewer::Closed;

/// How many marks are kept for viewers that have not reached them; older ones say nothing that the newest does not.
const MARKS: usize = 64;

/// Something that happened at a place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The size changed.
    Size(TerminalSize),
    /// The program ended.
    Exit(i32),
}

/// The state behind the hub's lock. Nobody awaits while holding it.
#[derive(Debug)]
pub(super) struct State {
    pub(super) ring: Ring,
    /// Which start of sessiond the offsets belong to.
    pub(super) boot_id: String,
    /// Rises when what viewers have drawn does not lead to what is there.
    pub(super) epoch: u64,
    pub(super) oldest: u64,
    pub(super) size: TerminalSize,
    pub(super) exit: Option<i32>,
    pub(super) closed: Option<Closed>,
    pub(super) presence: Presence,
    pub(super) presence_version: u64,
    /// How far the fastest viewer is.
    shown: u64,
    marks: VecDeque<(u64, u64, Mark)>,
    next_mark: u64,
}

impl State {
    pub(super) fn new(
        boot_id: String,
        oldest: u64,
        offset: u64,
        size: TerminalSize,
        exit: Option<i32>,
    ) -> Self {
        Self {
            ring: Ring::at(offset),
            boot_id,
            epoch: 0,
            oldest,
            size,
            exit,
            closed: None,
            presence: Presence::default(),
            presence_version: 0,
            shown: offset,
            marks: VecDeque::new(),
            next_mark: 0,
        }
    }

    /// The number that the next mark will get: a viewer that has seen all before it is up to date.
    pub(super) fn next_mark(&self) -> u64 {
        self.next_mark
    }

    pub(super) fn push(&mut self, offset: u64, data: Bytes) {
        if !data.is_empty() {
            self.exit = None;
        }
        self.ring.push(offset, data);
    }

    /// Notes that a viewer has got what is before `offset`. Says whether nobody had got so far.
    pub(super) fn show(&mut self, offset: u64) -> bool {
        let is_fastest = offset > self.shown;
        self.shown = self.shown.max(offset);
        is_fastest
    }

    /// How long the pump waits for the fastest viewer, if that one has fallen behind.
    pub(super) fn pause(&self, patience: &mut Patience) -> Option<Duration> {
        patience.pause(self.shown, self.ring.end())
    }

    /// Whether that viewer is near enough again.
    pub(super) fn is_near(&self, patience: &Patience) -> bool {
        patience.is_near(self.shown, self.ring.end())
    }

    #[cfg(test)]
    pub(super) fn behind(&self) -> u64 {
        self.ring.end() - self.shown
    }

    pub(super) fn mark(&mut self, offset: u64, mark: Mark) {
        match mark {
            // A stream that begins repeats the present size.
            Mark::Size(size) if size == self.size => return,
            Mark::Size(size) => self.size = size,
            Mark::Exit(code) => self.exit = Some(code),
        }
        self.marks.push_back((self.next_mark, offset, mark));
        self.next_mark += 1;
        if self.marks.len() > MARKS {
            self.marks.pop_front();
        }
    }

    /// The first mark from `number` on that lies at or before `position`, with its number.
    pub(super) fn mark_before(&self, number: u64, position: u64) -> Option<(u64, Mark)> {
        let (number, offset, mark) = self.marks.iter().find(|(n, ..)| *n >= number)?;
        (*offset <= position).then_some((*number, *mark))
    }

    /// Every viewer is to be repainted.
    pub(super) fn repaint(&mut self) {
        self.epoch += 1;
    }

    /// Offsets begin anew: sessiond was started again.
    pub(super) fn restart(&mut self, boot_id: &str, oldest: u64, offset: u64) {
        boot_id.clone_into(&mut self.boot_id);
        self.repaint();
        self.oldest = oldest;
        self.ring = Ring::at(offset);
        self.shown = offset;
        self.marks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::new("a".to_owned(), 0, 0, TerminalSize::DEFAULT, None)
    }

    #[test]
    fn a_mark_is_seen_only_by_those_who_have_read_up_to_it() {
        let mut state = state();
        state.push(0, Bytes::from_static(b"bye"));
        state.mark(3, Mark::Exit(0));
        assert_eq!(state.mark_before(0, 2), None);
        assert_eq!(state.mark_before(0, 3), Some((0, Mark::Exit(0))));
        assert_eq!(state.mark_before(1, 3), None);
        assert_eq!(state.exit, Some(0));
    }

    #[test]
    fn the_same_size_again_is_no_news() {
        let mut state = state();
        state.mark(0, Mark::Size(TerminalSize::DEFAULT));
        assert_eq!(state.next_mark(), 0);
    }
}
