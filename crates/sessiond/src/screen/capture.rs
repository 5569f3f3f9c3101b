//! The screen for people and programs that read it once: as text, with escape sequences, as HTML. Not for an emulator to continue from.

use std::fmt::Write;

use longhouse_link::proto::capture_request::Format;

use super::cell::{Cell, Colour, Flags, Row, Underline};
use super::machine::Machine;
use super::rows::{self, Joints, Painter};
use super::style::Style;

/// The usual sixteen colours; a page may set its own by the custom properties `--ansi-0` to `--ansi-15`.
const PALETTE: [u32; 16] = [
    0x00_0000, 0xcd_3131, 0x0d_bc79, 0xe5_e510, 0x24_72c8, 0xbc_3fbc, 0x11_a8cd, 0xe5_e5e5,
    0x66_6666, 0xf1_4c4c, 0x23_d18b, 0xf5_f543, 0x3b_8eea, 0xd6_70d6, 0x29_b8db, 0xff_ffff,
];

/// The screen below `scrollback` lines of history; blank lines at the end are left out.
pub(crate) fn capture(machine: &Machine, format: Format, scrollback: usize) -> String {
    let screen = machine.shown();
    let columns = machine.columns;
    let first = screen.history().saturating_sub(scrollback);
    let mut lines: Vec<&Row> = screen.lines.range(first..).collect();
    while lines.last().is_some_and(|row| rows::is_blank(row, columns)) {
        lines.pop();
    }
    match format {
        Format::Text => text(&lines, columns),
        Format::Ansi => ansi(&lines, columns),
        Format::Html => html(&lines, columns),
    }
}

fn text(lines: &[&Row], columns: usize) -> String {
    let mut out = String::new();
    for row in lines {
        let begin = out.len();
        for cell in printed(row, columns) {
            rows::character(cell, &mut out);
        }
        let kept = out[begin..].trim_end_matches(' ').len();
        out.truncate(begin + kept);
        out.push('\n');
    }
    out
}

fn ansi(lines: &[&Row], columns: usize) -> String {
    let mut out = String::new();
    let mut painter = Painter::readable(columns);
    for row in lines {
        painter.row(row, Joints::NONE, None, &mut out);
        painter.plain(&mut out);
        out.push('\n');
    }
    out
}

fn html(lines: &[&Row], columns: usize) -> String {
    let mut out = String::from("<pre class=\"terminal\">");
    for row in lines {
        let cells: Vec<&Cell> = printed(row, columns).collect();
        for run in cells.chunk_by(|a, b| Style::of(a) == Style::of(b)) {
            let mut content = String::new();
            for cell in run {
                rows::character(cell, &mut content);
            }
            html_run(&Style::of(run[0]), &escaped(&content), &mut out);
        }
        out.push('\n');
    }
    out.push_str("</pre>\n");
    out
}

fn printed(row: &Row, columns: usize) -> impl Iterator<Item = &Cell> {
    (0..rows::content_end(row, columns))
        .filter(|column| !rows::is_second_half(row, *column))
        .map(|column| row.cell(column))
}

fn html_run(style: &Style, content: &str, out: &mut String) {
    let css = css(style);
    // Only what a browser opens harmlessly becomes a link.
    let link = style.link.as_ref().map(|link| link.uri.as_str());
    let link = link.filter(|uri| uri.starts_with("https://") || uri.starts_with("http://"));
    if let Some(uri) = link {
        let _infallible = write!(
            out,
            "<a rel=\"noopener noreferrer\" href=\"{}\">",
            escaped(uri)
        );
    }
    if css.is_empty() {
        out.push_str(content);
    } else {
        let _infallible = write!(out, "<span style=\"{css}\">{content}</span>");
    }
    if link.is_some() {
        out.push_str("</a>");
    }
}

