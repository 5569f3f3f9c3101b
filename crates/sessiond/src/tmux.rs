//! tmux, as a wrapper around a terminal's program: people reach the same terminal from a plain shell, and the program outlives sessiond.
//!
//! Everything that is said to tmux is said here. Its arguments are a programming language (`#(…)` in a name or directory runs a command, a
//! trailing `;` starts one), so nothing that a person wrote is ever an argument: names are checked, the directory is the process's own,
//! and the program with its arguments and environment goes through a file that [`crate::run_child`] reads.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::name::TerminalName;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::spec::SessiondSpec;

use crate::environment::{Environment, ProgramError, find_program};
use crate::exec::{self, Outcome};
use crate::processes;
use crate::reaper::Reaper;
use crate::run_child::ChildSpec;
use crate::terminal::pty::Program;

/// How long a tmux command may take. They answer within milliseconds; one that does not means a server that hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often is looked whether a program has begun.
const BEGUN_LOOK: Duration = Duration::from_millis(1);

/// The most history taken over from tmux, bytes: 10,000 full lines with colours.
const HISTORY_BYTES: usize = 16 * 1024 * 1024;

/// The lines above a pane's screen, as tmux counts them.
const HISTORY_SIZE: &str = "#{history_size}";

/// Why tmux did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TmuxError {
    /// tmux is not installed, as far as the session's environment knows.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// A file or process could not be made.
    #[error("cannot {doing}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// tmux said no.
    #[error("tmux {command}: {message}")]
    Refused {
        /// The command.
        command: String,
        /// What it said.
        message: String,
    },
}

/// One session's tmux server, which is there or not.
#[derive(Debug)]
pub(crate) struct Tmux {
    socket: PathBuf,
    config: PathBuf,
    /// What wrapped programs are told, and how they ended.
    children: PathBuf,
    environment: Arc<Environment>,
    reaper: Reaper,
    history_lines: u32,
}

impl Tmux {
    pub(crate) fn new(spec: &SessiondSpec, environment: Arc<Environment>, reaper: Reaper) -> Self {
        Self {
            socket: spec.state_dir.join("tmux.sock"),
            config: spec.state_dir.join("tmux.conf"),
            children: spec.state_dir.join("terminals"),
            environment,
            reaper,
            history_lines: spec.tmux_history_lines,
        }
    }

    /// The program that shows the tmux session `name` in a PTY called `tty`, and starts `child` in it where it is not there.
    pub(crate) fn client(
        &self,
        name: &TerminalName,
        child: &ChildSpec,
        size: TerminalSize,
        tty: &str,
    ) -> Result<Program, TmuxError> {
        let env = self.client_environment(name)?;
        let path = find_program("tmux", &env)?;
        self.prepare(name, child)?;
        let mut args = self.leading_arguments();
        args.extend(["new-session", "-A", "-s", name.as_str()].map(String::from));
        args.extend(["-x".into(), size.cols.to_string()]);
        args.extend(["-y".into(), size.rows.to_string()]);
        // Two words and more are executed as they are; a single one would go through a shell.
        args.push(processes::own_program().to_string_lossy().into_owned());
        args.extend(["run-child".to_owned(), self.child_file(name)]);
        args.push(";".to_owned());
        args.extend(["set-option", "@longhouse_tty", tty].map(String::from));
        Ok(Program {
            path,
            arg0: None,
            args,
            env,
        })
    }

    /// Whether the tmux session `name` is there.
    pub(crate) async fn has(&self, name: &TerminalName) -> bool {
        // Without a socket there is no server, and no program needs to be started to know that.
        self.socket.exists()
            && self
                .run(&["has-session", "-t", &target(name)])
                .await
                .is_ok()
    }

    /// Ends the tmux session `name` with a hang-up.
    pub(crate) async fn kill(&self, name: &TerminalName) {
        if let Err(error) = self.run(&["kill-session", "-t", &target(name)]).await {
            tracing::debug!(%name, %error, "no tmux session to kill");
        }
    }

