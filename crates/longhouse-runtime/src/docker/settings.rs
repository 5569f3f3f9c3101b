//! What the binary tells the Docker runtime, and where an engine is looked for.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Where engines commonly listen.
const USUAL_SOCKETS: [&str; 3] = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/podman/podman.sock",
];

/// What the binary hands in.
#[derive(Clone, Debug)]
pub struct DockerSettings {
    /// Where everything of this server is kept; it also tells this server's containers from those of another one.
    pub data_dir: PathBuf,
    /// Below which the sockets' directories are.
    pub run_dir: PathBuf,
    /// Where the secrets of the host's sessions are; those of containers are beside them.
    pub secrets_dir: PathBuf,
    /// sessiond's program, as [`crate::host::HostRuntime::sessiond`] installed it: statically linked, for an image may hold nothing else.
    pub sessiond: PathBuf,
    /// Where the engine is.
    pub engine: EngineAddress,
    /// What a session's container is made from where nobody says: ready without being fetched, or it is not offered as the default.
    pub default_image: longhouse_domain::container::ImageName,
    /// The most bytes of output kept of each terminal; sessiond's default if absent.
    pub ring_bytes: Option<u64>,
    /// The lines of history kept of each terminal's screen; sessiond's default if absent.
    pub scrollback_lines: Option<u32>,
}

/// Where the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineAddress {
    /// At this socket.
    Socket(PathBuf),
    /// At one of the usual sockets, looked for with each attempt.
    Usual,
}

/// An address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no address of a container engine that sessions can use: it must be a Unix socket of this machine (unix:///path), for sessions dial a socket of the server"
)]
pub struct BadEngineAddress(String);

impl EngineAddress {
    /// Reads what people write into `DOCKER_HOST`: `unix:///path`, or a path.
    pub fn parse(text: &str) -> Result<Self, BadEngineAddress> {
        let path = Path::new(text.strip_prefix("unix://").unwrap_or(text));
        if path.is_absolute() {
            Ok(Self::Socket(path.to_owned()))
        } else {
            Err(BadEngineAddress(text.to_owned()))
        }
    }

    /// The socket to dial, or why there is none.
    pub(super) fn socket(&self) -> Result<PathBuf, String> {
        match self {
            // It may come later: whoever named it expects an engine there, and hears that it is away.
            Self::Socket(path) => Ok(path.clone()),
            Self::Usual => USUAL_SOCKETS
                .map(PathBuf::from)
                .into_iter()
                .find(|path| is_socket(path))
                .ok_or_else(|| {
                    format!(
                        "no container engine was found on this machine ({})",
                        USUAL_SOCKETS.join(", ")
                    )
                }),
        }
    }
}

fn is_socket(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_of_this_machine_are_addresses() {
        let socket = Ok(EngineAddress::Socket("/run/x.sock".into()));
        assert_eq!(EngineAddress::parse("unix:///run/x.sock"), socket);
        assert_eq!(EngineAddress::parse("/run/x.sock"), socket);
        for bad in [
            "tcp://10.0.0.1:2375",
            "ssh://user@host",
            "",
            "docker.sock",
            "npipe:////./pipe/x",
        ] {
            assert!(EngineAddress::parse(bad).is_err(), "{bad}");
        }
    }
}
