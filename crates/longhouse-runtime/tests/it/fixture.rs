//! A runtime in a directory of its own, and what a server does with a session: waits on its link and talks to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use longhouse_domain::container::ContainerSpec;
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use longhouse_domain::session::{Multiplexer, Workdir};
use longhouse_domain::{SecretText, Secrets, SessionId, UserId};
use longhouse_link::proto::{CreateTerminalRequest, ExecRequest, OutputRequest, WriteRequest};
use longhouse_link::{AcceptError, Link, LinkListener, PeerError};
use longhouse_runtime::echo::EchoRuntime;
use longhouse_runtime::host::{HostRuntime, HostSettings, SessiondBinary};
use longhouse_runtime::{Plan, Runtime};

/// Long enough for a machine that does many other things at once; nothing waits this long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the server's own environment holds and no session may see.
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("SECRET_TOKEN", "canary-1"),
    ("TMUX", "/tmp/canary-2,1,0"),
    ("TMUX_PANE", "%canary-3"),
    ("LONGHOUSE_ADMIN_PASSWORD", "canary-4"),
];

/// How a runtime is treated from outside.
pub(crate) trait Body: Runtime + Sized {
    fn make(root: &Path) -> Self;
    /// What a session's container is made from, where it lives in one.
    fn container_spec() -> Option<ContainerSpec> {
        None
    }
    /// As by `kill -9`.
    fn kill(&self, session: SessionId, handle: &RuntimeHandle);
    /// What is left of the session outside of the directory that the test can see.
    fn left_elsewhere(&self, _session: SessionId) -> Vec<String> {
        Vec::new()
    }
    /// Removes what was left there.
    fn clear_up(&self) {}
}

impl Body for HostRuntime {
    fn make(root: &Path) -> Self {
        Self::new(host_settings(root, SessiondBinary::File(sessiond()))).unwrap()
    }

    fn kill(&self, _: SessionId, handle: &RuntimeHandle) {
        let number = |name: &str| handle.0[name].as_u64().unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", number("pid")));
        let stat = stat.unwrap_or_default();
        // The fields after the name, which ends with the last parenthesis; the start is the 20th of them.
        let start = stat
            .rsplit(')')
            .next()
            .and_then(|fields| fields.split(' ').nth(20));
        if start == Some(&number("startTicks").to_string()) {
            kill(u32::try_from(number("pid")).unwrap());
        }
    }
}

impl Body for EchoRuntime {
    fn make(root: &Path) -> Self {
        Self::new(root.join("run")).unwrap()
    }

    fn kill(&self, session: SessionId, _: &RuntimeHandle) {
        EchoRuntime::kill(self, session);
    }
}

pub(crate) fn host_settings(root: &Path, sessiond: SessiondBinary) -> HostSettings {
    for dir in ["base/project", "home"] {
        std::fs::create_dir_all(root.join(dir)).unwrap();
    }
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut source_env: BTreeMap<_, _> = SECRETS.map(own).into();
    source_env.extend([
        own(("PATH", "/usr/local/bin:/usr/bin:/bin")),
        own(("SHELL", "/bin/sh")),
        (
            "HOME".to_owned(),
            root.join("home").to_str().unwrap().to_owned(),
        ),
    ]);
    HostSettings {
        data_dir: root.join("data"),
        run_dir: root.join("run"),
        secrets_dir: root.join("secrets"),
        allowed_dirs: vec![root.join("base")],
        sessiond,
        source_env,
        pass_env: Vec::new(),
        tmux: find_tmux(),
        ring_bytes: None,
        scrollback_lines: None,
        open_files: None,
    }
}

pub(crate) fn find_tmux() -> Option<PathBuf> {
    let places = ["/usr/local/bin/tmux", "/usr/bin/tmux"];
    places
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

/// sessiond's program, built once.
pub(crate) fn sessiond() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        if let Some(given) = std::env::var_os("LONGHOUSE_SESSIOND_BIN") {
            return PathBuf::from(given);
        }
        // This test is <target>/<profile>/deps/it-<hash>.
        let profile = std::env::current_exe()
            .unwrap()
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .to_owned();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "-p", "sessiond", "--target-dir"])
            .arg(profile.parent().unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(built.success(), "sessiond does not build");
        profile.join("sessiond")
    };
    BUILT.get_or_init(build).clone()
}

/// A runtime with one session that is planned.
pub(crate) struct Fixture<R: Body> {
    pub(crate) runtime: Arc<R>,
    pub(crate) plan: Plan,
    pub(crate) root: tempfile::TempDir,
    listener: Option<LinkListener>,
    started: Vec<RuntimeHandle>,
}

