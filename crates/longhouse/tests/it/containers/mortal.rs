//! A container engine of one test alone, which it may kill. It has namespaces of its own: no other engine of this machine notices, and
//! all that it started ends with them. Its containerd is a process beside it and outlives it, as where a distribution's packages
//! installed the two.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use super::engine::{IMAGE, docker};
use crate::support::{processes, wait_for};

/// What becomes of containers when their engine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Containers {
    LiveOn,
    EndWithIt,
}

/// The engine, which may be dead.
pub(super) struct Mortal {
    dir: tempfile::TempDir,
    containers: Containers,
    /// Holds the namespaces, with the first process in them.
    space: Child,
    init: u32,
    containerd: Child,
    dockerd: Option<Child>,
}

impl Mortal {
    /// An engine that answers, and has the tests' image.
    pub(super) async fn started(containers: Containers) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("lhe")
            .tempdir_in("/tmp")
            .unwrap();
        std::fs::write(dir.path().join("none.json"), "{}").unwrap();
        // A disk of its own, which a test may fill.
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let hold = format!(
            "ip link set lo up && mount -t tmpfs -o size=256m none {} && exec sleep infinity",
            data.display()
        );
        let space = Command::new("unshare")
            .args([
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--",
                "sh",
                "-c",
                &hold,
            ])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let init = wait_for("the namespaces are there", async || {
            let init = child_of(space.id())?;
            let comm = std::fs::read_to_string(format!("/proc/{init}/comm")).ok()?;
            (comm.trim() == "sleep").then_some(init)
        })
        .await;
        let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let arguments = [
            "--root",
            &place("containerd"),
            "--state",
            &place("state"),
            "--address",
            &place("containerd.sock"),
        ];
        let containerd = within(init, &dir, "containerd", &arguments);
        let mut engine = Self {
            containers,
            space,
            init,
            containerd,
            dockerd: None,
            dir,
        };
        engine.start().await;
        engine.take_image();
        engine
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("engine.sock")
    }

    pub(super) fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Starts it, for the first time or after its death.
    pub(super) async fn start(&mut self) {
        let place = |name: &str| self.dir.path().join(name).to_str().unwrap().to_owned();
        let mut arguments = vec![
            "--data-root".to_owned(),
            place("data"),
            "--exec-root".to_owned(),
            place("exec"),
            "--pidfile".to_owned(),
            place("pid"),
            "--config-file".to_owned(),
            place("none.json"),
            "--containerd".to_owned(),
            place("containerd.sock"),
            "--host".to_owned(),
            self.address(),
            // Its containers need no network; what it makes of its own stays in its namespace.
            "--iptables=false".to_owned(),
            "--ip6tables=false".to_owned(),
        ];
        if self.containers == Containers::LiveOn {
            arguments.extend(["--live-restore", "--bridge=none"].map(str::to_owned));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.dockerd = Some(within(self.init, &self.dir, "dockerd", &arguments));
        wait_for("the engine answers", async || {
            self.try_docker(&["version"]).map(drop)
        })
        .await;
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self) {
        self.end(Signal::KILL);
        // It had no time to remove it, and another process may have that number by now.
        let _ = std::fs::remove_file(self.dir.path().join("pid"));
    }

    /// As by a service manager.
    pub(super) fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    fn end(&mut self, signal: Signal) {
        let mut dockerd = self.dockerd.take().expect("the engine runs");
        // The one that was started stands before it, and ends with it.
        processes::signal(child_of(dockerd.id()).expect("it lives"), signal);
        dockerd.wait().unwrap();
    }

    /// Fills its disk to the last byte.
    pub(super) fn fill_disk(&self) {
        // That it ends with a fault is what is wanted.
        self.on_disk("cat /dev/zero > fill; test $(stat -f -c %a .) = 0");
    }

    /// Takes that back.
    pub(super) fn clear_disk(&self) {
        self.on_disk("rm fill");
    }

    fn on_disk(&self, script: &str) {
        let done = Command::new("nsenter")
            .args(["--target", &self.init.to_string(), "--mount", "--"])
            .args(["sh", "-c", &format!("cd \"$0\" && {script}")])
            .arg(self.dir.path().join("data"))
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success(), "{script}");
    }

    /// A listener on its own loopback.
    pub(super) fn listen(&self) -> TcpListener {
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

        let space = File::open(format!("/proc/{}/ns/net", self.init)).unwrap();
        // What is opened there stays there; the thread that went there does not.
        let there = std::thread::spawn(move || {
            let kind = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(space.as_fd(), kind).unwrap();
            TcpListener::bind(("127.0.0.1", 0)).unwrap()
        });
        there.join().unwrap()
    }

    /// What `docker` prints, if it succeeds.
    pub(super) fn try_docker(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new("docker");
        let output = command
            .args(["--host", &self.address()])
            .args(arguments)
            .output()
            .unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// The containers and volumes that it has, by name.
    pub(super) fn holds(&self) -> Vec<String> {
        let containers = self
            .try_docker(&["ps", "--all", "--format", "{{.Names}}"])
            .unwrap();
        let volumes = self
            .try_docker(&["volume", "ls", "--format", "{{.Name}}"])
            .unwrap();
        containers
            .lines()
            .chain(volumes.lines())
            .map(str::to_owned)
            .collect()
    }

    /// Copies the image from the engine of all tests.
    fn take_image(&self) {
        let file = self.dir.path().join("image.tar");
        docker(&["save", "--output", file.to_str().unwrap(), IMAGE]);
        self.try_docker(&["load", "--input", file.to_str().unwrap()])
            .expect("the image is loaded");
    }
}

/// A program in the engine's namespaces.
fn within(init: u32, dir: &tempfile::TempDir, program: &str, arguments: &[&str]) -> Child {
    let log = || {
        File::options()
            .create(true)
            .append(true)
            .open(dir.path().join("log"))
            .unwrap()
    };
    Command::new("nsenter")
        .args([
            "--target",
            &init.to_string(),
            "--net",
            "--mount",
            "--pid",
            "--",
            program,
        ])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log())
        .stderr(log())
        .spawn()
        .unwrap()
}

impl Drop for Mortal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "the engine's log ends:\n{}",
                lines[lines.len().saturating_sub(15)..].join("\n")
            );
        }
        // With the first process of a namespace the kernel ends all others.
        processes::signal(self.init, Signal::KILL);
        for child in self
            .dockerd
            .iter_mut()
            .chain([&mut self.containerd, &mut self.space])
        {
            _ = child.wait();
        }
    }
}

fn child_of(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}
