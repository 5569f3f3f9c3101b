//! Who a commit is by.

/// The longest name or address, bytes.
const IDENTITY_BYTES: usize = 256;

/// That a text is no author's name or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have 1 to {IDENTITY_BYTES} bytes, a letter or a digit among them, and neither control characters nor angle brackets"
)]
pub struct BadIdentity;

/// Whether git can write this as an author's name or address: it would strip or refuse everything else in silence.
#[must_use]
pub fn is_identity(text: &str) -> bool {
    // What git takes off both ends of a name; one that has nothing else is none.
    let crud = |c: char| c <= ' ' || ".,:;<>\"\\'".contains(c);
    let barred = |c: char| c.is_control() || matches!(c, '<' | '>' | '\u{2028}' | '\u{2029}');
    text.len() <= IDENTITY_BYTES && !text.chars().any(barred) && !text.chars().all(crud)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_that_git_keeps() {
        for good in ["Ada Lovelace", "ada@example.org", "Жанна d'Arc", "O."] {
            assert!(is_identity(good), "{good:?}");
        }
        let long = "a".repeat(IDENTITY_BYTES + 1);
        for bad in [
            "",
            "  ",
            "..",
            "a\nb",
            "a\0",
            "Ada <ada@example.org>",
            &long,
        ] {
            assert!(!is_identity(bad), "{bad:?}");
        }
    }
}
