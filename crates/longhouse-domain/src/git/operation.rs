//! What may be asked of a session's repository. Every part was read whole, so that none is an option to git; the server and sessiond
//! share these types, and each reads them anew.

use serde::{Deserialize, Serialize};

use super::{
    BranchName, CommandLine, CommitMessage, GitPath, KeptWork, LOG_FORMAT, RepositoryUrl, Revision,
    Step,
};
use crate::SessionId;
use crate::working_copy::CopyPath;

/// The most paths that a commit can be told.
pub const COMMIT_PATHS: usize = 2_000;

/// How many unchanged lines are shown around a change if nobody says.
pub const CONTEXT_LINES: u32 = 3;

/// One question or one piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Operation {
    /// How the working tree stands.
    Status,
    /// On which branch it stands, and whether anything has changed: a status that tells of no file more than that needs.
    Glance,
    /// Commits, the newest first.
    Log {
        /// Where to begin; `HEAD` by default.
        from: Option<Revision>,
        /// How many to pass over.
        skip: u32,
        /// How many to tell of.
        limit: u32,
        /// Only those that changed this.
        path: Option<GitPath>,
    },
    /// How files differ.
    Diff {
        /// What from what.
        between: DiffOf,
        /// Only this.
        path: Option<GitPath>,
        /// How many unchanged lines are shown around each change.
        context: u32,
    },
    /// Commits that no other repository is known to have, the newest first, and how the working tree stands: what would be lost with it.
    Unsaved,
    /// The same of one working tree of several: commits that it stands on and that neither another branch nor another repository has.
    UnsavedHere,
    /// What sessions left that are deleted.
    KeptWork,
    /// Makes a branch of what a session left, which then is no longer kept otherwise.
    BringBack {
        /// Which session.
        session: SessionId,
        /// What the branch is called; as it was, if absent.
        branch: Option<BranchName>,
    },
    /// Commits: these paths and nothing else of what is staged; without paths what is staged, and where nothing is, all that changed and is
    /// not ignored.
    Commit {
        /// What to say of it; made from the change, if absent.
        message: Option<CommitMessage>,
        /// At most [`COMMIT_PATHS`].
        paths: Vec<GitPath>,
    },
    /// Does something that needs nothing but the repository.
    Step(Step),
    /// Fetches from this address, or from the one that the repository has for `origin`.
    Fetch(Option<RepositoryUrl>),
    /// Fetches, and joins what the branch's namesake has.
    Pull(Option<RepositoryUrl>, PullWay),
    /// Pushes the branch to its namesake, never by force.
    Push(Option<RepositoryUrl>),
    /// Runs a command line from the closed list.
    Run(CommandLine),
    /// Makes a repository without a commit, which stands on this branch. Where there is one, nothing happens.
    Init(BranchName),
    /// Gives `origin` this address.
    SetOrigin(RepositoryUrl),
    /// Does this in the repository that lies there in the session's workspace, and not in the workspace itself. It stands in the operation
    /// and not beside it, for a sessiond that does not know of places must not do it elsewhere.
    Below(CopyPath, Box<Operation>),
}

/// How what was fetched is joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PullWay {
    /// Only where the branch has no commits of its own.
    #[default]
    FastForward,
    /// By a commit with both as its parents.
    Merge,
    /// The branch's own commits are made anew on top.
    Rebase,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum DiffOf {
    /// The working tree with what is staged.
    Unstaged,
    /// What is staged with the last commit.
    Staged,
    /// The working tree with a commit.
    Since(Revision),
    /// What is staged with a commit.
    StagedSince(Revision),
    /// Two commits.
    Commits(Revision, Revision),
    /// A commit with its first parent.
    Commit(Revision),
}

