//! Creating a session.

mod listed;
mod ports;
mod repository;
mod ssh_key;
mod worktree;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use longhouse_domain::container::{BadImageName, Network as ContainerNetwork, Template};
use longhouse_domain::egress::{AllowList, EgressError};
use longhouse_domain::name::SessionName;
use longhouse_domain::session::{GitIdentity, RuntimeKind};
use longhouse_domain::{SecretText, Secrets};
use longhouse_engine::{NewContainer, NewSession, SessionView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::autocommit::ChangeAutoCommit;
use super::body::SessionBody;
use super::names::{ModeName, MultiplexerName, RuntimeName, TemplateName};
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::Body;
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::state::AppState;
pub(crate) use listed::{ListedSession, in_words_of_the_list};
use ports::PortRequest;
pub(crate) use ports::note_ports;
pub(crate) use repository::RepoType;
use worktree::CreateWorktree;
pub(crate) use worktree::WorktreeBody;

/// Longest key that makes a request repeatable, in bytes.
const LONGEST_KEY: usize = 255;

/// Where a session's programs may connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Network {
    None,
    Git,
    Allowlist,
    Open,
}

/// A session to be created. Fields that the chosen runtime cannot honour are refused by name, never ignored.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateSession {
    /// 1 to 64 of `a-z A-Z 0-9 . _ -` and space.
    name: String,
    #[serde(default)]
    description: String,
    /// The agent's name, as in the configuration; `type` is understood too. By default the template's, or `shell`.
    #[serde(alias = "type")]
    agent: Option<String>,
    /// Further arguments of the agent.
    #[serde(default)]
    flags: Vec<String>,
    mode: Option<ModeName>,
    /// The first message, or the task.
    prompt: Option<String>,
    /// By default docker where an engine answers and has the usual image, otherwise host.
    runtime: Option<RuntimeName>,
    /// An absolute path below an allowed base directory; by default a new directory of the session's own.
    workdir: Option<String>,
    multiplexer: Option<MultiplexerName>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    git_user_name: Option<String>,
    git_user_email: Option<String>,
    idle_timeout_seconds: Option<u32>,
    /// Whether its terminals are recorded; by default not, but where the server records all (`recordings` of `/api/config`).
    recording: Option<bool>,
    /// The repository to begin with: `https://host/path`, `ssh://user@host/path` or `user@host:path`, without a password or a token. It is
    /// cloned into the working directory, which must be empty.
    repo_url: Option<String>,
    /// A working tree of another session's repository to begin with, in place of a clone.
    worktree: Option<CreateWorktree>,
    /// `clone` where there is a `repoUrl`, `worktree` where there is one, and otherwise `empty`; it need not be said.
    repo_type: Option<RepoType>,
    /// The branch or tag to begin on; by default the repository's own.
    branch: Option<String>,
    /// How many commits of history to fetch; by default all of them.
    #[schema(minimum = 1)]
    clone_depth: Option<u32>,
    /// Whether the repositories inside it are fetched too; by default not.
    #[serde(default)]
    clone_submodules: bool,
    /// The private half of an SSH key that is the session's alone, and goes with it.
    #[schema(value_type = Option<String>, write_only)]
    ssh_key: Option<SecretText>,
    /// What that key is encrypted with, where it is.
    #[schema(value_type = Option<String>, write_only)]
    ssh_key_passphrase: Option<SecretText>,
    /// A path on the server's machine, which is never read: refused with words that say what to send instead.
    ssh_key_path: Option<String>,
    /// One of the SSH keys that one keeps, by its identifier.
    ssh_key_id: Option<Uuid>,
    /// Whether an SSH key is made for the session. The answer has its public half, `sshPublicKey`.
    generate_ssh_key: Option<bool>,
    /// What a container is made for: it chooses the agent, and may loosen a point of the hardening that it is named for.
    template: Option<TemplateName>,
    /// What a container is made from; fetched where it is missing.
    image: Option<String>,
    /// Files in `$LONGHOUSE_SECRETS_DIR` of the session's programs. No answer shows more than the names.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, write_only)]
    secrets: Secrets,
    /// Cores of a container.
    cpu_limit: Option<f64>,
    /// Megabytes of a container; there is no swap beside them.
    memory_limit: Option<u64>,
    /// Megabytes on disk, of a container's workspace and home together. Looked at every few seconds: at nine tenths the session says so, and
    /// one that stays above it is stopped.
    disk_limit: Option<u64>,
    /// Processes and threads of a container.
    pids_limit: Option<u32>,
    /// By default open. A container of its own network sees no other session. With `allowlist` it has no network but a proxy to what
    /// `allowHosts` names, in `HTTP_PROXY` and its kin; with `git` that is the host of `repoUrl`.
    network: Option<Network>,
    /// What is reached with `allowlist`: `host`, `*.host`, an address or a range of them, each with an optional `:port`. What is not
    /// on the public internet has to be named by its address, by somebody who may use the host.
    #[serde(default)]
    allow_hosts: Vec<String>,
    /// Ports of a container to be reached on the server's machine, with every kind of network. Nobody logs in there: whoever reaches the
    /// address reaches the program.
    #[serde(default)]
    ports: Vec<PortRequest>,
    /// What is made of changes in the repository; by default nothing.
    auto_commit: Option<ChangeAutoCommit>,
}

