//! The parsed screen of a terminal: when it is asked to follow the log, and how it does.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;

use super::history::Agreed;
use super::input::Input;
use super::log::Piece;
use super::{PARSER_LAG, Terminal};
use crate::screen::Screen;
use crate::screen::worker::Job;

/// The most bytes taken from the log in one piece for the parser.
const PARSED_PIECE: usize = 64 * 1024;

/// Where the parsed screen is so many bytes behind, it may pass over most of them.
const FLOOD: u64 = 128 * 1024;

impl Terminal {
    /// Lets the parsing thread take what the log has got.
    pub(crate) fn ask_for_parsing(self: &Arc<Self>) {
        if !self.parse_asked.swap(true, Ordering::AcqRel) {
            self.screens.ask(self, Job::Parse);
        }
    }

    /// Called by the parsing thread when it leaves the terminal alone for a moment: nobody asks until it begins again.
    pub(crate) fn parse_rests(&self) {
        self.parse_asked.store(true, Ordering::Release);
    }

    /// Called by the parsing thread when it begins with what it was asked for: later output asks anew.
    pub(crate) fn parse_begins(&self) {
        self.parse_asked.store(false, Ordering::Release);
    }

    pub(crate) fn parsed(&self) -> u64 {
        self.parsed.load(Ordering::Acquire)
    }

    pub(crate) fn scrolled(&self) -> u64 {
        self.scrolled.load(Ordering::Acquire)
    }

    pub(super) fn agreed(&self) -> Option<Agreed> {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that the parsed history is tmux's.
    pub(super) fn agree(&self, at: Agreed) {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    pub(crate) fn with_screen<T>(&self, use_it: impl FnOnce(&mut Screen) -> T) -> T {
        use_it(&mut self.screen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Parses about `max` bytes. Says whether the end was reached.
    pub(crate) fn parse(&self, screen: &mut Screen, max: usize) -> bool {
        let crashes = screen.crashes();
        let mut taken = 0;
        let mut done = false;
        while taken < max && !done {
            let piece = self.log().read(&mut screen.at, PARSED_PIECE.min(max));
            match piece {
                Some(Piece::Data { bytes, .. }) => {
                    taken += bytes.len();
                    screen.advance(&bytes);
                }
                Some(Piece::Mark { mark, .. }) => screen.mark(mark),
                // Cannot happen while the lag is bounded below the ring; the screen then lacks what was dropped.
                Some(Piece::Gap { offset }) => {
                    tracing::warn!(terminal = %self.name, offset, "the screen fell behind the log");
                }
                None => done = true,
            }
            self.moved(screen);
            self.answer(screen);
        }
        if screen.crashes() > crashes {
            tracing::error!(terminal = %self.name, "the screen's emulator failed and began anew");
        }
        done
    }

    /// Passes over what a flood wrote and no screen will show. Says whether more like it would replace the rest, too.
    pub(crate) fn pass_over(&self, screen: &mut Screen) -> bool {
        let (mut ahead, end) = (screen.at, self.end());
        if end.saturating_sub(ahead.offset) < FLOOD {
            return screen.lines_that_replace_all().is_some();
        }
        let mut pieces = Vec::new();
        while ahead.offset < end
            && let Some(Piece::Data { bytes, .. }) = self.log().read(&mut ahead, PARSED_PIECE)
        {
            pieces.push(bytes);
        }
        let passed = screen.pass_over(&pieces);
        screen.at.offset += passed.unwrap_or_default() as u64;
        self.moved(screen);
        passed.is_some()
    }

    /// Tells how far the screen is.
    fn moved(&self, screen: &Screen) {
        self.scrolled.store(screen.scrolled(), Ordering::Release);
        self.parsed.store(screen.at.offset, Ordering::Release);
        self.parser_moved.notify_one();
    }

    /// Whether the screen lags so little that more may gather.
    pub(crate) fn is_near(&self) -> bool {
        self.end().saturating_sub(self.parsed()) <= self.parser_lag / 4 * 3
    }

    /// Whether the screen may lag for a moment: there is room for what comes meanwhile.
    pub(crate) fn may_rest(&self) -> bool {
        self.parser_lag == PARSER_LAG
    }

    /// Answers what the program asked, unless an emulator that is attached does: two answers would be taken for input.
    fn answer(&self, screen: &mut Screen) {
        for answer in screen.take_answers() {
            if self.readers.load(Ordering::Acquire) == 0 {
                // A program that asks without reading answers does without.
                let _full = self.input.try_send(Input::Data(Bytes::from(answer)));
            }
        }
    }

    /// Waits until the parsed screen is near enough to the log's end.
    pub(crate) async fn wait_for_parser(&self) {
        while self.end().saturating_sub(self.parsed()) > self.parser_lag {
            self.parser_moved.notified().await;
        }
    }
}
