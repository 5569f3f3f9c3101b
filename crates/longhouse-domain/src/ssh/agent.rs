//! The agent protocol (draft-ietf-sshm-ssh-agent, and OpenSSH's `PROTOCOL.agent`), as far as a session's agent speaks it: it lists keys,
//! hears which host a connection leads to, and signs one kind of text, a log-in at that host. Three extensions are [our own](extension).
//! Nothing else is understood.
//!
//! Messages are read and written here; whether to sign, and with what, is decided elsewhere.

mod extension;

use super::wire::{Reader, Writer};
use extension::{CREDENTIAL, KNOWN_HOST, MILESTONE};
pub use extension::{CredentialQuestion, ExtensionAnswer, KnownHostQuestion, MilestoneNews};

const FAILURE: u8 = 5;
const SUCCESS: u8 = 6;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const EXTENSION: u8 = 27;

/// Of a log-in (RFC 4252, section 7).
const USERAUTH_REQUEST: u8 = 50;

const SESSION_BIND: &[u8] = b"session-bind@openssh.com";

/// What a program asks of an agent. Without the length that stands before it on the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentRequest<'a> {
    /// Which keys there are.
    Identities,
    /// A signature.
    Sign(SignRequest<'a>),
    /// Which host the connection leads to, for which signatures are asked for from now on.
    Bind(SessionBind<'a>),
    /// By which keys a host is known.
    KnownHost(KnownHostQuestion<'a>),
    /// What git logs in with.
    Credential(CredentialQuestion<'a>),
    /// Something was brought to an end.
    Milestone(MilestoneNews<'a>),
    /// Anything else: keys to add or remove, locks, other extensions.
    Other,
}

/// See [`AgentRequest::Sign`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignRequest<'a> {
    /// The public half of the key to sign with.
    pub key: &'a [u8],
    /// What is to be signed.
    pub data: &'a [u8],
    /// Which hash an RSA key is to use.
    pub flags: u32,
}

/// See [`AgentRequest::Bind`]: a host has shown, by its signature over the connection's identifier, that it is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionBind<'a> {
    /// The host's public key.
    pub host_key: &'a [u8],
    /// The connection's identifier.
    pub session_id: &'a [u8],
    /// The host's signature over the identifier.
    pub signature: &'a [u8],
    /// Whether the agent is to be lent to that host.
    pub is_forwarding: bool,
}

/// A log-in at a host that somebody is asked to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIn<'a> {
    /// The connection's identifier.
    pub session_id: &'a [u8],
    /// Who logs in there.
    pub user: &'a [u8],
    /// The key that they log in with.
    pub key: &'a [u8],
    /// The host's key, where the method names it.
    pub host_key: Option<&'a [u8]>,
}

impl<'a> AgentRequest<'a> {
    /// Reads a message. `None` where it is none.
    #[must_use]
    pub fn parse(message: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(message);
        match reader.byte()? {
            REQUEST_IDENTITIES => Some(Self::Identities),
            SIGN_REQUEST => {
                let (key, data, flags) = (reader.string()?, reader.string()?, reader.u32()?);
                let request = SignRequest { key, data, flags };
                reader.is_at_end().then_some(Self::Sign(request))
            }
            EXTENSION => Self::extension(&mut reader),
            _ => Some(Self::Other),
        }
    }

    fn extension(reader: &mut Reader<'a>) -> Option<Self> {
        match reader.string()? {
            SESSION_BIND => {
                let (host_key, session_id) = (reader.string()?, reader.string()?);
                let (signature, is_forwarding) = (reader.string()?, reader.byte()? != 0);
                let bind = SessionBind {
                    host_key,
                    session_id,
                    signature,
                    is_forwarding,
                };
                reader.is_at_end().then_some(Self::Bind(bind))
            }
            KNOWN_HOST => KnownHostQuestion::read(reader).map(Self::KnownHost),
            CREDENTIAL => CredentialQuestion::read(reader).map(Self::Credential),
            MILESTONE => MilestoneNews::read(reader).map(Self::Milestone),
            _ => Some(Self::Other),
        }
    }
}

impl<'a> LogIn<'a> {
    /// Reads what is to be signed. `None` where it is no log-in with a key.
    #[must_use]
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let session_id = reader.string()?;
        if reader.byte()? != USERAUTH_REQUEST {
            return None;
        }
        let (user, service, method) = (reader.string()?, reader.string()?, reader.string()?);
        let signed = reader.byte()?;
        let (_algorithm, key) = (reader.string()?, reader.string()?);
        let host_key = match method {
            b"publickey" => None,
            b"publickey-hostbound-v00@openssh.com" => Some(reader.string()?),
            _ => return None,
        };
        let fits = service == b"ssh-connection" && signed == 1 && reader.is_at_end();
        fits.then_some(Self {
            session_id,
            user,
            key,
            host_key,
        })
    }
}

