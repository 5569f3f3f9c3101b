//! Saving: written beside the file, made durable, and put in its place in one step. Nobody ever sees half of it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, Uid, fchmod, fchown, fsync, openat, renameat, unlinkat,
};

use crate::entry::{Entry, Facts, Kind};
use crate::error::FileError;
use crate::root::{Seat, Spot};
use crate::temporary;

/// What has to be true of the file that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: the last one to save wins.
    Any,
    /// There is no such file yet.
    New,
    /// There is one, whatever is in it.
    Exists,
    /// It still is the content of one of these tags.
    Unchanged(Vec<String>),
}

/// Saves happen one after the other between the look at the condition and the rename, so that of two that rest on the same
/// content the second is refused. Programs of the session do not ask here: against them the condition is a look, not a lock.
#[derive(Debug, Default)]
pub struct Turns(Mutex<()>);

/// A save that has begun. What is dropped before [`Draft::commit`] was never there.
#[derive(Debug)]
pub struct Draft {
    spot: Spot,
    condition: Condition,
    limit: u64,
    written: u64,
    directory: OwnedFd,
    name: OsString,
    file: File,
    settled: bool,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// As it now is.
    pub entry: Entry,
    /// Whether there was no such file before.
    pub created: bool,
}

impl Spot {
    /// Begins to save at most `limit` bytes under the path's name.
    ///
    /// # Errors
    /// The condition does not hold, something that is no regular file has the name, or nothing can be written there.
    pub fn write(self, condition: Condition, limit: u64) -> Result<Draft, FileError> {
        let seat = self.seat()?;
        let present = seat.find()?;
        check(&condition, present.as_ref())?;
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // The process's own mask is laid over the mode of a file that is new.
        let mode = Mode::from_raw_mode(present.map_or(0o666, |_| 0o600));
        let (name, file) = temporary::make(|name| openat(&seat.directory, name, flags, mode))?;
        let directory = seat.directory;
        Ok(Draft {
            spot: self,
            condition,
            limit,
            written: 0,
            directory,
            name,
            file: File::from(file),
            settled: false,
        })
    }
}

impl Draft {
    /// Adds to what has been written.
    ///
    /// # Errors
    /// It is more than may be, or the disk is full.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), FileError> {
        self.written += piece.len() as u64;
        if self.written > self.limit {
            return Err(FileError::TooLarge(self.limit));
        }
        Ok(self.file.write_all(piece)?)
    }

    /// How many bytes have been written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Puts it in its place, durably.
    ///
    /// # Errors
    /// The condition no longer holds, or the disk failed; then what was there before is there still.
    pub fn commit(mut self, turns: &Turns) -> Result<Written, FileError> {
        fsync(&self.file)?;
        let Some((_, name)) = self.spot.path.split() else {
            return Err(FileError::Path("names the directory itself"));
        };
        let directory = self.directory.try_clone()?;
        let seat = Seat { directory, name };
        let turn = turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present = seat.find()?;
        check(&self.condition, present.as_ref())?;
        match present {
            Some(present) => {
                self.take_after(&present)?;
                renameat(&seat.directory, &self.name, &seat.directory, seat.name)?;
            }
            None => match temporary::settle_new(&seat, &self.name) {
                // Somebody was quicker who does not take turns.
                Err(FileError::Exists) => return Err(FileError::Changed),
                settled => settled?,
            },
        }
        drop(turn);
        self.settled = true;
        fsync(&seat.directory)?;
        // Of the file in hand: its name may already be another's.
        let entry = Facts::of(&self.file)?.entry(&seat.directory, seat.name);
        Ok(Written {
            entry,
            created: present.is_none(),
        })
    }

    /// The new file keeps the old one's permissions, and its owner where this process may give files away.
    fn take_after(&self, present: &Facts) -> Result<(), FileError> {
        let (user, group) = present.owner();
        if Facts::of(&self.file)?.owner() != (user, group) {
            let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
            // Whoever may not gives their own name to it, as any editor would.
            let _ = fchown(self.file.as_fd(), Some(user), Some(group));
        }
        Ok(fchmod(
            &self.file,
            Mode::from_raw_mode(present.permissions()),
        )?)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.settled {
            // Where even that fails there is nobody left to tell.
            let _ = unlinkat(&self.directory, &self.name, AtFlags::empty());
        }
    }
}

fn check(condition: &Condition, present: Option<&Facts>) -> Result<(), FileError> {
    if present.is_some_and(|present| present.kind() != Kind::File) {
        return Err(FileError::NotRegular);
    }
    let holds = match condition {
        Condition::Any => true,
        Condition::New => present.is_none(),
        Condition::Exists => present.is_some(),
        Condition::Unchanged(tags) => present.is_some_and(|present| tags.contains(&present.tag())),
    };
    if holds {
        Ok(())
    } else {
        Err(FileError::Changed)
    }
}
