//! A session to test with: its directories, its sessiond, the server's end of its link. Whatever it started is gone when it is dropped.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::SessionId;
use longhouse_link::proto::*;
use longhouse_link::spec::{SessiondSpec, StartFailure, Started};
use longhouse_link::{Link, LinkClient, LinkListener};
use rustix::fs::FlockOperation;
use tonic::{Status, Streaming};

/// How long anything may take before a test gives up. Generous: the machine is shared.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("the deadline passed")
}

/// Waits until `condition` gives something.
pub(crate) async fn wait_for<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) struct House {
    root: tempfile::TempDir,
    pub(crate) session: SessionId,
    listener: LinkListener,
    pub(crate) link: Link,
    pub(crate) daemon: Started,
    pub(crate) spec: SessiondSpec,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A session whose specification `adapt` changed.
    pub(crate) async fn with(adapt: impl FnOnce(&mut SessiondSpec)) -> Self {
        let root = tempfile::Builder::new().prefix("lh").tempdir().unwrap();
        for directory in ["state", "link", "work", "home"] {
            let path = root.path().join(directory);
            std::fs::create_dir(&path).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        }
        let session = SessionId(uuid::Uuid::new_v4());
        let socket = root.path().join("link/s.sock");
        let listener = LinkListener::bind(&socket, session, "test").unwrap();
        let home = root.path().join("home");
        let env = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("HOME", home.to_str().unwrap()),
            ("LANG", "C.UTF-8"),
            ("PS1", "$ "),
        ];
        let env: BTreeMap<_, _> = env.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let state = root.path().join("state");
        let mut spec = SessiondSpec::new(session, socket, state, env, "/bin/bash".to_owned());
        adapt(&mut spec);
        let daemon = start(&spec, &root.path().join("work")).expect("sessiond starts");
        let link = within(listener.accept()).await.unwrap();
        Self {
            root,
            session,
            listener,
            link,
            daemon,
            spec,
        }
    }

    pub(crate) fn client(&self) -> LinkClient {
        self.link.client()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Hangs up and waits until sessiond dialled again.
    pub(crate) async fn reconnect(&mut self) {
        self.link.disconnect();
        self.link = within(self.listener.accept()).await.unwrap();
    }

    /// Starts a sessiond after the one before is gone.
    pub(crate) async fn start_again(&mut self) {
        self.daemon = start(&self.spec, &self.work()).expect("sessiond starts again");
        self.link = within(self.listener.accept()).await.unwrap();
    }

    pub(crate) fn start_another(&self) -> Result<Started, StartFailure> {
        start(&self.spec, &self.work())
    }

    pub(crate) async fn kill_daemon(&self) {
        kill(self.daemon.pid, "KILL");
        within(self.link.closed()).await;
        // The first thread is a zombie before the last one has let go of the lock.
        wait_for("sessiond and its lock are gone", async || {
            let lock = std::fs::File::open(self.state().join("sessiond.lock")).ok()?;
            let free = rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
            (free && !alive(self.daemon.pid)).then_some(())
        })
        .await;
    }

    pub(crate) async fn create(&self, request: CreateTerminalRequest) -> Result<Terminal, Status> {
        Ok(within(self.client().create_terminal(request))
            .await?
            .into_inner())
    }

    /// A terminal of 80 by 24 that runs `argv`.
    pub(crate) async fn run(&self, name: &str, argv: &[&str]) -> Terminal {
        self.create(terminal(name, argv)).await.unwrap()
    }

    pub(crate) async fn shell(&self, name: &str) -> Terminal {
        self.run(name, &["bash", "--norc", "--noprofile"]).await
    }

    pub(crate) async fn terminal(&self, name: &str) -> Terminal {
        let list = within(self.client().list_terminals(ListTerminalsRequest {})).await;
        let terminals = list.unwrap().into_inner().terminals;
        terminals
            .into_iter()
            .find(|t| t.name == name)
            .expect("the terminal is there")
    }

    pub(crate) async fn output(&self, name: &str, from: u64) -> Result<Output, Status> {
        let name = name.to_owned();
        let request = OutputRequest {
            name,
            from,
            timed: true,
        };
        let stream = within(self.client().output(request)).await?.into_inner();
        Ok(Output {
            stream,
            seen: Vec::new(),
            offset: from,
            sizes: Vec::new(),
            gaps: 0,
        })
    }

    /// Writes `data` and waits until the program has it.
    pub(crate) async fn type_in(&self, name: &str, data: impl Into<Bytes>) {
        within(self.client().write(writes(name, data.into())))
            .await
            .unwrap();
    }

    pub(crate) async fn exec(&self, argv: &[&str]) -> ExecReply {
        let request = ExecRequest {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            timeout_seconds: 20,
            output_limit: 1 << 20,
            ..ExecRequest::default()
        };
        within(self.client().exec(request))
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn screen(&self, name: &str) -> String {
        self.capture(name, capture_request::Format::Text, 0).await
    }

    pub(crate) async fn capture(
        &self,
        name: &str,
        format: capture_request::Format,
        lines: u32,
    ) -> String {
        let request = CaptureRequest {
            name: name.to_owned(),
            format: format.into(),
            scrollback_lines: lines,
        };
        let mut chunks = within(self.client().capture(request))
            .await
            .unwrap()
            .into_inner();
        let mut text = Vec::new();
        while let Some(chunk) = within(chunks.message()).await.unwrap() {
            text.extend_from_slice(&chunk.data);
        }
        String::from_utf8(text).unwrap()
    }

    pub(crate) async fn wait_for_screen(&self, name: &str, text: &str) -> String {
        wait_for(&format!("{text:?} on the screen of {name}"), async || {
            Some(self.screen(name).await).filter(|screen| screen.contains(text))
        })
        .await
    }

    pub(crate) async fn shut_down(&self, keep_tmux: bool) {
        let request = ShutdownRequest {
            grace_ms: 300,
            keep_tmux,
        };
        within(self.client().shutdown(request)).await.unwrap();
        let pid = self.daemon.pid;
        wait_for("sessiond is gone", async || (!alive(pid)).then_some(())).await;
    }

    /// The live processes that bear the session's mark.
    pub(crate) fn marked(&self) -> Vec<u32> {
        let mark = format!("LONGHOUSE_SESSION_ID={}", self.session);
        let pids = std::fs::read_dir("/proc").unwrap().flatten();
        pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| {
                std::fs::read(format!("/proc/{pid}/environ"))
                    .is_ok_and(|env| env.split(|b| *b == 0).any(|v| v == mark.as_bytes()))
            })
            .collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if alive(self.daemon.pid) {
            kill(self.daemon.pid, "KILL");
        }
        for pid in self.marked() {
            kill(pid, "KILL");
        }
    }
}

