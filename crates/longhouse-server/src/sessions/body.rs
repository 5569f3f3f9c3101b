//! A session as clients see it.

use std::collections::BTreeMap;
use std::path::Path;

use longhouse_domain::Timestamp;
use longhouse_domain::container::ContainerSpec;
use longhouse_domain::git::Repository;
use longhouse_engine::{SessionView, TerminalView};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::autocommit::AutoCommitSettings;
use super::create::{Network, RepoType, WorktreeBody};
use super::names::{
    AccessName, ActionName, AgentStateName, ModeName, MultiplexerName, RuntimeName, StatusName,
    TemplateName,
};
use super::ports::PortBody;
use crate::preview::PreviewNames;
use crate::terminals::TerminalBody;

/// Whose a session is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Owner {
    id: Uuid,
    username: String,
}

impl Owner {
    fn of(view: &SessionView) -> Self {
        Self {
            id: view.session.owner.0,
            username: view.owner_name.clone(),
        }
    }
}

/// The container that a session lives in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Container {
    id: String,
    image: String,
}

impl From<&longhouse_engine::Container> for Container {
    fn from(container: &longhouse_engine::Container) -> Self {
        Self {
            id: container.id.clone(),
            image: container.image.clone(),
        }
    }
}

/// A session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    description: String,
    owner: Owner,
    labels: BTreeMap<String, String>,
    status: StatusName,
    /// Why it has this status, where there is a reason.
    status_reason: Option<String>,
    agent: String,
    flags: Vec<String>,
    mode: ModeName,
    prompt: Option<String>,
    runtime: RuntimeName,
    /// The absolute path of the working directory.
    workdir: String,
    multiplexer: MultiplexerName,
    env: BTreeMap<String, String>,
    /// The names of the secrets; their values are never shown.
    secrets: Vec<String>,
    /// Whether its git has an SSH key to log in with.
    has_ssh_key: bool,
    /// The public half of that key, as a line of `authorized_keys`: to be given to the repository's host.
    ssh_public_key: Option<String>,
    repo_type: RepoType,
    /// The working tree that it has in another session's repository.
    worktree: Option<WorktreeBody>,
    /// The repository it began with, or that its working tree's repository is from.
    repo_url: Option<String>,
    /// The branch or tag it began on, where one was chosen.
    branch: Option<String>,
    /// How many commits of history were fetched; all, if absent.
    clone_depth: Option<u32>,
    /// Whether the repositories inside it were fetched too.
    clone_submodules: bool,
    /// When the repository or the working tree was there; absent before that.
    cloned_at: Option<Timestamp>,
    git_user_name: Option<String>,
    git_user_email: Option<String>,
    /// What is made of changes in its repository.
    auto_commit: AutoCommitSettings,
    idle_timeout_seconds: Option<u32>,
    /// Whether its terminals are recorded.
    recording: bool,
    agent_state: AgentStateName,
    agent_state_since: Timestamp,
    /// How the agent's state is known, in words.
    agent_state_evidence: String,
    container: Option<Container>,
    /// What its container is made for; absent on the host.
    template: Option<TemplateName>,
    /// The points of the hardening that its template gives up, by name.
    loosened: Vec<String>,
    /// What its container is made from.
    image: Option<String>,
    /// Cores of its container.
    cpu_limit: Option<f64>,
    /// Megabytes of its container.
    memory_limit: Option<u64>,
    /// Processes and threads of its container.
    pids_limit: Option<u32>,
    /// Megabytes on disk that its container's workspace and home may have; no bound, if null.
    disk_limit: Option<u64>,
    /// Where its programs may connect to.
    network: Network,
    /// What they reach with `allowlist`.
    allow_hosts: Vec<String>,
    /// The process that holds the session on the server's machine, while it runs.
    pid: Option<u32>,
    /// The tmux socket: `tmux -S <socketPath> attach`.
    socket_path: Option<String>,
    terminals: Vec<TerminalBody>,
    ports: Vec<PortBody>,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_accessed_at: Option<Timestamp>,
    last_activity_at: Option<Timestamp>,
    /// The most that the caller may do with it.
    access: AccessName,
    /// With how many users it is shared.
    shared: u64,
    /// What the caller may do with it now.
    allowed_actions: Vec<ActionName>,
}

