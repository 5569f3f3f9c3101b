//! What the binary tells the engine once, at its start.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use longhouse_domain::Actor;
use longhouse_domain::agent::Agents;
use longhouse_domain::container::ImageName;
use longhouse_domain::git::Transports;
use longhouse_domain::publish::PortRange;
use longhouse_domain::session::Multiplexer;
use longhouse_store::Places;

use crate::recording::RecordingSettings;

/// The engine's settings.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// The agents that sessions can run.
    pub agents: Agents,
    /// What host terminals are wrapped in where a session does not say: tmux where it is installed.
    pub default_multiplexer: Multiplexer,
    /// Whether tmux can be used.
    pub tmux_installed: bool,
    /// What containers are made from where a session does not say.
    pub default_image: ImageName,
    /// How many MiB a container may have on disk where its session does not say, and at the most for those who may not use the host.
    pub disk_mb: Option<u32>,
    /// Where ports of sessions are published.
    pub publish: PublishSettings,
    /// How repositories may be fetched.
    pub git_transports: Transports,
    /// The ports that repositories get where nobody names another.
    pub repository_ports: PortRange,
    /// How many sessions may run at once.
    pub max_sessions: u32,
    /// How many of them may be one user's.
    pub max_sessions_per_user: u32,
    /// How long volumes that nobody owns are kept; `None` is for ever.
    pub keep_volumes: Option<Duration>,
    /// Below which directories sessions may work; for people to read, the runtime does the check.
    pub allowed_dirs: Vec<PathBuf>,
    /// How long programs may take to end by themselves when a session is stopped.
    pub stop_grace: Duration,
    /// How often what running sessions use goes into their history.
    pub sample_every: Duration,
    /// How terminals are recorded.
    pub recordings: RecordingSettings,
    /// Where old records of the audit log go. Without such a place they stay in the log.
    pub audit_archive: Option<PathBuf>,
    /// This build's version.
    pub version: &'static str,
}

/// Where ports of sessions are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishSettings {
    /// The numbers that there are; `None` where no port is published.
    pub range: Option<PortRange>,
    /// The address that is listened on.
    pub address: IpAddr,
}

impl PublishSettings {
    /// Whether this actor may publish there. What other machines reach is opened by those who may use the host.
    #[must_use]
    pub fn is_open_to(self, actor: &Actor) -> bool {
        self.address.is_loopback() || actor.may_use_host()
    }
}

impl Default for PublishSettings {
    fn default() -> Self {
        Self {
            range: Some(PortRange::DEFAULT),
            address: Ipv4Addr::LOCALHOST.into(),
        }
    }
}

impl EngineSettings {
    /// How many sessions may run at once.
    pub(crate) fn places(&self) -> Places {
        Places {
            of_all: self.max_sessions,
            of_one: self.max_sessions_per_user,
        }
    }
}
