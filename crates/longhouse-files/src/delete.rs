//! Deleting: one thing, or a directory with all that is in it. Links are deleted, never what they lead to.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, unlinkat};

use crate::entry::Kind;
use crate::error::FileError;
use crate::root::{Root, Spot, open_directory};
use crate::walk::{Budget, Step, Walk};

/// How much is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// A thing, or an empty directory.
    One,
    /// A directory with all that is in it, as far as the budget allows.
    Whole(Budget),
}

impl Spot {
    /// Deletes what the path names.
    ///
    /// # Errors
    /// It is not there, or a directory that is not empty. A deletion of a whole directory that fails has deleted a part.
    pub fn delete(&self, depth: Depth) -> Result<(), FileError> {
        let seat = self.seat_to_empty()?;
        let facts = seat.facts()?;
        if facts.kind() != Kind::Directory {
            return Ok(unlinkat(&seat.directory, seat.name, AtFlags::empty())?);
        }
        if let Depth::Whole(budget) = depth {
            let directory = open_directory(seat.directory.as_fd(), seat.name)?;
            empty(&self.root, directory, budget)?;
        }
        Ok(unlinkat(&seat.directory, seat.name, AtFlags::REMOVEDIR)?)
    }
}

/// Deletes what is in the directory.
pub(crate) fn empty(root: &Root, directory: OwnedFd, budget: Budget) -> Result<(), FileError> {
    let mut walk = Walk::new(directory, budget)?;
    while let Some(step) = walk.next(root)? {
        let (name, how) = match &step {
            Step::Enter(_) => continue,
            Step::Thing(found) => (&found.name, AtFlags::empty()),
            Step::Leave(name) => (name, AtFlags::REMOVEDIR),
        };
        let Some(here) = walk.here() else { break };
        match unlinkat(here, name, how).map_err(FileError::from) {
            Ok(()) | Err(FileError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
