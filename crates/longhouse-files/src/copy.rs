//! Copying a file or a whole tree. The copy is made under a name of its own and takes its place once it is whole.
//!
//! Links are copied as links; pipes, sockets and devices are left out; the bits that lend somebody's rights are dropped.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, Mode, OFlags, fchmod, fsync, mkdirat, openat, readlinkat, symlinkat, unlinkat,
};

use crate::delete::empty;
use crate::entry::{Entry, Facts, Kind};
use crate::error::FileError;
use crate::root::{Root, Spot, open_directory, open_regular};
use crate::temporary;
use crate::walk::{Budget, Step, Walk};

/// Copies what is at `from` to `to`, which must not be there.
///
/// # Errors
/// Something has the new name, the budget is used up, or the disk is full; then nothing is left of the copy.
pub fn copy(from: &Spot, to: &Spot, budget: Budget) -> Result<Entry, FileError> {
    let source = from.seat()?;
    let target = to.seat()?;
    if target.find()?.is_some() {
        return Err(FileError::Exists);
    }
    let facts = source.facts()?;
    let here = target.directory.as_fd();
    let mut copying = Copying {
        left: budget,
        budget,
    };
    let name = match facts.kind() {
        Kind::File => {
            let (name, _) = temporary::make(|name| {
                openat(here, name, OFlags::WRONLY | NEW, Mode::from_raw_mode(0o600))
            })?;
            let made = copying.fill(source.directory.as_fd(), source.name, here, &name);
            (name, made)
        }
        Kind::Link => {
            let leads_to = readlinkat(&source.directory, source.name, Vec::new())?;
            let (name, ()) = temporary::make(|name| symlinkat(&leads_to, here, name))?;
            (name, Ok(()))
        }
        Kind::Directory => {
            let source = open_directory(source.directory.as_fd(), source.name)?;
            from.root.check_place(source.as_fd())?;
            let (name, ()) =
                temporary::make(|name| mkdirat(here, name, Mode::from_raw_mode(0o700)))?;
            let made = open_directory(here, &name)
                .and_then(|copy| copying.tree(&from.root, source, copy, &facts));
            (name, made)
        }
        Kind::Other => return Err(FileError::NotRegular),
    };
    let (name, made) = name;
    let settled = made.and_then(|()| temporary::settle_new(&target, &name));
    if let Err(error) = settled {
        discard(&to.root, here, &name, budget);
        return Err(error);
    }
    fsync(&target.directory)?;
    Ok(target.facts()?.entry(&target.directory, target.name))
}

/// What a new file is opened with: nothing that is there is touched, no link followed.
const NEW: OFlags = OFlags::CREATE
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

struct Copying {
    left: Budget,
    budget: Budget,
}

impl Copying {
    fn tree(
        &mut self,
        root: &Root,
        source: OwnedFd,
        copy: OwnedFd,
        top: &Facts,
    ) -> Result<(), FileError> {
        let copied = Facts::of(&copy)?.identity();
        let mut walk = Walk::new(source, self.left)?;
        let mut copies = vec![(copy, top.permissions())];
        while let Some(step) = walk.next(root)? {
            let (Some(here), Some((into, _))) = (walk.here(), copies.last()) else {
                break;
            };
            match step {
                Step::Enter(found) if found.facts.identity() == copied => {
                    return Err(FileError::Path("lies within what is to be copied"));
                }
                Step::Enter(found) => {
                    mkdirat(into, &found.name, Mode::from_raw_mode(0o700))?;
                    let made = open_directory(into.as_fd(), &found.name)?;
                    copies.push((made, found.facts.permissions()));
                }
                Step::Thing(found) => match found.facts.kind() {
                    Kind::File => {
                        let flags = OFlags::WRONLY | NEW;
                        openat(into, &found.name, flags, Mode::from_raw_mode(0o600))?;
                        self.fill(here, &found.name, into.as_fd(), &found.name)?;
                    }
                    Kind::Link => {
                        let leads_to = readlinkat(here, &found.name, Vec::new())?;
                        symlinkat(&leads_to, into, &found.name)?;
                    }
                    Kind::Other | Kind::Directory => {}
                },
                // Only now: a directory that may not be written to could not have been filled.
                Step::Leave(_) => close(copies.pop())?,
            }
        }
        close(copies.pop())
    }

    /// Copies the content of one file into another that was just made.
    fn fill(
        &mut self,
        from: BorrowedFd<'_>,
        name: &OsStr,
        into: BorrowedFd<'_>,
        copy: &OsStr,
    ) -> Result<(), FileError> {
        let (source, facts) = open_regular(from, name)?;
        self.left.spend(facts.size(), self.budget)?;
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let target = openat(into, copy, flags, Mode::empty())?;
        let mut target = File::from(target);
        // No more than was announced: somebody may go on writing to it.
        std::io::copy(&mut File::from(source).take(facts.size()), &mut target)?;
        fchmod(&target, Mode::from_raw_mode(facts.permissions()))?;
        Ok(fsync(&target)?)
    }
}

fn close(done: Option<(OwnedFd, u32)>) -> Result<(), FileError> {
    if let Some((directory, permissions)) = done {
        fchmod(&directory, Mode::from_raw_mode(permissions))?;
        fsync(&directory)?;
    }
    Ok(())
}

/// Removes a copy that did not become whole, as far as that goes.
fn discard(root: &Root, here: BorrowedFd<'_>, name: &OsStr, budget: Budget) {
    if unlinkat(here, name, AtFlags::empty()).is_err() {
        let emptied = open_directory(here, name).and_then(|copy| empty(root, copy, budget));
        // Where that fails too there is nobody left to tell.
        let _ = emptied.map(|()| unlinkat(here, name, AtFlags::REMOVEDIR));
    }
}
