//! How a cell looks, and the escape sequences (SGR, OSC 8, DECSCA) that make the next one look so.

use std::fmt::Write;
use std::sync::Arc;

use super::cell::{Cell, Colour, Flags, Link, Underline};

/// A cell's look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) fg: Colour,
    pub(crate) bg: Colour,
    pub(crate) flags: Flags,
    pub(crate) underline: Underline,
    underline_colour: Colour,
    pub(crate) link: Option<Arc<Link>>,
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
            flags: cell.flags,
            underline: cell.underline,
            underline_colour: cell.underline_colour(),
            link: cell.link().cloned(),
        }
    }

    /// A blank on that ground.
    pub(crate) fn ground(bg: Colour) -> Self {
        Self {
            bg,
            ..Self::default()
        }
    }

    /// Writes what turns the look `from` into this one.
    pub(crate) fn write_from(&self, from: &Self, out: &mut String) {
        if (self.fg, self.bg, self.underline, self.underline_colour)
            != (from.fg, from.bg, from.underline, from.underline_colour)
            || self.flags != from.flags
        {
            self.write_sgr(out);
        }
        let [now, before] = [self, from].map(|style| style.flags.contains(Flags::PROTECTED));
        // A reset of the attributes takes this one along.
        if now {
            out.push_str("\x1b[1\"q");
        } else if before {
            out.push_str("\x1b[2\"q");
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
            (Flags::BLINK, ";5"),
            (Flags::INVERSE, ";7"),
            (Flags::HIDDEN, ";8"),
            (Flags::STRIKE, ";9"),
            (Flags::OVERLINE, ";53"),
        ] {
            if self.flags.contains(flag) {
                out.push_str(code);
            }
        }
        out.push_str(match self.underline {
            Underline::None => "",
            Underline::Single => ";4",
            Underline::Double => ";4:2",
            Underline::Curly => ";4:3",
            Underline::Dotted => ";4:4",
            Underline::Dashed => ";4:5",
        });
        write_colour(self.fg, 30, out);
        write_colour(self.bg, 40, out);
        write_colour(self.underline_colour, 50, out);
        out.push('m');
    }

    fn write_link(&self, out: &mut String) {
        let Some(link) = &self.link else {
            out.push_str("\x1b]8;;\x1b\\");
            return;
        };
        let id = link.id.as_ref();
        let id = id.map_or(String::new(), |id| format!("id={id}"));
        let _infallible = write!(out, "\x1b]8;{id};{}\x1b\\", link.uri);
    }
}

/// Writes a colour as SGR parameters; `base` is 30 for the foreground, 40 for the background, 50 for an underline. The default needs none
/// after a reset.
fn write_colour(colour: Colour, base: u16, out: &mut String) {
    let _infallible = match colour {
        Colour::Default => Ok(()),
        Colour::Basic(n @ 0..8) => write!(out, ";{}", base + u16::from(n)),
        Colour::Basic(n) => write!(out, ";{}", base + 60 + u16::from(n) - 8),
        Colour::Indexed(n) => write!(out, ";{};5;{n}", base + 8),
        Colour::Rgb(r, g, b) => write!(out, ";{};2;{r};{g};{b}", base + 8),
    };
}