/// Creates a session. It answers at once with `starting`; the rest happens in the background and is told by events.
#[utoipa::path(post, path = "/api/sessions", tag = "sessions", request_body = CreateSession,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key within 24 hours gives the same answer and no second session")),
    responses((status = 201, body = SessionBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn create_session(
    state: State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    note: Note,
    body: Body<CreateSession>,
) -> Result<impl IntoResponse, Problem> {
    let view = create(&state, &caller, &headers, body.0).await?;
    note_ports(&note, &view);
    let session = SessionBody::new(state.previews(), &view);
    let location = format!("/api/sessions/{}", session.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(session)))
}

/// Creates what a body asks for.
pub(crate) async fn create(
    app: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    asked: CreateSession,
) -> Result<SessionView, Problem> {
    let key = idempotency_key(headers)?;
    let new = asked.checked(&app.engine().runtimes())?;
    let made = app.engine().create_session(&caller.actor, new, key);
    Ok(made.await?)
}

/// The key under which a repeated request is known.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid_field(
            "Idempotency-Key",
            format!("must have 1 to {LONGEST_KEY} printable characters"),
        )),
    }
}

impl CreateSession {
    /// The same, in a container. Whoever asks for another place says so elsewhere.
    pub(crate) fn in_container(mut self) -> Result<Self, Problem> {
        match self.runtime {
            None | Some(RuntimeName::Docker) => {
                self.runtime = Some(RuntimeName::Docker);
                Ok(self)
            }
            Some(_) => Err(Problem::invalid_field(
                "runtime",
                "a container is of the runtime docker: for others use POST /api/sessions",
            )),
        }
    }

