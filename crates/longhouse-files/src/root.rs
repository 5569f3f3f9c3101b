//! A directory that cannot be left, and a path below it.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstatfs, openat, openat2};
use rustix::io::Errno;

use crate::entry::{Facts, Kind};
use crate::error::FileError;
use crate::path::TreePath;

/// How often a look-up that raced with a rename is repeated; the kernel asks for it with `EAGAIN`.
const RACE_RETRIES: usize = 64;

/// A handle is a place in the tree, nothing to read from.
const HANDLE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// A directory to list, and to make durable what was renamed in it.
const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// To read a file. Whatever stands there, opening it neither waits (a pipe) nor gives the process a terminal.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// sysfs, whose files look regular and are not.
const SYSFS_MAGIC: rustix::fs::FsWord = 0x6265_6572;

/// See the module.
#[derive(Debug)]
pub struct Root {
    handle: OwnedFd,
    name: OsString,
    /// Directories that are not open however they are reached.
    barred: Arc<[PathBuf]>,
}

/// A path below a root: what every operation is asked of.
#[derive(Debug)]
pub struct Spot {
    /// The directory that cannot be left.
    pub root: Root,
    /// What below it.
    pub path: TreePath,
}

/// A directory below a root, and a name in it that may or may not be there.
pub(crate) struct Seat<'a> {
    pub(crate) directory: OwnedFd,
    pub(crate) name: &'a OsStr,
}

impl Root {
    /// The directory at that path, of which nothing may be a symbolic link.
    ///
    /// # Errors
    /// It is not there, is no directory, or may not be entered.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let flags = HANDLE | OFlags::DIRECTORY;
        let handle = look_up(CWD, path, flags, ResolveFlags::NO_SYMLINKS)?;
        let name = path.file_name().unwrap_or_default().to_owned();
        Ok(Self {
            handle,
            name,
            barred: Arc::new([]),
        })
    }

    /// The directory that this process stands in.
    ///
    /// # Errors
    /// It may not be entered.
    pub fn here() -> Result<Self, FileError> {
        let handle = openat(CWD, c".", HANDLE | OFlags::DIRECTORY, Mode::empty())?;
        Ok(Self {
            handle,
            name: OsString::new(),
            barred: Arc::new([]),
        })
    }

    pub(crate) fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    pub(crate) fn barring(mut self, barred: Arc<[PathBuf]>) -> Self {
        self.barred = barred;
        self
    }

    /// Opens what the path names, following links that stay below.
    fn resolve(&self, path: &TreePath, flags: OFlags) -> Result<OwnedFd, FileError> {
        let opened = look_up(
            self.handle.as_fd(),
            path.as_path(),
            flags,
            ResolveFlags::BENEATH,
        )?;
        self.check_place(opened.as_fd())?;
        Ok(opened)
    }

    pub(crate) fn check_place(&self, opened: BorrowedFd<'_>) -> Result<(), FileError> {
        match self.bars(opened)? {
            true => Err(FileError::Outside),
            false => Ok(()),
        }
    }

    /// Whether that lies in a directory that is not open. The handle is asked where it is, not the path what it means.
    pub(crate) fn bars(&self, opened: BorrowedFd<'_>) -> Result<bool, FileError> {
        if self.barred.is_empty() {
            return Ok(false);
        }
        let place = place_of(opened)?;
        Ok(self.barred.iter().any(|own| place.starts_with(own)))
    }
}

impl Spot {
    /// The directory that the path names.
    pub(crate) fn directory(&self) -> Result<OwnedFd, FileError> {
        self.directory_at(&self.path)
    }

    /// The directory of another path below the same root.
    pub(crate) fn directory_at(&self, path: &TreePath) -> Result<OwnedFd, FileError> {
        self.root.resolve(path, DIRECTORY)
    }

