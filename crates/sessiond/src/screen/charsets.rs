//! The character sets of seven bits that a program may choose, as the browser's emulator knows them.

/// A set, by the letter that designates it; `B` is ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charset(u8);

impl Charset {
    pub(crate) const ASCII: Self = Self(b'B');

    /// The set that `letter` designates; `None` where nobody knows it.
    pub(super) fn designated_by(letter: u8) -> Option<Self> {
        let equal = match letter {
            b'5' => b'C',
            b'6' => b'E',
            b'7' => b'H',
            other => other,
        };
        b"0AB4CRQKYEZH=".contains(&equal).then_some(Self(equal))
    }

    pub(crate) fn letter(self) -> char {
        char::from(self.0)
    }

    /// What `c` stands for in it.
    pub(super) fn map(self, c: char) -> char {
        if self == Self::ASCII || !c.is_ascii() {
            return c;
        }
        let (from, to) = self.replaced();
        let place = from.chars().position(|other| other == c);
        place.and_then(|at| to.chars().nth(at)).unwrap_or(c)
    }

    fn replaced(self) -> (&'static str, &'static str) {
        match self.0 {
            b'0' => (
                "`abcdefghijklmnopqrstuvwxyz{|}~",
                "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
            ),
            b'A' => ("#", "£"),
            b'4' => ("#@[\\]{|}~", "£¾i½|¨f¼´"),
            b'C' => ("[\\]^`{|}~", "ÄÖÅÜéäöåü"),
            b'R' => ("#@[\\]{|}~", "£à°ç§éùè¨"),
            b'Q' => ("@[\\]^`{|}~", "àâçêîôéùèû"),
            b'K' => ("@[\\]{|}~", "§ÄÖÜäöüß"),
            b'Y' => ("#@[\\]`{|}~", "£§°çéùàòèì"),
            b'E' => ("@[\\]^`{|}~", "ÄÆØÅÜäæøåü"),
            b'Z' => ("#@[\\]{|}", "£§¡Ñ¿°ñç"),
            b'H' => ("@[\\]^`{|}~", "ÉÄÖÅÜéäöåü"),
            b'=' => ("#@[\\]^_`{|}~", "ùàéçêîèôäöüû"),
            _ => ("", ""),
        }
    }
}

/// The four designated sets, and which one text is read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Charsets {
    pub(crate) designated: [Charset; 4],
    pub(crate) level: usize,
    /// The set in use: the designated one of the level, or what came back with a saved cursor.
    pub(crate) current: Charset,
}

impl Default for Charsets {
    fn default() -> Self {
        Self {
            designated: [Charset::ASCII; 4],
            level: 0,
            current: Charset::ASCII,
        }
    }
}

impl Charsets {
    pub(super) fn designate(&mut self, slot: usize, charset: Charset) {
        self.designated[slot] = charset;
        if self.level == slot {
            self.current = charset;
        }
    }

    pub(super) fn shift(&mut self, level: usize) {
        self.level = level;
        self.current = self.designated[level];
    }
}
