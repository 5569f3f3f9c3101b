//! Makes a session's place, starts its sessiond there, and finds it again.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use longhouse_domain::session::Multiplexer;
use longhouse_link::spec::{SessiondSpec, StartFailure, Started};
use serde::{Deserialize, Serialize};

use super::cgroup;
use super::detach::{Manager, Way};
use super::end::{self, Keep};
use super::ending;
use super::process::{self, ProcessId, SESSION_MARK};
use super::workdir::OpenDir;
use super::{Host, HostRuntime};
use crate::exec::{self, Outcome, Program, Scope};
use crate::{Plan, ProvisionError};

/// How long the start of the daemon may take. It opens a few files; the rest is for a machine that is swapping.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The longest piece of a failed program's complaint that is shown, characters.
const COMPLAINT_CHARS: usize = 500;

/// What is remembered of a running sessiond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    #[serde(flatten)]
    process: ProcessId,
    /// The start of the machine under which the process id means something.
    boot_id: String,
}

/// See [`crate::Runtime::provision`].
pub(super) async fn provision(
    runtime: &HostRuntime,
    plan: &Plan,
) -> Result<RuntimeHandle, ProvisionError> {
    let session = plan.session;
    let failed = |error: io::Error| {
        ProvisionError::Failed(format!("the session's place cannot be made: {error}"))
    };
    let asked = plan.clone();
    let (is_new, dir) = runtime
        .blocking(move |host| host.make_place(&asked))
        .await
        .map_err(failed)??;
    let keep = match plan.multiplexer {
        Multiplexer::Tmux => Keep::Tmux,
        Multiplexer::None => Keep::Nothing,
    };
    let started = match end::end(runtime, session, keep).await {
        Ok(()) => start(runtime, plan, &dir).await,
        Err(error) => Err(ProvisionError::Failed(format!(
            "what an earlier start left cannot be ended: {error}"
        ))),
    };
    match started {
        Ok(process) => {
            let moved = runtime
                .blocking(move |host| host.detach(session, process))
                .await;
            moved.map_err(failed)?;
            runtime.host.handle(process).map_err(|e| failed(e.into()))
        }
        Err(error) => {
            undo(runtime, session, keep, is_new).await;
            Err(error)
        }
    }
}

/// Takes a failed attempt back; what was there before it stays.
async fn undo(runtime: &HostRuntime, session: SessionId, keep: Keep, is_new: bool) {
    let mut undone = end::end(runtime, session, if is_new { Keep::Nothing } else { keep }).await;
    if undone.is_ok() && is_new {
        undone = runtime
            .blocking(move |host| host.layout.remove_all_but_link(session))
            .await
            .and_then(|done| done);
    }
    if let Err(error) = undone {
        tracing::warn!(%session, %error, "a failed start left something behind");
    }
}

async fn start(
    runtime: &HostRuntime,
    plan: &Plan,
    dir: &OpenDir,
) -> Result<ProcessId, ProvisionError> {
    let host = &runtime.host;
    let failed =
        |error: io::Error| ProvisionError::Failed(format!("sessiond cannot be started: {error}"));
    let state_dir = host.layout.socket_dir(plan.session);
    ending::forget(&state_dir).map_err(failed)?;
    let spec = serde_json::to_vec(&host.spec(plan)).map_err(|error| failed(error.into()))?;
    let mut env = host.base.of_sessiond();
    env.insert(SESSION_MARK.to_owned(), plan.session.to_string());
    let count = host.scopes.fetch_add(1, Ordering::Relaxed);
    let unit = format!(
        "longhouse-{}-{}-{count}",
        plan.session.short(),
        std::process::id()
    );
    let scope = match &host.detachment.way {
        Way::Scope {
            systemd_run,
            manager,
        } => Some(Scope {
            systemd_run,
            manager: *manager,
            unit: &unit,
        }),
        Way::Nothing | Way::Groups(_) | Way::Stay => None,
    };
    if scope.is_some_and(|scope| scope.manager == Manager::User) {
        let uid = rustix::process::geteuid().as_raw();
        env.insert("XDG_RUNTIME_DIR".to_owned(), format!("/run/user/{uid}"));
    }
    let program = Program::Sessiond {
        binary: &host.binary,
        scope,
        dir: &dir.start_path(),
        env,
    };
    let outcome = exec::run(program, &spec, START_LIMIT)
        .await
        .map_err(failed)?;
    let started = read_answer(&outcome).map_err(ProvisionError::Failed)?;
    let process = ProcessId {
        pid: started.pid,
        start_ticks: started.start_ticks,
    };
    if process.is_alive() {
        Ok(process)
    } else {
        let reason = ending::reason(&state_dir);
        Err(ProvisionError::Failed(format!(
            "sessiond ended right after its start: {reason}"
        )))
    }
}

