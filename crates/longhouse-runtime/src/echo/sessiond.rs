//! The session's end of the link, answered without a process.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use longhouse_link::files::FileChunks;
use longhouse_link::proto::sessiond_server::Sessiond;
use longhouse_link::proto::{
    AgentAnswer, AgentAsk, ArchiveFilesRequest, AutoCommitQuestion, AutoCommitReply,
    AutoCommitRequest, CaptureChunk, CaptureRequest, ChangeFilesReply, ChangeFilesRequest,
    CheckpointsReply, CheckpointsRequest, CloneNews, CloneRequest, CreateTerminalRequest, Done,
    ExecReply, ExecRequest, GitReply, GitRequest, HelloReply, HelloRequest, LeaveReply,
    LeaveRequest, ListFilesReply, ListFilesRequest, ListTerminalsRequest, NewsAcknowledged,
    OutboundAsk, OutboundRefusal, OutputChunk, OutputRequest, PortBytes, ReadFileRequest,
    ResizeTerminalRequest, SessionEvent, ShutdownRequest, SnapshotChunk, SnapshotRequest,
    StatsReply, StatsRequest, Terminal, TerminalList, TerminalRef, UsageReply, UsageRequest,
    WatchAgentRequest, WatchOutboundRequest, WatchRequest, WorktreeNews, WorktreeRequest,
    WriteFileReply, WriteFileRequest, WriteRequest, session_event,
};
use tonic::{Request, Response, Status, Streaming};

use super::Manner;
use super::exec::exec;
use super::git::git;
use super::repaint;
use super::state::{EchoSessiond, Inner};
use super::terminal::EchoTerminal;
use super::worktree;

