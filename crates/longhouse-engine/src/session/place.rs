//! Where a new session is to live: the runtime that it gets where nobody says, the container that is asked for, and whether the place
//! can be made at all.

use longhouse_domain::UserId;
use longhouse_domain::actor::Actor;
use longhouse_domain::container::{ContainerSpec, Limits, Network, Template};
use longhouse_domain::egress::{AllowList, HostPattern};
use longhouse_domain::git::Repository;
use longhouse_domain::session::{Multiplexer, RuntimeKind, Session};
use longhouse_runtime::{ProvisionError, RuntimeHealth};

use super::driver::make;
use super::request::{NewContainer, NewSession};
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};

/// How much a container may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerLimits {
    /// Below this nothing useful starts.
    pub least: Limits,
    /// What one gets that asks for nothing.
    pub usual: Limits,
    /// What the machine has; not known while the container engine is away.
    pub most: Option<Limits>,
    /// How many MiB on disk one gets that asks for nothing; no bound, if absent.
    pub disk_mb: Option<u32>,
}

impl Engine {
    /// The runtime of the new session, for somebody who may create one there; one that this server does not have is refused.
    pub(super) async fn runtime_for(
        &self,
        actor: &Actor,
        new: &NewSession,
    ) -> Result<RuntimeKind, EngineError> {
        let forbidden = |code, detail: &str| EngineError::Forbidden {
            code,
            detail: detail.to_owned(),
        };
        if !actor.may_create() {
            let detail = "a viewer cannot create sessions";
            return Err(forbidden("session.create_forbidden", detail));
        }
        let kind = match new.runtime {
            Some(kind) => kind,
            None => self.default_runtime(actor, new).await,
        };
        let runtime = self.context().runtime(kind)?;
        if let RuntimeHealth::Absent { detail } = runtime.health() {
            tracing::debug!(detail, "a runtime was asked for that this machine lacks");
        }
        if kind == RuntimeKind::Host && !actor.may_use_host() {
            let detail = "sessions on the host need the permission \"host\": ask an administrator";
            return Err(forbidden("session.host_forbidden", detail));
        }
        Ok(kind)
    }

    /// What was asked for may leave no choice. Otherwise it is a container where one can be made at once: an engine answers and has the
    /// image. Then this machine itself, for those who may use it.
    async fn default_runtime(&self, actor: &Actor, new: &NewSession) -> RuntimeKind {
        let asks_for_container = new.container != NewContainer::default()
            || new.network.is_some_and(|network| network != Network::Open);
        let asks_for_host =
            new.workdir.is_some() || new.multiplexer.is_some() || new.worktree.is_some();
        if asks_for_container || asks_for_host {
            return match asks_for_container {
                true => RuntimeKind::Docker,
                false => RuntimeKind::Host,
            };
        }
        self.usual_runtime(actor).await
    }

    /// Where a session lives of which nothing is said.
    pub async fn usual_runtime(&self, actor: &Actor) -> RuntimeKind {
        let Ok(docker) = self.context().runtime(RuntimeKind::Docker) else {
            return RuntimeKind::Host;
        };
        let answers = matches!(docker.health(), RuntimeHealth::Well { .. });
        let is_only_choice = !actor.may_use_host();
        if answers && (is_only_choice || docker.is_ready().await) {
            RuntimeKind::Docker
        } else {
            RuntimeKind::Host
        }
    }

    /// What a container may be given. A machine that is smaller than what is usual gives all it has.
    #[must_use]
    pub fn limits_of_containers(&self) -> ContainerLimits {
        let docker = self.context().runtime(RuntimeKind::Docker);
        let most = docker.ok().and_then(|docker| docker.most());
        ContainerLimits {
            least: Limits::LEAST,
            usual: most.map_or(Limits::DEFAULT, |most| Limits::DEFAULT.within(most)),
            most,
            disk_mb: self.settings().disk_mb,
        }
    }

