//! Cloning a repository into the session's directory: once, whoever is killed meanwhile.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::git::{Repository, Transport};
use longhouse_link::limits::{CLONE_PROGRESS, CLONE_TIME};
use longhouse_link::proto::clone_news::{Cloned, Failed, Progress, What, Why};
use longhouse_link::proto::{CloneNews, CloneRequest};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

use super::place::{Found, Place};
use super::run::{Ended, run};
use super::{command, fault, progress};
use crate::session::Session;

/// The most of git's words that wait for the caller; further ones are dropped, but for the last.
const NEWS: usize = 4;

/// A request whose every part was read, so that none is an option to git.
struct Wanted {
    repository: Repository,
    protocols: String,
    deadline: Instant,
}

/// How a clone came to no end.
enum Broken {
    /// For a reason that people can read.
    Failed(Failed),
    /// Whoever asked has gone.
    Unwanted,
}

impl From<Failed> for Broken {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Why::DiskFull,
            _ => Why::Other,
        };
        Self::Failed(fault::failed(why, &format!("the directory: {error}")))
    }
}

/// Clones, and tells how it goes. It ends when nobody listens any more.
///
/// # Errors
/// When the request makes no sense.
pub(crate) fn clone(
    session: &Arc<Session>,
    request: CloneRequest,
) -> Result<mpsc::Receiver<CloneNews>, Status> {
    let wanted = Wanted::try_from(request)?;
    let (news, heard) = mpsc::channel(NEWS);
    let shared = Arc::clone(session);
    session.spawn(async move {
        let what = match attempt(&shared, wanted, &news).await {
            Ok(cloned) => What::Cloned(cloned),
            Err(Broken::Failed(failed)) => What::Failed(failed),
            Err(Broken::Unwanted) => return,
        };
        // Whoever asked may have gone; they find what is there when they ask again.
        let _ = news.send(CloneNews { what: Some(what) }).await;
    });
    Ok(heard)
}

async fn attempt(
    session: &Session,
    wanted: Wanted,
    news: &mpsc::Sender<CloneNews>,
) -> Result<Cloned, Broken> {
    let one_at_a_time = tokio::select! {
        permit = session.cloning.acquire() => permit,
        () = news.closed() => return Err(Broken::Unwanted),
    };
    let _one_at_a_time = one_at_a_time.map_err(|_| Broken::Unwanted)?;
    // sessiond's current directory is the session's, which it never leaves.
    let place = Place::new(Path::new("."), session.environment.session());
    match on_disk(&place, Place::look).await? {
        Found::Clone => return Ok(Cloned { found: true }),
        Found::Other(name) => return Err(fault::failed(Why::NotEmpty, &name).into()),
        Found::Ready => {}
        Found::Nothing => {
            if let Err(broken) = fetch(session, &place, wanted, news).await {
                on_disk(&place, Place::clear).await?;
                return Err(broken);
            }
        }
    }
    match on_disk(&place, Place::settle).await? {
        None => Ok(Cloned { found: false }),
        Some(name) => Err(fault::failed(Why::NotEmpty, &name).into()),
    }
}

/// Lets git make the whole tree beside its place.
async fn fetch(
    session: &Session,
    place: &Place,
    wanted: Wanted,
    news: &mpsc::Sender<CloneNews>,
) -> Result<(), Broken> {
    on_disk(place, Place::prepare).await?;
    let deadline = wanted.deadline;
    let mut arguments = arguments(&wanted.repository, &place.tree());
    arguments.insert(1, "--progress".to_owned());
    let arguments = arguments.into_iter().map(OsString::from);
    let command = command(session, &wanted.protocols, arguments)
        .map_err(|error| fault::failed(Why::ProgramMissing, &error.to_string()))?;
    let mut pace = Pace::default();
    let hear = |line: &str| {
        let told = progress::read(line).filter(|progress| pace.allows(progress));
        if let Some(progress) = told {
            // Where nobody keeps up, the next one tells more.
            let _ = news.try_send(CloneNews {
                what: Some(What::Progress(progress)),
            });
        }
    };
    match run(command, &session.reaper, deadline, news.closed(), hear).await? {
        Ended::Itself(0, _) => Ok(on_disk(place, Place::note_ready).await?),
        Ended::Itself(code, lines) => Err(fault::read(code, &lines).into()),
        Ended::TimeOver => Err(fault::failed(Why::TimeOver, "").into()),
        Ended::Unwanted => Err(Broken::Unwanted),
    }
}