/// A stream of answers.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Sessiond for EchoSessiond {
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

    async fn hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        self.inner.greeted.cancel();
        longhouse_link::answer_hello(&request, self.inner.hello.clone()).map(Response::new)
    }

    async fn create_terminal(
        &self,
        request: Request<CreateTerminalRequest>,
    ) -> Result<Response<Terminal>, Status> {
        if self.inner.manner == Manner::DiesOnceAttached {
            self.inner.dead.cancel();
            return Err(Status::unavailable("sessiond died"));
        }
        let wanted = request.into_inner();
        if self.inner.manner == Manner::StandsBack && wanted.stands_back {
            let others: Vec<_> = self.terminals().values().cloned().collect();
            for terminal in others {
                terminal.heard_of().await;
            }
        }
        let name = wanted.name.clone();
        let mut terminals = self.terminals();
        let is_new = !terminals.contains_key(&name);
        let terminal = terminals
            .entry(name.clone())
            .or_insert_with(|| Arc::new(EchoTerminal::new(wanted, self.inner.first_offset)));
        let about = terminal.describe();
        drop(terminals);
        if is_new {
            self.tell(session_event::What::TerminalStarted(
                session_event::TerminalStarted { name },
            ));
        }
        Ok(Response::new(about))
    }

    async fn list_terminals(
        &self,
        _: Request<ListTerminalsRequest>,
    ) -> Result<Response<TerminalList>, Status> {
        let terminals = self.terminals();
        let terminals = terminals.values().map(|t| t.describe()).collect();
        Ok(Response::new(TerminalList { terminals }))
    }

    async fn close_terminal(
        &self,
        request: Request<TerminalRef>,
    ) -> Result<Response<Done>, Status> {
        self.terminal(&request.get_ref().name)?;
        self.terminals().remove(&request.get_ref().name);
        Ok(Response::new(Done {}))
    }

    async fn restart_terminal(
        &self,
        request: Request<TerminalRef>,
    ) -> Result<Response<Terminal>, Status> {
        let name = request.into_inner().name;
        let terminal = self.terminal(&name)?;
        terminal.restart();
        self.tell(session_event::What::TerminalStarted(
            session_event::TerminalStarted { name },
        ));
        Ok(Response::new(terminal.describe()))
    }

    async fn resize_terminal(
        &self,
        request: Request<ResizeTerminalRequest>,
    ) -> Result<Response<Terminal>, Status> {
        let ResizeTerminalRequest { name, cols, rows } = request.into_inner();
        let terminal = self.terminal(&name)?;
        terminal.resize(cols, rows);
        let about = terminal.describe();
        let (cols, rows) = (about.cols, about.rows);
        self.tell(session_event::What::TerminalResized(
            session_event::TerminalResized { name, cols, rows },
        ));
        Ok(Response::new(about))
    }

    async fn write(
        &self,
        request: Request<Streaming<WriteRequest>>,
    ) -> Result<Response<Done>, Status> {
        let mut input = request.into_inner();
        let mut terminal = None;
        while let Some(piece) = input.message().await? {
            if terminal.is_none() || !piece.name.is_empty() {
                terminal = Some((piece.name.clone(), self.terminal(&piece.name)?));
            }
            if let Some((name, terminal)) = &terminal
                && let Some(code) = terminal.write(&piece.data)
            {
                let name = name.clone();
                let exited = session_event::TerminalExited { name, code };
                let exited = session_event::What::TerminalExited(exited);
                self.inner.news.tell_for_sure(exited);
            }
        }
        Ok(Response::new(Done {}))
    }

    async fn output(
        &self,
        request: Request<OutputRequest>,
    ) -> Result<Response<Self::OutputStream>, Status> {
        let OutputRequest { name, from, .. } = request.into_inner();
        let terminal = self.terminal(&name)?;
        let stream = terminal
            .follow(from)
            .ok_or_else(|| Status::out_of_range("the terminal has not written that far"))?;
        Ok(Response::new(stream.map(Ok).boxed()))
    }

    async fn snapshot(
        &self,
        request: Request<SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        let terminal = self.terminal(&request.get_ref().name)?;
        let pieces = repaint::snapshot(&terminal);
        Ok(Response::new(stream::iter(pieces).map(Ok).boxed()))
    }

    async fn capture(
        &self,
        request: Request<CaptureRequest>,
    ) -> Result<Response<Self::CaptureStream>, Status> {
        let terminal = self.terminal(&request.get_ref().name)?;
        let pieces = repaint::capture(&terminal);
        Ok(Response::new(stream::iter(pieces).map(Ok).boxed()))
    }

    async fn list_files(
        &self,
        request: Request<ListFilesRequest>,
    ) -> Result<Response<ListFilesReply>, Status> {
        let page = self.files()?.list(request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn read_file(
        &self,
        request: Request<ReadFileRequest>,
    ) -> Result<Response<FileChunks>, Status> {
        let content = self.files()?.read(request.into_inner()).await?;
        Ok(Response::new(content))
    }

    async fn write_file(
        &self,
        request: Request<Streaming<WriteFileRequest>>,
    ) -> Result<Response<WriteFileReply>, Status> {
        let saved = self.files()?.write(request.into_inner()).await?;
        Ok(Response::new(saved))
    }

    async fn change_files(
        &self,
        request: Request<ChangeFilesRequest>,
    ) -> Result<Response<ChangeFilesReply>, Status> {
        let done = self.files()?.change(request.into_inner()).await?;
        Ok(Response::new(done))
    }

    async fn archive_files(
        &self,
        request: Request<ArchiveFilesRequest>,
    ) -> Result<Response<FileChunks>, Status> {
        let archive = self.files()?.archive(request.into_inner()).await?;
        Ok(Response::new(archive))
    }

    async fn connect_port(
        &self,
        request: Request<Streaming<PortBytes>>,
    ) -> Result<Response<Self::ConnectPortStream>, Status> {
        let carried = self.inner.ports.connect(request.into_inner()).await?;
        Ok(Response::new(carried))
    }

    async fn watch_outbound(
        &self,
        _: Request<WatchOutboundRequest>,
    ) -> Result<Response<Self::WatchOutboundStream>, Status> {
        let dead = self.inner.dead.clone().cancelled_owned();
        let asks = self.inner.outbound.watch().map(Ok).take_until(dead);
        Ok(Response::new(Box::pin(asks)))
    }

    async fn refuse_outbound(
        &self,
        request: Request<OutboundRefusal>,
    ) -> Result<Response<Done>, Status> {
        self.inner.outbound.refuse(request.into_inner());
        Ok(Response::new(Done {}))
    }

    async fn carry_outbound(
        &self,
        request: Request<Streaming<PortBytes>>,
    ) -> Result<Response<Self::CarryOutboundStream>, Status> {
        let (tasks, dead) = (&self.inner.tasks, self.inner.dead.clone());
        let spawn = |task| tasks.spawn(dead.run_until_cancelled_owned(task));
        let messages = request.into_inner();
        let carried = self.inner.outbound.carry(messages, || (), spawn).await?;
        Ok(Response::new(carried))
    }

    async fn watch_agent(
        &self,
        _: Request<WatchAgentRequest>,
    ) -> Result<Response<Self::WatchAgentStream>, Status> {
        let dead = self.inner.dead.clone().cancelled_owned();
        let asks = self.inner.agent.watch().map(Ok).take_until(dead);
        Ok(Response::new(Box::pin(asks)))
    }

    async fn answer_agent(&self, request: Request<AgentAnswer>) -> Result<Response<Done>, Status> {
        self.inner.agent.answer(request.into_inner());
        Ok(Response::new(Done {}))
    }

    async fn clone_repository(
        &self,
        request: Request<CloneRequest>,
    ) -> Result<Response<Self::CloneRepositoryStream>, Status> {
        let Inner { manner, dead, .. } = &*self.inner;
        let news = (self.inner.clones).news(&request.get_ref().url, *manner, dead.clone());
        Ok(Response::new(news))
    }

    async fn make_worktree(
        &self,
        request: Request<WorktreeRequest>,
    ) -> Result<Response<Self::MakeWorktreeStream>, Status> {
        let Inner { manner, dead, .. } = &*self.inner;
        let news = worktree::news(request.get_ref(), *manner, dead.clone());
        Ok(Response::new(news))
    }

    async fn leave_worktree(
        &self,
        _: Request<LeaveRequest>,
    ) -> Result<Response<LeaveReply>, Status> {
        Ok(Response::new(worktree::left()))
    }

    async fn set_auto_commit(
        &self,
        request: Request<AutoCommitRequest>,
    ) -> Result<Response<AutoCommitReply>, Status> {
        let reply = self.inner.keeping.set(&request.get_ref().settings)?;
        Ok(Response::new(reply))
    }

    async fn auto_commit(
        &self,
        request: Request<AutoCommitQuestion>,
    ) -> Result<Response<AutoCommitReply>, Status> {
        let (reply, news) = self.inner.keeping.ask(request.into_inner())?;
        if let Some(news) = news {
            self.inner.news.tell_for_sure(news);
        }
        Ok(Response::new(reply))
    }

    async fn checkpoints(
        &self,
        request: Request<CheckpointsRequest>,
    ) -> Result<Response<CheckpointsReply>, Status> {
        let reply = self.inner.keeping.checkpoints(request.into_inner())?;
        Ok(Response::new(reply))
    }

    async fn git(&self, request: Request<GitRequest>) -> Result<Response<GitReply>, Status> {
        git(&request.get_ref().operation).map(Response::new)
    }

    async fn exec(&self, request: Request<ExecRequest>) -> Result<Response<ExecReply>, Status> {
        exec(&self.inner.env, request.into_inner()).map(Response::new)
    }

    async fn stats(&self, _: Request<StatsRequest>) -> Result<Response<StatsReply>, Status> {
        let terminals = self.terminals();
        let about: Vec<_> = terminals.values().map(|one| one.describe()).collect();
        Ok(Response::new(StatsReply {
            output_bytes: about.iter().map(|terminal| terminal.offset).sum(),
            input_bytes: about.iter().map(|terminal| terminal.input_bytes).sum(),
            ..StatsReply::default()
        }))
    }

    async fn usage(&self, _: Request<UsageRequest>) -> Result<Response<UsageReply>, Status> {
        (self.inner.usage.reply(self.inner.files.is_some())).map(Response::new)
    }

    async fn watch(&self, _: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let ready = session_event::What::Ready(session_event::Ready {});
        let known = [ready, self.inner.ports.news()].map(|what| SessionEvent {
            what: Some(what),
            ..SessionEvent::default()
        });
        let news = stream::iter(known).chain(self.inner.news.watch()).map(Ok);
        let dead = self.inner.dead.clone().cancelled_owned();
        Ok(Response::new(news.take_until(dead).boxed()))
    }

    async fn acknowledge_news(
        &self,
        request: Request<NewsAcknowledged>,
    ) -> Result<Response<Done>, Status> {
        self.inner.news.acknowledge(request.get_ref().number);
        Ok(Response::new(Done {}))
    }

    async fn shutdown(&self, _: Request<ShutdownRequest>) -> Result<Response<Done>, Status> {
        self.inner.dead.cancel();
        Ok(Response::new(Done {}))
    }
}
