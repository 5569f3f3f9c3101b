//! The one door through which this crate starts programs: a closed list of what may be run, each with a fixed argument list.
//!
//! No argument comes from a person, and nothing goes through a shell. Paths are of Longhouse's own making.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use longhouse_domain::terminal::Environment;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// The most that is kept of a program's output, bytes: answers are one line, complaints a few.
const OUTPUT_BYTES: u64 = 64 * 1024;

/// How long the pipes of a program that has ended are read on.
const DRAIN_LIMIT: Duration = Duration::from_millis(500);

/// Which systemd a transient scope is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// The machine's.
    System,
    /// The user's own.
    User,
}

/// What may be run.
#[derive(Debug)]
pub(crate) enum Program<'a> {
    /// `sessiond start`, which leaves a daemon behind and ends.
    Sessiond {
        binary: &'a Path,
        /// The scope to start it in, where systemd has to hold it apart from the server.
        scope: Option<Scope<'a>>,
        /// The directory to start in; a link in `/proc` to an open handle.
        dir: &'a Path,
        env: Environment,
    },
    /// Asks the tmux server on this socket for its process id; does not start one.
    TmuxServerPid { tmux: &'a Path, socket: &'a Path },
    /// Ends the tmux server on this socket.
    TmuxKillServer { tmux: &'a Path, socket: &'a Path },
}

/// A transient scope of systemd.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) systemd_run: &'a Path,
    pub(crate) manager: Manager,
    /// The unit's name: letters, digits and hyphens.
    pub(crate) unit: &'a str,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs a program to its end, with `input` on its standard input.
///
/// # Errors
/// It could not be started, or did not end within `limit` ([`io::ErrorKind::TimedOut`]) and was killed.
pub(crate) async fn run(
    program: Program<'_>,
    input: &[u8],
    limit: Duration,
) -> io::Result<Outcome> {
    let mut command = command(program);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that ends early does not read to the end; its own complaint says more than the broken pipe.
            let _ = stdin.write_all(input).await;
        }
    };
    let pipes = async { tokio::join!(feed, collect(stdout, &mut out), collect(stderr, &mut err)) };
    let ended = async {
        tokio::pin!(pipes);
        let status = tokio::select! {
            status = child.wait() => status?,
            _ = &mut pipes => return child.wait().await,
        };
        // What it said last may still be in the pipes. Something that it left running may hold them open for ever.
        let _ = tokio::time::timeout(DRAIN_LIMIT, pipes).await;
        Ok(status)
    };
    match tokio::time::timeout(limit, ended).await {
        Ok(status) => Ok(Outcome {
            status: status?,
            stdout: out,
            stderr: err,
        }),
        Err(_) => {
            let _ = child.kill().await;
            let text = format!("it did not end within {} seconds", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        }
    }
}

/// Reads to the end and keeps the beginning; the rest is dropped, so that the program is not held up.
async fn collect(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) -> io::Result<()> {
    let Some(stream) = stream else {
        return Ok(());
    };
    let mut stream = stream.take(OUTPUT_BYTES);
    stream.read_to_end(kept).await?;
    tokio::io::copy(stream.get_mut(), &mut tokio::io::sink()).await?;
    Ok(())
}

fn command(program: Program<'_>) -> Command {
    match program {
        Program::Sessiond {
            binary,
            scope,
            dir,
            env,
        } => {
            let mut command = match scope {
                None => Command::new(binary),
                Some(scope) => {
                    let mut command = Command::new(scope.systemd_run);
                    command.args(scope_args(scope)).arg(binary);
                    command
                }
            };
            command.arg("start").env_clear().envs(env).current_dir(dir);
            command
        }
        Program::TmuxServerPid { tmux, socket } => {
            let mut command = tmux_command(tmux, socket);
            command.args(["display-message", "-p", "#{pid}"]);
            command
        }
        Program::TmuxKillServer { tmux, socket } => {
            let mut command = tmux_command(tmux, socket);
            command.arg("kill-server");
            command
        }
    }
}

fn scope_args(scope: Scope<'_>) -> Vec<OsString> {
    let manager = match scope.manager {
        Manager::System => "--system",
        Manager::User => "--user",
    };
    let unit = format!("--unit={}", scope.unit);
    let fixed = [
        "--scope",
        "--collect",
        "--quiet",
        manager,
        unit.as_str(),
        "--",
    ];
    fixed.map(OsString::from).to_vec()
}

fn tmux_command(tmux: &Path, socket: &Path) -> Command {
    let mut command = Command::new(tmux);
    // No configuration, no environment: both could make it do more than asked.
    command
        .args(["-f", "/dev/null", "-S"])
        .arg(socket)
        .env_clear()
        .current_dir("/");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_asked_for_with_a_fixed_list_of_arguments() {
        let scope = Scope {
            systemd_run: Path::new("/usr/bin/systemd-run"),
            manager: Manager::User,
            unit: "longhouse-0123456789ab-1-2",
        };
        assert_eq!(
            scope_args(scope),
            [
                "--scope",
                "--collect",
                "--quiet",
                "--user",
                "--unit=longhouse-0123456789ab-1-2",
                "--"
            ]
        );
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_killed() {
        let root = tempfile::tempdir().unwrap();
        let script = root.path().join("never");
        std::fs::write(&script, "#!/bin/sh\necho $$ > pid\nexec sleep 600\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let program = Program::Sessiond {
            binary: &script,
            scope: None,
            dir: root.path(),
            env: Environment::new(),
        };
        let error = run(program, b"", Duration::from_millis(500))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let pid = std::fs::read_to_string(root.path().join("pid")).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }

    #[tokio::test]
    async fn output_beyond_the_bound_is_dropped_without_holding_the_program_up() {
        let root = tempfile::tempdir().unwrap();
        let script = root.path().join("loud");
        std::fs::write(
            &script,
            "#!/bin/sh\nhead -c 1000000 /dev/zero\n/bin/cat >&2\n",
        )
        .unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let env = Environment::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        let program = Program::Sessiond {
            binary: &script,
            scope: None,
            dir: root.path(),
            env,
        };
        let outcome = run(program, b"told", Duration::from_secs(30))
            .await
            .unwrap();
        assert!(outcome.status.success());
        assert_eq!(outcome.stdout.len() as u64, OUTPUT_BYTES);
        assert_eq!(outcome.stderr, b"told");
    }
}
