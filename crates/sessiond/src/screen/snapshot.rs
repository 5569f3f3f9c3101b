//! The snapshot: bytes that, written into an emulator like the browser's, repaint the screen with its history and leave it in the very
//! state in which the program's next byte finds it.
//!
//! The order matters: what moves the cursor or changes how text is taken comes before the cursor's place; what would break a pending wrap
//! or a combining character comes before the last printed cell.

use std::fmt::Write;

use super::buffer::{Buffer, Saved};
use super::charsets::Charset;
use super::colours::TEXT;
use super::machine::Machine;
use super::modes::MouseEncoding;
use super::pending::Pending;
use super::rows::{self, Joints, Painter};
use super::style::Style;

/// What designates the four character sets.
const SLOTS: [&str; 4] = ["(", ")", "*", "+"];

/// The snapshot of `machine`, with at most `scrollback` lines of its own history, or below `history`: lines from elsewhere.
pub(crate) fn snapshot(
    machine: &Machine,
    pending: &Pending,
    scrollback: usize,
    history: Option<&[u8]>,
) -> Vec<u8> {
    // Whoever gets it may have shown something before; a reset leaves this mode alone, and it would bend what follows.
    let mut out = String::from("\x1bc\x1b[20l");
    let normal = &machine.normal;
    if normal.saved_scrolled_away() {
        // It goes on to lie above the screen.
        saved_cursor(normal, &mut out);
        out.push_str("\x1b[H");
    }
    let first = match history {
        Some(lines) => {
            push_up(lines, machine, &mut out);
            normal.history()
        }
        None => normal.history().saturating_sub(scrollback),
    };
    paint(normal, first, &mut out);
    if !machine.in_alternate {
        hidden_saved_cursor(&machine.alternate, &mut out);
    }
    margins(normal, &mut out);
    if machine.in_alternate {
        // Which line holds its cursor matters when the window changes.
        place(normal.x, normal.y, &mut out);
        out.push_str("\x1b[?47h\x1b[H");
        paint(&machine.alternate, 0, &mut out);
        margins(&machine.alternate, &mut out);
    }
    colours(machine, &mut out);
    modes(machine, &mut out);
    cursor(machine, &mut out);
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
    let rows = machine.rows;
    let _infallible = write!(out, "\x1b[{rows};1H");
    let lines = memchr::memchr_iter(b'\n', lines).count();
    out.push_str(&"\n".repeat(lines.min(rows - 1)));
    out.push_str("\x1b[H");
}

/// Paints the lines of `buffer` from `first` on, counted from its history's beginning.
fn paint(buffer: &Buffer, first: usize, out: &mut String) {
    let mut painter = Painter::exact(buffer.columns);
    let end = buffer.lines.len();
    for line in first..end {
        let below = (line + 1 < end).then(|| buffer.line(line + 1));
        let row = buffer.line(line);
        let joints = Joints {
            continues: row.wrapped && line > first,
            runs_on: below.is_some_and(|below| below.wrapped),
        };
        painter.row(row, joints, below, out);
        if below.is_some() && !joints.runs_on {
            painter.plain(out);
            out.push_str("\r\n");
        }
    }
    painter.plain(out);
}

/// What a buffer has beside its text: tab stops, the saved cursor, the scroll region.
fn margins(buffer: &Buffer, out: &mut String) {
    if !buffer.has_default_tabs() {
        out.push_str("\x1b[3g");
        for column in (0..buffer.columns).filter(|column| buffer.is_tab(*column)) {
            let _infallible = write!(out, "\x1b[{}G\x1bH", column + 1);
        }
    }
    if !buffer.saved_scrolled_away() {
        saved_cursor(buffer, out);
    }
    if (buffer.top, buffer.bottom) != (0, buffer.rows - 1) {
        let _infallible = write!(out, "\x1b[{};{}r", buffer.top + 1, buffer.bottom + 1);
    }
}

/// What `ESC 8` will come back to.
fn saved_cursor(buffer: &Buffer, out: &mut String) {
    let saved = buffer.saved();
    let row = buffer.saved_row();
    if *saved == Saved::default() {
        return;
    }
    place(saved.x, row, out);
    let style = Style::of(&saved.pen);
    style.write_from(&Style::default(), out);
    if saved.charset == Charset::ASCII {
        out.push_str("\x1b7");
    } else {
        let _infallible = write!(out, "\x1b({}\x1b7\x1b(B", saved.charset.letter());
    }
    Style::default().write_from(&style, out);
}

/// The saved cursor of the alternate screen outlives it.
fn hidden_saved_cursor(alternate: &Buffer, out: &mut String) {
    if *alternate.saved() != Saved::default() {
        out.push_str("\x1b[?47h");
        saved_cursor(alternate, out);
        out.push_str("\x1b[?47l");
    }
}

fn colours(machine: &Machine, out: &mut String) {
    for (index, (r, g, b)) in &machine.colours {
        let _infallible = match index.checked_sub(TEXT) {
            None => write!(out, "\x1b]4;{index};"),
            // Foreground, background, cursor: OSC 10, 11, 12.
            Some(special) => write!(out, "\x1b]{};", special + 10),
        };
        let _infallible = write!(out, "rgb:{r:02x}/{g:02x}/{b:02x}\x1b\\");
    }
    let title = machine.title.as_deref().unwrap_or_default();
    let _infallible = write!(out, "\x1b]2;{title}\x1b\\");
}

