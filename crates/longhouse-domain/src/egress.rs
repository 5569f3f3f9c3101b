//! Where a session may connect to: the rule alone. Nothing here resolves a name or opens a connection.
//!
//! A destination is a name or an address with a port. A name is compared, an address is classified: what a name resolves
//! to is judged again by [`AllowList::allows_address`], because whoever runs the name's zone chooses the answer.

mod address;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use address::is_public;
use address::plain;

/// The longest host name, bytes (RFC 1035, section 2.3.4, without the final dot).
const NAME_BYTES: usize = 253;

/// The longest label of a host name, bytes.
const LABEL_BYTES: usize = 63;

/// The most entries of a list.
pub const ALLOWED_HOSTS: usize = 256;

/// Why a destination or an entry was refused; the text says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// No host name, no address, no pattern.
    #[error(
        "must be a host name, `*.` before a host name, an address or an address range, each with an optional :port"
    )]
    Host,
    /// A name in other than ASCII letters.
    #[error("must be written in ASCII: a name in another script begins with xn--")]
    Script,
    /// Neither a name nor an address in its usual form.
    #[error("must be an address in its usual form: four decimal numbers, or IPv6")]
    OddAddress,
    /// Not a port.
    #[error("must have a port from 1 to 65535 after the colon")]
    Port,
    /// Not an address range.
    #[error("must have a prefix length that fits the address")]
    Range,
    /// More than [`ALLOWED_HOSTS`].
    #[error("must have at most {ALLOWED_HOSTS} entries")]
    TooMany,
}

/// A host as a program names it: lower case, without the final dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// To be resolved.
    Name(String),
    /// An address; one that carries an IPv4 address is that address.
    Address(IpAddr),
}

impl Host {
    /// Whether it is a name of this very machine, which no resolver has to be asked for.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        matches!(self, Self::Name(name) if is_local_name(name))
    }
}

impl FromStr for Host {
    type Err = EgressError;

    fn from_str(text: &str) -> Result<Self, EgressError> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        if let Some(address) = bare {
            let address: Ipv6Addr = address.parse().map_err(|_| EgressError::OddAddress)?;
            return Ok(Self::Address(plain(address.into())));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(plain(address)));
        }
        Ok(Self::Name(name(text)?))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
        }
    }
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    what: What,
    /// Without one: every port.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    Name(String),
    /// Every name below this one, and not itself.
    Below(String),
    /// An address, or all that share its first bits.
    Range(IpAddr, u8),
}

impl HostPattern {
    /// Whether it names addresses that are not on the public internet: this machine, its network, its cloud's metadata.
    #[must_use]
    pub fn is_private(&self) -> bool {
        match &self.what {
            What::Name(name) => is_local_name(name),
            What::Below(name) => is_local_name(name),
            What::Range(address, bits) => !is_public(*address) || *bits < whole(*address),
        }
    }

    fn allows(&self, host: &Host, port: u16) -> bool {
        let fits = match (&self.what, host) {
            (What::Name(ours), Host::Name(theirs)) => ours == theirs,
            (What::Below(ours), Host::Name(theirs)) => theirs
                .strip_suffix(ours.as_str())
                .is_some_and(|left| left.len() > 1 && left.ends_with('.')),
            (What::Range(..), Host::Address(address)) => self.holds(*address),
            (What::Name(_) | What::Below(_), Host::Address(_))
            | (What::Range(..), Host::Name(_)) => false,
        };
        fits && self.port.is_none_or(|ours| ours == port)
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (&self.what, address) {
            (What::Range(IpAddr::V4(ours), bits), IpAddr::V4(theirs)) => {
                let beyond = 32 - u32::from(*bits);
                (u64::from(ours.to_bits()) >> beyond) == (u64::from(theirs.to_bits()) >> beyond)
            }
            (What::Range(IpAddr::V6(ours), bits), IpAddr::V6(theirs)) => {
                let beyond = 128 - u32::from(*bits);
                ours.to_bits().checked_shr(beyond) == theirs.to_bits().checked_shr(beyond)
            }
            _ => false,
        }
    }
}

impl FromStr for HostPattern {
    type Err = EgressError;

