//! Which bytes ask the emulator for what: the sequences that the browser's emulator knows, and no others. The crate that takes bytes apart
//! (vte) knows nothing of terminals. Two things it does otherwise than the browser's, which nothing here can mend: an operating system
//! command that is cancelled (CAN, SUB) is obeyed, and the controls of eight bits (`U+009B` for `ESC [`) begin nothing.

use std::sync::Arc;

use vte::{Params, Perform};

use super::cell::{Flags, Link, Selective};
use super::charsets::Charset;
use super::clusters::Cluster;
use super::colours::{self, TEXT};
use super::machine::Machine;

impl Perform for Machine {
    fn print(&mut self, c: char) {
        if c != '\x7f' {
            Machine::print(self, c);
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            0x08 => self.backspace(),
            0x09 => self.tabs_right(1),
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.carriage_return(),
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            0x84 => self.index(),
            0x85 => {
                self.carriage_return();
                self.index();
            }
            0x88 => self.set_tab(),
            _ => {}
        }
        self.last = Cluster::default();
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignored: bool, action: char) {
        if !ignored {
            match intermediates {
                [] => self.control(params, action),
                [b'?'] => self.private_control(params, action),
                _ => self.rare_control(params, intermediates, action),
            }
        }
        self.last = Cluster::default();
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignored: bool, byte: u8) {
        match intermediates {
            [] => self.escape(byte),
            [b'#'] if byte == b'8' => self.align(),
            [b'%'] if matches!(byte, b'@' | b'G') => {
                self.charsets.shift(0);
                self.charsets.designate(0, Charset::ASCII);
            }
            [slot] => {
                let slot = match slot {
                    b'(' => Some(0),
                    b')' | b'-' => Some(1),
                    b'*' | b'.' => Some(2),
                    b'+' => Some(3),
                    _ => None,
                };
                if let (Some(slot), Some(charset)) = (slot, Charset::designated_by(byte)) {
                    self.charsets.designate(slot, charset);
                }
            }
            _ => {}
        }
        self.last = Cluster::default();
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _bell: bool) {
        if let Some((number, rest)) = params.split_first() {
            let rest = rest.join(&b';');
            self.command(number, &String::from_utf8_lossy(&rest), params.len() > 1);
        }
        self.last = Cluster::default();
    }

    fn unhook(&mut self) {
        self.last = Cluster::default();
    }
}

impl Machine {
    fn escape(&mut self, byte: u8) {
        match byte {
            b'7' => self.save_cursor(),
            b'8' => self.restore_cursor(),
            b'=' => self.modes.keypad = true,
            b'>' => self.modes.keypad = false,
            b'D' => self.index(),
            b'E' => {
                self.carriage_return();
                self.index();
            }
            b'H' => self.set_tab(),
            b'M' => self.reverse_index(),
            b'c' => self.reset(),
            b'n' | b'}' => self.charsets.shift(2),
            b'o' | b'|' => self.charsets.shift(3),
            b'~' => self.charsets.shift(1),
            _ => {}
        }
    }

    fn control(&mut self, params: &Params, action: char) {
        let number = |n| number(params, n);
        let count = usize::from(number(0).max(1));
        match action {
            '@' => self.insert_characters(count),
            'A' => self.up(count),
            'B' => self.down(count),
            'C' | 'a' => self.right(count),
            'D' => self.left(count),
            'E' => {
                self.down(count);
                self.carriage_return();
            }
            'F' => {
                self.up(count);
                self.carriage_return();
            }
            'G' | '`' => self.go_to_column(count - 1),
            'H' | 'f' => self.go_to(usize::from(number(1).max(1)) - 1, count - 1),
            'I' => self.tabs_right(count),
            'J' => self.erase_screen(number(0), Selective::No),
            'K' => self.erase_line(number(0), Selective::No),
            'L' => self.insert_lines(count),
            'M' => self.delete_lines(count),
            'P' => self.delete_characters(count),
            'S' => self.scroll_up(count),
            'T' => self.scroll_down(count),
            'X' => self.erase_characters(count),
            'Z' => self.tabs_left(count),
            'b' => self.repeat(count),
            'c' if number(0) == 0 => self.answer("\x1b[?1;2c".to_owned()),
            'd' => self.go_to_row(count - 1),
            'e' => self.down_freely(count),
            'g' => self.clear_tabs(number(0)),
            'h' => firsts(params).for_each(|mode| self.set_mode(mode, true)),
            'l' => firsts(params).for_each(|mode| self.set_mode(mode, false)),
            'm' => self.set_rendition(params),
            'n' => self.report_status(number(0), ""),
            'r' => self.set_region(count, number(1).into()),
            's' => self.save_cursor(),
            'u' => self.restore_cursor(),
            _ => {}
        }
    }

