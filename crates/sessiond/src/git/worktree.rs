//! Making the session's directory a working tree of a repository that another session has: once, whoever is killed meanwhile.
//!
//! ```text
//!   <repository>/worktrees/<name>, .git    git enters the tree, with nothing in it yet; who is killed in here begins anew
//!   <tracked files>                        checked out; may be done again
//!   <ignored files>                        copied over nothing that is there; may be gone on with
//!   <entry>/longhouse-worktree             says whose working tree it is, whole
//! ```

mod copied;
mod site;

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::git::{BranchName, Refusal, Revision};
use longhouse_link::limits::{CLONE_PROGRESS, CLONE_SAID_BYTES, WORKTREE_PATTERNS, WORKTREE_TIME};
use longhouse_link::proto::worktree_news::{Failed, Made, Progress, Stage, What, Why};
use longhouse_link::proto::{WorktreeNews, WorktreeRequest};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

use super::keep::{Call, Own, Trouble};
use super::repository::{Repository, Turn};
use super::run::{Ended, run};
use super::{in_repository, progress, words};
use crate::session::Session;
pub(super) use site::Site;
use site::Standing;

/// The most news that wait for the caller; further ones are dropped, but for the last.
const NEWS: usize = 4;

/// A request whose every part was read.
struct Wanted {
    tree: PathBuf,
    branch: BranchName,
    from: Option<Revision>,
    copy: Vec<String>,
    deadline: Instant,
}

/// How it came to no end.
enum Broken {
    /// For a reason that people can read.
    Failed(Failed),
    /// Whoever asked has gone.
    Unwanted,
}

fn failed(why: Why, said: &str) -> Broken {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = said.chars().map(plain).collect();
    let end = line.floor_char_boundary(CLONE_SAID_BYTES);
    Broken::Failed(Failed {
        why: why.into(),
        said: line[..end].trim().to_owned(),
    })
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Why::DiskFull,
            _ => Why::Other,
        };
        failed(why, &format!("the directory: {error}"))
    }
}

impl From<Trouble> for Broken {
    fn from(trouble: Trouble) -> Self {
        let why = match &trouble {
            Trouble::TimeOver(_) => Why::TimeOver,
            Trouble::NotStarted(_) => Why::ProgramMissing,
            Trouble::Git { said, .. } => meaning(said),
            Trouble::Unreadable(_) | Trouble::Io { .. } => Why::Other,
        };
        failed(why, &trouble.to_string())
    }
}

/// What git's words mean.
fn meaning(said: &str) -> Why {
    let has = |words: &str| said.contains(words);
    if has("already checked out at") || has("already used by worktree") {
        Why::BranchInUse
    } else if has("No space left on device") || has("Disk quota exceeded") {
        Why::DiskFull
    } else {
        Why::Other
    }
}

/// Makes it, and tells how it goes. It ends when nobody listens any more.
///
/// # Errors
/// When the request makes no sense.
pub(crate) fn make(
    session: &Arc<Session>,
    request: WorktreeRequest,
) -> Result<mpsc::Receiver<WorktreeNews>, Status> {
    let wanted = Wanted::try_from(request)?;
    let (news, heard) = mpsc::channel(NEWS);
    let shared = Arc::clone(session);
    session.spawn(async move {
        let what = match attempt(&shared, &wanted, &news).await {
            Ok(made) => What::Made(made),
            Err(Broken::Failed(failed)) => What::Failed(failed),
            Err(Broken::Unwanted) => return,
        };
        // Whoever asked may have gone; they find what is there when they ask again.
        let _ = news.send(WorktreeNews { what: Some(what) }).await;
    });
    Ok(heard)
}

