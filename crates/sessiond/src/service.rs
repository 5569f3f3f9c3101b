//! The link's service: each call checked, carried out, answered. What a call means is in the modules it calls.

mod calls;
mod outbound;
mod port;
mod streams;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use longhouse_domain::name::TerminalName;
use longhouse_files::Workspace;
use longhouse_link::files::{FileCalls, FileChunks};
use longhouse_link::proto::sessiond_server::Sessiond;
use longhouse_link::proto::{
    AgentAnswer, AgentAsk, ArchiveFilesRequest, AutoCommitQuestion, AutoCommitReply,
    AutoCommitRequest, CaptureChunk, CaptureRequest, ChangeFilesReply, ChangeFilesRequest,
    CheckpointsReply, CheckpointsRequest, CloneNews, CloneRequest, CreateTerminalRequest, Done,
    ExecReply, ExecRequest, GitReply, GitRequest, HelloReply, HelloRequest, LeaveReply,
    LeaveRequest, ListFilesReply, ListFilesRequest, ListTerminalsRequest, NewsAcknowledged,
    OutboundAsk, OutboundRefusal, OutputChunk, OutputRequest, PortBytes, ReadFileRequest,
    ResizeTerminalRequest, SessionEvent, ShutdownRequest, SnapshotChunk, SnapshotRequest,
    StatsReply, StatsRequest, Terminal as TerminalReply, TerminalList, TerminalRef, UsageReply,
    UsageRequest, WatchAgentRequest, WatchOutboundRequest, WatchRequest, WorktreeNews,
    WorktreeRequest, WriteFileReply, WriteFileRequest, WriteRequest,
};
use longhouse_link::{answer_hello, limits};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use crate::environment::ProgramError;
use crate::git;
use crate::git::keep;
use crate::session::Session;
use crate::terminal::Terminal;
use crate::terminal::requests::StartError;
use crate::tmux::TmuxError;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Answer<T> = Result<Response<T>, Status>;

/// See the module.
#[derive(Clone)]
pub(crate) struct Service {
    session: Arc<Session>,
    /// Files below the directory that sessiond was started in, which it never leaves; so do programs begin there.
    files: FileCalls,
    /// Room for connections to ports.
    port_streams: Arc<Semaphore>,
}

impl Service {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            files: FileCalls::new(Workspace::Here),
            port_streams: Arc::new(Semaphore::new(limits::PORT_STREAMS)),
        }
    }

    fn terminal(&self, name: &str) -> Result<Arc<Terminal>, Status> {
        let parsed = parse_name(name)?;
        self.session
            .terminal(&parsed)
            .ok_or_else(|| Status::not_found(format!("there is no terminal {name}")))
    }
}

fn parse_name(name: &str) -> Result<TerminalName, Status> {
    name.parse()
        .map_err(|error| Status::invalid_argument(format!("the terminal's name {error}")))
}

#[tonic::async_trait]
impl Sessiond for Service {
    type OutputStream = Answers<OutputChunk>;
    type SnapshotStream = Answers<SnapshotChunk>;
    type CaptureStream = Answers<CaptureChunk>;
    type WatchStream = Answers<SessionEvent>;
    type ConnectPortStream = Answers<PortBytes>;
    type WatchOutboundStream = Answers<OutboundAsk>;
    type WatchAgentStream = Answers<AgentAsk>;
    type CarryOutboundStream = Answers<PortBytes>;
    type CloneRepositoryStream = Answers<CloneNews>;
    type MakeWorktreeStream = Answers<WorktreeNews>;
    type ReadFileStream = FileChunks;
    type ArchiveFilesStream = FileChunks;

    async fn hello(&self, request: Request<HelloRequest>) -> Answer<HelloReply> {
        let own = HelloReply {
            protocol: limits::PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            session_id: self.session.environment.session().to_string(),
            pid: std::process::id(),
            started_at_ms: self.session.started_at,
            boot_id: self.session.boot_id.clone(),
        };
        let server = request.get_ref().server_version.clone();
        let reply = answer_hello(&request, own)?;
        tracing::info!(server, "a server is connected");
        Ok(Response::new(reply))
    }

    async fn create_terminal(
        &self,
        request: Request<CreateTerminalRequest>,
    ) -> Answer<TerminalReply> {
        let terminal = calls::create_terminal(&self.session, request.into_inner()).await?;
        Ok(Response::new(terminal.describe()))
    }

    async fn list_terminals(&self, _: Request<ListTerminalsRequest>) -> Answer<TerminalList> {
        let terminals = self.session.terminals();
        let terminals = terminals.iter().map(|t| t.describe()).collect();
        Ok(Response::new(TerminalList { terminals }))
    }

