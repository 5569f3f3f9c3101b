//! The snapshot: bytes that, written into an emulator like the browser's, repaint the screen with its history and leave it in the very
//! state in which the program's next byte finds it.
//!
//! The order matters: what moves the cursor or changes how text is taken comes before the cursor's place; what would break a pending wrap
//! or a combining character comes before the last printed cell.

use std::fmt::Write;

use alacritty_terminal::grid::{Cursor, Dimensions, Grid};
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{CharsetIndex, CursorShape, StandardCharset};

use super::machine::Machine;
use super::pending::Pending;
use super::rows::{self, Painter};
use super::style::Style;

/// The snapshot of `machine`, with at most `scrollback` lines of its own history, or below `history`: lines from elsewhere.
pub(crate) fn snapshot(
    machine: &mut Machine,
    pending: &Pending,
    scrollback: usize,
    history: Option<&[u8]>,
) -> Vec<u8> {
    // Whoever gets it may have shown something before.
    let mut out = String::from("\x1bc");
    let scrollback = match history {
        Some(lines) => {
            push_up(lines, machine, &mut out);
            0
        }
        None => scrollback,
    };
    if machine.in_alternate_screen() {
        primary_beneath(machine, scrollback, &mut out);
        alternate(machine.term.grid(), &mut out);
    } else {
        primary(machine.term.grid(), scrollback, &mut out);
    }
    tabs(machine, &mut out);
    saved_cursor(machine.term.grid(), &mut out);
    colours(machine, &mut out);
    modes(machine, &mut out);
    cursor(machine, pending, &mut out);
    if machine.synchronised {
        out.push_str("\x1b[?2026h");
    }
    let mut bytes = out.into_bytes();
    bytes.extend_from_slice(pending.bytes());
    bytes
}

/// Writes `lines` so that they end right above the screen, which is blank then.
fn push_up(lines: &[u8], machine: &Machine, out: &mut String) {
    for line in String::from_utf8_lossy(lines).lines() {
        out.push_str(line);
        out.push_str("\x1b[0m\x1b]8;;\x1b\\\r\n");
    }
    // The last of them stand on the screen still; line feeds at its end push them out.
    let rows = machine.term.screen_lines();
    let _infallible = write!(out, "\x1b[{rows};1H");
    let lines = memchr::memchr_iter(b'\n', lines).count();
    out.push_str(&"\n".repeat(lines.min(rows - 1)));
    out.push_str("\x1b[H");
}

/// Paints the primary screen that lies beneath the alternate one, and enters the alternate one.
fn primary_beneath(machine: &mut Machine, scrollback: usize, out: &mut String) {
    // The grid beneath is private; swapping the screens shows it. Swapping back clears the alternate one, hence the copy.
    let alternate = machine.term.grid().clone();
    machine.term.swap_alt();
    primary(machine.term.grid(), scrollback, out);
    let cursor = &machine.term.grid().cursor;
    place(cursor.point, 0, out);
    Style::of(&cursor.template).write_from(&Style::default(), out);
    machine.term.swap_alt();
    *machine.term.grid_mut() = alternate;
    // Entering saves the cursor with its look, then clears in that look; the second clearing makes it the plain one.
    out.push_str("\x1b[?1049h\x1b[0m\x1b]8;;\x1b\\\x1b[2J");
}

fn primary(grid: &Grid<Cell>, scrollback: usize, out: &mut String) {
    let history = i32::try_from(grid.history_size().min(scrollback)).unwrap_or(0);
    let last = grid.bottommost_line().0;
    let mut painter = Painter::default();
    for line in -history..=last {
        let row = &grid[Line(line)];
        painter.row(row, out);
        if line < last && !rows::wraps(row) {
            painter.plain(out);
            out.push_str("\r\n");
        }
    }
    painter.plain(out);
}

fn alternate(grid: &Grid<Cell>, out: &mut String) {
    let mut painter = Painter::default();
    for line in 0..=grid.bottommost_line().0 {
        let row = &grid[Line(line)];
        if rows::is_blank(row) {
            continue;
        }
        painter.plain(out);
        place(Point::new(Line(line), Column(0)), 0, out);
        painter.unwrapped_row(row, out);
    }
    painter.plain(out);
}

fn tabs(machine: &Machine, out: &mut String) {
    if machine.has_default_tabs() {
        return;
    }
    out.push_str("\x1b[3g");
    for (column, _) in machine.tabs.iter().enumerate().filter(|(_, stop)| **stop) {
        let _infallible = write!(out, "\x1b[{}G\x1bH", column + 1);
    }
}

/// What `ESC 8` will come back to.
fn saved_cursor(grid: &Grid<Cell>, out: &mut String) {
    let saved = &grid.saved_cursor;
    if *saved == Cursor::default() {
        return;
    }
    place(saved.point, 0, out);
    let style = Style::of(&saved.template);
    style.write_from(&Style::default(), out);
    charset_tables(saved, out);
    out.push_str("\x1b7");
    Style::default().write_from(&style, out);
    if *saved != Cursor::default() {
        out.push_str("\x1b(B\x1b)B\x1b*B\x1b+B");
    }
}

