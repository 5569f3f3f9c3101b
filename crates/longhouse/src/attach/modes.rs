//! What the attached program has switched on in the person's own terminal, so that leaving can switch it off again.
//!
//! Output is passed through as it is; this only listens in for the few sequences whose effect outlives the program on
//! the screen: alternate screen, hidden cursor, mouse reports, bracketed paste, keyboard protocols. It is no emulator.

use std::collections::BTreeSet;

use bytes::Bytes;

/// Parameters of a sequence beyond this many bytes are of no interest here.
const PARAMETER_LIMIT: usize = 32;

/// Private modes that are off in a fresh terminal: application cursor keys, reverse video, origin, mouse in all its kinds, focus
/// reports, alternate screens, bracketed paste, synchronised output, colour scheme reports, in-band size reports.
const OFF_AT_FIRST: [u16; 18] = [
    1, 5, 6, 9, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2026,
];

/// Private modes that are on in a fresh terminal: automatic wrap, cursor shown.
const ON_AT_FIRST: [u16; 2] = [7, 25];

/// Follows the modes of a stream of output.
#[derive(Debug, Default)]
pub(crate) struct ModeTracker {
    state: State,
    parameters: Vec<u8>,
    /// Modes that differ from a fresh terminal's.
    changed: BTreeSet<u16>,
    /// How often the kitty keyboard protocol was pushed.
    keyboard_pushes: u32,
    modify_other_keys: bool,
    keypad: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    Sequence,
}

impl ModeTracker {
    /// Listens to a piece of output; a sequence may be split over several.
    pub(crate) fn feed(&mut self, output: &[u8]) {
        for &byte in output {
            self.state = match (&self.state, byte) {
                (_, 0x1b) => State::Escape,
                (State::Escape, b'[') => {
                    self.parameters.clear();
                    State::Sequence
                }
                (State::Escape, b'c') => {
                    *self = Self::default();
                    State::Ground
                }
                (State::Escape, b'=' | b'>') => {
                    self.keypad = byte == b'=';
                    State::Ground
                }
                (State::Escape | State::Ground, _) => State::Ground,
                (State::Sequence, 0x20..=0x3f) if self.parameters.len() < PARAMETER_LIMIT => {
                    self.parameters.push(byte);
                    State::Sequence
                }
                (State::Sequence, 0x40..=0x7e) => {
                    self.sequence(byte);
                    State::Ground
                }
                (State::Sequence, _) => State::Ground,
            };
        }
    }

    fn sequence(&mut self, last: u8) {
        let parameters = std::mem::take(&mut self.parameters);
        match (parameters.split_first(), last) {
            (Some((b'?', modes)), b'h' | b'l') => {
                for mode in modes.split(|byte| *byte == b';') {
                    self.mode(mode, last == b'h');
                }
            }
            (Some((b'>', _)), b'u') => self.keyboard_pushes += 1,
            (Some((b'<', count)), b'u') => {
                let count = number(count).unwrap_or(1).max(1);
                self.keyboard_pushes = self.keyboard_pushes.saturating_sub(u32::from(count));
            }
            (Some((b'>', rest)), b'm') => {
                self.modify_other_keys = rest.starts_with(b"4;") && !rest.ends_with(b";0");
            }
            _ => {}
        }
        self.parameters = parameters;
    }

    fn mode(&mut self, mode: &[u8], on: bool) {
        let Some(mode) = number(mode) else { return };
        let differs = (OFF_AT_FIRST.contains(&mode) && on) || (ON_AT_FIRST.contains(&mode) && !on);
        if differs {
            self.changed.insert(mode);
        } else {
            self.changed.remove(&mode);
        }
    }

