//! Whether and how changes are committed by themselves: what a person may set, checked and with its limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::batch::Pace;
use super::template::MessageTemplate;

/// The largest file that is committed by itself, bytes. Forges warn at five times as much, and refuse at ten times.
pub const LARGEST_FILE: u64 = 10 * 1024 * 1024;

/// How many checkpoints of a session are kept; the oldest go first.
pub const CHECKPOINTS_KEPT: usize = 100;

/// The longest pause that can be asked for, seconds: a day.
pub const LONGEST_SECONDS: u32 = 86_400;

/// The most files that a batch can be made to wait for.
pub const MOST_FILES: u32 = 1_000;

/// The most patterns of files to leave out.
pub const PATTERNS: usize = 100;

/// The longest pattern, bytes.
pub const PATTERN_BYTES: usize = 500;

/// What is made of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoCommitMode {
    /// Nothing.
    #[default]
    Off,
    /// Commits on the branch.
    Commit,
    /// Checkpoints beside it, on refs of their own.
    Checkpoint,
}

impl AutoCommitMode {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Commit => "commit",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// The settings of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AutoCommit {
    /// What is made of changes.
    pub mode: AutoCommitMode,
    /// Whether commits are pushed, to the repository that the session began with.
    pub push: bool,
    /// Branches that are not pushed to, by name or beginning (`release/*`): commits on them go to a branch of the session's own.
    pub protected_branches: Vec<String>,
    /// Seconds without a change after which a batch closes.
    pub debounce_seconds: u32,
    /// Seconds after which it closes all the same.
    pub interval_seconds: u32,
    /// Changed files with which it closes, once they have settled.
    pub max_files: u32,
    /// Files to leave out besides those that the repository ignores, as lines of a `.gitignore`.
    pub ignore: Vec<String>,
    /// The shape of the messages.
    pub message_template: MessageTemplate,
}

impl Default for AutoCommit {
    fn default() -> Self {
        Self {
            mode: AutoCommitMode::Off,
            push: false,
            protected_branches: Vec::new(),
            debounce_seconds: 30,
            interval_seconds: 300,
            max_files: 10,
            ignore: Vec::new(),
            message_template: MessageTemplate::default(),
        }
    }
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct BadAutoCommit {
    /// The setting, as it is called outside.
    pub field: &'static str,
    /// What is wrong with it; goes on after its name.
    pub problem: String,
}

impl AutoCommit {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn problems(&self) -> Vec<BadAutoCommit> {
        let mut problems = Vec::new();
        let mut wrong = |field, problem: String| problems.push(BadAutoCommit { field, problem });
        for (field, value, most) in [
            ("debounceSeconds", self.debounce_seconds, LONGEST_SECONDS),
            ("intervalSeconds", self.interval_seconds, LONGEST_SECONDS),
            ("maxFiles", self.max_files, MOST_FILES),
        ] {
            if !(1..=most).contains(&value) {
                wrong(field, format!("must be a number from 1 to {most}"));
            }
        }
        let lists = [
            ("ignore", &self.ignore),
            ("protectedBranches", &self.protected_branches),
        ];
        let unfit = |pattern: &&String| {
            pattern.is_empty()
                || pattern.len() > PATTERN_BYTES
                || pattern.chars().any(char::is_control)
        };
        for (field, patterns) in lists {
            if patterns.len() > PATTERNS {
                wrong(field, format!("has more than {PATTERNS} patterns"));
            }
            if patterns.iter().any(|pattern| unfit(&pattern)) {
                let problem = format!(
                    "has a pattern that is empty, has more than {PATTERN_BYTES} bytes or holds control characters"
                );
                wrong(field, problem);
            }
        }
        if self.push && self.mode == AutoCommitMode::Checkpoint {
            wrong(
                "push",
                "is for commits: checkpoints stay in the session".to_owned(),
            );
        }
        problems
    }

    /// When a batch closes.
    #[must_use]
    pub fn pace(&self) -> Pace {
        Pace {
            debounce: Duration::from_secs(self.debounce_seconds.into()),
            interval: Duration::from_secs(self.interval_seconds.into()),
            files: usize::try_from(self.max_files).unwrap_or(usize::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_bounds_are_named() {
        assert_eq!(AutoCommit::default().problems(), []);
        let bad = AutoCommit {
            mode: AutoCommitMode::Checkpoint,
            push: true,
            debounce_seconds: 0,
            interval_seconds: LONGEST_SECONDS + 1,
            max_files: 0,
            ignore: vec!["a\nb".to_owned()],
            protected_branches: vec![String::new()],
            ..AutoCommit::default()
        };
        let fields: Vec<_> = bad.problems().iter().map(|problem| problem.field).collect();
        assert_eq!(
            fields,
            [
                "debounceSeconds",
                "intervalSeconds",
                "maxFiles",
                "ignore",
                "protectedBranches",
                "push"
            ]
        );
    }

    #[test]
    fn what_was_stored_without_a_setting_has_the_usual_one() {
        let read: AutoCommit = serde_json::from_str(r#"{"mode":"commit"}"#).unwrap();
        let usual = AutoCommit {
            mode: AutoCommitMode::Commit,
            ..AutoCommit::default()
        };
        assert_eq!(read, usual);
        let there_and_back = serde_json::to_string(&usual).unwrap();
        assert_eq!(
            serde_json::from_str::<AutoCommit>(&there_and_back).unwrap(),
            usual
        );
    }
}
