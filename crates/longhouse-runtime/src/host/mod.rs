//! The host runtime: a session is processes of this machine, of the same user as the server, without a sandbox around them.
//!
//! What it holds apart is what has to be: directories, sockets, the environment, the control group. It is deliberately not a
//! security boundary between a session and its user's other files.

mod binary;
mod cgroup;
mod detach;
mod end;
mod ending;
mod environment;
#[cfg(fuzzing)]
pub mod fuzzing;
mod launch;
mod layout;
mod observe;
mod output;
mod process;
mod program;
mod workdir;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use longhouse_domain::lifecycle::{Cause, Observed, RuntimeHandle};
use longhouse_domain::session::{Multiplexer, RuntimeKind, Workdir};
use longhouse_domain::terminal::Environment;
use longhouse_domain::{Secrets, SessionId};
use longhouse_files::AllowedFiles;
use tokio::sync::Semaphore;

pub use crate::disk::secrets::choose_secrets_dir;
pub use binary::SessiondBinary;
pub use detach::{Detachment, Manager, Way};
pub use environment::user_name;
pub use layout::{RUN_DIR_BYTES, choose_run_dir};
pub(crate) use process::boot_id;

use crate::disk::private_dir;
use crate::disk::secrets::{Reader, SecretFiles};
use crate::{Leftover, OutputError, OutputLines, OutputQuestion, Plan, ProvisionError, Runtime};
use end::Keep;
use environment::{Account, BaseEnvironment};
use layout::Layout;
use workdir::{AllowedDirs, OpenDir};

/// What the binary hands in.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// Where sessions are kept; made if it is missing.
    pub data_dir: PathBuf,
    /// Where their sockets are: see [`choose_run_dir`].
    pub run_dir: PathBuf,
    /// Where their secrets are: see [`choose_secrets_dir`].
    pub secrets_dir: PathBuf,
    /// The directories below which people may name a working directory.
    pub allowed_dirs: Vec<PathBuf>,
    /// sessiond's program.
    pub sessiond: SessiondBinary,
    /// The environment that the server was started with. Listed names are picked from it; the rest goes no further.
    pub source_env: BTreeMap<String, String>,
    /// Further names that the administrator lets pass.
    pub pass_env: Vec<String>,
    /// The tmux program, where it is installed.
    pub tmux: Option<PathBuf>,
    /// The most bytes of output kept of each terminal; sessiond's default if absent.
    pub ring_bytes: Option<u64>,
    /// The lines of history kept of each terminal's screen; sessiond's default if absent.
    pub scrollback_lines: Option<u32>,
    /// How many files each program of a session may open, softly. The server raises its own limit, which programs that still
    /// use `select` would not survive; absent: as the server's.
    pub open_files: Option<u64>,
}

/// Makes, finds and clears sessions on this machine.
#[derive(Clone, Debug)]
pub struct HostRuntime {
    host: Arc<Host>,
}

#[derive(Debug)]
struct Host {
    layout: Layout,
    secrets: SecretFiles,
    allowed: AllowedDirs,
    files: AllowedFiles,
    base: BaseEnvironment,
    binary: PathBuf,
    tmux: Option<PathBuf>,
    ring_bytes: Option<u64>,
    scrollback_lines: Option<u32>,
    open_files: Option<u64>,
    detachment: Detachment,
    boot_id: String,
    /// Numbers the scopes: one of an earlier start may still hold what tmux keeps alive.
    scopes: AtomicU64,
    /// Held by whoever looks whether a session lives.
    looking: Semaphore,
}

/// How many sessions are looked at at the same time. A look reads a few small files of the kernel's: when a server starts with hundreds of
/// sessions, as many threads would take longer to begin than to look.
const LOOKING: usize = 4;

