//! Made-up requests against the API: schemathesis reads the document that a real server gives out, and calls every operation with
//! what the document allows and with what it forbids. Whatever answers with 5xx, and whatever panics, is a fault.
//!
//! The server is a throw-away one: a home, a data directory and an environment of its own. `xtask/schemathesis` holds what
//! schemathesis is told about Longhouse.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::run as run_process;
use crate::stamp::{Fingerprint, Stamp};
use crate::workspace::Workspace;
use crate::{build, report};

/// How long the run within `cargo xtask test` takes, in seconds, and what its dice are.
const SHORT: Budget = Budget {
    seconds: 60,
    seed: Some(1),
};

/// How long `cargo xtask fuzz-api` takes unless told otherwise, in seconds.
const LONG_SECONDS: u32 = 600;

/// How long the server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

const PASSWORD: &str = "an admin of a throw-away server";

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Budget {
    seconds: u32,
    /// Without one each run tries something else, and says which seed repeats it.
    seed: Option<u32>,
}

/// The stage of `cargo xtask test`.
///
/// # Errors
/// When schemathesis finds a fault, or cannot run.
pub(crate) fn stage(workspace: &Workspace) -> Result<()> {
    fuzz(workspace, SHORT)
}

/// `cargo xtask fuzz-api`: the same for longer.
///
/// # Errors
/// When schemathesis finds a fault, or cannot run.
pub(crate) fn run(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    fuzz(workspace, budget(flags)?)?;
    Ok(ExitCode::SUCCESS)
}

fn budget(flags: &[&str]) -> Result<Budget> {
    let mut budget = Budget {
        seconds: LONG_SECONDS,
        seed: None,
    };
    let mut rest = flags;
    while let [flag, tail @ ..] = rest {
        let [value, tail @ ..] = tail else {
            bail!("{flag} takes a number");
        };
        let number: u32 = value
            .parse()
            .with_context(|| format!("{flag} takes a number, not {value}"))?;
        match *flag {
            "--seconds" => budget.seconds = number,
            "--seed" => budget.seed = Some(number),
            _ => bail!("`fuzz-api` takes --seconds N and --seed N, not {flag}"),
        }
        rest = tail;
    }
    Ok(budget)
}

/// Installs schemathesis below the target directory, as the requirements name it, unless it is there.
///
/// # Errors
/// When Python or the package index is out of reach.
pub(crate) fn install(workspace: &Workspace) -> Result<PathBuf> {
    let home = workspace.target().join("tools/schemathesis");
    let program = home.join("bin/schemathesis");
    let requirements = own_files(workspace).join("requirements.txt");
    let fingerprint = Fingerprint::of(&fs::read(&requirements)?);
    let stamp = Stamp::at(home.join(".longhouse-stamp"));
    if !stamp.is_fresh(fingerprint, &program) {
        run_process(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&home),
        )?;
        run_process(
            Command::new(home.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(&requirements),
        )?;
        stamp.record(fingerprint)?;
    }
    Ok(program)
}

fn own_files(workspace: &Workspace) -> PathBuf {
    workspace.root().join("xtask/schemathesis")
}

fn fuzz(workspace: &Workspace, budget: Budget) -> Result<()> {
    let schemathesis = install(workspace)?;
    let program = build::for_tests(workspace)?;
    let server = Server::start(&program)?;
    report::line(&format!("the server's log: {}", server.log().display()));
    let mut command = Command::new(schemathesis);
    command
        .arg("--config-file")
        .arg(own_files(workspace).join("settings.toml"))
        .args(["run", &format!("{}/api/openapi.json", server.url)])
        .args(["--checks", "not_a_server_error", "--no-color"])
        .args(["--max-time", &budget.seconds.to_string()])
        // Longer than the server takes for any answer.
        .args(["--request-timeout", "90"]);
    if let Some(seed) = budget.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let found = run_process(server.known_to(&mut command, workspace));
    let cleared = run_process(
        server.known_to(
            Command::new(workspace.target().join("tools/schemathesis/bin/python"))
                .arg(own_files(workspace).join("clear.py")),
            workspace,
        ),
    );
    let root = server.root.clone();
    let ended = server.stop();
    found.and(cleared).and(ended)?;
    // Only after a fault its log is of use.
    fs::remove_dir_all(root)?;
    Ok(())
}

/// A server with a home of its own.
struct Server {
    child: Child,
    root: PathBuf,
    url: String,
}

impl Server {
    fn start(program: &Path) -> Result<Self> {
        let root = std::env::temp_dir().join(format!("longhouse-api-{}", std::process::id()));
        let home = root.join("home");
        fs::create_dir_all(&home)?;
        let console = root.join("console");
        let child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(root.join("data"))
            .env_clear()
            .env("HOME", &home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .env("LONGHOUSE_ADMIN_PASSWORD", PASSWORD)
            // A container engine of this machine is none of a test's business.
            .env("LONGHOUSE_DOCKER_HOST", "off")
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(File::create(&console)?)
            .stderr(File::create(root.join("log"))?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self {
            child,
            root,
            url: String::new(),
        };
        server.url =
            server.wait("the server's address", |server| {
                let said = fs::read_to_string(&console)?;
                let url = said.split("ready at ").nth(1);
                if let Some(status) = server.child.try_wait()? {
                    bail!(
                        "the server ended with {status}; see {}",
                        server.log().display()
                    );
                }
                Ok(url.and_then(|rest| {
                    Some(rest.split_once('\n')?.0.trim_end_matches('/').to_owned())
                }))
            })?;
        Ok(server)
    }

    fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Tells a program where the server is and how to log in.
    fn known_to<'a>(&self, command: &'a mut Command, workspace: &Workspace) -> &'a mut Command {
        command
            .env("LONGHOUSE_FUZZ_URL", &self.url)
            .env("LONGHOUSE_FUZZ_PASSWORD", PASSWORD)
            .env("SCHEMATHESIS_HOOKS", own_files(workspace).join("hooks.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // Hypothesis keeps what it found beside where it runs.
            .current_dir(&self.root)
    }

    /// Ends the server in order. What panicked meanwhile is a fault, whoever was answered.
    fn stop(mut self) -> Result<()> {
        run_process(Command::new("kill").arg(self.child.id().to_string()))?;
        let status = self.wait("the server's end", |server| Ok(server.child.try_wait()?))?;
        if !status.success() {
            bail!(
                "the server ended with {status}; see {}",
                self.log().display()
            );
        }
        let log = fs::read_to_string(self.log())?;
        if log.contains("panicked at") {
            bail!("something panicked; see {}", self.log().display());
        }
        Ok(())
    }

    fn wait<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("waited in vain for {what}; see {}", self.log().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it was stopped in order, there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_run_takes_ten_minutes_unless_told_otherwise() {
        assert_eq!(
            budget(&[]).unwrap(),
            Budget {
                seconds: 600,
                seed: None
            }
        );
        assert_eq!(
            budget(&["--seed", "7", "--seconds", "30"]).unwrap(),
            Budget {
                seconds: 30,
                seed: Some(7)
            }
        );
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--speed", "1"]] {
            assert!(budget(wrong).is_err(), "{wrong:?}");
        }
    }
}
