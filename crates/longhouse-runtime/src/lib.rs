//! Where a session lives: one trait, and a body for each kind of place.
//!
//! A runtime makes a place with a sessiond in it, finds it again, and clears it away. It decides nothing: which session
//! should run is the engine's business, what happens inside is sessiond's.

pub mod echo;
mod exec;
pub mod host;

use std::path::PathBuf;

use async_trait::async_trait;
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use longhouse_domain::session::{Multiplexer, RuntimeKind, Workdir};
use longhouse_domain::terminal::Environment;
use longhouse_domain::{Secrets, SessionId};
use longhouse_files::AllowedFiles;

/// What is needed to make a session's place.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which session.
    pub session: SessionId,
    /// The directory it works in.
    pub workdir: Workdir,
    /// What its terminals are wrapped in.
    pub multiplexer: Multiplexer,
    /// Environment variables of the session, laid over the runtime's own base environment.
    pub env: Environment,
    /// Where its terminals begin to count their bytes.
    pub first_offset: u64,
    /// The program that its agent needs, looked up before anything is made; `None` needs nothing.
    pub agent_program: Option<String>,
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

    /// The tmux socket that people attach to from a shell.
    fn tmux_path(&self, session: SessionId) -> PathBuf;

    /// The session's working directory as an absolute path, for people to read.
    fn workdir_path(&self, session: SessionId, workdir: &Workdir) -> PathBuf;

    /// Sessions of which something is left on this machine (a directory, a socket), whether or not anybody remembers them.
    async fn leftovers(&self) -> std::io::Result<Vec<Leftover>>;

    /// Clears away one of them: what lives of it, its sockets, its directories. A working directory with something in it stays.
    async fn clear(&self, leftover: &Leftover) -> std::io::Result<()>;
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