    /// The process that tmux started in the session `name`.
    pub(crate) async fn pid(&self, name: &TerminalName) -> Option<u32> {
        let pane = format!("{}:", target(name));
        let shown = self
            .run(&["display-message", "-p", "-t", &pane, "#{pane_pid}"])
            .await;
        String::from_utf8_lossy(&shown.ok()?).trim().parse().ok()
    }

    /// The tmux server's process.
    pub(crate) async fn server_pid(&self) -> Option<u32> {
        if !self.socket.exists() {
            return None;
        }
        let shown = self.run(&["display-message", "-p", "#{pid}"]).await;
        String::from_utf8_lossy(&shown.ok()?).trim().parse().ok()
    }

    /// What is above the screen: how many lines, and the newest `lines` of them, with escape sequences.
    pub(crate) async fn history(
        &self,
        name: &TerminalName,
        lines: u32,
    ) -> Result<(u64, Vec<u8>), TmuxError> {
        let pane = format!("{}:", target(name));
        let start = format!("-{lines}");
        let count = ["display-message", "-p", "-t", &pane, HISTORY_SIZE];
        let text = ["capture-pane", "-p", "-e", "-t", &pane];
        let place = ["-S", &start, "-E", "-1"];
        let words = [&count[..], &[";"], &text, &place].concat();
        let mut said = self.run(&words).await?;
        let end = said.iter().position(|byte| *byte == b'\n');
        let text = said.split_off(end.map_or(said.len(), |at| at + 1));
        Ok((counted(&said)?, text))
    }

    /// How many lines are above the screen.
    pub(crate) async fn lines_above(&self, name: &TerminalName) -> Result<u64, TmuxError> {
        let pane = format!("{}:", target(name));
        let question = ["display-message", "-p", "-t", &pane, HISTORY_SIZE];
        counted(&self.run(&question).await?)
    }

    /// Lines of history above the screen, as the configuration bounds them.
    pub(crate) fn history_lines(&self) -> u32 {
        self.history_lines
    }

    /// Waits for the process of a program that was started just now. It says so itself: no program of tmux's is started to ask.
    pub(crate) async fn begun(&self, name: &TerminalName) -> u32 {
        let file = ChildSpec::pid_file(&self.child_file(name));
        loop {
            if let Some(pid) = number(&file) {
                return pid;
            }
            tokio::time::sleep(BEGUN_LOOK).await;
        }
    }

    /// How the program of the session `name` ended, if it did.
    pub(crate) fn exit_code(&self, name: &TerminalName) -> Option<i32> {
        number(&ChildSpec::exit_file(&self.child_file(name)))
    }

    /// Forgets what was kept about the program of the session `name`.
    pub(crate) fn forget(&self, name: &TerminalName) {
        let file = self.child_file(name);
        remove(Path::new(&ChildSpec::exit_file(&file)));
        remove(Path::new(&ChildSpec::pid_file(&file)));
        remove(Path::new(&file));
    }

    /// Ends the tmux server with everything in it, if there is one.
    pub(crate) async fn kill_server(&self) {
        if self.socket.exists()
            && let Err(error) = self.run(&["kill-server"]).await
        {
            tracing::debug!(%error, "no tmux server to kill");
        }
    }