    async fn close_terminal(&self, request: Request<TerminalRef>) -> Answer<Done> {
        let terminal = self.terminal(&request.get_ref().name)?;
        calls::close_terminal(&self.session, &terminal).await?;
        Ok(Response::new(Done {}))
    }

    async fn restart_terminal(&self, request: Request<TerminalRef>) -> Answer<TerminalReply> {
        let terminal = self.terminal(&request.get_ref().name)?;
        calls::restart_terminal(&terminal).await?;
        Ok(Response::new(terminal.describe()))
    }

    async fn resize_terminal(
        &self,
        request: Request<ResizeTerminalRequest>,
    ) -> Answer<TerminalReply> {
        let request = request.into_inner();
        let terminal = self.terminal(&request.name)?;
        terminal.resize(calls::size(request.cols, request.rows));
        Ok(Response::new(terminal.describe()))
    }

    async fn write(&self, request: Request<Streaming<WriteRequest>>) -> Answer<Done> {
        streams::write(self, request.into_inner()).await?;
        Ok(Response::new(Done {}))
    }

    async fn output(&self, request: Request<OutputRequest>) -> Answer<Self::OutputStream> {
        let request = request.into_inner();
        let terminal = self.terminal(&request.name)?;
        let output = streams::output(&self.session, &terminal, request.from, request.timed)?;
        Ok(Response::new(output))
    }

    async fn snapshot(&self, request: Request<SnapshotRequest>) -> Answer<Self::SnapshotStream> {
        let request = request.into_inner();
        let terminal = self.terminal(&request.name)?;
        let snapshot =
            streams::snapshot(&self.session, &terminal, request.scrollback_lines).await?;
        Ok(Response::new(snapshot))
    }

    async fn capture(&self, request: Request<CaptureRequest>) -> Answer<Self::CaptureStream> {
        let request = request.into_inner();
        let terminal = self.terminal(&request.name)?;
        let capture = streams::capture(&self.session, &terminal, &request).await?;
        Ok(Response::new(capture))
    }

