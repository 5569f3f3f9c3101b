//! Saving a file: whole and at once, or not at all.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use longhouse_domain::actor::{Actor, Permission};
use longhouse_files::FileError;
use longhouse_link::limits::{ANY_FILE_TAG, FILE_CHUNK_BYTES, FILE_TAGS};
use longhouse_link::proto::write_file_request::Part;
use longhouse_link::proto::{WriteFileHead, WriteFileRequest};

use super::check::view;
use super::reach::check_path;
use super::{FilePlace, FileView};
use crate::engine::Engine;
use crate::error::EngineError;

/// What has to be true of the file that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveCondition {
    /// Nothing: the last one to save wins.
    Any,
    /// There is none yet.
    New,
    /// There is one, whatever is in it.
    Exists,
    /// It still is the content of one of these tags.
    Unchanged(Vec<String>),
}

/// Why a body did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The client went away.
    #[error("the content did not arrive whole")]
    Broken,
    /// Nothing came for too long.
    #[error("the content took too long to arrive")]
    Slow,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The file as it now is.
    pub file: FileView,
    /// Whether there was none before.
    pub created: bool,
}

impl Engine {
    /// Saves what `body` gives, of at most `limit` bytes, under that path.
    pub async fn save_file(
        &self,
        actor: &Actor,
        place: FilePlace<'_>,
        path: &[u8],
        condition: SaveCondition,
        limit: u64,
        body: impl Stream<Item = Result<Bytes, UploadError>> + Send + 'static,
    ) -> Result<Saved, EngineError> {
        let reach = self.reach(actor, place, Permission::Drive).await?;
        check_path(place, path)?;
        let head = head(path, condition, limit)?;
        let failure = Arc::new(OnceLock::new());
        let reply = reach.write(requests(head, body, failure.clone())).await;
        // The stream ended early because of it, so this is why the save was refused.
        if let Some(failed) = failure.get() {
            return Err(EngineError::Upload(*failed));
        }
        let reply = reply?;
        Ok(Saved {
            created: reply.created,
            file: view(reply.entry)?,
        })
    }
}

fn head(path: &[u8], condition: SaveCondition, limit: u64) -> Result<WriteFileHead, EngineError> {
    let (must_be_new, tags) = match condition {
        SaveCondition::Any => (false, Vec::new()),
        SaveCondition::New => (true, Vec::new()),
        SaveCondition::Exists => (false, vec![ANY_FILE_TAG.to_owned()]),
        // No tag can be the present one's: no other content was meant to be replaced either.
        SaveCondition::Unchanged(tags) if tags.is_empty() => return Err(FileError::Changed.into()),
        SaveCondition::Unchanged(tags) => (false, tags.into_iter().take(FILE_TAGS).collect()),
    };
    Ok(WriteFileHead {
        path: Bytes::copy_from_slice(path),
        limit,
        must_be_new,
        tags,
    })
}

/// The messages of a save. Where the body fails they end without the total, and nothing is saved.
fn requests(
    head: WriteFileHead,
    body: impl Stream<Item = Result<Bytes, UploadError>> + Send + 'static,
    failure: Arc<OnceLock<UploadError>>,
) -> impl Stream<Item = WriteFileRequest> + Send + 'static {
    let pieces = body.flat_map(|piece| {
        let pieces = match piece {
            Ok(bytes) => cut(bytes).map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(pieces)
    });
    let parts = stream::unfold(
        (Box::pin(pieces), Some(0_u64)),
        move |(mut pieces, total)| {
            let failure = failure.clone();
            async move {
                let total = total?;
                match pieces.next().await {
                    Some(Ok(data)) => {
                        let total = total + data.len() as u64;
                        Some((Part::Data(data), (pieces, Some(total))))
                    }
                    Some(Err(error)) => {
                        // Only one error ends the stream, so there is none before it.
                        let _ = failure.set(error);
                        None
                    }
                    None => Some((Part::Total(total), (pieces, None))),
                }
            }
        },
    );
    stream::iter([Part::Head(head)])
        .chain(parts)
        .map(|part| WriteFileRequest { part: Some(part) })
}

fn cut(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let piece = bytes.split_to(bytes.len().min(FILE_CHUNK_BYTES));
        Some(piece).filter(|piece| !piece.is_empty())
    })
}
