//! The file calls of the protocol, answered from a tree of files.
//!
//! Whoever has files answers these calls alike, sessiond, its twin in tests, and the server for its own machine: so the translation
//! between the protocol and [`longhouse_files`] stands here once. Blocking work is done piece by piece on threads of its own, a few at a
//! time ([`FILE_JOBS`]); between two pieces no thread waits for a slow reader or writer.
//!
//! It is deliberately not: who may ask. That is decided before a call is made.

mod answer;
mod wire;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use longhouse_files::{FileError, Locate, Turns};
use tokio::sync::Semaphore;
use tonic::Status;

pub use wire::{file_error, file_status};

use crate::limits::FILE_JOBS;
use crate::proto::FileChunk;

/// The bytes of a file or an archive, on their way.
pub type FileChunks = Pin<Box<dyn Stream<Item = Result<FileChunk, Status>> + Send>>;

/// Answers file calls. Clones answer with each other: they share what bounds them.
#[derive(Clone)]
pub struct FileCalls {
    places: Arc<dyn Locate>,
    jobs: Arc<Semaphore>,
    turns: Arc<Turns>,
}

impl FileCalls {
    /// For the files that `places` finds.
    pub fn new(places: impl Locate) -> Self {
        Self {
            places: Arc::new(places),
            jobs: Arc::new(Semaphore::new(FILE_JOBS)),
            turns: Arc::default(),
        }
    }

    /// Does blocking work, once there is room for it.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, Status> {
        let permit = Arc::clone(&self.jobs).acquire_owned().await;
        let permit = permit.map_err(|_| Status::unavailable("no more files are handled"))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, even where nobody waits for its outcome any more.
            let _permit = permit;
            job()
        });
        match done.await {
            Ok(outcome) => outcome.map_err(file_status),
            Err(broken) => Err(Status::internal(broken.to_string())),
        }
    }
}

impl std::fmt::Debug for FileCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileCalls").finish_non_exhaustive()
    }
}
