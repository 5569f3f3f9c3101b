//! A flood of text is passed over where its last lines show the same without it.
//!
//! A screen holds so many lines, and keeps so many above them. Where more lines follow than both together, nothing of what was printed before
//! them is left, as long as all of it only printed text, moved within its line, or chose how text looks: then only the look is left, and that
//! begins anew with the next sequence that resets it. Anything else (a mode, a place on the screen, the other screen, a title, a question) is
//! parsed, and so is everything with it. To find that out takes a fraction of what parsing takes.

use bytes::Bytes;

/// What may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// From the beginning.
    pub(crate) bytes: usize,
    /// Line feeds in them.
    pub(crate) lines: u64,
}

/// How much of the beginning of `pieces`, which stand one behind the other, may be left out where the last `lines` lines show everything
/// that will be seen: nothing yet where there are no more lines than these, `None` where all of it has to be parsed.
pub(super) fn passed_over(pieces: &[Bytes], lines: usize) -> Option<Passed> {
    let Some(end) = start_of_last(pieces, lines) else {
        return Some(Passed::default());
    };
    let mut reader = Reader::default();
    let mut offset = 0;
    for piece in pieces {
        let piece = &piece[..piece.len().min(end - offset)];
        reader.read(piece, offset)?;
        offset += piece.len();
        if offset == end {
            break;
        }
    }
    let here = Passed {
        bytes: end,
        lines: reader.lines,
    };
    let passed = if reader.styled { reader.reset } else { here };
    (passed.bytes > 0).then_some(passed)
}

/// Where the last `lines` lines begin, or a few more: behind a line feed with a carriage return before it, where it is known which column
/// comes next. `None` where there are no more lines than these.
fn start_of_last(pieces: &[Bytes], lines: usize) -> Option<usize> {
    let mut left = lines;
    let mut behind: usize = pieces.iter().map(Bytes::len).sum();
    for (n, piece) in pieces.iter().enumerate().rev() {
        behind -= piece.len();
        for at in memchr::memrchr_iter(b'\n', piece) {
            let before = piece[..at].last().or_else(|| pieces[..n].last()?.last());
            if left == 0 && before == Some(&b'\r') {
                return Some(behind + at + 1);
            }
            left = left.saturating_sub(1);
        }
    }
    None
}

/// The most separators in a sequence: the parser takes 32 parameters, and does nothing where there are more.
const SEPARATORS: u8 = 24;

/// Where in a sequence the reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    /// In a control sequence, behind so many separators.
    Control(First, u8),
    /// Behind the byte with which the controls of eight bits begin, as UTF-8.
    Latin,
}

/// What is known of a sequence's first parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// It has been zero so far, or nothing, which means the same.
    Zero,
    /// It was, and others follow.
    WasZero,
    Other,
}

/// Reads text that changes nothing but its own lines and how text looks.
#[derive(Debug, Default)]
struct Reader {
    state: State,
    lines: u64,
    /// Whether anything chose how text looks.
    styled: bool,
    /// The last place from which on nothing chosen before counts.
    reset: Passed,
    /// Where the sequence begins that is read.
    begun: Passed,
}

impl Reader {
    /// Reads the bytes that stand at `offset`. `None` where they are not of that kind.
    fn read(&mut self, bytes: &[u8], offset: usize) -> Option<()> {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            if self.state == State::Ground {
                let text = rest.iter().position(|byte| !TEXT[usize::from(*byte)]);
                let at = text.unwrap_or(rest.len());
                if at > 0 {
                    rest = &rest[at..];
                    continue;
                }
            }
            self.step(*byte, offset + bytes.len() - rest.len())?;
            rest = after;
        }
        Some(())
    }

    fn step(&mut self, byte: u8, at: usize) -> Option<()> {
        self.state = match (self.state, byte) {
            (State::Ground, b'\n') => {
                self.lines += 1;
                State::Ground
            }
            (State::Ground, 0x1b) => {
                self.begun = Passed {
                    bytes: at,
                    lines: self.lines,
                };
                State::Escape
            }
            (State::Ground, 0xc2) => State::Latin,
            // U+0080 to U+009F are controls.
            (State::Latin, 0xa0..=0xbf) => State::Ground,
            (State::Escape, b'[') => State::Control(First::Zero, 0),
            (State::Control(first, separators), b'0'..=b'9') => {
                State::Control(first.followed_by(byte), separators)
            }
            (State::Control(first, separators), b';' | b':') if separators < SEPARATORS => {
                State::Control(first.followed_by(byte), separators + 1)
            }
            (State::Control(first, _), b'm') => {
                self.styled = true;
                if first != First::Other {
                    self.reset = self.begun;
                }
                State::Ground
            }
            // Erasing, inserting, deleting and moving within the line.
            (State::Control(..), b'@' | b'C' | b'D' | b'G' | b'K' | b'P' | b'X') => State::Ground,
            _ => return None,
        };
        Some(())
    }
}

