//! The settings as the rest of the program reads them: typed, complete, and consistent with one another.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use longhouse_domain::container::ImageName;
use longhouse_domain::git::{Transport, Transports};
use longhouse_domain::publish::PortRange;
use longhouse_engine::PublishSettings;
use longhouse_server::Network;
use serde::Deserialize;

use super::agents::AgentSettings;
use super::error::ConfigError;
use super::oidc::OidcSettings;
use super::recordings::RecordingsTable;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where HTTP is served; port 0 takes any free one.
    pub(crate) listen: SocketAddr,
    /// What is remembered, and what sessiond's embedded copy is written to.
    pub(crate) data_dir: PathBuf,
    /// Sockets; their paths must stay short. Beside the data unless that path is too long.
    #[serde(default)]
    pub(crate) run_dir: Option<PathBuf>,
    /// PostgreSQL in place of the SQLite file in the data directory.
    #[serde(default)]
    pub(crate) database_url: Option<String>,
    /// The file with the master key that the secrets are sealed under; `keys/master.key` in the data directory where absent.
    #[serde(default)]
    pub(crate) master_key_file: Option<PathBuf>,
    /// The program, and its arguments, that prints the master key.
    #[serde(default)]
    pub(crate) master_key_command: Vec<String>,
    /// The container engine's address; `off` for none.
    #[serde(default)]
    pub(crate) docker_host: Option<String>,
    /// The address that people's browsers use, where it is not the one listened on.
    #[serde(default)]
    pub(crate) public_url: Option<String>,
    /// Further host names under which requests are answered.
    #[serde(default)]
    pub(crate) allowed_hosts: Vec<String>,
    /// The host below which previews have their names, such as `*.preview.example.org`.
    #[serde(default)]
    pub(crate) preview_host: Option<String>,
    /// Further origins whose pages may use the interface, such as `https://dash.example.org`.
    #[serde(default)]
    pub(crate) allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed: addresses, or ranges such as `10.0.0.0/8`.
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<Network>,
    /// Serve other machines without encryption.
    pub(crate) insecure: bool,
    /// A certificate chain in PEM, with which HTTPS is served.
    #[serde(default)]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key.
    #[serde(default)]
    pub(crate) tls_key: Option<PathBuf>,
    /// Where plain HTTP is sent on to HTTPS, and a certificate authority is answered; usually port 80.
    #[serde(default)]
    pub(crate) redirect_listen: Option<SocketAddr>,
    /// Names for which a certificate is got from an authority.
    #[serde(default)]
    pub(crate) acme_domains: Vec<String>,
    /// Whether that authority's terms of service are accepted.
    pub(crate) acme_accept_terms: bool,
    /// Where that authority may write to.
    #[serde(default)]
    pub(crate) acme_email: Option<String>,
    /// That authority's directory.
    pub(crate) acme_directory: String,
    /// The authority that vouches for that directory's address, where the system does not know it.
    #[serde(default)]
    pub(crate) acme_ca: Option<PathBuf>,
    /// Sessions on this server at once, of everybody together.
    pub(crate) max_sessions: u32,
    /// Sessions of one user at once.
    pub(crate) max_sessions_per_user: u32,
    /// How long programs have to end by themselves when a session is stopped.
    #[serde(deserialize_with = "duration")]
    pub(crate) stop_grace: Duration,
    /// What one user, one address and everybody together may take.
    pub(crate) limits: LimitSettings,
    /// What is logged, and how.
    pub(crate) log: LogSettings,
    /// Sessions on this machine itself.
    pub(crate) host: HostSettings,
    /// Sessions in containers.
    pub(crate) docker: DockerTable,
    /// Repositories.
    pub(crate) git: GitSettings,
    /// What is kept of a terminal.
    pub(crate) terminal: TerminalSettings,
    /// What is recorded of terminals.
    pub(crate) recordings: RecordingsTable,
    /// Whether a user name and a password will do to log in.
    pub(crate) password_login: bool,
    /// Identity providers to log in through.
    #[serde(default)]
    pub(crate) oidc: BTreeMap<String, OidcSettings>,
    /// Agents beside the built-in ones, and replacements for them.
    #[serde(default)]
    pub(crate) agents: BTreeMap<String, AgentSettings>,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitSettings {
    /// Connections that may be open, where the limit of open files allows for them.
    pub(crate) connections: usize,
    /// Connections from one address.
    pub(crate) connections_per_address: usize,
    /// Terminal and event sockets that may be open.
    pub(crate) sockets: usize,
    /// Those of one user.
    pub(crate) sockets_per_user: usize,
    /// Requests a second of one user, and of one address, in the long run.
    pub(crate) requests_per_second: u32,
    /// Failed logins a minute of one account.
    pub(crate) logins_per_minute: u32,
    /// Bytes of a file that are given out at once; larger files are read in ranges.
    pub(crate) file_read: u64,
    /// Bytes of a file that can be saved.
    pub(crate) file_write: u64,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSettings {
    /// A level, or directives such as `info,longhouse_engine=debug`.
    pub(crate) level: String,
    /// Text or JSON.
    pub(crate) format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Text where standard error is a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[host]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostSettings {
    /// Working directories must lie below one of these.
    pub(crate) allowed_dirs: Vec<PathBuf>,
    /// What terminals are wrapped in by default.
    pub(crate) multiplexer: MultiplexerSetting,
    /// Variables of the server's environment that sessions get too. Nothing else is inherited.
    #[serde(default)]
    pub(crate) pass_env: Vec<String>,
}

/// The default wrapping of host terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MultiplexerSetting {
    /// tmux where it is installed.
    Auto,
    /// tmux.
    Tmux,
    /// Nothing.
    None,
}

/// `[docker]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DockerTable {
    /// What containers are made from where a session does not say.
    pub(crate) image: ImageName,
    /// For how many days volumes of sessions that nobody remembers are kept; 0 is for ever.
    pub(crate) keep_volumes_days: u32,
    /// How many megabytes a container may have on disk where its session does not say; 0 is no bound.
    pub(crate) disk_limit: u32,
    /// The ports of this machine that sessions may have; none if `off`.
    #[serde(deserialize_with = "port_range")]
    pub(crate) publish_ports: Option<PortRange>,
    /// The address on which they are listened for.
    pub(crate) publish_address: IpAddr,
}

