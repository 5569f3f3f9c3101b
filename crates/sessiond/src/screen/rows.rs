//! Rows of cells as text with escape sequences: what snapshots and captures are made of.

use std::fmt::Write;
use std::ops::Range;

use super::cell::{Cell, Colour, Flags, Row, Underline};
use super::clusters::Cluster;
use super::style::Style;

/// Where text is to be read, a gap from this length on is skipped over instead of filled with blanks.
const READABLE_GAP: usize = 6;

/// A sequence that does nothing: what comes behind it joins nothing before it.
const APART: &str = "\x1b\\";

/// A wide character, and back to the beginning of its row.
const WIDE_AND_BACK: &str = "中\r";

/// Writes rows one after the other, and remembers the look of the last cell.
#[derive(Debug)]
pub(crate) struct Painter {
    columns: usize,
    /// From how many erased cells on a gap is skipped over; coloured ones always are.
    least_skipped: usize,
    style: Style,
    /// What was written last, if nothing but text was written since.
    last: Cluster,
    /// The colour of the last cell of the row above, where that was filled only so that this one goes on, and is really erased.
    filled: Option<Colour>,
}

/// How a row stands to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Joints {
    /// It goes on where the row above ended.
    pub(crate) continues: bool,
    /// The row below goes on where it ends.
    pub(crate) runs_on: bool,
}

impl Joints {
    pub(crate) const NONE: Self = Self {
        continues: false,
        runs_on: false,
    };
}

impl Painter {
    /// One whose rows an emulator takes: cells that nothing was printed in stay so, which counts when lines are folded anew.
    pub(crate) fn exact(columns: usize) -> Self {
        Self {
            columns,
            least_skipped: 1,
            style: Style::default(),
            last: Cluster::default(),
            filled: None,
        }
    }

    /// One whose rows are text to read.
    pub(crate) fn readable(columns: usize) -> Self {
        Self {
            least_skipped: READABLE_GAP,
            ..Self::exact(columns)
        }
    }

    /// Paints a row at the cursor, which stands at its beginning, or, where it continues the row above, behind that. A row that runs on is
    /// filled to its end, so that the next one's first character wraps; what was not printed there is erased again then.
    pub(crate) fn row(
        &mut self,
        row: &Row,
        mut joints: Joints,
        below: Option<&Row>,
        out: &mut String,
    ) {
        let columns = self.columns;
        let mut end = if joints.runs_on {
            columns
        } else {
            // Blanks that were printed count when lines are folded anew.
            content_end(row, columns).max(row.text_end())
        };
        let last = row.cell(columns - 1);
        let left_free = joints.runs_on && below.is_some_and(|below| left_free(last, below));
        if left_free {
            end = columns - 1;
            joints.runs_on = false;
        }
        let begun = if joints.continues {
            self.wrap(row, &mut end, out);
            self.erase_filled(row, joints, out)
        } else {
            self.last = Cluster::default();
            0
        };
        self.cells(row, begun..end, joints, out);
        self.filled = (joints.runs_on && *last == last.erased()).then_some(last.bg);
        if left_free {
            // What finds no room goes on by itself, and leaves the cell in its look. What is really there then takes its place.
            self.look(Style::of(last), out);
            out.push_str(WIDE_AND_BACK);
            self.last = Cluster::default();
        } else if !joints.runs_on && end < columns {
            self.rest_of_row(row, joints, out);
        }
    }

    /// Returns to the plain look.
    pub(crate) fn plain(&mut self, out: &mut String) {
        self.look(Style::default(), out);
    }

    /// Goes to a row that continues the one above, which only a character does; one that is not there goes again.
    fn wrap(&mut self, row: &Row, end: &mut usize, out: &mut String) {
        if row.cell(0).has_content() {
            *end = (*end).max(1);
        } else {
            self.look(Style::ground(row.cell(0).bg), out);
            out.push_str(" \x08\x1b[X");
            self.last = Cluster::default();
        }
    }

    /// Erases the last cell of the row above, if it was filled so that this one goes on. Says how many columns of this one were painted.
    fn erase_filled(&mut self, row: &Row, joints: Joints, out: &mut String) -> usize {
        let Some(colour) = self.filled.take() else {
            return 0;
        };
        let first = row.cell(0);
        let begun = usize::from(if first.has_content() { first.width } else { 0 });
        if begun >= self.columns {
            return 0;
        }
        self.cells(row, 0..begun, joints, out);
        self.look(Style::ground(colour), out);
        let (last, next) = (self.columns, begun + 1);
        let _infallible = write!(out, "\x1b[A\x1b[{last}G\x1b[X\x1b[B\x1b[{next}G");
        self.last = Cluster::default();
        begun
    }

