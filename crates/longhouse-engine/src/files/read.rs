//! Looking: directories in pages, files whole or in part, directories as archives.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use longhouse_domain::actor::{Actor, Permission};
use longhouse_files::PATH_BYTES;
use longhouse_link::files::FileChunks;
use longhouse_link::limits::{FILE_CHUNK_BYTES, FILE_TREE_BYTES, FILE_TREE_ENTRIES};
use longhouse_link::proto::{
    ArchiveFilesRequest, FileChunk, FileHead, ListFilesRequest, ReadFileRequest,
};

use super::check::{nonsense, page, view};
use super::reach::{check_path, refusal};
use super::{FileBytes, FilePlace, FileView};
use crate::engine::Engine;
use crate::error::EngineError;

/// How long the next piece of a content may take.
const PIECE_WAIT: Duration = Duration::from_secs(60);

/// The most bytes of an archive: what is in it, and for each thing its headers, which are 512 bytes and seldom a few thousand more.
const ARCHIVE_BYTES: u64 = FILE_TREE_BYTES + FILE_TREE_ENTRIES * (PATH_BYTES as u64 * 2);

/// A page of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePage {
    /// Its entries, by the bytes of their names.
    pub items: Vec<FileView>,
    /// How many the whole directory has.
    pub total: u64,
    /// The name after which the next page begins, where there is one.
    pub next: Option<Vec<u8>>,
    /// Whether the directory has more entries than were looked at.
    pub truncated: bool,
}

/// Which part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRange {
    /// All of it.
    Whole,
    /// From a byte on, so many at the most.
    From {
        /// The first byte.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// The last so many bytes.
    Last(u64),
}

/// A file's content, or a part of it.
pub struct FileContent {
    /// The file.
    pub file: FileView,
    /// The part's first byte.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// Exactly so many bytes, or an error.
    pub bytes: FileBytes,
}

impl Engine {
    /// At most `limit` entries of a directory, from the name `after` on.
    pub async fn list_files(
        &self,
        actor: &Actor,
        place: FilePlace<'_>,
        path: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<FilePage, EngineError> {
        let reach = self.reach(actor, place, Permission::Look).await?;
        check_path(place, path)?;
        let request = ListFilesRequest {
            path: Bytes::copy_from_slice(path),
            after: Bytes::copy_from_slice(after),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        };
        let reply = reach.list(request).await?;
        let (total, more, truncated) = (reply.total, reply.more, reply.truncated);
        let items = page(reply, after, limit)?;
        let next = items.last().map(|last| last.name.clone());
        Ok(FilePage {
            next: next.filter(|_| more),
            items,
            total,
            truncated,
        })
    }

    /// A regular file's content; a part of more than `limit` bytes is refused.
    pub async fn read_file(
        &self,
        actor: &Actor,
        place: FilePlace<'_>,
        path: &[u8],
        range: FileRange,
        limit: u64,
    ) -> Result<FileContent, EngineError> {
        let reach = self.reach(actor, place, Permission::Look).await?;
        check_path(place, path)?;
        let mut request = ReadFileRequest {
            path: Bytes::copy_from_slice(path),
            limit,
            ..ReadFileRequest::default()
        };
        match range {
            FileRange::Whole => {}
            FileRange::From { offset, length } => {
                (request.offset, request.length) = (Some(offset), Some(length));
            }
            FileRange::Last(length) => request.last = Some(length),
        }
        let mut chunks = reach.read(request).await?;
        let first = next_chunk(&mut chunks).await?.ok_or_else(nonsense)?;
        let head = first.head.ok_or_else(nonsense)?;
        let (offset, length) = (head.offset, head.length);
        if !fits(&head, range, limit) || !first.data.is_empty() {
            return Err(nonsense());
        }
        Ok(FileContent {
            file: view(head.entry)?,
            offset,
            length,
            bytes: bytes_of(chunks, Length::Exactly(length)),
        })
    }

    /// A directory as a tar archive.
    pub async fn archive_files(
        &self,
        actor: &Actor,
        place: FilePlace<'_>,
        path: &[u8],
    ) -> Result<FileBytes, EngineError> {
        let reach = self.reach(actor, place, Permission::Look).await?;
        check_path(place, path)?;
        let request = ArchiveFilesRequest {
            path: Bytes::copy_from_slice(path),
        };
        let chunks = reach.archive(request).await?;
        Ok(bytes_of(chunks, Length::AtMost(ARCHIVE_BYTES)))
    }
}

/// Whether the head answers what was asked.
fn fits(head: &FileHead, range: FileRange, limit: u64) -> bool {
    let size = head.entry.as_ref().map_or(0, |entry| entry.size);
    let within = head.length <= limit
        && head
            .offset
            .checked_add(head.length)
            .is_some_and(|end| end <= size);
    within
        && match range {
            FileRange::Whole => head.offset == 0 && head.length == size,
            FileRange::From { offset, length } => {
                head.offset == offset && head.length == length.min(size - offset)
            }
            FileRange::Last(length) => {
                head.length == length.min(size) && head.offset == size - head.length
            }
        }
}

/// How many bytes may come.
#[derive(Clone, Copy)]
enum Length {
    Exactly(u64),
    AtMost(u64),
}

fn bytes_of(chunks: FileChunks, length: Length) -> FileBytes {
    let left = match length {
        Length::Exactly(left) | Length::AtMost(left) => left,
    };
    let bytes = stream::try_unfold((chunks, left), move |(mut chunks, left)| async move {
        let Some(chunk) = next_chunk(&mut chunks).await? else {
            return match length {
                Length::Exactly(_) if left > 0 => Err(nonsense()),
                Length::Exactly(_) | Length::AtMost(_) => Ok(None),
            };
        };
        let came = chunk.data.len();
        let left = left.checked_sub(came as u64).ok_or_else(nonsense)?;
        if came == 0 || came > FILE_CHUNK_BYTES || chunk.head.is_some() {
            return Err(nonsense());
        }
        Ok(Some((chunk.data, (chunks, left))))
    });
    bytes.boxed()
}

async fn next_chunk(chunks: &mut FileChunks) -> Result<Option<FileChunk>, EngineError> {
    match tokio::time::timeout(PIECE_WAIT, chunks.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(status))) => Err(refusal(&status)),
        Err(_) => Err(EngineError::unreachable(
            "the rest of the file did not come",
        )),
    }
}