    fn from_str(text: &str) -> Result<Self, EgressError> {
        let (host, port) = split_port(text)?;
        let what = if let Some(name_below) = host.strip_prefix("*.") {
            What::Below(name(name_below)?)
        } else if let Some((address, bits)) = host.split_once('/') {
            range(address, bits)?
        } else {
            match host.parse()? {
                Host::Name(name) => What::Name(name),
                Host::Address(address) => What::Range(address, whole(address)),
            }
        };
        Ok(Self { what, port })
    }
}

impl TryFrom<String> for HostPattern {
    type Error = EgressError;
    fn try_from(text: String) -> Result<Self, EgressError> {
        text.parse()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Name(name) => f.write_str(name)?,
            What::Below(name) => write!(f, "*.{name}")?,
            What::Range(address, bits) if *bits == whole(*address) => {
                write!(f, "{}", Host::Address(*address))?;
            }
            What::Range(IpAddr::V6(address), bits) => write!(f, "[{address}]/{bits}")?,
            What::Range(IpAddr::V4(address), bits) => write!(f, "{address}/{bits}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

/// What a session may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AllowList(Vec<HostPattern>);

impl AllowList {
    /// A list of at most [`ALLOWED_HOSTS`] entries.
    ///
    /// # Errors
    /// When there are more.
    pub fn new(entries: Vec<HostPattern>) -> Result<Self, EgressError> {
        if entries.len() > ALLOWED_HOSTS {
            return Err(EgressError::TooMany);
        }
        Ok(Self(entries))
    }

    /// Its entries, in the order in which they were given.
    #[must_use]
    pub fn entries(&self) -> &[HostPattern] {
        &self.0
    }

    /// Whether some of them lead where the public internet does not.
    #[must_use]
    pub fn leads_inside(&self) -> bool {
        self.0.iter().any(HostPattern::is_private)
    }

    /// The list without those.
    #[must_use]
    pub fn public(&self) -> Self {
        let public = self.0.iter().filter(|entry| !entry.is_private());
        Self(public.cloned().collect())
    }

    /// Whether a program may name this destination.
    #[must_use]
    pub fn allows(&self, host: &Host, port: u16) -> bool {
        self.0.iter().any(|entry| entry.allows(host, port))
    }

    /// Whether the destination, which the list allows, may be this address: any on the public internet, others only where
    /// the list has the address itself. The name `localhost` is an address by another name.
    #[must_use]
    pub fn allows_address(&self, host: &Host, address: IpAddr, port: u16) -> bool {
        let address = plain(address);
        is_public(address)
            || (host.is_this_machine() && address.is_loopback())
            || self.allows(&Host::Address(address), port)
    }
}

/// Its entries, with spaces between.
impl fmt::Display for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { " " };
            write!(f, "{between}{entry}")?;
        }
        Ok(())
    }
}

/// How many bits the address has.
fn whole(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `localhost` and what is below it are this machine (RFC 6761, section 6.3).
fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn range(address: &str, bits: &str) -> Result<What, EgressError> {
    let Host::Address(address) = address.parse()? else {
        return Err(EgressError::Host);
    };
    let digits = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|b| b.is_ascii_digit());
    let bits: u8 = bits
        .parse()
        .ok()
        .filter(|bits| digits && *bits <= whole(address))
        .ok_or(EgressError::Range)?;
    Ok(What::Range(address, bits))
}

/// Cuts `:port` off. An IPv6 address needs its brackets where a port or a prefix length follows.
fn split_port(text: &str) -> Result<(&str, Option<u16>), EgressError> {
    if text.parse::<IpAddr>().is_ok() {
        return Ok((text, None));
    }
    let Some((host, port)) = text
        .rsplit_once(':')
        .filter(|(_, port)| !port.contains([']', '/']))
    else {
        return Ok((text, None));
    };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port != 0);
    Ok((host, Some(port.ok_or(EgressError::Port)?)))
}

fn name(text: &str) -> Result<String, EgressError> {
    if !text.is_ascii() {
        return Err(EgressError::Script);
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let labels_fit = name.split('.').all(|label| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=LABEL_BYTES).contains(&label.len())
            && label.bytes().all(letters)
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    if name.len() > NAME_BYTES || !labels_fit {
        return Err(EgressError::Host);
    }
    // What ends in a number is read as an address by some programs: octal, hexadecimal, fewer than four numbers.
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if number {
        return Err(EgressError::OddAddress);
    }
    Ok(name)
}