async fn attempt(
    session: &Session,
    wanted: &Wanted,
    news: &mpsc::Sender<WorktreeNews>,
) -> Result<Made, Broken> {
    let one_at_a_time = tokio::select! {
        permit = session.cloning.acquire() => permit,
        () = news.closed() => return Err(Broken::Unwanted),
    };
    let _one_at_a_time = one_at_a_time.map_err(|_| Broken::Unwanted)?;
    let tree = std::fs::canonicalize(&wanted.tree).map_err(|error| {
        let said = format!("{}: {error}", wanted.tree.display());
        failed(Why::NoRepository, &said)
    })?;
    let source =
        Repository::at(tree).map_err(|refusal| failed(Why::NoRepository, refusal.words()))?;
    // sessiond's current directory is the session's, which it never leaves.
    let root = std::fs::canonicalize(".")?;
    let site = Site::new(&root, &source, session.environment.session());
    if site.is_whole() {
        return Ok(Made {
            found: true,
            ..Made::default()
        });
    }
    check_out(session, wanted, &source, &site, news).await?;
    let copied = copied::copy(session, &source, &root, wanted, news).await?;
    on_disk(&site, Site::mark).await?;
    Ok(copied)
}

/// Enters the working tree into the repository, and fills it.
async fn check_out(
    session: &Session,
    wanted: &Wanted,
    source: &Repository,
    site: &Site,
    news: &mpsc::Sender<WorktreeNews>,
) -> Result<(), Broken> {
    tell(news, Stage::Tree, "waiting for the repository", None);
    let turn = tokio::select! {
        turn = Turn::take(session, source, wanted.deadline) => turn,
        () = news.closed() => return Err(Broken::Unwanted),
    };
    let turn = turn.map_err(|refusal| match refusal {
        Refusal::Busy => failed(Why::Busy, refusal.words()),
        _ => failed(Why::NoRepository, refusal.words()),
    })?;
    let branch = wanted.branch.clone();
    match on_disk(site, move |site| site.look(&branch)).await? {
        Standing::Begun => {}
        Standing::Other(name) => return Err(failed(Why::NotEmpty, &name)),
        Standing::Nothing => {
            let own = Own::new(session, source, &turn, wanted.deadline);
            enter(&own, wanted, source, site).await?;
        }
    }
    fill(session, wanted, &turn, news).await
}

/// Lets git enter the working tree, on its branch.
async fn enter(
    own: &Own<'_>,
    wanted: &Wanted,
    source: &Repository,
    site: &Site,
) -> Result<(), Broken> {
    let not_utf8 = || failed(Why::Other, "a directory's name is not UTF-8");
    let there = source.root.to_str().ok_or_else(not_utf8)?;
    let here = site.root().to_str().ok_or_else(not_utf8)?;
    let name = format!("refs/heads/{}", wanted.branch);
    let known = ["-C", there, "show-ref", "--verify", "--quiet", &name];
    let add = ["-C", there, "worktree", "add", "--no-checkout"];
    if own.ask(call(&known)).await?.code == 0 {
        let rest = ["--", here, wanted.branch.as_str()];
        own.run(call(&[&add[..], &rest[..]].concat())).await?;
        return Ok(());
    }
    let from = wanted.from.as_ref().map_or("HEAD", Revision::as_str);
    let commit = format!("{from}^{{commit}}");
    let words = ["-C", there, "rev-parse", "--quiet", "--verify", &commit];
    let begins = own.maybe(&words).await?;
    let begins = begins.ok_or_else(|| failed(Why::NoSuchCommit, from))?;
    let branch = wanted.branch.as_str();
    let rest = ["--no-track", "-b", branch, "--", here, &begins];
    own.run(call(&[&add[..], &rest[..]].concat())).await?;
    Ok(())
}

