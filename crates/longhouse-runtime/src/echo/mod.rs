//! The echo runtime: a session without a single process, whose terminals repeat what is typed.
//!
//! It speaks the real protocol over a real socket, so that everything above it can be tried in milliseconds, and it fails on demand.
//! It is deliberately no place for work: nothing is run, and it ends with the server.

mod clone;
mod exec;
mod git;
mod keep;
mod meter;
mod output;
mod port;
mod repaint;
mod sessiond;
mod sight;
mod state;
mod terminal;
mod trouble;
mod usage;
mod volumes;
mod worktree;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use longhouse_domain::session::{RuntimeKind, Workdir};
use longhouse_domain::{Secrets, SessionId};
use longhouse_files::AllowedFiles;
use longhouse_link::proto::UsageReply;
use longhouse_link::proto::session_event::Port;
use longhouse_link::{AgentAsks, Outbound};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{
    Container, Leftover, OutputError, OutputLine, OutputLines, OutputQuestion, Pace, Plan,
    ProvisionError, Readings, Runtime, Volume, VolumeError,
};
use clone::Clones;
pub use meter::{EchoMeter, METERED_MEMORY};
use output::Printed;
use state::EchoSessiond;
use trouble::Manner;
pub use trouble::Trouble;

/// Sessions that echo. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct EchoRuntime {
    kind: RuntimeKind,
    dir: PathBuf,
    files: Option<AllowedFiles>,
    meter: Option<EchoMeter>,
    state: Arc<Mutex<State>>,
    tasks: TaskTracker,
    clones: Clones,
}

#[derive(Debug, Default)]
struct State {
    places: HashMap<SessionId, Place>,
    secrets: HashMap<SessionId, Secrets>,
    troubles: VecDeque<Trouble>,
    hidden: bool,
    provisioned: u64,
    volumes: Vec<Volume>,
}

#[derive(Debug)]
struct Place {
    /// Which provision made it: the whole of its handle.
    number: u64,
    /// Cancelled when its sessiond is dead.
    dead: CancellationToken,
    sessiond: EchoSessiond,
    printed: Printed,
}

impl EchoRuntime {
    /// Keeps its sockets in `dir`, which is made if it is missing.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn new(dir: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(Self {
            kind: RuntimeKind::Host,
            dir,
            files: None,
            meter: None,
            state: Arc::default(),
            tasks: TaskTracker::new(),
            clones: Clones::default(),
        })
    }

    /// The same, with files of this machine below these directories; its own directory stays closed.
    #[must_use]
    pub fn with_files(mut self, allowed_dirs: &[PathBuf]) -> Self {
        self.files = Some(AllowedFiles::new(allowed_dirs, &[&self.dir]));
        self
    }

    /// The same, in place of a container engine that lacks the usual image.
    #[must_use]
    pub fn as_containers(mut self) -> Self {
        self.kind = RuntimeKind::Docker;
        self
    }

    /// Lets the next provision that has no trouble yet meet this one.
    pub fn expect(&self, trouble: Trouble) {
        self.lock().troubles.push_back(trouble);
    }

    /// The secrets that a session's programs could read, if it had any.
    #[must_use]
    pub fn secrets_of(&self, session: SessionId) -> Secrets {
        let kept = self.lock().secrets.get(&session).cloned();
        kept.unwrap_or_default()
    }

    /// Kills a session's sessiond, as `kill -9` would.
    pub fn kill(&self, session: SessionId) {
        if let Some(place) = self.lock().places.get(&session) {
            place.dead.cancel();
        }
    }

    /// Lets a session's programs listen on these ports, each with the process's name, and on no others. They may be nonsense.
    /// Connections go to the same ports of this machine.
    pub fn listen(&self, session: SessionId, ports: &[(u32, &str)]) {
        let ports = ports.iter().map(|(port, process)| Port {
            port: *port,
            process: (*process).to_owned(),
            pid: 0,
        });
        if let Some(place) = self.lock().places.get(&session) {
            place.sessiond.listen(ports.collect());
        }
    }

    /// Lets a session's sessiond say this of what it uses. It may be nonsense.
    pub fn say_usage(&self, session: SessionId, usage: UsageReply) {
        if let Some(place) = self.lock().places.get(&session) {
            place.sessiond.usage().say(usage);
        }
    }

    /// Lets a session's place print a line.
    pub fn print(&self, session: SessionId, line: OutputLine) {
        if let Some(place) = self.lock().places.get(&session) {
            place.printed.print(line);
        }
    }

    /// What a session's programs ask of its way out: a test asks in their place. Nothing where the session does not run.
    pub fn outbound(&self, session: SessionId) -> Option<Outbound> {
        Some(self.lock().places.get(&session)?.sessiond.outbound())
    }

    /// What a session's programs ask of its SSH agent, in the same way.
    pub fn agent(&self, session: SessionId) -> Option<AgentAsks> {
        Some(self.lock().places.get(&session)?.sessiond.agent())
    }

    /// Ends all sessions and waits until their tasks have.
    pub async fn shutdown(&self) {
        for place in self.lock().places.values() {
            place.dead.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// A panic while it was held leaves maps that are still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session_dir(&self, session: SessionId) -> PathBuf {
        self.dir.join(session.short())
    }

    fn start(&self, plan: &Plan, manner: Manner) -> (RuntimeHandle, EchoSessiond) {
        let mut state = self.lock();
        state.provisioned += 1;
        let number = state.provisioned;
        let dead = CancellationToken::new();
        let workdir = self.workdir_path(plan.session, &plan.workdir);
        let sessiond = EchoSessiond::new(
            plan,
            number,
            dead.clone(),
            manner,
            workdir,
            self.tasks.clone(),
            self.clones.clone(),
        );
        let place = Place {
            number,
            dead: dead.clone(),
            sessiond: sessiond.clone(),
            printed: Printed::default(),
        };
        if let Some(earlier) = state.places.insert(plan.session, place) {
            earlier.dead.cancel();
        }
        drop(state);
        let path = self.link_path(plan.session);
        let dialling = sessiond.clone();
        self.tasks
            .spawn(async move { longhouse_link::dial(&path, dialling, dead).await });
        (handle(number), sessiond)
    }
}

