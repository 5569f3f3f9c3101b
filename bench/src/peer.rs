//! Who is measured: Longhouse and the usual ways to a terminal in a browser, each started as its users start it, each also with tmux.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::report::OURS;
use crate::server::Server;
use crate::viewer::{Viewer, Words};

/// How long a program may take to answer.
const AT_MOST: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Longhouse,
    NodeWs,
    NodeSocketIo,
    Ttyd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) program: Program,
    pub(crate) tmux: bool,
}

impl Peer {
    /// Everybody who is there. ttyd is measured where it is installed.
    pub(crate) fn all() -> Vec<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let has_ttyd = std::env::split_paths(&path).any(|dir| dir.join("ttyd").is_file());
        let mut programs = vec![Program::Longhouse, Program::NodeWs, Program::NodeSocketIo];
        programs.extend(has_ttyd.then_some(Program::Ttyd));
        let both = |program| [false, true].map(|tmux| Self { program, tmux });
        programs.into_iter().flat_map(both).collect()
    }

    pub(crate) fn name(self) -> String {
        let name = match self.program {
            Program::Longhouse => OURS,
            Program::NodeWs => "node-pty + ws",
            Program::NodeSocketIo => "node-pty + socket.io",
            Program::Ttyd => "ttyd",
        };
        let tmux = if self.tmux { " + tmux" } else { "" };
        format!("{name}{tmux}")
    }

    /// Whether it is what all others are compared with.
    pub(crate) fn is_ours(self) -> bool {
        self.program == Program::Longhouse
    }

    /// Whether several viewers can look at one terminal.
    pub(crate) fn shares(self) -> bool {
        self.program != Program::Ttyd || self.tmux
    }
}

/// One of them, started.
pub(crate) struct Running {
    pub(crate) peer: Peer,
    house: House,
    tmux_socket: PathBuf,
}

enum House {
    Ours(Server),
    Theirs {
        child: Child,
        address: String,
        log: PathBuf,
    },
}

/// A shell in a terminal.
pub(crate) struct Session {
    name: String,
    /// What Longhouse tells of it.
    pub(crate) record: Option<Value>,
}

impl Session {
    fn named(name: &str, record: Option<Value>) -> Self {
        Self {
            name: name.replace(' ', "-"),
            record,
        }
    }
}

impl Running {
    /// Starts it with nothing kept from before. Answers how long it took until it answered, milliseconds, too.
    pub(crate) async fn start(peer: Peer, scratch: &Path) -> Result<(Self, f64)> {
        let home = tempfile::tempdir_in(scratch)?.keep();
        let tmux_socket = home.join("tmux");
        let begun = Instant::now();
        let house = match peer.program {
            Program::Longhouse => House::Ours(Server::start(&home).await?),
            other => theirs(other, peer.tmux, &home, &tmux_socket).await?,
        };
        let taken = match &house {
            House::Ours(server) => server.answered_after,
            House::Theirs { .. } => begun.elapsed().as_secs_f64() * 1000.0,
        };
        let running = Self {
            peer,
            house,
            tmux_socket,
        };
        Ok((running, taken))
    }

    /// A new terminal with a shell, or the name of one that begins with its first viewer.
    pub(crate) async fn session(&self, name: &str) -> Result<Session> {
        let record = match &self.house {
            House::Ours(server) => Some(server.api.create(name, self.multiplexer()).await?),
            House::Theirs { .. } => None,
        };
        Ok(Session::named(name, record))
    }

    /// The same, whose first viewer may come at once, as pages do, and waits for it.
    pub(crate) async fn session_to_be(&self, name: &str) -> Result<Session> {
        let record = match &self.house {
            House::Ours(server) => Some(server.api.ask_for(name, self.multiplexer()).await?),
            House::Theirs { .. } => None,
        };
        Ok(Session::named(name, record))
    }