fn modes(machine: &Machine, out: &mut String) {
    let modes = &machine.modes;
    for (on, sequence) in [
        (modes.cursor_keys, "\x1b[?1h"),
        (modes.keypad, "\x1b="),
        (modes.reverse_wraparound, "\x1b[?45h"),
        (modes.bracketed_paste, "\x1b[?2004h"),
        (modes.focus, "\x1b[?1004h"),
        (modes.mouse_encoding == MouseEncoding::Sgr, "\x1b[?1006h"),
        (
            modes.mouse_encoding == MouseEncoding::SgrPixels,
            "\x1b[?1016h",
        ),
        (modes.line_feed_returns, "\x1b[20h"),
        (modes.blink, "\x1b[?12h"),
        // A reset does not show a cursor that was hidden.
        (modes.cursor_hidden, "\x1b[?25l"),
        (!modes.cursor_hidden, "\x1b[?25h"),
        (modes.synchronised, "\x1b[?2026h"),
    ] {
        if on {
            out.push_str(sequence);
        }
    }
    if let Some(mouse) = modes.mouse.number() {
        let _infallible = write!(out, "\x1b[?{mouse}h");
    }
    if let Some(style) = modes.cursor_style {
        let _infallible = write!(out, "\x1b[{style} q");
    }
    if modes.origin {
        out.push_str("\x1b[?6h");
    }
}

/// The cursor's place and look, a wrap that is pending, the character that a combining one would join.
fn cursor(machine: &Machine, out: &mut String) {
    let screen = machine.shown();
    let look = Style::of(&machine.pen);
    let origin = if machine.modes.origin { screen.top } else { 0 };
    let row = screen.y.saturating_sub(origin);
    // Neither moves the cursor.
    if machine.modes.insert {
        out.push_str("\x1b[4h");
    }
    if !machine.modes.wraparound {
        out.push_str("\x1b[?7l");
    }
    let before = cell_before(screen);
    let joins = joinable(machine);
    match (joins, before) {
        (Some(at), _) => {
            charsets(machine, out);
            designated_beside(machine, out);
            place(at, row, out);
            look.write_from(&Style::default(), out);
            again(machine, at, out);
        }
        (None, Some(at)) if screen.x >= screen.columns => {
            place(at, row, out);
            let style = Style::of(screen.row(screen.y).cell(at));
            style.write_from(&Style::default(), out);
            again(machine, at, out);
            charsets(machine, out);
            look.write_from(&style, out);
        }
        (None, _) => {
            charsets(machine, out);
            designated_beside(machine, out);
            place(screen.x, row, out);
            look.write_from(&Style::default(), out);
        }
    }
}

/// The column of the character that was printed last, where printing it again leaves everything as it is.
pub(super) fn joinable(machine: &Machine) -> Option<usize> {
    let screen = machine.shown();
    let at = cell_before(screen)?;
    let cell = screen.row(screen.y).cell(at);
    let as_printed = usize::from(cell.width) == machine.last.width()
        && Style::of(cell) == Style::of(&machine.pen)
        && machine.charsets.current.map(cell.c) == cell.c;
    as_printed.then_some(at)
}

/// Prints the cell at `column` of the cursor's row, at which the cursor stands, once more.
fn again(machine: &Machine, column: usize, out: &mut String) {
    let screen = machine.shown();
    let cell = screen.row(screen.y).cell(column);
    if machine.modes.insert {
        // It would push itself aside.
        let _infallible = write!(out, "\x1b[{}P", cell.width.max(1));
    }
    rows::character(cell, out);
}

/// The column of the character right before the cursor.
fn cell_before(screen: &Buffer) -> Option<usize> {
    let row = screen.row(screen.y);
    let last = screen.x.checked_sub(1)?;
    let at = if rows::is_second_half(row, last) {
        last.checked_sub(1)?
    } else {
        last
    };
    (at + usize::from(row.cell(at).width) == screen.x).then_some(at)
}

fn charsets(machine: &Machine, out: &mut String) {
    let charsets = &machine.charsets;
    let mut designated = charsets.designated;
    designated[charsets.level] = charsets.current;
    for (charset, slot) in designated.iter().zip(SLOTS) {
        if *charset != Charset::ASCII {
            let _infallible = write!(out, "\x1b{slot}{}", charset.letter());
        }
    }
    out.push_str(["", "\x0e", "\x1bn", "\x1bo"][charsets.level]);
}

/// Designates the set of the level in use, where another one is in use that came back with the saved cursor. Its place and look come with it.
fn designated_beside(machine: &Machine, out: &mut String) {
    let charsets = &machine.charsets;
    let designated = charsets.designated[charsets.level];
    if designated != charsets.current && machine.shown().saved().charset == charsets.current {
        let slot = SLOTS[charsets.level];
        let _infallible = write!(out, "\x1b{slot}{}\x1b8\x1b[m", designated.letter());
    }
}

/// Puts the cursor at a column and a row, counted from the origin.
fn place(column: usize, row: usize, out: &mut String) {
    let _infallible = write!(out, "\x1b[{};{}H", row + 1, column + 1);
}
