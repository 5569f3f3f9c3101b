//! What a server lets out, kept to be searched.

use std::path::Path;

use crate::support::{House, processes};

/// What a server let out, by where it was found.
#[derive(Default)]
pub(super) struct Outputs(pub(super) Vec<(String, String)>);

impl Outputs {
    pub(super) fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        // Searching text is much quicker than searching bytes, and what is no text holds none of what is looked for.
        let text = String::from_utf8_lossy(&bytes.into()).into_owned();
        self.0.push((place.into(), text));
    }

    pub(super) fn add_tree(&mut self, dir: &Path) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            // The shipped program, which is large and the same for everybody.
            if path.ends_with("data/bin") {
                continue;
            }
            if path.is_dir() {
                self.add_tree(&path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                self.add(path.display().to_string(), bytes);
            }
        }
    }

    /// The command lines of all processes, and the environments of all but the server, whose own was written by whoever started it.
    pub(super) fn add_processes(&mut self, house: &House, server: u32) {
        for (pid, command) in processes::of(house.home()) {
            if pid != server {
                let environment = std::fs::read(format!("/proc/{pid}/environ"));
                self.add(
                    format!("environment of {command}"),
                    environment.unwrap_or_default(),
                );
            }
            self.add(format!("command line of {pid}"), command);
        }
    }

    pub(super) fn with(&self, form: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|(_, text)| text.contains(form));
        found.map(|(place, _)| place.as_str()).collect()
    }
}