/// That it was done.
#[must_use]
pub fn success() -> Vec<u8> {
    vec![SUCCESS]
}

/// That it was not. There is no room for a reason.
#[must_use]
pub fn failure() -> Vec<u8> {
    vec![FAILURE]
}

/// The keys that there are: public halves, each with a comment.
#[must_use]
pub fn identities<'a>(keys: impl ExactSizeIterator<Item = (&'a [u8], &'a str)>) -> Vec<u8> {
    let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    let begun = Writer::new().byte(IDENTITIES_ANSWER).u32(count);
    let all = keys.fold(begun, |writer, (key, comment)| {
        writer.string(key).string(comment.as_bytes())
    });
    all.done()
}

/// A signature.
#[must_use]
pub fn signed(signature: &[u8]) -> Vec<u8> {
    Writer::new().byte(SIGN_RESPONSE).string(signature).done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_in(method: &[u8]) -> Writer {
        Writer::new()
            .string(b"id")
            .byte(USERAUTH_REQUEST)
            .string(b"git")
            .string(b"ssh-connection")
            .string(method)
            .byte(1)
            .string(b"ssh-ed25519")
            .string(b"key")
    }

    #[test]
    fn only_a_log_in_with_a_key_is_taken_for_one() {
        let plain = log_in(b"publickey").done();
        let read = LogIn::parse(&plain).unwrap();
        assert_eq!(
            (read.session_id, read.user, read.key),
            (&b"id"[..], &b"git"[..], &b"key"[..])
        );
        assert_eq!(read.host_key, None);
        let bound = log_in(b"publickey-hostbound-v00@openssh.com")
            .string(b"host")
            .done();
        assert_eq!(LogIn::parse(&bound).unwrap().host_key, Some(&b"host"[..]));
        // Signed files, certificates for others, half messages, and more than there should be.
        let sshsig = Writer::new().string(b"SSHSIG").done();
        let password = log_in(b"password").done();
        let longer = log_in(b"publickey").byte(0).done();
        for bad in [
            &sshsig[..],
            b"SSHSIG\0\0\0\x03git",
            &password,
            &longer,
            &plain[..20],
            b"",
        ] {
            assert_eq!(LogIn::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn requests_are_read_whole_or_not_at_all() {
        let sign = Writer::new()
            .byte(SIGN_REQUEST)
            .string(b"key")
            .string(b"data")
            .u32(2);
        let whole = sign.clone().done();
        let read = AgentRequest::parse(&whole);
        assert!(
            matches!(read, Some(AgentRequest::Sign(SignRequest { flags: 2, .. }))),
            "{read:?}"
        );
        assert_eq!(AgentRequest::parse(&sign.byte(0).done()), None);
        let bind = Writer::new()
            .byte(EXTENSION)
            .string(SESSION_BIND)
            .string(b"host")
            .string(b"id");
        let bind = bind.string(b"signature").byte(1).done();
        let read = AgentRequest::parse(&bind).unwrap();
        assert!(
            matches!(
                read,
                AgentRequest::Bind(SessionBind {
                    is_forwarding: true,
                    ..
                })
            ),
            "{read:?}"
        );
        assert_eq!(AgentRequest::parse(&bind[..bind.len() - 1]), None);
        assert_eq!(AgentRequest::parse(&[17, 0, 0]), Some(AgentRequest::Other));
        let query = Writer::new().byte(EXTENSION).string(b"query").done();
        assert_eq!(AgentRequest::parse(&query), Some(AgentRequest::Other));
        assert_eq!(AgentRequest::parse(&[]), None);
    }
}
