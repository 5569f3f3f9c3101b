//! What a file system says of one thing in it.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, readlinkat, statx};

use crate::error::FileError;

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, not followed.
    Link,
    /// A pipe, a socket, a device: nothing that is read or written here.
    Other,
}

/// One thing in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name; any bytes but a slash and NUL.
    pub name: OsString,
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes; what a directory's means is the file system's business.
    pub size: u64,
    /// When its content last changed, milliseconds since 1970.
    pub modified_ms: i64,
    /// Who may do what with it: the lower twelve bits of its mode.
    pub mode: u32,
    /// Where a link leads, as written in it.
    pub target: Option<OsString>,
    /// Changes whenever the content does; see [`Facts::tag`]. Only of regular files.
    pub tag: Option<String>,
}

/// The facts of one thing, of which an [`Entry`] tells a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts(Statx);

impl Facts {
    /// Of what is open.
    pub(crate) fn of(file: impl AsFd) -> Result<Self, FileError> {
        let found = statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)?;
        Ok(Self(found))
    }

    /// Of what has that name in the directory; a link is not followed.
    pub(crate) fn at(directory: impl AsFd, name: &OsStr) -> Result<Self, FileError> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let found = statx(directory, name, flags, StatxFlags::BASIC_STATS)?;
        Ok(Self(found))
    }

    /// The same, where nothing of that name is an answer too.
    pub(crate) fn find(directory: impl AsFd, name: &OsStr) -> Result<Option<Self>, FileError> {
        match Self::at(directory, name) {
            Ok(found) => Ok(Some(found)),
            Err(FileError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match FileType::from_raw_mode(self.0.stx_mode.into()) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.0.stx_size
    }

    /// Read, write and execute bits; never the bits that lend somebody's rights.
    pub(crate) fn permissions(&self) -> u32 {
        u32::from(self.0.stx_mode) & 0o777
    }

    pub(crate) fn modified_seconds(&self) -> i64 {
        self.0.stx_mtime.tv_sec
    }

    pub(crate) fn owner(&self) -> (u32, u32) {
        (self.0.stx_uid, self.0.stx_gid)
    }

    /// Which thing it is: device and inode.
    pub(crate) fn identity(&self) -> (u32, u32, u64) {
        (self.0.stx_dev_major, self.0.stx_dev_minor, self.0.stx_ino)
    }

    /// The file system that it is on.
    pub(crate) fn file_system(&self) -> (u32, u32) {
        (self.0.stx_dev_major, self.0.stx_dev_minor)
    }

    /// The space that the file system gave it.
    pub(crate) fn disk_bytes(&self) -> u64 {
        // In units of 512 bytes, whatever the file system's own are.
        self.0.stx_blocks.saturating_mul(512)
    }

    /// Whether it has other names.
    pub(crate) fn has_other_names(&self) -> bool {
        self.0.stx_nlink > 1
    }

    /// Stands for this content of this file. Made of device, inode, size and the times of the last change of content and of
    /// anything, to the nanosecond, and not of the content: it costs no reading, however large the file, so that a listing and a
    /// conditional save can name it for nothing. A save by rename always gives a new inode; what is changed in place changes the
    /// times, which nobody can set back both.
    pub(crate) fn tag(&self) -> String {
        let s = &self.0;
        format!(
            "{:x}.{:x}-{:x}-{:x}-{:x}.{:x}-{:x}.{:x}",
            s.stx_dev_major,
            s.stx_dev_minor,
            s.stx_ino,
            s.stx_size,
            s.stx_mtime.tv_sec,
            s.stx_mtime.tv_nsec,
            s.stx_ctime.tv_sec,
            s.stx_ctime.tv_nsec
        )
    }

    /// The entry for these facts; `directory` holds it under `name`.
    pub(crate) fn entry(&self, directory: impl AsFd, name: &OsStr) -> Entry {
        let target = match self.kind() {
            // It may have been replaced since; then it has no target to show.
            Kind::Link => readlinkat(directory, name, Vec::new()).ok(),
            _ => None,
        };
        let time = self.0.stx_mtime;
        Entry {
            name: name.to_owned(),
            kind: self.kind(),
            size: self.size(),
            modified_ms: time
                .tv_sec
                .saturating_mul(1000)
                .saturating_add(i64::from(time.tv_nsec / 1_000_000)),
            mode: u32::from(self.0.stx_mode) & 0o7777,
            target: target.map(|target| {
                use std::os::unix::ffi::OsStringExt;
                OsString::from_vec(target.into_bytes())
            }),
            tag: (self.kind() == Kind::File).then(|| self.tag()),
        }
    }
}
