//! The address of a repository.
//!
//! ```text
//!   https://host[:port]/path      ssh://[user@]host[:port]/path      user@host:path      (http:// and file:// where a server allows them)
//! ```
//!
//! Everything else that git takes for an address is refused: other transports (`ext::` runs a program), paths, options, passwords.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::transport::Transport;
use crate::egress::{EgressError, Host};

/// The longest address, bytes.
const URL_BYTES: usize = 2_048;

/// The longest user name of an SSH address, bytes.
const USER_BYTES: usize = 64;

/// Why this is no address of a repository; the text says what would be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryUrlError {
    /// Neither of the forms.
    #[error("must begin with https:// or ssh://, or have the form git@host:path")]
    Form,
    /// Longer than [`URL_BYTES`].
    #[error("must have at most {URL_BYTES} bytes")]
    TooLong,
    /// Something that no address holds unencoded.
    #[error(
        "must hold no spaces, control characters, quotes or backslashes: write them as %20 and the like"
    )]
    Character,
    /// A user name or a password in an HTTP address.
    #[error(
        "must hold no user name, password or token before the host: everybody who may see the session would read it; public \
         repositories need none, and an address like git@host:path uses an SSH key"
    )]
    Credentials,
    /// A user name that is none.
    #[error("must have a user name of letters, digits, '.', '_' and '-' before the @")]
    User,
    /// No host, or an odd one.
    #[error("the host {0}")]
    Host(EgressError),
    /// Not a port.
    #[error("must have a port from 1 to 65535 after the host's colon")]
    Port,
    /// Nothing after the host.
    #[error("must name a repository after the host")]
    Path,
    /// `?` or `#`.
    #[error("must have no \"?\" or \"#\": a repository's address ends with its path")]
    Query,
}

/// Where a repository is. Written anew from its parts: text that two programs could read differently does not come out of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryUrl {
    transport: Transport,
    place: Place,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    Here,
    At {
        user: Option<String>,
        host: Host,
        port: Option<u16>,
    },
    /// `user@host:path`, whose path begins at the user's home.
    Home {
        user: String,
        host: Host,
    },
}

impl RepositoryUrl {
    /// How it is fetched.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Where it is at the host, as written.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host and the port that are connected to; none where it is on this machine.
    #[must_use]
    pub fn destination(&self) -> Option<(&Host, u16)> {
        let (host, port) = match &self.place {
            Place::Here => return None,
            Place::At { host, port, .. } => (host, *port),
            Place::Home { host, .. } => (host, None),
        };
        Some((host, port.or(self.transport.default_port())?))
    }
}

impl FromStr for RepositoryUrl {
    type Err = RepositoryUrlError;

    fn from_str(text: &str) -> Result<Self, RepositoryUrlError> {
        use RepositoryUrlError as Wrong;
        if text.len() > URL_BYTES {
            return Err(Wrong::TooLong);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return home(text);
        };
        let transport = scheme.to_ascii_lowercase().parse();
        let transport: Transport = transport.map_err(|_| Wrong::Form)?;
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        check_path(path)?;
        if path.trim_matches('/').is_empty() {
            return Err(Wrong::Path);
        }
        let place = match (transport, authority) {
            (Transport::File, "") => Place::Here,
            (Transport::File, _) => return Err(Wrong::Form),
            (_, authority) => at(transport, authority)?,
        };
        Ok(Self {
            transport,
            place,
            path: path.to_owned(),
        })
    }
}

/// `[user@]host[:port]`
fn at(transport: Transport, authority: &str) -> Result<Place, RepositoryUrlError> {
    let (user, rest) = match authority.rsplit_once('@') {
        Some(_) if transport != Transport::Ssh => return Err(RepositoryUrlError::Credentials),
        Some((user, _)) if user.contains(':') => return Err(RepositoryUrlError::Credentials),
        Some((user, rest)) => (Some(self::user(user)?), rest),
        None => (None, authority),
    };
    // The colons of an IPv6 address stand in brackets.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(self::port(port)?)),
        _ => (rest, None),
    };
    Ok(Place::At {
        user,
        host: self::host(host)?,
        port: port.filter(|port| Some(*port) != transport.default_port()),
    })
}

/// `user@host:path`, as `scp` has it.
fn home(text: &str) -> Result<RepositoryUrl, RepositoryUrlError> {
    let (user, rest) = text.split_once('@').ok_or(RepositoryUrlError::Form)?;
    if user.contains(['/', ':']) {
        return Err(RepositoryUrlError::Form);
    }
    let bracket = rest.find(']').unwrap_or(0);
    let colon = rest[bracket..].find(':').map(|at| at + bracket);
    let (host, path) = rest.split_at(colon.ok_or(RepositoryUrlError::Form)?);
    let path = &path[1..];
    check_path(path)?;
    // A program on the other side would take it for an option.
    if path.trim_matches('/').is_empty() || path.starts_with('-') {
        return Err(RepositoryUrlError::Path);
    }
    Ok(RepositoryUrl {
        transport: Transport::Ssh,
        place: Place::Home {
            user: self::user(user)?,
            host: self::host(host)?,
        },
        path: path.to_owned(),
    })
}

fn user(text: &str) -> Result<String, RepositoryUrlError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let fits = (1..=USER_BYTES).contains(&text.len())
        && text.bytes().all(letter)
        && !text.starts_with(['-', '.']);
    fits.then(|| text.to_owned())
        .ok_or(RepositoryUrlError::User)
}

fn host(text: &str) -> Result<Host, RepositoryUrlError> {
    // Without its brackets an IPv6 address cannot be told from a port.
    if text.contains(':') && !text.starts_with('[') {
        return Err(RepositoryUrlError::Port);
    }
    text.parse().map_err(RepositoryUrlError::Host)
}

fn port(text: &str) -> Result<u16, RepositoryUrlError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port != 0);
    port.ok_or(RepositoryUrlError::Port)
}

/// Letters of any script, digits, the signs of addresses, and `%` with two digits for the rest.
fn check_path(path: &str) -> Result<(), RepositoryUrlError> {
    let allowed = |c: char| c.is_alphanumeric() || "/-._~+@:%=,!()&".contains(c);
    if path.contains(['?', '#']) {
        return Err(RepositoryUrlError::Query);
    }
    if !path.chars().all(allowed) {
        return Err(RepositoryUrlError::Character);
    }
    let encoded = path.split('%').skip(1).all(|after| {
        let byte = after.get(..2).and_then(|hex| {
            let digits = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            digits.then(|| u8::from_str_radix(hex, 16).ok()).flatten()
        });
        byte.is_some_and(|byte| byte >= b' ' && byte != 0x7f)
    });
    match encoded {
        true => Ok(()),
        false => Err(RepositoryUrlError::Character),
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Here => write!(f, "{}://", self.transport.as_str())?,
            Place::At { user, host, port } => {
                write!(f, "{}://", self.transport.as_str())?;
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                write!(f, "{host}")?;
                if let Some(port) = port {
                    write!(f, ":{port}")?;
                }
            }
            Place::Home { user, host } => write!(f, "{user}@{host}:")?,
        }
        f.write_str(&self.path)
    }
}

impl TryFrom<String> for RepositoryUrl {
    type Error = RepositoryUrlError;

    fn try_from(text: String) -> Result<Self, RepositoryUrlError> {
        text.parse()
    }
}

impl From<RepositoryUrl> for String {
    fn from(url: RepositoryUrl) -> Self {
        url.to_string()
    }
}
