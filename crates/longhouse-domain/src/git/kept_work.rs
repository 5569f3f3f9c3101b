//! What sessions left in a repository that they shared with others: their work at the end, each on a ref that no branch leads to.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text::Unreadable;
use super::{BranchName, CommitHash};
use crate::SessionId;

/// Below it stand `<session>/<branch>`.
pub const KEPT_REFS: &str = "refs/longhouse/kept/";

/// The most that are told.
pub const KEPT_WORK: usize = 200;

/// The longest subject that is told, characters.
const SUBJECT_CHARS: usize = 200;

/// What a session left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptWork {
    /// Which session; it is deleted.
    pub session: SessionId,
    /// The branch it stood on; `detached` where it stood on none.
    pub branch: BranchName,
    /// The commit that holds it.
    pub commit: CommitHash,
    /// When that was made, seconds since 1970.
    pub at: u64,
    /// What it changes, in a line.
    pub subject: String,
}

impl KeptWork {
    /// The ref that keeps it.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{KEPT_REFS}{}/{}", self.session, self.branch)
    }

    /// The question to git whose answer is read here.
    #[must_use]
    pub fn question() -> Vec<String> {
        [
            "for-each-ref",
            "--sort=-committerdate",
            "--format=%(objectname) %(committerdate:unix) %(refname) %(contents:subject)",
            &format!("--count={KEPT_WORK}"),
            KEPT_REFS,
        ]
        .map(str::to_owned)
        .into()
    }

    /// What git answered, the newest first. A ref that is none of ours is passed over.
    ///
    /// # Errors
    /// It is no answer to that question.
    pub fn read(said: &[u8]) -> Result<Vec<Self>, Unreadable> {
        let said = String::from_utf8_lossy(said);
        let mut found = Vec::new();
        for line in said.lines().take(KEPT_WORK) {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().ok_or(Unreadable);
            let (commit, at, name) = (word()?, word()?, word()?);
            let commit = commit.parse().map_err(|_| Unreadable)?;
            let subject = words.next().unwrap_or_default().chars();
            let subject = subject.filter(|c| !c.is_control()).take(SUBJECT_CHARS);
            let place = name.strip_prefix(KEPT_REFS).ok_or(Unreadable)?;
            let Some((session, branch)) = place.split_once('/') else {
                continue;
            };
            let (Ok(session), Ok(branch)) = (session.parse::<Uuid>(), branch.parse()) else {
                continue;
            };
            found.push(Self {
                session: SessionId(session),
                branch,
                commit,
                at: at.parse().unwrap_or_default(),
                subject: subject.collect(),
            });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const SESSION: &str = "00000000-0000-0000-0000-000000000007";

    #[test]
    fn what_was_left_is_read_with_the_branch_it_stood_on() {
        let said = format!(
            "{ONE} 1700000000 {KEPT_REFS}{SESSION}/longhouse/a feat: x\u{1b} y\n{ONE} 0 {KEPT_REFS}other\n{ONE} 0 {KEPT_REFS}x/y z\n"
        );
        let found = KeptWork::read(said.as_bytes()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (
                found[0].branch.as_str(),
                found[0].subject.as_str(),
                found[0].at
            ),
            ("longhouse/a", "feat: x y", 1_700_000_000)
        );
        assert_eq!(
            found[0].reference(),
            format!("{KEPT_REFS}{SESSION}/longhouse/a")
        );
        assert!(KeptWork::read(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_answer_is_not_believed() {
        for said in [
            "x",
            "x 0 refs/heads/a b",
            &format!("{ONE} 0 refs/heads/a b"),
        ] {
            assert!(KeptWork::read(said.as_bytes()).is_err(), "{said}");
        }
    }
}
