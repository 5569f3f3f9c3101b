//! A session of the run: begun with its generator, and in the end asked for every line.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::generator::{self, BEGIN, LINE};
use crate::support::http::Client;
use crate::support::terminal::{Came, Viewer};
use crate::support::{wait_for, with_processes};
use crate::viewer::{Reading, Tally, Target};

/// What sessiond keeps of each terminal, bytes.
pub(crate) const RING: u64 = 2 * 1024 * 1024;

/// How much of it is read in the end: more than the server keeps itself.
const HISTORY: u64 = RING * 3 / 4;

/// What a repaint begins with, in a recording.
const RESET: &str = "\u{1b}c";

/// See the module.
pub(crate) struct Session {
    pub(crate) id: String,
    /// sessiond's process.
    pub(crate) daemon: u32,
    number: usize,
    begin: u64,
    workdir: PathBuf,
    recorded: bool,
}

impl Session {
    /// Makes it, starts the generator, and lets it write.
    pub(crate) async fn begin(
        client: &Client,
        number: usize,
        recorded: bool,
        flood_every: Duration,
    ) -> Self {
        let body = json!({"name": format!("steady-{number}"), "agent": "shell", "multiplexer": "none", "recording": recorded});
        let made = client.post("/api/sessions", &body).await.created();
        let id = made["id"].as_str().unwrap().to_owned();
        let session = with_processes(client, &id).await;
        let mut viewer = Viewer::join(client, &id, "agent", "?from=0").await;
        let program = std::env::current_exe().unwrap();
        let seconds = flood_every.as_secs();
        let command = format!(
            "stty raw -echo; exec '{}' generate {number} {seconds}\n",
            program.display()
        );
        viewer.send_input(&command).await;
        let begun = |read: &[u8]| {
            let at = read
                .windows(BEGIN.len())
                .position(|part| part == BEGIN.as_bytes());
            at.map(|at| (at + BEGIN.len()) as u64)
        };
        let (_, read) = viewer
            .read_until(Some(0), |read| begun(read).is_some())
            .await;
        viewer.send_input("x").await;
        Self {
            id,
            daemon: u32::try_from(session["pid"].as_u64().unwrap()).unwrap(),
            number,
            begin: begun(&read).unwrap(),
            workdir: session["workdir"].as_str().unwrap().into(),
            recorded,
        }
    }

    pub(crate) fn target(&self) -> Target {
        Target {
            id: self.id.clone(),
            number: self.number,
            begin: self.begin,
        }
    }

    /// Ends the generator. All that is kept of its lines, and in a recording every line, has to be there. How many lines there were.
    pub(crate) async fn end(&self, client: &Client, tally: &Tally) -> u64 {
        client.input(&self.id, "agent", "q").await;
        let count = wait_for("the generator ends", async || {
            generator::count(&self.workdir)
        })
        .await;
        let end = self.begin + count * LINE;
        let from = end.saturating_sub(HISTORY).max(self.begin);
        let query = format!("?from={from}");
        let mut viewer = Viewer::join(client, &self.id, "agent", &query).await;
        let target = self.target();
        let mut reading = Reading {
            target: &target,
            tally,
            next: Some(from),
        };
        while reading.next < Some(end) {
            match viewer.next().await {
                Came::Output(offset, bytes) => reading.take(offset, &bytes),
                Came::Text => {}
                other => panic!("session {}: {other:?} instead of its history", self.number),
            }
        }
        assert_eq!(reading.next, Some(end), "session {}", self.number);
        if self.recorded {
            self.check_recording(client, count).await;
        }
        count
    }

    async fn check_recording(&self, client: &Client, count: u64) {
        let path = format!("/api/sessions/{}/terminals/agent/recording", self.id);
        let cast = client.get(&path).await;
        assert!(cast.status.is_success(), "{}: {}", cast.status, cast.text);
        let mut shown = String::new();
        for event in cast.text.lines().skip(1) {
            let (_, code, data): (f64, String, String) = serde_json::from_str(event).unwrap();
            assert_ne!(code, "m", "session {}: {data}", self.number);
            // Each file of a recording begins with a repaint.
            if code == "o" && !data.starts_with(RESET) {
                shown.push_str(&data);
            }
        }
        let (_, lines) = shown
            .split_once(BEGIN)
            .expect("the recording has the beginning");
        let lines = Bytes::copy_from_slice(lines.as_bytes());
        generator::check(self.number, 0, &lines);
        assert_eq!(lines.len() as u64, count * LINE, "session {}", self.number);
    }

    /// Deletes it.
    pub(crate) async fn delete(&self, client: &Client) {
        let deleted = client.delete(&format!("/api/sessions/{}", self.id)).await;
        let _: Value = deleted.created();
    }
}
