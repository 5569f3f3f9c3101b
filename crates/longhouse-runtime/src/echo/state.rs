//! What an echo session is made of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longhouse_domain::terminal::Environment;
use longhouse_files::Workspace;
use longhouse_link::files::FileCalls;
use longhouse_link::limits::PROTOCOL;
use longhouse_link::proto::{HelloReply, session_event};
use longhouse_link::{AgentAsks, News, Outbound};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;

use super::Manner;
use super::clone::Clones;
use super::keep::EchoKeeping;
use super::port::EchoPorts;
use super::terminal::EchoTerminal;
use super::usage::EchoUsage;
use crate::Plan;

/// A sessiond in the server's own process.
#[derive(Clone, Debug)]
pub(super) struct EchoSessiond {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) hello: HelloReply,
    pub(super) greeted: CancellationToken,
    pub(super) env: Environment,
    pub(super) first_offset: u64,
    pub(super) terminals: Mutex<BTreeMap<String, Arc<EchoTerminal>>>,
    pub(super) news: News,
    pub(super) dead: CancellationToken,
    pub(super) manner: Manner,
    /// Not of an old one, which has no such calls.
    pub(super) files: Option<FileCalls>,
    pub(super) ports: EchoPorts,
    pub(super) outbound: Outbound,
    pub(super) agent: AgentAsks,
    pub(super) usage: EchoUsage,
    pub(super) tasks: TaskTracker,
    pub(super) clones: Clones,
    pub(super) keeping: EchoKeeping,
}

impl EchoSessiond {
    pub(super) fn new(
        plan: &Plan,
        number: u64,
        dead: CancellationToken,
        manner: Manner,
        workdir: PathBuf,
        tasks: TaskTracker,
        clones: Clones,
    ) -> Self {
        let hello = HelloReply {
            protocol: PROTOCOL,
            version: "echo".to_owned(),
            session_id: plan.session.to_string(),
            pid: std::process::id(),
            started_at_ms: 0,
            boot_id: format!("echo-{number}"),
        };
        let inner = Arc::new(Inner {
            hello,
            greeted: CancellationToken::new(),
            env: plan.env.clone(),
            first_offset: plan.first_offset,
            terminals: Mutex::default(),
            news: News::default(),
            dead: dead.clone(),
            manner,
            files: (manner != Manner::KnowsNoFiles).then(|| FileCalls::new(Workspace::At(workdir))),
            ports: EchoPorts::new(dead.clone(), tasks.clone()),
            outbound: Outbound::default(),
            agent: AgentAsks::default(),
            usage: EchoUsage::new(),
            tasks,
            clones,
            keeping: EchoKeeping::default(),
        });
        Self { inner }
    }

    /// Waits until the server has said hello.
    pub(super) async fn greeted(&self) {
        self.inner.greeted.cancelled().await;
    }

    pub(super) fn terminals(&self) -> MutexGuard<'_, BTreeMap<String, Arc<EchoTerminal>>> {
        let terminals = self.inner.terminals.lock();
        terminals.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn terminal(&self, name: &str) -> Result<Arc<EchoTerminal>, Status> {
        let found = self.terminals().get(name).cloned();
        found.ok_or_else(|| Status::not_found(format!("there is no terminal {name:?}")))
    }

    pub(super) fn files(&self) -> Result<&FileCalls, Status> {
        let files = self.inner.files.as_ref();
        files.ok_or_else(|| Status::unimplemented("this one knows no files"))
    }

    /// Says that its programs listen on these ports, and on no others.
    pub(super) fn listen(&self, ports: Vec<session_event::Port>) {
        self.inner.ports.listen(ports);
        self.tell(self.inner.ports.news());
    }

    /// What it says it uses.
    pub(super) fn usage(&self) -> &EchoUsage {
        &self.inner.usage
    }

    /// What its programs ask of the way out.
    pub(super) fn outbound(&self) -> Outbound {
        self.inner.outbound.clone()
    }

    /// What its programs ask of its SSH agent.
    pub(super) fn agent(&self) -> AgentAsks {
        self.inner.agent.clone()
    }

    pub(super) fn tell(&self, what: session_event::What) {
        self.inner.news.tell(what);
    }
}
