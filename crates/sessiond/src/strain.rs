//! What the session is short of, for people: it may start no more processes, or has nowhere left to write. Those who are hurt by it are its
//! own programs alone; this only says why they fail.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use longhouse_link::proto::session_event::{Strain as StrainNews, What};
use tokio::time::Instant;

use crate::events::Events;

/// How often one looks.
const LOOK: Duration = Duration::from_secs(2);

/// How long a refused process is told of: whoever forks again and again is told of all the time.
const REMEMBERED: Duration = Duration::from_secs(30);

/// Where the kernel counts processes that it refused, by the version of control groups. A session that may have as many as it likes has
/// no such file.
const REFUSED: [&str; 2] = [
    "/sys/fs/cgroup/pids/pids.events",
    "/sys/fs/cgroup/pids.events",
];

/// Where programs write, and what people call it.
const PLACES: [(&str, &str); 2] = [
    (".", "the disk of the working directory"),
    ("/tmp", "the disk of /tmp"),
];

/// Less than this counts as full, bytes: file systems keep a little back.
const FULL: u64 = 64 * 1024;

/// See the module. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Strain {
    events: Events,
    said: Arc<Mutex<String>>,
}

impl Strain {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            events,
            said: Arc::default(),
        }
    }

    /// What was told last, where there is something to tell.
    pub(crate) fn news(&self) -> Option<What> {
        let text = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        (!text.is_empty()).then(|| What::Strain(StrainNews { text: text.clone() }))
    }

    /// Looks again and again.
    pub(crate) async fn watch(self) {
        let mut refused = refused_processes();
        let mut last = None::<Instant>;
        loop {
            tokio::time::sleep(LOOK).await;
            let now = refused_processes();
            if now > refused {
                last = Some(Instant::now());
            }
            refused = now;
            let forks = last.is_some_and(|at| at.elapsed() < REMEMBERED);
            let full = PLACES.into_iter().filter(|(place, _)| is_full(place));
            self.say(words(forks, full.map(|(_, name)| name)));
        }
    }

    fn say(&self, text: String) {
        {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if *said == text {
                return;
            }
            said.clone_from(&text);
        }
        self.events.tell(What::Strain(StrainNews { text }));
    }
}

/// What people read; nothing where the session lacks nothing.
fn words<'a>(is_out_of_processes: bool, full: impl Iterator<Item = &'a str>) -> String {
    let processes = is_out_of_processes
        .then(|| "the session has as many processes as it may, and can start no others".to_owned());
    let full = full.map(|place| format!("{place} is full"));
    processes
        .into_iter()
        .chain(full)
        .collect::<Vec<_>>()
        .join("; ")
}

fn refused_processes() -> u64 {
    let files = REFUSED.iter().map(std::fs::read_to_string);
    files
        .flatten()
        .find_map(|text| text.strip_prefix("max ")?.trim().parse().ok())
        .unwrap_or(0)
}

fn is_full(place: impl AsRef<Path>) -> bool {
    let Ok(disk) = rustix::fs::statvfs(place.as_ref()) else {
        return false;
    };
    disk.f_blocks > 0 && disk.f_bavail.saturating_mul(disk.f_frsize) < FULL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_said_and_nothing_else() {
        assert_eq!(words(false, [].into_iter()), "");
        assert_eq!(
            words(true, ["the disk of /tmp"].into_iter()),
            "the session has as many processes as it may, and can start no others; the disk of /tmp is full"
        );
        // What holds nothing at all is not full, and neither is what is not there.
        assert!(!is_full("/proc") && !is_full("/no/such/place"));
    }
}
