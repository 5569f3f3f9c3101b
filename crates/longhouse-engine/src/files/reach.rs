//! Whoever answers file calls: a session's sessiond, or the server for its own machine.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use longhouse_domain::actor::{Actor, Permission};
use longhouse_files::{FileError, TreePath};
use longhouse_link::files::{FileCalls, FileChunks, file_error};
use longhouse_link::proto::{
    ArchiveFilesRequest, ChangeFilesReply, ChangeFilesRequest, ListFilesReply, ListFilesRequest,
    ReadFileRequest, WriteFileReply, WriteFileRequest,
};
use tonic::{Code, Status};

use super::FilePlace;
use crate::engine::Engine;
use crate::error::{EngineError, plain};
use crate::session::ask::AskError;
use crate::session::connection::Connection;
use crate::session::handle::Handle;
use crate::session::inside::require_running;

/// How long a question may take that looks at one thing or one directory.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// How long a change may take: a copy or a deletion may be of half a million files.
const CHANGE_WAIT: Duration = Duration::from_secs(15 * 60);

/// How long a save may take from its first byte to its last.
const SAVE_WAIT: Duration = Duration::from_secs(60 * 60);

/// See the module.
pub(super) enum Reach {
    Session(Arc<Handle>),
    Machine(FileCalls),
}

impl Engine {
    /// Finds whoever answers for that place, if the actor may ask there.
    pub(super) async fn reach(
        &self,
        actor: &Actor,
        place: FilePlace<'_>,
        permission: Permission,
    ) -> Result<Reach, EngineError> {
        match place {
            FilePlace::Session(reference) => {
                let (session, handle) = self.find(actor, reference, permission).await?;
                require_running(&session)?;
                Ok(Reach::Session(handle))
            }
            FilePlace::Machine if !actor.may_use_host() => Err(EngineError::Forbidden {
                code: "file.host_forbidden",
                detail: "files of the server's own machine are for those who may use the host; name a session".to_owned(),
            }),
            FilePlace::Machine => match &self.context().files {
                Some(files) => Ok(Reach::Machine(files.clone())),
                None => Err(EngineError::Unavailable {
                    code: "runtime.unavailable",
                    detail: "this server handles no files of its own machine".to_owned(),
                }),
            },
        }
    }
}

/// Refuses a path that cannot be one before anybody is asked, so that the answer can say what is wrong with it.
pub(super) fn check_path(place: FilePlace<'_>, path: &[u8]) -> Result<(), EngineError> {
    let relative = match place {
        FilePlace::Session(_) => path,
        FilePlace::Machine => {
            let below = path.strip_prefix(b"/");
            let below = below.ok_or(FileError::Path("is not absolute"))?;
            let first = below.iter().position(|byte| *byte != b'/');
            &below[first.unwrap_or(below.len())..]
        }
    };
    Ok(TreePath::parse(relative).map(drop)?)
}

impl Reach {
    pub(super) async fn list(
        &self,
        request: ListFilesRequest,
    ) -> Result<ListFilesReply, EngineError> {
        let answer = async {
            match self {
                Self::Session(handle) => {
                    let question = |link: Arc<Connection>| {
                        let request = request.clone();
                        async move { link.client().list_files(request).await }
                    };
                    Ok(handle.connections.ask(question).await?.into_inner())
                }
                Self::Machine(files) => Ok(files.list(request).await.map_err(AskError::Refused)?),
            }
        };
        in_time(ANSWER_WAIT, answer).await
    }

    pub(super) async fn read(&self, request: ReadFileRequest) -> Result<FileChunks, EngineError> {
        let answer = async {
            match self {
                Self::Session(handle) => {
                    let question = |link: Arc<Connection>| {
                        let request = request.clone();
                        async move { link.client().read_file(request).await }
                    };
                    Ok(handle.connections.ask(question).await?.into_inner().boxed())
                }
                Self::Machine(files) => Ok(files.read(request).await.map_err(AskError::Refused)?),
            }
        };
        in_time(ANSWER_WAIT, answer).await
    }

    pub(super) async fn archive(
        &self,
        request: ArchiveFilesRequest,
    ) -> Result<FileChunks, EngineError> {
        let answer = async {
            match self {
                Self::Session(handle) => {
                    let question = |link: Arc<Connection>| {
                        let request = request.clone();
                        async move { link.client().archive_files(request).await }
                    };
                    Ok(handle.connections.ask(question).await?.into_inner().boxed())
                }
                Self::Machine(files) => {
                    Ok(files.archive(request).await.map_err(AskError::Refused)?)
                }
            }
        };
        in_time(ANSWER_WAIT, answer).await
    }

    pub(super) async fn write(
        &self,
        requests: impl Stream<Item = WriteFileRequest> + Send + 'static,
    ) -> Result<WriteFileReply, EngineError> {
        let answer = async {
            match self {
                Self::Session(handle) => {
                    let question =
                        async |link: Arc<Connection>| link.client().write_file(requests).await;
                    Ok(handle.connections.ask_once(question).await?.into_inner())
                }
                Self::Machine(files) => Ok(files
                    .write(requests.map(Ok))
                    .await
                    .map_err(AskError::Refused)?),
            }
        };
        in_time(SAVE_WAIT, answer).await
    }

    pub(super) async fn change(
        &self,
        request: ChangeFilesRequest,
    ) -> Result<ChangeFilesReply, EngineError> {
        let answer = async {
            match self {
                Self::Session(handle) => {
                    let question = |link: Arc<Connection>| {
                        let request = request.clone();
                        async move { link.client().change_files(request).await }
                    };
                    Ok(handle.connections.ask(question).await?.into_inner())
                }
                Self::Machine(files) => {
                    Ok(files.change(request).await.map_err(AskError::Refused)?)
                }
            }
        };
        in_time(CHANGE_WAIT, answer).await
    }
}

async fn in_time<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, AskError>>,
) -> Result<T, EngineError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(AskError::Refused(status))) => Err(refusal(&status)),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(EngineError::unreachable("no answer about files in time")),
    }
}

/// What a refused call means.
pub(super) fn refusal(status: &Status) -> EngineError {
    if let Some(error) = file_error(status) {
        return EngineError::File(error);
    }
    match status.code() {
        Code::Unimplemented => EngineError::conflict(
            "file.unsupported",
            "the session was started by an older version that handles no files: restart the session",
        ),
        _ => EngineError::unreachable(&plain(status.message())),
    }
}
