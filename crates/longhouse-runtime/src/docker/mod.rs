//! The Docker runtime: a session is one container of the engine on this machine, hardened, limited, and replaced with each start. What is to
//! last is in two volumes, the workspace and the home.
//!
//! It holds no decision on a session's life, and knows no user but as a label. What a container may do stands in [`container`] alone.

mod client;
mod container;
mod examine;
mod image;
mod launch;
mod layout;
mod measure;
mod network;
mod observe;
mod output;
mod ownership;
mod remove;
mod seccomp;
mod settings;
mod volumes;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use longhouse_domain::container::{ImageName, Limits};
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use longhouse_domain::session::{RuntimeKind, Workdir};
use longhouse_domain::{Secrets, SessionId};
use longhouse_files::AllowedFiles;
use longhouse_link::Peer;
use tokio::sync::mpsc;

pub use examine::{Examination, examine};
pub use settings::{BadEngineAddress, DockerSettings, EngineAddress};

use crate::disk::secrets::{Reader, SecretFiles};
use crate::host::boot_id;
use crate::{
    Container, Leftover, News, OutputError, OutputLines, OutputQuestion, Pace, Plan, Progress,
    ProvisionError, Readings, Runtime, RuntimeHealth, Volume, VolumeError,
};
use client::Client;
use layout::Layout;
use observe::Handle;

/// Makes, finds and clears sessions in containers.
#[derive(Clone, Debug)]
pub struct DockerRuntime {
    docker: Arc<Docker>,
}

#[derive(Debug)]
struct Docker {
    client: Client,
    layout: Layout,
    secrets: SecretFiles,
    sessiond: PathBuf,
    default_image: ImageName,
    ring_bytes: Option<u64>,
    scrollback_lines: Option<u32>,
    making_network: tokio::sync::Mutex<()>,
    /// Read by every start that uses a network, from before it is looked for until the container is on it; written by whoever removes some.
    using_networks: tokio::sync::RwLock<()>,
    bare_images: ownership::BareImages,
    /// This start of the machine.
    boot: String,
}

impl DockerRuntime {
    /// Makes the directories. The engine is not asked: it may come later.
    ///
    /// # Errors
    /// A directory cannot be made or is open to others.
    pub fn new(settings: DockerSettings) -> io::Result<Self> {
        // Beside those of the host's sessions: each of the two goes with its last file.
        let mut secrets = settings.secrets_dir.into_os_string();
        secrets.push("-docker");
        Ok(Self {
            docker: Arc::new(Docker {
                client: Client::new(settings.engine),
                layout: Layout::new(&settings.data_dir, &settings.run_dir)?,
                secrets: SecretFiles::new(secrets.into(), Reader::Guest),
                sessiond: settings.sessiond,
                default_image: settings.default_image,
                ring_bytes: settings.ring_bytes,
                scrollback_lines: settings.scrollback_lines,
                making_network: tokio::sync::Mutex::default(),
                using_networks: tokio::sync::RwLock::default(),
                bare_images: ownership::BareImages::default(),
                boot: boot_id()?,
            }),
        })
    }

    /// The mark of this server on everything that it makes in the engine.
    #[must_use]
    pub fn server_mark(&self) -> &str {
        self.docker.layout.server()
    }

    /// Does what reads and writes files away from the tasks that must not wait.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Docker) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let docker = self.docker.clone();
        tokio::task::spawn_blocking(move || work(&docker))
            .await
            .map_err(io::Error::other)?
    }
}

fn check_workdir(plan: &Plan) -> Result<(), ProvisionError> {
    match plan.workdir {
        Workdir::Own => Ok(()),
        Workdir::Named { .. } => Err(ProvisionError::Workdir(format!(
            "a session in a container works in {}: leave it out",
            container::WORKSPACE
        ))),
    }
}

/// Whether the machine has what is asked for.
fn check_limits(limits: Limits, most: Limits) -> Result<(), ProvisionError> {
    let more = |field, message: String| Err(ProvisionError::Field { field, message });
    if limits.cpu_millis > most.cpu_millis {
        let cores = most.cpu_millis / 1000;
        return more("cpuLimit", format!("this machine has {cores} cores"));
    }
    if limits.memory_mb > most.memory_mb {
        let text = format!("this machine has {} MB", most.memory_mb);
        return more("memoryLimit", text);
    }
    Ok(())
}

