//! The session as sessiond sees it: what all its terminals share, and which terminals there are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longhouse_domain::Clock;
use longhouse_domain::name::TerminalName;
use longhouse_link::spec::SessiondSpec;
use longhouse_link::{AgentAsks, AtTheEnd, Outbound};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;

use crate::clock;
use crate::environment::Environment;
use crate::events::Events;
use crate::git::keep::Keeping;
use crate::ports::Ports;
use crate::reaper::Reaper;
use crate::screen::worker::Screens;
use crate::strain::Strain;
use crate::terminal::Terminal;
use crate::tmux::Tmux;
use crate::usage::Usage;

/// The most terminals of one session. People have a handful; each may cost its ring and its screen.
pub(crate) const TERMINALS: usize = 64;

/// See the module.
pub(crate) struct Session {
    pub(crate) environment: Arc<Environment>,
    pub(crate) shell: String,
    pub(crate) login_shell: bool,
    pub(crate) ring_bytes: u64,
    pub(crate) first_offset: u64,
    pub(crate) scrollback: usize,
    pub(crate) tmux: Tmux,
    pub(crate) reaper: Reaper,
    pub(crate) events: Events,
    pub(crate) ports: Ports,
    pub(crate) usage: Usage,
    pub(crate) strain: Strain,
    pub(crate) outbound: Outbound,
    /// What its programs ask of its SSH agent.
    pub(crate) agent: AgentAsks,
    /// What changes is committed of its own accord.
    pub(crate) keeping: Keeping,
    pub(crate) screens: Screens,
    pub(crate) clock: Arc<dyn Clock>,
    /// Every task of the session.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the session ends: streams end, and sessiond after them.
    pub(crate) ending: CancellationToken,
    /// sessiond's own directory.
    pub(crate) state_dir: PathBuf,
    /// Whether the link is the session's way out.
    pub(crate) has_way_out: bool,
    /// One clone at a time: what one clears away is never another's.
    pub(crate) cloning: Semaphore,
    /// One change of the session's repository at a time.
    pub(crate) changing_repository: Semaphore,
    /// One terminal is started or closed at a time, so that a name never means two.
    pub(crate) changing: Semaphore,
    pub(crate) started_at: u64,
    pub(crate) boot_id: String,
    terminals: Mutex<BTreeMap<TerminalName, Arc<Terminal>>>,
}

impl Session {
    pub(crate) fn new(
        spec: &SessiondSpec,
        clock: Arc<dyn Clock>,
        screens: Screens,
        reaper: Reaper,
        boot_id: String,
        succeeds: bool,
    ) -> Self {
        let environment = Arc::new(Environment::of(spec));
        let events = Events::default();
        Self {
            shell: spec.shell.clone(),
            login_shell: spec.login_shell,
            ring_bytes: spec.ring_bytes,
            first_offset: spec.first_offset,
            scrollback: usize::try_from(spec.scrollback_lines).unwrap_or(usize::MAX),
            tmux: Tmux::new(spec, Arc::clone(&environment), reaper.clone()),
            environment,
            reaper,
            ports: Ports::new(spec.session_id, events.clone(), succeeds),
            usage: Usage::new(spec.own_home.clone()),
            strain: Strain::new(events.clone()),
            events,
            outbound: Outbound::default(),
            agent: AgentAsks::default(),
            keeping: Keeping::new(),
            screens,
            started_at: clock::millis(clock.as_ref()),
            clock,
            tasks: TaskTracker::new(),
            ending: CancellationToken::new(),
            state_dir: spec.state_dir.clone(),
            has_way_out: spec.way_out_port.is_some(),
            cloning: Semaphore::new(1),
            changing_repository: Semaphore::new(1),
            changing: Semaphore::new(1),
            boot_id,
            terminals: Mutex::default(),
        }
    }

    /// Runs a task of the session, which is dropped where it stands once the session has ended: nobody waits for it then.
    pub(crate) fn spawn<T>(&self, task: T)
    where
        T: Future<Output: Send> + Send + 'static,
    {
        let ending = self.ending.clone();
        let until_then = async move { ending.run_until_cancelled_owned(task).await };
        self.tasks.spawn(until_then);
    }

    /// The same for a call, which is carried out to its end whether the caller waits for it or hangs up; they hang up by dropping the
    /// receiver of what is handed to the call.
    pub(crate) async fn carry_out<T, F>(
        &self,
        call: impl FnOnce(oneshot::Sender<Result<T, Status>>) -> F,
    ) -> Result<T, Status>
    where
        T: Send + 'static,
        F: Future<Output: Send> + Send + 'static,
    {
        if self.is_ending() {
            return Err(AtTheEnd::NotBegun.into());
        }
        let (caller, answer) = oneshot::channel();
        let (begins, begun) = oneshot::channel();
        let call = call(caller);
        self.spawn(async move {
            // Whoever asked may have gone.
            let _unheard = begins.send(());
            call.await
        });
        if begun.await.is_err() {
            return Err(AtTheEnd::NotBegun.into());
        }
        match answer.await {
            Ok(Ok(done)) => Ok(done),
            // What failed now failed because its processes were ended.
            Ok(Err(_)) if self.is_ending() => Err(AtTheEnd::CutShort.into()),
            Ok(Err(refused)) => Err(refused),
            Err(_) => Err(AtTheEnd::CutShort.into()),
        }
    }

    /// Whether it is being shut down: nothing new is begun, and what is at work is ended.
    pub(crate) fn is_ending(&self) -> bool {
        self.changing.is_closed()
    }

    pub(crate) fn now(&self) -> u64 {
        clock::millis(self.clock.as_ref())
    }

    pub(crate) fn terminal(&self, name: &TerminalName) -> Option<Arc<Terminal>> {
        self.lock().get(name).cloned()
    }

    /// All terminals, by name.
    pub(crate) fn terminals(&self) -> Vec<Arc<Terminal>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn add(&self, terminal: Arc<Terminal>) {
        self.lock().insert(terminal.name.clone(), terminal);
    }

    pub(crate) fn forget(&self, name: &TerminalName) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TerminalName, Arc<Terminal>>> {
        self.terminals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
