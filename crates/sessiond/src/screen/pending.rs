//! The bytes of an escape sequence or character that has begun and not yet ended.
//!
//! A snapshot may be taken in the middle of one. The parser has then swallowed its beginning without a visible effect; the snapshot must
//! end with that beginning, or whoever continues from there would see the rest as text.

use memchr::memrchr;

const ESC: u8 = 0x1b;

/// The longest beginning that is kept. Longer strings (pictures, clipboard contents) are continued as a string that is ignored: the one
/// who continues then loses what no screen shows.
const KEPT: usize = 64 * 1024;

/// Where in a sequence the stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In none, or in a multi-byte character.
    #[default]
    Ground,
    Escape,
    EscapeIntermediate,
    Control,
    /// An operating system command; BEL ends it too.
    Command,
    /// A device control, application, privacy or start-of-string string.
    String,
}

/// Follows the stream and keeps what has begun.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    state: State,
    begun: Vec<u8>,
    overflowed: bool,
}

impl Pending {
    /// Follows `bytes`. Only what comes after the last escape matters, for an escape ends whatever was before it.
    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        let rest = match memrchr(ESC, bytes) {
            Some(at) => {
                self.begin(State::Escape, ESC);
                &bytes[at + 1..]
            }
            None => bytes,
        };
        let mut rest = rest;
        while self.state != State::Ground {
            let Some((byte, after)) = rest.split_first() else {
                return;
            };
            self.step(*byte);
            rest = after;
        }
        if !rest.is_empty() {
            self.character(rest);
        }
    }

    /// The beginning to repeat at the end of a snapshot.
    pub(crate) fn bytes(&self) -> &[u8] {
        match (self.overflowed, self.state) {
            // A command with a number that nobody knows, and a device control that nobody knows.
            (true, State::Command) => b"\x1b]9999;",
            (true, _) => b"\x1bP|",
            (false, _) => &self.begun,
        }
    }

    fn begin(&mut self, state: State, byte: u8) {
        self.state = state;
        self.begun.clear();
        self.begun.push(byte);
        self.overflowed = false;
    }

    fn end(&mut self) {
        self.state = State::Ground;
        self.begun.clear();
        self.overflowed = false;
    }

    fn step(&mut self, byte: u8) {
        if matches!(byte, 0x18 | 0x1a) {
            return self.end();
        }
        let next = match (self.state, byte) {
            (State::Escape, b'[') => State::Control,
            (State::Escape, b']') => State::Command,
            (State::Escape, b'P' | b'X' | b'^' | b'_') => State::String,
            (State::Escape | State::EscapeIntermediate, 0x20..=0x2f) => State::EscapeIntermediate,
            (State::Escape | State::EscapeIntermediate, 0x30..=0x7e) => State::Ground,
            (State::Control, 0x40..=0x7e) | (State::Command, 0x07) => State::Ground,
            (state, _) => state,
        };
        self.state = next;
        if next == State::Ground {
            return self.end();
        }
        // Controls inside a sequence take effect at once; repeating them would make them take effect twice.
        let executed = byte < 0x20 && !matches!(next, State::Command | State::String);
        if executed {
            return;
        }
        if self.begun.len() < KEPT {
            self.begun.push(byte);
        } else {
            self.overflowed = true;
        }
    }

    /// Keeps the beginning of a multi-byte character at the end of `bytes`, which hold no escape.
    fn character(&mut self, bytes: &[u8]) {
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(&bytes[..bytes.len().min(4)]);
            let begun = std::mem::take(&mut self.begun);
            // Short input may leave it unfinished still; else only what `bytes` end with matters.
            if bytes.len() < 4 {
                self.begun = unfinished(&begun).to_vec();
                return;
            }
        }
        self.begun = unfinished(bytes).to_vec();
    }
}

/// The beginning of a UTF-8 character that `bytes` end with.
pub(crate) fn unfinished(bytes: &[u8]) -> &[u8] {
    for length in 1..=bytes.len().min(3) {
        let (_, end) = bytes.split_at(bytes.len() - length);
        if !is_continuation(end[0]) {
            return if length < character_length(end[0]) {
                end
            } else {
                &[]
            };
        }
    }
    &[]
}

/// How many bytes the UTF-8 character has that begins with `first`; 1 where none does.
pub(crate) fn character_length(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

/// Whether `byte` continues a UTF-8 character.
pub(crate) fn is_continuation(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending_after(chunks: &[&[u8]]) -> Vec<u8> {
        let mut pending = Pending::default();
        for chunk in chunks {
            pending.advance(chunk);
        }
        pending.bytes().to_vec()
    }

    #[test]
    fn what_has_begun_is_kept_until_it_ends() {
        for (bytes, expected) in [
            (&b"text"[..], &b""[..]),
            (b"a\x1b", b"\x1b"),
            (b"a\x1b[3", b"\x1b[3"),
            (b"a\x1b[31m", b""),
            (b"\x1b]0;tit", b"\x1b]0;tit"),
            (b"\x1b]0;title\x07", b""),
            (b"\x1b]0;title\x1b", b"\x1b"),
            (b"\x1b]0;title\x1b\\", b""),
            (b"\x1bPq#0;2", b"\x1bPq#0;2"),
            (b"\x1b(", b"\x1b("),
            (b"\x1b[3\r1", b"\x1b[31"),
            (b"\x1b[3\x18", b""),
            ("ab\u{20ac}".as_bytes(), b""),
            (b"ab\xe2\x82", b"\xe2\x82"),
            (b"ab\xf0\x9f\x98", b"\xf0\x9f\x98"),
            (b"\x1b[mab\xe2", b"\xe2"),
        ] {
            assert_eq!(pending_after(&[bytes]), expected, "{bytes:?} whole");
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(pending_after(&single), expected, "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn a_string_without_end_is_not_kept_without_end() {
        let mut pending = Pending::default();
        pending.advance(b"\x1b]52;c;");
        for _ in 0..100 {
            pending.advance(&[b'A'; 4096]);
        }
        assert!(pending.begun.len() <= KEPT);
        assert_eq!(pending.bytes(), b"\x1b]9999;");
        pending.advance(b"\x07");
        assert_eq!(pending.bytes(), b"");
    }
}
