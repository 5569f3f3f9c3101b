//! What the audit log says: who did what to which object, from where, with what result.
//!
//! An entry holds no secret: no password, no token, no value of an environment, nothing that a terminal showed. It holds no
//! character either that could mislead whoever reads it in a terminal: [`legible`] makes those visible.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Longest name, address or identifier in an entry, in characters.
pub const LONGEST_NAME: usize = 128;

/// Longest value among an entry's details, in characters, and how many details there may be.
pub const LONGEST_DETAIL: usize = 1024;
/// How many details an entry may have.
pub const MOST_DETAILS: usize = 16;

/// What kind of being acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person, signed in.
    User,
    /// An API token, on behalf of the person who made it.
    Token,
    /// The server itself, or whoever owns its process (the control socket, a command beside it).
    System,
    /// Somebody who did not show who they are.
    Nobody,
}

impl ActorKind {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::System => "system",
            Self::Nobody => "nobody",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Token, Self::System, Self::Nobody]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditActor {
    /// What they are.
    pub kind: ActorKind,
    /// The user's or the token's identifier.
    pub id: Option<String>,
    /// Their name at that moment.
    pub name: String,
}

impl AuditActor {
    /// A person.
    #[must_use]
    pub fn user(id: crate::UserId, name: &str) -> Self {
        Self {
            kind: ActorKind::User,
            id: Some(id.to_string()),
            name: name.to_owned(),
        }
    }

    /// The server, or one of its doors.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self {
            kind: ActorKind::System,
            id: None,
            name: name.to_owned(),
        }
    }

    /// Somebody unknown.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            kind: ActorKind::Nobody,
            id: None,
            name: "nobody".to_owned(),
        }
    }
}

/// What was acted upon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditTarget {
    /// `session`, `terminal`, `user`, `token`, ...
    pub kind: String,
    /// Its identifier; a terminal's is its session's.
    pub id: Option<String>,
    /// Its name at that moment, or what the request called it by.
    pub name: String,
}

impl AuditTarget {
    /// An object of that kind.
    #[must_use]
    pub fn new(kind: &str, id: Option<String>, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            id,
            name: name.to_owned(),
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Ok,
    /// They may not, or may not see it; nothing was done.
    Denied,
    /// It was not done, or not wholly, for another reason.
    Failed,
}

impl Outcome {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Ok, Self::Denied, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Ordinary.
    Info,
    /// Somebody has to look now: a stolen token, a log that was tampered with.
    Critical,
}

impl Severity {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Info, Self::Critical]
            .into_iter()
            .find(|severity| severity.as_str() == name)
    }
}

/// One thing that was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// Who.
    pub actor: AuditActor,
    /// What: `object.verb`, such as `session.create`.
    pub action: String,
    /// To what.
    pub target: Option<AuditTarget>,
    /// With what result.
    pub outcome: Outcome,
    /// From which address; empty where it came from no network.
    pub address: String,
    /// In which request; empty where it was none.
    pub request_id: String,
    /// What else there is to know: a problem's `code`, a terminal's `mode`.
    pub detail: BTreeMap<String, String>,
}

impl AuditEntry {
    /// Something that was done, with nothing more to say about it.
    #[must_use]
    pub fn new(at: Timestamp, actor: AuditActor, action: &str) -> Self {
        Self {
            at,
            severity: Severity::Info,
            actor,
            action: action.to_owned(),
            target: None,
            outcome: Outcome::Ok,
            address: String::new(),
            request_id: String::new(),
            detail: BTreeMap::new(),
        }
    }

    /// The same entry about that object.
    #[must_use]
    pub fn about(mut self, target: AuditTarget) -> Self {
        self.target = Some(target);
        self
    }

    /// The same entry with one detail more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// The same entry, as it is written down: every text legible and bounded.
    #[must_use]
    pub fn legible(self) -> Self {
        let name = |text: String| legible(&text, LONGEST_NAME);
        Self {
            at: self.at,
            severity: self.severity,
            actor: AuditActor {
                kind: self.actor.kind,
                id: self.actor.id.map(name),
                name: name(self.actor.name),
            },
            action: name(self.action),
            target: self.target.map(|target| AuditTarget {
                kind: name(target.kind),
                id: target.id.map(name),
                name: name(target.name),
            }),
            outcome: self.outcome,
            address: name(self.address),
            request_id: name(self.request_id),
            detail: self
                .detail
                .into_iter()
                .take(MOST_DETAILS)
                .map(|(key, value)| (name(key), legible(&value, LONGEST_DETAIL)))
                .collect(),
        }
    }
}

/// An entry in its place in the log. Its JSON is one line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Its place, counted from 1 without gaps.
    pub seq: i64,
    /// What happened.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// The hash of this record and, through the one before it, of everything before.
    pub hash: String,
}

/// The text with every character that a terminal or a page would obey rather than show written as `\u{..}`, and cut to `longest`
/// characters of the original, which an ellipsis at the end tells.
#[must_use]
pub fn legible(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(longest));
    for (at, c) in text.chars().enumerate() {
        if at == longest {
            shown.push('…');
            break;
        }
        if is_obeyed(c) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Controls, separators of lines, and what turns the direction of writing round or takes no room.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_entry_is_obeyed_by_a_terminal() {
        let check = |text: &str, shown: &str| assert_eq!(legible(text, 100), shown);
        check("plain ä 日本", "plain ä 日本");
        check("a\r\nb", "a\\u{d}\\u{a}b");
        check("\x1b]0;evil\x07", "\\u{1b}]0;evil\\u{7}");
        check("\u{9b}31m", "\\u{9b}31m");
        check("user\u{202e}nimda", "user\\u{202e}nimda");
        check("a\0b", "a\\u{0}b");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(legible("abcdef", 3), "abc…");
        assert_eq!(legible("abc", 3), "abc");
    }

    #[test]
    fn every_text_of_an_entry_is_made_legible() {
        let nasty = "x\x1b[2J".to_owned();
        let mut entry = AuditEntry::new(Timestamp::UNIX_EPOCH, AuditActor::system(&nasty), &nasty)
            .about(AuditTarget::new(&nasty, Some(nasty.clone()), &nasty))
            .with(&nasty, nasty.as_str());
        entry.address.clone_from(&nasty);
        entry.request_id.clone_from(&nasty);
        for n in 0..100 {
            entry = entry.with(&format!("k{n}"), "v".repeat(5000));
        }
        let shown = entry.legible();
        assert!(!format!("{shown:?}").contains('\x1b'));
        assert_eq!(shown.detail.len(), MOST_DETAILS);
        let longest = shown
            .detail
            .values()
            .map(|value| value.chars().count())
            .max();
        assert!(longest <= Some(LONGEST_DETAIL + 1));
    }
}
