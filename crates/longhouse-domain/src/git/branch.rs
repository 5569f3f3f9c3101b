//! The name of a branch or a tag.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name, bytes: a file system has 255 for each part of it, and `.lock` may follow.
const NAME_BYTES: usize = 250;

/// The name of a branch or a tag by the rules of `git check-ref-format --branch`, without what is short for another (`-`, `@{-1}`), and
/// without `refs/` before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchName(String);

/// No branch can be called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no name of a branch: letters, digits and signs other than ~ ^ : ? * [ \\ and spaces, in parts with a slash between them; no part \
     begins with a dot or ends with .lock, and the whole neither begins with \"-\" or \"refs/\" nor holds \"..\" or \"@{{\""
)]
pub struct BadBranchName;

impl BranchName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BranchName {
    type Err = BadBranchName;

    fn from_str(name: &str) -> Result<Self, BadBranchName> {
        let barred = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
        let is_part =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
        let fits = name.len() <= NAME_BYTES
            && !name.chars().any(barred)
            && name.split('/').all(is_part)
            && !name.starts_with('-')
            && !name.starts_with("refs/")
            && !name.ends_with('.')
            && !name.contains("..")
            && !name.contains("@{")
            && !matches!(name, "@" | "HEAD");
        if fits {
            Ok(Self(name.to_owned()))
        } else {
            Err(BadBranchName)
        }
    }
}

impl TryFrom<String> for BranchName {
    type Error = BadBranchName;

    fn try_from(name: String) -> Result<Self, BadBranchName> {
        name.parse()
    }
}

impl From<BranchName> for String {
    fn from(name: BranchName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_branches_are_told_from_options_and_revisions() {
        for good in [
            "main",
            "feature/x-1",
            "v1.0",
            "a@b",
            "größe",
            "a/-b",
            "$(id)",
            "a;b",
        ] {
            assert_eq!(good.parse::<BranchName>().unwrap().as_str(), good);
        }
        let long = "a".repeat(NAME_BYTES + 1);
        for bad in [
            "",
            "-h",
            "--output=/etc/x",
            "@",
            "@{-1}",
            "a@{u}",
            "HEAD",
            "a..b",
            "a\nb",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "refs/heads/--exec",
            "a\u{7f}",
            &long,
        ] {
            assert_eq!(bad.parse::<BranchName>(), Err(BadBranchName), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_passes_is_one_word_that_is_no_option(name in "\\PC{0,20}|[-a-z./@{}~^: \\\\\\n]{0,20}") {
            if let Ok(name) = name.parse::<BranchName>() {
                let name = name.as_str();
                proptest::prop_assert!(!name.starts_with('-') && !name.contains("..") && !name.contains(' '));
                proptest::prop_assert!(!name.chars().any(char::is_control));
            }
        }
    }
}