    /// What brings the terminal back: every changed mode, then plain colours, the ordinary cursor, margins and character
    /// set. The alternate screen is left last, since that restores where the cursor was.
    pub(crate) fn restore(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.keyboard_pushes > 0 {
            bytes.extend(format!("\x1b[<{}u", self.keyboard_pushes).bytes());
        }
        if self.modify_other_keys {
            bytes.extend(b"\x1b[>4;0m");
        }
        if self.keypad {
            bytes.extend(b"\x1b>");
        }
        let alternate = |mode: &u16| matches!(mode, 47 | 1047 | 1049);
        for mode in self.changed.iter().filter(|mode| !alternate(mode)) {
            let end = if ON_AT_FIRST.contains(mode) { 'h' } else { 'l' };
            bytes.extend(format!("\x1b[?{mode}{end}").bytes());
        }
        // The scroll region is saved around its reset, which moves the cursor home.
        bytes.extend(b"\x1b7\x1b[r\x1b8\x1b[4l\x1b[20l\x1b[0m\x1b[0 q\x0f\x1b(B");
        for mode in self.changed.iter().filter(|mode| alternate(mode)) {
            bytes.extend(format!("\x1b[?{mode}l").bytes());
        }
        bytes
    }

    /// A repaint as it is shown here. It begins with a full reset, which in a browser's terminal is right; in a person's
    /// own it would wipe what they had on the screen and above it. Here that is scrolled up instead.
    pub(super) fn repaint(&mut self, snapshot: Bytes, rows: u16) -> Bytes {
        let Some(content) = snapshot.strip_prefix(b"\x1bc") else {
            self.feed(&snapshot);
            return snapshot;
        };
        let mut bytes = std::mem::take(self).restore();
        bytes.extend(format!("\x1b[{rows};1H").bytes());
        bytes.extend(std::iter::repeat_n(b'\n', rows.into()));
        bytes.extend(b"\x1b[H\x1b[2J");
        self.feed(content);
        bytes.extend_from_slice(content);
        bytes.into()
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What leaving sends beyond what it always sends.
    fn restored(output: &[u8]) -> String {
        let mut whole = ModeTracker::default();
        whole.feed(output);
        let mut bytewise = ModeTracker::default();
        for byte in output {
            bytewise.feed(&[*byte]);
        }
        assert_eq!(
            whole.restore(),
            bytewise.restore(),
            "splitting made a difference"
        );
        let always = String::from_utf8(ModeTracker::default().restore()).unwrap();
        let text = String::from_utf8(whole.restore()).unwrap();
        text.replacen(&always, "", 1)
    }

    #[test]
    fn what_a_full_screen_program_switched_on_is_switched_off() {
        let output = b"\x1b[?1049h\x1b[?25l\x1b[?1000;1006hhello\x1b[?2004h\x1b[>1u\x1b=";
        assert_eq!(
            restored(output),
            "\x1b[<1u\x1b>\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b[?1049l"
        );
    }

    #[test]
    fn what_was_switched_off_again_needs_nothing() {
        assert_eq!(restored(b"\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l"), "");
        assert_eq!(restored(b"\x1b[>1u\x1b[<u\x1b[>4;2m\x1b[>4;0m"), "");
        assert_eq!(restored(b"\x1b[?1003h\x1b[?1006h\x1bc"), "");
    }

    #[test]
    fn a_repaint_keeps_what_a_person_had_on_the_screen() {
        let mut modes = ModeTracker::default();
        modes.feed(b"\x1b[?25l");
        let shown = modes.repaint(Bytes::from_static(b"\x1bchello\x1b[?2004h"), 3);
        let shown = String::from_utf8(shown.to_vec()).unwrap();
        assert!(!shown.contains("\x1bc"), "{shown:?}");
        assert!(shown.starts_with("\x1b[?25h"), "{shown:?}");
        assert!(
            shown.ends_with("\x1b[3;1H\n\n\n\x1b[H\x1b[2Jhello\x1b[?2004h"),
            "{shown:?}"
        );
        assert!(modes.restore().starts_with(b"\x1b[?2004l"));
    }

    #[test]
    fn other_sequences_and_endless_ones_are_ignored() {
        assert_eq!(
            restored(b"\x1b]0;\x1b[title\x07\x1b[31m\x1b[4h\x1b[?99999999h"),
            ""
        );
        let endless = [b"\x1b[?".as_slice(), &[b'1'; 100_000]].concat();
        assert_eq!(restored(&endless), "");
    }
}
