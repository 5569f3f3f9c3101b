//! Why a sessiond ended, as far as the end of its log tells.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

/// Its log, a JSON object per line.
const LOG: &str = "sessiond.log";

/// The last line of a sessiond that was asked to end and did.
const PARTING: &str = "sessiond ends";

/// How much of the log's end is read, bytes.
const LOG_END_BYTES: u64 = 16 * 1024;

/// The longest quotation, characters.
const QUOTED_CHARS: usize = 300;

/// A line of the log, as `tracing` writes it.
#[derive(Deserialize)]
struct Line {
    level: String,
    fields: serde_json::Map<String, serde_json::Value>,
}

/// What is known of the end of the sessiond that kept its files in this directory.
pub(super) fn reason(state_dir: &Path) -> String {
    let log = read_end(&state_dir.join(LOG)).unwrap_or_default();
    let last = log.lines().last();
    match last.and_then(|line| serde_json::from_str::<Line>(line).ok()) {
        Some(line) if line.level.eq_ignore_ascii_case("error") => {
            let text = quoted(&line);
            format!("sessiond ended unexpectedly; its log ends with: {text}")
        }
        Some(line) if line.message() == Some(PARTING) => {
            "sessiond was asked to end, by a signal or over the link".to_owned()
        }
        _ => "sessiond ended unexpectedly and left no word: it was killed, or the machine ran out of memory".to_owned(),
    }
}

impl Line {
    fn message(&self) -> Option<&str> {
        self.fields.get("message").and_then(|value| value.as_str())
    }
}

/// The message, then the values beside it. Whatever a session wrote there is shown to people: on one line, of bounded length.
fn quoted(line: &Line) -> String {
    let beside = line.fields.iter().filter(|(name, _)| *name != "message");
    let values = beside.filter_map(|(_, value)| value.as_str());
    let parts: Vec<_> = line.message().into_iter().chain(values).collect();
    let text = parts.join(": ");
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(QUOTED_CHARS).collect()
}

fn read_end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LOG_END_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LOG_END_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(log: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOG), log).unwrap();
        reason(dir.path())
    }

    #[test]
    fn an_error_at_the_end_of_the_log_is_the_reason() {
        let error =
            r#"{"level":"ERROR","fields":{"message":"cannot open\na PTY","error":"out of PTYs"}}"#;
        let told = after(&format!("{}\n{error}\n", "x".repeat(100_000)));
        assert!(told.ends_with("cannot open a PTY: out of PTYs"), "{told}");
        // What came after it matters more.
        let told = after(&format!(
            "{error}\n{{\"level\":\"INFO\",\"fields\":{{\"message\":\"linked\"}}}}\n"
        ));
        assert!(told.contains("killed"), "{told}");
    }

    #[test]
    fn a_sessiond_that_took_its_leave_was_asked_to_end() {
        let told = after("{\"level\":\"INFO\",\"fields\":{\"message\":\"sessiond ends\"}}\n");
        assert!(told.contains("asked to end"), "{told}");
    }

    #[test]
    fn silence_means_a_violent_end() {
        let empty = tempfile::tempdir().unwrap();
        for told in [reason(empty.path()), after(""), after("not JSON\n")] {
            assert!(told.contains("killed"), "{told}");
        }
    }
}