    /// The directory in which the path's last name stands, and that name, which is not looked up.
    pub(crate) fn seat(&self) -> Result<Seat<'_>, FileError> {
        let Some((_, name)) = self.path.split() else {
            return Err(FileError::Path("names the directory itself"));
        };
        Ok(Seat {
            directory: self.parent()?,
            name,
        })
    }

    fn parent(&self) -> Result<OwnedFd, FileError> {
        let (parent, _) = self.path.split().unwrap_or_default();
        self.directory_at(&parent)
    }

    /// The seat of something that is going to be moved or deleted whole: nothing that is not open may lie below it.
    pub(crate) fn seat_to_empty(&self) -> Result<Seat<'_>, FileError> {
        let seat = self.seat()?;
        if !self.root.barred.is_empty() {
            let place = place_of(seat.directory.as_fd())?.join(seat.name);
            if self.root.barred.iter().any(|own| own.starts_with(&place)) {
                return Err(FileError::Denied);
            }
        }
        Ok(seat)
    }

    /// The regular file that the path names, open to read.
    pub(crate) fn regular(&self) -> Result<(OwnedFd, Facts), FileError> {
        // Looked at before it is opened: to open a device may already do something.
        let handle = self.root.resolve(&self.path, HANDLE)?;
        if Facts::of(&handle)?.kind() != Kind::File {
            return Err(FileError::NotRegular);
        }
        let file = self.root.resolve(&self.path, READ)?;
        let facts = check_regular(file.as_fd())?;
        Ok((file, facts))
    }

    /// What the whole is called: the path's last name, or the root's own.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        match self.path.split() {
            Some(_) => self.path.names().last().unwrap_or_default(),
            None => &self.root.name,
        }
    }
}

impl Seat<'_> {
    pub(crate) fn facts(&self) -> Result<Facts, FileError> {
        Facts::at(&self.directory, self.name)
    }

    pub(crate) fn find(&self) -> Result<Option<Facts>, FileError> {
        Facts::find(&self.directory, self.name)
    }
}

/// Opens the directory of that name, which must not be a link.
pub(crate) fn open_directory(parent: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, FileError> {
    Ok(openat(
        parent,
        name,
        DIRECTORY | OFlags::NOFOLLOW,
        Mode::empty(),
    )?)
}

/// Opens the regular file of that name, which must not be a link.
pub(crate) fn open_regular(
    parent: BorrowedFd<'_>,
    name: &OsStr,
) -> Result<(OwnedFd, Facts), FileError> {
    if Facts::at(parent, name)?.kind() != Kind::File {
        return Err(FileError::NotRegular);
    }
    let file = openat(parent, name, READ | OFlags::NOFOLLOW, Mode::empty())?;
    let facts = check_regular(file.as_fd())?;
    Ok((file, facts))
}

/// Where an administrator opened the whole machine, `/proc` is below: its files look regular, and one of them is this process's
/// environment.
fn check_regular(file: BorrowedFd<'_>) -> Result<Facts, FileError> {
    let facts = Facts::of(file)?;
    let system = fstatfs(file)?.f_type;
    if facts.kind() != Kind::File || system == PROC_SUPER_MAGIC || system == SYSFS_MAGIC {
        return Err(FileError::NotRegular);
    }
    Ok(facts)
}

/// Where the handle is at this moment.
pub(crate) fn place_of(handle: BorrowedFd<'_>) -> Result<PathBuf, FileError> {
    let link = format!("/proc/self/fd/{}", handle.as_raw_fd());
    Ok(std::fs::read_link(link)?)
}

fn look_up(
    from: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
    how: ResolveFlags,
) -> Result<OwnedFd, FileError> {
    let how = how | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..RACE_RETRIES {
        match openat2(from, path, flags, Mode::empty(), how) {
            Err(Errno::AGAIN) => {}
            // A filter that does not know the call says so with this number, as a file system does that does not permit.
            Err(Errno::PERM) if !knows_openat2() => return Err(FileError::Unsupported),
            other => return Ok(other?),
        }
    }
    Err(FileError::Busy)
}

fn knows_openat2() -> bool {
    openat2(CWD, c"/", HANDLE, Mode::empty(), ResolveFlags::empty()).is_ok()
}
