//! Changing the tree: directories made, things moved, copied, deleted.

use bytes::Bytes;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_link::proto::ChangeFilesRequest;
use longhouse_link::proto::change_files_request::{Change, Copy, Delete, MakeDirectory, Move};

use super::check::view;
use super::reach::check_path;
use super::{FilePlace, FileView};
use crate::engine::Engine;
use crate::error::EngineError;

/// A change of the tree. Paths are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// Makes a directory; with `parents` also those on the way that are missing, and one that is there is no error.
    MakeDirectory {
        /// Which.
        path: Vec<u8>,
        /// See above.
        parents: bool,
    },
    /// Gives a thing another name; with `replace` also one that another thing has.
    Move {
        /// The present name.
        from: Vec<u8>,
        /// The new one.
        to: Vec<u8>,
        /// See above.
        replace: bool,
    },
    /// Copies a thing, a directory with all that is in it.
    Copy {
        /// What.
        from: Vec<u8>,
        /// Where to; nothing may be there.
        to: Vec<u8>,
    },
    /// Deletes a thing; a directory that is not empty only if `recursive`.
    Delete {
        /// What.
        path: Vec<u8>,
        /// See above.
        recursive: bool,
    },
}

impl Engine {
    /// Changes the tree; gives what came of it, which is nothing for a deletion.
    pub async fn change_files(
        &self,
        actor: &Actor,
        place: FilePlace<'_>,
        change: FileChange,
    ) -> Result<Option<FileView>, EngineError> {
        let reach = self.reach(actor, place, Permission::Drive).await?;
        for path in change.paths() {
            check_path(place, path)?;
        }
        let request = ChangeFilesRequest {
            change: Some(change.into()),
        };
        let reply = reach.change(request).await?;
        reply.entry.map(|entry| view(Some(entry))).transpose()
    }
}

impl FileChange {
    fn paths(&self) -> Vec<&[u8]> {
        match self {
            Self::MakeDirectory { path, .. } | Self::Delete { path, .. } => vec![path],
            Self::Move { from, to, .. } | Self::Copy { from, to } => vec![from, to],
        }
    }
}

impl From<FileChange> for Change {
    fn from(change: FileChange) -> Self {
        match change {
            FileChange::MakeDirectory { path, parents } => Self::MakeDirectory(MakeDirectory {
                path: Bytes::from(path),
                parents,
            }),
            FileChange::Move { from, to, replace } => Self::Move(Move {
                from: Bytes::from(from),
                to: Bytes::from(to),
                replace,
            }),
            FileChange::Copy { from, to } => Self::Copy(Copy {
                from: Bytes::from(from),
                to: Bytes::from(to),
            }),
            FileChange::Delete { path, recursive } => Self::Delete(Delete {
                path: Bytes::from(path),
                recursive,
            }),
        }
    }
}