    async fn list_files(&self, request: Request<ListFilesRequest>) -> Answer<ListFilesReply> {
        let page = self.files.list(request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn read_file(&self, request: Request<ReadFileRequest>) -> Answer<FileChunks> {
        let content = self.files.read(request.into_inner()).await?;
        Ok(Response::new(content))
    }

    async fn write_file(
        &self,
        request: Request<Streaming<WriteFileRequest>>,
    ) -> Answer<WriteFileReply> {
        let saved = self.files.write(request.into_inner()).await?;
        Ok(Response::new(saved))
    }

    async fn change_files(&self, request: Request<ChangeFilesRequest>) -> Answer<ChangeFilesReply> {
        let done = self.files.change(request.into_inner()).await?;
        Ok(Response::new(done))
    }

    async fn archive_files(&self, request: Request<ArchiveFilesRequest>) -> Answer<FileChunks> {
        let archive = self.files.archive(request.into_inner()).await?;
        Ok(Response::new(archive))
    }

    async fn connect_port(
        &self,
        request: Request<Streaming<PortBytes>>,
    ) -> Answer<Self::ConnectPortStream> {
        let connected = port::connect(self, request.into_inner()).await?;
        Ok(Response::new(connected))
    }

    async fn watch_outbound(
        &self,
        _: Request<WatchOutboundRequest>,
    ) -> Answer<Self::WatchOutboundStream> {
        Ok(Response::new(outbound::watch(self)))
    }

    async fn refuse_outbound(&self, request: Request<OutboundRefusal>) -> Answer<Done> {
        self.session.outbound.refuse(request.into_inner());
        Ok(Response::new(Done {}))
    }

    async fn carry_outbound(
        &self,
        request: Request<Streaming<PortBytes>>,
    ) -> Answer<Self::CarryOutboundStream> {
        let carried = outbound::carry(self, request.into_inner()).await?;
        Ok(Response::new(carried))
    }

    async fn watch_agent(&self, _: Request<WatchAgentRequest>) -> Answer<Self::WatchAgentStream> {
        let ending = self.session.ending.clone().cancelled_owned();
        let asks = self.session.agent.watch().map(Ok).take_until(ending);
        Ok(Response::new(Box::pin(asks)))
    }

    async fn answer_agent(&self, request: Request<AgentAnswer>) -> Answer<Done> {
        self.session.agent.answer(request.into_inner());
        Ok(Response::new(Done {}))
    }

    async fn clone_repository(
        &self,
        request: Request<CloneRequest>,
    ) -> Answer<Self::CloneRepositoryStream> {
        let news = git::clone(&self.session, request.into_inner())?;
        Ok(Response::new(streams::news(&self.session, news)))
    }

    async fn make_worktree(
        &self,
        request: Request<WorktreeRequest>,
    ) -> Answer<Self::MakeWorktreeStream> {
        let news = git::make_worktree(&self.session, request.into_inner())?;
        Ok(Response::new(streams::news(&self.session, news)))
    }

    async fn leave_worktree(&self, request: Request<LeaveRequest>) -> Answer<LeaveReply> {
        let reply = keep::leave(&self.session, request.into_inner()).await?;
        Ok(Response::new(reply))
    }

    async fn git(&self, request: Request<GitRequest>) -> Answer<GitReply> {
        let reply = git::git(&self.session, request.into_inner()).await?;
        Ok(Response::new(reply))
    }

    async fn set_auto_commit(
        &self,
        request: Request<AutoCommitRequest>,
    ) -> Answer<AutoCommitReply> {
        let state = keep::set(&self.session, request.get_ref())?;
        Ok(Response::new(state))
    }

    async fn auto_commit(&self, request: Request<AutoCommitQuestion>) -> Answer<AutoCommitReply> {
        let AutoCommitQuestion { now, summary } = request.into_inner();
        let state = if now {
            keep::commit_now(&self.session, summary).await?
        } else {
            keep::state(&self.session)?
        };
        Ok(Response::new(state))
    }

    async fn checkpoints(&self, request: Request<CheckpointsRequest>) -> Answer<CheckpointsReply> {
        let reply = keep::checkpoints(&self.session, request.into_inner()).await?;
        Ok(Response::new(reply))
    }

    async fn exec(&self, request: Request<ExecRequest>) -> Answer<ExecReply> {
        let reply = calls::exec(&self.session, request.into_inner()).await?;
        Ok(Response::new(reply))
    }

    async fn stats(&self, _: Request<StatsRequest>) -> Answer<StatsReply> {
        Ok(Response::new(calls::stats(&self.session)))
    }

    async fn usage(&self, request: Request<UsageRequest>) -> Answer<UsageReply> {
        let reply = calls::usage(&self.session, request.into_inner()).await?;
        Ok(Response::new(reply))
    }

    async fn watch(&self, _: Request<WatchRequest>) -> Answer<Self::WatchStream> {
        Ok(Response::new(streams::watch(&self.session)))
    }

    async fn acknowledge_news(&self, request: Request<NewsAcknowledged>) -> Answer<Done> {
        self.session.events.acknowledge(request.get_ref().number);
        Ok(Response::new(Done {}))
    }

    async fn shutdown(&self, request: Request<ShutdownRequest>) -> Answer<Done> {
        let ShutdownRequest {
            grace_ms,
            keep_tmux,
        } = request.into_inner();
        let tmux = if keep_tmux {
            crate::shutdown::TmuxFate::Kept
        } else {
            crate::shutdown::TmuxFate::Ended
        };
        let grace = std::time::Duration::from_millis(grace_ms.into());
        // A caller that hangs up must not leave a half-ended session.
        let session = Arc::clone(&self.session);
        let ended =
            tokio::spawn(async move { crate::shutdown::shut_down(&session, grace, tmux).await });
        ended
            .await
            .map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(Done {}))
    }
}

impl From<ProgramError> for Status {
    fn from(error: ProgramError) -> Self {
        let message = error.to_string();
        match error {
            ProgramError::NotFound { .. } => Self::not_found(message),
            ProgramError::NotExecutable { .. } => Self::failed_precondition(message),
            ProgramError::Environment { .. } => Self::invalid_argument(message),
        }
    }
}

impl From<StartError> for Status {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Tmux(TmuxError::Program(error)) => error.into(),
            StartError::Tmux(error) => Self::failed_precondition(with_sources(&error)),
            StartError::Spawn { ref source, .. } => {
                let exhausted = matches!(
                    source
                        .raw_os_error()
                        .map(rustix::io::Errno::from_raw_os_error),
                    Some(
                        rustix::io::Errno::AGAIN
                            | rustix::io::Errno::NOMEM
                            | rustix::io::Errno::MFILE
                    )
                );
                let message = with_sources(&error);
                if exhausted {
                    Self::resource_exhausted(message)
                } else {
                    Self::failed_precondition(message)
                }
            }
        }
    }
}

/// An error with what caused it, in one line: the link carries text, not chains.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
