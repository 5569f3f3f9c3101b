//! The one type that every container of a session is made from. It is closed: what a container may do is decided in this file alone, and
//! nothing that a person sends gets into it but an image's name, numbers, and a choice among names.
//!
//! ```text
//! /opt/longhouse/sessiond   the daemon, read-only; the entry point, under the engine's init
//! /run/longhouse            the link's socket and sessiond's specification, read-only
//! /run/secrets              the session's secrets, files in the machine's memory, read-only
//! /workspace, /home/agent   volumes
//! /tmp, /run                in memory, of bounded size
//! ```

use std::collections::HashMap;
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, Mount, MountType,
    MountVolumeOptions, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use longhouse_domain::container::{ContainerSpec, Loosening};
use longhouse_domain::{SessionId, UserId};

use super::seccomp;

/// The user of every program in a container, in its own eyes and the machine's: there is no mapping between them.
pub(super) const USER: u32 = 1000;

/// Where things are in the container.
pub(super) const SESSIOND: &str = "/opt/longhouse/sessiond";
pub(super) const LINK_DIR: &str = "/run/longhouse";
pub(super) const SECRETS_DIR: &str = "/run/secrets";
pub(super) const STATE_DIR: &str = "/run/sessiond";
pub(super) const WORKSPACE: &str = "/workspace";
pub(super) const HOME: &str = "/home/agent";

/// The labels by which a server knows what is its own.
pub(super) const SESSION_LABEL: &str = "longhouse.session";
pub(super) const SERVER_LABEL: &str = "longhouse.server";
pub(super) const OWNER_LABEL: &str = "longhouse.owner";
/// Which start of the session it was made for.
const INTENT_LABEL: &str = "longhouse.intent";

/// File systems in memory: a build's temporary files fit the first, sockets and locks the second. Both count as the container's memory.
const TMPFS: [(&str, &str); 2] = [
    ("/tmp", "rw,nosuid,nodev,exec,size=512m,mode=1777"),
    (
        "/run",
        "rw,nosuid,nodev,noexec,size=16m,mode=0755,uid=1000,gid=1000",
    ),
];

/// Shared memory, bytes: what browsers and databases in a session use.
const SHM_BYTES: i64 = 64 * 1024 * 1024;

/// Open files of one program, softly and at the most.
const OPEN_FILES: (i64, i64) = (4096, 8192);

/// What the engine keeps of a container's output: sessiond writes a line there, and a program that finds it floods itself alone.
const LOG: [(&str, &str); 2] = [("max-size", "10m"), ("max-file", "3")];

/// How long the engine waits for the end of a container that it is asked to stop, seconds.
const STOP_SECONDS: i64 = 10;

const MIB: i64 = 1024 * 1024;

/// A container, completely.
#[derive(Debug)]
pub(super) struct Recipe<'a> {
    pub(super) session: SessionId,
    pub(super) owner: UserId,
    pub(super) server: &'a str,
    pub(super) start: u32,
    pub(super) spec: &'a ContainerSpec,
    /// The engine's name for the network, or for none.
    pub(super) network: &'a str,
    pub(super) sessiond: &'a Path,
    pub(super) link_dir: &'a Path,
    pub(super) secrets_dir: &'a Path,
}

/// The container's name; there can be one of it.
pub(super) fn name(session: SessionId) -> String {
    format!("longhouse-{session}")
}

/// A volume that outlives the container, and where it is in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volume {
    Workspace,
    Home,
}

impl Volume {
    pub(super) const ALL: [Self; 2] = [Self::Workspace, Self::Home];

    pub(super) fn name(self, session: SessionId) -> String {
        let what = match self {
            Self::Workspace => "workspace",
            Self::Home => "home",
        };
        format!("longhouse-{session}-{what}")
    }

    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Workspace => WORKSPACE,
            Self::Home => HOME,
        }
    }
}

/// The labels of everything that is made for a session.
pub(super) fn labels(server: &str, session: SessionId, owner: UserId) -> HashMap<String, String> {
    HashMap::from([
        (SERVER_LABEL.to_owned(), server.to_owned()),
        (SESSION_LABEL.to_owned(), session.to_string()),
        (OWNER_LABEL.to_owned(), owner.to_string()),
    ])
}

