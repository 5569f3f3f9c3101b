//! What a client does with its WebSocket below the messages: how many frames it sends, how large they are, and whether it ever
//! finishes one.
//!
//! The library above joins frames to messages and says nothing before a message is whole, so a client that sends empty pieces
//! for ever, or pings, would be heard by nobody. This reads the heads of the frames as they come by and nothing else; the
//! bytes go on unchanged.
//!
//! ```text
//!   Head ──2 to 14 bytes──► Payload ──its length──► Head
//! ```

use std::fmt;
use std::time::{Duration, Instant};

/// Largest frame, and largest message in pieces, in bytes. Both kinds of socket speak in far smaller ones.
pub(crate) const LARGEST_MESSAGE: u64 = 1 << 20;

/// Frames a second in the long run, and how many at once. A fast typist sends 20, a program that draws with the mouse 100;
/// acknowledgements of a flood of output some hundreds. A program that types the next key when it has seen the last one come back reached
/// 4,000 on a fast machine.
const FRAMES_PER_SECOND: u32 = 5_000;
const FRAMES_AT_ONCE: u32 = 10_000;

/// The same for pings and pongs, which browsers cannot even send.
const CONTROLS_PER_SECOND: u32 = 10;
const CONTROLS_AT_ONCE: u32 = 100;

/// What a client did with its frames that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameFault {
    /// A frame or a message in pieces beyond the bound.
    TooLarge,
    /// Frames, pings or pongs faster than anybody needs.
    TooMany,
    /// A message that was begun and not finished.
    Unfinished,
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "a frame is too large",
            Self::TooMany => "too many frames",
            Self::Unfinished => "a message was not finished",
        })
    }
}

impl std::error::Error for FrameFault {}

/// Reads along.
#[derive(Debug)]
pub(crate) struct FrameMeter {
    place: Place,
    frames: Pace,
    controls: Pace,
    /// Bytes of the message in pieces so far.
    pieces: u64,
    in_pieces: bool,
    /// Since when something is unfinished: a frame or a message in pieces.
    open_since: Option<Instant>,
}

#[derive(Debug)]
enum Place {
    /// In a head, of which this much has come.
    Head { bytes: [u8; HEAD], have: usize },
    /// In a payload, of which this much is to come.
    Payload { left: u64 },
}

/// The longest head: two bytes, eight of length, four of mask.
const HEAD: usize = 14;

const NEW_HEAD: Place = Place::Head {
    bytes: [0; HEAD],
    have: 0,
};

impl FrameMeter {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            place: NEW_HEAD,
            frames: Pace::new(FRAMES_PER_SECOND, FRAMES_AT_ONCE, now),
            controls: Pace::new(CONTROLS_PER_SECOND, CONTROLS_AT_ONCE, now),
            pieces: 0,
            in_pieces: false,
            open_since: None,
        }
    }

    /// Since when a message has been begun and not finished.
    pub(crate) fn open_since(&self) -> Option<Instant> {
        self.open_since
    }

    /// The next bytes from the client.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], now: Instant) -> Result<(), FrameFault> {
        while !bytes.is_empty() {
            match &mut self.place {
                Place::Payload { left } => {
                    let take =
                        usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    *left -= take as u64;
                    bytes = &bytes[take..];
                    if *left == 0 {
                        self.place = NEW_HEAD;
                    }
                }
                Place::Head { bytes: head, have } => {
                    let take = (wanted(&head[..*have]) - *have).min(bytes.len());
                    head[*have..*have + take].copy_from_slice(&bytes[..take]);
                    *have += take;
                    bytes = &bytes[take..];
                    if *have == wanted(&head[..*have]) {
                        let head = *head;
                        self.begin(&head, now)?;
                    }
                }
            }
        }
        let resting = matches!(self.place, Place::Head { have: 0, .. }) && !self.in_pieces;
        self.open_since = if resting {
            None
        } else {
            self.open_since.or(Some(now))
        };
        Ok(())
    }

    fn begin(&mut self, head: &[u8; HEAD], now: Instant) -> Result<(), FrameFault> {
        let (last, opcode) = (head[0] & 0x80 != 0, head[0] & 0x0f);
        let length = payload_length(head);
        let control = opcode >= 8;
        let paced = self.frames.step(now) && (!control || self.controls.step(now));
        if !paced {
            return Err(FrameFault::TooMany);
        }
        if !control {
            self.pieces = if self.in_pieces { self.pieces } else { 0 }.saturating_add(length);
            self.in_pieces = !last;
            if self.pieces > LARGEST_MESSAGE {
                return Err(FrameFault::TooLarge);
            }
        }
        self.place = if length == 0 {
            NEW_HEAD
        } else {
            Place::Payload { left: length }
        };
        Ok(())
    }
}