async fn on_disk<T: Send + 'static>(
    place: &Place,
    work: impl FnOnce(&Place) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let place = place.clone();
    tokio::task::spawn_blocking(move || work(&place))
        .await
        .map_err(io::Error::other)?
}

/// What git is told of a clone that goes there.
pub(super) fn arguments(repository: &Repository, tree: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = ["clone", "--origin=origin", "--template="]
        .map(str::to_owned)
        .into();
    if let Some(branch) = &repository.branch {
        arguments.push(format!("--branch={branch}"));
    }
    if let Some(depth) = repository.depth {
        arguments.push(format!("--depth={depth}"));
    }
    if repository.submodules {
        arguments.push("--recurse-submodules".to_owned());
    }
    if repository.submodules && repository.depth.is_some() {
        arguments.push("--shallow-submodules".to_owned());
    }
    arguments.push("--".to_owned());
    arguments.push(repository.url.to_string());
    arguments.push(tree.display().to_string());
    arguments
}

impl TryFrom<CloneRequest> for Wanted {
    type Error = Status;

    fn try_from(request: CloneRequest) -> Result<Self, Status> {
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            Status::invalid_argument(format!("{what} {error}"))
        };
        let branch = Some(request.branch).filter(|name| !name.is_empty());
        let branch = branch.map(|name| name.parse()).transpose();
        let protocols = request.protocols;
        for name in protocols.split(':') {
            let known = name.parse::<Transport>();
            known.map_err(|error| wrong("a protocol", &error))?;
        }
        let time = Duration::from_secs(request.timeout_seconds.into()).min(CLONE_TIME);
        let url = request.url.parse();
        let repository = Repository {
            url: url.map_err(|error| wrong("the address", &error))?,
            branch: branch.map_err(|error| wrong("the branch", &error))?,
            depth: NonZeroU32::new(request.depth),
            submodules: request.submodules,
        };
        Ok(Self {
            repository,
            protocols,
            deadline: Instant::now() + time,
        })
    }
}

/// Tells of a change, and not too often.
#[derive(Default)]
struct Pace {
    last: Option<(Instant, Progress)>,
}

impl Pace {
    fn allows(&mut self, progress: &Progress) -> bool {
        let now = Instant::now();
        let allowed = self
            .last
            .as_ref()
            .is_none_or(|(at, last)| last != progress && now.duration_since(*at) >= CLONE_PROGRESS);
        if allowed {
            self.last = Some((now, progress.clone()));
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CloneRequest {
        CloneRequest {
            url: "https://example.org/a".to_owned(),
            protocols: "https:ssh".to_owned(),
            timeout_seconds: 60,
            ..CloneRequest::default()
        }
    }

    #[test]
    fn operands_stand_behind_the_end_of_options() {
        let wanted = Wanted::try_from(CloneRequest {
            branch: "main".to_owned(),
            depth: 1,
            submodules: true,
            ..request()
        });
        let repository = wanted.ok().unwrap().repository;
        let arguments = arguments(&repository, Path::new("./x/tree"));
        let end = arguments.iter().position(|word| word == "--").unwrap();
        assert_eq!(arguments[end + 1..], ["https://example.org/a", "./x/tree"]);
        assert!(arguments[..end].contains(&"--branch=main".to_owned()));
        assert!(arguments[..end].contains(&"--recurse-submodules".to_owned()));
    }

    #[test]
    fn a_request_that_no_server_of_ours_makes_is_refused() {
        for request in [
            CloneRequest {
                url: "ext::sh -c id".to_owned(),
                ..request()
            },
            CloneRequest {
                branch: "--upload-pack=id".to_owned(),
                ..request()
            },
            CloneRequest {
                protocols: "https:ext".to_owned(),
                ..request()
            },
        ] {
            assert!(Wanted::try_from(request).is_err());
        }
    }
}
