//! The detach key: ctrl-\ twice. A single one is for the program, so it is held until the next key or a short wait
//! shows that no second one follows. Pure: bytes in, bytes and a decision out.

/// How terminals send ctrl-\: as the control character; as `CSI 92 ; 5 u` once a program has switched on the kitty
/// keyboard protocol, with or without the event's kind; and in xterm's modifyOtherKeys. A sequence that arrives split
/// over two reads is not recognised and passes as ordinary input.
const ENCODINGS: [&[u8]; 4] = [b"\x1c", b"\x1b[92;5u", b"\x1b[92;5:1u", b"\x1b[27;5;92~"];

/// Finds the detach key in what a person types.
#[derive(Debug, Default)]
pub(crate) struct DetachKey {
    /// The first press, as it was sent.
    held: Vec<u8>,
}

/// What to do with a piece of input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Pass these bytes on.
    Pass(Vec<u8>),
    /// Pass these bytes on, then detach; the rest is dropped.
    Detach(Vec<u8>),
}

impl DetachKey {
    /// Takes a piece of input.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Typed {
        let mut pass = Vec::with_capacity(input.len());
        let mut rest = input;
        while !rest.is_empty() {
            let press = ENCODINGS.iter().find(|encoding| rest.starts_with(encoding));
            match press {
                Some(_) if !self.held.is_empty() => {
                    self.held.clear();
                    return Typed::Detach(pass);
                }
                Some(encoding) => {
                    self.held = encoding.to_vec();
                    rest = &rest[encoding.len()..];
                }
                None => {
                    pass.append(&mut self.held);
                    pass.push(rest[0]);
                    rest = &rest[1..];
                }
            }
        }
        Typed::Pass(pass)
    }

    /// Whether a first press is held back.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    /// No second press came: what was held back is for the program.
    pub(crate) fn give_up(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(bytes: &[u8]) -> Typed {
        Typed::Pass(bytes.to_vec())
    }

    #[test]
    fn two_presses_detach_in_one_piece_or_in_two() {
        assert_eq!(
            DetachKey::default().feed(b"ab\x1c\x1ccd"),
            Typed::Detach(b"ab".to_vec())
        );
        let mut key = DetachKey::default();
        assert_eq!(key.feed(b"\x1c"), pass(b""));
        assert!(key.is_waiting());
        assert_eq!(key.feed(b"\x1c"), Typed::Detach(Vec::new()));
    }

    #[test]
    fn a_single_press_reaches_the_program_with_the_next_key_or_after_the_wait() {
        let mut key = DetachKey::default();
        assert_eq!(key.feed(b"\x1c"), pass(b""));
        assert_eq!(key.feed(b"x\x1c"), pass(b"\x1cx"));
        assert_eq!(key.give_up(), b"\x1c");
        assert!(!key.is_waiting());
        assert_eq!(key.feed(b"\x1cy\x1c\x1c"), Typed::Detach(b"\x1cy".to_vec()));
    }

    #[test]
    fn the_key_is_known_in_the_keyboard_protocols_that_programs_switch_on() {
        for encoding in ENCODINGS {
            let twice = [encoding, encoding].concat();
            assert_eq!(DetachKey::default().feed(&twice), Typed::Detach(Vec::new()));
            let mut key = DetachKey::default();
            assert_eq!(key.feed(encoding), pass(b""));
            assert_eq!(key.give_up(), encoding);
        }
    }

    #[test]
    fn other_input_passes_unchanged() {
        let every_byte: Vec<u8> = (0..=255).filter(|byte| *byte != 0x1c).collect();
        assert_eq!(
            DetachKey::default().feed(&every_byte),
            Typed::Pass(every_byte.clone())
        );
        assert_eq!(
            DetachKey::default().feed(b"\x1b[92;2u"),
            pass(b"\x1b[92;2u")
        );
    }
}
