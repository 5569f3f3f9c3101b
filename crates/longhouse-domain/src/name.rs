//! Names that people give. A name that parsed is safe as a file name, a tmux target, a label and a URL segment.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a name was refused; the text says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or longer than 64 characters.
    #[error("must have 1 to 64 characters")]
    Length,
    /// A character outside the allowed set.
    #[error("may hold letters, digits, '.', '_', '-' and spaces inside")]
    SessionCharacter,
    /// A character outside the allowed set.
    #[error("may hold letters, digits, '_' and '-'")]
    TerminalCharacter,
    /// It reads as an identifier, and would hide the session that has it.
    #[error("must not be a UUID")]
    LooksLikeId,
}

/// A session's name: 1 to 64 of `a-z A-Z 0-9 . _ -` and space, not at the ends, and not a UUID (both address a session).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionName(String);

/// A terminal's name within its session: 1 to 64 of `a-z A-Z 0-9 _ -`. It becomes a tmux session name, in which other
/// characters can start a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TerminalName(String);

impl TerminalName {
    /// The terminal in which the agent runs.
    #[must_use]
    pub fn agent() -> Self {
        Self("agent".to_owned())
    }

    /// The plain shell beside the agent.
    #[must_use]
    pub fn manual() -> Self {
        Self("manual".to_owned())
    }
}

impl TryFrom<String> for SessionName {
    type Error = NameError;
    fn try_from(name: String) -> Result<Self, NameError> {
        check_length(&name)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
        let dots_only = name.chars().all(|c| c == '.');
        if !name.chars().all(allowed) || name.trim() != name || dots_only {
            return Err(NameError::SessionCharacter);
        }
        if uuid::Uuid::try_parse(&name).is_ok() {
            return Err(NameError::LooksLikeId);
        }
        Ok(Self(name))
    }
}

impl TryFrom<String> for TerminalName {
    type Error = NameError;
    fn try_from(name: String) -> Result<Self, NameError> {
        check_length(&name)?;
        if !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        {
            return Err(NameError::TerminalCharacter);
        }
        // tmux and many others read a leading hyphen as an option.
        if name.starts_with('-') {
            return Err(NameError::TerminalCharacter);
        }
        Ok(Self(name))
    }
}

fn check_length(name: &str) -> Result<(), NameError> {
    if name.is_empty() || name.len() > 64 {
        Err(NameError::Length)
    } else {
        Ok(())
    }
}

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(s: &str) -> Result<Self, NameError> {
                Self::try_from(s.to_owned())
            }
        }
    };
}

text!(SessionName);
text!(TerminalName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_run_a_command_or_leave_a_directory_are_refused() {
        for bad in [
            "", "#(id)", "a;b", "a;", "a\nb", "../x", "a/b", "..", ".", " a", "a ", "é", "\0",
            "$(id)",
        ] {
            assert!(SessionName::try_from(bad.to_owned()).is_err(), "{bad:?}");
            assert!(TerminalName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(SessionName::try_from("x".repeat(65)).is_err());
        assert!(TerminalName::try_from("a.b".to_owned()).is_err());
        assert!(TerminalName::try_from("-t".to_owned()).is_err());
    }

    #[test]
    fn ordinary_names_are_kept_as_they_are() {
        for good in ["fix login", "v1.2_rc-3", "a", &"x".repeat(64)] {
            assert_eq!(
                SessionName::try_from(good.to_owned()).unwrap().as_str(),
                good
            );
        }
        assert_eq!(
            TerminalName::agent().as_str().parse(),
            Ok(TerminalName::agent())
        );
    }

    #[test]
    fn a_name_that_reads_as_an_identifier_is_refused() {
        let id = "0192f3a4-7f3e-7cc0-98c4-dc0c0c07398f";
        assert_eq!(id.parse::<SessionName>(), Err(NameError::LooksLikeId));
    }
}
