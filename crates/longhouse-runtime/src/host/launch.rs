//! Makes a session's place and starts its sessiond there.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_domain::session::Multiplexer;
use longhouse_link::spec::{SessiondSpec, StartFailure, Started};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use super::cgroup;
use super::detach::{Manager, Way};
use super::end::{self, Keep};
use super::ending;
use super::process::{ProcessId, SESSION_MARK};
use super::workdir::OpenDir;
use super::{Host, HostRuntime};
use crate::disk::secrets;
use crate::exec::{self, Outcome, Program, Scope};
use crate::{Plan, ProvisionError};

/// How long the start of the daemon may take. It opens a few files; the rest is for a machine that is swapping.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The longest piece of a failed program's complaint that is shown, characters.
const COMPLAINT_CHARS: usize = 500;

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
    // Nothing is left of what never was, and who looks for it looks at every process of the machine.
    let cleared = if is_new {
        Ok(())
    } else {
        end::end(runtime, session, None, keep).await
    };
    let started = match cleared {
        Ok(()) => start(runtime, plan, &dir).await,
        Err(error) => Err(ProvisionError::Failed(format!(
            "what an earlier start left cannot be ended: {error}"
        ))),
    };
    match started {
        Ok(process) => {
            let moved = runtime
                .blocking(move |host| {
                    host.detach(session, process);
                    host.limit_open_files(session, process);
                })
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
    let keep = if is_new { Keep::Nothing } else { keep };
    let mut undone = end::end(runtime, session, None, keep).await;
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
        let secrets = self.secrets.dir(plan.session);
        env.insert(secrets::VARIABLE.to_owned(), secrets.display().to_string());
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
        spec.first_offset = plan.first_offset;
        spec.lends_key = plan.lends_key;
        spec.lends_token = plan.lends_token;
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

    /// Gives sessiond, and with it every program that it starts, the limit that the server itself began with.
    fn limit_open_files(&self, session: SessionId, process: ProcessId) {
        let Some(current) = self.open_files else {
            return;
        };
        let own = getrlimit(Resource::Nofile);
        let limit = Rlimit {
            current: Some(own.maximum.map_or(current, |most| most.min(current))),
            maximum: own.maximum,
        };
        let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
        if let Err(error) = prlimit(pid, Resource::Nofile, limit) {
            tracing::warn!(%session, %error, "a session keeps the server's limit of open files");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use longhouse_domain::UserId;
    use longhouse_domain::session::Workdir;

    use super::super::cgroup::tests::outer_group;
    use super::super::{Detachment, HostSettings, SessiondBinary};
    use super::*;
    use crate::Runtime;

    fn script(path: PathBuf, text: &str) -> PathBuf {
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn runtime(root: &Path, sessiond: &str) -> HostRuntime {
        let settings = HostSettings {
            data_dir: root.join("data"),
            run_dir: root.join("run"),
            secrets_dir: root.join("secrets"),
            allowed_dirs: Vec::new(),
            sessiond: SessiondBinary::File(script(root.join("sessiond"), sessiond)),
            source_env: BTreeMap::new(),
            pass_env: Vec::new(),
            tmux: None,
            ring_bytes: None,
            scrollback_lines: None,
            open_files: None,
        };
        HostRuntime::new(settings).unwrap()
    }

    fn plan(session: u128) -> Plan {
        Plan {
            session: SessionId(uuid::Uuid::from_u128(session)),
            owner: UserId(uuid::Uuid::from_u128(1)),
            start: 1,
            workdir: Workdir::Own,
            multiplexer: Multiplexer::None,
            env: BTreeMap::new(),
            first_offset: 0,
            lends_key: false,
            lends_token: false,
            agent_program: None,
            container: None,
        }
    }

    /// A daemon that only sleeps, started as sessiond is.
    const SLEEPER: &str = "setsid sleep 600 < /dev/null > /dev/null 2>&1 &
echo \"{\\\"pid\\\":$!,\\\"startTicks\\\":$(cut -d ' ' -f 22 /proc/$!/stat)}\"";

    #[tokio::test]
    async fn a_session_has_a_control_group_of_its_own_which_goes_with_it() {
        let Some((_, outer)) = outer_group("launch") else {
            return;
        };
        fs::create_dir(&outer).unwrap();
        let root = tempfile::tempdir().unwrap();
        let mut runtime = runtime(root.path(), SLEEPER);
        let way = Way::Groups(vec![outer.clone()]);
        Arc::get_mut(&mut runtime.host).unwrap().detachment = Detachment { way, warning: None };
        let plan = plan(0xdef);
        let group = outer.join("longhouse-000000000def");
        for _ in 0..2 {
            let handle = provision(&runtime, &plan).await.unwrap();
            let process = runtime.host.process(&handle).unwrap();
            assert_eq!(cgroup::members(&group), [process.pid]);
        }
        runtime.destroy(plan.session, &plan.workdir).await.unwrap();
        assert!(!group.exists());
        cgroup::remove_group(&outer).unwrap();
    }

    /// systemd's twin says what it was asked for, and does what `--scope` does: becomes the program.
    #[tokio::test]
    async fn where_systemd_runs_sessiond_is_started_in_a_scope_of_its_own_each_time() {
        let root = tempfile::tempdir().unwrap();
        let mut runtime = runtime(root.path(), "echo \"$1 $XDG_RUNTIME_DIR\" >&2; exit 1");
        let twin =
            "echo \"asked: $*\" >&2\nwhile [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"";
        let systemd_run = script(root.path().join("systemd-run"), twin);
        let way = Way::Scope {
            systemd_run,
            manager: Manager::User,
        };
        Arc::get_mut(&mut runtime.host).unwrap().detachment = Detachment { way, warning: None };
        let plan = plan(0xabc);
        let uid = rustix::process::geteuid().as_raw();
        for count in 0..2 {
            let failure = provision(&runtime, &plan).await.unwrap_err().to_string();
            let unit = format!(
                "--unit=longhouse-000000000abc-{}-{count} --",
                std::process::id()
            );
            assert!(
                failure.contains("asked: --scope --collect --quiet --user"),
                "{failure}"
            );
            assert!(failure.contains(&unit), "{failure}");
            assert!(
                failure.ends_with(&format!("start /run/user/{uid}")),
                "{failure}"
            );
        }
    }

    #[test]
    fn an_answer_is_read_from_the_line_that_was_printed() {
        let outcome = |code: i32, stdout: &str, stderr: &str| Outcome {
            status: std::os::unix::process::ExitStatusExt::from_raw(code << 8),
            stdout: stdout.into(),
            stderr: stderr.into(),
        };
        let started = read_answer(&outcome(0, "{\"pid\":7,\"startTicks\":8}\n", "")).unwrap();
        assert_eq!((started.pid, started.start_ticks), (7, 8));
        let long = "x\u{1b}[31m".repeat(1000);
        for (answer, part) in [
            (outcome(1, "{\"error\":\"no PTY\"}", "noise"), "no PTY"),
            (outcome(126, "", "permission denied\n"), "permission denied"),
            (outcome(0, "", ""), "makes no sense"),
            (outcome(1, "", &long), "xxx"),
        ] {
            let text = read_answer(&answer).unwrap_err().replace("[31m", "");
            assert!(
                text.contains(part) && text.len() < 1000 && !text.contains('\u{1b}'),
                "{text}"
            );
        }
    }
}