impl DockerTable {
    /// How long such volumes are kept; `None` is for ever.
    pub(crate) fn keep_volumes(&self) -> Option<Duration> {
        let seconds = u64::from(self.keep_volumes_days) * 24 * 3600;
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// How much a container may have on disk; `None` is no bound.
    pub(crate) fn disk_mb(&self) -> Option<u32> {
        (self.disk_limit > 0).then_some(self.disk_limit)
    }

    /// Where ports of sessions are published.
    pub(crate) fn publish(&self) -> PublishSettings {
        PublishSettings {
            range: self.publish_ports,
            address: self.publish_address,
        }
    }
}

/// `[git]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GitSettings {
    /// How repositories may be fetched.
    pub(crate) protocols: Vec<Transport>,
    /// The ports that repositories get where nobody names another.
    #[serde(deserialize_with = "range")]
    pub(crate) repository_ports: PortRange,
}

impl GitSettings {
    /// The ways that are allowed.
    pub(crate) fn transports(&self) -> Transports {
        Transports::new(self.protocols.clone())
    }
}

/// The least output that a terminal keeps, bytes: of a smaller ring a flood would take what the screen has not seen yet.
const LEAST_RING: u32 = 256 * 1024;

/// `[terminal]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TerminalSettings {
    /// Bytes of output that a terminal keeps for those who come back.
    pub(crate) ring_bytes: u32,
    /// Lines of history that a repaint holds.
    pub(crate) scrollback_lines: u32,
}

impl Settings {
    /// Refuses what no type can: settings that contradict one another or make no sense.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |message: String| Err(ConfigError::Inconsistent(message));
        super::network::check(self)?;
        super::oidc::check(self)?;
        if self.host.allowed_dirs.is_empty() {
            return wrong(
                "host.allowed_dirs is empty: no session could have a directory".to_owned(),
            );
        }
        if let Some(dir) = self.host.allowed_dirs.iter().find(|dir| !dir.is_absolute()) {
            return wrong(format!(
                "host.allowed_dirs: {} is not an absolute path",
                dir.display()
            ));
        }
        if self.max_sessions == 0 || self.max_sessions_per_user == 0 {
            return wrong("max_sessions and max_sessions_per_user must be at least 1".to_owned());
        }
        if self.terminal.ring_bytes < LEAST_RING {
            return wrong(format!("terminal.ring_bytes must be at least {LEAST_RING}"));
        }
        if self.master_key_file.is_some() && !self.master_key_command.is_empty() {
            return wrong(
                "master_key_file and master_key_command are both set: choose one".to_owned(),
            );
        }
        super::agents::check(&self.agents)
    }
}

/// `8100-8999`.
fn range<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<PortRange, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// `20000-29999`, or `off`.
fn port_range<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PortRange>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "off" => Ok(None),
        text => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

/// `500ms`, `10s`, `5m`, `1h`, or a whole number of seconds.
fn duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Seconds(u64),
        Text(String),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Seconds(seconds) => return Ok(Duration::from_secs(seconds)),
        Written::Text(text) => text,
    };
    parse_duration(&text).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "\"{}\" is no duration; write 500ms, 10s, 5m or 1h",
            text.escape_debug()
        ))
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_unit() {
        let read = |text: &str| parse_duration(text).map(|d| d.as_millis());
        assert_eq!(read("500ms"), Some(500));
        assert_eq!(read("10s"), Some(10_000));
        assert_eq!(read("7"), Some(7_000));
        assert_eq!(read("2 m"), Some(120_000));
        assert_eq!(read("1h"), Some(3_600_000));
        for bad in ["", "s", "1 day", "-1s", "99999999999999999999s"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