impl First {
    fn followed_by(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Zero, b'0') => Self::Zero,
            (Self::Zero | Self::WasZero, b';') => Self::WasZero,
            (Self::WasZero, _) => Self::WasZero,
            _ => Self::Other,
        }
    }
}

/// What prints, or moves within the line: bell, backspace, tab and carriage return do no more than that.
const TEXT: [bool; 256] = {
    let mut text = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        text[byte] = matches!(byte, 0x07..=0x09 | 0x0d | 0x20..=0x7e | 0x80..=0xc1 | 0xc3..=0xff);
        byte += 1;
    }
    text
};

#[cfg(test)]
mod tests {
    use super::*;

    /// What may be left out of this text before its last line, as a whole and byte by byte.
    fn passed(text: &str) -> Option<usize> {
        let whole = Bytes::copy_from_slice(text.as_bytes());
        let single: Vec<Bytes> = (0..whole.len()).map(|n| whole.slice(n..=n)).collect();
        let passed = passed_over(std::slice::from_ref(&whole), 1);
        assert_eq!(passed_over(&single, 1), passed, "{text:?}");
        passed.map(|passed| passed.bytes)
    }

    #[test]
    fn text_is_passed_over_up_to_the_last_lines() {
        assert_eq!(passed("one\r\ntwo\r\nthree\r\n"), Some(10));
        assert_eq!(passed("größer ü\r\n日本\t\r\nthree\r\nf"), Some(22));
        assert_eq!(passed("one\r\ntwo\nthree\r\n"), Some(5));
        assert_eq!(passed("only one\r\n"), Some(0));
        assert_eq!(passed("none at all"), Some(0));
    }

    #[test]
    fn what_chooses_a_look_is_passed_over_up_to_where_it_begins_anew() {
        for (text, rest) in [
            (
                "\x1b[1ma\r\n\x1b[mb\r\n\x1b[3mc\r\n\r\n",
                "\x1b[mb\r\n\x1b[3mc\r\n\r\n",
            ),
            (
                "\x1b[1ma\r\nb\x1b[0;31m\r\n\r\n\r\n",
                "\x1b[0;31m\r\n\r\n\r\n",
            ),
            ("\x1b[2K\x1b[1Ga\r\nb\r\nc\r\n", "c\r\n"),
        ] {
            assert_eq!(passed(text), Some(text.len() - rest.len()), "{text:?}");
        }
        // Never reset, or by what has too many parameters to be obeyed: all of it counts.
        assert_eq!(passed("\x1b[1ma\r\nb\r\nc\r\n"), None);
        let many = format!("\x1b[1ma\r\n\x1b[0{}mb\r\nc\r\n\r\n", ";1".repeat(40));
        assert_eq!(passed(&many), None);
        assert_eq!(passed("\x1b[10ma\r\n\x1b[38;5;0mb\r\nc\r\n"), None);
    }

    #[test]
    fn what_does_more_is_not_passed_over() {
        for harm in [
            "\x1b[2J",
            "\x1b[H",
            "\x1b[A",
            "\x1b[?1049h",
            "\x1b[?7l",
            "\x1b[4h",
            "\x1b[r",
            "\x1b[6n",
            "\x1b[c",
            "\x1b[b",
            "\x1b7",
            "\x1bM",
            "\x1bc",
            "\x1b(0",
            "\x1b]0;title\x07",
            "\x1bP|\x1b\\",
            "\x0e",
            "\x0c",
            "\x0b",
            "\0",
            "\x7f",
            "\u{85}",
            "\u{9b}",
            "\x1b[1 q",
            "\x1b[!p",
            "\x1b[3\n1m",
            "\x1b[1\x18",
        ] {
            assert_eq!(passed(&format!("a{harm}b\r\nc\r\nd\r\n")), None, "{harm:?}");
        }
    }
}
