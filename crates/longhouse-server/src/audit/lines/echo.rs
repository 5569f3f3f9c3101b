//! What a terminal shows on the line in which somebody types: enough of a terminal to tell whether the keys are echoed.

/// How much of a line is kept, in characters.
const LONGEST_LINE: usize = 4096;

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    Escape,
    /// After `ESC [`; the digits that have come.
    Control(String),
    /// In a title, a link or the like, up to BEL or `ESC \`.
    Text,
    /// `ESC` within such a text.
    TextEscape,
}

/// The line, as it looks now.
#[derive(Debug, Default)]
pub(super) struct Echo {
    line: Vec<char>,
    /// Where the next character goes.
    at: usize,
    state: State,
    /// The bytes of a character that is not whole yet.
    partial: Vec<u8>,
}

impl Echo {
    /// Forgets what stands on the line: what is shown from now on counts.
    pub(super) fn begin(&mut self) {
        self.line.clear();
        self.at = 0;
    }

    /// Takes one byte of output; whether it ends the line.
    pub(super) fn push(&mut self, byte: u8) -> bool {
        match std::mem::take(&mut self.state) {
            State::Plain => return self.plain(byte),
            State::Escape => match byte {
                b'[' => self.state = State::Control(String::new()),
                b']' | b'P' | b'_' | b'^' | b'X' => self.state = State::Text,
                // One more byte names a set of characters.
                b'(' | b')' | b'*' | b'+' | b'#' => self.state = State::Control("(".to_owned()),
                b'D' | b'E' => return true,
                _ => {}
            },
            State::Control(digits) if digits == "(" => {}
            State::Control(digits) => return self.control(digits, byte),
            State::Text => match byte {
                0x07 => {}
                0x1b => self.state = State::TextEscape,
                _ => self.state = State::Text,
            },
            State::TextEscape if byte == b'\\' => {}
            State::TextEscape => self.state = State::Text,
        }
        false
    }

    /// Whether these words stand on the line, in this order.
    pub(super) fn shows(&self, words: &[String]) -> bool {
        let line: String = self.line.iter().collect();
        let mut rest = line.as_str();
        words.iter().all(|word| {
            // Spaces at the end of a line may be gone by the time the line is ended.
            let word = word.trim_end();
            let found = rest.find(word);
            rest = found.map_or("", |at| &rest[at + word.len()..]);
            found.is_some()
        })
    }

    fn plain(&mut self, byte: u8) -> bool {
        match byte {
            b'\n' => return true,
            0x1b => self.state = State::Escape,
            // Shells go over the window's edge with a space and a return.
            b'\r' if self.at == self.line.len() && self.line.last() == Some(&' ') => {
                self.line.pop();
                self.at -= 1;
            }
            b'\r' => self.at = 0,
            0x08 => self.at = self.at.saturating_sub(1),
            0x00..0x20 => {}
            _ => self.character(byte),
        }
        false
    }

    fn character(&mut self, byte: u8) {
        self.partial.push(byte);
        match std::str::from_utf8(&self.partial) {
            Ok(text) => {
                let Some(c) = text.chars().next() else {
                    return;
                };
                if self.at < self.line.len() {
                    self.line[self.at] = c;
                } else if self.line.len() < LONGEST_LINE {
                    self.line.push(c);
                }
                self.at = (self.at + 1).min(LONGEST_LINE);
            }
            Err(error) if error.error_len().is_none() => return,
            Err(_) => {}
        }
        self.partial.clear();
    }

    fn control(&mut self, mut digits: String, byte: u8) -> bool {
        match byte {
            b'C' => self.at = (self.at + number(&digits)).min(self.line.len()),
            b'D' => self.at = self.at.saturating_sub(number(&digits)),
            b'K' if digits.is_empty() || digits == "0" => self.line.truncate(self.at),
            b'P' => {
                let end = (self.at + number(&digits)).min(self.line.len());
                self.line.drain(self.at.min(end)..end);
            }
            b'@' => {
                let room = LONGEST_LINE.saturating_sub(self.line.len());
                for _ in 0..number(&digits).min(room) {
                    self.line.insert(self.at.min(self.line.len()), ' ');
                }
            }
            // The cursor goes elsewhere: what is shown there is another line.
            b'A' | b'B' | b'E' | b'F' | b'H' | b'd' | b'f' | b'J' | b'S' | b'T' => return true,
            0x20..=0x3f if digits.len() < 32 => {
                digits.push(char::from(byte));
                self.state = State::Control(digits);
            }
            _ => {}
        }
        false
    }
}

/// The number of a control sequence; 1 where it says none.
fn number(digits: &str) -> usize {
    digits
        .parse()
        .map_or(1, |n: usize| n.clamp(1, LONGEST_LINE))
}
