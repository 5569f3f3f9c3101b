//! What the other repository says to a push, and what follows from it: when one tries again, where else it goes.

use std::time::Duration;

/// The pauses between attempts while the other repository is not reached.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LAST_PAUSE: Duration = Duration::from_secs(300);

/// Said of a branch that has commits which are not here.
const BEHIND: [&str; 2] = ["(fetch first)", "(non-fast-forward)"];

/// Said of a branch that does not take pushes, by the forges that are about: GitHub's rules of old and new, GitLab, Gitea and Forgejo,
/// Bitbucket, and git itself where the branch is checked out over there.
const PROTECTED: [&str; 7] = [
    "GH006",
    "GH013",
    "rotected branch",
    "You are not allowed to push code to protected",
    "Not allowed to push to protected",
    "can only be modified through pull requests",
    "branch is currently checked out",
];

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushAnswer {
    /// The commits were taken.
    Taken,
    /// All of them were there.
    HadIt,
    /// The branch has commits that are not here.
    Behind,
    /// The branch does not take pushes, in these words.
    Protected(String),
    /// The push was not taken for another reason, in these words.
    Declined(String),
    /// It did not come to that: the other repository was not reached, say.
    Failed,
}

impl PushAnswer {
    /// Reads what `git push --porcelain` said in the fixed locale.
    #[must_use]
    pub fn read(code: i32, stdout: &[u8], stderr: &[u8]) -> Self {
        let said = [stdout, b"\n", stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let holds = |words: &[&str]| words.iter().any(|words| said.contains(words));
        if code == 0 {
            let had_it = said.lines().any(|line| line.starts_with('='));
            return if had_it { Self::HadIt } else { Self::Taken };
        }
        let line = said
            .lines()
            .find(|line| line.starts_with('!') || line.contains("remote: error"));
        let line = line.unwrap_or_default().to_owned();
        if holds(&BEHIND) {
            Self::Behind
        } else if holds(&PROTECTED) {
            Self::Protected(line)
        } else if holds(&["[remote rejected]"]) {
            Self::Declined(line)
        } else {
            Self::Failed
        }
    }
}

/// How long one waits after so many attempts in vain.
#[must_use]
pub fn push_pause(in_vain: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << in_vain.saturating_sub(1).min(16));
    doubled.min(LAST_PAUSE)
}

/// Whether a branch is among those that one does not push to: by its name, or by the beginning of it with `*` behind.
#[must_use]
pub fn is_protected(branch: &str, patterns: &[String]) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => branch.starts_with(beginning),
            None => branch == pattern,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: i32, said: &str) -> PushAnswer {
        PushAnswer::read(code, said.as_bytes(), b"")
    }

    #[test]
    fn the_words_of_git_and_of_forges_are_understood() {
        assert_eq!(
            read(0, "To x\n \trefs/heads/a:refs/heads/a\t1..2\nDone"),
            PushAnswer::Taken
        );
        assert_eq!(
            read(0, "To x\n=\trefs/heads/a:refs/heads/a\t[up to date]\nDone"),
            PushAnswer::HadIt
        );
        for said in [
            "!\trefs/heads/a:refs/heads/a\t[rejected] (fetch first)",
            "!\ta:a\t[rejected] (non-fast-forward)",
        ] {
            assert_eq!(read(1, said), PushAnswer::Behind);
        }
        for said in [
            "!\ta:main\t[remote rejected] (protected branch hook declined)",
            "remote: error: GH006: Protected branch update failed for refs/heads/main.",
            "remote: error: GH013: Repository rule violations found for refs/heads/main.",
            "remote: GitLab: You are not allowed to push code to protected branches on this project.",
            "remote: Gitea: Not allowed to push to protected branch main",
            "!\ta:main\t[remote rejected] (branch is currently checked out)",
        ] {
            assert!(matches!(read(1, said), PushAnswer::Protected(_)), "{said}");
        }
        let hook = "!\ta:a\t[remote rejected] (pre-receive hook declined)";
        assert_eq!(read(1, hook), PushAnswer::Declined(hook.to_owned()));
        assert_eq!(read(128, "fatal: unable to access"), PushAnswer::Failed);
    }

    #[test]
    fn pauses_grow_and_end_growing() {
        let pauses: Vec<_> = [1, 2, 3, 7, 8, u32::MAX].map(push_pause).into();
        assert_eq!(
            pauses.iter().map(Duration::as_secs).collect::<Vec<_>>(),
            [5, 10, 20, 300, 300, 300]
        );
    }

    #[test]
    fn branches_are_protected_by_name_or_by_its_beginning() {
        let patterns = ["main".to_owned(), "release/*".to_owned()];
        for (branch, protected) in [("main", true), ("mainly", false), ("release/1", true)] {
            assert_eq!(is_protected(branch, &patterns), protected, "{branch}");
        }
    }
}
