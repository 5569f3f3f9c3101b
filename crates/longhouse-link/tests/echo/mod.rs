//! A real, small sessiond: enough of one to show that the link carries what it should.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use longhouse_link::proto::sessiond_server::Sessiond;
use longhouse_link::proto::*;
use longhouse_link::{answer_hello, limits};
use tonic::{Request, Response, Status, Streaming};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A real, small sessiond: says hello, echoes an exec's arguments, streams numbered chunks.
#[derive(Clone)]
pub(crate) struct Echo {
    pub(crate) hello: HelloReply,
}

fn none<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("the echo knows exec and output only"))
}

#[tonic::async_trait]
impl Sessiond for Echo {
    type OutputStream = Answers<OutputChunk>;
    type SnapshotStream = Answers<SnapshotChunk>;
    type CaptureStream = Answers<CaptureChunk>;
    type WatchStream = Answers<SessionEvent>;
    type ConnectPortStream = Answers<PortBytes>;
    type WatchOutboundStream = stream::Empty<Result<OutboundAsk, Status>>;
    type WatchAgentStream = stream::Empty<Result<AgentAsk, Status>>;
    type CarryOutboundStream = stream::Empty<Result<PortBytes, Status>>;
    type CloneRepositoryStream = Answers<CloneNews>;
    type MakeWorktreeStream = Answers<WorktreeNews>;
    type ReadFileStream = Answers<FileChunk>;
    type ArchiveFilesStream = Answers<FileChunk>;

    async fn hello(&self, r: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        answer_hello(&r, self.hello.clone()).map(Response::new)
    }

    async fn usage(&self, _: Request<UsageRequest>) -> Result<Response<UsageReply>, Status> {
        none()
    }

    async fn clone_repository(
        &self,
        _: Request<CloneRequest>,
    ) -> Result<Response<Self::CloneRepositoryStream>, Status> {
        none()
    }

    async fn make_worktree(
        &self,
        _: Request<WorktreeRequest>,
    ) -> Result<Response<Self::MakeWorktreeStream>, Status> {
        none()
    }

    async fn leave_worktree(
        &self,
        _: Request<LeaveRequest>,
    ) -> Result<Response<LeaveReply>, Status> {
        none()
    }

    async fn git(&self, _: Request<GitRequest>) -> Result<Response<GitReply>, Status> {
        none()
    }

    async fn set_auto_commit(
        &self,
        _: Request<AutoCommitRequest>,
    ) -> Result<Response<AutoCommitReply>, Status> {
        none()
    }

    async fn auto_commit(
        &self,
        _: Request<AutoCommitQuestion>,
    ) -> Result<Response<AutoCommitReply>, Status> {
        none()
    }

    async fn checkpoints(
        &self,
        _: Request<CheckpointsRequest>,
    ) -> Result<Response<CheckpointsReply>, Status> {
        none()
    }

    async fn exec(&self, r: Request<ExecRequest>) -> Result<Response<ExecReply>, Status> {
        let said = r.into_inner().argv.join(" ");
        if said == "refuse" {
            return Err(Status::unavailable("not now"));
        }
        let stdout = said.into();
        Ok(Response::new(ExecReply {
            stdout,
            ..ExecReply::default()
        }))
    }

    async fn output(
        &self,
        r: Request<OutputRequest>,
    ) -> Result<Response<Self::OutputStream>, Status> {
        let from = r.into_inner().from;
        let chunks = stream::iter(0..64_u64).map(move |n| {
            Ok(OutputChunk {
                offset: from + n * limits::OUTPUT_CHUNK_BYTES as u64,
                data: Bytes::from(vec![n as u8; limits::OUTPUT_CHUNK_BYTES]),
                ..OutputChunk::default()
            })
        });
        Ok(Response::new(Box::pin(chunks)))
    }

    async fn create_terminal(
        &self,
        _: Request<CreateTerminalRequest>,
    ) -> Result<Response<Terminal>, Status> {
        none()
    }
    async fn list_terminals(
        &self,
        _: Request<ListTerminalsRequest>,
    ) -> Result<Response<TerminalList>, Status> {
        none()
    }
    async fn close_terminal(&self, _: Request<TerminalRef>) -> Result<Response<Done>, Status> {
        none()
    }
    async fn restart_terminal(
        &self,
        _: Request<TerminalRef>,
    ) -> Result<Response<Terminal>, Status> {
        none()
    }
    async fn resize_terminal(
        &self,
        _: Request<ResizeTerminalRequest>,
    ) -> Result<Response<Terminal>, Status> {
        none()
    }
    async fn write(&self, _: Request<Streaming<WriteRequest>>) -> Result<Response<Done>, Status> {
        none()
    }
    async fn snapshot(
        &self,
        _: Request<SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        none()
    }
    async fn capture(
        &self,
        _: Request<CaptureRequest>,
    ) -> Result<Response<Self::CaptureStream>, Status> {
        none()
    }
    async fn list_files(
        &self,
        _: Request<ListFilesRequest>,
    ) -> Result<Response<ListFilesReply>, Status> {
        none()
    }
    async fn read_file(
        &self,
        _: Request<ReadFileRequest>,
    ) -> Result<Response<Self::ReadFileStream>, Status> {
        none()
    }
    async fn write_file(
        &self,
        _: Request<Streaming<WriteFileRequest>>,
    ) -> Result<Response<WriteFileReply>, Status> {
        none()
    }
    async fn change_files(
        &self,
        _: Request<ChangeFilesRequest>,
    ) -> Result<Response<ChangeFilesReply>, Status> {
        none()
    }
    async fn archive_files(
        &self,
        _: Request<ArchiveFilesRequest>,
    ) -> Result<Response<Self::ArchiveFilesStream>, Status> {
        none()
    }
    async fn watch_outbound(
        &self,
        _: Request<WatchOutboundRequest>,
    ) -> Result<Response<Self::WatchOutboundStream>, Status> {
        none()
    }
    async fn refuse_outbound(&self, _: Request<OutboundRefusal>) -> Result<Response<Done>, Status> {
        none()
    }
    async fn carry_outbound(
        &self,
        _: Request<Streaming<PortBytes>>,
    ) -> Result<Response<Self::CarryOutboundStream>, Status> {
        none()
    }
    async fn watch_agent(
        &self,
        _: Request<WatchAgentRequest>,
    ) -> Result<Response<Self::WatchAgentStream>, Status> {
        none()
    }
    async fn answer_agent(&self, _: Request<AgentAnswer>) -> Result<Response<Done>, Status> {
        none()
    }
    async fn stats(&self, _: Request<StatsRequest>) -> Result<Response<StatsReply>, Status> {
        none()
    }
    /// Never says anything, and never ends.
    async fn watch(&self, _: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Ok(Response::new(Box::pin(stream::pending())))
    }
    async fn acknowledge_news(
        &self,
        _: Request<NewsAcknowledged>,
    ) -> Result<Response<Done>, Status> {
        none()
    }
    async fn connect_port(
        &self,
        _: Request<Streaming<PortBytes>>,
    ) -> Result<Response<Self::ConnectPortStream>, Status> {
        none()
    }
    async fn shutdown(&self, _: Request<ShutdownRequest>) -> Result<Response<Done>, Status> {
        none()
    }
}
