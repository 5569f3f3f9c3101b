//! Each call: the request taken apart, the work done, the outcome put together.

use bytes::BytesMut;
use futures_util::{Stream, StreamExt, stream};
use longhouse_files::{Budget, Condition, Depth, Draft, FileError, Parents, Replace, copy, rename};
use tonic::Status;

use super::{FileCalls, FileChunks, wire};
use crate::limits::{
    ANY_FILE_TAG, FILE_CHUNK_BYTES, FILE_ENTRIES, FILE_TAGS, FILE_TREE_BYTES, FILE_TREE_ENTRIES,
};
use crate::proto::change_files_request::{Change, Copy, Delete, MakeDirectory, Move};
use crate::proto::write_file_request::Part;
use crate::proto::{
    ArchiveFilesRequest, ChangeFilesReply, ChangeFilesRequest, FileChunk, FileHead, ListFilesReply,
    ListFilesRequest, ReadFileRequest, WriteFileHead, WriteFileReply, WriteFileRequest,
};

const TREE: Budget = Budget {
    entries: FILE_TREE_ENTRIES,
    bytes: FILE_TREE_BYTES,
};

impl FileCalls {
    /// A page of a directory.
    ///
    /// # Errors
    /// The call is refused; see [`super::file_error`]. So are all others.
    pub async fn list(&self, request: ListFilesRequest) -> Result<ListFilesReply, Status> {
        let places = self.places.clone();
        let limit = usize::try_from(request.limit).unwrap_or(FILE_ENTRIES);
        let limit = limit.clamp(1, FILE_ENTRIES);
        let page = self
            .work(move || places.locate(&request.path)?.list(&request.after, limit))
            .await?;
        Ok(ListFilesReply {
            total: page.total,
            more: page.more,
            truncated: page.truncated,
            entries: page.entries.into_iter().map(wire::entry).collect(),
        })
    }

    /// A file's content, or a part of it.
    ///
    /// # Errors
    /// See [`FileCalls::list`].
    pub async fn read(&self, request: ReadFileRequest) -> Result<FileChunks, Status> {
        let places = self.places.clone();
        let content = self
            .work(move || {
                let part = wire::part(&request);
                places.locate(&request.path)?.open(part, request.limit)
            })
            .await?;
        let head = FileChunk {
            head: Some(FileHead {
                entry: Some(wire::entry(content.entry.clone())),
                offset: content.offset,
                length: content.length,
            }),
            ..FileChunk::default()
        };
        let bytes = self.pieces(content, |content| content.next(FILE_CHUNK_BYTES));
        Ok(stream::iter([Ok(head)]).chain(bytes).boxed())
    }

    /// A directory as a tar archive.
    ///
    /// # Errors
    /// See [`FileCalls::list`].
    pub async fn archive(&self, request: ArchiveFilesRequest) -> Result<FileChunks, Status> {
        let places = self.places.clone();
        let archive = self
            .work(move || places.locate(&request.path)?.archive(TREE))
            .await?;
        let bytes = self.pieces(archive, |archive| archive.next(FILE_CHUNK_BYTES / 2));
        Ok(bytes.boxed())
    }

