//! A host that is spoken to over SSH, as known-hosts files name it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::egress::{EgressError, Host};

/// A host and its port: `host`, or `[host]:port` where the port is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SshHost {
    host: Host,
    port: u16,
}

impl SshHost {
    /// The port that goes without saying.
    pub const USUAL_PORT: u16 = 22;

    /// That port of that host.
    #[must_use]
    pub fn new(host: Host, port: u16) -> Self {
        Self { host, port }
    }
}

/// `host`, `host:port`, or `[host]:port`.
impl FromStr for SshHost {
    type Err = EgressError;

    fn from_str(text: &str) -> Result<Self, EgressError> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':').ok_or(EgressError::Port)?),
            None => match text.split_once(':') {
                // Two colons and no brackets: an IPv6 address.
                Some((host, port)) if !port.contains(':') => (host, port),
                _ => (text, "22"),
            },
        };
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0);
        Ok(Self {
            host: host.parse()?,
            port: port.ok_or(EgressError::Port)?,
        })
    }
}

impl fmt::Display for SshHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.to_string();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match self.port {
            Self::USUAL_PORT => f.write_str(bare),
            port => write!(f, "[{bare}]:{port}"),
        }
    }
}

impl TryFrom<String> for SshHost {
    type Error = EgressError;

    fn try_from(text: String) -> Result<Self, EgressError> {
        text.parse()
    }
}

impl From<SshHost> for String {
    fn from(host: SshHost) -> Self {
        host.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_written_as_known_hosts_files_have_it() {
        for (text, written) in [
            ("GitHub.com", "github.com"),
            ("github.com:22", "github.com"),
            ("git.example.org:2222", "[git.example.org]:2222"),
            ("[git.example.org]:2222", "[git.example.org]:2222"),
            ("127.0.0.1:22022", "[127.0.0.1]:22022"),
            ("::1", "::1"),
            ("[::1]:2222", "[::1]:2222"),
        ] {
            let host: SshHost = text.parse().unwrap();
            assert_eq!(host.to_string(), written, "{text}");
            assert_eq!(written.parse(), Ok(host), "{written}");
        }
        for bad in [
            "",
            "a b",
            "host:",
            "host:0",
            "host:70000",
            "[host]",
            "*.host",
            "-o",
            "a,b",
            "host:+1",
        ] {
            assert!(bad.parse::<SshHost>().is_err(), "{bad:?}");
        }
    }
}