fn read_answer(outcome: &Outcome) -> Result<Started, String> {
    if outcome.status.success() {
        return serde_json::from_slice(&outcome.stdout)
            .map_err(|error| format!("sessiond's answer to its start makes no sense: {error}"));
    }
    if let Ok(failure) = serde_json::from_slice::<StartFailure>(&outcome.stdout) {
        return Err(format!("sessiond cannot start: {}", failure.error));
    }
    let complaint = String::from_utf8_lossy(&outcome.stderr);
    let complaint: String = complaint
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(COMPLAINT_CHARS)
        .collect();
    Err(format!(
        "sessiond cannot start ({}): {complaint}",
        outcome.status
    ))
}

impl Host {
    /// The session's directories and the handle of the one to work in; whether they are new.
    fn make_place(&self, plan: &Plan) -> Result<(bool, OpenDir), ProvisionError> {
        let failed = |error: io::Error| {
            ProvisionError::Failed(format!("the session's directories cannot be made: {error}"))
        };
        let named = self.check(plan)?;
        let is_new = !self.layout.has(plan.session);
        let made = self.layout.make(plan.session).and_then(|()| match named {
            Some(dir) => Ok(dir),
            None => OpenDir::own(&self.layout.workspace(plan.session)).map_err(Into::into),
        });
        made.map(|dir| (is_new, dir)).map_err(|error| {
            if is_new && let Err(error) = self.layout.remove_all_but_link(plan.session) {
                tracing::warn!(session = %plan.session, %error, "a failed start left something behind");
            }
            failed(error)
        })
    }

    fn spec(&self, plan: &Plan) -> SessiondSpec {
        let mut env = self.base.with(&plan.env);
        env.insert(SESSION_MARK.to_owned(), plan.session.to_string());
        let shell = env
            .get("SHELL")
            .map_or(self.base.shell(), String::as_str)
            .to_owned();
        let layout = &self.layout;
        let mut spec = SessiondSpec::new(
            plan.session,
            layout.link_socket(plan.session),
            layout.socket_dir(plan.session),
            env,
            shell,
        );
        spec.ring_bytes = self.ring_bytes.unwrap_or(spec.ring_bytes);
        spec.scrollback_lines = self.scrollback_lines.unwrap_or(spec.scrollback_lines);
        spec
    }

    /// Moves the daemon out of the server's control groups, and writes down where to.
    fn detach(&self, session: SessionId, process: ProcessId) {
        let Way::Groups(beside) = &self.detachment.way else {
            return;
        };
        let groups = cgroup::enter_groups(
            beside,
            &format!("longhouse-{}", session.short()),
            process.pid,
        );
        let lines: Vec<_> = groups.iter().map(|group| group.to_string_lossy()).collect();
        if let Err(error) = std::fs::write(self.layout.groups_file(session), lines.join("\n")) {
            tracing::warn!(%session, %error, "a session's control groups cannot be written down, and will not be removed");
        }
    }

    fn handle(&self, process: ProcessId) -> serde_json::Result<RuntimeHandle> {
        let handle = Handle {
            process,
            boot_id: self.boot_id.clone(),
        };
        serde_json::to_value(handle).map(RuntimeHandle)
    }

    /// See [`crate::Runtime::observe`].
    pub(super) fn observe(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> Observed {
        let known =
            handle.and_then(|handle| serde_json::from_value::<Handle>(handle.0.clone()).ok());
        let same_boot = known
            .as_ref()
            .is_none_or(|known| known.boot_id == self.boot_id);
        let remembered = known.filter(|_| same_boot).map(|known| known.process);
        let living = remembered.filter(|process| process.is_alive());
        let living = living.or_else(|| self.find_sessiond(session));
        if let Some(handle) = living.and_then(|process| self.handle(process).ok()) {
            return Observed::Alive(handle);
        }
        let reason = if same_boot {
            format!(
                "{}; start the session again to go on",
                ending::reason(&self.layout.socket_dir(session))
            )
        } else {
            "the machine was restarted; start the session again to go on".to_owned()
        };
        Observed::Gone { reason }
    }

    /// The session's sessiond, looked for among the processes: it runs a program of ours and carries the session's mark. Where two do
    /// (a daemon and what it is just about to start), it is the one whose parent does not.
    fn find_sessiond(&self, session: SessionId) -> Option<ProcessId> {
        let all = self.sessionds(session);
        let table = process::own_processes();
        let parent_of = |id: ProcessId| {
            table
                .iter()
                .find(|entry| entry.id == id)
                .map(|entry| entry.parent)
        };
        let is_first = |id: &&ProcessId| {
            parent_of(**id).is_none_or(|parent| !all.iter().any(|other| other.pid == parent))
        };
        all.iter().find(is_first).copied()
    }

    /// Every process of the session that runs sessiond's program.
    pub(super) fn sessionds(&self, session: SessionId) -> Vec<ProcessId> {
        let marked = process::marked(|marked| marked == session);
        marked
            .into_iter()
            .filter(|id| self.is_sessiond(*id))
            .collect()
    }

    /// Whether it runs a version of sessiond that this server wrote.
    pub(super) fn is_sessiond(&self, process: ProcessId) -> bool {
        process
            .executable()
            .is_some_and(|path| path.starts_with(self.layout.bin_dir()))
    }
}
