//! Asciicast, version 3 (<https://docs.asciinema.org/manual/asciicast/v3/>), as text that is written line by line: a header, then events
//! that each say how long after the one before they happened.

use longhouse_domain::terminal::TerminalSize;
use serde_json::{Value, json};

/// What stands before a repaint: the terminal begins anew, so that who seeks may begin there.
pub(super) const RESET: &str = "\u{1b}c";

/// When something came, of which sessiond says this. Its clock is this machine's, but its word is foreign, and an older one says nothing.
pub(super) fn came(told: u64, now: u64) -> u64 {
    match told {
        0 => now,
        told => told.min(now),
    }
}

/// A cast that is being written. Times are milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Cast {
    text: String,
    /// When the last event was.
    at_ms: u64,
    decoder: Decoder,
}

impl Cast {
    /// One whose next event comes after another at this time.
    pub(super) fn after(at_ms: u64) -> Self {
        Self {
            text: String::new(),
            at_ms,
            decoder: Decoder::default(),
        }
    }

    /// The first line.
    pub(super) fn header(&mut self, size: TerminalSize, title: &str) {
        let header = json!({
            "version": 3,
            "term": {"cols": size.cols, "rows": size.rows, "type": "xterm-256color"},
            "timestamp": self.at_ms / 1000,
            "title": title,
        });
        self.line(&header);
    }

    /// Bytes that were written.
    pub(super) fn output(&mut self, at_ms: u64, bytes: &[u8]) {
        let text = self.decoder.decode(bytes);
        if !text.is_empty() {
            self.event(at_ms, "o", &text);
        }
    }

    /// A repaint, which everything goes on from.
    pub(super) fn repaint(&mut self, at_ms: u64, bytes: &[u8]) {
        // What was cut there has no other half any more.
        self.decoder = Decoder::default();
        let painted = String::from_utf8_lossy(bytes);
        self.event(at_ms, "o", &format!("{RESET}{painted}"));
    }

    /// The size changed.
    pub(super) fn resize(&mut self, at_ms: u64, size: TerminalSize) {
        self.event(at_ms, "r", &format!("{}x{}", size.cols, size.rows));
    }

    /// Something that one may want to find.
    pub(super) fn marker(&mut self, at_ms: u64, label: &str) {
        self.event(at_ms, "m", label);
    }

    /// The program ended.
    pub(super) fn exit(&mut self, at_ms: u64, code: i32) {
        self.event(at_ms, "x", &code.to_string());
    }

    /// How much text waits to be taken, bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Takes the text, whole lines.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// When the last event was.
    pub(super) fn at_ms(&self) -> u64 {
        self.at_ms
    }

    /// How many bytes were given that stand in no event yet, because a character is cut there.
    pub(super) fn held_back(&self) -> usize {
        self.decoder.cut.len()
    }

    fn event(&mut self, at_ms: u64, code: &str, data: &str) {
        // Clocks are set; time in a cast only goes on.
        let at_ms = at_ms.max(self.at_ms);
        let interval = at_ms - self.at_ms;
        self.at_ms = at_ms;
        let seconds = format!("{}.{:03}", interval / 1000, interval % 1000);
        let data = Value::from(data);
        self.text
            .push_str(&format!("[{seconds}, \"{code}\", {data}]\n"));
    }

    fn line(&mut self, value: &Value) {
        self.text.push_str(&format!("{value}\n"));
    }
}

/// Makes text of bytes that come in pieces: a character that is cut waits for its rest, what is none becomes U+FFFD.
#[derive(Debug, Default)]
struct Decoder {
    /// Of the character that was cut: at most three bytes.
    cut: Vec<u8>,
}

impl Decoder {
    fn decode(&mut self, bytes: &[u8]) -> String {
        let joined;
        let mut rest = if self.cut.is_empty() {
            bytes
        } else {
            self.cut.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.cut);
            &joined[..]
        };
        let mut text = String::with_capacity(rest.len());
        loop {
            match str::from_utf8(rest) {
                Ok(whole) => {
                    text.push_str(whole);
                    return text;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(good));
                    let Some(wrong) = error.error_len() else {
                        self.cut = bad.to_vec();
                        return text;
                    };
                    text.push('\u{fffd}');
                    rest = &bad[wrong..];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_say_how_long_after_the_one_before_they_came() {
        let mut cast = Cast::after(1_700_000_000_500);
        cast.header(TerminalSize::DEFAULT, "a \"b\"");
        cast.output(1_700_000_000_500, b"hi\r\n");
        cast.resize(1_700_000_001_750, TerminalSize { cols: 7, rows: 5 });
        // A clock that was set back.
        cast.marker(1_700_000_000_000, "here");
        cast.exit(1_700_000_061_751, 3);
        let text = cast.take();
        let lines: Vec<&str> = text.lines().collect();
        let header: Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(
            (&header["version"], &header["title"], &header["timestamp"]),
            (&json!(3), &json!("a \"b\""), &json!(1_700_000_000))
        );
        assert_eq!(
            lines[1..],
            [
                r#"[0.000, "o", "hi\r\n"]"#,
                r#"[1.250, "r", "7x5"]"#,
                r#"[0.000, "m", "here"]"#,
                r#"[60.001, "x", "3"]"#,
            ]
        );
    }

    fn data(text: &str) -> String {
        text.lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()[2]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn a_repaint_forgets_the_half_of_a_character() {
        let mut cast = Cast::after(0);
        cast.output(0, b"\xe2\x82");
        assert_eq!((cast.len(), cast.held_back()), (0, 2));
        cast.repaint(0, b"x");
        assert_eq!(
            (data(&cast.take()), cast.held_back()),
            ("\u{1b}cx".to_owned(), 0)
        );
    }

    proptest! {
        #[test]
        fn wherever_text_is_cut_it_stays_the_same(
            text in any::<String>(), noise in prop::collection::vec(any::<u8>(), 0..8), cuts in prop::collection::vec(0_usize..200, 0..8)
        ) {
            let bytes = [text.as_bytes(), &noise, text.as_bytes(), b"."].concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut cast = Cast::after(0);
            for pair in cuts.windows(2) {
                cast.output(0, &bytes[pair[0]..pair[1]]);
            }
            prop_assert_eq!(data(&cast.take()), String::from_utf8_lossy(&bytes));
            prop_assert_eq!(cast.held_back(), 0);
        }
    }
}
