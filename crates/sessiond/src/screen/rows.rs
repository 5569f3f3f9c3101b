//! Rows of cells as text with escape sequences: what snapshots and captures are made of.

use std::fmt::Write;

use alacritty_terminal::grid::Row;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, NamedColor};

use super::style::Style;

/// A run of blanks from this length on is skipped over instead of printed.
const SKIPPED_BLANKS: usize = 6;

/// Writes rows one after the other, and remembers the look of the last cell.
#[derive(Debug, Default)]
pub(crate) struct Painter {
    style: Style,
    /// The row above ran into the one that comes next.
    continues: bool,
}

impl Painter {
    /// Paints a row at the cursor, which stands at its beginning, or, where the row above wraps, behind that. A row that wraps is filled
    /// to its end, so that the next one's first character wraps too.
    pub(crate) fn row(&mut self, row: &Row<Cell>, out: &mut String) {
        let wraps = wraps(row);
        let mut end = if wraps { row.len() } else { content_end(row) };
        if wraps && is_leading_spacer(row) {
            // The wide character that did not fit wraps by itself.
            end -= 1;
        }
        if self.continues {
            end = end.max(1);
        }
        self.cells(row, end, !wraps && !self.continues, out);
        if !wraps && end < row.len() {
            self.rest_of_row(row, out);
        }
        self.continues = wraps;
    }

    /// Paints a row by itself, whatever it ran into.
    pub(crate) fn unwrapped_row(&mut self, row: &Row<Cell>, out: &mut String) {
        let end = content_end(row);
        self.cells(row, end, true, out);
        if end < row.len() {
            self.rest_of_row(row, out);
        }
    }

    /// Returns to the plain look.
    pub(crate) fn plain(&mut self, out: &mut String) {
        self.look(Style::default(), out);
    }

    fn cells(&mut self, row: &Row<Cell>, end: usize, may_skip: bool, out: &mut String) {
        let mut column = 0;
        while column < end {
            let blanks = if may_skip {
                plain_blanks(row, column, end)
            } else {
                0
            };
            if blanks >= SKIPPED_BLANKS {
                let _infallible = write!(out, "\x1b[{blanks}C");
                column += blanks;
                continue;
            }
            let cell = &row[Column(column)];
            column += 1;
            if is_second_half(row, column - 1) {
                continue;
            }
            self.look(Style::of(cell), out);
            character(cell, out);
            let next = column + usize::from(cell.flags.contains(Flags::WIDE_CHAR));
            if is_doubtful(cell) && next < end {
                let _infallible = write!(out, "\x1b[{}G", next + 1);
            }
        }
    }

    /// Clears what is right of the content, in its colour. A terminal that scrolled may have coloured it.
    fn rest_of_row(&mut self, row: &Row<Cell>, out: &mut String) {
        let bg = row[Column(row.len() - 1)].bg;
        let coloured = bg != Color::Named(NamedColor::Background);
        if coloured || self.continues {
            self.look(
                Style {
                    bg,
                    ..Style::default()
                },
                out,
            );
            out.push_str("\x1b[K");
        }
    }

    fn look(&mut self, style: Style, out: &mut String) {
        if style != self.style {
            style.write_from(&self.style, out);
            self.style = style;
        }
    }
}

/// Whether the row runs into the next one.
pub(crate) fn wraps(row: &Row<Cell>) -> bool {
    row[Column(row.len() - 1)].flags.contains(Flags::WRAPLINE)
}

/// Whether nothing is to be seen in the row.
pub(crate) fn is_blank(row: &Row<Cell>) -> bool {
    content_end(row) == 0 && row[Column(row.len() - 1)].bg == Color::Named(NamedColor::Background)
}

/// The column behind the last cell that is more than the colour of the row's end.
pub(crate) fn content_end(row: &Row<Cell>) -> usize {
    let bg = row[Column(row.len() - 1)].bg;
    let cells = &row[..];
    cells
        .iter()
        .rposition(|cell| !is_empty(cell, bg))
        .map_or(0, |last| last + 1)
}

/// A cell's character with what combines with it.
pub(crate) fn character(cell: &Cell, out: &mut String) {
    out.push(if cell.c == '\t' { ' ' } else { cell.c });
    out.extend(cell.zerowidth().unwrap_or_default());
}

/// Whether the cell at `column` is the second half of a wide character. A half whose first one was overwritten is a blank.
pub(crate) fn is_second_half(row: &Row<Cell>, column: usize) -> bool {
    row[Column(column)].flags.contains(Flags::WIDE_CHAR_SPACER)
        && column > 0
        && row[Column(column - 1)].flags.contains(Flags::WIDE_CHAR)
}

fn is_empty(cell: &Cell, bg: Color) -> bool {
    let visible =
        Flags::INVERSE | Flags::ALL_UNDERLINES | Flags::STRIKEOUT | Flags::WIDE_CHAR_SPACER;
    matches!(cell.c, ' ' | '\t')
        && cell.bg == bg
        && !cell.flags.intersects(visible)
        && cell.extra.is_none()
}

fn is_leading_spacer(row: &Row<Cell>) -> bool {
    let last = &row[Column(row.len() - 1)];
    row.len() > 1 && last.flags.contains(Flags::LEADING_WIDE_CHAR_SPACER)
}

fn plain_blanks(row: &Row<Cell>, from: usize, end: usize) -> usize {
    let plain = Color::Named(NamedColor::Background);
    row[Column(from)..Column(end)]
        .iter()
        .take_while(|cell| is_empty(cell, plain))
        .count()
}

/// Whether emulators differ in how many columns the cell takes: symbols, emoji, sequences. The cursor is put right after such a cell.
fn is_doubtful(cell: &Cell) -> bool {
    matches!(u32::from(cell.c), 0x2190..=0x24ff | 0x25a0..=0x2bff | 0xe000..=0xf8ff | 0x1_f000..)
        || cell.zerowidth().is_some_and(|joined| !joined.is_empty())
}
