//! A session that works in a repository which another session has: in a working tree and on a branch of its own.

use serde::{Deserialize, Serialize};

use super::{BranchName, Revision};
use crate::SessionId;
use crate::clock::Timestamp;
use crate::name::SessionName;

/// The most patterns of files to copy.
pub const COPY_PATTERNS: usize = 50;

/// The longest pattern, bytes.
const PATTERN_BYTES: usize = 200;

/// The longest set-up script, bytes.
pub const SETUP_BYTES: usize = 16 * 1024;

/// Which ignored files are copied if nobody says: small ones that a program does not run without. Dependencies are copied where they are named.
pub const USUAL_COPY: [&str; 4] = [".env", ".env.*", ".envrc", "*.local.json"];

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Worktree {
    /// The session whose working tree it begins from: its files are copied, and where it stands the branch is begun.
    pub of: SessionId,
    /// The session in whose directory the repository is; the same, unless that one has a working tree of another's repository itself.
    pub base: SessionId,
    /// Its branch: checked out where it is there, else begun.
    pub branch: BranchName,
    /// Where it is begun, if not where the other session stands.
    pub from: Option<Revision>,
    /// Which ignored files are copied: lines as of a `.gitignore`.
    pub copy: Vec<String>,
    /// What is run in it before anything else, as a shell reads it.
    pub setup: Option<String>,
    /// How that went, the last time.
    #[serde(default)]
    pub set_up: Option<SetUp>,
}

/// How a set-up script went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetUp {
    /// When that was known.
    pub at: Timestamp,
    /// What it ended with; nothing where it took too long to be waited for.
    pub code: Option<i32>,
}

/// What is wrong with a wish for a working tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadWorktree {
    /// Which part of it, below `worktree`.
    pub field: &'static str,
    /// What.
    pub message: String,
}

impl Worktree {
    /// The branch of a session of that name, if nobody says another.
    #[must_use]
    pub fn usual_branch(name: &SessionName) -> Option<BranchName> {
        let plain = |c: char| match c {
            c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
            '.' | '_' => c,
            _ => '-',
        };
        let slug: String = name.as_str().chars().map(plain).collect();
        let parts = slug.split(['-', '.']).filter(|part| !part.is_empty());
        let slug = parts.collect::<Vec<_>>().join("-");
        format!("longhouse/{slug}").parse().ok()
    }

    /// Everything that is wrong with it.
    #[must_use]
    pub fn problems(&self) -> Vec<BadWorktree> {
        let mut problems = Vec::new();
        let mut wrong = |field, message: String| problems.push(BadWorktree { field, message });
        if self.copy.len() > COPY_PATTERNS {
            wrong("copy", format!("has more than {COPY_PATTERNS} patterns"));
        }
        let is_pattern = |line: &String| {
            let text = line.trim();
            let is_comment = text.starts_with('#');
            let fits = !text.is_empty() && line.len() <= PATTERN_BYTES && !is_comment;
            fits && !line.chars().any(char::is_control) && !text.split('/').any(|part| part == "..")
        };
        if let Some(line) = self.copy.iter().find(|line| !is_pattern(line)) {
            wrong(
                "copy",
                format!(
                    "{line:?} is no pattern of files: one line as in a .gitignore, at most {PATTERN_BYTES} bytes"
                ),
            );
        }
        let setup = self.setup.as_deref().unwrap_or_default();
        if setup.len() > SETUP_BYTES || setup.contains('\0') {
            wrong(
                "setup",
                format!("has more than {SETUP_BYTES} bytes, or a NUL character"),
            );
        }
        problems
    }

    /// The set-up script that has still to be run.
    #[must_use]
    pub fn to_be_set_up(&self) -> Option<&str> {
        let script = self.setup.as_deref();
        script.filter(|_| self.set_up.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(name: &str) -> String {
        let name = SessionName::try_from(name.to_owned()).unwrap();
        Worktree::usual_branch(&name).unwrap().to_string()
    }

    #[test]
    fn every_session_has_a_branch_that_git_takes() {
        for (name, usual) in [
            ("fix login", "longhouse/fix-login"),
            ("A.lock", "longhouse/a-lock"),
            ("v1..2", "longhouse/v1-2"),
            ("x_y", "longhouse/x_y"),
        ] {
            assert_eq!(branch(name), usual, "{name}");
        }
    }

    fn worktree(copy: &[&str], setup: &str) -> Worktree {
        Worktree {
            of: SessionId(uuid::Uuid::nil()),
            base: SessionId(uuid::Uuid::nil()),
            branch: "a".parse().unwrap(),
            from: None,
            copy: copy.iter().map(|line| (*line).to_owned()).collect(),
            setup: Some(setup.to_owned()),
            set_up: None,
        }
    }

    #[test]
    fn what_no_gitignore_would_hold_is_refused() {
        assert!(worktree(&USUAL_COPY, "npm ci").problems().is_empty());
        for bad in [
            "",
            "  ",
            "# x",
            "a\nb",
            "../x",
            "a/../../x",
            &"x".repeat(201),
        ] {
            let problems = worktree(&[bad], "").problems();
            assert_eq!(problems.len(), 1, "{bad}");
            assert_eq!(problems[0].field, "copy");
        }
        assert_eq!(worktree(&["a"; 51], "").problems().len(), 1);
        assert_eq!(worktree(&[], "a\0b").problems()[0].field, "setup");
    }

    #[test]
    fn a_script_is_run_until_it_is_known_how_it_went() {
        let mut worktree = worktree(&[], "make");
        assert_eq!(worktree.to_be_set_up(), Some("make"));
        worktree.set_up = Some(SetUp {
            at: crate::clock::from_millis(1),
            code: Some(1),
        });
        assert_eq!(worktree.to_be_set_up(), None);
    }
}
