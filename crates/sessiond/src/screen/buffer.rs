//! One of the two buffers of a terminal: its rows with the history above them, its cursor, its scroll region and its tab stops. What the
//! browser's emulator does with its own is done here, step by step; which of them the program asked for is said elsewhere.

use std::collections::VecDeque;

use super::cell::{Cell, Row};
use super::charsets::Charset;

/// The tab stops of a fresh terminal stand this far apart.
const TAB_WIDTH: usize = 8;

/// What `ESC 7` keeps for `ESC 8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) x: usize,
    /// Counted from the first row of the history: text that scrolls takes the place along.
    pub(super) y: usize,
    pub(crate) pen: Cell,
    pub(crate) charset: Charset,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            x: 0,
            y: 0,
            pen: Cell::default(),
            charset: Charset::ASCII,
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub(super) lines: VecDeque<Row>,
    /// How many of the rows are history.
    pub(super) base: usize,
    /// Behind the last column where a wrap is pending.
    pub(crate) x: usize,
    pub(crate) y: usize,
    /// First and last row of the scroll region.
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    pub(super) tabs: Vec<bool>,
    pub(super) saved: Saved,
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// The most rows of history; `None` where there is none, ever, and lines are not folded anew.
    pub(super) scrollback: Option<usize>,
}

impl Buffer {
    pub(super) fn new(columns: usize, rows: usize, scrollback: Option<usize>) -> Self {
        Self {
            lines: VecDeque::new(),
            base: 0,
            x: 0,
            y: 0,
            top: 0,
            bottom: rows - 1,
            tabs: default_tabs(columns).collect(),
            saved: Saved::default(),
            columns,
            rows,
            scrollback,
        }
    }

    /// Blank rows, where there are none yet.
    pub(super) fn fill_if_empty(&mut self, fill: &Cell) {
        if self.lines.is_empty() {
            let blank = Row::filled(self.columns, fill);
            self.lines.extend(std::iter::repeat_n(blank, self.rows));
        }
    }

    /// Forgets all but the saved cursor.
    pub(super) fn clear(&mut self) {
        let saved = std::mem::take(&mut self.saved);
        *self = Self::new(self.columns, self.rows, self.scrollback);
        self.saved = saved;
    }

    /// The most rows it holds.
    pub(super) fn most_lines(&self) -> usize {
        self.rows + self.scrollback.unwrap_or(0)
    }

    /// Rows of history.
    pub(crate) fn history(&self) -> usize {
        self.base
    }

    /// A row, counted from the first of the history.
    pub(crate) fn line(&self, line: usize) -> &Row {
        &self.lines[line]
    }

    /// A row of the screen.
    pub(crate) fn row(&self, y: usize) -> &Row {
        &self.lines[self.base + y]
    }

    pub(super) fn row_mut(&mut self, y: usize) -> &mut Row {
        &mut self.lines[self.base + y]
    }

    /// The rows of the screen.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.lines.range_mut(self.base..)
    }

    /// The scroll region moves up by one; what leaves the screen at its top becomes history.
    pub(super) fn scroll(&mut self, fill: &Cell, wrapped: bool) {
        let (top, bottom) = (self.base + self.top, self.base + self.bottom);
        if self.top > 0 {
            self.rotate(top, bottom, fill);
            self.lines[bottom].wrapped = wrapped;
            return;
        }
        let full = self.lines.len() >= self.most_lines();
        let history = self.scrollback.is_some_and(|most| most > 0);
        let mut fresh = if history {
            let short = self.lines[top].take_short(fill);
            std::mem::replace(&mut self.lines[top], short)
        } else {
            Row::filled(self.columns, fill)
        };
        fresh.wrapped = wrapped;
        self.lines.insert(bottom + 1, fresh);
        if full {
            self.lines.pop_front();
        } else {
            self.base += 1;
        }
    }

    /// Takes the row `from` out, and puts a blank one in that is then at `to`. Both count from the first of the history.
    pub(super) fn rotate(&mut self, from: usize, to: usize, fill: &Cell) {
        if let Some(mut row) = self.lines.remove(from) {
            row.fill(fill);
            self.lines.insert(to, row);
        }
    }

    pub(super) fn forget_history(&mut self) {
        self.lines.drain(..self.base);
        self.base = 0;
    }

    /// Whether the rows of the scroll region hold the cursor.
    pub(super) fn in_region(&self) -> bool {
        (self.top..=self.bottom).contains(&self.y)
    }

    pub(super) fn is_tab(&self, column: usize) -> bool {
        self.tabs.get(column).copied().unwrap_or(false)
    }

    pub(super) fn next_tab(&self) -> usize {
        let next = (self.x + 1..self.columns).find(|column| self.is_tab(*column));
        next.unwrap_or(self.columns - 1)
    }

    pub(super) fn previous_tab(&self, column: usize) -> usize {
        let before = (0..column).rev().find(|column| self.is_tab(*column));
        before.unwrap_or(0)
    }

    /// Tab stops for columns that are new. The last one before them leads; where there is none, the usual ones come back.
    pub(super) fn extend_tabs(&mut self) {
        let columns = self.columns;
        let first = if self.is_tab(columns) {
            columns
        } else {
            self.previous_tab(columns)
        };
        if self.tabs.len() < columns {
            self.tabs.resize(columns, false);
        }
        for column in (first..columns).step_by(TAB_WIDTH) {
            self.tabs[column] = true;
        }
    }

    /// Whether the tab stops are those of a fresh terminal.
    pub(crate) fn has_default_tabs(&self) -> bool {
        let mut columns = default_tabs(self.columns).enumerate();
        columns.all(|(column, stop)| self.is_tab(column) == stop)
    }

    pub(super) fn save(&mut self, pen: Cell, charset: Charset) {
        self.saved = Saved {
            x: self.x,
            y: self.base + self.y,
            pen,
            charset,
        };
    }

    /// The saved cursor's row on the screen.
    pub(crate) fn saved_row(&self) -> usize {
        self.saved.y.saturating_sub(self.base)
    }

    /// Whether the saved cursor's row is history now.
    pub(crate) fn saved_scrolled_away(&self) -> bool {
        self.saved.y < self.base
    }

    pub(crate) fn saved(&self) -> &Saved {
        &self.saved
    }
}

pub(super) fn default_tabs(columns: usize) -> impl Iterator<Item = bool> {
    (0..columns).map(|column| column % TAB_WIDTH == 0)
}