    fn private_control(&mut self, params: &Params, action: char) {
        match action {
            'J' => self.erase_screen(number(params, 0), Selective::KeepsProtected),
            'K' => self.erase_line(number(params, 0), Selective::KeepsProtected),
            'h' => firsts(params).for_each(|mode| self.set_private_mode(mode)),
            'l' => firsts(params).for_each(|mode| self.reset_private_mode(mode)),
            'n' if number(params, 0) == 6 => self.report_status(6, "?"),
            _ => {}
        }
    }

    fn rare_control(&mut self, params: &Params, intermediates: &[u8], action: char) {
        let first = number(params, 0);
        let count = usize::from(first.max(1));
        match (intermediates, action) {
            ([b' '], '@') => self.delete_columns(0, count),
            ([b' '], 'A') => self.insert_columns(0, count),
            ([b' '], 'q') => self.modes.cursor_style = (first > 0).then_some(first),
            ([b'\''], '}') => {
                let x = self.shown().x;
                self.insert_columns(x, count);
            }
            ([b'\''], '~') => {
                let x = self.shown().x;
                self.delete_columns(x, count);
            }
            ([b'"'], 'q') if first == 1 => self.pen.flags.insert(Flags::PROTECTED),
            ([b'"'], 'q') if matches!(first, 0 | 2) => self.pen.flags.remove(Flags::PROTECTED),
            ([b'!'], 'p') => self.soft_reset(),
            ([b'$'], 'p') => self.report_mode(first),
            ([b'?', b'$'], 'p') => self.report_private_mode(first),
            ([b'>'], 'c') if first == 0 => self.answer("\x1b[>0;276;0c".to_owned()),
            _ => {}
        }
    }

    fn report_status(&mut self, what: u16, prefix: &str) {
        match what {
            5 => self.answer("\x1b[0n".to_owned()),
            6 => {
                let screen = self.shown();
                let (x, y) = (screen.x + 1, screen.y + 1);
                self.answer(format!("\x1b[{prefix}{y};{x}R"));
            }
            _ => {}
        }
    }

    /// An operating system command: a number and what follows its `;`, if anything does.
    fn command(&mut self, number: &[u8], text: &str, whole: bool) {
        match number {
            b"0" | b"2" if whole => self.set_title(text),
            b"4" => {
                let parts: Vec<&str> = text.split(';').collect();
                for pair in parts.chunks_exact(2) {
                    if let (Ok(index), Some(colour)) =
                        (pair[0].parse::<u8>(), colours::parse(pair[1]))
                    {
                        self.set_colour(index.into(), colour);
                    }
                }
            }
            b"8" => self.link(text),
            b"10" | b"11" | b"12" => {
                let first = TEXT + u16::from(number[1] - b'0');
                for (index, part) in (first..colours::END).zip(text.split(';')) {
                    if let Some(colour) = colours::parse(part) {
                        self.set_colour(index, colour);
                    }
                }
            }
            b"104" if text.is_empty() => self.colours.retain(|index, _| *index >= TEXT),
            b"104" => {
                let numbers = text.split(';').filter_map(|part| part.parse::<u8>().ok());
                for index in numbers {
                    self.colours.remove(&index.into());
                }
            }
            b"110" | b"111" | b"112" => {
                self.colours.remove(&(TEXT + u16::from(number[2] - b'0')));
            }
            _ => {}
        }
    }

    /// `params ; uri`, of which an empty uri ends the link.
    fn link(&mut self, text: &str) {
        let Some((params, uri)) = text.split_once(';') else {
            return;
        };
        let params = params.trim();
        if !uri.is_empty() {
            let id = params
                .split(':')
                .find_map(|param| param.strip_prefix("id="));
            let id = id.filter(|id| !id.is_empty()).map(str::to_owned);
            let uri = uri.to_owned();
            self.pen.set_link(Some(Arc::new(Link { id, uri })));
        } else if params.is_empty() {
            self.pen.set_link(None);
        }
    }
}

/// The `n`th parameter; 0 where there is none.
fn number(params: &Params, n: usize) -> u16 {
    firsts(params).nth(n).unwrap_or(0)
}

fn firsts(params: &Params) -> impl Iterator<Item = u16> {
    params.iter().filter_map(|param| param.first().copied())
}
