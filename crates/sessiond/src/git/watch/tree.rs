//! The directories that are watched, each by itself: so what is ignored costs nothing, and a file is heard of as soon as its directory is.
//!
//! A directory is watched before it is read, so nothing falls between the two.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use super::Seen;
use super::ignored::{GITIGNORE, Ignored, LeftOut};
use crate::git::repository::Places;

/// Room for the kernel's events of one read: some two thousand of them.
const EVENTS_BYTES: usize = 64 * 1024;

/// What is asked of the kernel. Not that something was opened or read: that is most of what happens.
const WANTED: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW)
    .union(WatchFlags::EXCL_UNLINK);

/// See the module.
#[derive(Debug)]
pub(super) struct Tree {
    inotify: OwnedFd,
    root: PathBuf,
    left_out: LeftOut,
    ignored: Ignored,
    /// Below the root, which is the empty path.
    directories: HashMap<i32, Box<Path>>,
    /// Git's own directory for this working tree, of which only what lies in it directly is heard.
    git: Option<i32>,
    /// Everything is to be looked at anew: events were lost, or other files are ignored now.
    stale: bool,
}

/// One event, taken out of the kernel's buffer.
struct Happened {
    directory: i32,
    what: ReadFlags,
    name: PathBuf,
}

impl Tree {
    /// Nothing is watched yet.
    pub(super) fn new(root: PathBuf, left_out: LeftOut) -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        Ok(Self {
            inotify,
            ignored: Ignored::new(&root, left_out.clone()),
            root,
            left_out,
            directories: HashMap::new(),
            git: None,
            stale: true,
        })
    }

    pub(super) fn events(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Watches all that is there, from the beginning. The watches of before end with the kernel's object.
    pub(super) fn begin(&mut self, seen: &mut Seen) -> io::Result<()> {
        self.directories = HashMap::new();
        self.git = None;
        self.inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        self.ignored = Ignored::new(&self.root, self.left_out.clone());
        self.stale = false;
        self.add(Path::new(""), seen)?;
        let git = Places::of(&self.root).own;
        match inotify::add_watch(&self.inotify, &git, WANTED) {
            Ok(watch) => self.git = Some(watch),
            // There may be none yet.
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(error) => return Err(error.into()),
        }
        // What happened before is not known.
        seen.unknown = true;
        self.directories.shrink_to_fit();
        Ok(())
    }

    /// How many directories are watched.
    pub(super) fn len(&self) -> usize {
        self.directories.len()
    }

    /// Watches a directory with all below it; what lies in it is seen.
    fn add(&mut self, directory: &Path, seen: &mut Seen) -> io::Result<()> {
        let mut left = vec![directory.to_owned()];
        while let Some(directory) = left.pop() {
            let place = self.root.join(&directory);
            let watch = match inotify::add_watch(&self.inotify, &place, WANTED) {
                Ok(watch) => watch,
                Err(error @ (Errno::NOSPC | Errno::NOMEM)) => return Err(error.into()),
                // It is gone, or is something else, or may not be read.
                Err(_) => continue,
            };
            self.directories.insert(watch, directory.as_path().into());
            self.ignored.read(&self.root, &directory);
            let Ok(entries) = fs::read_dir(&place) else {
                continue;
            };
            let below = left.len();
            for entry in entries.flatten() {
                let name = entry.file_name();
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if name == ".git" {
                    if directory.as_os_str().is_empty() {
                        continue;
                    }
                    // A repository of its own.
                    left.truncate(below);
                    self.directories.remove(&watch);
                    let _gone = inotify::remove_watch(&self.inotify, watch);
                    break;
                }
                let path = directory.join(name);
                match (is_directory, self.ignored.has(&path, is_directory)) {
                    (_, true) => {}
                    (true, false) => left.push(path),
                    (false, false) => seen.file(&path),
                }
            }
        }
        Ok(())
    }

    /// Takes what has happened.
    pub(super) fn read(&mut self, seen: &mut Seen) -> io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); EVENTS_BYTES];
        let mut events = Vec::new();
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => events.push(Happened {
                    directory: event.wd(),
                    what: event.events(),
                    name: event
                        .file_name()
                        .map(|name| PathBuf::from(OsStr::from_bytes(name.to_bytes())))
                        .unwrap_or_default(),
                }),
                Err(Errno::INTR) => continue,
                Err(_) => break,
            }
            if reader.is_buffer_empty() {
                break;
            }
        }
        events
            .into_iter()
            .try_for_each(|event| self.take(&event, seen))
    }

    fn take(&mut self, event: &Happened, seen: &mut Seen) -> io::Result<()> {
        if event.what.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.stale = true;
            seen.unknown = true;
            return Ok(());
        }
        if self.git == Some(event.directory) {
            // The lock files of each command would only say what the files they become say.
            let own = event.name == Path::new("longhouse");
            let lock = event.name.extension().is_some_and(|end| end == "lock");
            seen.in_git |= !own && !lock;
            return Ok(());
        }
        if event.what.contains(ReadFlags::IGNORED) {
            self.directories.remove(&event.directory);
            return Ok(());
        }
        let Some(directory) = self.directories.get(&event.directory) else {
            return Ok(());
        };
        if event.name == Path::new(".git") {
            // A repository began or ended here.
            self.stale = true;
            seen.in_git = true;
            return Ok(());
        }
        let path = directory.join(&event.name);
        let is_directory = event.what.contains(ReadFlags::ISDIR);
        if event.name.as_os_str().is_empty() || self.ignored.has(&path, is_directory) {
            return Ok(());
        }
        if event.name == Path::new(GITIGNORE) {
            self.stale = true;
        }
        if !is_directory {
            seen.file(&path);
            return Ok(());
        }
        if event.what.contains(ReadFlags::MOVED_FROM) {
            self.forget(&path);
        }
        if event
            .what
            .intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE)
        {
            seen.file(&path);
        }
        if event
            .what
            .intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO)
        {
            return self.add(&path, seen);
        }
        Ok(())
    }

    /// A directory is elsewhere now, with all below it.
    fn forget(&mut self, gone: &Path) {
        let inotify = &self.inotify;
        self.directories.retain(|watch, directory| {
            let stays = !directory.starts_with(gone);
            if !stays {
                let _gone = inotify::remove_watch(inotify, *watch);
            }
            stays
        });
    }
}