fn css(style: &Style) -> String {
    let mut css = String::new();
    let (mut fg, mut bg) = (css_colour(style.fg), css_colour(style.bg));
    if style.flags.contains(Flags::INVERSE) {
        let text = fg
            .take()
            .unwrap_or_else(|| "var(--terminal-fg,#e5e5e5)".to_owned());
        let ground = bg
            .take()
            .unwrap_or_else(|| "var(--terminal-bg,#000000)".to_owned());
        (fg, bg) = (Some(ground), Some(text));
    }
    for (property, colour) in [("color", fg), ("background", bg)] {
        if let Some(colour) = colour {
            let _infallible = write!(css, "{property}:{colour};");
        }
    }
    let decoration = match (
        style.underline != Underline::None,
        style.flags.contains(Flags::STRIKE),
    ) {
        (false, false) => "",
        (true, false) => "text-decoration:underline;",
        (false, true) => "text-decoration:line-through;",
        (true, true) => "text-decoration:underline line-through;",
    };
    css.push_str(decoration);
    for (flag, rule) in [
        (Flags::BOLD, "font-weight:bold;"),
        (Flags::DIM, "opacity:.6;"),
        (Flags::ITALIC, "font-style:italic;"),
        (Flags::HIDDEN, "visibility:hidden;"),
    ] {
        if style.flags.contains(flag) {
            css.push_str(rule);
        }
    }
    css
}

/// A colour for CSS; `None` where it is the default.
fn css_colour(colour: Colour) -> Option<String> {
    match colour {
        Colour::Default => None,
        Colour::Basic(index) | Colour::Indexed(index) => Some(indexed(index)),
        Colour::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    }
}

/// The 256 colours: sixteen named ones, a cube of 6 × 6 × 6, a ramp of greys.
fn indexed(index: u8) -> String {
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match index {
        0..16 => format!("var(--ansi-{index},#{:06x})", PALETTE[usize::from(index)]),
        16..232 => {
            let n = index - 16;
            let (r, g, b) = (level(n / 36), level(n / 6 % 6), level(n % 6));
            format!("#{r:02x}{g:02x}{b:02x}")
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use longhouse_domain::terminal::TerminalSize;

    use super::*;
    use crate::screen::Screen;

    fn captured(format: Format, bytes: &str) -> String {
        let mut screen = Screen::new(TerminalSize { cols: 20, rows: 4 }, 10);
        screen.advance(bytes.as_bytes());
        screen.capture(format, 10, None)
    }

    #[test]
    fn text_is_what_one_reads() {
        assert_eq!(
            captured(Format::Text, "a\tb  \r\n\x1b[31m中文\x1b[m\r\n\r\n"),
            "a       b\n中文\n"
        );
        let many: String = (0..8).map(|n| format!("{n}\r\n")).collect();
        assert_eq!(captured(Format::Text, &many), "0\n1\n2\n3\n4\n5\n6\n7\n");
    }

    #[test]
    fn escape_sequences_are_kept_for_those_who_want_them() {
        assert_eq!(
            captured(Format::Ansi, "\x1b[1;31mred\x1b[m."),
            "\x1b[0;1;31mred\x1b[0m.\n"
        );
    }

    #[test]
    fn html_holds_nothing_that_a_program_could_run() {
        let hostile = "<script>&'\"\x1b]8;;javascript:alert(1)\x07bad\x1b]8;;https://x/\"><b>\x07good\x1b]8;;\x07";
        let html = captured(Format::Html, hostile);
        let expected = "<pre class=\"terminal\">&lt;script&gt;&amp;&#39;&quot;bad\
            <a rel=\"noopener noreferrer\" href=\"https://x/&quot;&gt;&lt;b&gt;\">good</a>\n</pre>\n";
        assert_eq!(html, expected);
        let styled = captured(Format::Html, "\x1b[1;4;38;2;1;2;3mx\x1b[0;7my");
        assert!(
            styled.contains("color:#010203;") && styled.contains("underline"),
            "{styled}"
        );
    }
}
