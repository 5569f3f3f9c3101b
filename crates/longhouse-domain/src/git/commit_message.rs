//! A commit's message in a person's own words.

use serde::{Deserialize, Serialize};

/// The longest message, bytes.
pub const COMMIT_MESSAGE_BYTES: usize = 64 * 1024;

/// A commit's message in a person's own words. It wins over every other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitMessage(String);

/// No commit can have that message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must say something, in at most 64 KiB, without NUL")]
pub struct BadCommitMessage;

impl CommitMessage {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CommitMessage {
    type Error = BadCommitMessage;

    fn try_from(text: String) -> Result<Self, BadCommitMessage> {
        let says = |c: char| !c.is_whitespace();
        if text.len() <= COMMIT_MESSAGE_BYTES && !text.contains('\0') && text.chars().any(says) {
            Ok(Self(text))
        } else {
            Err(BadCommitMessage)
        }
    }
}

impl From<CommitMessage> for String {
    fn from(message: CommitMessage) -> Self {
        message.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_something_and_is_otherwise_left_alone() {
        let odd = "`id` $(id)\n\n\"; # -x\n";
        assert_eq!(
            CommitMessage::try_from(odd.to_owned()).unwrap().as_str(),
            odd
        );
        for bad in ["", " \n", "a\0b", &"a".repeat(COMMIT_MESSAGE_BYTES + 1)] {
            assert!(CommitMessage::try_from(bad.to_owned()).is_err());
        }
    }
}
