//! A line of a session's log, wherever it comes from, and how a printed line becomes one.

use longhouse_domain::Timestamp;
use longhouse_domain::event::{LogLevel, LogLine};
use longhouse_runtime::OutputLine;
use serde::Deserialize;

use super::source::{CONTAINER, SESSIOND};

/// The most of a printed line that is shown, characters.
const CHARACTERS: usize = 2_000;

/// A line of a session's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLogLine {
    /// Its position, where it is one of the journal.
    pub seq: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// Who says so.
    pub source: String,
    /// What; one line, no control characters.
    pub message: String,
    /// Whether sessiond told the journal the same.
    pub(super) is_told: bool,
}

impl From<LogLine> for SessionLogLine {
    fn from(line: LogLine) -> Self {
        Self {
            seq: Some(line.seq),
            at: line.at,
            level: line.level,
            source: line.source,
            message: line.message,
            is_told: false,
        }
    }
}

/// What sessiond writes: one JSON object each.
#[derive(Deserialize)]
struct Structured {
    timestamp: Timestamp,
    level: String,
    fields: serde_json::Map<String, serde_json::Value>,
}

impl SessionLogLine {
    /// A remark on the log itself.
    pub(super) fn remark(now: Timestamp, text: &str) -> Self {
        Self {
            seq: None,
            at: now,
            level: LogLevel::Warn,
            source: CONTAINER.to_owned(),
            message: shown(text),
            is_told: false,
        }
    }

    /// A printed line. sessiond's own are read; of what anything else printed, the stream tells how much it matters. Both are the
    /// session's word: a program in it can write what sessiond would.
    pub(super) fn printed(line: &OutputLine, now: Timestamp) -> Self {
        match serde_json::from_str::<Structured>(&line.text) {
            Ok(structured) => structured.into_line(line.at),
            Err(_) => Self {
                seq: None,
                at: line.at.unwrap_or(now),
                level: match line.is_error {
                    true => LogLevel::Error,
                    false => LogLevel::Info,
                },
                source: CONTAINER.to_owned(),
                message: shown(&line.text),
                is_told: false,
            },
        }
    }
}

impl Structured {
    fn into_line(self, at: Option<Timestamp>) -> SessionLogLine {
        let mut fields = self.fields;
        let message = fields.remove("message");
        let is_told = fields.contains_key("source");
        let mut text = message.map(|message| value(&message)).unwrap_or_default();
        for (name, field) in &fields {
            text = format!("{text} {name}={}", value(field));
        }
        SessionLogLine {
            seq: None,
            at: at.unwrap_or(self.timestamp),
            level: LogLevel::parse(&self.level.to_ascii_lowercase()).unwrap_or(LogLevel::Debug),
            source: SESSIOND.to_owned(),
            message: shown(text.trim()),
            is_told,
        }
    }
}

fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shown(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, is_error: bool) -> SessionLogLine {
        let line = OutputLine {
            at: None,
            is_error,
            text: text.to_owned(),
        };
        SessionLogLine::printed(&line, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn sessionds_lines_are_read_and_others_go_by_their_stream() {
        let line = printed(
            r#"{"timestamp":"2026-11-21T04:00:00Z","level":"WARN","fields":{"message":"cannot resize","error":"gone"},"target":"sessiond"}"#,
            false,
        );
        assert_eq!(
            (line.level, line.source.as_str()),
            (LogLevel::Warn, "sessiond")
        );
        assert_eq!(line.message, "cannot resize error=gone");
        assert_eq!(line.at, "2026-11-21T04:00:00Z".parse().unwrap());
        assert!(!line.is_told);
        let told = r#"{"timestamp":"2026-11-21T04:00:00Z","level":"INFO","fields":{"message":"m","source":"egress"}}"#;
        assert!(printed(told, false).is_told);
        let plain = printed("oh\x1b[31m no", true);
        assert_eq!(
            (plain.level, plain.source.as_str()),
            (LogLevel::Error, "container")
        );
        assert_eq!(plain.message, "oh [31m no");
        assert_eq!(printed("{}", false).level, LogLevel::Info);
        assert_eq!(printed(&"x".repeat(9_000), false).message.len(), CHARACTERS);
    }
}
