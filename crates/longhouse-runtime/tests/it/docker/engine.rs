//! The tests' own container engine, and what the command line says of it: a second pair of eyes beside the runtime's.

use std::path::{Path, PathBuf};
use std::process::Command;

use longhouse_domain::SessionId;
use longhouse_domain::container::{ContainerSpec, Limits, Network, Template};
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_runtime::Runtime;
use longhouse_runtime::docker::{DockerRuntime, DockerSettings, EngineAddress};

use crate::fixture::Body;

/// An image that holds nothing but busybox.
pub(crate) const IMAGE: &str = "longhouse-test/busybox:1";

/// One that holds what Debian always has.
pub(crate) const DEBIAN: &str = "debian:bookworm-slim";

/// Where the engine listens. It is never one that the machine has for other things.
pub(crate) fn socket() -> PathBuf {
    let told = std::env::var_os("LONGHOUSE_TEST_ENGINE");
    let told = told.expect("no container engine for tests: run this as `cargo xtask engine -- cargo test -p longhouse-runtime`");
    PathBuf::from(told)
}

/// What `docker` prints, or its complaint.
pub(crate) fn cli(args: &[&str]) -> Result<String, String> {
    let output = Command::new("docker")
        .arg("--host")
        .arg(format!("unix://{}", socket().display()))
        .args(args)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

/// The containers, volumes and networks of this server (and of this session, where one is named).
pub(crate) fn listed(what: &str, server: &str, session: Option<SessionId>) -> Vec<String> {
    let server = format!("label=longhouse.server={server}");
    let mut args = match what {
        "container" => vec!["ps", "--all", "--format", "{{.Names}}"],
        "volume" => vec!["volume", "ls", "--format", "{{.Name}}"],
        what => vec![what, "ls", "--format", "{{.Name}}"],
    };
    let session = session.map(|session| format!("label=longhouse.session={session}"));
    args.extend(["--filter", &server]);
    args.extend(session.iter().flat_map(|label| ["--filter", label]));
    let names = cli(&args).unwrap();
    names.lines().map(str::to_owned).collect()
}

/// sessiond's static program.
fn sessiond() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/embed/sessiond");
    let built = std::env::var_os("LONGHOUSE_EMBED_DIR")
        .map(|dir| PathBuf::from(dir).join("sessiond"))
        .unwrap_or(built);
    built
        .canonicalize()
        .expect("no static sessiond: run `cargo xtask build` first")
}

pub(crate) fn settings(root: &Path) -> DockerSettings {
    for dir in ["data", "run", "secrets"] {
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(root.join(dir)).unwrap();
    }
    DockerSettings {
        data_dir: root.join("data"),
        run_dir: root.join("run"),
        secrets_dir: root.join("secrets"),
        sessiond: sessiond(),
        engine: EngineAddress::Socket(socket()),
        default_image: IMAGE.parse().unwrap(),
        ring_bytes: None,
        scrollback_lines: None,
    }
}

pub(crate) fn spec(template: Template) -> ContainerSpec {
    ContainerSpec {
        template,
        image: IMAGE.parse().unwrap(),
        limits: Limits {
            cpu_millis: 500,
            memory_mb: 128,
            pids: 64,
        },
        network: Network::None,
        allow_hosts: Default::default(),
        ports: Vec::new(),
        inside_by: None,
        disk_mb: None,
    }
}

impl Body for DockerRuntime {
    fn make(root: &Path) -> Self {
        Self::new(settings(root)).unwrap()
    }

    fn container_spec() -> Option<ContainerSpec> {
        Some(spec(Template::Shell))
    }

    fn kill(&self, _: SessionId, handle: &RuntimeHandle) {
        let container = self.container(handle).unwrap();
        // It may have ended by itself.
        let _ = cli(&["kill", &container.id]);
    }

    fn left_elsewhere(&self, session: SessionId) -> Vec<String> {
        let mut left = listed("container", self.server_mark(), Some(session));
        left.extend(listed("network", self.server_mark(), None));
        left
    }

    /// What a test that failed, or that was about what is kept, leaves.
    fn clear_up(&self) {
        for name in listed("container", self.server_mark(), None) {
            let _ = cli(&["rm", "--force", "--volumes", &name]);
        }
        for what in ["volume", "network"] {
            for name in listed(what, self.server_mark(), None) {
                let _ = cli(&[what, "rm", &name]);
            }
        }
    }
}
