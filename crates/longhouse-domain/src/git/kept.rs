//! What sessiond tells of the work that it keeps: how it stands, and what it did. The server takes it with its bounds: it comes from inside
//! of a session.

use serde::{Deserialize, Serialize};

use crate::working_copy::CopyPath;

/// The most refused files that are told.
pub const REFUSED_FILES: usize = 50;

/// The most files that are told as not going together.
pub const CONFLICTING_FILES: usize = 50;

/// The longest text that is told, characters.
const TEXT_CHARS: usize = 500;

/// What is being done about changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AutoCommitActivity {
    /// Nothing: it is switched off.
    #[default]
    Off,
    /// There is no repository to work with.
    NoRepository,
    /// The watching begins: the directories are gone through.
    Starting,
    /// Every change is seen.
    Watching,
    /// Changes are looked for from time to time, because they cannot be watched.
    Looking,
    /// Something is in the way; it goes on by itself once that is over.
    Blocked,
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AutoCommitState {
    /// What is being done.
    pub activity: AutoCommitActivity,
    /// Why there is no repository, why changes are not watched, or what is in the way; in words.
    pub reason: Option<String>,
    /// Whether changes wait for their commit.
    pub pending: bool,
    /// The last commit that was made.
    pub last_commit: Option<KeptCommit>,
    /// The number of the last checkpoint that was made.
    pub last_checkpoint: Option<u64>,
    /// The files that were refused the last time one looked.
    pub refused: Vec<RefusedFile>,
    /// How it stands with pushing.
    pub push: PushState,
}

/// What is being done about commits that the other repository does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PushActivity {
    /// Nothing: it is switched off.
    #[default]
    Off,
    /// There are none.
    UpToDate,
    /// They are pushed, or wait for it; it goes on by itself.
    Pending,
    /// They do not go with what the other repository has: somebody has to pull and settle that.
    Conflict,
}

/// How it stands with pushing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PushState {
    /// What is being done.
    pub activity: PushActivity,
    /// The branch here.
    pub branch: Option<String>,
    /// The branch over there.
    pub to: Option<String>,
    /// Why it waits, in words.
    pub reason: Option<String>,
    /// The files that do not go together.
    pub files: Vec<String>,
    /// The last push that was taken.
    pub last: Option<KeptPush>,
}

/// A commit that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptCommit {
    /// Which repository of the session: the workspace itself, or one below it.
    #[serde(default, skip_serializing_if = "CopyPath::is_workspace")]
    pub path: CopyPath,
    /// Its name.
    pub commit: String,
    /// The branch.
    pub branch: String,
    /// The first line of its message.
    pub subject: String,
    /// How many files it changes.
    pub files: u64,
    /// Lines that it adds.
    pub added: u64,
    /// Lines that it removes.
    pub removed: u64,
    /// When it was made, milliseconds since 1970.
    pub at_ms: u64,
}

/// A file that is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedFile {
    /// Its path.
    pub path: String,
    /// Why; goes on after "it".
    pub reason: String,
}

/// Commits that the other repository took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptPush {
    /// Which repository of the session: the workspace itself, or one below it.
    #[serde(default, skip_serializing_if = "CopyPath::is_workspace")]
    pub path: CopyPath,
    /// The commit that its branch stands on now.
    pub commit: String,
    /// The branch here.
    pub branch: String,
    /// The branch over there.
    pub to: String,
    /// When it was taken, milliseconds since 1970.
    pub at_ms: u64,
}

/// In what changes turned out not to go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConflictIn {
    /// A merge, which waits for a person.
    Merge,
    /// A rebase, which waits for a person.
    Rebase,
    /// What was stashed, taken back.
    #[default]
    Stash,
    /// A push that made itself: the other repository has commits that do not go with these. Nothing was changed here.
    Push,
}

/// Changes that do not go together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptConflict {
    /// Which repository of the session: the workspace itself, or one below it.
    #[serde(default, skip_serializing_if = "CopyPath::is_workspace")]
    pub path: CopyPath,
    /// In what.
    pub during: ConflictIn,
    /// The branch; none where the working tree stands on a commit alone.
    pub branch: Option<String>,
    /// The files that hold both; at most [`CONFLICTING_FILES`].
    pub files: Vec<String>,
    /// When that was found, milliseconds since 1970.
    pub at_ms: u64,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
