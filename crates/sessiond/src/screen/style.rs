//! How a cell looks, and the escape sequences (SGR, OSC 8) that make the next one look so.

use alacritty_terminal::term::cell::{Cell, Flags, Hyperlink};
use alacritty_terminal::vte::ansi::{Color, NamedColor};
use std::fmt::Write;

/// The flags that are looks; the rest are about the grid.
const LOOKS: Flags = Flags::INVERSE
    .union(Flags::BOLD)
    .union(Flags::ITALIC)
    .union(Flags::DIM)
    .union(Flags::HIDDEN)
    .union(Flags::STRIKEOUT)
    .union(Flags::ALL_UNDERLINES);

/// A cell's look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) fg: Color,
    pub(crate) bg: Color,
    pub(crate) flags: Flags,
    pub(crate) underline: Option<Color>,
    pub(crate) link: Option<Hyperlink>,
}

impl Default for Style {
    fn default() -> Self {
        Self::of(&Cell::default())
    }
}

impl Style {
    pub(crate) fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            flags: cell.flags & LOOKS,
            underline: cell.underline_color(),
            link: cell.hyperlink(),
        }
    }

    /// Writes what turns the look `from` into this one.
    pub(crate) fn write_from(&self, from: &Self, out: &mut String) {
        if (self.fg, self.bg, self.flags, self.underline)
            != (from.fg, from.bg, from.flags, from.underline)
        {
            self.write_sgr(out);
        }
        if self.link != from.link {
            self.write_link(out);
        }
    }

    /// The whole look: a reset, then every attribute. Shorter differences exist; they are not worth their cases.
    fn write_sgr(&self, out: &mut String) {
        out.push_str("\x1b[0");
        for (flag, code) in [
            (Flags::BOLD, ";1"),
            (Flags::DIM, ";2"),
            (Flags::ITALIC, ";3"),
            (Flags::UNDERLINE, ";4"),
            (Flags::DOUBLE_UNDERLINE, ";4:2"),
            (Flags::UNDERCURL, ";4:3"),
            (Flags::DOTTED_UNDERLINE, ";4:4"),
            (Flags::DASHED_UNDERLINE, ";4:5"),
            (Flags::INVERSE, ";7"),
            (Flags::HIDDEN, ";8"),
            (Flags::STRIKEOUT, ";9"),
        ] {
            if self.flags.contains(flag) {
                out.push_str(code);
            }
        }
        write_color(self.fg, 30, out);
        write_color(self.bg, 40, out);
        match self.underline {
            Some(Color::Spec(rgb)) => {
                let _infallible = write!(out, ";58;2;{};{};{}", rgb.r, rgb.g, rgb.b);
            }
            Some(Color::Indexed(index)) => {
                let _infallible = write!(out, ";58;5;{index}");
            }
            Some(Color::Named(named)) if (named as usize) < 16 => {
                let _infallible = write!(out, ";58;5;{}", named as usize);
            }
            Some(Color::Named(_)) | None => {}
        }
        out.push('m');
    }

    fn write_link(&self, out: &mut String) {
        let Some(link) = &self.link else {
            out.push_str("\x1b]8;;\x1b\\");
            return;
        };
        // A link without an id gets one from alacritty, which is not the program's.
        let id = Some(link.id()).filter(|id| !id.ends_with("_alacritty"));
        let id = id.map_or(String::new(), |id| format!("id={id}"));
        let _infallible = write!(out, "\x1b]8;{id};{}\x1b\\", link.uri());
    }
}

/// Writes a colour as SGR parameters; `base` is 30 for the foreground, 40 for the background. The default needs none after a reset.
fn write_color(color: Color, base: usize, out: &mut String) {
    let _infallible = match color {
        Color::Spec(rgb) => write!(out, ";{};2;{};{};{}", base + 8, rgb.r, rgb.g, rgb.b),
        Color::Indexed(index) => write!(out, ";{};5;{index}", base + 8),
        Color::Named(named) => match named as usize {
            n @ 0..8 => write!(out, ";{}", base + n),
            n @ 8..16 => write!(out, ";{}", base + 60 + n - 8),
            _ => match bright_or_dim(named) {
                Some(n) => write!(out, ";{}", base + n),
                None => Ok(()),
            },
        },
    };
}

fn bright_or_dim(named: NamedColor) -> Option<usize> {
    match named {
        NamedColor::DimBlack => Some(0),
        NamedColor::DimRed => Some(1),
        NamedColor::DimGreen => Some(2),
        NamedColor::DimYellow => Some(3),
        NamedColor::DimBlue => Some(4),
        NamedColor::DimMagenta => Some(5),
        NamedColor::DimCyan => Some(6),
        NamedColor::DimWhite => Some(7),
        _ => None,
    }
}