/// What a reader of a terminal's output got.
pub(crate) struct Output {
    stream: Streaming<OutputChunk>,
    pub(crate) seen: Vec<u8>,
    /// Of the next byte.
    pub(crate) offset: u64,
    pub(crate) sizes: Vec<(u32, u32)>,
    pub(crate) gaps: u32,
}

impl Output {
    /// Takes the next chunk; offsets must be without a hole unless the chunk says so.
    pub(crate) async fn next(&mut self) -> OutputChunk {
        let chunk = within(self.stream.message())
            .await
            .unwrap()
            .expect("more output");
        if chunk.gap {
            self.gaps += 1;
            self.offset = chunk.offset;
        }
        assert_eq!(chunk.offset, self.offset, "a hole in the output");
        self.offset += chunk.data.len() as u64;
        self.seen.extend_from_slice(&chunk.data);
        if let Some(Size { cols, rows }) = chunk.size {
            self.sizes.push((cols, rows));
        }
        chunk
    }

    pub(crate) async fn until(&mut self, text: &str) {
        while memchr::memmem::find(&self.seen, text.as_bytes()).is_none() {
            self.next().await;
        }
    }

    /// Reads to the program's end, and gives its exit code.
    pub(crate) async fn until_exit(&mut self) -> i32 {
        loop {
            if let Some(exit) = self.next().await.exit {
                return exit.code;
            }
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }
}

pub(crate) fn terminal(name: &str, argv: &[&str]) -> CreateTerminalRequest {
    let mut argv = argv.iter().map(|word| (*word).to_owned());
    CreateTerminalRequest {
        name: name.to_owned(),
        title: name.to_owned(),
        program: argv.next().unwrap_or_default(),
        args: argv.collect(),
        cols: 80,
        rows: 24,
        ..CreateTerminalRequest::default()
    }
}

/// The messages that carry `data`, as a client sends them.
pub(crate) fn writes(
    name: &str,
    mut data: Bytes,
) -> impl futures_util::Stream<Item = WriteRequest> + Send + 'static {
    let mut name = Some(name.to_owned());
    futures_util::stream::iter(std::iter::from_fn(move || {
        let first = name.take();
        if first.is_none() && data.is_empty() {
            return None;
        }
        Some(WriteRequest {
            name: first.unwrap_or_default(),
            data: data.split_to(data.len().min(longhouse_link::limits::WRITE_CHUNK_BYTES)),
        })
    }))
}

/// The program under test: the one that was just built, or the one that is shipped, if it is named.
fn binary() -> std::ffi::OsString {
    let shipped = std::env::var_os("SESSIOND_BINARY");
    shipped.unwrap_or_else(|| env!("CARGO_BIN_EXE_sessiond").into())
}

fn start(spec: &SessiondSpec, directory: &Path) -> Result<Started, StartFailure> {
    // Started as by the `&` of a script, which leaves the keyboard's signals ignored: the programs must not inherit that.
    let mut launcher = Command::new("/bin/sh")
        .args(["-c", "trap '' INT QUIT HUP TSTP; exec \"$0\" start"])
        .arg(binary())
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = launcher.stdin.take().unwrap();
    stdin.write_all(&serde_json::to_vec(spec).unwrap()).unwrap();
    drop(stdin);
    let output = launcher.wait_with_output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    if output.status.success() {
        Ok(serde_json::from_str(&line).unwrap())
    } else {
        Err(serde_json::from_str(&line).unwrap())
    }
}

pub(crate) fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('Z'))
    })
}

pub(crate) fn kill(pid: u32, signal: &str) {
    let pid = pid.to_string();
    Command::new("kill")
        .args(["-s", signal, &pid])
        .stderr(Stdio::null())
        .status()
        .unwrap();
}
