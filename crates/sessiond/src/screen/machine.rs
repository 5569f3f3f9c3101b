//! The emulator's whole state, and what makes it anew. It is the browser's emulator (xterm.js) over again: each operation does what that
//! one does, in the same order, so that both show the same after the same bytes. What bytes ask for what is [`super::dispatch`]'s.

use std::collections::BTreeMap;

use longhouse_domain::terminal::TerminalSize;

use super::buffer::{Buffer, Saved};
use super::cell::Cell;
use super::charsets::{Charset, Charsets};
use super::clusters::Cluster;
use super::colours::{Palette, Rgb};
use super::modes::Modes;

/// The most bytes of a title that are kept: titles are for tabs, and a program may send megabytes.
const TITLE_BYTES: usize = 1024;

/// The most answers that wait to be fetched: a program that asks without end is answered to no end.
const ANSWERS: usize = 4096;

/// A screen has at least so many columns: a wide character needs room.
const FEWEST_COLUMNS: usize = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(super) normal: Buffer,
    pub(super) alternate: Buffer,
    pub(super) in_alternate: bool,
    pub(super) columns: usize,
    pub(super) rows: usize,
    scrollback: usize,
    /// What the next character will look like.
    pub(super) pen: Cell,
    pub(super) charsets: Charsets,
    pub(super) modes: Modes,
    pub(super) title: Option<String>,
    pub(super) colours: Palette,
    /// What was printed last, where nothing came since: the next character may join it.
    pub(super) last: Cluster,
    /// Answers that the program asked for, waiting to be written to it.
    answers: Vec<String>,
    /// Lines that left the normal screen at its top, ever.
    pub(super) scrolled: u64,
}

impl Machine {
    pub(crate) fn new(size: TerminalSize, scrollback: usize) -> Self {
        let (columns, rows) = cells(size);
        let mut normal = Buffer::new(columns, rows, Some(scrollback));
        normal.fill_if_empty(&Cell::default());
        Self {
            normal,
            alternate: Buffer::new(columns, rows, None),
            in_alternate: false,
            columns,
            rows,
            scrollback,
            pen: Cell::default(),
            charsets: Charsets::default(),
            modes: Modes::default(),
            title: None,
            colours: BTreeMap::new(),
            last: Cluster::default(),
            answers: Vec::new(),
            scrolled: 0,
        }
    }

    pub(crate) fn resize(&mut self, size: TerminalSize) {
        let (columns, rows) = cells(size);
        if (columns, rows) == (self.columns, self.rows) {
            return;
        }
        self.columns = columns;
        self.rows = rows;
        for buffer in [&mut self.normal, &mut self.alternate] {
            buffer.resize(columns, rows);
            buffer.extend_tabs();
        }
    }

    /// The buffer that is shown.
    pub(super) fn screen(&mut self) -> &mut Buffer {
        if self.in_alternate {
            &mut self.alternate
        } else {
            &mut self.normal
        }
    }

    /// The buffer that is shown.
    pub(crate) fn shown(&self) -> &Buffer {
        if self.in_alternate {
            &self.alternate
        } else {
            &self.normal
        }
    }

    pub(super) fn enter_alternate(&mut self) {
        if self.in_alternate {
            return;
        }
        self.alternate.fill_if_empty(&self.pen.erased());
        self.alternate.x = self.normal.x;
        self.alternate.y = self.normal.y;
        self.in_alternate = true;
    }

    pub(super) fn leave_alternate(&mut self) {
        if !self.in_alternate {
            return;
        }
        self.normal.x = self.alternate.x;
        self.normal.y = self.alternate.y;
        self.alternate.clear();
        self.in_alternate = false;
    }

    /// The scroll region moves up by one.
    pub(super) fn scroll(&mut self, wrapped: bool) {
        let fill = self.pen.erased();
        if !self.in_alternate && self.normal.top == 0 {
            self.scrolled += 1;
        }
        self.screen().scroll(&fill, wrapped);
    }

    /// How many lines of text, one after the other, leave nothing of what the buffer holds now, wherever the cursor is; `None` where no
    /// number does.
    pub(super) fn lines_that_replace_all(&self) -> Option<usize> {
        let normal = &self.normal;
        let whole = normal.top == 0 && normal.bottom + 1 == self.rows;
        let only_down = !self.modes.reverse_wraparound;
        (whole && only_down && !self.in_alternate).then(|| normal.most_lines() + self.rows)
    }

    /// So many lines were not printed; what comes after them replaces all, and begins a line or stands in one that will be gone.
    pub(super) fn pass_over(&mut self, lines: u64) {
        if lines > 0 {
            self.scrolled += lines;
            self.last = Cluster::default();
            self.normal.x = 0;
        }
    }

    /// `ESC c`. Colours, the title and what is no mode of the terminal's stay, as they do in the browser.
    pub(super) fn reset(&mut self) {
        let size = (self.columns, self.rows);
        self.normal = Buffer::new(size.0, size.1, Some(self.scrollback));
        self.normal.fill_if_empty(&Cell::default());
        self.alternate = Buffer::new(size.0, size.1, None);
        self.in_alternate = false;
        self.pen = Cell::default();
        self.charsets = Charsets::default();
        self.modes.reset_all();
    }

    /// `CSI ! p`.
    pub(super) fn soft_reset(&mut self) {
        self.pen = Cell::default();
        self.charsets = Charsets::default();
        self.modes.reset_soft();
        let rows = self.rows;
        let screen = self.screen();
        screen.top = 0;
        screen.bottom = rows - 1;
        screen.saved = Saved {
            x: 0,
            y: screen.base,
            pen: Cell::default(),
            charset: Charset::ASCII,
        };
    }

    pub(super) fn set_title(&mut self, title: &str) {
        let printable = title.chars().filter(|c| !c.is_control());
        let mut bytes = 0;
        let kept = printable.take_while(|c| {
            bytes += c.len_utf8();
            bytes <= TITLE_BYTES
        });
        self.title = Some(kept.collect());
    }

    pub(super) fn set_colour(&mut self, index: u16, colour: Rgb) {
        self.colours.insert(index, colour);
    }

    pub(super) fn answer(&mut self, text: String) {
        if self.answers.len() < ANSWERS {
            self.answers.push(text);
        }
    }

    pub(crate) fn take_answers(&mut self) -> Vec<String> {
        std::mem::take(&mut self.answers)
    }
}

/// Columns and rows of a screen of that size.
fn cells(size: TerminalSize) -> (usize, usize) {
    (
        usize::from(size.cols).max(FEWEST_COLUMNS),
        usize::from(size.rows).max(1),
    )
}
