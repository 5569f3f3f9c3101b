//! `sessiond run`: the daemon itself, from its specification to the session's end.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use longhouse_link::limits;
use longhouse_link::proto::session_event::{Ending, What};
use longhouse_link::spec::{SessiondSpec, StartFailure, Started};
use rustix::fs::FlockOperation;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::util::SubscriberInitExt;

use crate::clock::SystemClock;
use crate::egress::Proxy;
use crate::git::milestone;
use crate::logfile::{LogFile, Printed};
use crate::processes;
use crate::reaper::Reaper;
use crate::screen::worker::Screens;
use crate::service::Service;
use crate::session::Session;
use crate::shutdown::{TmuxFate, shut_down};

/// The most bytes of a specification: an environment of a few megabytes is already more than any program can be given.
const SPEC_BYTES: u64 = 8 * 1024 * 1024;

/// How long programs have when sessiond is told to end by a signal: what service managers commonly allow is ten seconds.
const SIGNAL_GRACE: Duration = Duration::from_secs(5);

/// How long the server has to take down what the terminals show, before sessiond that was told to end by a signal does so. With the
/// grace it stays below those ten seconds.
const LEAVE: Duration = Duration::from_secs(3);

/// How long the last answers may take to leave before sessiond ends all the same.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Why the daemon could not begin.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The specification is not one.
    #[error("the specification is not understood: {0}")]
    Spec(String),
    /// Another sessiond serves this session.
    #[error("a sessiond runs for this session already")]
    Running,
    /// The system refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn failed<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> DaemonError {
    move |source| DaemonError::Io {
        doing,
        source: source.into(),
    }
}

/// Where the specification is.
#[derive(Clone, Copy, Debug)]
pub enum Specification<'a> {
    /// On standard input: the launcher writes it there.
    StandardInput,
    /// In a file that the server put where a container can read it. The directory of sessiond's own is made then.
    File(&'a Path),
}

/// Reads the specification, says on standard output how the beginning went, and serves until the session ends.
pub fn run(specification: Specification<'_>) -> Result<(), DaemonError> {
    let begun = begin(specification);
    let line = match &begun {
        Ok(_) => serde_json::to_string(&Started {
            pid: std::process::id(),
            start_ticks: processes::read(std::process::id()).map_or(0, |p| p.start_ticks),
        }),
        Err(error) => serde_json::to_string(&StartFailure {
            error: error.to_string(),
        }),
    };
    let line = line.map_err(|error| DaemonError::Spec(error.to_string()))?;
    writeln!(io::stdout(), "{line}").map_err(failed("say how it went"))?;
    let (runtime, session, spec, _lock) = begun?;
    detach_from_standard_streams().map_err(failed("let go of the standard streams"))?;
    let served = runtime.block_on(serve(session, &spec));
    // Nothing may hold up the end: what still runs here has nothing left to do.
    runtime.shutdown_background();
    served.map_err(failed("serve"))
}

type Begun = (tokio::runtime::Runtime, Arc<Session>, SessiondSpec, File);

fn begin(specification: Specification<'_>) -> Result<Begun, DaemonError> {
    let spec = match specification {
        Specification::StandardInput => read_spec(io::stdin())?,
        Specification::File(path) => {
            let spec = read_spec(File::open(path).map_err(failed("open the specification"))?)?;
            make_private(&spec.state_dir).map_err(failed("make the directory of its own"))?;
            spec
        }
    };
    // Where sessiond leads a session already (under an init, say), it need not begin one.
    let _leads_already = rustix::process::setsid();
    // It was started by way of a link called "exe".
    rustix::thread::set_name(c"sessiond").map_err(|e| failed("take a name")(e))?;
    let (lock, succeeds) = lock(&spec.state_dir)?;
    let printed = match specification {
        Specification::StandardInput => None,
        Specification::File(_) => Printed::open().ok(),
    };
    start_log(&spec.state_dir, printed)?;
    // Orphans of the session come to sessiond: so they are seen, and ended with the session.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(failed("become the reaper of orphans"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed("start the runtime"))?;
    let screens = Screens::start().map_err(failed("start the parsing thread"))?;
    let boot_id = chance().map_err(failed("get random bytes"))?;
    let clock = Arc::new(SystemClock);
    let session = Session::new(&spec, clock, screens, Reaper::default(), boot_id, succeeds);
    tracing::info!(session = %spec.session_id, pid = std::process::id(), "sessiond begins");
    Ok((runtime, Arc::new(session), spec, lock))
}

/// A random UUID. The kernel is asked directly: a static program's library wants a device that an empty root directory has not.
fn chance() -> io::Result<String> {
    let mut bytes = [0; 16];
    let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    if got < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string())
}

fn make_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn read_spec(source: impl Read) -> Result<SessiondSpec, DaemonError> {
    let mut text = String::new();
    source
        .take(SPEC_BYTES)
        .read_to_string(&mut text)
        .map_err(failed("read the specification"))?;
    let spec: SessiondSpec =
        serde_json::from_str(&text).map_err(|error| DaemonError::Spec(error.to_string()))?;
    if spec.protocol != limits::PROTOCOL {
        return Err(DaemonError::Spec(format!(
            "the server speaks link protocol {}, this sessiond {}",
            spec.protocol,
            limits::PROTOCOL
        )));
    }
    Ok(spec)
}