fn handle(number: u64) -> RuntimeHandle {
    RuntimeHandle(serde_json::json!({ "echo": number }))
}

/// A container's name is 64 digits, the first of which tell it from the others.
fn container(number: u64) -> Container {
    Container {
        id: format!("{number:012x}{:052x}", 0),
        image: "echo".to_owned(),
    }
}

#[async_trait]
impl Runtime for EchoRuntime {
    /// It stands in for the host, unless it was told otherwise.
    fn kind(&self) -> RuntimeKind {
        self.kind
    }

    async fn is_ready(&self) -> bool {
        self.kind == RuntimeKind::Host
    }

    async fn output(
        &self,
        session: SessionId,
        _handle: Option<&RuntimeHandle>,
        question: OutputQuestion,
    ) -> Result<OutputLines, OutputError> {
        let state = self.lock();
        let place = state.places.get(&session);
        match place.filter(|place| !place.dead.is_cancelled()) {
            Some(place) => Ok(place.printed.lines(question, place.dead.clone())),
            None => Err(OutputError::Gone("it does not run".to_owned())),
        }
    }

    fn container(&self, handle: &RuntimeHandle) -> Option<Container> {
        let number = handle.0.get("echo").and_then(Value::as_u64);
        number
            .filter(|_| self.kind == RuntimeKind::Docker)
            .map(container)
    }

    fn has_program(&self, _program: &str) -> bool {
        true
    }

    async fn check(&self, _plan: &Plan) -> Result<(), ProvisionError> {
        Ok(())
    }

    async fn provision(&self, plan: &Plan) -> Result<RuntimeHandle, ProvisionError> {
        let trouble = self.lock().troubles.pop_front();
        let manner = trouble.as_ref().map_or(Manner::Well, Trouble::manner);
        match trouble {
            Some(Trouble::Fails(reason)) => return Err(ProvisionError::Failed(reason)),
            Some(Trouble::Takes(time)) => tokio::time::sleep(time).await,
            _ => {}
        }
        let made = self
            .socket_dir(plan.session)
            .and_then(|_| match plan.workdir {
                Workdir::Own => {
                    std::fs::create_dir_all(self.workdir_path(plan.session, &plan.workdir))
                }
                Workdir::Named { .. } => Ok(()),
            });
        made.map_err(|error| ProvisionError::Failed(error.to_string()))?;
        let (handle, sessiond) = self.start(plan, manner);
        if manner == Manner::AwaitsHello {
            sessiond.greeted().await;
        }
        Ok(handle)
    }

    async fn volumes(&self) -> Result<Vec<Volume>, String> {
        Ok(self.kept_volumes())
    }

    async fn remove_volume(&self, name: &str) -> Result<(), VolumeError> {
        self.drop_volume(name)
    }

    async fn observe(&self, session: SessionId, _handle: Option<&RuntimeHandle>) -> Observed {
        self.look_for(session)
    }

    async fn end(&self, session: SessionId, _handle: Option<&RuntimeHandle>) -> io::Result<()> {
        self.kill(session);
        self.lock().secrets.remove(&session);
        Ok(())
    }

    async fn keep_secrets(&self, session: SessionId, secrets: &Secrets) -> io::Result<()> {
        self.lock().secrets.insert(session, secrets.clone());
        Ok(())
    }

    async fn destroy(&self, session: SessionId, _workdir: &Workdir) -> io::Result<()> {
        self.kill(session);
        self.lock().places.remove(&session);
        self.lock().secrets.remove(&session);
        match std::fs::remove_dir_all(self.session_dir(session)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn files(&self) -> Option<AllowedFiles> {
        self.files.clone()
    }

    fn measure(&self, _handle: &RuntimeHandle, pace: Pace) -> Option<Readings> {
        Some(self.meter.as_ref()?.readings(pace))
    }

    fn socket_dir(&self, session: SessionId) -> io::Result<PathBuf> {
        let dir = self.session_dir(session);
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(dir)
    }

    fn link_path(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("link.sock")
    }

    fn tmux_path(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("tmux.sock")
    }

    fn workdir_path(&self, session: SessionId, workdir: &Workdir) -> PathBuf {
        match workdir {
            Workdir::Own => self.session_dir(session).join("workspace"),
            Workdir::Named { path } => PathBuf::from(path),
        }
    }

    async fn leftovers(&self) -> io::Result<Vec<Leftover>> {
        let known: BTreeMap<String, SessionId> = self
            .lock()
            .places
            .keys()
            .map(|id| (id.short(), *id))
            .collect();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            if let Ok(short) = entry?.file_name().into_string() {
                let session = known.get(&short).copied();
                let name = session.map_or(short, |session| session.to_string());
                found.push(Leftover { name, session });
            }
        }
        Ok(found)
    }

    async fn clear(&self, leftover: &Leftover) -> io::Result<()> {
        match leftover.session {
            Some(session) => self.destroy(session, &Workdir::Own).await,
            None if crate::is_short_name(&leftover.name) => {
                std::fs::remove_dir_all(self.dir.join(&leftover.name))
            }
            None => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is no leftover of a session",
            )),
        }
    }
}
