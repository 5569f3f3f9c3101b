//! Which characters join into one cell, and how many columns that takes: what the browser's emulator says, by its own table
//! (`clusters.bin`, written by `tests/xterm/clusters.mjs` from the package that the page uses).

/// Entries of four bytes, in order: the first character of a range times 256, and what all of it have in common (see [`Kind`]).
static TABLE: &[u8] = include_bytes!("clusters.bin");

/// The widest of the table's classes of width.
const WIDE: u8 = 3;

/// What a character does to its neighbours: the properties of Unicode's grapheme clusters, by the table's numbers.
type Kind = u8;

const PREPEND: Kind = 1;
const EXTEND: Kind = 2;
const REGIONAL: Kind = 3;
const SPACING: Kind = 4;
const HANGUL_L: Kind = 5;
const HANGUL_V: Kind = 6;
const HANGUL_T: Kind = 7;
const HANGUL_LV: Kind = 8;
const HANGUL_LVT: Kind = 9;
const JOINER: Kind = 10;
const PICTURE: Kind = 11;

/// What was printed last, as far as it says whether the next character joins it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cluster {
    kind: Kind,
    /// Columns of all that has joined; 0 where nothing was printed.
    width: u8,
    joins: bool,
}

impl Cluster {
    /// What it is behind ASCII that joined nothing.
    pub(super) const ASCII: Self = Self {
        kind: 0,
        width: 1,
        joins: false,
    };

    pub(super) fn is_none(self) -> bool {
        self.width == 0
    }

    pub(super) fn width(self) -> usize {
        self.width.into()
    }

    /// Whether the character that made it joined the ones before.
    pub(super) fn joins(self) -> bool {
        self.joins
    }

    /// What it is after `c`.
    pub(super) fn followed_by(self, c: char) -> Self {
        if self.kind == 0 && matches!(c, ' '..='~') {
            return Self::ASCII;
        }
        let (kind, class) = properties(c);
        let width = if class == WIDE || c == '\u{fe0f}' {
            2
        } else {
            1
        };
        if self.is_none() || !joined(self.kind, kind) {
            return Self {
                kind,
                width,
                joins: false,
            };
        }
        // Two regional indicators are a flag, which a third does not join.
        let flag = kind == REGIONAL;
        Self {
            kind: if flag { 0 } else { kind },
            width: if flag { 2 } else { width.max(self.width) },
            joins: true,
        }
    }
}

/// A character's kind and its class of width.
fn properties(c: char) -> (Kind, u8) {
    let (entries, _) = TABLE.as_chunks::<4>();
    let behind = entries.partition_point(|entry| u32::from_le_bytes(*entry) >> 8 <= u32::from(c));
    let entry = behind.checked_sub(1).and_then(|at| entries.get(at));
    let value = entry.map_or(0, |entry| entry[0]);
    (value & 0xf, value >> 4)
}

/// Whether a character of the kind `after` joins what ends in `before` (rules 6 to 13 of Unicode's annex 29, as the browser's emulator
/// reads them).
fn joined(before: Kind, after: Kind) -> bool {
    let hangul = match before {
        HANGUL_L => matches!(after, HANGUL_L | HANGUL_V | HANGUL_LV | HANGUL_LVT),
        HANGUL_LV | HANGUL_V => matches!(after, HANGUL_V | HANGUL_T),
        HANGUL_LVT | HANGUL_T => after == HANGUL_T,
        _ => false,
    };
    hangul
        || matches!(after, EXTEND | JOINER | SPACING)
        || before == PREPEND
        || before == JOINER && after == PICTURE
        || before == REGIONAL && after == REGIONAL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(text: &str) -> Vec<(usize, bool)> {
        let mut last = Cluster::default();
        text.chars()
            .map(|c| {
                last = last.followed_by(c);
                (last.width(), last.joins())
            })
            .collect()
    }

    #[test]
    fn what_people_see_as_one_character_is_one() {
        assert_eq!(widths("ae\u{301}"), [(1, false), (1, false), (1, true)]);
        assert_eq!(widths("中"), [(2, false)]);
        assert_eq!(widths("👩\u{200d}🚀"), [(2, false), (2, true), (2, true)]);
        assert_eq!(widths("❤\u{fe0f}"), [(1, false), (2, true)]);
        assert_eq!(widths("🇩🇪🇫"), [(1, false), (2, true), (1, false)]);
    }
}
