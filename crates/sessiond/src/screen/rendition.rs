//! `CSI m`: the look of the characters to come.

use vte::Params;

use super::cell::{Cell, Colour, Flags, Underline};
use super::machine::Machine;

impl Machine {
    pub(super) fn set_rendition(&mut self, params: &Params) {
        let params: Vec<&[u16]> = params.iter().collect();
        let mut at = 0;
        while at < params.len() {
            match params[at] {
                [38 | 48 | 58, ..] => at += self.set_any_colour(&params[at..]),
                param => self.set_attribute(param),
            }
            at += 1;
        }
    }

    fn set_attribute(&mut self, param: &[u16]) {
        let pen = &mut self.pen;
        let number = param.first().copied().unwrap_or(0);
        let digit = |base: u16| u8::try_from(number - base).unwrap_or(0);
        match number {
            0 => plain(pen),
            1 => pen.flags.insert(Flags::BOLD),
            2 => pen.flags.insert(Flags::DIM),
            3 => pen.flags.insert(Flags::ITALIC),
            4 => {
                pen.underline = param
                    .get(1)
                    .map_or(Underline::Single, |n| Underline::numbered(*n))
            }
            5 => pen.flags.insert(Flags::BLINK),
            7 => pen.flags.insert(Flags::INVERSE),
            8 => pen.flags.insert(Flags::HIDDEN),
            9 => pen.flags.insert(Flags::STRIKE),
            21 => pen.underline = Underline::Double,
            22 => pen.flags.remove(Flags::BOLD.union(Flags::DIM)),
            23 => pen.flags.remove(Flags::ITALIC),
            24 => pen.underline = Underline::None,
            25 => pen.flags.remove(Flags::BLINK),
            27 => pen.flags.remove(Flags::INVERSE),
            28 => pen.flags.remove(Flags::HIDDEN),
            29 => pen.flags.remove(Flags::STRIKE),
            30..=37 => pen.fg = Colour::Basic(digit(30)),
            39 => pen.fg = Colour::Default,
            40..=47 => pen.bg = Colour::Basic(digit(40)),
            49 => pen.bg = Colour::Default,
            53 => pen.flags.insert(Flags::OVERLINE),
            55 => pen.flags.remove(Flags::OVERLINE),
            // The browser's emulator means the text's colour, and stores white.
            59 => pen.set_underline_colour(Colour::Rgb(255, 255, 255)),
            90..=97 => pen.fg = Colour::Basic(digit(90) + 8),
            100..=107 => pen.bg = Colour::Basic(digit(100) + 8),
            _ => {}
        }
    }

    /// One of the 256 colours or any; its numbers stand in parameters or in parts of one. Says how many parameters more it took. The
    /// browser's emulator keeps the place of a colour space free, which only `:` may fill.
    fn set_any_colour(&mut self, params: &[&[u16]]) -> usize {
        let mut numbers = [0; 6];
        let mut space = 0;
        let mut taken = 0;
        loop {
            numbers[taken + space] = params[taken].first().copied().unwrap_or(0);
            let parts = params[taken].get(1..).unwrap_or_default();
            if !parts.is_empty() {
                for (n, part) in parts.iter().enumerate() {
                    if numbers[1] == 5 {
                        space = 1;
                    }
                    let Some(place) = numbers.get_mut(taken + n + 1 + space) else {
                        break;
                    };
                    *place = *part;
                }
                break;
            }
            let enough =
                numbers[1] == 5 && taken + space >= 2 || numbers[1] == 2 && taken + space >= 5;
            if enough {
                break;
            }
            if numbers[1] != 0 {
                space = 1;
            }
            if taken + 1 >= params.len() || taken + 1 + space >= numbers.len() {
                break;
            }
            taken += 1;
        }
        let [which, kind, _, first, second, third] = numbers;
        let byte = |n: u16| u8::try_from(n & 0xff).unwrap_or(0);
        let colour = match kind {
            2 => Colour::Rgb(byte(first), byte(second), byte(third)),
            5 => Colour::Indexed(byte(first)),
            _ => return taken,
        };
        match which {
            38 => self.pen.fg = colour,
            48 => self.pen.bg = colour,
            _ => self.pen.set_underline_colour(colour),
        }
        taken
    }
}

/// All but the link ends.
fn plain(pen: &mut Cell) {
    let link = pen.link().cloned();
    *pen = Cell::default();
    pen.set_link(link);
}
