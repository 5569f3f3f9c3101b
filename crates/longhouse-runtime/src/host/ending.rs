//! Why a sessiond ended, as far as it left word: a note of its own, or an error at the end of its log.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

/// The note that sessiond leaves when it ends by itself.
const NOTE: &str = "exit.json";

/// Its log, a JSON object per line.
const LOG: &str = "sessiond.log";

/// How much of the log's end is read, bytes.
const LOG_END_BYTES: u64 = 16 * 1024;

/// The longest quotation, characters.
const QUOTED_CHARS: usize = 300;

#[derive(Deserialize)]
struct Note {
    reason: String,
}

/// A line of the log, as `tracing` writes it.
#[derive(Deserialize)]
struct Line {
    level: String,
    fields: serde_json::Map<String, serde_json::Value>,
}

/// What is known of the end of the sessiond that kept its files in this directory.
pub(super) fn reason(state_dir: &Path) -> String {
    let note = read_end(&state_dir.join(NOTE)).ok();
    if let Some(note) = note.and_then(|text| serde_json::from_str::<Note>(&text).ok()) {
        return format!("sessiond ended: {}", quoted(&note.reason));
    }
    let log = read_end(&state_dir.join(LOG)).unwrap_or_default();
    match last_error(&log) {
        Some(error) => format!("sessiond ended unexpectedly; its log ends with: {}", quoted(&error)),
        None => "sessiond ended unexpectedly and left no word: it was killed, or the machine ran out of memory".to_owned(),
    }
}

/// Removes the note of an earlier end.
pub(super) fn forget(state_dir: &Path) -> io::Result<()> {
    match std::fs::remove_file(state_dir.join(NOTE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn last_error(log: &str) -> Option<String> {
    let line: Line = serde_json::from_str(log.lines().last()?).ok()?;
    if !line.level.eq_ignore_ascii_case("error") {
        return None;
    }
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let message = line.fields.get("message").and_then(text);
    let rest = line.fields.iter().filter(|(name, _)| *name != "message");
    let parts: Vec<_> = message
        .into_iter()
        .chain(rest.filter_map(|(_, value)| text(value)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// Whatever a session wrote there is shown to people: one line, of bounded length.
fn quoted(text: &str) -> String {
    let plain = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
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

    #[test]
    fn a_note_speaks_before_the_log_and_the_log_before_a_guess() {
        let dir = tempfile::tempdir().unwrap();
        assert!(reason(dir.path()).contains("killed"));

        let log = dir.path().join(LOG);
        let error = r#"{"timestamp":"t","level":"ERROR","fields":{"message":"cannot open a PTY","error":"out of PTYs"}}"#;
        std::fs::write(&log, format!("{}\n{error}\n", "x".repeat(100_000))).unwrap();
        assert!(reason(dir.path()).ends_with("cannot open a PTY: out of PTYs"));

        std::fs::write(
            &log,
            format!("{error}\n{{\"level\":\"INFO\",\"fields\":{{\"message\":\"linked\"}}}}\n"),
        )
        .unwrap();
        assert!(reason(dir.path()).contains("killed"));

        std::fs::write(
            dir.path().join(NOTE),
            r#"{"reason":"terminated by\nsignal 15"}"#,
        )
        .unwrap();
        assert_eq!(
            reason(dir.path()),
            "sessiond ended: terminated by signal 15"
        );
        forget(dir.path()).unwrap();
        forget(dir.path()).unwrap();
        assert!(reason(dir.path()).contains("killed"));
    }
}
