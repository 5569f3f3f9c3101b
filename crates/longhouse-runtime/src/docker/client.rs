//! The way to the container engine: found lazily, with a deadline on every call, and never believed to be there.
//!
//! It knows that an engine may be away, hang, or come back; it does not know what is asked of it.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::InspectNetworkOptions;
use bollard::{API_DEFAULT_VERSION, Docker};
use longhouse_domain::Timestamp;
use longhouse_domain::container::Limits;
use tokio::sync::watch;
use tokio::time::Instant;

use super::settings::EngineAddress;
use crate::RuntimeHealth;

/// How long a call may take for whose answer somebody waits. A healthy engine answers in milliseconds.
const QUICK: Duration = Duration::from_secs(2);

/// How long one may take that makes or removes something: a disk under load takes seconds.
const WORK: Duration = Duration::from_secs(60);

/// bollard's own deadline, beyond both: ours are the ones that count.
const CLIENT_SECONDS: u64 = 120;

/// How long nobody asks again after the engine was found away, so that a hundred sessions do not each wait for the same silence.
const PAUSE: Duration = Duration::from_millis(500);

/// The pauses before a call is repeated that failed for a reason that may pass.
const RETRIES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];

/// Why the engine did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// Nobody is there: try again later.
    #[error("the container engine does not answer: {0}")]
    Away(String),
    /// Somebody is there who says nothing: try again later.
    #[error("the container engine does not answer: {0}")]
    Silent(String),
    /// It knows no such thing.
    #[error("{0}")]
    NotFound(String),
    /// Something is in the way: the name is taken, or a removal is under way.
    #[error("{0}")]
    Conflict(String),
    /// It will not, or cannot. Its own words.
    #[error("{0}")]
    Refused(String),
}

