//! Repositories that people keep in a list: each is a git working copy that a session holds, and has a port that its program is expected to
//! listen on. What happens in the working copy is git's and the session's business; here is where it lies and what was last heard of it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::git::{GitPath, RepositoryUrl, TreeStatus, Unreadable};
use crate::id::SessionId;
use crate::name::SessionName;
use crate::publish::{FIRST_UNPRIVILEGED, PortRange};

/// The most working copies of one session that stand in the list.
pub const COPIES_PER_SESSION: u32 = 64;

/// The longest path, bytes.
const PATH_BYTES: usize = 1024;

/// The longest name of a branch that is kept, bytes: longer ones no file system holds.
const BRANCH_BYTES: usize = 4096;

/// Where a working copy lies in its session: a path below the workspace, or the workspace itself, which is written as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CopyPath(String);

/// No working copy lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a path below the session's workspace, such as \"services/api\": it neither begins with a slash nor holds \"..\", \".git\" or control characters"
)]
pub struct BadCopyPath;

impl CopyPath {
    /// As it is written; empty for the workspace.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A place below this one.
    ///
    /// # Errors
    /// Where the whole is too long.
    pub fn join(&self, below: &Self) -> Result<Self, BadCopyPath> {
        match (self.is_workspace(), below.is_workspace()) {
            (true, _) => Ok(below.clone()),
            (_, true) => Ok(self.clone()),
            (false, false) => format!("{self}/{below}").parse(),
        }
    }

    /// Whether it is the workspace itself.
    #[must_use]
    pub fn is_workspace(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for CopyPath {
    type Err = BadCopyPath;

    fn from_str(text: &str) -> Result<Self, BadCopyPath> {
        // As shells complete it.
        let text = text.strip_prefix("./").unwrap_or(text);
        let text = match text.strip_suffix('/') {
            // The whole machine is no place in a session.
            Some("") => return Err(BadCopyPath),
            Some(directory) => directory,
            None => text,
        };
        if text.is_empty() || text == "." {
            return Ok(Self::default());
        }
        let path = GitPath::try_from(text.as_bytes().to_vec()).map_err(|_| BadCopyPath)?;
        let is_plain = path.as_bytes().len() <= PATH_BYTES
            && !text.chars().any(char::is_control)
            && text.split('/').all(|part| part != ".");
        if is_plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadCopyPath)
        }
    }
}

impl TryFrom<String> for CopyPath {
    type Error = BadCopyPath;

    fn try_from(text: String) -> Result<Self, BadCopyPath> {
        text.parse()
    }
}

impl From<CopyPath> for String {
    fn from(path: CopyPath) -> Self {
        path.0
    }
}

impl fmt::Display for CopyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was heard of a working copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyState {
    /// The branch it stands on; none where it stands on a commit alone.
    pub branch: Option<String>,
    /// The branch that it follows.
    pub upstream: Option<String>,
    /// Whether something is not as the last commit has it, new files included.
    pub dirty: bool,
    /// How many commits it has before the branch that it follows; unknown where it follows none, or that one is not there.
    pub ahead: Option<u64>,
    /// How many that one has before it.
    pub behind: Option<u64>,
}

impl CopyState {
    /// What a status says.
    ///
    /// # Errors
    /// Where it names what cannot be a branch.
    pub fn read(status: TreeStatus) -> Result<Self, Unreadable> {
        let names = [&status.branch, &status.upstream];
        if names
            .into_iter()
            .flatten()
            .any(|name| name.len() > BRANCH_BYTES)
        {
            return Err(Unreadable);
        }
        Ok(Self {
            dirty: status.truncated || !status.entries.is_empty(),
            ahead: status.ahead_behind.map(|(ahead, _)| ahead),
            behind: status.ahead_behind.map(|(_, behind)| behind),
            branch: status.branch,
            upstream: status.upstream,
        })
    }
}

/// A working copy in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingCopy {
    /// Identifier.
    pub id: Uuid,
    /// The session that holds it.
    pub session: SessionId,
    /// What people call it; it need not be unique.
    pub name: SessionName,
    /// Where it lies in the session.
    pub path: CopyPath,
    /// Where it came from, if that is known.
    pub git_url: Option<RepositoryUrl>,
    /// The port that its program is expected to listen on in the session; nobody else's in the list.
    pub port: u16,
    /// What was last heard of it, and when.
    pub heard: Option<(CopyState, Timestamp)>,
    /// When it came into the list.
    pub created_at: Timestamp,
    /// When its entry last changed.
    pub updated_at: Timestamp,
}

/// Which port a working copy is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortChoice {
    /// The lowest of these that nobody has.
    Lowest(PortRange),
    /// This one.
    This(u16),
}

impl PortChoice {
    /// What can be tried, in order, where these are taken.
    pub fn candidates(self, taken: &BTreeSet<u16>) -> impl Iterator<Item = u16> {
        let (from, this) = match self {
            Self::Lowest(range) => (Some(range), None),
            Self::This(port) => (None, Some(port)),
        };
        let all = from.into_iter().flat_map(PortRange::ascending).chain(this);
        all.filter(|port| !taken.contains(port))
    }
}

/// Whether a program without privileges can listen there.
#[must_use]
pub fn can_be_listened_on(port: u16) -> bool {
    port >= FIRST_UNPRIVILEGED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::{StatusEntry, StatusKind};

    #[test]
    fn paths_stay_in_the_workspace_and_out_of_gits_own_directory() {
        for workspace in ["", ".", "./"] {
            assert!(workspace.parse::<CopyPath>().unwrap().is_workspace());
        }
        for (text, path) in [
            ("services/api", "services/api"),
            ("./a/", "a"),
            ("ä b", "ä b"),
        ] {
            assert_eq!(text.parse::<CopyPath>().unwrap().as_str(), path);
        }
        let long = "a".repeat(PATH_BYTES + 1);
        for bad in [
            "/",
            "/etc",
            "..",
            "a/..",
            "../a",
            "a//b",
            "a/./b",
            ".git",
            "a/.GIT/modules/b",
            "a\0",
            "a\nb",
            &long,
        ] {
            assert_eq!(bad.parse::<CopyPath>(), Err(BadCopyPath), "{bad:?}");
        }
    }

    #[test]
    fn the_lowest_port_is_chosen_that_nobody_has_or_the_one_that_is_named() {
        let range = "8100-8103".parse().unwrap();
        let taken = [8100, 8102].into();
        let tried: Vec<_> = PortChoice::Lowest(range).candidates(&taken).collect();
        assert_eq!(tried, [8101, 8103]);
        assert_eq!(PortChoice::This(8102).candidates(&taken).next(), None);
        assert_eq!(PortChoice::This(80).candidates(&taken).next(), Some(80));
    }

    #[test]
    fn new_files_make_a_working_copy_dirty_and_no_branch_is_believed_that_cannot_be_one() {
        let mut status = TreeStatus {
            branch: Some("main".to_owned()),
            ahead_behind: Some((2, 1)),
            ..TreeStatus::default()
        };
        let state = CopyState::read(status.clone()).unwrap();
        assert_eq!(
            (state.dirty, state.ahead, state.behind),
            (false, Some(2), Some(1))
        );
        status.entries.push(StatusEntry {
            path: b"new".to_vec(),
            from: None,
            kind: StatusKind::Untracked,
            submodule: false,
        });
        assert!(CopyState::read(status.clone()).unwrap().dirty);
        status.branch = Some("a".repeat(BRANCH_BYTES + 1));
        assert!(CopyState::read(status).is_err());
    }
}
