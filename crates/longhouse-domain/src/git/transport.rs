//! The ways in which a repository is fetched.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to fetch a repository, named as git names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Transport {
    /// Over TLS.
    Https,
    /// Over SSH.
    Ssh,
    /// In plain text: anybody on the way could change what is fetched.
    Http,
    /// From the file system.
    File,
}

/// There is no such way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of https, ssh, http and file")]
pub struct UnknownTransport;

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Https, Self::Ssh, Self::Http, Self::File];

    /// As git names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::Http => "http",
            Self::File => "file",
        }
    }

    /// Whether it is HTTP, with or without TLS.
    #[must_use]
    pub fn is_http(self) -> bool {
        matches!(self, Self::Https | Self::Http)
    }

    /// The port where an address names none.
    #[must_use]
    pub fn default_port(self) -> Option<u16> {
        match self {
            Self::Https => Some(443),
            Self::Ssh => Some(22),
            Self::Http => Some(80),
            Self::File => None,
        }
    }
}

impl FromStr for Transport {
    type Err = UnknownTransport;

    fn from_str(name: &str) -> Result<Self, UnknownTransport> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or(UnknownTransport)
    }
}

impl TryFrom<String> for Transport {
    type Error = UnknownTransport;

    fn try_from(name: String) -> Result<Self, UnknownTransport> {
        name.parse()
    }
}

impl From<Transport> for String {
    fn from(transport: Transport) -> Self {
        transport.as_str().to_owned()
    }
}

/// The ways that a server allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transports(Vec<Transport>);

impl Transports {
    /// These.
    #[must_use]
    pub fn new(mut allowed: Vec<Transport>) -> Self {
        allowed.sort_unstable();
        allowed.dedup();
        Self(allowed)
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn allow(&self, transport: Transport) -> bool {
        self.0.contains(&transport)
    }

    /// Each of them once.
    pub fn iter(&self) -> impl Iterator<Item = Transport> {
        self.0.iter().copied()
    }
}

/// Those that neither show nor believe anything on the way.
impl Default for Transports {
    fn default() -> Self {
        Self(vec![Transport::Https, Transport::Ssh])
    }
}

/// As `GIT_ALLOW_PROTOCOL` has it: names with colons between them.
impl fmt::Display for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, transport) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{}", transport.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ones_are_encrypted_and_git_reads_their_names() {
        assert_eq!(Transports::default().to_string(), "https:ssh");
        for transport in [Transport::Http, Transport::File] {
            assert!(!Transports::default().allow(transport));
        }
        let named: Vec<Transport> = ["file", "https"].map(|n| n.parse().unwrap()).into();
        assert_eq!(Transports::new(named).to_string(), "https:file");
        assert_eq!("ext".parse::<Transport>(), Err(UnknownTransport));
    }
}
