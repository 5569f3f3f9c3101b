//! A walk over a tree, one step at a time. No link is followed, and no directory is entered but through the one that holds it.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::Dir;

use crate::entry::{Facts, Kind};
use crate::error::FileError;
use crate::root::{Root, open_directory};

/// How deeply a tree may be nested: a handle is held for each level, and a process has a thousand of them.
const DEPTH: usize = 256;

/// What one call may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Things looked at.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
}

impl Budget {
    /// Takes bytes from the budget.
    pub(crate) fn spend(&mut self, bytes: u64, of: Self) -> Result<(), FileError> {
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or(FileError::TooLarge(of.bytes))?;
        Ok(())
    }
}

/// What the walk came upon.
pub(crate) enum Step {
    /// A directory; what is in it comes next.
    Enter(Found),
    /// Anything else.
    Thing(Found),
    /// The end of the directory of that name; the walk is back in the one that holds it.
    Leave(OsString),
}

/// A thing that the walk came upon.
pub(crate) struct Found {
    pub(crate) name: OsString,
    pub(crate) facts: Facts,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Walk {
    levels: Vec<Level>,
    entries: u64,
}

#[derive(Debug)]
struct Level {
    directory: OwnedFd,
    /// Its name in the level above; the first has none.
    name: OsString,
    left: VecDeque<OsString>,
}

impl Walk {
    /// Over what is in the directory, by the order of names.
    pub(crate) fn new(directory: OwnedFd, budget: Budget) -> Result<Self, FileError> {
        let mut walk = Self {
            levels: Vec::new(),
            entries: budget.entries,
        };
        walk.enter(directory, OsString::new())?;
        Ok(walk)
    }

    /// The directory that the last thing was found in.
    pub(crate) fn here(&self) -> Option<BorrowedFd<'_>> {
        self.levels.last().map(|level| level.directory.as_fd())
    }

    /// The names from the top to the present directory.
    pub(crate) fn path(&self) -> Vec<u8> {
        let names: Vec<&[u8]> = self
            .levels
            .iter()
            .skip(1)
            .map(|level| level.name.as_bytes())
            .collect();
        names.join(&b'/')
    }

    /// The next step; `None` at the end. A directory that `root` bars is passed over.
    pub(crate) fn next(&mut self, root: &Root) -> Result<Option<Step>, FileError> {
        loop {
            let Some(level) = self.levels.last_mut() else {
                return Ok(None);
            };
            let Some(name) = level.left.pop_front() else {
                let done = self.levels.pop().map(|level| level.name);
                return Ok(done.filter(|name| !name.is_empty()).map(Step::Leave));
            };
            let Some(facts) = Facts::find(&level.directory, &name)? else {
                continue;
            };
            if facts.kind() != Kind::Directory {
                return Ok(Some(Step::Thing(Found { name, facts })));
            }
            let directory = match open_directory(level.directory.as_fd(), &name) {
                // It went, or became something else, between the look and the opening.
                Err(FileError::NotFound | FileError::NotDirectory | FileError::Outside) => continue,
                other => other?,
            };
            if root.bars(directory.as_fd())? {
                continue;
            }
            let facts = Facts::of(&directory)?;
            self.enter(directory, name.clone())?;
            return Ok(Some(Step::Enter(Found { name, facts })));
        }
    }

    fn enter(&mut self, directory: OwnedFd, name: OsString) -> Result<(), FileError> {
        if self.levels.len() >= DEPTH {
            return Err(FileError::TooMany);
        }
        let mut left = Vec::new();
        for found in Dir::read_from(&directory)? {
            let found = found?;
            let name = found.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            self.entries = self.entries.checked_sub(1).ok_or(FileError::TooMany)?;
            left.push(OsStr::from_bytes(name).to_owned());
        }
        left.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        self.levels.push(Level {
            directory,
            name,
            left: left.into(),
        });
        Ok(())
    }
}

/// The names joined to a path.
pub(crate) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let parts: Vec<&[u8]> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(&b'/')
}