impl CallError {
    /// Whether asking again may help.
    fn may_pass(error: &Error) -> bool {
        match error {
            Error::DockerResponseServerError { status_code, .. } => *status_code >= 500,
            Error::IOError { .. } | Error::HyperResponseError { .. } => true,
            Error::HyperLegacyError { .. } => true,
            _ => false,
        }
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        match error {
            Error::DockerResponseServerError {
                status_code,
                message,
            } => match status_code {
                404 => Self::NotFound(message),
                409 => Self::Conflict(message),
                _ => Self::Refused(message),
            },
            Error::DockerStreamError { error } => Self::Refused(error),
            Error::IOError { .. }
            | Error::HyperResponseError { .. }
            | Error::HyperLegacyError { .. }
            | Error::SocketNotFoundError(_) => Self::Away(chain(&error)),
            Error::RequestTimeoutError => Self::Silent(error.to_string()),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<CallError> for std::io::Error {
    fn from(error: CallError) -> Self {
        Self::other(error)
    }
}

/// An error with its causes: the outermost one of a connection says nothing but that it failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// An engine that answered.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    /// The way to it.
    pub(super) docker: Docker,
    /// Its version.
    pub(super) version: String,
    /// The machine's cores and memory, and how many processes a container may have at most.
    pub(super) most: Limits,
    /// Whether containers live on when it ends.
    live_restore: bool,
    /// Its own clock, when it was asked.
    now: Option<Timestamp>,
    /// When it began, as far as that can be told, or when it was found again after it had been gone; by its own clock.
    returned: Option<Timestamp>,
}

impl Engine {
    /// Whether a container that ended at that moment went the way of the engine: one without live-restore ends what it had started, at the
    /// latest before it answers again.
    pub(super) fn took_along(&self, ended: Timestamp) -> bool {
        !self.live_restore && self.returned.is_some_and(|returned| ended <= returned)
    }
}

/// What is known of the engine.
#[derive(Clone, Debug)]
enum State {
    /// Nobody has asked yet.
    Unasked,
    Up(Engine),
    Away {
        error: CallError,
        asked: Instant,
        /// What it was before.
        before: Before,
    },
    Absent {
        detail: String,
    },
}

/// What was known of an engine before it stopped to answer.
#[derive(Clone, Copy, Debug)]
struct Before {
    /// Whether it was gone at any moment since, rather than slow.
    was_gone: bool,
    returned: Option<Timestamp>,
}

/// The way to an engine that may be away.
#[derive(Debug)]
pub(super) struct Client {
    address: EngineAddress,
    state: watch::Sender<State>,
}

impl Client {
    pub(super) fn new(address: EngineAddress) -> Self {
        Self {
            address,
            state: watch::Sender::new(State::Unasked),
        }
    }

    /// The engine, if it answers now.
    pub(super) async fn engine(&self) -> Result<Engine, CallError> {
        let state = self.state.borrow().clone();
        match state {
            State::Up(engine) => Ok(engine),
            State::Away { error, asked, .. } if asked.elapsed() < PAUSE => Err(error),
            State::Unasked | State::Away { .. } | State::Absent { .. } => self.connect().await,
        }
    }

    /// Asks the engine who it is, whatever is known of it.
    pub(super) async fn connect(&self) -> Result<Engine, CallError> {
        let socket = match self.address.socket() {
            Ok(socket) => socket,
            Err(detail) => {
                self.state.send_replace(State::Absent {
                    detail: detail.clone(),
                });
                return Err(CallError::Away(detail));
            }
        };
        let answer = tokio::time::timeout(QUICK, introduce(&socket)).await;
        let answer = answer.unwrap_or_else(|_| Err(silence(QUICK)));
        match answer {
            Ok(mut engine) => {
                self.state.send_modify(|state| {
                    engine.returned = match state {
                        State::Up(known) => known.returned,
                        State::Away { before, .. } if before.was_gone => engine.now,
                        State::Away { before, .. } => before.returned,
                        State::Unasked | State::Absent { .. } => engine.returned,
                    };
                    *state = State::Up(engine.clone());
                });
                Ok(engine)
            }
            Err(CallError::Silent(detail)) => {
                let error = CallError::Silent(format!("{} ({detail})", socket.display()));
                self.note_away(&error);
                Err(error)
            }
            Err(error) => {
                let error = CallError::Away(format!("{} ({error})", socket.display()));
                self.note_away(&error);
                Err(error)
            }
        }
    }

    /// Asks for something that is answered at once.
    pub(super) async fn ask<T, F>(&self, call: impl Fn(Docker) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.call(QUICK, call).await
    }

    /// Has something done that may take a while. It is repeated where that may help, so it must be safe to do twice.
    pub(super) async fn have_done<T, F>(&self, call: impl Fn(Docker) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.call(WORK, call).await
    }

    async fn call<T, F>(&self, limit: Duration, call: impl Fn(Docker) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let engine = self.engine().await?;
        let repeated = async {
            for pause in RETRIES {
                match call(engine.docker.clone()).await {
                    Err(error) if CallError::may_pass(&error) => {
                        tracing::debug!(%error, "a call of the container engine is repeated");
                        tokio::time::sleep(pause).await;
                    }
                    other => return other.map_err(CallError::from),
                }
            }
            call(engine.docker.clone()).await.map_err(CallError::from)
        };
        let answer = tokio::time::timeout(limit, repeated).await;
        let answer = answer.unwrap_or_else(|_| Err(silence(limit)));
        if let Err(error @ (CallError::Away(_) | CallError::Silent(_))) = &answer {
            self.note_away(error);
        }
        answer
    }

    /// From now on the engine counts as away, until it answers again.
    pub(super) fn note_away(&self, error: &CallError) {
        let error = match error {
            CallError::Away(_) | CallError::Silent(_) => error.clone(),
            other => CallError::Away(other.to_string()),
        };
        let is_gone = matches!(error, CallError::Away(_));
        self.state.send_modify(|state| {
            let before = match state {
                State::Up(engine) => Before {
                    was_gone: is_gone,
                    returned: engine.returned,
                },
                State::Away { before, .. } => Before {
                    was_gone: is_gone || before.was_gone,
                    ..*before
                },
                State::Unasked | State::Absent { .. } => Before {
                    was_gone: is_gone,
                    returned: None,
                },
            };
            *state = State::Away {
                error,
                asked: Instant::now(),
                before,
            };
        });
    }

    /// What the engine's machine has, if it answered last.
    pub(super) fn most(&self) -> Option<Limits> {
        match &*self.state.borrow() {
            State::Up(engine) => Some(engine.most),
            State::Unasked | State::Away { .. } | State::Absent { .. } => None,
        }
    }

    pub(super) fn health(&self) -> RuntimeHealth {
        match &*self.state.borrow() {
            State::Up(engine) => RuntimeHealth::Well {
                version: Some(engine.version.clone()),
            },
            State::Away { error, .. } => RuntimeHealth::Away {
                detail: match error {
                    CallError::Away(detail) | CallError::Silent(detail) => detail.clone(),
                    other => other.to_string(),
                },
            },
            State::Absent { detail } => RuntimeHealth::Absent {
                detail: detail.clone(),
            },
            State::Unasked => RuntimeHealth::Away {
                detail: "nobody has asked it yet".to_owned(),
            },
        }
    }
}

pub(super) fn silence(limit: Duration) -> CallError {
    CallError::Silent(format!("no answer within {} seconds", limit.as_secs()))
}

async fn introduce(socket: &Path) -> Result<Engine, CallError> {
    let path = socket
        .to_str()
        .ok_or_else(|| CallError::Away("its path is not text".to_owned()))?;
    let docker = Docker::connect_with_unix(path, CLIENT_SECONDS, API_DEFAULT_VERSION)?;
    let docker = docker.negotiate_version().await?;
    let (version, info) = tokio::try_join!(docker.version(), docker.info())?;
    let parts = version.components.unwrap_or_default();
    if parts.iter().any(|part| part.name.starts_with("Podman")) {
        // It reads the profile as the name of a file, and gives no file system in memory to a user: what it would make is not what we ask for.
        return Err(CallError::Refused(
            "it is Podman, which does not take what keeps a session in its container (a seccomp profile of its own, file systems in memory \
             with an owner): use Docker's engine"
                .to_owned(),
        ));
    }
    let options = info.security_options.unwrap_or_default();
    let foreign = |name: &str| options.iter().any(|option| option.contains(name));
    if foreign("name=userns") || foreign("name=rootless") {
        // A container's user would be another one outside than inside, and could not be told from any other.
        return Err(CallError::Refused(
            "it maps users (userns-remap or rootless), which this version of Longhouse does not support".to_owned(),
        ));
    }
    if info.os_type.as_deref().is_some_and(|os| os != "linux") {
        return Err(CallError::Refused("it runs no Linux containers".to_owned()));
    }
    let count = |number: i64| u32::try_from(number).unwrap_or(0);
    Ok(Engine {
        version: info.server_version.unwrap_or_default(),
        most: Limits {
            cpu_millis: count(info.ncpu.unwrap_or(0)).saturating_mul(1000),
            memory_mb: count(info.mem_total.unwrap_or(0) / (1024 * 1024)),
            pids: Limits::MOST_PIDS,
        },
        live_restore: info.live_restore_enabled == Some(true),
        now: info.system_time.and_then(|at| at.parse().ok()),
        returned: beginning(&docker).await,
        docker,
    })
}

/// When the engine began, told by its default network, which one without running containers makes anew each time. Others do not tell
/// (`--bridge=none`, Podman), and then nobody knows of an engine that began anew while this server was away.
async fn beginning(docker: &Docker) -> Option<Timestamp> {
    let options = None::<InspectNetworkOptions>;
    let network = docker.inspect_network("bridge", options).await.ok()?;
    network.created?.parse().ok()
}
