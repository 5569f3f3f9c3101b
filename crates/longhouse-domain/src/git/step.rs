//! What a person does with a repository in one step, as git is told it.

use serde::{Deserialize, Serialize};

use super::{BranchName, GitPath, Revision};

/// One step. It needs nothing but the repository itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Step {
    /// Stages these as they are now, deletions too; all that is not ignored, if there are none.
    Stage(Vec<GitPath>),
    /// Takes these out of what is staged; all, if there are none.
    Unstage(Vec<GitPath>),
    /// Stands on another branch.
    Checkout(BranchName),
    /// Stands on a commit alone.
    Detach(Revision),
    /// Makes a branch and stands on it.
    CheckoutNew(BranchName, Option<Revision>),
    /// Makes a branch.
    MakeBranch(BranchName, Option<Revision>),
    /// Gives a branch another name.
    RenameBranch(BranchName, BranchName),
    /// Deletes a branch whose commits are on another too.
    DeleteBranch(BranchName),
    /// Deletes a branch, whatever is lost by it.
    DeleteBranchAnyhow(BranchName),
    /// Puts changes away; with what git does not know, if asked.
    Stash {
        /// What to call them.
        message: Option<String>,
        /// Whether new files go too.
        untracked: bool,
    },
    /// Takes the changes of that number back, and forgets them.
    PopStash(u32),
    /// Takes the changes of that number back.
    ApplyStash(u32),
    /// Forgets the changes of that number.
    DropStash(u32),
    /// Lets the branch stand on another commit.
    Reset(ResetMode, Revision),
    /// Joins another branch.
    Merge(Revision),
    /// Sets the branch's own commits on top of another.
    Rebase(Revision),
    /// Goes on with a merge or a rebase whose conflicts are settled.
    Continue(Joining),
    /// Takes it back.
    Abort(Joining),
}

/// What becomes of files and index when a branch is let stand on another commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResetMode {
    /// Nothing.
    Soft,
    /// Nothing is staged any more.
    Mixed,
    /// Changes are lost.
    Hard,
}

/// The ways in which branches are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Joining {
    /// By a commit with both as its parents.
    Merge,
    /// By commits made anew.
    Rebase,
}

impl Joining {
    fn command(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
        }
    }
}

impl Step {
    /// The arguments of the git that takes it. What follows the end of options are paths.
    #[must_use]
    pub fn arguments(&self) -> Vec<Vec<u8>> {
        let words = match self {
            Self::Stage(paths) if paths.is_empty() => words(&["add", "--all"]),
            Self::Stage(_) => words(&["add", "--all", "--"]),
            Self::Unstage(_) => words(&["reset", "--quiet", "--"]),
            Self::Checkout(branch) => words(&["checkout", "--quiet", branch.as_str(), "--"]),
            Self::Detach(commit) => {
                words(&["checkout", "--quiet", "--detach", commit.as_str(), "--"])
            }
            Self::CheckoutNew(branch, from) => words(&[
                "checkout",
                "--quiet",
                "--no-track",
                "-b",
                branch.as_str(),
                head(from.as_ref()),
                "--",
            ]),
            Self::MakeBranch(branch, from) => {
                words(&["branch", "--no-track", branch.as_str(), head(from.as_ref())])
            }
            Self::RenameBranch(from, to) => {
                words(&["branch", "--move", from.as_str(), to.as_str()])
            }
            Self::DeleteBranch(branch) => words(&["branch", "--delete", branch.as_str()]),
            Self::DeleteBranchAnyhow(branch) => {
                words(&["branch", "--delete", "--force", branch.as_str()])
            }
            Self::Stash { message, untracked } => stash(message.as_deref(), *untracked),
            Self::PopStash(number) => words(&["stash", "pop", "--quiet", &stashed(*number)]),
            Self::ApplyStash(number) => words(&["stash", "apply", "--quiet", &stashed(*number)]),
            Self::DropStash(number) => words(&["stash", "drop", "--quiet", &stashed(*number)]),
            Self::Reset(mode, to) => words(&["reset", "--quiet", mode.option(), to.as_str(), "--"]),
            Self::Merge(other) => words(&[
                "merge",
                "--quiet",
                "--no-edit",
                "--no-verify",
                "--no-gpg-sign",
                other.as_str(),
            ]),
            Self::Rebase(onto) => words(&[
                "rebase",
                "--quiet",
                "--no-verify",
                "--no-gpg-sign",
                "--no-autostash",
                onto.as_str(),
            ]),
            Self::Continue(joining) => words(&[joining.command(), "--continue"]),
            Self::Abort(joining) => words(&[joining.command(), "--abort"]),
        };
        let paths = match self {
            Self::Stage(paths) | Self::Unstage(paths) => paths.as_slice(),
            _ => &[],
        };
        let paths = paths.iter().map(|path| path.as_bytes().to_vec());
        words.into_iter().chain(paths).collect()
    }
}

impl ResetMode {
    fn option(self) -> &'static str {
        match self {
            Self::Soft => "--soft",
            Self::Mixed => "--mixed",
            Self::Hard => "--hard",
        }
    }
}

fn words(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

fn head(from: Option<&Revision>) -> &str {
    from.map_or("HEAD", Revision::as_str)
}

fn stashed(number: u32) -> String {
    format!("stash@{{{number}}}")
}

fn stash(message: Option<&str>, untracked: bool) -> Vec<Vec<u8>> {
    let message = message.map(|message| format!("--message={message}"));
    let untracked = untracked.then_some("--include-untracked");
    let more = untracked.into_iter().chain(message.as_deref());
    let all: Vec<&str> = ["stash", "push", "--quiet"]
        .into_iter()
        .chain(more)
        .collect();
    words(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(step: &Step) -> String {
        let words = step
            .arguments()
            .into_iter()
            .map(|word| String::from_utf8(word).unwrap());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_step_is_told_with_what_was_read_whole() {
        let branch = || "a/-b".parse::<BranchName>().unwrap();
        let path = GitPath::try_from(b"-p".to_vec()).unwrap();
        assert_eq!(told(&Step::Stage(vec![path])), "add --all -- -p");
        assert_eq!(told(&Step::Unstage(vec![])), "reset --quiet --");
        assert_eq!(told(&Step::Checkout(branch())), "checkout --quiet a/-b --");
        assert_eq!(told(&Step::DeleteBranch(branch())), "branch --delete a/-b");
        assert_eq!(told(&Step::PopStash(2)), "stash pop --quiet stash@{2}");
        let put_away = Step::Stash {
            message: Some("--x".to_owned()),
            untracked: true,
        };
        assert_eq!(
            told(&put_away),
            "stash push --quiet --include-untracked --message=--x"
        );
        let text = serde_json::to_string(&Step::Merge("main".parse().unwrap())).unwrap();
        assert!(serde_json::from_str::<Step>(&text.replace("main", "--exec=id")).is_err());
    }
}
