//! The shape of a message: text with names in braces, checked when it is given, filled when a commit is made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest template, bytes.
pub const TEMPLATE_BYTES: usize = 4_000;

/// What is used where nobody said otherwise.
const USUAL: &str = "{type}{scope}: {subject}\n\n{summary}\n\n{files} changed, {added} lines added, {removed} removed\n\n{list}";

/// What a message is made from, as text.
pub(super) struct Words {
    pub(super) kind: String,
    /// With its parentheses, or empty.
    pub(super) scope: String,
    pub(super) subject: String,
    pub(super) files: String,
    pub(super) added: String,
    pub(super) removed: String,
    /// Further lines of the agent's summary.
    pub(super) summary: String,
    pub(super) list: String,
}

/// The names that may stand in braces.
const NAMES: [&str; 8] = [
    "type", "scope", "subject", "files", "added", "removed", "summary", "list",
];

/// Those that always have a text.
const NEVER_EMPTY: [&str; 5] = ["type", "subject", "files", "added", "removed"];

/// A template whose names are all known. Braces that mean themselves are doubled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageTemplate(String);

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// It is too long.
    #[error("has more than {TEMPLATE_BYTES} bytes")]
    Long,
    /// A name that means nothing.
    #[error(
        "names {{{0}}}, which there is not: there are {{type}} {{scope}} {{subject}} {{files}} {{added}} {{removed}} {{summary}} {{list}}"
    )]
    Unknown(String),
    /// A brace without its other half.
    #[error("has a brace without its other half: one that means itself is written twice")]
    Brace,
    /// Its first line may come out empty.
    #[error("has a first line that says nothing")]
    Empty,
    /// It has characters that no message ought to have.
    #[error("has control characters")]
    Control,
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

impl MessageTemplate {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn fill(&self, words: &Words) -> String {
        let mut filled = String::new();
        for piece in pieces(&self.0).into_iter().flatten() {
            filled.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Name("type") => &words.kind,
                Piece::Name("scope") => &words.scope,
                Piece::Name("subject") => &words.subject,
                Piece::Name("files") => &words.files,
                Piece::Name("added") => &words.added,
                Piece::Name("removed") => &words.removed,
                Piece::Name("summary") => &words.summary,
                Piece::Name("list") => &words.list,
                Piece::Name(_) => "",
            });
        }
        tidied(&filled)
    }
}

/// Without what empty names leave: two empty lines in a row, and spaces at the ends of lines.
fn tidied(text: &str) -> String {
    let mut tidied = String::new();
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, BadTemplate> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, after) = rest.split_at(at);
        found.push(Piece::Text(text));
        if let Some(doubled) = ["{{", "}}"].iter().find(|two| after.starts_with(**two)) {
            found.push(Piece::Text(&doubled[..1]));
            rest = &after[2..];
            continue;
        }
        let inner = after.strip_prefix('{').ok_or(BadTemplate::Brace)?;
        let (name, next) = inner.split_once('}').ok_or(BadTemplate::Brace)?;
        if !NAMES.contains(&name) {
            return Err(BadTemplate::Unknown(name.chars().take(40).collect()));
        }
        found.push(Piece::Name(name));
        rest = next;
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

/// Whether the message's first line has a text whatever the change is.
fn begins_with_something(pieces: &[Piece<'_>]) -> bool {
    for piece in pieces {
        match piece {
            Piece::Name(name) if NEVER_EMPTY.contains(name) => return true,
            Piece::Text(text) if !text.trim().is_empty() => {
                return !text.trim_start_matches(' ').starts_with('\n');
            }
            Piece::Text(text) if text.contains('\n') => return false,
            _ => {}
        }
    }
    false
}

impl FromStr for MessageTemplate {
    type Err = BadTemplate;

    fn from_str(text: &str) -> Result<Self, BadTemplate> {
        if text.len() > TEMPLATE_BYTES {
            return Err(BadTemplate::Long);
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(BadTemplate::Control);
        }
        if !begins_with_something(&pieces(text)?) {
            return Err(BadTemplate::Empty);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Default for MessageTemplate {
    fn default() -> Self {
        Self(USUAL.to_owned())
    }
}

impl fmt::Display for MessageTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MessageTemplate {
    type Error = BadTemplate;

    fn try_from(text: String) -> Result<Self, BadTemplate> {
        text.parse()
    }
}

impl From<MessageTemplate> for String {
    fn from(template: MessageTemplate) -> Self {
        template.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> String {
        let template: MessageTemplate = template.parse().unwrap();
        let word = |text: &str| text.to_owned();
        template.fill(&Words {
            kind: word("feat"),
            scope: String::new(),
            subject: word("add {x}"),
            files: word("1 file"),
            added: word("2"),
            removed: word("0"),
            summary: String::new(),
            list: word("- x"),
        })
    }

    #[test]
    fn names_are_filled_and_doubled_braces_stand_for_themselves() {
        assert_eq!(filled("{type}{scope}: {subject}"), "feat: add {x}\n");
        assert_eq!(
            filled("{{{files}}} +{added} -{removed}"),
            "{1 file} +2 -0\n"
        );
        assert_eq!(filled("wip\n\n{summary}\n\n{list}"), "wip\n\n- x\n");
        assert_eq!(USUAL.parse(), Ok(MessageTemplate::default()));
    }

    #[test]
    fn what_is_no_template_is_refused_with_the_reason() {
        let long = "a".repeat(TEMPLATE_BYTES + 1);
        for (text, why) in [
            ("{author}", BadTemplate::Unknown("author".to_owned())),
            ("{type", BadTemplate::Brace),
            ("type}", BadTemplate::Brace),
            ("", BadTemplate::Empty),
            (" \n{type}", BadTemplate::Empty),
            ("{scope}\n{type}", BadTemplate::Empty),
            ("a\0", BadTemplate::Control),
            (&long, BadTemplate::Long),
        ] {
            assert_eq!(text.parse::<MessageTemplate>(), Err(why), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_template_that_passes_always_says_something(text in "([a {}\\n]|\\{type\\}|\\{scope\\}|\\{list\\}){0,12}") {
            if let Ok(template) = text.parse::<MessageTemplate>() {
                let told = filled(template.as_str());
                proptest::prop_assert!(!told.lines().next().unwrap_or_default().is_empty(), "{text:?}");
            }
        }
    }
}