impl HostRuntime {
    /// Makes the directories, writes sessiond's program, and finds out how sessions are held apart from the server. Reads and writes
    /// files: call it before serving, or where blocking is allowed.
    ///
    /// # Errors
    /// A directory cannot be made or is open to others; the program cannot be read or written; `/proc` is not there.
    pub fn new(settings: HostSettings) -> io::Result<Self> {
        let layout = Layout::new(settings.data_dir, settings.run_dir)?;
        let binary = binary::install(&settings.sessiond, &layout.bin_dir())?;
        if let Err(error) = binary::remove_unused(&layout.bin_dir(), &binary) {
            tracing::warn!(%error, "cannot tidy up old versions of sessiond");
        }
        let account = Account::of(rustix::process::geteuid().as_raw());
        let base = BaseEnvironment::new(&settings.source_env, &settings.pass_env, &account);
        let detachment = Detachment::find(environment::search_dirs(&base.of_sessiond()));
        if let Some(warning) = &detachment.warning {
            tracing::warn!("{warning}");
        }
        Ok(Self {
            host: Arc::new(Host {
                files: AllowedFiles::new(
                    &settings.allowed_dirs,
                    &[layout.data_dir(), layout.run_dir(), &settings.secrets_dir],
                ),
                allowed: AllowedDirs::new(
                    &settings.allowed_dirs,
                    &[layout.data_dir(), layout.run_dir()],
                ),
                layout,
                secrets: SecretFiles::new(settings.secrets_dir, Reader::Own),
                base,
                binary,
                tmux: settings.tmux,
                ring_bytes: settings.ring_bytes,
                scrollback_lines: settings.scrollback_lines,
                open_files: settings.open_files,
                detachment,
                boot_id: process::boot_id()?,
                looking: Semaphore::new(LOOKING),
                scopes: AtomicU64::new(0),
            }),
        })
    }

    /// How sessions are held apart from the server on this machine, and what an administrator ought to mend.
    #[must_use]
    pub fn detachment(&self) -> &Detachment {
        &self.host.detachment
    }

    /// sessiond's program, as it was installed: other runtimes give it to their places.
    #[must_use]
    pub fn sessiond(&self) -> &std::path::Path {
        &self.host.binary
    }

    async fn forget_secrets(&self, short: String) -> io::Result<()> {
        self.blocking(move |host| host.secrets.remove(&short))
            .await?
    }

    /// Does what reads files and the process table away from the tasks that must not wait.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Host) -> T + Send + 'static,
    ) -> io::Result<T> {
        let host = self.host.clone();
        tokio::task::spawn_blocking(move || work(&host))
            .await
            .map_err(io::Error::other)
    }
}

impl Host {
    /// The directory to work in, if a person named one, and whether the programs are there. Makes nothing.
    fn check(&self, plan: &Plan) -> Result<Option<OpenDir>, ProvisionError> {
        let dir = match &plan.workdir {
            Workdir::Own => None,
            Workdir::Named { path } => Some(self.allowed.open(path)?),
        };
        if plan.multiplexer == Multiplexer::Tmux && self.tmux.is_none() {
            return Err(ProvisionError::ProgramMissing {
                program: "tmux".to_owned(),
            });
        }
        match &plan.agent_program {
            Some(program) if program::find(program, &self.base.with(&plan.env)).is_none() => {
                Err(ProvisionError::ProgramMissing {
                    program: program.clone(),
                })
            }
            _ => Ok(dir),
        }
    }

    fn leftovers(&self) -> io::Result<Vec<Leftover>> {
        let (sessions, mut shorts) = self.layout.found()?;
        shorts.extend(self.secrets.found()?);
        // Programs whose directories somebody else has removed.
        shorts.extend(
            self.all_sessionds(&process::own_processes())
                .into_iter()
                .filter_map(|(_, owner)| owner),
        );
        shorts.sort();
        shorts.dedup();
        let known: HashSet<String> = sessions.iter().map(SessionId::short).collect();
        let whole = sessions.into_iter().map(|session| Leftover {
            name: session.to_string(),
            session: Some(session),
        });
        let sockets_only = shorts.into_iter().filter(|short| !known.contains(short));
        let sockets_only = sockets_only.map(|name| Leftover {
            name,
            session: None,
        });
        Ok(whole.chain(sockets_only).collect())
    }
}

