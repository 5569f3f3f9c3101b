//! Commits, read from `git log -z --decorate=full --shortstat` with the format that stands here.

use super::revision::CommitHash;
use super::text::{Unreadable, number, shown};

/// What `git log` is to say of each commit: these fields, each with NUL after it. A line of figures may follow.
pub const LOG_FORMAT: &str =
    "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%D%x00%s%x00%b";

/// How many fields that are.
const FIELDS: usize = 11;

/// Who, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The address, as it was written.
    pub email: String,
    /// Seconds since 1970; whoever commits may write any.
    pub at: i64,
}

/// What stands on a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRef {
    /// What it is.
    pub kind: LogRefKind,
    /// Its name, without what its kind says.
    pub name: String,
    /// Whether it is the branch that the working tree stands on.
    pub current: bool,
}

/// What stands on commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRefKind {
    /// The working tree, where it stands on no branch.
    Head,
    /// A branch.
    Branch,
    /// A branch of another repository, as it was seen last.
    Remote,
    /// A tag.
    Tag,
    /// Something else.
    Other,
}

/// How much a commit changed, compared with its first parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitFigures {
    /// Files.
    pub files: u64,
    /// Lines that it added.
    pub additions: u64,
    /// Lines that it took away.
    pub deletions: u64,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCommit {
    /// Its hash.
    pub hash: CommitHash,
    /// What it came of; several where it joined branches.
    pub parents: Vec<CommitHash>,
    /// Who made the change.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// What stands on it.
    pub refs: Vec<LogRef>,
    /// The first line of its message.
    pub subject: String,
    /// The rest of it.
    pub body: String,
    /// How much it changed.
    pub figures: CommitFigures,
}

/// Reads what git said; where it was cut, a commit that is not whole is left out.
///
/// # Errors
/// When git does not speak so.
pub fn read_log(said: &[u8], cut: bool) -> Result<Vec<LoggedCommit>, Unreadable> {
    let mut commits = Vec::new();
    let mut rest = said;
    while !rest.is_empty() {
        let mut texts = Vec::with_capacity(FIELDS);
        while texts.len() < FIELDS {
            match rest.iter().position(|b| *b == 0) {
                Some(end) => {
                    texts.push(shown(&rest[..end]));
                    rest = &rest[end + 1..];
                }
                None if cut => return Ok(commits),
                None => return Err(Unreadable),
            }
        }
        let mut commit = commit(&texts)?;
        if let Some(after) = rest.strip_prefix(b"\n") {
            let end = after.iter().position(|b| *b == b'\n');
            let end = match end {
                Some(end) => end,
                None if cut => return Ok(commits),
                None => return Err(Unreadable),
            };
            commit.figures = figures(&shown(&after[..end]))?;
            rest = &after[end + 1..];
        }
        commits.push(commit);
    }
    Ok(commits)
}

fn commit(texts: &[String]) -> Result<LoggedCommit, Unreadable> {
    let [own, parents, an, ae, at, cn, ce, ct, refs, subject, body] = texts else {
        return Err(Unreadable);
    };
    let hash = |text: &str| text.parse::<CommitHash>().map_err(|_| Unreadable);
    let who = |name: &String, email: &String, at: &String| {
        let at = at.parse().map_err(|_| Unreadable)?;
        let (name, email) = (name.clone(), email.clone());
        Ok(Signature { name, email, at })
    };
    let refs = refs.split(", ").filter(|name| !name.is_empty());
    Ok(LoggedCommit {
        parents: parents
            .split_whitespace()
            .map(hash)
            .collect::<Result<_, _>>()?,
        hash: hash(own)?,
        author: who(an, ae, at)?,
        committer: who(cn, ce, ct)?,
        refs: refs.map(log_ref).collect(),
        subject: subject.clone(),
        body: body.trim_end().to_owned(),
        figures: CommitFigures::default(),
    })
}

fn log_ref(text: &str) -> LogRef {
    let (current, text) = match text.strip_prefix("HEAD -> ") {
        Some(branch) => (true, branch),
        None => (false, text),
    };
    let text = text.strip_prefix("tag: ").unwrap_or(text);
    let kinds = [
        ("refs/heads/", LogRefKind::Branch),
        ("refs/remotes/", LogRefKind::Remote),
        ("refs/tags/", LogRefKind::Tag),
    ];
    let known = kinds
        .into_iter()
        .find_map(|(prefix, kind)| Some((kind, text.strip_prefix(prefix)?)));
    let (kind, name) = known.unwrap_or(match text {
        "HEAD" => (LogRefKind::Head, text),
        _ => (LogRefKind::Other, text),
    });
    LogRef {
        kind,
        name: name.to_owned(),
        current,
    }
}

/// ` 2 files changed, 3 insertions(+), 1 deletion(-)`, without what is none.
fn figures(line: &str) -> Result<CommitFigures, Unreadable> {
    let mut figures = CommitFigures::default();
    for part in line.trim().split(", ") {
        let (count, what) = part.split_once(' ').ok_or(Unreadable)?;
        let count = number(count)?;
        match what.as_bytes().first() {
            Some(b'f') => figures.files = count,
            Some(b'i') => figures.additions = count,
            Some(b'd') => figures.deletions = count,
            _ => return Err(Unreadable),
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn said() -> String {
        format!(
            "{ONE}\0{TWO} {TWO}\0Ada\0a@b\x001700000000\0Bob\0b@b\x001700000001\0HEAD -> refs/heads/main, tag: refs/tags/v1, refs/remotes/origin/main\0\
             join\0\0{TWO}\0\0Ada\0a@b\0-5\0Ada\0a@b\x000\0\0first\0body\nline\n\0\n 2 files changed, 3 insertions(+)\n"
        )
    }

    #[test]
    fn commits_are_read_with_what_stands_on_them_and_what_they_changed() {
        let commits = read_log(said().as_bytes(), false).unwrap();
        let [join, first] = &commits[..] else {
            panic!("{commits:?}");
        };
        assert_eq!(
            (join.hash.as_str(), join.parents.len(), join.author.at),
            (ONE, 2, 1_700_000_000)
        );
        let refs: Vec<_> = join
            .refs
            .iter()
            .map(|r| (r.kind, r.name.as_str(), r.current))
            .collect();
        let expected = [
            (LogRefKind::Branch, "main", true),
            (LogRefKind::Tag, "v1", false),
            (LogRefKind::Remote, "origin/main", false),
        ];
        assert_eq!(refs, expected);
        assert_eq!(
            (first.subject.as_str(), first.body.as_str(), first.author.at),
            ("first", "body\nline", -5)
        );
        let expected = CommitFigures {
            files: 2,
            additions: 3,
            deletions: 0,
        };
        assert_eq!(
            (join.figures, first.figures),
            (CommitFigures::default(), expected)
        );
    }

    #[test]
    fn a_commit_that_was_cut_is_left_out() {
        let said = said();
        for end in 0..said.len() {
            let commits = read_log(&said.as_bytes()[..end], true).unwrap();
            assert!(commits.len() <= 2 && read_log(&said.as_bytes()[..end], true).is_ok());
        }
        assert!(read_log(&said.as_bytes()[..said.len() - 1], false).is_err());
        assert!(read_log(b"x", false).is_err() && read_log(b"", false).unwrap().is_empty());
    }
}
