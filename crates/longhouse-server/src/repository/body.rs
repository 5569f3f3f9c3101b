//! What several of the shapes of a repository share.

use longhouse_domain::Timestamp;
use longhouse_domain::clock::from_millis;
use longhouse_domain::git::{CommitFigures, LogRef, LogRefKind, LoggedCommit, Signature};
use serde::Serialize;
use utoipa::ToSchema;

/// The seconds that RFC 3339 can write.
const YEARS_0_TO_9999: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Who, and when.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommitSignature)]
pub(crate) struct SignatureBody {
    name: String,
    /// As it was written; it need not be an address.
    email: String,
    at: Timestamp,
}

impl From<Signature> for SignatureBody {
    fn from(signature: Signature) -> Self {
        let (first, last) = YEARS_0_TO_9999.into_inner();
        Self {
            name: signature.name,
            email: signature.email,
            at: from_millis(signature.at.clamp(first, last) * 1000),
        }
    }
}

/// What a name that stands on a commit is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CommitRefKind {
    /// The working tree, where it stands on no branch.
    Head,
    Branch,
    /// A branch of another repository, as it was fetched last.
    Remote,
    Tag,
    Other,
}

/// A name that stands on a commit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommitRef)]
pub(crate) struct CommitRefBody {
    kind: CommitRefKind,
    /// Without `refs/heads/` and the like.
    name: String,
    /// Whether it is the branch that the working tree stands on.
    current: bool,
}

impl From<LogRef> for CommitRefBody {
    fn from(found: LogRef) -> Self {
        Self {
            kind: match found.kind {
                LogRefKind::Head => CommitRefKind::Head,
                LogRefKind::Branch => CommitRefKind::Branch,
                LogRefKind::Remote => CommitRefKind::Remote,
                LogRefKind::Tag => CommitRefKind::Tag,
                LogRefKind::Other => CommitRefKind::Other,
            },
            name: found.name,
            current: found.current,
        }
    }
}

/// A commit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Commit)]
pub(crate) struct CommitBody {
    hash: String,
    /// Hashes; several where branches were joined, none of the first commit.
    parents: Vec<String>,
    author: SignatureBody,
    committer: SignatureBody,
    /// The first line of the message.
    subject: String,
    /// The rest of the message.
    body: String,
    /// Branches and tags that stand on it.
    refs: Vec<CommitRefBody>,
    /// How many files it changed; 0 where it only joined branches.
    files_changed: u64,
    /// Lines that it added.
    additions: u64,
    /// Lines that it took away.
    deletions: u64,
}

impl From<LoggedCommit> for CommitBody {
    fn from(commit: LoggedCommit) -> Self {
        let CommitFigures {
            files,
            additions,
            deletions,
        } = commit.figures;
        let parents = commit.parents.into_iter();
        Self {
            hash: commit.hash.to_string(),
            parents: parents.map(|parent| parent.to_string()).collect(),
            author: commit.author.into(),
            committer: commit.committer.into(),
            subject: commit.subject,
            body: commit.body,
            refs: commit.refs.into_iter().map(Into::into).collect(),
            files_changed: files,
            additions,
            deletions,
        }
    }
}