fn call<'a>(words: &'a [&'a str]) -> Call<'a> {
    Call {
        words,
        ..Call::default()
    }
}

/// Checks the files out that the branch has.
async fn fill(
    session: &Session,
    wanted: &Wanted,
    turn: &Turn<'_>,
    news: &mpsc::Sender<WorktreeNews>,
) -> Result<(), Broken> {
    let repository = Repository::here().map_err(|refusal| failed(Why::Other, refusal.words()))?;
    let arguments = words(["checkout", "--force", "--progress", "--no-guess"]);
    let mut command = in_repository(session, &repository, "", arguments)
        .map_err(|error| failed(Why::ProgramMissing, &error.to_string()))?;
    command.stdin = turn.begin(b"")?;
    let mut told_at: Option<Instant> = None;
    let hear = |line: &str| {
        let too_soon = told_at.is_some_and(|at| at.elapsed() < CLONE_PROGRESS);
        if let Some(step) = progress::read(line).filter(|_| !too_soon) {
            told_at = Some(Instant::now());
            tell(news, Stage::Tree, &step.step, step.percent);
        }
    };
    let ended = run(
        command,
        &session.reaper,
        wanted.deadline,
        news.closed(),
        hear,
    )
    .await;
    let by_itself = matches!(&ended, Ok(Ended::Itself(code, _)) if *code <= 128);
    turn.end(by_itself).await;
    match ended? {
        Ended::Itself(0, _) => Ok(()),
        Ended::Itself(_, lines) => {
            let complaint = lines.iter().find(|line| line.starts_with("fatal: "));
            let said = complaint
                .or(lines.last())
                .map_or("it said nothing", String::as_str);
            Err(failed(
                meaning(&lines.join("\n")),
                &format!("git checkout: {said}"),
            ))
        }
        Ended::TimeOver => Err(failed(Why::TimeOver, "")),
        Ended::Unwanted => Err(Broken::Unwanted),
    }
}

/// Tells how it goes. Where nobody keeps up, the next one tells more.
fn tell(news: &mpsc::Sender<WorktreeNews>, stage: Stage, step: &str, percent: Option<u32>) {
    let _ = news.try_send(WorktreeNews {
        what: Some(What::Progress(Progress {
            stage: stage.into(),
            step: step.to_owned(),
            percent,
        })),
    });
}

async fn on_disk<T: Send + 'static>(
    site: &Site,
    work: impl FnOnce(&Site) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let site = site.clone();
    tokio::task::spawn_blocking(move || work(&site))
        .await
        .map_err(io::Error::other)?
}

impl TryFrom<WorktreeRequest> for Wanted {
    type Error = Status;

    fn try_from(request: WorktreeRequest) -> Result<Self, Status> {
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            Status::invalid_argument(format!("{what} {error}"))
        };
        let tree = PathBuf::from(OsString::from_vec(request.tree.into_bytes()));
        if !tree.is_absolute() {
            return Err(wrong("the working tree", &"is no absolute path"));
        }
        let from = Some(request.from).filter(|from| !from.is_empty());
        let from = from.map(|from| from.parse()).transpose();
        if request.copy.len() > WORKTREE_PATTERNS {
            return Err(wrong("the patterns", &"are too many"));
        }
        let time = Duration::from_secs(request.timeout_seconds.into()).min(WORKTREE_TIME);
        Ok(Self {
            tree,
            branch: request
                .branch
                .parse()
                .map_err(|error| wrong("the branch", &error))?,
            from: from.map_err(|error| wrong("the commit", &error))?,
            copy: request.copy,
            deadline: Instant::now() + time,
        })
    }
}

/// Whether a path has a part that is git's own.
fn is_gits(path: &Path) -> bool {
    path.components()
        .any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_no_server_of_ours_makes_is_refused() {
        let request = WorktreeRequest {
            tree: "/srv/a".to_owned(),
            branch: "longhouse/a".to_owned(),
            timeout_seconds: 60,
            ..WorktreeRequest::default()
        };
        assert!(Wanted::try_from(request.clone()).is_ok());
        for bad in [
            WorktreeRequest {
                tree: "a".to_owned(),
                ..request.clone()
            },
            WorktreeRequest {
                branch: "--lock".to_owned(),
                ..request.clone()
            },
            WorktreeRequest {
                from: "--exec=id".to_owned(),
                ..request.clone()
            },
            WorktreeRequest {
                copy: vec!["*".to_owned(); WORKTREE_PATTERNS + 1],
                ..request
            },
        ] {
            assert!(Wanted::try_from(bad).is_err());
        }
    }

    #[test]
    fn gits_words_are_understood() {
        for (said, why) in [
            (
                "fatal: 'a' is already checked out at '/x'",
                Why::BranchInUse,
            ),
            (
                "fatal: 'a' is already used by worktree at '/x'",
                Why::BranchInUse,
            ),
            (
                "error: unable to write file a: No space left on device",
                Why::DiskFull,
            ),
            ("fatal: something else", Why::Other),
        ] {
            assert_eq!(meaning(said), why, "{said}");
        }
    }
}