    /// The container to make, or everything about it that a session of this kind cannot have.
    pub(super) fn container_for(
        &self,
        actor: &Actor,
        runtime: RuntimeKind,
        new: &NewSession,
    ) -> Result<Option<ContainerSpec>, EngineError> {
        let asked = &new.container;
        if runtime != RuntimeKind::Docker {
            return refuse_on_host(new).map(|()| None);
        }
        let network = new.network.unwrap_or(Network::Open);
        let allow_hosts = match network {
            Network::Git => repository_host(new.repository.as_ref())?,
            Network::None | Network::AllowList | Network::Open => new.allow_hosts.clone(),
        };
        check_list(actor, network, &new.allow_hosts, &allow_hosts)?;
        let usual = self.limits_of_containers().usual;
        let limits = Limits {
            cpu_millis: asked.cpu_millis.unwrap_or(usual.cpu_millis),
            memory_mb: asked.memory_mb.unwrap_or(usual.memory_mb),
            pids: asked.pids.unwrap_or(usual.pids),
        };
        check_limits(limits)?;
        self.check_ports(actor, &asked.ports)?;
        let disk_mb = self.disk_for(actor, asked.disk_mb)?;
        let image = asked.image.clone();
        Ok(Some(ContainerSpec {
            template: asked.template.unwrap_or(Template::Shell),
            image: image.unwrap_or_else(|| self.settings().default_image.clone()),
            limits,
            disk_mb,
            network,
            inside_by: allow_hosts.leads_inside().then_some(actor.user),
            allow_hosts,
            // They are chosen once everything else is known to be right.
            ports: Vec::new(),
        }))
    }

    /// The limit of a session's disk: what is asked for, or what the settings give. More than that is for those who may fill the machine
    /// anyway.
    fn disk_for(&self, actor: &Actor, asked: Option<u32>) -> Result<Option<u32>, EngineError> {
        let usual = self.settings().disk_mb;
        let least = Limits::LEAST_DISK_MB;
        match (asked, usual) {
            (Some(asked), _) if asked < least => {
                let message = format!("must be at least {least} MB");
                Err(EngineError::invalid("diskLimit", message))
            }
            (Some(asked), Some(most)) if asked > most && !actor.may_use_host() => {
                let message = format!("may be {most} MB at the most on this server");
                Err(EngineError::invalid("diskLimit", message))
            }
            (asked, usual) => Ok(asked.or(usual)),
        }
    }

    /// The changed limit of a session that exists.
    pub(super) fn changed_disk(
        &self,
        actor: &Actor,
        session: &Session,
        asked: Option<u32>,
    ) -> Result<Option<u32>, EngineError> {
        if session.spec.container.is_none() {
            let message = "is for sessions in containers";
            return Err(EngineError::invalid("diskLimit", message));
        }
        self.disk_for(actor, asked)
    }

    pub(super) fn multiplexer_for(
        &self,
        runtime: RuntimeKind,
        asked: Option<Multiplexer>,
    ) -> Result<Multiplexer, EngineError> {
        let settings = self.settings();
        match asked {
            Some(Multiplexer::Tmux) if runtime != RuntimeKind::Host => Err(EngineError::invalid(
                "multiplexer",
                "only terminals on this machine itself are wrapped in tmux: choose \"none\"",
            )),
            _ if runtime != RuntimeKind::Host => Ok(Multiplexer::None),
            Some(Multiplexer::Tmux) if !settings.tmux_installed => Err(EngineError::invalid(
                "multiplexer",
                "tmux is not installed on this machine: install it (apt-get install tmux), or choose \"none\"",
            )),
            Some(multiplexer) => Ok(multiplexer),
            None => Ok(settings.default_multiplexer),
        }
    }

    pub(super) async fn check_place(&self, session: &Session) -> Result<(), EngineError> {
        let context = self.context();
        let plan = make::plan(context, session)?;
        let runtime = context.runtime(session.spec.runtime)?;
        runtime.check(&plan).await.map_err(|error| {
            let said = make::explain(context, session, &error);
            match error {
                ProvisionError::Workdir(_) => EngineError::invalid("workdir", said),
                ProvisionError::ProgramMissing { .. } => EngineError::invalid("agent", said),
                ProvisionError::Field { field, message } => EngineError::invalid(field, message),
                ProvisionError::Unavailable(_) | ProvisionError::Failed(_) => {
                    EngineError::Unavailable {
                        code: "runtime.unavailable",
                        detail: said,
                    }
                }
            }
        })
    }
}

/// The list of the network `git`: where the repository is, and nothing else.
fn repository_host(repository: Option<&Repository>) -> Result<AllowList, EngineError> {
    let missing = |message: &str| EngineError::invalid("network", message);
    let repository = repository
        .ok_or_else(|| missing("git reaches the host of a repository: give one in repoUrl"))?;
    let (host, port) = (repository.url.destination())
        .ok_or_else(|| missing("git reaches the host of a repository, and this one has none"))?;
    let entry = format!("{host}:{port}").parse();
    let list = entry.and_then(|entry| AllowList::new(vec![entry]));
    list.map_err(|error| EngineError::invalid("repoUrl", format!("the host {error}")))
}

