//! Where a session lives: one trait, and a body for each kind of place.
//!
//! A runtime makes a place with a sessiond in it, finds it again, and clears it away. It decides nothing: which session
//! should run is the engine's business, what happens inside is sessiond's.

mod disk;
pub mod docker;
pub mod echo;
mod exec;
pub mod host;
mod measure;
mod output;

use std::path::PathBuf;

use async_trait::async_trait;
use longhouse_domain::container::{ContainerSpec, Limits};
use longhouse_domain::event::Stage;
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use longhouse_domain::session::{Multiplexer, RuntimeKind, Workdir};
use longhouse_domain::terminal::Environment;
use longhouse_domain::{Secrets, SessionId, Timestamp, UserId};
use longhouse_files::AllowedFiles;
use longhouse_link::Peer;
use tokio::sync::mpsc;

pub use measure::{MeasureError, Pace, Readings};
pub use output::{OutputError, OutputLine, OutputLines, OutputQuestion};

/// What is needed to make a session's place.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which session.
    pub session: SessionId,
    /// Whose it is.
    pub owner: UserId,
    /// How often it was started, this time included.
    pub start: u32,
    /// The directory it works in.
    pub workdir: Workdir,
    /// What its terminals are wrapped in.
    pub multiplexer: Multiplexer,
    /// Environment variables of the session, laid over the runtime's own base environment.
    pub env: Environment,
    /// Where its terminals begin to count their bytes.
    pub first_offset: u64,
    /// Whether the server signs with an SSH key for its programs.
    pub lends_key: bool,
    /// Whether the server may have a token for its git.
    pub lends_token: bool,
    /// The program that its agent needs, looked up before anything is made; `None` needs nothing.
    pub agent_program: Option<String>,
    /// The container to make, where it is to live in one.
    pub container: Option<ContainerSpec>,
}

/// How far the making of a place has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How much of it is done, where that is known.
    pub percent: Option<u8>,
    /// In words.
    pub detail: String,
}

/// How a runtime fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuntimeHealth {
    /// It can be used.
    Well {
        /// The version of what it stands on, where that is a program of its own.
        version: Option<String>,
    },
    /// What it stands on does not answer. It comes back by itself.
    Away {
        /// Why, in words.
        detail: String,
    },
    /// There is nothing on this machine that it could stand on.
    Absent {
        /// What was looked for.
        detail: String,
    },
}

/// Something that happened to a session's place from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// To which session.
    pub session: SessionId,
    /// What.
    pub what: Happening,
}

/// See [`News`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It ended or vanished: look at it.
    Ended,
    /// It was made to stand still.
    Paused,
    /// It goes on.
    Resumed,
    /// A program of it was ended, because the memory that it may have was used up.
    OutOfMemory,
}

/// The container that a session lives in, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The engine's name for it.
    pub id: String,
    /// What it was made from.
    pub image: String,
}

/// Why a place could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The working directory is not below an allowed base directory, is missing, or is no directory. A person can mend it.
    #[error("{0}")]
    Workdir(String),
    /// The agent's program is not installed where the session would look for it.
    #[error("the program \"{program}\" was not found")]
    ProgramMissing {
        /// What was looked for.
        program: String,
    },
    /// More is asked for than this machine has, or something that it cannot do. A person can mend it.
    #[error("{field}: {message}")]
    Field {
        /// The field of the request.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// What the runtime stands on does not answer: try again later.
    #[error("{0}")]
    Unavailable(String),
    /// This machine cannot do it at present; the text says why.
    #[error("{0}")]
    Failed(String),
}

