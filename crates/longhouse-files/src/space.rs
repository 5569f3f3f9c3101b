//! How much disk space a directory takes up, with everything below it.
//!
//! Counted are the blocks that the file system gave, each file once however many names it has. No link is followed, and nothing is entered
//! that another file system, or another part of the same one, is mounted on: that is somebody else's space.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Dir, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

use crate::entry::{Facts, Kind};
use crate::error::FileError;
use crate::root::Root;

/// How deeply a tree may be nested: two handles are held for each level, and a process has a thousand of them.
const DEPTH: usize = 256;

/// To read a directory.
const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Root {
    /// The bytes on disk of the directory and what is below it, as far as this process may look.
    ///
    /// # Errors
    /// [`FileError::TooMany`] where there are more than `most` things, or they are nested too deeply. What cannot be entered does not count.
    pub fn disk_space(&self, most: u64) -> Result<u64, FileError> {
        let top = openat(self.handle(), c".", DIRECTORY, Mode::empty())?;
        let own = Facts::of(&top)?;
        let mut tally = Tally {
            file_system: own.file_system(),
            bytes: own.disk_bytes(),
            left: most,
            met: HashSet::new(),
        };
        let mut levels = vec![Level::open(top)?];
        while let Some(level) = levels.last_mut() {
            let Some(found) = level.names.next() else {
                levels.pop();
                continue;
            };
            let found = found?;
            let name = found.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if let Some(directory) = tally.count(level, OsStr::from_bytes(name))? {
                if levels.len() >= DEPTH {
                    return Err(FileError::TooMany);
                }
                levels.push(Level::open(directory)?);
            }
        }
        Ok(tally.bytes)
    }
}

/// A directory that is being read.
struct Level {
    handle: OwnedFd,
    names: Dir,
}

impl Level {
    fn open(handle: OwnedFd) -> Result<Self, FileError> {
        let names = Dir::read_from(&handle)?;
        Ok(Self { handle, names })
    }
}

/// What was found so far.
struct Tally {
    file_system: (u32, u32),
    bytes: u64,
    left: u64,
    /// Files that have several names, and were counted.
    met: HashSet<u64>,
}

impl Tally {
    /// Counts what has that name. What comes back is a directory to go into.
    fn count(&mut self, level: &Level, name: &OsStr) -> Result<Option<OwnedFd>, FileError> {
        self.left = self.left.checked_sub(1).ok_or(FileError::TooMany)?;
        let facts = match Facts::find(&level.handle, name) {
            Ok(Some(facts)) if facts.file_system() == self.file_system => facts,
            // Gone, somebody else's, or not to be looked at.
            Ok(_) | Err(FileError::Denied) => return Ok(None),
            Err(error) => return Err(error),
        };
        if facts.kind() == Kind::Directory {
            let entered = enter(level, name)?;
            if entered.is_some() {
                self.bytes = self.bytes.saturating_add(facts.disk_bytes());
            }
            return Ok(entered);
        }
        if !facts.has_other_names() || self.met.insert(facts.identity().2) {
            self.bytes = self.bytes.saturating_add(facts.disk_bytes());
        }
        Ok(None)
    }
}

/// Opens a directory, unless something is mounted on it, or it is not to be entered.
fn enter(level: &Level, name: &OsStr) -> Result<Option<OwnedFd>, FileError> {
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    match openat2(level.handle.as_fd(), name, DIRECTORY, Mode::empty(), how) {
        Ok(handle) => Ok(Some(handle)),
        // It went, or became something else, between the look and the opening; or something is mounted there.
        Err(
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::LOOP
            | Errno::XDEV
            | Errno::ACCESS
            | Errno::PERM
            | Errno::AGAIN,
        ) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn space(directory: &std::path::Path, most: u64) -> Result<u64, FileError> {
        Root::open(&directory.canonicalize().unwrap())
            .unwrap()
            .disk_space(most)
    }

    #[test]
    fn what_is_below_counts_once_and_what_links_lead_to_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, outside) = (dir.path().join("tree"), dir.path().join("outside"));
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::create_dir(&outside).unwrap();
        let empty = space(&tree, 100).unwrap();
        fs::write(tree.join("a/b/large"), vec![1; 1 << 20]).unwrap();
        let with_file = space(&tree, 100).unwrap();
        assert!(with_file >= empty + (1 << 20), "{empty} {with_file}");
        assert!(with_file < empty + (2 << 20), "{empty} {with_file}");
        fs::hard_link(tree.join("a/b/large"), tree.join("again")).unwrap();
        fs::write(outside.join("larger"), vec![1; 4 << 20]).unwrap();
        std::os::unix::fs::symlink(&outside, tree.join("away")).unwrap();
        std::os::unix::fs::symlink("/", tree.join("everything")).unwrap();
        let with_links = space(&tree, 100).unwrap();
        assert!(with_links < with_file + (1 << 20), "{with_links}");
    }

    #[test]
    fn a_hole_in_a_file_takes_no_space() {
        let dir = tempfile::tempdir().unwrap();
        let file = fs::File::create(dir.path().join("hole")).unwrap();
        file.set_len(1 << 40).unwrap();
        assert!(space(dir.path(), 100).unwrap() < 1 << 20);
    }

    #[test]
    fn there_is_an_end_to_how_much_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..10 {
            fs::write(dir.path().join(n.to_string()), "x").unwrap();
        }
        assert_eq!(space(dir.path(), 9), Err(FileError::TooMany));
        assert!(space(dir.path(), 10).is_ok());
        let deep: std::path::PathBuf = (0..300).map(|_| "d").collect();
        fs::create_dir_all(dir.path().join(deep)).unwrap();
        assert_eq!(space(dir.path(), 10_000), Err(FileError::TooMany));
    }

    #[test]
    fn other_file_systems_are_passed_over() {
        // Wherever this runs, /proc is another file system than what it is mounted on.
        let top = openat(rustix::fs::CWD, c"/", DIRECTORY, Mode::empty()).unwrap();
        let level = Level::open(top).unwrap();
        assert!(enter(&level, OsStr::new("proc")).unwrap().is_none());
        assert!(enter(&level, OsStr::new("usr")).unwrap().is_some());
    }
}
