//! A container engine for the tests: a Docker daemon of their own, with its own disk, network and sockets, that never meets one which the
//! machine has for other things. It is started for one run, and ended by its own process id when that run is over; its images stay.
//!
//! ```text
//! target/engine/data         the engine's disk, kept from run to run
//! target/engine/dockerd.pid  whose it is at present
//! a temporary directory      its socket and what it needs while it runs: paths of sockets must be short
//! ```

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::needs::{self, privileged};
use crate::process::{find_program, output_of, run};
use crate::report;
use crate::workspace::Workspace;

/// The variable by which tests find the engine's socket. It is not `DOCKER_HOST`, so that none of them ever meets another one.
pub(crate) const VARIABLE: &str = "LONGHOUSE_TEST_ENGINE";

/// How long the engine may take to answer at its start, and to end: a cold disk and another run beside it allowed for.
const START: Duration = Duration::from_secs(90);
const END: Duration = Duration::from_secs(30);

/// How often one looks.
const LOOK: Duration = Duration::from_millis(100);

/// An image that holds nothing but busybox, and the one that stands for everything that people use: a bare Debian.
const BUSYBOX: &str = "longhouse-test/busybox:1";
const DEBIAN: &str = "debian:bookworm-slim";

/// Busybox, git and OpenSSH's client: this machine's own, with the libraries and helpers that cloning over HTTP takes, where git looks for
/// them, and the entry of a session's user without which ssh does nothing.
const GIT: &str = "longhouse-test/git:2";
const GIT_ROOT: &str = r#"
set -e
rm -rf "$0"
core=$(git --exec-path)
mkdir -p "$0/bin" "$0/usr/bin" "$0/etc" "$0$core"
for name in $(busybox --list); do ln -s busybox "$0/bin/$name"; done
cp --remove-destination "$(command -v busybox)" "$0/bin/busybox"
cp -L "$(command -v git)" "$0/usr/bin/git"
ln -s /usr/bin/git "$0$core/git"
cp -L "$core/git-remote-http" "$0$core/"
ln -s git-remote-http "$0$core/git-remote-https"
for name in ssh ssh-add ssh-keygen; do cp -L "$(command -v $name)" "$0/usr/bin/"; done
echo 'dev:x:1000:1000::/home/dev:/bin/sh' >"$0/etc/passwd"
for file in $(ldd "$(command -v git)" "$core/git-remote-http" "$0/usr/bin/ssh" "$0/usr/bin/ssh-add" "$0/usr/bin/ssh-keygen" | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
    mkdir -p "$0$(dirname "$file")"
    cp -L "$file" "$0$file"
done
"#;

/// A running engine; it ends with this value.
pub(crate) struct Engine {
    daemon: Child,
    dir: PathBuf,
    pid_file: PathBuf,
    /// Held as long as the engine is used, and let go by the end of this process in whatever way.
    _lock: File,
}

/// `cargo xtask engine -- COMMAND`: runs the command while the tests' engine runs.
///
/// # Errors
/// When there is no engine to be had, or the command cannot be started.
pub(crate) fn run_command(workspace: &Workspace, words: &[&str]) -> Result<ExitCode> {
    let ["--", program, arguments @ ..] = words else {
        bail!("say what to run: cargo xtask engine -- cargo test -p longhouse-runtime");
    };
    needs::provide(needs::TO_TEST)?;
    let engine = Engine::start(workspace)?;
    let status = Command::new(program)
        .args(arguments)
        .current_dir(workspace.root())
        .env(VARIABLE, engine.socket())
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Engine {
    /// Starts the engine and sees that it has the images that tests use.
    ///
    /// # Errors
    /// Says why none can be had: tests against an engine are never passed over.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let home = workspace.target().join("engine");
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        let lock = File::create(home.join("lock"))?;
        lock.try_lock()
            .context("another run of this work tree uses the tests' container engine")?;
        let pid_file = home.join("dockerd.pid");
        end_earlier(&pid_file, &home)?;
        let mut make = Command::new("mktemp");
        make.args(["--directory", "--tmpdir", "lh-engine-XXXXXX"]);
        let dir = output_of(make.env_remove("TMPDIR"))?;
        let dir = PathBuf::from(dir.trim());
        let log = home.join("dockerd.log");
        let daemon = daemon(&home, &dir, &pid_file)?
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()
            .context("cannot start dockerd")?;
        let mut engine = Self {
            daemon,
            dir,
            pid_file,
            _lock: lock,
        };
        engine.wait_until_ready(&log)?;
        engine.provide_images(&home)?;
        Ok(engine)
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.join("engine.sock")
    }

    fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        command
            .arg("--host")
            .arg(format!("unix://{}", self.socket().display()));
        command
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + START;
        while !answers(&mut self.docker()) {
            let ended = self.daemon.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let said = fs::read_to_string(log).unwrap_or_default();
                let lines: Vec<&str> = said.lines().collect();
                let last = lines[lines.len().saturating_sub(15)..].join("\n");
                bail!(
                    "no container engine can be had on this machine, and the tests of containers need one; dockerd said:\n{last}"
                );
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// The images that tests use: made of what this machine has, but for Debian's.
    fn provide_images(&self, home: &Path) -> Result<()> {
        let has = |image: &str| {
            let mut inspect = self.docker();
            answers(inspect.args(["image", "inspect", image]))
        };
        if !has(BUSYBOX) {
            let root = home.join("busybox");
            let script = "set -e; rm -rf \"$0\"; mkdir -p \"$0/bin\"; \
                          for name in $(busybox --list); do ln -s busybox \"$0/bin/$name\"; done; \
                          cp --remove-destination \"$(command -v busybox)\" \"$0/bin/busybox\"";
            run(Command::new("sh").args(["-c", script]).arg(&root))?;
            self.import(&root, BUSYBOX)?;
        }
        if !has(GIT) {
            let root = home.join("git");
            run(Command::new("sh").args(["-c", GIT_ROOT]).arg(&root))?;
            self.import(&root, GIT)?;
        }
        if !has(DEBIAN) {
            let root = home.join("debian");
            let script = "set -e; rm -rf \"$0\"; debootstrap --variant=minbase bookworm \"$0\"; rm -rf \"$0\"/var/cache/apt/archives/*.deb";
            let mut bootstrap = root_command()?;
            run(bootstrap.args(["sh", "-c", script]).arg(&root))?;
            self.import(&root, DEBIAN)?;
        }
        Ok(())
    }

    /// Makes an image of a directory, which is removed.
    fn import(&self, root: &Path, image: &str) -> Result<()> {
        let script = "set -e; tar -C \"$1\" --numeric-owner --owner=0 --group=0 -c . | docker --host \"$2\" import - \"$3\"; rm -rf \"$1\"";
        let mut import = root_command()?;
        let host = format!("unix://{}", self.socket().display());
        run(import
            .args(["sh", "-c", script, "import"])
            .arg(root)
            .args([&host, image]))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let ended = read_pid(&self.pid_file).map_or(Ok(()), |pid| end(pid, &self.pid_file));
        if let Err(error) = ended {
            report::failure(&error);
        }
        // The process that is ours may be what stands before dockerd (sudo): it ends with it.
        let _ = self.daemon.wait();
        if let Ok(mut remove) = root_command() {
            let _ = remove.args(["rm", "-rf"]).arg(&self.dir).status();
        }
    }
}

/// dockerd in a network and a mount namespace of its own: another daemon of this machine keeps its bridge, its rules and its mounts.
fn daemon(home: &Path, dir: &Path, pid_file: &Path) -> Result<Command> {
    let dockerd = find_program("dockerd").context(
        "dockerd is missing: the tests of containers need it (Debian's package docker.io)",
    )?;
    let group = output_of(Command::new("id").arg("-g"))?;
    let mut command = root_command()?;
    command
        .args(["unshare", "--net", "--mount", "--", "sh", "-c"])
        .args(["ip link set lo up && exec \"$0\" \"$@\""])
        .arg(dockerd)
        .arg("--data-root")
        .arg(home.join("data"))
        .arg("--exec-root")
        .arg(dir.join("exec"))
        .arg("--pidfile")
        .arg(pid_file)
        .arg("--host")
        .arg(format!("unix://{}", dir.join("engine.sock").display()))
        .args(["--group", group.trim()])
        // The daemon's own configuration of the machine is none of ours.
        .arg("--config-file")
        .arg(dir.join("none.json"));
    fs::write(dir.join("none.json"), "{}\n")?;
    Ok(command)
}

fn root_command() -> Result<Command> {
    privileged().context(
        "the tests of containers start an engine of their own, which needs root, or sudo that asks for no password",
    )
}

/// Whether the command ends well; what it says is nobody's concern.
fn answers(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn read_pid(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// A run that was killed leaves its engine behind: it is known by its process id and by our directory in its command line.
fn end_earlier(pid_file: &Path, home: &Path) -> Result<()> {
    let Some(pid) = read_pid(pid_file) else {
        return Ok(());
    };
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    if line.contains(&home.display().to_string()) {
        report::line(&format!("ending the engine of an earlier run ({pid})"));
        end(pid, pid_file)?;
    }
    Ok(())
}

/// Ends the engine with this process id, and waits until it is gone.
fn end(pid: u32, pid_file: &Path) -> Result<()> {
    run(root_command()?.args(["kill", "-TERM", &pid.to_string()]))?;
    let deadline = Instant::now() + END;
    while Path::new("/proc").join(pid.to_string()).exists() && pid_file.exists() {
        if Instant::now() > deadline {
            bail!("the engine ({pid}) does not end");
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}