    fn cells(&mut self, row: &Row, range: Range<usize>, joints: Joints, out: &mut String) {
        let Range { start, end } = range;
        let mut column = start;
        while column < end {
            let erased = erased(row, column, end - usize::from(joints.runs_on));
            let colour = row.cell(column).bg;
            // What a row that goes on stands on has the colour of what ran into it.
            let coloured = joints.continues || colour != Colour::Default;
            if erased > 0 && (coloured || erased >= self.least_skipped) {
                if coloured {
                    self.look(Style::ground(colour), out);
                    let _infallible = write!(out, "\x1b[{erased}X");
                }
                let _infallible = write!(out, "\x1b[{erased}C");
                self.last = Cluster::default();
                column += erased;
                continue;
            }
            let cell = row.cell(column);
            column += 1;
            if is_second_half(row, column - 1) {
                continue;
            }
            self.look(Style::of(cell), out);
            if cell.width == 2 && !is_second_half(row, column) {
                // The window, made narrower, cut it in two.
                out.push(' ');
                self.last = Cluster::default();
            } else {
                self.cell(cell, out);
            }
            let next = column - 1 + usize::from(cell.width.max(1));
            if is_doubtful(cell) && next < end {
                let _infallible = write!(out, "\x1b[{}G", next + 1);
                self.last = Cluster::default();
            }
        }
    }

    /// Writes a cell's text, apart from the one before: what was written at different times did not join.
    fn cell(&mut self, cell: &Cell, out: &mut String) {
        let start = out.len();
        character(cell, out);
        let first = if cell.has_content() { cell.c } else { ' ' };
        if self.last.followed_by(first).joins() {
            out.insert_str(start, APART);
            self.last = Cluster::default();
        }
        let text = std::iter::once(first).chain(cell.joined().chars());
        self.last = text.fold(self.last, Cluster::followed_by);
    }

    /// Clears what is right of the content, in its colour. A terminal that scrolled may have coloured it.
    fn rest_of_row(&mut self, row: &Row, joints: Joints, out: &mut String) {
        let bg = row.cell(self.columns - 1).bg;
        if bg != Colour::Default || joints.continues {
            self.look(Style::ground(bg), out);
            if joints.continues {
                // The other way, at its beginning, would make it a line of its own.
                let _infallible = write!(out, "\x1b[{}X", self.columns);
            } else {
                out.push_str("\x1b[K");
            }
        }
    }

    fn look(&mut self, style: Style, out: &mut String) {
        if style != self.style {
            style.write_from(&self.style, out);
            self.style = style;
            self.last = Cluster::default();
        }
    }
}

/// Whether the last cell of a row is free because a wide character, with which the row below begins, did not fit.
fn left_free(last: &Cell, below: &Row) -> bool {
    below.cell(0).width == 2 && last.width == 1 && !last.has_content()
}

/// Whether nothing is to be seen in the row.
pub(crate) fn is_blank(row: &Row, columns: usize) -> bool {
    content_end(row, columns) == 0 && row.cell(columns - 1).bg == Colour::Default
}

/// The column behind the last cell that is more than the colour of the row's end.
pub(crate) fn content_end(row: &Row, columns: usize) -> usize {
    let bg = row.cell(columns - 1).bg;
    let last = (0..columns)
        .rev()
        .find(|column| !is_empty(row.cell(*column), bg));
    last.map_or(0, |last| last + 1)
}

/// A cell's character with what combines with it.
pub(crate) fn character(cell: &Cell, out: &mut String) {
    out.push(if cell.has_content() { cell.c } else { ' ' });
    out.push_str(cell.joined());
}

/// Whether the cell at `column` is the second half of a wide character. A half whose first one was overwritten is a blank.
pub(crate) fn is_second_half(row: &Row, column: usize) -> bool {
    column > 0 && row.cell(column).width == 0 && row.cell(column - 1).width == 2
}

fn is_empty(cell: &Cell, bg: Colour) -> bool {
    let visible = Flags::INVERSE
        .union(Flags::STRIKE)
        .union(Flags::OVERLINE)
        .union(Flags::PROTECTED);
    matches!(cell.c, ' ' | '\0')
        && cell.width == 1
        && cell.bg == bg
        && !cell.flags.intersects(visible)
        && cell.underline == Underline::None
        && cell.joined().is_empty()
        && cell.link().is_none()
}

/// Whether emulators differ in how many columns the cell takes: symbols, emoji, sequences. A repaint is also shown where people have other
/// terminals (`longhouse attach`, recordings), so the cursor is put right after such a cell.
fn is_doubtful(cell: &Cell) -> bool {
    matches!(u32::from(cell.c), 0x2190..=0x24ff | 0x25a0..=0x2bff | 0xe000..=0xf8ff | 0x1_f000..)
        || !cell.joined().is_empty()
}

/// How many cells from `from` on were erased in one colour, and not written since.
fn erased(row: &Row, from: usize, end: usize) -> usize {
    let first = row.cell(from);
    if first.has_content() || *first != first.erased() {
        return 0;
    }
    (from..end)
        .take_while(|column| row.cell(*column) == first)
        .count()
}