/// What every comparison is told: nothing of the repository's settings changes how it is written, and none of its programs runs for it.
const DIFF: [&str; 13] = [
    "--raw",
    "--numstat",
    "-z",
    "--patch",
    "--find-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--ignore-submodules=dirty",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

impl Operation {
    /// Where it is done, and what.
    #[must_use]
    pub fn placed(self) -> (CopyPath, Self) {
        match self {
            Self::Below(path, operation) => (path, *operation),
            operation => (CopyPath::default(), operation),
        }
    }

    /// The same, there.
    #[must_use]
    pub fn at(self, path: &CopyPath) -> Self {
        match path.is_workspace() {
            true => self,
            false => Self::Below(path.clone(), Box::new(self)),
        }
    }

    /// Whether it is to make a commit of what has changed.
    #[must_use]
    pub fn commits(&self) -> bool {
        match self {
            Self::Commit { .. } => true,
            Self::Run(line) => line.command() == "commit" && !line.has("--dry-run"),
            _ => false,
        }
    }

    /// Whether changes are joined by it, which may turn out not to go together.
    #[must_use]
    pub fn joins(&self) -> bool {
        match self {
            Self::Pull(..) => true,
            Self::Step(step) => matches!(
                step,
                Step::Merge(_)
                    | Step::Rebase(_)
                    | Step::Continue(_)
                    | Step::PopStash(_)
                    | Step::ApplyStash(_)
            ),
            Self::Run(line) => matches!(line.command(), "merge" | "rebase" | "stash"),
            _ => false,
        }
    }

    /// The arguments of the one git that answers a question; none where it is more than a question.
    #[must_use]
    pub fn question(&self) -> Option<Vec<Vec<u8>>> {
        let (words, path) = match self {
            Self::Status => (status(), &None),
            Self::Glance => (glance(), &None),
            Self::Log {
                from,
                skip,
                limit,
                path,
            } => (log(from.as_ref(), *skip, *limit), path),
            Self::Diff {
                between,
                path,
                context,
            } => (between.arguments(*context), path),
            Self::Unsaved => (unsaved(), &None),
            Self::KeptWork => (KeptWork::question(), &None),
            Self::UnsavedHere
            | Self::BringBack { .. }
            | Self::Commit { .. }
            | Self::Step(_)
            | Self::Fetch(_)
            | Self::Pull(..)
            | Self::Push(_)
            | Self::Run(_)
            | Self::Init(_)
            | Self::SetOrigin(_)
            | Self::Below(..) => return None,
        };
        let mut arguments: Vec<Vec<u8>> = words.into_iter().map(String::into_bytes).collect();
        arguments.push(b"--".to_vec());
        arguments.extend(path.iter().map(|path| path.as_bytes().to_vec()));
        Some(arguments)
    }
}

/// As [`TreeStatus`](super::TreeStatus) reads it.
fn status() -> Vec<String> {
    [
        "status",
        "--porcelain=v2",
        "--branch",
        "--show-stash",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--find-renames",
    ]
    .map(str::to_owned)
    .into()
}

/// As [`TreeStatus`](super::TreeStatus) reads it. A directory of new files is one entry, and no renames are looked for.
fn glance() -> Vec<String> {
    [
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=normal",
        "--ignore-submodules=dirty",
        "--no-renames",
    ]
    .map(str::to_owned)
    .into()
}

fn log(from: Option<&Revision>, skip: u32, limit: u32) -> Vec<String> {
    let from = from.map_or("HEAD", Revision::as_str);
    [
        "log",
        "-z",
        LOG_FORMAT,
        "--decorate=full",
        "--shortstat",
        "--diff-merges=off",
        "--find-renames",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-show-signature",
        "--ignore-submodules=dirty",
        &format!("--skip={skip}"),
        &format!("--max-count={limit}"),
        from,
    ]
    .map(str::to_owned)
    .into()
}

/// How commits are told that would be lost.
const UNSAVED: [&str; 6] = [
    "log",
    "-z",
    LOG_FORMAT,
    "--decorate=full",
    "--no-show-signature",
    "--max-count=50",
];

/// What is stashed is among them, and what deleted sessions left; tags come from elsewhere, and checkpoints hold nothing that was not
/// committed or is not there.
fn unsaved() -> Vec<String> {
    let which = [
        "--exclude=refs/tags/*",
        "--exclude=refs/longhouse/checkpoints/*",
        "--all",
        "--not",
        "--remotes",
    ];
    UNSAVED
        .into_iter()
        .chain(which)
        .map(str::to_owned)
        .collect()
}

impl Operation {
    /// The arguments of the git that answers [`Operation::UnsavedHere`] where the working tree stands on this branch.
    #[must_use]
    pub fn unsaved_here(branch: Option<&BranchName>) -> Vec<Vec<u8>> {
        let own = branch.map(|branch| format!("--exclude={branch}"));
        let which = ["HEAD", "--not", "--remotes"].map(str::to_owned);
        let words = UNSAVED.into_iter().map(str::to_owned).chain(which);
        let others = ["--branches", "--"].map(str::to_owned);
        let words = words.chain(own).chain(others);
        words.map(String::into_bytes).collect()
    }
}

impl DiffOf {
    fn arguments(&self, context: u32) -> Vec<String> {
        let (command, options, commits): (_, &[&str], _) = match self {
            // Of a file that is to be settled: how it differs from ours, not from both.
            Self::Unstaged => ("diff", &["--ours"], vec![]),
            Self::Staged => ("diff", &["--cached"], vec![]),
            Self::Since(from) => ("diff", &[], vec![from]),
            Self::StagedSince(from) => ("diff", &["--cached"], vec![from]),
            Self::Commits(from, to) => ("diff", &[], vec![from, to]),
            Self::Commit(commit) => (
                "show",
                &["--format=", "--diff-merges=first-parent"],
                vec![commit],
            ),
        };
        let words = [command]
            .into_iter()
            .chain(DIFF)
            .chain(options.iter().copied());
        let context = format!("--unified={context}");
        let commits = commits.into_iter().map(Revision::as_str);
        let words = words.chain([context.as_str()]).chain(commits);
        words.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(operation: &Operation) -> Vec<String> {
        let words = operation.question().unwrap().into_iter();
        words.map(|word| String::from_utf8(word).unwrap()).collect()
    }

    #[test]
    fn paths_stand_behind_the_end_of_options_and_commits_before_it() {
        let path = Some(GitPath::try_from(b"-p".to_vec()).unwrap());
        let log = words(&Operation::Log {
            from: Some("main~2".parse().unwrap()),
            skip: 5,
            limit: 10,
            path: path.clone(),
        });
        assert_eq!(log[log.len() - 3..], ["main~2", "--", "-p"]);
        let between = DiffOf::Commits("a".parse().unwrap(), "b".parse().unwrap());
        let diff = words(&Operation::Diff {
            between,
            path,
            context: 7,
        });
        assert_eq!(
            diff[diff.len() - 5..],
            ["--unified=7", "a", "b", "--", "-p"]
        );
        for question in [Operation::Status, Operation::Glance] {
            assert_eq!(words(&question).last().unwrap(), "--");
        }
    }

    #[test]
    fn an_operation_is_read_as_strictly_as_it_was_made() {
        let operation = Operation::Diff {
            between: DiffOf::Since("HEAD".parse().unwrap()),
            path: Some(GitPath::try_from(b"a\xff".to_vec()).unwrap()),
            context: CONTEXT_LINES,
        };
        let text = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation);
        let path: CopyPath = "a/b".parse().unwrap();
        let below = serde_json::to_string(&operation.clone().at(&path)).unwrap();
        let read = serde_json::from_str::<Operation>(&below).unwrap().placed();
        assert_eq!(read, (path, operation.clone()));
        for bad in [
            below.replace("a/b", "../b"),
            text.replace("HEAD", "--output=x"),
            text.replace("[97,255]", "[47,97]"),
            text.replace("\"path\"", "\"paths\""),
        ] {
            assert!(serde_json::from_str::<Operation>(&bad).is_err(), "{bad}");
        }
    }
}
