//! The extensions of the agent protocol that are our own: by which keys a host is known, what git logs in with over HTTPS, and that
//! something was brought to an end. The first two are answered by the server, the last by sessiond itself.

use super::{EXTENSION, SUCCESS};
use crate::git::Milestone;
use crate::ssh::wire::{Reader, Writer};

const EXTENSION_FAILURE: u8 = 28;

pub(super) const KNOWN_HOST: &[u8] = b"known-host@longhouse";
pub(super) const CREDENTIAL: &[u8] = b"credential@longhouse";
pub(super) const MILESTONE: &[u8] = b"milestone@longhouse";

/// See [`AgentRequest::KnownHost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHostQuestion<'a> {
    /// The host, as known-hosts files name it.
    pub host: &'a str,
    /// The key that it shows: its kind and its base64. Before a host was spoken to there is none.
    pub shown: Option<(&'a str, &'a str)>,
}

/// See [`AgentRequest::Credential`]: in git's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialQuestion<'a> {
    /// `https`.
    pub protocol: &'a str,
    /// The host, with its port where git has one.
    pub host: &'a str,
    /// The repository's path, where git says it.
    pub path: Option<&'a str>,
}

/// See [`AgentRequest::Milestone`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MilestoneNews<'a> {
    /// What was.
    pub milestone: Milestone,
    /// What the work was for, in the words of whoever did it; empty where they gave none.
    pub summary: &'a str,
}

impl<'a> KnownHostQuestion<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let [host, kind, base64] = texts(reader)?;
        let shown = (!base64.is_empty()).then_some((kind, base64));
        Some(Self { host, shown })
    }

    /// As it is sent.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let (kind, base64) = self.shown.unwrap_or_default();
        extension(KNOWN_HOST, [self.host, kind, base64])
    }
}

impl<'a> CredentialQuestion<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let [protocol, host, path] = texts(reader)?;
        Some(Self {
            protocol,
            host,
            path: Some(path).filter(|path| !path.is_empty()),
        })
    }

    /// As it is sent.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let path = self.path.unwrap_or_default();
        extension(CREDENTIAL, [self.protocol, self.host, path])
    }
}

impl<'a> MilestoneNews<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let [name, summary, _] = texts(reader)?;
        Some(Self {
            milestone: Milestone::told(name)?,
            summary,
        })
    }

    /// As it is sent.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        extension(MILESTONE, [self.milestone.as_str(), self.summary, ""])
    }
}

/// What follows an extension's name: three texts, and nothing behind them.
fn texts<'a>(reader: &mut Reader<'a>) -> Option<[&'a str; 3]> {
    let texts = [reader.text()?, reader.text()?, reader.text()?];
    reader.is_at_end().then_some(texts)
}

fn extension(name: &[u8], texts: [&str; 3]) -> Vec<u8> {
    let named = Writer::new().byte(EXTENSION).string(name);
    let all = texts
        .iter()
        .fold(named, |writer, text| writer.string(text.as_bytes()));
    all.done()
}

/// What an agent answers to an extension of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionAnswer {
    /// In the words of that extension.
    Given(String),
    /// It gives none, and why.
    Refused(String),
}

impl ExtensionAnswer {
    /// Reads a message. `None` where it is none.
    #[must_use]
    pub fn parse(message: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(message);
        let kind = reader.byte()?;
        let text = reader.text()?.to_owned();
        match kind {
            SUCCESS => Some(Self::Given(text)),
            EXTENSION_FAILURE => Some(Self::Refused(text)),
            _ => None,
        }
    }

    /// As it is sent.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let (kind, text) = match self {
            Self::Given(text) => (SUCCESS, text),
            Self::Refused(text) => (EXTENSION_FAILURE, text),
        };
        Writer::new().byte(kind).string(text.as_bytes()).done()
    }
}

#[cfg(test)]
mod tests {
    use super::super::AgentRequest;
    use super::*;

    #[test]
    fn what_is_asked_about_a_host_and_answered_arrives_as_it_was_sent() {
        for shown in [None, Some(("ssh-ed25519", "AAAA"))] {
            let host = "[git.example.org]:2222";
            let question = KnownHostQuestion { host, shown };
            let message = question.message();
            assert_eq!(
                AgentRequest::parse(&message),
                Some(AgentRequest::KnownHost(question))
            );
            assert_eq!(AgentRequest::parse(&message[..message.len() - 1]), None);
        }
        for path in [None, Some("team/app.git")] {
            let (protocol, host) = ("https", "git.example.org");
            let question = CredentialQuestion {
                protocol,
                host,
                path,
            };
            let message = question.message();
            assert_eq!(
                AgentRequest::parse(&message),
                Some(AgentRequest::Credential(question))
            );
        }
        for milestone in [Milestone::TestsPassed, Milestone::Done] {
            let summary = "feat: parse dates";
            let news = MilestoneNews { milestone, summary };
            let message = news.message();
            assert_eq!(
                AgentRequest::parse(&message),
                Some(AgentRequest::Milestone(news))
            );
        }
        // That the agent's program ended is seen, and nobody's to say.
        let seen = extension(MILESTONE, ["ended", "", ""]);
        assert_eq!(AgentRequest::parse(&seen), None);
        for answer in [
            ExtensionAnswer::Given("line\n".to_owned()),
            ExtensionAnswer::Refused("why".to_owned()),
        ] {
            assert_eq!(ExtensionAnswer::parse(&answer.message()), Some(answer));
        }
        // What an agent says that does not know the question.
        assert_eq!(ExtensionAnswer::parse(&super::super::failure()), None);
    }
}
