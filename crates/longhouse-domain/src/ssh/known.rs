//! Which host is known by which key.
//!
//! ```text
//!   pinned ──► only by its pins, whatever else was ever seen
//!   else    ──► by what was seen at first use
//! ```

use std::fmt;

use super::SshHost;

/// The keys of the big forges, as they publish them.
const PINNED: &str = include_str!("forges.known_hosts");

/// A host's public key, as known-hosts files write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// `ssh-ed25519` and the like.
    pub kind: String,
    /// The key, in base64.
    pub base64: String,
}

/// The most bytes of a host's key in base64: RSA of 16,384 bits takes 2,800.
pub const HOST_KEY_BYTES: usize = 4 * 1024;

/// `KIND BASE64`, as it stands after the host in a known-hosts file.
impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.base64)
    }
}

impl HostKey {
    /// The key, where both words can stand in a known-hosts file.
    #[must_use]
    pub fn new(kind: &str, base64: &str) -> Option<Self> {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'@');
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let fits = (1..=64).contains(&kind.len())
            && kind.bytes().all(named)
            && (1..=HOST_KEY_BYTES).contains(&base64.len())
            && base64.bytes().all(letter);
        fits.then(|| Self {
            kind: kind.to_owned(),
            base64: base64.to_owned(),
        })
    }
}

/// What is to be thought of a key that a host shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the host's.
    Known,
    /// Nothing is known of the host.
    New,
    /// The host is known by other keys.
    Changed,
}

/// What a key means, of a host that has these pins and was seen with these keys.
#[must_use]
pub fn judge(pins: &[HostKey], seen: &[HostKey], shown: &HostKey) -> Verdict {
    let known = if pins.is_empty() { seen } else { pins };
    match known {
        [] => Verdict::New,
        known if known.contains(shown) => Verdict::Known,
        _ => Verdict::Changed,
    }
}

/// The keys that a host is pinned to; none for most.
#[must_use]
pub fn pins(host: &SshHost) -> Vec<HostKey> {
    let name = host.to_string();
    let of_host = pinned().filter(|(host, _)| *host == name);
    of_host.map(|(_, key)| key).collect()
}

/// The hosts that are pinned to this key.
pub fn pinned_to(key: &HostKey) -> impl Iterator<Item = &'static str> + '_ {
    pinned()
        .filter(move |(_, pin)| pin == key)
        .map(|(host, _)| host)
}

/// Every host with every key that it is pinned to.
fn pinned() -> impl Iterator<Item = (&'static str, HostKey)> {
    let lines = PINNED.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split(' ');
        let (host, kind, base64) = (words.next()?, words.next()?, words.next()?);
        Some((host, HostKey::new(kind, base64)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(base64: &str) -> HostKey {
        HostKey::new("ssh-ed25519", base64).unwrap()
    }

    #[test]
    fn the_forges_are_pinned_and_every_line_is_read() {
        let lines = PINNED.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(pinned().count(), lines.count());
        for host in [
            "github.com",
            "ssh.github.com:443",
            "gitlab.com",
            "bitbucket.org",
            "codeberg.org",
            "ssh.dev.azure.com",
        ] {
            let host = host.parse().unwrap();
            assert!(!pins(&host).is_empty(), "{host}");
        }
        assert!(pins(&"git.example.org".parse().unwrap()).is_empty());
        let github = &pins(&"github.com".parse().unwrap())[0];
        assert_eq!(
            pinned_to(github).collect::<Vec<_>>(),
            ["github.com", "[ssh.github.com]:443"]
        );
    }

    #[test]
    fn a_pinned_host_is_known_by_its_pins_alone() {
        let (ours, theirs) = (key("AAAA"), key("BBBB"));
        let (pins, seen) = ([ours.clone()], [theirs.clone()]);
        assert_eq!(judge(&pins, &seen, &theirs), Verdict::Changed);
        assert_eq!(judge(&pins, &seen, &ours), Verdict::Known);
        assert_eq!(judge(&[], &seen, &theirs), Verdict::Known);
        assert_eq!(judge(&[], &seen, &ours), Verdict::Changed);
        assert_eq!(judge(&[], &[], &ours), Verdict::New);
        // Another type of the same host's is no other host's, but nobody has vouched for it.
        let rsa = HostKey::new("ssh-rsa", "AAAA").unwrap();
        assert_eq!(judge(&pins, &[], &rsa), Verdict::Changed);
    }

    #[test]
    fn what_would_be_more_than_two_words_is_no_key() {
        for (kind, base64) in [
            ("ssh-rsa", "A A"),
            ("ssh-rsa", ""),
            ("a\nb", "AAAA"),
            ("ssh-rsa", "AAAA\n@cert"),
            ("", "A"),
        ] {
            assert_eq!(HostKey::new(kind, base64), None, "{kind:?} {base64:?}");
        }
    }
}