impl SessionBody {
    /// The session of a view, with the addresses by which previews are named here.
    pub(crate) fn new(names: &PreviewNames, view: &SessionView) -> Self {
        let (session, spec) = (&view.session, &view.session.spec);
        let (asked, repository) = (spec.container.as_ref(), spec.repository.as_ref());
        Self {
            id: session.id.0,
            name: session.name.to_string(),
            description: session.description.clone(),
            owner: Owner::of(view),
            labels: session.labels.clone(),
            status: session.status().into(),
            status_reason: reason(view),
            agent: spec.agent.clone(),
            flags: spec.flags.clone(),
            mode: spec.mode.into(),
            prompt: spec.prompt.clone(),
            runtime: spec.runtime.into(),
            workdir: view.workdir.display().to_string(),
            multiplexer: spec.multiplexer.into(),
            env: spec.env.clone(),
            secrets: spec.secrets.clone(),
            has_ssh_key: spec.ssh_key.is_some(),
            ssh_public_key: spec.ssh_key.as_ref().map(|key| key.public_key.clone()),
            repo_type: RepoType::of(spec),
            worktree: spec.worktree.as_ref().map(Into::into),
            repo_url: repository.map(|repository| repository.url.to_string()),
            branch: branch(repository),
            clone_depth: clone_depth(repository),
            clone_submodules: repository.is_some_and(|repository| repository.submodules),
            cloned_at: session.cloned_at,
            git_user_name: spec.git.user_name.clone(),
            git_user_email: spec.git.user_email.clone(),
            auto_commit: spec.auto_commit.clone().into(),
            idle_timeout_seconds: spec.idle_timeout_seconds,
            recording: view.recording,
            agent_state: view.agent_state.kind.into(),
            agent_state_since: view.agent_state.since,
            agent_state_evidence: view.agent_state.evidence.clone(),
            container: view.container.as_ref().map(Container::from),
            template: asked.map(|asked| asked.template.into()),
            loosened: loosened(asked),
            image: asked.map(|asked| asked.image.to_string()),
            cpu_limit: asked.map(|asked| f64::from(asked.limits.cpu_millis) / 1000.0),
            memory_limit: asked.map(|asked| asked.limits.memory_mb.into()),
            pids_limit: asked.map(|asked| asked.limits.pids),
            disk_limit: asked.and_then(|asked| asked.disk_mb).map(Into::into),
            allow_hosts: allow_hosts(asked),
            network: asked.map_or(Network::Open, |asked| asked.network.into()),
            pid: view.pid,
            socket_path: shown(view.socket_path.as_deref()),
            terminals: terminals(session.id.0, &view.terminals),
            ports: PortBody::all(names, view),
            created_at: session.created_at,
            updated_at: session.updated_at,
            last_accessed_at: session.last_accessed_at,
            last_activity_at: session.last_activity_at,
            access: view.access.into(),
            shared: view.shared,
            allowed_actions: view.allowed_actions.iter().map(|a| (*a).into()).collect(),
        }
    }
}

fn reason(view: &SessionView) -> Option<String> {
    let reason = view.unkept.as_deref().or(view.session.phase.reason());
    let reason = reason.or(view.notice.as_deref());
    reason.map(str::to_owned)
}

fn shown(path: Option<&Path>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

fn branch(repository: Option<&Repository>) -> Option<String> {
    repository?.branch.as_ref().map(ToString::to_string)
}

fn clone_depth(repository: Option<&Repository>) -> Option<u32> {
    repository?.depth.map(Into::into)
}

/// The points of the hardening that a container gives up.
fn loosened(asked: Option<&ContainerSpec>) -> Vec<String> {
    let points = asked.map_or(&[][..], |asked| asked.template.loosens());
    points
        .iter()
        .map(|point| point.as_str().to_owned())
        .collect()
}

fn terminals(session: Uuid, views: &[TerminalView]) -> Vec<TerminalBody> {
    views
        .iter()
        .map(|view| TerminalBody::new(session, view))
        .collect()
}

fn allow_hosts(asked: Option<&ContainerSpec>) -> Vec<String> {
    let entries = asked.map(|asked| asked.allow_hosts.entries());
    let entries = entries.into_iter().flatten();
    entries.map(ToString::to_string).collect()
}
