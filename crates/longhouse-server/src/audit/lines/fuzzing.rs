//! A door for the target in `fuzz/`: what is typed and shown. It exists only in a build with `--cfg fuzzing`.

use super::{Line, Lines};

/// Pieces of a length, whose highest bit says which side they are of, and as many bytes. What is recorded was typed.
pub(crate) fn lines(mut data: &[u8]) {
    let lines = Lines::default();
    let mut typed = Vec::new();
    while let [length, rest @ ..] = data {
        let (piece, later) = rest.split_at(usize::from(length & 0x7f).min(rest.len()));
        data = later;
        if length & 0x80 == 0 {
            lines.typed(piece);
            typed.extend_from_slice(piece);
            continue;
        }
        for line in lines.shown(piece) {
            if let Line::Shown(text) = line {
                let text = text.replace(char::REPLACEMENT_CHARACTER, "");
                assert!(
                    text.bytes().all(|byte| typed.contains(&byte)),
                    "{text:?} was not typed"
                );
            }
        }
    }
}
