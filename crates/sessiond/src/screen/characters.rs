//! Gives the parser whole UTF-8 characters and nothing else.
//!
//! The parser (vte 0.15) can join a character that was cut in two, but then loses bytes behind it where another character is cut right
//! after: text, or the escape that begins a sequence. So it never gets a cut one. What is no UTF-8, and the byte order mark, is left out,
//! as the browser's emulator leaves it out.

use std::borrow::Cow;

use memchr::memmem;

use super::pending::{character_length, is_continuation, unfinished};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The beginning of a character that waits for its rest: at most three bytes.
#[derive(Debug, Default)]
pub(crate) struct Characters {
    begun: Vec<u8>,
}

impl Characters {
    /// The stream so far held back and `bytes`, in two parts, up to the last whole character.
    pub(crate) fn whole<'a>(&mut self, bytes: &'a [u8]) -> [Cow<'a, [u8]>; 2] {
        let mut rest = bytes;
        let mut joined = Vec::new();
        if let Some(first) = self.begun.first() {
            let missing = character_length(*first) - self.begun.len();
            let there = rest
                .iter()
                .take(missing)
                .take_while(|b| is_continuation(**b));
            let (more, after) = rest.split_at(there.count());
            self.begun.extend_from_slice(more);
            rest = after;
            if more.len() < missing && rest.is_empty() {
                return [Cow::Borrowed(&[]), Cow::Borrowed(&[])];
            }
            joined = std::mem::take(&mut self.begun);
        }
        let begun = unfinished(rest);
        self.begun.extend_from_slice(begun);
        [
            text(Cow::Owned(joined)),
            text(Cow::Borrowed(&rest[..rest.len() - begun.len()])),
        ]
    }
}

/// What of `bytes` is text.
fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memmem::find(&bytes, BYTE_ORDER_MARK).is_none() && std::str::from_utf8(&bytes).is_ok() {
        return bytes;
    }
    let chunks = bytes.utf8_chunks();
    let text: String = chunks.map(|chunk| chunk.valid()).collect();
    Cow::Owned(text.replace('\u{feff}', "").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_cut(
            text in "([a-z]|é|中|🎉|\\x1b\\[m){0,40}",
            cuts in prop::collection::vec(1_usize..6, 1..80),
        ) {
            let mut characters = Characters::default();
            let mut rest = text.as_bytes();
            let mut out = Vec::new();
            for length in cuts.into_iter().chain([usize::MAX]) {
                let (now, later) = rest.split_at(length.min(rest.len()));
                rest = later;
                for part in characters.whole(now) {
                    prop_assert!(std::str::from_utf8(&part).is_ok(), "{:?}", part);
                    out.extend_from_slice(&part);
                }
            }
            prop_assert_eq!(out, text.as_bytes());
        }

        #[test]
        fn what_is_no_text_is_left_out_however_it_is_cut(bytes: Vec<u8>, length in 1_usize..7) {
            let mut characters = Characters::default();
            let mut out = Vec::new();
            for piece in bytes.chunks(length) {
                for part in characters.whole(piece) {
                    prop_assert!(std::str::from_utf8(&part).is_ok(), "{:?}", part);
                    out.extend_from_slice(&part);
                }
            }
            let whole: String = bytes.utf8_chunks().map(|chunk| chunk.valid()).collect();
            prop_assert_eq!(out, whole.replace('\u{feff}', "").into_bytes());
        }
    }
}