    /// What the engine can do with it, or everything that is wrong with it.
    fn checked(self, runtimes: &[RuntimeKind]) -> Result<NewSession, Problem> {
        if let Some(runtime) = self.runtime.map(RuntimeKind::from)
            && !runtimes.contains(&runtime)
        {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "runtime.unavailable",
                format!("this server has no {} runtime at present", runtime.as_str()),
            )
            .retry_after(30));
        }
        let mut errors = self.unsupported(runtimes);
        let container = self.container(&mut errors);
        let allow_hosts = allow_list(&self.allow_hosts, &mut errors);
        let repository = self.repository(&mut errors);
        let worktree = self.worktree(&mut errors);
        let ssh_key = self.ssh_key(&mut errors);
        let auto_commit = self.auto_commit.clone().unwrap_or_default();
        let auto_commit = auto_commit
            .checked("autoCommit.", &mut errors)
            .onto_the_usual();
        let name = SessionName::try_from(self.name)
            .map_err(|error| errors.push(FieldError::new("name", error.to_string())));
        let (Ok(name), true) = (name, errors.is_empty()) else {
            return Err(Problem::invalid(errors));
        };
        let usual_agent = container.template.map_or("shell", Template::agent);
        Ok(NewSession {
            name,
            description: self.description,
            labels: self.labels,
            agent: self.agent.unwrap_or_else(|| usual_agent.to_owned()),
            flags: self.flags,
            mode: self.mode.map(Into::into).unwrap_or_default(),
            prompt: self.prompt,
            runtime: self.runtime.map(Into::into),
            workdir: self.workdir,
            multiplexer: self.multiplexer.map(Into::into),
            container,
            network: self.network.map(Into::into),
            allow_hosts,
            env: self.env,
            secrets: self.secrets,
            repository,
            new_repository: None,
            worktree,
            ssh_key,
            auto_commit,
            git: GitIdentity {
                user_name: self.git_user_name,
                user_email: self.git_user_email,
            },
            idle_timeout_seconds: self.idle_timeout_seconds,
            recording: self.recording,
        })
    }

    /// What is asked for of a container; what makes no sense is written to `errors`.
    fn container(&self, errors: &mut Vec<FieldError>) -> NewContainer {
        let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
        let image = match self.image.as_deref().map(str::parse).transpose() {
            Ok(image) => image,
            Err(error) => {
                let error: BadImageName = error;
                wrong("image", error.to_string());
                None
            }
        };
        let cpu_millis = self.cpu_limit.and_then(|cores| {
            let millis = thousandths(cores);
            if millis.is_none() {
                wrong("cpuLimit", "must be a number of cores above 0".to_owned());
            }
            millis
        });
        let memory_mb = self.memory_limit.map(megabytes);
        NewContainer {
            template: self.template.map(Into::into),
            image,
            cpu_millis,
            memory_mb,
            pids: self.pids_limit,
            disk_mb: self.disk_limit.map(megabytes),
            ports: self.ports.iter().map(Into::into).collect(),
        }
    }

    /// The fields that cannot be honoured by this build, or by a server without containers. A value that asks for nothing is fine.
    fn unsupported(&self, runtimes: &[RuntimeKind]) -> Vec<FieldError> {
        let host = self.runtime.map(RuntimeKind::from) == Some(RuntimeKind::Host);
        let bare = host || !runtimes.contains(&RuntimeKind::Docker);
        let container = "is for sessions in containers";
        let own = "is for sessions in containers: what listens in a session on the host listens on this machine already";
        let no_path = "would be a file of the server's machine, which is not read: send the key itself as sshKey";
        let closed = self.network.is_some_and(|network| network != Network::Open);
        let open_only = "a session on the host shares its network: only open is possible";
        let asked = [
            ("image", bare && self.image.is_some(), container),
            ("cpuLimit", bare && self.cpu_limit.is_some(), container),
            (
                "memoryLimit",
                bare && self.memory_limit.is_some(),
                container,
            ),
            ("pidsLimit", bare && self.pids_limit.is_some(), container),
            ("template", bare && self.template.is_some(), container),
            ("diskLimit", bare && self.disk_limit.is_some(), container),
            ("network", bare && closed, open_only),
            (
                "allowHosts",
                bare && !self.allow_hosts.is_empty(),
                container,
            ),
            ("ports", bare && !self.ports.is_empty(), own),
            ("sshKeyPath", self.ssh_key_path.is_some(), no_path),
        ];
        asked
            .into_iter()
            .filter(|(_, asked, _)| *asked)
            .map(|(field, _, message)| FieldError::new(field, message))
            .collect()
    }
}

/// The list, or what is wrong with each of its entries.
pub(super) fn allow_list(entries: &[String], errors: &mut Vec<FieldError>) -> AllowList {
    let mut parsed = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match entry.parse() {
            Ok(pattern) => parsed.push(pattern),
            Err(error) => {
                let error: EgressError = error;
                errors.push(FieldError::new(
                    format!("allowHosts[{index}]"),
                    error.to_string(),
                ));
            }
        }
    }
    AllowList::new(parsed).unwrap_or_else(|error| {
        errors.push(FieldError::new("allowHosts", error.to_string()));
        AllowList::default()
    })
}

/// As many megabytes as can be counted: more, no machine has.
pub(super) fn megabytes(asked: u64) -> u32 {
    u32::try_from(asked).unwrap_or(u32::MAX)
}

/// Thousandths of a core, where it is a number that a machine could have.
fn thousandths(cores: f64) -> Option<u32> {
    /// More cores than any machine has, and few enough for the arithmetic.
    const MOST: f64 = 1_000_000.0;
    (cores > 0.0 && cores <= MOST).then(|| (cores * 1000.0).round() as u32)
}

impl From<ContainerNetwork> for Network {
    fn from(network: ContainerNetwork) -> Self {
        match network {
            ContainerNetwork::None => Self::None,
            ContainerNetwork::Git => Self::Git,
            ContainerNetwork::AllowList => Self::Allowlist,
            ContainerNetwork::Open => Self::Open,
        }
    }
}

impl From<Network> for ContainerNetwork {
    fn from(network: Network) -> Self {
        match network {
            Network::None => Self::None,
            Network::Git => Self::Git,
            Network::Allowlist => Self::AllowList,
            Network::Open => Self::Open,
        }
    }
}