fn colours(machine: &Machine, out: &mut String) {
    let colours = machine.term.colors();
    for index in 0..=258 {
        let Some(rgb) = colours[index] else { continue };
        let _infallible = match index {
            0..256 => write!(out, "\x1b]4;{index};"),
            // Foreground, background, cursor: OSC 10, 11, 12.
            _ => write!(out, "\x1b]{};", index - 256 + 10),
        };
        let _infallible = write!(out, "rgb:{:02x}/{:02x}/{:02x}\x1b\\", rgb.r, rgb.g, rgb.b);
    }
    if let Some(title) = &machine.title {
        let _infallible = write!(out, "\x1b]2;{title}\x1b\\");
    }
}

fn modes(machine: &Machine, out: &mut String) {
    let mode = machine.term.mode();
    for (flag, sequence) in [
        (TermMode::APP_CURSOR, "\x1b[?1h"),
        (TermMode::APP_KEYPAD, "\x1b="),
        (TermMode::BRACKETED_PASTE, "\x1b[?2004h"),
        (TermMode::FOCUS_IN_OUT, "\x1b[?1004h"),
        (TermMode::MOUSE_REPORT_CLICK, "\x1b[?1000h"),
        (TermMode::MOUSE_DRAG, "\x1b[?1002h"),
        (TermMode::MOUSE_MOTION, "\x1b[?1003h"),
        (TermMode::UTF8_MOUSE, "\x1b[?1005h"),
        (TermMode::SGR_MOUSE, "\x1b[?1006h"),
        (TermMode::LINE_FEED_NEW_LINE, "\x1b[20h"),
    ] {
        if mode.contains(flag) {
            out.push_str(sequence);
        }
    }
    if !mode.contains(TermMode::SHOW_CURSOR) {
        out.push_str("\x1b[?25l");
    }
    for extra in &machine.extra_modes {
        let _infallible = write!(out, "\x1b[?{extra}h");
    }
    if let Some(style) = machine.cursor_style {
        let steady = match style.shape {
            CursorShape::Underline => 4,
            CursorShape::Beam => 6,
            CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => 2,
        };
        let _infallible = write!(out, "\x1b[{} q", steady - u8::from(style.blinking));
    }
    if let Some((top, bottom)) = machine.region {
        let _infallible = write!(out, "\x1b[{top};{bottom}r");
    }
    if mode.contains(TermMode::ORIGIN) {
        out.push_str("\x1b[?6h");
    }
}

/// The cursor's place and look, a wrap that is pending, the character that a combining one would join.
fn cursor(machine: &Machine, pending: &Pending, out: &mut String) {
    let grid = machine.term.grid();
    let cursor = &grid.cursor;
    let look = Style::of(&cursor.template);
    let origin = match machine.region {
        Some((top, _)) if machine.term.mode().contains(TermMode::ORIGIN) => top - 1,
        _ => 0,
    };
    let insert = machine.term.mode().contains(TermMode::INSERT);
    let last = cell_before(grid);
    let joins =
        last.filter(|at| pending.ends_in_print() && !insert && Style::of(&grid[*at]) == look);
    match (joins, last) {
        (Some(at), _) => {
            charsets(machine, out);
            place(at, origin, out);
            look.write_from(&Style::default(), out);
            rows::character(&grid[at], out);
        }
        (None, Some(at)) if cursor.input_needs_wrap => {
            place(at, origin, out);
            let style = Style::of(&grid[at]);
            style.write_from(&Style::default(), out);
            rows::character(&grid[at], out);
            charsets(machine, out);
            look.write_from(&style, out);
        }
        (None, _) => {
            charsets(machine, out);
            place(cursor.point, origin, out);
            look.write_from(&Style::default(), out);
        }
    }
    // Both would have changed how the cell above is written; neither moves the cursor.
    if insert {
        out.push_str("\x1b[4h");
    }
    if !machine.term.mode().contains(TermMode::LINE_WRAP) {
        out.push_str("\x1b[?7l");
    }
}

/// The cell that was printed last, if the cursor still stands behind it.
fn cell_before(grid: &Grid<Cell>) -> Option<Point> {
    let Point { line, column } = grid.cursor.point;
    let mut column = if grid.cursor.input_needs_wrap {
        column
    } else {
        Column(column.0.checked_sub(1)?)
    };
    if grid[line][column].flags.contains(Flags::WIDE_CHAR_SPACER) {
        column = Column(column.0.checked_sub(1)?);
    }
    Some(Point::new(line, column))
}

fn charsets(machine: &Machine, out: &mut String) {
    charset_tables(&machine.term.grid().cursor, out);
    match machine.charset {
        CharsetIndex::G0 => {}
        CharsetIndex::G1 => out.push('\x0e'),
        CharsetIndex::G2 => out.push_str("\x1bn"),
        CharsetIndex::G3 => out.push_str("\x1bo"),
    }
}

fn charset_tables(cursor: &Cursor<Cell>, out: &mut String) {
    for (index, sequence) in [
        (CharsetIndex::G0, "\x1b(0"),
        (CharsetIndex::G1, "\x1b)0"),
        (CharsetIndex::G2, "\x1b*0"),
        (CharsetIndex::G3, "\x1b+0"),
    ] {
        if cursor.charsets[index] == StandardCharset::SpecialCharacterAndLineDrawing {
            out.push_str(sequence);
        }
    }
}

/// Puts the cursor at `point`; `origin` is the first line that counts.
fn place(point: Point, origin: usize, out: &mut String) {
    let line = usize::try_from(point.line.0).unwrap_or(0);
    let row = line.saturating_sub(origin) + 1;
    let _infallible = write!(out, "\x1b[{row};{}H", point.column.0 + 1);
}