/// A list is for a network that asks it. `asked` is what a person gave, `list` what holds.
fn check_list(
    actor: &Actor,
    network: Network,
    asked: &AllowList,
    list: &AllowList,
) -> Result<(), EngineError> {
    if network != Network::AllowList && !asked.entries().is_empty() {
        let message = "is for the network \"allowlist\"";
        return Err(EngineError::invalid("allowHosts", message));
    }
    check_private(actor, list.entries().iter())
}

/// A new list for a session that exists. What its old one has may stay, whoever put it there. Answers by whose right it leads inside.
pub(super) fn check_changed_list(
    actor: &Actor,
    session: &Session,
    list: &AllowList,
) -> Result<Option<UserId>, EngineError> {
    let container = session.spec.container.as_ref();
    let Some(asked) = container.filter(|asked| asked.network == Network::AllowList) else {
        let message = "is for sessions whose network is \"allowlist\"";
        return Err(EngineError::invalid("allowHosts", message));
    };
    let is_new = |entry: &&HostPattern| !asked.allow_hosts.entries().contains(entry);
    let mut new = list.entries().iter().filter(is_new);
    check_private(actor, new.clone())?;
    // Whoever adds some answers for all of it.
    let adds = new.any(HostPattern::is_private);
    Ok(if adds {
        Some(actor.user)
    } else {
        asked.inside_by
    })
}

/// What is not public is the server's own network: it is opened by whoever may be there anyway.
fn check_private<'a>(
    actor: &Actor,
    mut entries: impl Iterator<Item = &'a HostPattern>,
) -> Result<(), EngineError> {
    match entries.find(|entry| entry.is_private()) {
        Some(entry) if !actor.may_use_host() => Err(EngineError::Forbidden {
            code: "session.private_network_forbidden",
            detail: format!(
                "{entry} leads into the server's own network, which is for those who may use the host"
            ),
        }),
        _ => Ok(()),
    }
}

/// What is for containers alone.
fn refuse_on_host(new: &NewSession) -> Result<(), EngineError> {
    let asked = &new.container;
    let closed = new.network.is_some_and(|network| network != Network::Open);
    let lists = !new.allow_hosts.entries().is_empty();
    let container = "is for sessions in containers";
    let own = "is for sessions in containers: what listens in a session on the host listens on this machine already";
    let shared = "a session on the host shares its network: only open is possible";
    let problems: Vec<_> = [
        ("template", asked.template.is_some(), container),
        ("image", asked.image.is_some(), container),
        ("cpuLimit", asked.cpu_millis.is_some(), container),
        ("memoryLimit", asked.memory_mb.is_some(), container),
        ("pidsLimit", asked.pids.is_some(), container),
        ("diskLimit", asked.disk_mb.is_some(), container),
        ("network", closed, shared),
        ("allowHosts", lists, container),
        ("ports", !asked.ports.is_empty(), own),
    ]
    .into_iter()
    .filter(|(_, asked, _)| *asked)
    .map(|(field, _, message)| FieldProblem::new(field, message))
    .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(EngineError::Invalid(problems)),
    }
}

/// Bounds of every machine; what this one has, the runtime knows.
fn check_limits(limits: Limits) -> Result<(), EngineError> {
    let least = Limits::LEAST;
    let cores = f64::from(least.cpu_millis) / 1000.0;
    let problems: Vec<_> = [
        (
            "cpuLimit",
            limits.cpu_millis < least.cpu_millis,
            format!("must be at least {cores} cores"),
        ),
        (
            "memoryLimit",
            limits.memory_mb < least.memory_mb,
            format!("must be at least {} MB", least.memory_mb),
        ),
        (
            "pidsLimit",
            !(least.pids..=Limits::MOST_PIDS).contains(&limits.pids),
            format!("must be between {} and {}", least.pids, Limits::MOST_PIDS),
        ),
    ]
    .into_iter()
    .filter(|(_, wrong, _)| *wrong)
    .map(|(field, _, message)| FieldProblem::new(field, message))
    .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(EngineError::Invalid(problems)),
    }
}