    /// What `next` gives, piece by piece, as it is asked for.
    fn pieces<T: Send + 'static>(
        &self,
        source: T,
        next: fn(&mut T) -> Result<Option<Vec<u8>>, FileError>,
    ) -> impl Stream<Item = Result<FileChunk, Status>> + Send + use<T> {
        let calls = self.clone();
        stream::try_unfold(source, move |mut source| {
            let calls = calls.clone();
            async move {
                let (piece, source) = calls.work(move || Ok((next(&mut source)?, source))).await?;
                Ok(piece.map(|piece| {
                    let chunk = FileChunk {
                        data: piece.into(),
                        ..FileChunk::default()
                    };
                    (chunk, source)
                }))
            }
        })
    }

    /// Saves a file.
    ///
    /// # Errors
    /// See [`FileCalls::list`]. Nothing is saved then.
    pub async fn write(
        &self,
        requests: impl Stream<Item = Result<WriteFileRequest, Status>> + Send,
    ) -> Result<WriteFileReply, Status> {
        let mut requests = std::pin::pin!(requests);
        let Some(Part::Head(head)) = next_part(&mut requests).await? else {
            return Err(Status::invalid_argument("the first message is the head"));
        };
        let mut draft = self.begin(head).await?;
        let mut waiting = BytesMut::new();
        loop {
            match next_part(&mut requests).await? {
                Some(Part::Data(data)) if data.len() <= FILE_CHUNK_BYTES => {
                    waiting.extend_from_slice(&data);
                    if waiting.len() >= FILE_CHUNK_BYTES {
                        draft = self.add(draft, waiting.split()).await?;
                    }
                }
                Some(Part::Total(total)) => {
                    draft = self.add(draft, waiting).await?;
                    return self.commit(draft, total).await;
                }
                Some(Part::Data(_)) => {
                    return Err(Status::invalid_argument("a message is too large"));
                }
                Some(Part::Head(_)) => return Err(Status::invalid_argument("a second head")),
                None => return Err(wire::file_status(FileError::Incomplete)),
            }
        }
    }

    async fn begin(&self, head: WriteFileHead) -> Result<Draft, Status> {
        if head.tags.len() > FILE_TAGS {
            return Err(Status::invalid_argument("too many tags"));
        }
        let condition = match (head.must_be_new, head.tags) {
            (true, _) => Condition::New,
            (false, tags) if tags.is_empty() => Condition::Any,
            (false, tags) if tags.iter().any(|tag| tag == ANY_FILE_TAG) => Condition::Exists,
            (false, tags) => Condition::Unchanged(tags),
        };
        let places = self.places.clone();
        self.work(move || places.locate(&head.path)?.write(condition, head.limit))
            .await
    }

    async fn add(&self, mut draft: Draft, data: BytesMut) -> Result<Draft, Status> {
        self.work(move || {
            draft.write(&data)?;
            Ok(draft)
        })
        .await
    }

    async fn commit(&self, draft: Draft, total: u64) -> Result<WriteFileReply, Status> {
        let turns = self.turns.clone();
        let written = self
            .work(move || {
                if draft.written() != total {
                    return Err(FileError::Incomplete);
                }
                draft.commit(&turns)
            })
            .await?;
        Ok(WriteFileReply {
            entry: Some(wire::entry(written.entry)),
            created: written.created,
        })
    }

    /// Makes a directory, moves, copies or deletes.
    ///
    /// # Errors
    /// See [`FileCalls::list`].
    pub async fn change(&self, request: ChangeFilesRequest) -> Result<ChangeFilesReply, Status> {
        let Some(change) = request.change else {
            return Err(Status::invalid_argument("no change was asked for"));
        };
        let places = self.places.clone();
        let entry = self
            .work(move || match change {
                Change::MakeDirectory(MakeDirectory { path, parents }) => {
                    let parents = if parents {
                        Parents::Made
                    } else {
                        Parents::Needed
                    };
                    places.locate(&path)?.make_directory(parents).map(Some)
                }
                Change::Move(Move { from, to, replace }) => {
                    let replace = if replace {
                        Replace::Allowed
                    } else {
                        Replace::Never
                    };
                    let (from, to) = (places.locate(&from)?, places.locate(&to)?);
                    rename(&from, &to, replace).map(Some)
                }
                Change::Copy(Copy { from, to }) => {
                    copy(&places.locate(&from)?, &places.locate(&to)?, TREE).map(Some)
                }
                Change::Delete(Delete { path, recursive }) => {
                    let depth = if recursive {
                        Depth::Whole(TREE)
                    } else {
                        Depth::One
                    };
                    places.locate(&path)?.delete(depth).map(|()| None)
                }
            })
            .await?;
        Ok(ChangeFilesReply {
            entry: entry.map(wire::entry),
        })
    }
}

async fn next_part(
    requests: &mut (impl Stream<Item = Result<WriteFileRequest, Status>> + Unpin),
) -> Result<Option<Part>, Status> {
    match requests.next().await {
        None => Ok(None),
        Some(request) => match request?.part {
            Some(part) => Ok(Some(part)),
            None => Err(Status::invalid_argument("an empty message")),
        },
    }
}
