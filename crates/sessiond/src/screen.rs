//! The parsed screen of a terminal: fed from its output log, asked for snapshots and captures.
//!
//! It is deliberately off the bytes' way: it reads the log as any other reader does, on the one parsing thread ([`worker`]), and a panic
//! in the emulator costs the screen, never the terminal.

#[cfg(test)]
mod against_xterm;
mod buffer;
mod capture;
mod cell;
mod characters;
mod charsets;
mod clusters;
mod colours;
#[cfg(test)]
mod continued;
#[cfg(test)]
mod corpus;
mod dispatch;
mod edit;
mod machine;
mod modes;
mod motion;
mod pending;
mod print;
mod rendition;
mod resize;
mod rows;
#[cfg(test)]
mod seen;
mod skim;
mod snapshot;
mod style;
mod turns;
pub(crate) mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::capture_request::Format;
use vte::Parser;

use characters::Characters;
use machine::Machine;
use pending::Pending;

use crate::terminal::log::{Cursor, Mark};

/// The most bytes of an operating system command (a title, a link) that are read; the rest of a longer one is not.
const COMMAND_BYTES: usize = 4096;

/// See the module.
pub(crate) struct Screen {
    machine: Machine,
    parser: Parser<COMMAND_BYTES>,
    characters: Characters,
    pending: Pending,
    size: TerminalSize,
    scrollback: usize,
    crashes: u64,
    /// How far the terminal's log is parsed.
    pub(crate) at: Cursor,
}

impl Screen {
    /// An empty screen that keeps `scrollback` lines of history.
    pub(crate) fn new(size: TerminalSize, scrollback: usize) -> Self {
        Self {
            machine: Machine::new(size, scrollback),
            parser: Parser::new_with_size(),
            characters: Characters::default(),
            pending: Pending::default(),
            size,
            scrollback,
            crashes: 0,
            at: Cursor::default(),
        }
    }

    pub(crate) fn size(&self) -> TerminalSize {
        self.size
    }

    /// How often the emulator panicked.
    pub(crate) fn crashes(&self) -> u64 {
        self.crashes
    }

    /// Takes the program's next output.
    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            for part in self.characters.whole(bytes) {
                self.parser.advance(&mut self.machine, &part);
            }
        }));
        self.pending.advance(bytes);
        self.survive(parsed);
    }

    /// How many lines of text, one after the other, leave nothing of what it holds now; `None` where no number does.
    pub(crate) fn lines_that_replace_all(&self) -> Option<usize> {
        let is_whole = self.pending.bytes().is_empty();
        self.machine.lines_that_replace_all().filter(|_| is_whole)
    }

    /// Says how much of the output that comes next, `pieces`, is not to be taken at all: once the rest of them is, nothing of it would show.
    /// Nothing yet where there is too little of it, `None` where all of it has to be taken.
    pub(crate) fn pass_over(&mut self, pieces: &[Bytes]) -> Option<usize> {
        let lines = self.lines_that_replace_all()?;
        let passed = skim::passed_over(pieces, lines)?;
        self.machine.pass_over(passed.lines);
        Some(passed.bytes)
    }

    /// Takes what happened between the output.
    pub(crate) fn mark(&mut self, mark: Mark) {
        let Mark::Size(size) = mark else { return };
        self.size = size;
        let resized = catch_unwind(AssertUnwindSafe(|| self.machine.resize(size)));
        self.survive(resized);
    }

    /// What the program asked the terminal since the last call.
    pub(crate) fn take_answers(&mut self) -> Vec<String> {
        self.machine.take_answers()
    }

    /// Bytes that repaint it, below `history` where that is given, else below its own; see [`snapshot`].
    pub(crate) fn snapshot(&mut self, scrollback: usize, history: Option<&[u8]>) -> Vec<u8> {
        let made = catch_unwind(AssertUnwindSafe(|| {
            snapshot::snapshot(&self.machine, &self.pending, scrollback, history)
        }));
        self.survive(made).unwrap_or_else(|| b"\x1bc".to_vec())
    }

    /// It as people read it; see [`capture`].
    pub(crate) fn capture(
        &mut self,
        format: Format,
        scrollback: usize,
        history: Option<&[u8]>,
    ) -> String {
        if history.is_some() {
            // A snapshot with that history, parsed, is the screen below it.
            let whole = self.snapshot(scrollback, history);
            let mut below = Self::new(self.size, scrollback);
            below.advance(&whole);
            return below.capture(format, scrollback, None);
        }
        let made = catch_unwind(AssertUnwindSafe(|| {
            capture::capture(&self.machine, format, scrollback)
        }));
        self.survive(made).unwrap_or_default()
    }

    /// Lines that scrolled off the top, ever.
    pub(crate) fn scrolled(&self) -> u64 {
        self.machine.scrolled
    }

    /// Replaces the history by `lines`, if those are others. Says whether they were.
    pub(crate) fn mend(&mut self, lines: &[u8]) -> bool {
        let whole = self.snapshot(self.scrollback, Some(lines));
        let mut mended = Self::new(self.size, self.scrollback);
        mended.advance(&whole);
        let (old, new) = [self as &mut Self, &mut mended]
            .map(|screen| screen.capture(Format::Text, usize::MAX, None))
            .into();
        if old == new {
            return false;
        }
        mended.machine.scrolled = self.machine.scrolled;
        mended.crashes = self.crashes;
        mended.at = self.at;
        *self = mended;
        true
    }

    /// After a panic nothing of the emulator can be trusted: it begins anew, empty.
    fn survive<T>(&mut self, outcome: std::thread::Result<T>) -> Option<T> {
        if outcome.is_err() {
            self.machine = Machine::new(self.size, self.scrollback);
            self.parser = Parser::new_with_size();
            self.characters = Characters::default();
            self.pending = Pending::default();
            self.crashes += 1;
        }
        outcome.ok()
    }
}