impl<R: Body> Fixture<R> {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("lh-").tempdir().unwrap();
        let runtime = R::make(root.path());
        Self::with(root, runtime)
    }

    pub(crate) fn with(root: tempfile::TempDir, runtime: R) -> Self {
        let plan = Plan {
            session: SessionId(uuid::Uuid::new_v4()),
            owner: UserId(uuid::Uuid::new_v4()),
            start: 1,
            workdir: Workdir::Own,
            multiplexer: Multiplexer::None,
            env: BTreeMap::from([("GREETING".to_owned(), "good morning".to_owned())]),
            first_offset: 0,
            lends_key: false,
            lends_token: false,
            agent_program: None,
            container: R::container_spec(),
        };
        Self {
            runtime: Arc::new(runtime),
            plan,
            root,
            listener: None,
            started: Vec::new(),
        }
    }

    pub(crate) fn session(&self) -> SessionId {
        self.plan.session
    }

    /// Makes the session and waits for its sessiond.
    pub(crate) async fn start(&mut self) -> (RuntimeHandle, Link) {
        if self.listener.is_none() {
            self.runtime.socket_dir(self.session()).unwrap();
            let (peer, path) = (
                self.runtime.link_peer(),
                self.runtime.link_path(self.session()),
            );
            let listener = LinkListener::bind_for(peer, &path, self.session(), "test");
            self.listener = Some(listener.unwrap());
        }
        let secrets = Secrets::from([("TOKEN".to_owned(), SecretText::new("hush"))]);
        self.runtime
            .keep_secrets(self.session(), &secrets)
            .await
            .unwrap();
        let handle = within(self.runtime.provision(&self.plan)).await.unwrap();
        self.started.push(handle.clone());
        (handle, self.accept().await)
    }

    pub(crate) async fn accept(&self) -> Link {
        let listener = self.listener.as_ref().unwrap();
        loop {
            match within(listener.accept()).await {
                // It had dialled, and was ended before anybody listened.
                Err(AcceptError::Peer(PeerError::Hello(_))) => {}
                link => return link.unwrap(),
            }
        }
    }

    pub(crate) async fn observe(&self, handle: Option<&RuntimeHandle>) -> Observed {
        within(self.runtime.observe(self.session(), handle)).await
    }

    /// Waits until the session is seen gone; returns the reason.
    pub(crate) async fn gone(&self, handle: &RuntimeHandle) -> String {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match self.observe(Some(handle)).await {
                Observed::Gone { reason, .. } => return reason,
                Observed::Alive(_) | Observed::Unknown { .. } => {
                    assert!(tokio::time::Instant::now() < deadline, "it lives on")
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Removes the session, and checks that nothing of it is left.
    pub(crate) async fn finish(&mut self) {
        self.listener = None;
        within(self.runtime.destroy(self.session(), &self.plan.workdir))
            .await
            .unwrap();
        self.assert_nothing_left();
    }

    pub(crate) fn assert_nothing_left(&self) {
        let short = self.session().short();
        let mine = |path: &Path| path.to_str().is_some_and(|path| path.contains(&short));
        let left: Vec<_> = walk(self.root.path())
            .into_iter()
            .filter(|path| mine(path))
            .collect();
        assert!(left.is_empty(), "left: {left:?}");
        let alive = marked(self.session());
        assert!(alive.is_empty(), "living: {alive:?}");
        let elsewhere = self.runtime.left_elsewhere(self.session());
        assert!(elsewhere.is_empty(), "left: {elsewhere:?}");
    }
}

/// A test that failed half-way leaves nothing running either.
impl<R: Body> Drop for Fixture<R> {
    fn drop(&mut self) {
        for handle in &self.started {
            self.runtime.kill(self.plan.session, handle);
        }
        for (pid, _) in marked(self.plan.session) {
            kill(pid);
        }
        self.runtime.clear_up();
    }
}

fn kill(pid: u32) {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    // It may have ended by itself.
    let _ = pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::KILL));
}

/// The processes whose environment names the session: process id and command line.
pub(crate) fn marked(session: SessionId) -> Vec<(u32, String)> {
    let mark = format!("LONGHOUSE_SESSION_ID={session}");
    let line = |pid: u32| {
        let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let carries = read("environ")
            .split(|&byte| byte == 0)
            .any(|line| line == mark.as_bytes());
        carries.then(|| (pid, String::from_utf8_lossy(&read("cmdline")).into_owned()))
    };
    let names = std::fs::read_dir("/proc")
        .unwrap()
        .map(|dir| dir.unwrap().file_name());
    names
        .filter_map(|name| line(name.to_str()?.parse().ok()?))
        .collect()
}

/// Waits until there is an answer.
pub(crate) async fn wait_for<T>(mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "it never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    let below = entries
        .iter()
        .filter(|entry| entry.file_type().unwrap().is_dir());
    let below: Vec<_> = below.flat_map(|dir| walk(&dir.path())).collect();
    entries
        .iter()
        .map(std::fs::DirEntry::path)
        .chain(below)
        .collect()
}

pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("it took too long")
}

/// Runs a program in the session; its standard output.
pub(crate) async fn exec(link: &Link, argv: &[&str]) -> String {
    let request = ExecRequest {
        argv: argv.iter().map(|&part| part.to_owned()).collect(),
        timeout_seconds: 20,
        output_limit: 64 * 1024,
        env: BTreeMap::new(),
    };
    let reply = within(link.client().exec(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        reply.exit_code,
        0,
        "{}",
        String::from_utf8_lossy(&reply.stderr)
    );
    String::from_utf8(reply.stdout.to_vec()).unwrap()
}

pub(crate) async fn create_terminal(
    link: &Link,
    program: &str,
    tmux: bool,
) -> longhouse_link::proto::Terminal {
    let request = CreateTerminalRequest {
        name: "manual".to_owned(),
        title: "Manual".to_owned(),
        program: program.to_owned(),
        cols: 80,
        rows: 24,
        tmux,
        ..CreateTerminalRequest::default()
    };
    within(link.client().create_terminal(request))
        .await
        .unwrap()
        .into_inner()
}

/// Types into the terminal and reads from `from` until `wanted` has come; all that was read.
pub(crate) async fn type_and_read(link: &Link, from: u64, input: &str, wanted: &str) -> Vec<u8> {
    let name = String::from("manual");
    let request = OutputRequest {
        name: name.clone(),
        from,
        ..OutputRequest::default()
    };
    let mut output = within(link.client().output(request))
        .await
        .unwrap()
        .into_inner();
    let write = WriteRequest {
        name,
        data: input.as_bytes().to_vec().into(),
    };
    within(link.client().write(futures_util::stream::iter([write])))
        .await
        .unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(wanted) {
        let chunk = within(output.message()).await.unwrap();
        read.extend_from_slice(&chunk.expect("the output ended").data);
    }
    read
}
