//! Watching the session's directory: a thread of its own that sleeps until the kernel has something to tell, so that a great change holds up
//! nothing else of sessiond's.
//!
//! What it tells is little, on purpose: that files changed, and about how many. Which they are is git's to say, once for a whole batch. So
//! nothing is missed where the kernel lost events, and ten thousand changes are no more news than one.

mod ignored;
mod tree;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use tokio::sync::Notify;

pub(crate) use ignored::LeftOut;
use tree::Tree;

/// News are told no more often than this; the first of a while at once.
const COALESCED: Duration = Duration::from_millis(300);

/// After a loss of events, or a change of what is ignored, everything is looked at anew; no more often than this.
const ANEW: Duration = Duration::from_secs(5);

/// The most files that are told apart: no batch waits for more.
const FILES: usize = longhouse_domain::git::MOST_FILES as usize;

/// What was seen since one looked last.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Files that changed, each by a number of its own; no more than a batch can wait for.
    pub(crate) files: BTreeSet<u64>,
    /// When the last one changed.
    pub(crate) last: Option<Instant>,
    /// Something may have changed that was not seen.
    pub(crate) unknown: bool,
    /// Git's own directory changed: a merge ended, say.
    pub(crate) in_git: bool,
    /// How it stands with the watching, where that is new.
    pub(crate) sight: Option<Sight>,
}

/// How well one sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Every change is seen, in so many directories.
    Clear(usize),
    /// Changes are not seen, for this reason: one has to look from time to time.
    Blind(String),
}

impl Seen {
    fn file(&mut self, path: &Path) {
        self.last = Some(Instant::now());
        if self.files.len() < FILES {
            let mut hasher = DefaultHasher::new();
            path.hash(&mut hasher);
            self.files.insert(hasher.finish());
        }
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.unknown && !self.in_git && self.sight.is_none()
    }

    fn add(&mut self, newer: Self) {
        for file in newer.files {
            if self.files.len() < FILES {
                self.files.insert(file);
            }
        }
        self.last = newer.last.or(self.last);
        self.unknown |= newer.unknown;
        self.in_git |= newer.in_git;
        self.sight = newer.sight.or(self.sight.take());
    }
}

/// The watching, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    told: Arc<Told>,
    stop: Arc<OwnedFd>,
}

#[derive(Debug, Default)]
struct Told {
    seen: Mutex<Seen>,
    news: Notify,
}

impl Watch {
    /// Watches what is below `root`.
    pub(crate) fn begin(root: PathBuf, left_out: LeftOut) -> io::Result<Self> {
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let told = Arc::<Told>::default();
        let tree = Tree::new(root, left_out)?;
        let watcher = Watcher {
            tree,
            told: Arc::clone(&told),
            stop: Arc::clone(&stop),
            seen: Seen::default(),
            told_at: None,
            begun_at: None,
        };
        let thread = std::thread::Builder::new().name("watch".to_owned());
        thread.spawn(move || watcher.run())?;
        Ok(Self { told, stop })
    }

    /// Waits for news.
    pub(crate) async fn next(&self) -> Seen {
        loop {
            let news = self.told.news.notified();
            let seen = self.told.take();
            if !seen.is_empty() {
                return seen;
            }
            news.await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread ends by it; it could only fail were it full of such wishes.
        let _told = rustix::io::write(&*self.stop, &1_u64.to_ne_bytes());
    }
}

impl Told {
    fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, seen: Seen) {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(seen);
        self.news.notify_one();
    }
}

/// The thread.
struct Watcher {
    tree: Tree,
    told: Arc<Told>,
    stop: Arc<OwnedFd>,
    seen: Seen,
    told_at: Option<Instant>,
    begun_at: Option<Instant>,
}

impl Watcher {
    fn run(mut self) {
        loop {
            if let Err(error) = self.look_anew() {
                self.give_up(&error);
                return;
            }
            self.tell();
            match self.wait() {
                Ok(Woken::Stop) => return,
                Ok(Woken::Tell) => {}
                Ok(Woken::Read) => {
                    if let Err(error) = self.tree.read(&mut self.seen) {
                        self.give_up(&error);
                        return;
                    }
                }
                Err(error) => {
                    self.give_up(&error.into());
                    return;
                }
            }
        }
    }

    /// Looks at everything, where that is needed and time for it.
    fn look_anew(&mut self) -> io::Result<()> {
        let waited = self.begun_at.is_none_or(|at| at.elapsed() >= ANEW);
        if !self.tree.is_stale() || !waited {
            return Ok(());
        }
        self.tree.begin(&mut self.seen)?;
        self.begun_at = Some(Instant::now());
        self.seen.sight = Some(Sight::Clear(self.tree.len()));
        Ok(())
    }

    /// Tells what was seen, where that is not too soon.
    fn tell(&mut self) {
        if self.seen.is_empty() || self.told_at.is_some_and(|at| at.elapsed() < COALESCED) {
            return;
        }
        self.told.add(std::mem::take(&mut self.seen));
        self.told_at = Some(Instant::now());
    }

    fn give_up(&mut self, error: &io::Error) {
        let reason = match Errno::from_io_error(error) {
            Some(Errno::NOSPC) => {
                "the kernel watches no more directories for this user (fs.inotify.max_user_watches)"
                    .to_owned()
            }
            _ => error.to_string(),
        };
        self.seen.unknown = true;
        self.seen.sight = Some(Sight::Blind(reason));
        self.told.add(std::mem::take(&mut self.seen));
    }

    /// Sleeps until there is something to do.
    fn wait(&self) -> rustix::io::Result<Woken> {
        let until = |at: Option<Instant>, pause| {
            at.map_or(Duration::ZERO, |at: Instant| {
                Duration::saturating_sub(pause, at.elapsed())
            })
        };
        let tell = (!self.seen.is_empty()).then(|| until(self.told_at, COALESCED));
        let anew = self.tree.is_stale().then(|| until(self.begun_at, ANEW));
        let pause = [tell, anew].into_iter().flatten().min();
        // Rounded up, so that it is not looked at a moment too soon again and again.
        let pause = pause.map(|pause| pause + Duration::from_millis(1));
        let pause = pause.and_then(|pause| Timespec::try_from(pause).ok());
        let mut wakers = [
            PollFd::from_borrowed_fd(self.tree.events(), PollFlags::IN),
            PollFd::new(&*self.stop, PollFlags::IN),
        ];
        match poll(&mut wakers, pause.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(if !wakers[1].revents().is_empty() {
            Woken::Stop
        } else if wakers[0].revents().is_empty() {
            Woken::Tell
        } else {
            Woken::Read
        })
    }
}

/// What it was woken for.
enum Woken {
    Stop,
    Tell,
    Read,
}

#[cfg(test)]
mod tests;
