//! Changes of the tree in one step: directories made, things renamed.

use std::os::fd::AsFd;

use rustix::fs::{Mode, mkdirat, renameat};
use rustix::io::Errno;

use crate::entry::{Entry, Facts};
use crate::error::FileError;
use crate::path::TreePath;
use crate::root::{Spot, open_directory};
use crate::temporary::rename_new;

/// Whether what leads to a new directory is made too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parents {
    /// It is there; and the new directory is not.
    Needed,
    /// What is missing is made; what is there already is left as it is.
    Made,
}

/// What becomes of a thing that has the new name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// It stays, and nothing is done.
    Never,
    /// A file, or an empty directory, is replaced.
    Allowed,
}

impl Spot {
    /// Makes a directory.
    ///
    /// # Errors
    /// Something has the name already, or nothing can be made there.
    pub fn make_directory(&self, parents: Parents) -> Result<Entry, FileError> {
        let mode = Mode::from_raw_mode(0o777);
        if parents == Parents::Made {
            return self.make_whole_path(mode);
        }
        let seat = self.seat()?;
        mkdirat(&seat.directory, seat.name, mode)?;
        Ok(seat.facts()?.entry(&seat.directory, seat.name))
    }

    fn make_whole_path(&self, mode: Mode) -> Result<Entry, FileError> {
        let seat = self.split()?;
        let (mut directory, missing) = self.deepest_directory()?;
        for name in missing.names() {
            match mkdirat(&directory, name, mode) {
                // Somebody else makes the same path; theirs is as good, if it is one.
                Ok(()) | Err(Errno::EXIST) => {}
                Err(other) => return Err(other.into()),
            }
            directory = open_directory(directory.as_fd(), name)?;
        }
        Ok(Facts::of(&directory)?.entry(&directory, seat))
    }

    fn split(&self) -> Result<&std::ffi::OsStr, FileError> {
        match self.path.is_root() {
            true => Err(FileError::Path("names the directory itself")),
            false => Ok(self.name()),
        }
    }

    /// The deepest directory on the path's way that is there, open, and what of the path is missing below it.
    fn deepest_directory(&self) -> Result<(std::os::fd::OwnedFd, TreePath), FileError> {
        let mut there = self.path.clone();
        loop {
            match self.directory_at(&there) {
                Ok(directory) => {
                    let rest = &self.path.as_bytes()[there.as_bytes().len()..];
                    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
                    return Ok((directory, TreePath::parse(rest)?));
                }
                Err(FileError::NotFound) => match there.split() {
                    Some((parent, _)) => there = parent,
                    None => return Err(FileError::NotFound),
                },
                Err(error) => return Err(error),
            }
        }
    }
}

/// Gives the thing at `from` the name `to`. A link is moved itself, not what it leads to.
///
/// # Errors
/// Something has the new name, or the two are on different file systems.
pub fn rename(from: &Spot, to: &Spot, replace: Replace) -> Result<Entry, FileError> {
    let source = from.seat_to_empty()?;
    let target = to.seat_to_empty()?;
    let renamed = match replace {
        Replace::Never => rename_new(
            (source.directory.as_fd(), source.name),
            (target.directory.as_fd(), target.name),
        ),
        Replace::Allowed => renameat(
            &source.directory,
            source.name,
            &target.directory,
            target.name,
        )
        .map_err(FileError::from),
    };
    match renamed {
        // Nothing is looked up here: it is the two names that lie apart.
        Err(FileError::Outside) => Err(FileError::OtherFileSystem),
        Err(FileError::Failed(number)) if number == Errno::INVAL.raw_os_error() => {
            Err(FileError::Path("lies within what is to be moved"))
        }
        Err(error) => Err(error),
        Ok(()) => Ok(target.facts()?.entry(&target.directory, target.name)),
    }
}
