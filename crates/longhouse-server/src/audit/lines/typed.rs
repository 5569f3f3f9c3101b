//! Keys, put together to lines as the one who types sees them.

/// Longest line that is followed, in bytes.
const LONGEST_LINE: usize = 1024;

/// Longest escape sequence that is taken for one, in bytes.
const LONGEST_SEQUENCE: usize = 32;

/// A line that was ended with Enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypedLine {
    /// As typed, with own corrections carried out; other control characters stand in it as they are.
    pub(super) text: String,
    /// What of it must be on the screen, in this order: what stands between keys that only act.
    pub(super) words: Vec<String>,
    /// Whether all of it was followed.
    pub(super) sound: bool,
}

/// Where in an escape sequence the keys are.
#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    Escape,
    /// After `ESC [` or `ESC O`, with what has come since.
    Sequence(Vec<u8>),
}

/// Puts keys together.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    /// Text and single keys that only act, in turns.
    pieces: Vec<Piece>,
    length: usize,
    unsound: bool,
    state: State,
}

#[derive(Debug)]
enum Piece {
    Text(Vec<u8>),
    Key(Vec<u8>),
}

impl LineReader {
    /// Whether nothing of a line has been typed yet.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && !self.unsound && self.state == State::Plain
    }

    /// Takes one byte; gives the line that it ends, unless nothing stands in it.
    pub(super) fn push(&mut self, byte: u8) -> Option<TypedLine> {
        match std::mem::take(&mut self.state) {
            State::Plain => return self.plain(byte),
            State::Escape if matches!(byte, b'[' | b'O') => {
                self.state = State::Sequence(vec![byte]);
            }
            State::Escape => self.key(&[0x1b, byte]),
            State::Sequence(mut sequence) => {
                sequence.push(byte);
                let ends = (0x40..=0x7e).contains(&byte) && sequence.len() > 1;
                if sequence.len() > LONGEST_SEQUENCE {
                    self.unsound = true;
                } else if !ends {
                    self.state = State::Sequence(sequence);
                } else if sequence != b"[200~" && sequence != b"[201~" {
                    // Those two only say that something is pasted.
                    self.key(&[&[0x1b], sequence.as_slice()].concat());
                }
            }
        }
        None
    }

    fn plain(&mut self, byte: u8) -> Option<TypedLine> {
        match byte {
            b'\r' | b'\n' => return self.end(),
            0x1b => self.state = State::Escape,
            0x08 | 0x7f => self.rub_out(),
            // Ctrl-c and ctrl-u throw the line away.
            0x03 | 0x15 => *self = Self::default(),
            0x17 => self.rub_out_word(),
            0x00..0x20 => self.key(&[byte]),
            _ => self.text(byte),
        }
        None
    }

    fn text(&mut self, byte: u8) {
        if !self.has_room(1) {
            return;
        }
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(byte),
            _ => self.pieces.push(Piece::Text(vec![byte])),
        }
    }

    fn key(&mut self, bytes: &[u8]) {
        if self.has_room(bytes.len()) {
            self.pieces.push(Piece::Key(bytes.to_vec()));
        }
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        self.length += bytes;
        self.unsound |= self.length > LONGEST_LINE;
        !self.unsound
    }

    fn rub_out(&mut self) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => {
                while text.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                if text.is_empty() {
                    self.pieces.pop();
                }
            }
            // What a completion put there is rubbed out: what is left of it is not known.
            Some(Piece::Key(_)) => self.unsound = true,
            None => {}
        }
    }

    fn rub_out_word(&mut self) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => {
                let end = text
                    .iter()
                    .rposition(|byte| *byte != b' ')
                    .map_or(0, |at| at + 1);
                let start = text[..end]
                    .iter()
                    .rposition(|byte| *byte == b' ')
                    .map_or(0, |at| at + 1);
                text.truncate(start);
                if text.is_empty() {
                    self.pieces.pop();
                }
            }
            Some(Piece::Key(_)) => self.unsound = true,
            None => {}
        }
    }

    fn end(&mut self) -> Option<TypedLine> {
        let line = std::mem::take(self);
        let (mut text, mut words) = (Vec::new(), Vec::new());
        for piece in &line.pieces {
            match piece {
                Piece::Text(typed) => {
                    text.extend(typed);
                    words.push(String::from_utf8_lossy(typed).into_owned());
                }
                Piece::Key(key) => text.extend(key),
            }
        }
        (!words.is_empty() || line.unsound).then(|| TypedLine {
            text: String::from_utf8_lossy(&text).into_owned(),
            words,
            sound: !line.unsound,
        })
    }
}
