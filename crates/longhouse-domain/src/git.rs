//! Repositories: where they are, which branch is meant, who writes into them, what may be asked of them, what git answers, and what is made of
//! changes. Text comes in from people; what is kept here has been read whole and is written anew, so that what was judged and what git is
//! given are the same.
//!
//! Nothing here runs git or opens a connection.

mod autocommit;
mod batch;
mod branch;
mod change;
mod command;
mod commit_message;
mod diff;
mod group;
mod identity;
mod kept;
mod kept_work;
mod log;
mod message;
mod operation;
mod path;
mod push;
mod refusal;
mod replay;
mod revision;
mod sort;
mod status;
mod step;
mod survey;
mod suspect;
mod template;
mod test_run;
mod text;
mod transport;
mod url;
mod worktree;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

pub use autocommit::{
    AutoCommit, AutoCommitMode, BadAutoCommit, CHECKPOINTS_KEPT, LARGEST_FILE, LONGEST_SECONDS,
    MOST_FILES, PATTERN_BYTES, PATTERNS,
};
pub use batch::{Batch, Closing, Milestone, Pace, SETTLED};
pub use branch::{BadBranchName, BranchName};
pub use change::{Change, ChangeKind, LineCount};
pub use command::{BadCommandLine, CommandLine, Exchange, TypedClone, TypedGit};
pub use commit_message::{BadCommitMessage, COMMIT_MESSAGE_BYTES, CommitMessage};
pub use diff::{DIFF_FILES, FILE_LINES, FileDiff, Hunk, TreeDiff};
pub use group::{GROUPED_FILES, GROUPS, group};
pub use identity::{BadIdentity, is_identity};
pub use kept::{
    AutoCommitActivity, AutoCommitState, CONFLICTING_FILES, ConflictIn, KeptCommit, KeptConflict,
    KeptNews, KeptPush, PushActivity, PushState, REFUSED_FILES, RefusedFile,
};
pub use kept_work::{KEPT_REFS, KEPT_WORK, KeptWork};
pub use log::{CommitFigures, LOG_FORMAT, LogRef, LogRefKind, LoggedCommit, Signature, read_log};
pub use message::message;
pub use operation::{COMMIT_PATHS, CONTEXT_LINES, DiffOf, Operation, PullWay};
pub use path::{BadGitPath, GitPath};
pub use push::{PushAnswer, is_protected, push_pause};
pub use refusal::{Refusal, Underway};
pub use replay::made_anew;
pub use revision::{BadHash, BadRevision, CommitHash, Revision};
pub use status::{Conflict, FileChange, STATUS_ENTRIES, StatusEntry, StatusKind, TreeStatus};
pub use step::{Joining, ResetMode, Step};
pub use survey::{Blob, TreeChange, Unsaved};
pub use suspect::{suspicious_content, suspicious_name};
pub use template::{BadTemplate, MessageTemplate, TEMPLATE_BYTES};
pub use test_run::is_test_run;
pub use text::Unreadable;
pub use transport::{Transport, Transports, UnknownTransport};
pub use url::{RepositoryUrl, RepositoryUrlError};
pub use worktree::{BadWorktree, COPY_PATTERNS, SETUP_BYTES, SetUp, USUAL_COPY, Worktree};

/// The repository that a session begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// Where it is.
    pub url: RepositoryUrl,
    /// The branch or tag to begin on; without one, the repository's own.
    pub branch: Option<BranchName>,
    /// How many commits of history to fetch; all of them, if absent.
    pub depth: Option<NonZeroU32>,
    /// Whether the repositories inside it are fetched too.
    pub submodules: bool,
}
