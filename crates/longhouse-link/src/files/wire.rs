//! How files and their errors stand in the protocol's messages.

use std::os::unix::ffi::{OsStrExt, OsStringExt};

use bytes::Bytes;
use longhouse_files::{Entry, FileError, Kind, Part};
use tonic::{Code, Status};

use crate::limits::FILE_ERROR;
use crate::proto::{FileEntry, ReadFileRequest, file_entry};

/// The refusal that carries this error.
#[must_use]
pub fn file_status(error: FileError) -> Status {
    let code = match error {
        FileError::Path(_) => Code::InvalidArgument,
        FileError::NotFound => Code::NotFound,
        FileError::Outside | FileError::Denied | FileError::ReadOnly => Code::PermissionDenied,
        FileError::Exists => Code::AlreadyExists,
        FileError::BeyondEnd(_) => Code::OutOfRange,
        FileError::TooLarge(_) | FileError::TooMany | FileError::NoSpace => Code::ResourceExhausted,
        _ => Code::FailedPrecondition,
    };
    let mut status = Status::new(code, error.to_string());
    let named = format!("{} {}", error.code(), error.number());
    if let Ok(value) = named.parse() {
        status.metadata_mut().insert(FILE_ERROR, value);
    }
    status
}

/// The file error that a refusal carries, if it does.
#[must_use]
pub fn file_error(status: &Status) -> Option<FileError> {
    let named = status.metadata().get(FILE_ERROR)?.to_str().ok()?;
    let (code, number) = named.split_once(' ')?;
    FileError::from_parts(code, number.parse().ok()?)
}

pub(super) fn entry(entry: Entry) -> FileEntry {
    let kind = match entry.kind {
        Kind::File => file_entry::Kind::File,
        Kind::Directory => file_entry::Kind::Directory,
        Kind::Link => file_entry::Kind::Link,
        Kind::Other => file_entry::Kind::Other,
    };
    FileEntry {
        name: Bytes::copy_from_slice(entry.name.as_bytes()),
        kind: kind.into(),
        size: entry.size,
        modified_ms: entry.modified_ms,
        mode: entry.mode,
        target: entry.target.map(|target| target.into_vec().into()),
        tag: entry.tag,
    }
}

pub(super) fn part(request: &ReadFileRequest) -> Part {
    match (request.offset, request.last) {
        (Some(offset), _) => Part::From {
            offset,
            length: request.length.unwrap_or(u64::MAX),
        },
        (None, Some(last)) => Part::Last(last),
        (None, None) => Part::Whole,
    }
}