    /// Removes the socket and the files.
    pub(crate) fn remove_files(&self) {
        remove(&self.socket);
        remove(&self.config);
        if let Err(error) = std::fs::remove_dir_all(&self.children)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "cannot remove the wrapped programs' files");
        }
    }

    async fn run(&self, command: &[&str]) -> Result<Vec<u8>, TmuxError> {
        let env = self.environment.for_program(&BTreeMap::new())?;
        let program = find_program("tmux", &env)?;
        let mut args = self.leading_arguments();
        args.extend(command.iter().map(|word| (*word).to_owned()));
        let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
        let job = exec::Job {
            program: &program,
            args: &args,
            env: &env,
            directory: None,
            timeout: TIMEOUT,
            output_limit: HISTORY_BYTES,
            overflow: exec::Overflow::Dropped,
            stdin: Stdio::null(),
            grace: Duration::ZERO,
        };
        let failed = |source| TmuxError::Io {
            doing: "run tmux",
            source,
        };
        match exec::run(job, &self.reaper, std::future::pending())
            .await
            .map_err(failed)?
        {
            Outcome {
                code: 0, stdout, ..
            } => Ok(stdout),
            outcome => Err(TmuxError::Refused {
                command: command.first().copied().unwrap_or_default().to_owned(),
                message: String::from_utf8_lossy(&outcome.stderr).trim().to_owned(),
            }),
        }
    }

    fn leading_arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        vec![
            "-u".to_owned(),
            "-S".to_owned(),
            path(&self.socket),
            "-f".to_owned(),
            path(&self.config),
        ]
    }

    fn client_environment(
        &self,
        name: &TerminalName,
    ) -> Result<BTreeMap<String, String>, ProgramError> {
        self.environment
            .for_terminal(name.as_str(), &BTreeMap::new())
    }

    fn child_file(&self, name: &TerminalName) -> String {
        let file = self.children.join(format!("{name}.json"));
        file.to_string_lossy().into_owned()
    }

    /// Writes the configuration and what the child is to run.
    fn prepare(&self, name: &TerminalName, child: &ChildSpec) -> Result<(), TmuxError> {
        let io = |doing| move |source| TmuxError::Io { doing, source };
        std::fs::create_dir_all(&self.children).map_err(io("make the terminals' directory"))?;
        write_private(&self.config, configuration(self.history_lines).as_bytes())
            .map_err(io("write the tmux configuration"))?;
        let text =
            serde_json::to_vec(child).map_err(|error| io("describe the program")(error.into()))?;
        write_private(Path::new(&self.child_file(name)), &text)
            .map_err(io("write the program's description"))
    }
}

/// The number that tmux answered.
fn counted(said: &[u8]) -> Result<u64, TmuxError> {
    let text = String::from_utf8_lossy(said);
    text.trim().parse().map_err(|_| TmuxError::Refused {
        command: "display-message".to_owned(),
        message: format!("answered {:?} for a number", text.trim()),
    })
}

/// The number that a file holds.
fn number<T: FromStr>(file: &str) -> Option<T> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Exactly this session: without `=`, tmux also takes the beginning of a name.
fn target(name: &TerminalName) -> String {
    format!("={name}")
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove a file");
    }
}

fn configuration(history_lines: u32) -> String {
    format!(
        r##"# Written by Longhouse; changes are lost. What this tmux does not know is passed over (-q).
set -qs escape-time 0
set -qs focus-events on
set -qs set-clipboard on
set -qs extended-keys on
# Without the alternate screen the client scrolls the browser's own history; without indn it does so by newlines, which alone fill one.
set -qs terminal-overrides 'xterm*:smcup@:rmcup@:indn@'
set -qs terminal-features 'xterm*:RGB:clipboard:ccolour:cstyle:focus:title:extkeys:strikethrough:usstyle:hyperlinks'
set -qg default-terminal 'xterm-256color'
set -qg status off
set -qg mouse off
set -qg history-limit {history_lines}
set -qg window-size latest
set -qg detach-on-destroy on
set -qg destroy-unattached off
set -qg remain-on-exit off
set -qg set-titles on
set -qg set-titles-string '#{{?#{{==:#{{pane_title}},#{{host}}}},,#{{pane_title}}}}'
set -qg update-environment ''
# The prefix is for people who attach from a shell; typed in the browser, C-b is the program's.
set -qg prefix None
set -qg prefix2 None
bind -n C-b if -F '#{{==:#{{client_tty}},#{{@longhouse_tty}}}}' 'send-keys C-b' 'switch-client -T prefix'
"##
    )
}