pub enum KeptNews {
    /// A commit was made.
    Committed(KeptCommit),
    /// A checkpoint was made.
    Checkpoint {
        /// Its number.
        number: u64,
        /// What had changed, in a line.
        subject: String,
    },
    /// Files were refused that were not before.
    Refused {
        /// Which.
        files: Vec<RefusedFile>,
    },
    /// The other repository took commits.
    Pushed(KeptPush),
    /// Changes do not go together.
    Conflict(KeptConflict),
}

impl AutoCommitState {
    /// The same within its bounds.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            reason: self.reason.map(|reason| plain(&reason)),
            last_commit: self.last_commit.map(KeptCommit::bounded),
            refused: bounded(self.refused),
            push: self.push.bounded(),
            ..self
        }
    }
}

impl PushState {
    fn bounded(self) -> Self {
        let files = self.files.into_iter().take(CONFLICTING_FILES);
        Self {
            branch: self.branch.map(|branch| plain(&branch)),
            to: self.to.map(|to| plain(&to)),
            reason: self.reason.map(|reason| plain(&reason)),
            files: files.map(|file| plain(&file)).collect(),
            last: self.last.map(KeptPush::bounded),
            ..self
        }
    }
}

impl KeptNews {
    /// The same within its bounds.
    #[must_use]
    pub fn bounded(self) -> Self {
        match self {
            Self::Committed(commit) => Self::Committed(commit.bounded()),
            Self::Checkpoint { number, subject } => Self::Checkpoint {
                number,
                subject: plain(&subject),
            },
            Self::Refused { files } => Self::Refused {
                files: bounded(files),
            },
            Self::Pushed(push) => Self::Pushed(push.bounded()),
            Self::Conflict(conflict) => Self::Conflict(conflict.bounded()),
        }
    }
}

impl KeptPush {
    fn bounded(self) -> Self {
        Self {
            commit: plain(&self.commit),
            branch: plain(&self.branch),
            to: plain(&self.to),
            ..self
        }
    }
}

impl KeptConflict {
    fn bounded(self) -> Self {
        let files = self.files.into_iter().take(CONFLICTING_FILES);
        Self {
            branch: self.branch.map(|branch| plain(&branch)),
            files: files.map(|file| plain(&file)).collect(),
            ..self
        }
    }
}

impl KeptCommit {
    fn bounded(self) -> Self {
        Self {
            commit: plain(&self.commit),
            branch: plain(&self.branch),
            subject: plain(&self.subject),
            ..self
        }
    }
}

fn bounded(files: Vec<RefusedFile>) -> Vec<RefusedFile> {
    let within = |file: RefusedFile| RefusedFile {
        path: plain(&file.path),
        reason: plain(&file.reason),
    };
    files.into_iter().take(REFUSED_FILES).map(within).collect()
}

/// One line, not too long.
fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(TEXT_CHARS).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_bounded() {
        let file = RefusedFile {
            path: "a\n".repeat(TEXT_CHARS),
            reason: "\u{1b}[2J".to_owned(),
        };
        let state = AutoCommitState {
            reason: Some("x".repeat(TEXT_CHARS + 1)),
            refused: vec![file; REFUSED_FILES + 1],
            ..AutoCommitState::default()
        };
        let bounded = state.bounded();
        assert_eq!(bounded.refused.len(), REFUSED_FILES);
        assert_eq!(bounded.refused[0].reason, " [2J");
        assert_eq!(bounded.refused[0].path.len(), TEXT_CHARS);
        assert_eq!(bounded.reason.map(|reason| reason.len()), Some(TEXT_CHARS));
    }

    #[test]
    fn conflicts_are_told_within_bounds() {
        let news = KeptNews::Conflict(KeptConflict {
            files: vec!["a\n".to_owned(); CONFLICTING_FILES + 1],
            ..KeptConflict::default()
        });
        let KeptNews::Conflict(told) = news.bounded() else {
            panic!("it is told as something else");
        };
        assert_eq!(told.files, vec!["a "; CONFLICTING_FILES]);
    }

    #[test]
    fn news_travel_as_they_are() {
        let news = KeptNews::Committed(KeptCommit {
            commit: "abc".to_owned(),
            ..KeptCommit::default()
        });
        let text = serde_json::to_string(&news).unwrap();
        assert!(
            text.starts_with(r#"{"kind":"committed","commit":"abc""#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<KeptNews>(&text).unwrap(), news);
        let elsewhere = text.replace(r#""commit":"#, r#""path":"../b","commit":"#);
        assert!(
            serde_json::from_str::<KeptNews>(&elsewhere).is_err(),
            "{elsewhere}"
        );
    }
}