    fn multiplexer(&self) -> &'static str {
        if self.peer.tmux { "tmux" } else { "none" }
    }

    /// One more viewer of it.
    pub(crate) async fn watch(&self, session: &Session) -> Result<Viewer> {
        match (&self.house, &session.record) {
            (House::Ours(server), Some(record)) => {
                let viewer = server.api.watch(record).await?;
                Ok(match self.peer.tmux {
                    true => viewer.skipping(),
                    false => viewer,
                })
            }
            (House::Theirs { address, log, .. }, _) => {
                let viewer = watch_theirs(self.peer.program, address, &session.name).await;
                viewer.with_context(|| {
                    let said = std::fs::read_to_string(log).unwrap_or_default();
                    let lines: Vec<_> = said.lines().collect();
                    let last = &lines[lines.len().saturating_sub(5)..];
                    format!(
                        "{} takes no viewer; it said last: {last:?}",
                        self.peer.name()
                    )
                })
            }
            (House::Ours(_), None) => bail!("the session has no record"),
        }
    }

    /// One more viewer, who says how far it has drawn where that can be said.
    pub(crate) async fn watch_like_a_page(&self, session: &Session) -> Result<Viewer> {
        match (&self.house, &session.record) {
            (House::Ours(server), Some(record)) => {
                let query = "mode=write&window=1048576";
                server.api.watch_with(record, query).await
            }
            _ => self.watch(session).await,
        }
    }

    /// The processes that bring a session's bytes to its viewers, without the session's own and without tmux.
    pub(crate) fn carriers(&self, session: &Session) -> Result<Vec<u32>> {
        let mut pids = vec![self.pid()?];
        if let Some(record) = &session.record {
            let sessiond = record["pid"]
                .as_u64()
                .and_then(|pid| u32::try_from(pid).ok());
            pids.push(sessiond.context("a session without a process")?);
        }
        Ok(pids)
    }

    /// The server's own process.
    pub(crate) fn pid(&self) -> Result<u32> {
        match &self.house {
            House::Ours(server) => server.pid(),
            House::Theirs { child, .. } => child.id().context("it has ended"),
        }
    }

    /// Longhouse's, where it is Longhouse.
    pub(crate) fn ours(&self) -> Option<&Server> {
        match &self.house {
            House::Ours(server) => Some(server),
            House::Theirs { .. } => None,
        }
    }

    /// Ends a session and its programs.
    pub(crate) async fn end(&self, session: Session, viewer: Option<Viewer>) -> Result<()> {
        if let (House::Ours(server), Some(record)) = (&self.house, &session.record) {
            return server.api.delete(record).await;
        }
        if let Some(mut viewer) = viewer {
            // Whatever runs is interrupted; then the shell ends, and with it the terminal.
            viewer.send(b"\x03").await?;
            viewer.send(b"\x04").await?;
        }
        Ok(())
    }

    /// Ends all.
    pub(crate) async fn stop(self) -> Result<()> {
        match self.house {
            House::Ours(server) => server.stop().await?,
            House::Theirs { mut child, .. } => child.kill().await?,
        }
        if self.tmux_socket.exists() {
            let mut kill = Command::new("tmux");
            kill.arg("-S").arg(&self.tmux_socket).arg("kill-server");
            kill.stdout(Stdio::null()).stderr(Stdio::null());
            kill.status().await?;
        }
        Ok(())
    }
}

async fn theirs(program: Program, tmux: bool, home: &Path, socket: &Path) -> Result<House> {
    // A free port, given back at once: who listens on it is started right now.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let path = std::env::var_os("PATH").context("no PATH")?;
    if tmux {
        keep_tmux(home, socket).await?;
    }
    let log = home.join("log");
    let child = command(program, port, tmux.then_some(socket))?
        .env_clear()
        .envs([("HOME", home.as_os_str()), ("PATH", path.as_ref())])
        .envs([("SHELL", "/bin/sh"), ("TERM", "xterm-256color")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log)?)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {program:?}"))?;
    let address = format!("127.0.0.1:{port}");
    let begun = Instant::now();
    while !answers(&address).await {
        if begun.elapsed() > AT_MOST {
            bail!("{program:?} does not answer");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(House::Theirs {
        child,
        address,
        log,
    })
}

async fn watch_theirs(program: Program, address: &str, name: &str) -> Result<Viewer> {
    match program {
        Program::Longhouse => bail!("this is not one of theirs"),
        Program::NodeWs => Viewer::connect(Words::Plain, address, &format!("/{name}"), &[]).await,
        Program::NodeSocketIo => {
            let path = format!("/socket.io/?EIO=4&transport=websocket&name={name}");
            Viewer::connect(Words::SocketIo, address, &path, &[]).await
        }
        Program::Ttyd => {
            let protocol = [("sec-websocket-protocol", "tty".to_owned())];
            Viewer::connect(Words::Ttyd, address, &format!("/ws?arg={name}"), &protocol).await
        }
    }
}

/// Starts a tmux server with a session that nobody uses, as it stands by where people use tmux: one that ends with its last session may be
/// about to, just when the next one begins.
async fn keep_tmux(home: &Path, socket: &Path) -> Result<()> {
    let mut tmux = Command::new("tmux");
    tmux.arg("-S").arg(socket).args(["-f", "/dev/null"]);
    tmux.args(["new-session", "-d", "-s", "standing-by", "/bin/sh"]);
    let started = tmux
        .env("HOME", home)
        .env("TERM", "xterm-256color")
        .status();
    anyhow::ensure!(started.await?.success(), "tmux does not start");
    Ok(())
}

/// How one of theirs is started, with tmux where a socket for it is named.
fn command(program: Program, port: u16, tmux: Option<&Path>) -> Result<Command> {
    let script = match program {
        Program::Ttyd => return Ok(ttyd(port, tmux)),
        Program::NodeWs => "bench/peers/ws.mjs",
        Program::NodeSocketIo => "bench/peers/socketio.mjs",
        Program::Longhouse => bail!("Longhouse is started otherwise"),
    };
    let mut command = Command::new("node");
    command.arg(script).arg(port.to_string());
    if let Some(socket) = tmux {
        command.arg("tmux").arg(socket);
    }
    Ok(command)
}

/// ttyd appends the terminal's name to the command, which a shell's `-c` takes as its `$0`.
fn ttyd(port: u16, tmux: Option<&Path>) -> Command {
    let mut command = Command::new("ttyd");
    command.args(["--writable", "--url-arg", "--interface", "127.0.0.1"]);
    command.arg("--port").arg(port.to_string());
    let shell = match tmux {
        Some(socket) => format!(
            "exec tmux -S {} -f /dev/null new-session -A -s \"$0\" /bin/sh -l",
            socket.display()
        ),
        None => "exec /bin/sh -l".to_owned(),
    };
    command.args(["/bin/sh", "-c", &shell]);
    command
}

/// Whether an HTTP server answers there.
async fn answers(address: &str) -> bool {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await?;
        std::io::Result::Ok(start.ends_with(b"200"))
    };
    asked.await.unwrap_or(false)
}
