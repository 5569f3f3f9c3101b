//! Files: of a session, answered by its sessiond below the session's working directory, and of this machine below the directories that
//! an administrator allowed, for those who may use the host.
//!
//! Both speak the link's file calls, the second without a link, so that there is one way through here. What sessiond says is foreign
//! input: it is checked before it is handed on.

mod change;
mod check;
mod reach;
mod read;
mod save;

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use longhouse_domain::clock::Timestamp;
pub use longhouse_files::FileError;

pub use change::FileChange;
pub use read::{FileContent, FilePage, FileRange};
pub use save::{SaveCondition, Saved, UploadError};

use crate::error::EngineError;

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePlace<'a> {
    /// In the working directory of the session of that name or identifier; paths are relative to it.
    Session(&'a str),
    /// On this machine; paths are absolute.
    Machine,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// A file as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// Its name: any bytes but a slash and NUL.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: FileKind,
    /// Its size, bytes.
    pub size: u64,
    /// When its content last changed.
    pub modified_at: Timestamp,
    /// The lower twelve bits of its mode.
    pub mode: u32,
    /// Where a link leads, as written in it.
    pub target: Option<Vec<u8>>,
    /// Stands for its present content: hexadecimal digits, dots and hyphens. Only of regular files.
    pub tag: Option<String>,
}

/// The bytes of a file or an archive. An error in it means that the rest is missing.
pub type FileBytes = Pin<Box<dyn Stream<Item = Result<Bytes, EngineError>> + Send>>;
