//! Things that are made under a name of their own beside the one that they are meant for, and take it once they are whole.
//!
//! What is not finished is removed again. Only a process that was killed leaves one behind; its name says whose it is.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{RenameFlags, renameat, renameat_with};
use rustix::io::Errno;

use crate::entry::Facts;
use crate::error::FileError;
use crate::root::Seat;

/// How many unfinished things may stand in one directory before another is refused.
const NAMES: u32 = 4096;

/// Makes something under the first free name.
pub(crate) fn make<T>(
    mut attempt: impl FnMut(&OsString) -> Result<T, Errno>,
) -> Result<(OsString, T), FileError> {
    let process = std::process::id();
    for number in 0..NAMES {
        // Nothing rests on nobody guessing it: it is made anew, or not at all.
        let name = OsString::from(format!(".longhouse-{process}-{number}.tmp"));
        match attempt(&name) {
            Err(Errno::EXIST) => {}
            Ok(made) => return Ok((name, made)),
            Err(other) => return Err(other.into()),
        }
    }
    Err(FileError::Busy)
}

/// Gives what is named `from` in the seat's directory the seat's name, where nothing has it.
pub(crate) fn settle_new(seat: &Seat<'_>, from: &OsString) -> Result<(), FileError> {
    rename_new(
        (seat.directory.as_fd(), from),
        (seat.directory.as_fd(), seat.name),
    )
}

/// A rename that replaces nothing.
pub(crate) fn rename_new(
    from: (BorrowedFd<'_>, &OsStr),
    to: (BorrowedFd<'_>, &OsStr),
) -> Result<(), FileError> {
    match renameat_with(from.0, from.1, to.0, to.1, RenameFlags::NOREPLACE) {
        // A file system that does not know the flag. Looking first is all that is left then; whoever else writes here goes
        // through the same lock.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if Facts::find(to.0, to.1)?.is_some() {
                return Err(FileError::Exists);
            }
            Ok(renameat(from.0, from.1, to.0, to.1)?)
        }
        other => Ok(other?),
    }
}
