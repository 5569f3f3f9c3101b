//! Why git was not even asked, and in what a repository is under way.

/// Why nothing is done with what lies in a session's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no repository.
    NoRepository,
    /// The repository's root lies above the session's directory.
    Above,
    /// What is called `.git` leads elsewhere.
    Elsewhere,
    /// It has no working tree.
    Bare,
    /// Another git holds it, for longer than one waits.
    Busy,
    /// Git is not installed.
    NoGit,
    /// Files are to be settled by a person first.
    Conflicts,
    /// Nothing has changed.
    NothingToCommit,
    /// Nobody said who commits.
    NoIdentity,
    /// The working tree stands on no branch.
    NoBranch,
    /// There is no other repository to speak with.
    NoRemote,
    /// The repository's settings lead addresses elsewhere.
    Rewritten,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NoRepository,
        Self::Above,
        Self::Elsewhere,
        Self::Bare,
        Self::Busy,
        Self::NoGit,
        Self::Conflicts,
        Self::NothingToCommit,
        Self::NoIdentity,
        Self::NoBranch,
        Self::NoRemote,
        Self::Rewritten,
    ];

    /// As it travels and as programs read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoRepository => "no_repository",
            Self::Above => "above",
            Self::Elsewhere => "elsewhere",
            Self::Bare => "bare",
            Self::Busy => "busy",
            Self::NoGit => "no_git",
            Self::Conflicts => "conflict",
            Self::NothingToCommit => "nothing_to_commit",
            Self::NoIdentity => "no_identity",
            Self::NoBranch => "no_branch",
            Self::NoRemote => "no_remote",
            Self::Rewritten => "rewritten",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|refusal| refusal.as_str() == name)
    }

    /// In words that a person can act on.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoRepository => {
                "there is no git repository in the session's directory: clone one into it, or run git init"
            }
            Self::Above => {
                "the repository's root lies above the session's directory: work with a session that begins in the root"
            }
            Self::Elsewhere => {
                "what is called .git in the session's directory is a file or a link that leads elsewhere; only a repository of the \
                 directory's own is worked with"
            }
            Self::Bare => "the repository has no working tree: clone it to have one",
            Self::Busy => "another git is at work in the repository: try again when it has ended",
            Self::Conflicts => {
                "some files hold changes that do not go together: settle them and stage them, or abort what is under way"
            }
            Self::NoBranch => "the working tree stands on no branch: make one, or stand on one",
            Self::NoRemote => {
                "there is no repository to push to or fetch from: begin the session with one, or give origin an address that can be used"
            }
            Self::Rewritten => {
                "the repository's configuration leads addresses elsewhere (url.*.insteadOf): remove that setting, for only the address \
                 that the session knows is used"
            }
            Self::NothingToCommit => "nothing has changed that could be committed",
            Self::NoIdentity => {
                "nobody said who commits: set the session's git name and address (gitUserName, gitUserEmail), or user.name and user.email \
                 in the repository's configuration"
            }
            Self::NoGit => {
                "git is not installed where the session lives: install it there, or choose an image that has it"
            }
        }
    }
}

/// What is under way in a repository, and waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Underway {
    /// Nothing.
    #[default]
    Nothing,
    /// A merge.
    Merge,
    /// A rebase.
    Rebase,
    /// A commit is taken over from elsewhere.
    CherryPick,
    /// A commit is taken back.
    Revert,
    /// A fault is searched by halves.
    Bisect,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_as_it_was_written() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::parse(refusal.as_str()), Some(refusal));
        }
        assert_eq!(Refusal::parse("fine"), None);
    }
}