/// How long a head is, as far as its beginning tells.
fn wanted(head: &[u8]) -> usize {
    let Some(second) = head.get(1) else { return 2 };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    2 + mask
        + match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        }
}

fn payload_length(head: &[u8; HEAD]) -> u64 {
    match head[1] & 0x7f {
        126 => u16::from_be_bytes([head[2], head[3]]).into(),
        127 => u64::from_be_bytes([
            head[2], head[3], head[4], head[5], head[6], head[7], head[8], head[9],
        ]),
        short => short.into(),
    }
}

/// A leaky bucket for one client.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    at_once: u32,
    empty_at: Instant,
}

impl Pace {
    fn new(per_second: u32, at_once: u32, now: Instant) -> Self {
        Self {
            interval: Duration::from_secs(1) / per_second,
            at_once,
            empty_at: now,
        }
    }

    fn step(&mut self, now: Instant) -> bool {
        let next = self.empty_at.max(now) + self.interval;
        let fits = next <= now + self.interval * self.at_once;
        if fits {
            self.empty_at = next;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame, as clients send them.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        match length {
            0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..65536 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(vec![b'x'; length]);
        bytes
    }

    #[test]
    fn frames_are_found_wherever_the_stream_is_cut() {
        let lengths = [0, 1, 125, 126, 65535, 65536, 3];
        let stream: Vec<u8> = lengths
            .iter()
            .flat_map(|length| frame(0x82, *length))
            .collect();
        let now = Instant::now();
        for step in [1, 2, 3, 7, 1000, stream.len()] {
            let mut meter = FrameMeter::new(now);
            for piece in stream.chunks(step) {
                meter.feed(piece, now).unwrap();
            }
            assert_eq!(meter.open_since(), None, "{step}");
            let spent = meter.frames.empty_at - now;
            assert_eq!(
                spent,
                meter.frames.interval * u32::try_from(lengths.len()).unwrap()
            );
        }
    }

    #[test]
    fn what_is_too_large_is_known_from_its_head_also_in_pieces() {
        let now = Instant::now();
        let mut meter = FrameMeter::new(now);
        let head = &frame(0x82, 65 << 20)[..14];
        assert_eq!(meter.feed(head, now), Err(FrameFault::TooLarge));

        let mut meter = FrameMeter::new(now);
        let piece = frame(0x00, 600_000);
        meter.feed(&frame(0x02, 600_000), now).unwrap();
        assert_eq!(meter.feed(&piece, now), Err(FrameFault::TooLarge));
    }

    #[test]
    fn floods_of_tiny_frames_pings_and_empty_pieces_are_noticed() {
        let now = Instant::now();
        for (first, before, at_once) in [
            (0x82, None, FRAMES_AT_ONCE),
            (0x89, None, CONTROLS_AT_ONCE),
            (0x8a, None, CONTROLS_AT_ONCE),
            (0x00, Some(0x02), FRAMES_AT_ONCE - 1),
        ] {
            let mut meter = FrameMeter::new(now);
            if let Some(first) = before {
                meter.feed(&frame(first, 0), now).unwrap();
            }
            for _ in 0..at_once {
                meter.feed(&frame(first, 0), now).unwrap();
            }
            assert_eq!(
                meter.feed(&frame(first, 0), now),
                Err(FrameFault::TooMany),
                "{first:#x}"
            );
        }
        let mut typist = FrameMeter::new(now);
        for keys in 0..100_000_u32 {
            let then = now + Duration::from_millis(1) * keys;
            typist.feed(&frame(0x82, 1), then).unwrap();
        }
    }

    #[test]
    fn a_message_is_open_until_its_last_piece() {
        let now = Instant::now();
        let later = now + Duration::from_secs(5);
        let mut meter = FrameMeter::new(now);
        meter.feed(&frame(0x01, 3), now).unwrap();
        meter.feed(&frame(0x89, 0), later).unwrap();
        assert_eq!(
            meter.open_since(),
            Some(now),
            "a ping in between finishes nothing"
        );
        meter.feed(&frame(0x80, 0), later).unwrap();
        assert_eq!(meter.open_since(), None);
        meter.feed(&frame(0x82, 9)[..8], later).unwrap();
        assert_eq!(meter.open_since(), Some(later), "half a frame");
    }
}
