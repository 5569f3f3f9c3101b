//! The terminal emulator behind a parsed screen: alacritty's, with what it keeps private kept beside it, and bent where it would not look
//! like the emulator in the browser.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::{Cursor, Dimensions};
use alacritty_terminal::index::Line;
use alacritty_terminal::term::{Config, MIN_COLUMNS, Term, TermMode};
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, CursorStyle, Handler, NamedMode, NamedPrivateMode, StandardCharset, Timeout,
};
use longhouse_domain::terminal::TerminalSize;

/// The oldest mouse mode.
pub(super) const X10_MOUSE: u16 = 9;

/// The mouse modes that alacritty knows.
pub(super) const MOUSE_MODES: [NamedPrivateMode; 3] = [
    NamedPrivateMode::ReportMouseClicks,
    NamedPrivateMode::ReportCellMouseMotion,
    NamedPrivateMode::ReportAllMouseMotion,
];

/// The tab stops of a fresh terminal stand this far apart.
const TAB_WIDTH: usize = 8;

/// Answers that the program asked for (device attributes, cursor position), waiting to be written to it.
#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<Vec<String>>>);

impl Answers {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventListener for Answers {
    fn send_event(&self, event: Event) {
        if let Event::PtyWrite(text) = event {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(text);
        }
    }
}

/// A size in the form that alacritty takes. Never so narrow that a wide character has no room: folding lines to one column, it looks
/// for that room without end, and takes all memory on the way.
#[derive(Clone, Copy)]
pub(crate) struct Cells(pub(crate) TerminalSize);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }
    fn screen_lines(&self) -> usize {
        self.0.rows.into()
    }
    fn columns(&self) -> usize {
        usize::from(self.0.cols).max(MIN_COLUMNS)
    }
}

/// Synchronised updates are parsed as they come: a snapshot must stand for every byte up to its offset, and nobody watches this screen.
#[derive(Default)]
pub(crate) struct Immediately;

impl Timeout for Immediately {
    fn set_timeout(&mut self, _: Duration) {}
    fn clear_timeout(&mut self) {}
    fn pending_timeout(&self) -> bool {
        false
    }
}

/// The emulator's whole state.
pub(crate) struct Machine {
    pub(crate) term: Term<Answers>,
    /// First and last line of the scroll region, from 1; `None` where it is the whole screen.
    pub(crate) region: Option<(usize, usize)>,
    pub(crate) tabs: Vec<bool>,
    pub(crate) charset: CharsetIndex,
    /// What the program chose; `None` where it did not.
    pub(crate) cursor_style: Option<CursorStyle>,
    pub(crate) title: Option<String>,
    pub(crate) extra_modes: BTreeSet<u16>,
    /// A synchronised update is under way.
    pub(crate) synchronised: bool,
    /// Line feeds that scrolled the screen's top away, ever.
    pub(crate) scrolled: u64,
}

impl Machine {
    pub(crate) fn new(size: TerminalSize, scrollback: usize, answers: Answers) -> Self {
        let config = Config {
            scrolling_history: scrollback,
            ..Config::default()
        };
        Self {
            term: Term::new(config, &Cells(size), answers),
            region: None,
            tabs: default_tabs(0, Cells(size).columns()).collect(),
            charset: CharsetIndex::default(),
            cursor_style: None,
            title: None,
            extra_modes: BTreeSet::new(),
            synchronised: false,
            scrolled: 0,
        }
    }

    pub(crate) fn resize(&mut self, size: TerminalSize) {
        self.term.resize(Cells(size));
        self.region = None;
        let columns = Cells(size).columns();
        let old = self.tabs.len();
        self.tabs.truncate(columns);
        self.tabs.extend(default_tabs(old, columns));
    }

    pub(crate) fn in_alternate_screen(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }

    /// Whether the tab stops are those of a fresh terminal.
    pub(crate) fn has_default_tabs(&self) -> bool {
        self.tabs
            .iter()
            .copied()
            .eq(default_tabs(0, self.tabs.len()))
    }

    /// `CSI ! p`, which alacritty does not know.
    pub(crate) fn soft_reset(&mut self) {
        let cursor = self.term.grid().cursor.point;
        for mode in [
            NamedPrivateMode::CursorKeys,
            NamedPrivateMode::Origin,
            NamedPrivateMode::BracketedPaste,
            NamedPrivateMode::ReportFocusInOut,
        ] {
            self.unset_private_mode(mode.into());
        }
        self.set_private_mode(NamedPrivateMode::ShowCursor.into());
        self.set_private_mode(NamedPrivateMode::LineWrap.into());
        self.unset_mode(NamedMode::Insert.into());
        self.unset_keypad_application_mode();
        self.set_scrolling_region(1, None);
        self.terminal_attribute(Attr::Reset);
        for index in [
            CharsetIndex::G0,
            CharsetIndex::G1,
            CharsetIndex::G2,
            CharsetIndex::G3,
        ] {
            self.configure_charset(index, StandardCharset::Ascii);
        }
        self.set_active_charset(CharsetIndex::G0);
        let grid = self.term.grid_mut();
        grid.cursor.point = cursor;
        grid.saved_cursor = Cursor::default();
    }

    /// Moves the lines from `top` up by `rows`, to the end of the scroll region. alacritty would push those at the screen's top into the
    /// history, which the browser's emulator does only when text scrolls.
    pub(super) fn shift_up(&mut self, top: i32, rows: usize) {
        let lines = i32::try_from(self.term.screen_lines()).unwrap_or(i32::MAX);
        let end = self
            .region
            .map_or(lines, |(_, last)| i32::try_from(last).unwrap_or(lines));
        let rows = i32::try_from(rows).unwrap_or(i32::MAX).min(end - top);
        let grid = self.term.grid_mut();
        for line in top..end - rows {
            grid[Line(line)] = grid[Line(line + rows)].clone();
        }
        grid.reset_region(Line(end - rows)..Line(end));
    }

    /// The lines that scroll, from 0.
    pub(super) fn region_lines(&self) -> std::ops::Range<usize> {
        let lines = self.term.screen_lines();
        self.region
            .map_or(0..lines, |(first, last)| first - 1..last)
    }

    pub(super) fn forget_mouse(&mut self) {
        self.extra_modes.remove(&X10_MOUSE);
        for mode in MOUSE_MODES {
            Handler::unset_private_mode(&mut self.term, mode.into());
        }
    }

    pub(super) fn column(&self) -> usize {
        self.term.grid().cursor.point.column.0
    }
}

pub(super) fn default_tabs(from: usize, to: usize) -> impl Iterator<Item = bool> {
    (from..to).map(|column| column % TAB_WIDTH == 0)
}

#[cfg(test)]
mod tests {
    use alacritty_terminal::vte::ansi::Processor;

    use super::*;

    #[test]
    fn a_wide_character_has_room_in_a_window_of_one_column() {
        let size = |cols| TerminalSize { cols, rows: 5 };
        assert_eq!(Cells(size(1)).columns(), 2);
        let mut machine = Machine::new(size(10), 50, Answers::default());
        let mut parser = Processor::<Immediately>::new();
        parser.advance(&mut machine, "a漢b\r\n".as_bytes());
        machine.resize(size(1));
        assert!(machine.term.grid().total_lines() <= 5 + 50);
        machine.resize(size(10));
        assert_eq!(machine.tabs.len(), 10);
    }
}
