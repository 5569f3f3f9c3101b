//! What git is told for a question. Nothing of the repository's settings changes how the answer is written.

use super::{DiffOf, Operation};
use crate::git::{BranchName, KeptWork, LOG_FORMAT, Revision};

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
            | Self::PullBranch(..)
            | Self::Push(_)
            | Self::PushBranch(..)
            | Self::Clone(..)
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
    use crate::git::GitPath;

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
}
