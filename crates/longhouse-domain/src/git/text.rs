//! What the readers of git's output share: fields that end with NUL, numbers, text that may be in any encoding.

/// That is not how git speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("git does not speak so")]
pub struct Unreadable;

/// The fields that end with NUL. Where the output was cut, the last one has no end, and is none.
pub(super) fn fields(said: &[u8], cut: bool) -> impl Iterator<Item = &[u8]> {
    let whole = match said.iter().rposition(|b| *b == 0) {
        Some(last) if cut || last + 1 == said.len() => &said[..last],
        _ if cut => &[],
        _ => said,
    };
    let some = !whole.is_empty() || said.first() == Some(&0);
    whole.split(|b| *b == 0).filter(move |_| some)
}

/// A number that git wrote.
pub(super) fn number(text: &str) -> Result<u64, Unreadable> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return Err(Unreadable);
    }
    text.parse().map_err(|_| Unreadable)
}

/// Text for people; what is not UTF-8 in it is replaced.
pub(super) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_its_end_is_one_unless_it_was_cut() {
        let all = |said: &'static [u8], cut| fields(said, cut).collect::<Vec<_>>();
        assert_eq!(all(b"a\0b\0", false), [b"a", b"b"]);
        assert_eq!(all(b"a\0b", false), [b"a", b"b"]);
        assert_eq!(all(b"a\0b", true), [b"a"]);
        assert!(
            all(b"a", true).is_empty() && all(b"", false).is_empty() && all(b"", true).is_empty()
        );
        assert_eq!(number("12"), Ok(12));
        assert!(
            number("").is_err() && number("+1").is_err() && number("99999999999999999999").is_err()
        );
    }
}
