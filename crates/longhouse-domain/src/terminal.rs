//! Terminals: what one is, and how large one may be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::TerminalName;

/// A terminal's size in character cells. Always within [`TerminalSize::LIMITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl TerminalSize {
    /// The smallest and largest number of columns or rows.
    pub const LIMITS: std::ops::RangeInclusive<u16> = 1..=1000;

    /// What a terminal has before anybody looked at it.
    pub const DEFAULT: Self = Self { cols: 80, rows: 24 };

    /// The nearest allowed size. Zero happens when a browser measures a hidden element, 65535 when somebody tries.
    #[must_use]
    pub fn clamped(cols: u64, rows: u64) -> Self {
        let (low, high) = (*Self::LIMITS.start(), *Self::LIMITS.end());
        let clamp = |n: u64| u16::try_from(n).unwrap_or(u16::MAX).clamp(low, high);
        Self {
            cols: clamp(cols),
            rows: clamp(rows),
        }
    }
}

impl Default for TerminalSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a terminal runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum TerminalCommand {
    /// The session's agent.
    Agent,
    /// The user's login shell.
    Shell,
    /// A program with its arguments, found in `PATH`; never handed to a shell.
    Program {
        /// The program, then its arguments; at least one.
        argv: Vec<String>,
    },
}

/// A terminal that a session ought to have: remembered, so that it is there again after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSpec {
    /// Unique within the session.
    pub name: TerminalName,
    /// What people read on the tab.
    pub title: String,
    /// What it runs.
    pub command: TerminalCommand,
    /// The size it starts with.
    pub size: TerminalSize,
}

/// A terminal as it is right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminalState {
    /// Unique within the session.
    pub name: TerminalName,
    /// What people read on the tab.
    pub title: String,
    /// The present size.
    pub size: TerminalSize,
    /// Whether its program runs.
    pub running: bool,
    /// The program's exit code, once it has ended; 128 + n where signal n ended it.
    pub exit_code: Option<i32>,
    /// The program's process id in the session, while it runs.
    pub pid: Option<u32>,
}

/// Environment variables by name.
pub type Environment = BTreeMap<String, String>;

/// Whether a name can be an environment variable's: `[A-Za-z_][A-Za-z0-9_]*`, at most 128 characters.
#[must_use]
pub fn is_environment_name(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= 128
        && chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_brought_into_the_allowed_range() {
        let size = |cols, rows| TerminalSize { cols, rows };
        assert_eq!(TerminalSize::clamped(0, 0), size(1, 1));
        assert_eq!(TerminalSize::clamped(65_535, u64::MAX), size(1000, 1000));
        assert_eq!(TerminalSize::clamped(120, 40), size(120, 40));
    }

    #[test]
    fn environment_names_are_checked() {
        assert!(is_environment_name("_A1"));
        for bad in ["", "1A", "A-B", "A=B", "A\0", "Ä"] {
            assert!(!is_environment_name(bad), "{bad:?}");
        }
    }
}