/// Holds the session for this process alone, until it ends in whatever way. Answers as well whether an earlier sessiond left its lock: one
/// that came to its end in order took it away, and every program of the session with it.
fn lock(state_dir: &Path) -> Result<(File, bool), DaemonError> {
    let path = state_dir.join("sessiond.lock");
    let succeeds = path.exists();
    let file = File::create(path).map_err(failed("open the lock"))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok((file, succeeds)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(DaemonError::Running),
        Err(error) => Err(failed("take the lock")(error)),
    }
}

/// Begins the log, in a file of sessiond's own and, in a container, where its engine keeps it for people to read.
fn start_log(state_dir: &Path, printed: Option<Printed>) -> Result<(), DaemonError> {
    let path = state_dir.join("sessiond.log");
    let file = LogFile::open(&path, printed).map_err(failed("open the log"))?;
    let log = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(Arc::new(file));
    // In a test process another one may be there already; then its log is this one's.
    if log.finish().try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic")));
    }
    Ok(())
}

/// From here on nobody listens there. Without `/dev/null` (an empty root directory) a file that nobody sees takes its place.
fn detach_from_standard_streams() -> io::Result<()> {
    let null = match File::options().read(true).write(true).open("/dev/null") {
        Ok(null) => null,
        Err(_) => {
            let flags = rustix::fs::MemfdFlags::CLOEXEC;
            File::from(rustix::fs::memfd_create("null", flags)?)
        }
    };
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

async fn serve(session: Arc<Session>, spec: &SessiondSpec) -> io::Result<()> {
    // A handler, not an ignored signal: that would be inherited by every program.
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let _heard = hear_the_keyboards_signals()?;
    session.spawn(session.reaper.clone().run());
    session.spawn(session.ports.clone().watch());
    session.spawn(session.strain.clone().watch());
    let shared = Arc::clone(&session);
    session.spawn(async move { crate::git::recover(&shared).await });
    session.spawn(crate::git::keep::run(Arc::clone(&session)));
    session.spawn(crate::agent::serve(Arc::clone(&session)));
    session.spawn(crate::git::keep::push(Arc::clone(&session)));
    if let Err(error) = milestone::offer(&spec.state_dir) {
        tracing::warn!(%error, "there is no command for milestones");
    }
    open_way_out(&session, spec.way_out_port).await;
    let service = Service::new(Arc::clone(&session));
    let link = longhouse_link::dial(&spec.link_socket, service, session.ending.clone());
    tokio::pin!(link);
    loop {
        tokio::select! {
            () = &mut link => break,
            _ = hang_up.recv() => {}
            _ = terminate.recv() => {
                let session = Arc::clone(&session);
                tokio::spawn(async move {
                    take_leave(&session).await;
                    shut_down(&session, SIGNAL_GRACE, TmuxFate::Ended).await;
                });
            }
        }
    }
    session.tasks.close();
    if tokio::time::timeout(LAST_ANSWERS, session.tasks.wait())
        .await
        .is_err()
    {
        tracing::debug!("some tasks were still waiting");
    }
    crate::agent::remove(&spec.state_dir);
    if let Err(error) = milestone::take_away(&spec.state_dir) {
        tracing::warn!(%error, "cannot remove the command for milestones");
    }
    remove_lock(&spec.state_dir);
    tracing::info!("sessiond ends");
    Ok(())
}

/// Tells the server that the end comes, and waits a moment for it to end the session itself: it takes down first what the terminals show.
async fn take_leave(session: &Session) {
    if !session.events.is_watched() {
        return;
    }
    session.events.tell(What::Ending(Ending {}));
    let ended = session.ending.cancelled();
    if tokio::time::timeout(LEAVE, ended).await.is_err() {
        tracing::info!("the server did not end the session in time");
    }
}

/// Serves the session's proxy, where it has one. Where that cannot be, programs reach nothing, and the log says why.
async fn open_way_out(session: &Arc<Session>, port: Option<u16>) {
    let Some(port) = port else { return };
    match Proxy::bind(port).await {
        Ok(proxy) => {
            let way_out = Arc::new(session.outbound.clone());
            let (tasks, ending) = (session.tasks.clone(), session.ending.clone());
            session.tasks.spawn(proxy.run(way_out, tasks, ending));
        }
        Err(error) => {
            let text = format!("the session's proxy cannot listen on port {port}: {error}");
            session.events.log(tracing::Level::ERROR, "egress", text);
        }
    }
}

/// Whoever starts a server with `&` in a script or through `nohup` leaves it signals that are ignored, and programs would inherit
/// that: ctrl-c would do nothing in any terminal. A handler is not inherited, so it is enough that there is one.
fn hear_the_keyboards_signals() -> io::Result<Vec<Signal>> {
    [
        SignalKind::interrupt(),
        SignalKind::quit(),
        // SIGTSTP, SIGTTIN and SIGTTOU, which have no names in tokio.
        SignalKind::from_raw(20),
        SignalKind::from_raw(21),
        SignalKind::from_raw(22),
    ]
    .into_iter()
    .map(signal)
    .collect()
}

fn remove_lock(state_dir: &Path) {
    if let Err(error) = std::fs::remove_file(state_dir.join("sessiond.lock")) {
        tracing::warn!(%error, "cannot remove the lock");
    }
}