#[async_trait]
impl Runtime for HostRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Host
    }

    fn has_program(&self, program: &str) -> bool {
        let env = self.host.base.with(&Environment::new());
        program::find(program, &env).is_some()
    }

    async fn check(&self, plan: &Plan) -> Result<(), ProvisionError> {
        let plan = plan.clone();
        let checked = self.blocking(move |host| host.check(&plan).map(drop)).await;
        checked.unwrap_or_else(|error| Err(ProvisionError::Failed(error.to_string())))
    }

    async fn provision(&self, plan: &Plan) -> Result<RuntimeHandle, ProvisionError> {
        launch::provision(self, plan).await
    }

    async fn observe(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> Observed {
        let handle = handle.cloned();
        // It is never closed.
        let _turn = self.host.looking.acquire().await;
        let observed = self
            .blocking(move |host| host.observe(session, handle.as_ref()))
            .await;
        observed.unwrap_or_else(|error| Observed::Gone {
            reason: error.to_string(),
            cause: Cause::Fault,
        })
    }

    async fn end(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> io::Result<()> {
        let known = handle.and_then(|handle| self.host.process(handle));
        end::end(self, session, known, Keep::Nothing).await?;
        self.forget_secrets(session.short()).await
    }

    async fn destroy(&self, session: SessionId, _workdir: &Workdir) -> io::Result<()> {
        end::end(self, session, None, Keep::Nothing).await?;
        self.forget_secrets(session.short()).await?;
        self.blocking(move |host| host.layout.remove(session))
            .await?
    }

    async fn keep_secrets(&self, session: SessionId, secrets: &Secrets) -> io::Result<()> {
        let secrets = secrets.clone();
        self.blocking(move |host| host.secrets.keep(session, &secrets))
            .await?
    }

    fn files(&self) -> Option<AllowedFiles> {
        Some(self.host.files.clone())
    }

    fn socket_dir(&self, session: SessionId) -> io::Result<PathBuf> {
        let dir = self.host.layout.socket_dir(session);
        private_dir(&dir)?;
        Ok(dir)
    }

    async fn output(
        &self,
        session: SessionId,
        _handle: Option<&RuntimeHandle>,
        question: OutputQuestion,
    ) -> Result<OutputLines, OutputError> {
        let dir = self.host.layout.socket_dir(session);
        output::output(dir.join(output::FILE), question).await
    }

    fn link_path(&self, session: SessionId) -> PathBuf {
        self.host.layout.link_socket(session)
    }

    fn tmux_path(&self, session: SessionId) -> PathBuf {
        self.host.layout.tmux_socket(session)
    }

    fn workdir_path(&self, session: SessionId, workdir: &Workdir) -> PathBuf {
        match workdir {
            Workdir::Own => self.host.layout.workspace(session),
            Workdir::Named { path } => PathBuf::from(path),
        }
    }

    async fn leftovers(&self) -> io::Result<Vec<Leftover>> {
        self.blocking(|host| host.leftovers()).await?
    }

    async fn clear(&self, leftover: &Leftover) -> io::Result<()> {
        match leftover.session {
            Some(session) => {
                end::end(self, session, None, Keep::Nothing).await?;
                self.forget_secrets(session.short()).await?;
                self.blocking(move |host| host.layout.remove_unless_worked_in(session))
                    .await?
            }
            None if crate::is_short_name(&leftover.name) => {
                end::clear_short(self, leftover.name.clone()).await?;
                self.forget_secrets(leftover.name.clone()).await
            }
            None => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is no leftover of a session",
            )),
        }
    }
}