/// A kind of place.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// Which kind.
    fn kind(&self) -> RuntimeKind;

    /// Whether a session of this kind would find that program, as far as can be told without one: what a form shows beforehand.
    fn has_program(&self, program: &str) -> bool;

    /// Whether a place could be made with this working directory and program, without making anything: the check behind a
    /// 422 at creation. [`Runtime::provision`] checks again, on the handles that it then uses.
    async fn check(&self, plan: &Plan) -> Result<(), ProvisionError>;

    /// Fetches what takes long, so that [`Runtime::provision`] does not: an image, with its progress. It may be given up at any moment.
    async fn prepare(
        &self,
        _plan: &Plan,
        _progress: &mpsc::Sender<Progress>,
    ) -> Result<(), ProvisionError> {
        Ok(())
    }

    /// Makes the place and starts sessiond in it; returns once sessiond is dialling the link's socket, which the caller
    /// has bound. What an earlier attempt left is cleared first. On failure nothing is left.
    async fn provision(&self, plan: &Plan) -> Result<RuntimeHandle, ProvisionError>;

    /// Looks whether the session's sessiond lives; changes nothing. Without a handle it searches for one that an
    /// interrupted provision left.
    async fn observe(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> Observed;

    /// Ends what lives of the session without asking: sessiond, its programs and what they left behind. Directories stay.
    async fn end(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> std::io::Result<()>;

    /// [`Runtime::end`], then removes every directory and socket that Longhouse made for the session. A working directory
    /// that a person named stays.
    async fn destroy(&self, session: SessionId, workdir: &Workdir) -> std::io::Result<()>;

    /// Makes these, and no others, the secrets that the session's programs can read, whether it lives already or is about to.
    /// They go with [`Runtime::end`].
    async fn keep_secrets(&self, session: SessionId, secrets: &Secrets) -> std::io::Result<()>;
    /// The files of this machine that people may handle without a session, where there are such.
    fn files(&self) -> Option<AllowedFiles>;

    /// The private directory of the session's sockets, made if it is missing.
    fn socket_dir(&self, session: SessionId) -> std::io::Result<PathBuf>;

    /// The path on which the server waits for the session's sessiond.
    fn link_path(&self, session: SessionId) -> PathBuf;

    /// Whose sessiond will dial there.
    fn link_peer(&self) -> Peer {
        Peer::Own
    }

    /// The tmux socket that people attach to from a shell.
    fn tmux_path(&self, session: SessionId) -> PathBuf;

    /// The session's working directory as an absolute path, for people to read.
    fn workdir_path(&self, session: SessionId, workdir: &Workdir) -> PathBuf;

    /// Sessions of which something is left on this machine (a directory, a socket), whether or not anybody remembers them.
    async fn leftovers(&self) -> std::io::Result<Vec<Leftover>>;

    /// Clears away one of them: what lives of it, its sockets, its directories. A working directory with something in it stays.
    async fn clear(&self, leftover: &Leftover) -> std::io::Result<()>;

    /// Everything that outlives its sessions' programs and holds their work, beside directories of this machine: whoever's it is, and whether
    /// anybody remembers them. The error is for people.
    async fn volumes(&self) -> Result<Vec<Volume>, String> {
        Ok(Vec::new())
    }

    /// Removes one of them, with everything in it.
    async fn remove_volume(&self, _name: &str) -> Result<(), VolumeError> {
        Err(VolumeError::Gone)
    }

    /// How it fares, as far as it knows; it asks nobody.
    fn health(&self) -> RuntimeHealth {
        RuntimeHealth::Well { version: None }
    }

    /// Whether it can be reached now: it is asked, and answers or fails in a moment. The text is for people.
    async fn reach(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether a session of which nothing more is said could be started in it now.
    async fn is_ready(&self) -> bool {
        true
    }

    /// The most that one session can be given, where that is known at present; it asks nobody.
    fn most(&self) -> Option<Limits> {
        None
    }

    /// What the session's place printed, and with `follow` what it prints from now on until it is gone.
    async fn output(
        &self,
        session: SessionId,
        handle: Option<&RuntimeHandle>,
        question: OutputQuestion,
    ) -> Result<OutputLines, OutputError>;

    /// The container that a handle names.
    fn container(&self, _handle: &RuntimeHandle) -> Option<Container> {
        None
    }

    /// What the place uses, as far as it is counted from outside. `None` where nothing does: then what sessiond sees is all there is.
    fn measure(&self, _handle: &RuntimeHandle, _pace: Pace) -> Option<Readings> {
        None
    }

    /// Tells what happens to sessions from outside, until it is dropped. A runtime whose sessions nobody else can touch tells nothing.
    async fn watch(&self, _news: mpsc::Sender<News>) {
        std::future::pending().await
    }
}

/// A place that holds a session's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name; there is one of it.
    pub name: String,
    /// Whose it is.
    pub session: SessionId,
    /// Whose the session was when it was made.
    pub owner: Option<UserId>,
    /// When it was made, where that is known.
    pub created_at: Option<Timestamp>,
}

/// Why a volume was not removed.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    /// There is none of that name.
    #[error("there is no such volume")]
    Gone,
    /// Something still uses it.
    #[error("{0}")]
    InUse(String),
    /// What holds it is away.
    #[error("{0}")]
    Unavailable(String),
    /// Nobody knows better.
    #[error("{0}")]
    Failed(String),
}

/// Something of a session that is left on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The session's identifier, or its short form where only that can be read off.
    pub name: String,
    /// Whether it belongs to this session.
    pub session: Option<SessionId>,
}

/// Whether this could be [`SessionId::short`]'s answer.
fn is_short_name(name: &str) -> bool {
    name.len() == 12
        && name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
