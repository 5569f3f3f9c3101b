//! Version numbers as programs print them.

use std::fmt;

/// A version of three numbers, ordered from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl Version {
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Finds the first version in what a program printed, such as `v20.20.2` or `cargo-deny 0.20.2`; a missing patch number is 0.
    pub(crate) fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || c == ',')
            .find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        // A pre-release or a build counts as the release it belongs to.
        let word = word.split(['-', '+']).next().unwrap_or(word);
        let mut numbers = word.split('.').map(|number| number.parse().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = match numbers.next() {
            Some(number) => number?,
            None => 0,
        };
        numbers.next().is_none().then_some(Self {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        for (text, expected) in [
            ("v20.20.2\n", Some(Version::new(20, 20, 2))),
            ("11.6.0", Some(Version::new(11, 6, 0))),
            ("cargo-deny 0.20.2", Some(Version::new(0, 20, 2))),
            (
                "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)",
                Some(Version::new(15, 14, 0)),
            ),
            ("v22.0.0-rc.1", Some(Version::new(22, 0, 0))),
            ("tmux 3.3a", None),
            ("1.2.3.4", None),
            ("", None),
        ] {
            assert_eq!(Version::find(text), expected, "{text:?}");
        }
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Version::new(20, 9, 0) < Version::new(20, 19, 0));
        assert!(Version::new(22, 0, 0) > Version::new(20, 19, 5));
    }
}