impl Recipe<'_> {
    /// As the engine takes it.
    pub(super) fn body(&self) -> ContainerCreateBody {
        let mut labels = labels(self.server, self.session, self.owner);
        labels.insert(INTENT_LABEL.to_owned(), self.start.to_string());
        ContainerCreateBody {
            hostname: Some(self.session.short()),
            user: Some(format!("{USER}:{USER}")),
            image: Some(self.spec.image.to_string()),
            entrypoint: Some(vec![SESSIOND.to_owned()]),
            cmd: Some(vec!["run".to_owned(), format!("{LINK_DIR}/spec.json")]),
            working_dir: Some(WORKSPACE.to_owned()),
            labels: Some(labels),
            // What the image would have run again and again; sessiond's link tells how the session fares.
            healthcheck: Some(HealthConfig {
                test: Some(vec!["NONE".to_owned()]),
                ..HealthConfig::default()
            }),
            stop_signal: Some("SIGTERM".to_owned()),
            stop_timeout: Some(STOP_SECONDS),
            host_config: Some(self.host_config()),
            ..ContainerCreateBody::default()
        }
    }

    fn host_config(&self) -> HostConfig {
        let limits = self.spec.limits;
        let memory = i64::from(limits.memory_mb) * MIB;
        let loose = self.spec.template.loosens();
        HostConfig {
            init: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec![
                "no-new-privileges:true".to_owned(),
                format!("seccomp={}", seccomp::profile()),
            ]),
            privileged: Some(false),
            readonly_rootfs: Some(!loose.contains(&Loosening::WritableRoot)),
            tmpfs: Some(owned(TMPFS)),
            mounts: Some(self.mounts()),
            memory: Some(memory),
            // Memory and swap together: no swap.
            memory_swap: Some(memory),
            nano_cpus: Some(i64::from(limits.cpu_millis) * 1_000_000),
            pids_limit: Some(limits.pids.into()),
            ulimits: Some(vec![ulimit("nofile", OPEN_FILES), ulimit("core", (0, 0))]),
            shm_size: Some(SHM_BYTES),
            ipc_mode: Some("private".to_owned()),
            network_mode: Some(self.network.to_owned()),
            log_config: Some(HostConfigLogConfig {
                typ: Some("local".to_owned()),
                config: Some(owned(LOG)),
            }),
            // Whoever wishes it to run is the engine's driver of the session, and nobody else.
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::NO),
                maximum_retry_count: None,
            }),
            ..HostConfig::default()
        }
    }

    fn mounts(&self) -> Vec<Mount> {
        let given = |source: &Path, target: &str| Mount {
            typ: Some(MountType::BIND),
            source: Some(source.display().to_string()),
            target: Some(target.to_owned()),
            read_only: Some(true),
            ..Mount::default()
        };
        let volumes = Volume::ALL.map(|volume| Mount {
            typ: Some(MountType::VOLUME),
            source: Some(volume.name(self.session)),
            target: Some(volume.target().to_owned()),
            read_only: Some(false),
            ..Mount::default()
        });
        let mut mounts = vec![
            given(self.sessiond, SESSIOND),
            given(self.link_dir, LINK_DIR),
            given(self.secrets_dir, SECRETS_DIR),
        ];
        mounts.extend(volumes);
        mounts
    }
}

/// A container that never runs, with the volumes in their places below `directory`: see [`super::ownership`]. In their own places they take
/// over what the image has there; elsewhere they take nothing.
pub(super) fn bearer(recipe: &Recipe<'_>, image: &str, directory: &str) -> ContainerCreateBody {
    let mounts = Volume::ALL.map(|volume| Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.name(recipe.session)),
        target: Some(format!("{directory}{}", volume.target())),
        read_only: Some(false),
        volume_options: Some(MountVolumeOptions {
            no_copy: Some(!directory.is_empty()),
            ..MountVolumeOptions::default()
        }),
        ..Mount::default()
    });
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec!["/never-started".to_owned()]),
        cmd: Some(Vec::new()),
        labels: Some(labels(recipe.server, recipe.session, recipe.owner)),
        host_config: Some(HostConfig {
            network_mode: Some("none".to_owned()),
            mounts: Some(mounts.into()),
            cap_drop: Some(vec!["ALL".to_owned()]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

fn ulimit(name: &str, (soft, hard): (i64, i64)) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(soft),
        hard: Some(hard),
    }
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> HashMap<String, String> {
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}
