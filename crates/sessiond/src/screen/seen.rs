//! What of a screen can be seen, or makes a difference to what will be, in words that can be compared: with another screen, and with the
//! browser's emulator, whose words `tests/xterm/compare.mjs` makes.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Screen;
use super::buffer::Buffer;
use super::cell::{Cell, Colour, Flags, Underline};
use super::machine::Machine;
use super::modes::{Mouse, MouseEncoding};
use super::rows::is_second_half;
use super::snapshot::joinable;

impl Screen {
    /// What is right of the window's edge is not on the screen, and in no repaint, but comes back when the window grows: tab stops, the
    /// text of the alternate screen, a saved cursor above, below or behind the edge. Nor is half a character that the edge left, or that the
    /// first line of all goes on where one ended that is gone. Tests that compare with a repaint do without.
    pub(super) fn forget_beyond_edge(&mut self) {
        let columns = self.machine.columns;
        for buffer in [&mut self.machine.normal, &mut self.machine.alternate] {
            buffer.tabs.truncate(columns);
            if let Some(first) = buffer.lines.front_mut() {
                first.wrapped = false;
            }
            buffer.saved.x = buffer.saved.x.min(columns - 1);
            let last = buffer.base + buffer.rows - 1;
            buffer.saved.y = if buffer.saved_scrolled_away() {
                0
            } else {
                buffer.saved.y.min(last)
            };
        }
        let lines = &mut self.machine.alternate.lines;
        lines.iter_mut().for_each(|line| line.cut(columns));
        for line in lines.iter_mut().chain(&mut self.machine.normal.lines) {
            for column in 0..columns {
                if line.cell(column).width == 2
                    && (column + 1 == columns || !is_second_half(line, column + 1))
                {
                    line.set(column, Cell::default());
                }
            }
        }
    }

    /// Whether the next mark joins what a repaint cannot print again: the window cut the character in two, or it found no room in a line
    /// that does not wrap.
    pub(super) fn joins_what_is_lost(&self) -> bool {
        !self.machine.last.is_none() && joinable(&self.machine).is_none()
    }
}

/// Everything, each part by its name.
pub(super) fn seen(screen: &Screen) -> Value {
    let machine = &screen.machine;
    let shown = machine.shown();
    let modes = &machine.modes;
    json!({
        "type": if machine.in_alternate { "alternate" } else { "normal" },
        "cursor": [shown.x, shown.y],
        "history": machine.normal.history(),
        "modes": [
            modes.cursor_keys, modes.keypad, modes.bracketed_paste, modes.insert, modes.origin, modes.reverse_wraparound,
            modes.focus, modes.wraparound, modes.synchronised, modes.line_feed_returns,
        ],
        "hidden": modes.cursor_hidden,
        "style": style(modes.cursor_style),
        "mouse": [mouse(modes.mouse), encoding(modes.mouse_encoding)],
        "region": [shown.top, shown.bottom],
        "tabs": (0..shown.columns).filter(|x| shown.is_tab(*x)).collect::<Vec<_>>(),
        "charset": charset(machine),
        "saved": [shown.saved().x, shown.saved_row().min(shown.rows - 1)],
        "title": machine.title.clone().unwrap_or_default(),
        "look": looks(&machine.pen, false),
        "normal": lines(&machine.normal),
        "alternate": if machine.in_alternate { lines(&machine.alternate) } else { Vec::new() },
    })
}

fn style(number: Option<u16>) -> Value {
    let Some(number) = number else {
        return json!([null, null]);
    };
    let shape = match number {
        1 | 2 => json!("block"),
        3 | 4 => json!("underline"),
        5 | 6 => json!("bar"),
        _ => Value::Null,
    };
    json!([shape, number % 2 == 1])
}

fn mouse(mouse: Mouse) -> &'static str {
    match mouse {
        Mouse::Nothing => "NONE",
        Mouse::X10 => "X10",
        Mouse::Clicks => "VT200",
        Mouse::Drags => "DRAG",
        Mouse::Everything => "ANY",
    }
}

fn encoding(encoding: MouseEncoding) -> &'static str {
    match encoding {
        MouseEncoding::Bytes => "DEFAULT",
        MouseEncoding::Sgr => "SGR",
        MouseEncoding::SgrPixels => "SGR_PIXELS",
    }
}

/// What the characters of ASCII stand for.
fn charset(machine: &Machine) -> String {
    let set = machine.charsets.current;
    (' '..='~').map(|c| set.map(c)).collect()
}

/// The lines of a buffer, each with a mark where it continues the one above. What cannot be seen is left out: whether a blank was printed,
/// and what is behind the text in no colour.
fn lines(buffer: &Buffer) -> Vec<String> {
    let rows = buffer.lines.iter().enumerate();
    rows.map(|(line, row)| {
        let mut text = String::new();
        let mut last = String::new();
        for column in 0..buffer.columns {
            let cell = row.cell(column);
            // A second half without its first one is a blank to the eye.
            if is_second_half(row, column) {
                continue;
            }
            let looks = looks(
                cell,
                matches!(cell.c, ' ' | '\0') && cell.joined().is_empty(),
            );
            if looks != last {
                write!(text, "{{{looks}}}").unwrap();
                last = looks;
            }
            text.push(if cell.has_content() { cell.c } else { ' ' });
            text.push_str(cell.joined());
            if cell.width == 2 {
                text.push('#');
            }
        }
        let continued = if line > 0 && row.wrapped { "↪" } else { "" };
        let text = if last.is_empty() {
            text.trim_end_matches(' ')
        } else {
            &text
        };
        format!("{continued}{text}")
    })
    .collect()
}

fn looks(cell: &Cell, blank: bool) -> String {
    let mut looks = Vec::new();
    let has = |flag| cell.flags.contains(flag);
    for (flag, name) in [
        (Flags::INVERSE, "inverse"),
        (Flags::STRIKE, "strike"),
        (Flags::OVERLINE, "overline"),
    ] {
        if has(flag) {
            looks.push(name.to_owned());
        }
    }
    let underline = match cell.link() {
        // As the browser's emulator shows it.
        Some(_) => Underline::Dashed,
        None => cell.underline,
    };
    if underline != Underline::None {
        looks.push(format!("underline{}", underline as u8));
        if cell.underline_colour() != Colour::Default {
            looks.push(format!("uc{}", colour(cell.underline_colour())));
        }
    }
    let drawn = has(Flags::INVERSE) || has(Flags::STRIKE) || has(Flags::OVERLINE);
    if !blank || drawn || underline != Underline::None {
        for (flag, name) in [
            (Flags::BOLD, "bold"),
            (Flags::DIM, "dim"),
            (Flags::ITALIC, "italic"),
            (Flags::HIDDEN, "hidden"),
            (Flags::BLINK, "blink"),
        ] {
            if has(flag) {
                looks.push(name.to_owned());
            }
        }
        if cell.fg != Colour::Default {
            looks.push(format!("fg{}", colour(cell.fg)));
        }
    }
    if cell.bg != Colour::Default {
        looks.push(format!("bg{}", colour(cell.bg)));
    }
    if let Some(link) = cell.link() {
        looks.push(format!("link={}", link.uri));
    }
    looks.join(",")
}

fn colour(colour: Colour) -> String {
    match colour {
        Colour::Default => String::new(),
        Colour::Basic(n) => format!("16/{n}"),
        Colour::Indexed(n) => format!("256/{n}"),
        Colour::Rgb(r, g, b) => format!("rgb/{r:02x}{g:02x}{b:02x}"),
    }
}
