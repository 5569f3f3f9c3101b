//! A commit as people name it, and as git does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest, bytes: a long branch with a few steps after it.
const REVISION_BYTES: usize = 300;

/// What git reads as one commit: a hash, a branch, a tag, with `~2`, `^` or `@{1}` after it. Never an option, never a range, never a file
/// of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Revision(String);

/// No commit can be called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "names no commit: a branch, a tag or a hash, with ~2 or ^ after it; no spaces, no \"..\", no \":\", and no \"-\" at the beginning"
)]
pub struct BadRevision;

impl Revision {
    /// As git takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Revision {
    type Err = BadRevision;

    fn from_str(text: &str) -> Result<Self, BadRevision> {
        let barred = |c: char| c.is_control() || c.is_whitespace() || ":?*[\\".contains(c);
        let fits = (1..=REVISION_BYTES).contains(&text.len())
            && !text.starts_with(['-', '^'])
            && !text.contains("..")
            && !text.chars().any(barred);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadRevision)
        }
    }
}

impl TryFrom<String> for Revision {
    type Error = BadRevision;

    fn try_from(text: String) -> Result<Self, BadRevision> {
        text.parse()
    }
}

impl From<Revision> for String {
    fn from(revision: Revision) -> Self {
        revision.0
    }
}

/// The hash by which git calls a commit: 40 hexadecimal digits, or 64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitHash(String);

/// That is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no hash of a commit")]
pub struct BadHash;

impl CommitHash {
    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CommitHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if matches!(text.len(), 40 | 64) && text.bytes().all(digits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadHash)
        }
    }
}

impl TryFrom<String> for CommitHash {
    type Error = BadHash;

    fn try_from(text: String) -> Result<Self, BadHash> {
        text.parse()
    }
}

impl From<CommitHash> for String {
    fn from(hash: CommitHash) -> Self {
        hash.0
    }
}

/// A hash is one way to name a commit.
impl From<CommitHash> for Revision {
    fn from(hash: CommitHash) -> Self {
        Self(hash.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_told_from_options_ranges_and_files() {
        for good in [
            "HEAD",
            "main~2",
            "v1.0^",
            "@{1}",
            "origin/größe",
            "a@{u}",
            "$(id)",
        ] {
            assert_eq!(good.parse::<Revision>().unwrap().as_str(), good);
        }
        let long = "a".repeat(REVISION_BYTES + 1);
        for bad in [
            "",
            "-h",
            "--output=x",
            "^main",
            "a..b",
            "a b",
            "a\nb",
            "HEAD:x",
            ":/x",
            &long,
        ] {
            assert_eq!(bad.parse::<Revision>(), Err(BadRevision), "{bad:?}");
        }
    }

    #[test]
    fn a_hash_has_all_its_digits() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(hash.parse::<CommitHash>().unwrap().as_str(), hash);
        for bad in ["", "abc", &hash.to_uppercase(), &format!("{hash}0")] {
            assert_eq!(bad.parse::<CommitHash>(), Err(BadHash), "{bad:?}");
        }
    }
}
