//! Keeping what the terminals of a session showed last, so that a run stays readable when it is over.

use std::time::Duration;

use longhouse_store::LastScreen;

use super::Driver;
use crate::session::connection::Connection;
use crate::session::request::CaptureFormat;
use crate::session::terminals;

/// How long the captures may take together: an end is not held up for them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lines of history asked for; fewer where a screen is larger than what is kept of it.
const LINES: [u32; 3] = [2_000, 200, 0];

/// The most bytes kept of one screen in one format.
const SCREEN_BYTES: usize = 512 * 1024;

impl Driver {
    /// Keeps the last screens, as far as they can be had in time.
    pub(super) async fn keep_screens(&self, connection: &Connection) {
        let mut screens = Vec::new();
        let captures = async {
            for terminal in &self.session.terminals {
                for format in CaptureFormat::ALL {
                    screens.extend(capture(connection, terminal.name.as_str(), format).await);
                }
            }
        };
        if tokio::time::timeout(PATIENCE, captures).await.is_err() {
            tracing::warn!(session = %self.id, "not every last screen could be kept in time");
        }
        if let Err(error) = self
            .context
            .store
            .keep_last_screens(self.id, &screens)
            .await
        {
            self.context
                .complain(self.id, "keep the last screens", &error.into());
        }
    }
}

async fn capture(connection: &Connection, name: &str, format: CaptureFormat) -> Option<LastScreen> {
    for lines in LINES {
        let screen = terminals::capture(connection, name, format, lines)
            .await
            .ok()?;
        if screen.len() <= SCREEN_BYTES {
            return Some(LastScreen {
                terminal: name.to_owned(),
                format: format.name(),
                content: String::from_utf8_lossy(&screen).into_owned(),
            });
        }
    }
    None
}