#[async_trait]
impl Runtime for DockerRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Docker
    }

    /// What an image holds is not known beforehand.
    fn has_program(&self, _program: &str) -> bool {
        false
    }

    async fn check(&self, plan: &Plan) -> Result<(), ProvisionError> {
        check_workdir(plan)?;
        // Asked anew: whoever waits for the answer is to hear now that the engine is away, and not to find the session waiting for it.
        let engine = self.docker.client.connect().await;
        let limits = launch::container_spec(plan)?.limits;
        check_limits(limits, engine.map_err(image::unavailable)?.most)
    }

    async fn prepare(
        &self,
        plan: &Plan,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<(), ProvisionError> {
        let spec = launch::container_spec(plan)?;
        image::ensure(&self.docker.client, &spec.image, progress).await
    }

    async fn provision(&self, plan: &Plan) -> Result<RuntimeHandle, ProvisionError> {
        check_workdir(plan)?;
        // Nobody waits for this answer: an engine that has gone meanwhile is noticed with the next call.
        let engine = self.docker.client.engine().await;
        let limits = launch::container_spec(plan)?.limits;
        check_limits(limits, engine.map_err(image::unavailable)?.most)?;
        launch::provision(self, plan).await
    }

    async fn observe(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> Observed {
        observe::observe(&self.docker, session, handle).await
    }

    async fn end(&self, session: SessionId, _handle: Option<&RuntimeHandle>) -> io::Result<()> {
        remove::end(self, session).await
    }

    async fn destroy(&self, session: SessionId, _workdir: &Workdir) -> io::Result<()> {
        remove::destroy(self, session).await
    }

    async fn keep_secrets(&self, session: SessionId, secrets: &Secrets) -> io::Result<()> {
        let secrets = secrets.clone();
        self.blocking(move |docker| docker.secrets.keep(session, &secrets))
            .await
    }

    fn files(&self) -> Option<AllowedFiles> {
        None
    }

    fn socket_dir(&self, session: SessionId) -> io::Result<PathBuf> {
        self.docker.layout.make(session)?;
        Ok(self.docker.layout.link_dir(session))
    }

    fn link_path(&self, session: SessionId) -> PathBuf {
        self.docker.layout.link_socket(session)
    }

    fn link_peer(&self) -> Peer {
        Peer::Guest(container::USER)
    }

    /// There is none: the terminals of a container are not wrapped.
    fn tmux_path(&self, _session: SessionId) -> PathBuf {
        PathBuf::new()
    }

    fn workdir_path(&self, _session: SessionId, _workdir: &Workdir) -> PathBuf {
        PathBuf::from(container::WORKSPACE)
    }

    async fn leftovers(&self) -> io::Result<Vec<Leftover>> {
        remove::leftovers(self).await
    }

    async fn clear(&self, leftover: &Leftover) -> io::Result<()> {
        remove::clear(self, leftover).await
    }

    async fn volumes(&self) -> Result<Vec<Volume>, String> {
        let all = volumes::all(&self.docker).await;
        all.map_err(|error| error.to_string())
    }

    async fn remove_volume(&self, name: &str) -> Result<(), VolumeError> {
        volumes::remove_named(&self.docker, name).await
    }

    fn health(&self) -> RuntimeHealth {
        self.docker.client.health()
    }

    async fn reach(&self) -> Result<(), String> {
        let asked = self.docker.client.connect().await;
        asked.map(drop).map_err(|error| error.to_string())
    }

    fn most(&self) -> Option<Limits> {
        self.docker.client.most()
    }

    async fn is_ready(&self) -> bool {
        let docker = &self.docker;
        let present = image::is_present(&docker.client, &docker.default_image).await;
        present.unwrap_or(false)
    }

    async fn output(
        &self,
        session: SessionId,
        handle: Option<&RuntimeHandle>,
        question: OutputQuestion,
    ) -> Result<OutputLines, OutputError> {
        output::output(&self.docker, session, handle, question).await
    }

    fn container(&self, handle: &RuntimeHandle) -> Option<Container> {
        let handle = Handle::read(handle)?;
        Some(Container {
            id: handle.container,
            image: handle.image,
        })
    }

    fn measure(&self, handle: &RuntimeHandle, pace: Pace) -> Option<Readings> {
        Some(measure::measure(self, handle, pace))
    }

    async fn watch(&self, news: mpsc::Sender<News>) {
        watch::watch(&self.docker, news).await;
    }
}
