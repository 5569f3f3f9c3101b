//! What a client needs to know to offer the right choices. No secret.

use axum::Json;
use axum::extract::State;
use longhouse_domain::Actor;
use longhouse_domain::agent::Agent;
use longhouse_domain::container::{Limits, Template};
use longhouse_domain::session::RuntimeKind;
use longhouse_domain::terminal::TerminalSize;
use longhouse_engine::{ContainerLimits, PublishSettings, RecordingPolicy, RuntimeHealth};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Caller, UserBody};
use crate::problem::ProblemBody;
use crate::sessions::{MultiplexerName, RuntimeName, TemplateName};
use crate::state::AppState;

/// An agent that sessions can run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Agent)]
pub(crate) struct AgentBody {
    name: String,
    title: String,
    /// Whether it can work through one task without a person.
    autonomous: bool,
    /// Whether its program was found. A session whose environment changes `PATH` may find it all the same.
    available: bool,
    /// How to install its program where it is missing.
    install_hint: Option<String>,
}

/// Bounds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Limits)]
pub(crate) struct LimitsBody {
    max_sessions: u32,
    max_sessions_per_user: u32,
    /// Largest body of an ordinary request, in bytes.
    max_body_bytes: usize,
    /// Largest input to a terminal in one request, in bytes.
    max_input_bytes: usize,
    /// Largest input to a terminal in one WebSocket frame, in bytes.
    max_frame_bytes: usize,
    /// Largest number of columns or rows.
    max_terminal_size: u16,
    /// Longest name of a session or terminal.
    max_name_length: u32,
    container: ContainerLimitsBody,
}

/// How much a container may be given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ResourceLimits)]
pub(crate) struct ContainerLimitsBody {
    /// What one has to be given at least.
    least: ResourcesBody,
    /// What one gets that asks for nothing.
    usual: ResourcesBody,
    /// What the machine has; null while the container engine is away.
    most: Option<ResourcesBody>,
    /// Megabytes on disk that one may have that asks for nothing, and at the most for those who may not use the host; null for no bound.
    disk_limit: Option<u32>,
}

/// An amount of each resource.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Resources)]
pub(crate) struct ResourcesBody {
    /// Cores.
    cpu_limit: f64,
    /// Megabytes.
    memory_limit: u32,
    /// Processes and threads.
    pids_limit: u32,
}

impl From<Limits> for ResourcesBody {
    fn from(limits: Limits) -> Self {
        Self {
            cpu_limit: f64::from(limits.cpu_millis) / 1000.0,
            memory_limit: limits.memory_mb,
            pids_limit: limits.pids,
        }
    }
}

impl From<ContainerLimits> for ContainerLimitsBody {
    fn from(limits: ContainerLimits) -> Self {
        Self {
            least: limits.least.into(),
            usual: limits.usual.into(),
            most: limits.most.map(Into::into),
            disk_limit: limits.disk_mb,
        }
    }
}

/// A kind of runtime.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuntimeBody {
    name: RuntimeName,
    available: bool,
    /// Why it is not available.
    detail: Option<String>,
}

/// What a container can be made for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TemplateOffer)]
pub(crate) struct TemplateBody {
    name: TemplateName,
    /// The agent of a session that names none.
    agent: &'static str,
    /// The points of the hardening that it gives up, by name.
    loosens: Vec<&'static str>,
}

impl From<Template> for TemplateBody {
    fn from(template: Template) -> Self {
        let loosens = template.loosens().iter();
        Self {
            name: template.into(),
            agent: template.agent(),
            loosens: loosens.map(|point| point.as_str()).collect(),
        }
    }
}

/// What a session gets where its creator does not say.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Defaults {
    runtime: RuntimeName,
    multiplexer: MultiplexerName,
}

/// Where ports of sessions are published.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublishOffer)]
pub(crate) struct PublishBody {
    /// The address of the server's machine that is listened on.
    address: String,
    /// The numbers that there are, such as `20000-29999`.
    range: String,
    /// Whether the caller may publish there: what other machines reach is for those who may use the host.
    allowed: bool,
}

impl PublishBody {
    fn new(settings: PublishSettings, actor: &Actor) -> Option<Self> {
        Some(Self {
            address: settings.address.to_string(),
            range: settings.range?.to_string(),
            allowed: settings.is_open_to(actor),
        })
    }
}

/// What a client needs to know.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Config)]
pub(crate) struct ConfigBody {
    version: String,
    agents: Vec<AgentBody>,
    /// What containers can be made for.
    templates: Vec<TemplateBody>,
    /// What a container is made from where a session does not say.
    default_image: String,
    /// All kinds of runtime, and whether the caller may choose them at present.
    runtimes: Vec<RuntimeBody>,
    /// What host terminals can be wrapped in.
    multiplexers: Vec<MultiplexerName>,
    defaults: Defaults,
    limits: LimitsBody,
    /// Where ports of sessions are published; null where none are.
    publish: Option<PublishBody>,
    /// Below which directories a session on the host may work.
    allowed_base_dirs: Vec<String>,
    /// Whose terminals are recorded: nobody's, those of sessions that ask for it, or all.
    recordings: RecordingsName,
    /// Whether the lines that people type into terminals are recorded.
    audit_command_lines: bool,
    user: UserBody,
}

/// Whose terminals are recorded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordingPolicy)]
pub(crate) enum RecordingsName {
    /// Nobody's.
    Off,
    /// Those of sessions that ask for it.
    Asked,
    /// All.
    Always,
}

impl From<RecordingPolicy> for RecordingsName {
    fn from(policy: RecordingPolicy) -> Self {
        match policy {
            RecordingPolicy::Off => Self::Off,
            RecordingPolicy::Asked => Self::Asked,
            RecordingPolicy::Always => Self::Always,
        }
    }
}

/// What a client needs to know to offer the right choices.
#[utoipa::path(get, path = "/api/config", tag = "meta", responses(
    (status = 200, body = ConfigBody), (status = 401, body = ProblemBody)))]
pub(crate) async fn get_config(state: State<AppState>, caller: Caller) -> Json<ConfigBody> {
    let engine = state.engine();
    let settings = engine.settings();
    let present = engine.runtime_health();
    let runtimes = [
        RuntimeKind::Host,
        RuntimeKind::Docker,
        RuntimeKind::Kubernetes,
    ];
    let multiplexers = if settings.tmux_installed {
        vec![MultiplexerName::Tmux, MultiplexerName::None]
    } else {
        vec![MultiplexerName::None]
    };
    let default_runtime = engine.usual_runtime(&caller.actor).await;
    Json(ConfigBody {
        version: state.settings().version.to_owned(),
        agents: settings
            .agents
            .iter()
            .map(|(name, agent)| agent_body(name, agent, engine.has_agent(agent)))
            .collect(),
        default_image: settings.default_image.to_string(),
        templates: Template::ALL.map(TemplateBody::from).into(),
        runtimes: runtimes
            .into_iter()
            .map(|kind| runtime(kind, &present, &caller))
            .collect(),
        multiplexers,
        defaults: Defaults {
            runtime: default_runtime.into(),
            multiplexer: settings.default_multiplexer.into(),
        },
        limits: LimitsBody {
            max_sessions: settings.max_sessions,
            max_sessions_per_user: settings.max_sessions_per_user,
            max_body_bytes: state.limits().body,
            max_input_bytes: state.limits().input,
            max_frame_bytes: crate::terminals::LARGEST_INPUT_FRAME,
            max_terminal_size: *TerminalSize::LIMITS.end(),
            max_name_length: 64,
            container: engine.limits_of_containers().into(),
        },
        publish: PublishBody::new(settings.publish, &caller.actor),
        allowed_base_dirs: settings
            .allowed_dirs
            .iter()
            .map(|dir| dir.display().to_string())
            .collect(),
        recordings: settings.recordings.policy.into(),
        audit_command_lines: engine.policy().audit_command_lines,
        user: UserBody::from(&caller.identity.user),
    })
}

fn runtime(
    kind: RuntimeKind,
    present: &[(RuntimeKind, RuntimeHealth)],
    caller: &Caller,
) -> RuntimeBody {
    let health = present.iter().find(|(known, _)| *known == kind);
    let detail = match health.map(|(_, health)| health) {
        None | Some(RuntimeHealth::Absent { .. }) => Some(format!(
            "this server has no {} runtime at present",
            kind.as_str()
        )),
        Some(RuntimeHealth::Away { .. }) => {
            Some("the container engine does not answer at present".to_owned())
        }
        Some(RuntimeHealth::Well { .. })
            if kind == RuntimeKind::Host && !caller.actor.may_use_host() =>
        {
            Some("your account may not run sessions on this machine itself".to_owned())
        }
        Some(RuntimeHealth::Well { .. }) => None,
    };
    RuntimeBody {
        name: kind.into(),
        available: detail.is_none(),
        detail,
    }
}

fn agent_body(name: &str, agent: &Agent, available: bool) -> AgentBody {
    AgentBody {
        available,
        name: name.to_owned(),
        title: agent.title.clone(),
        autonomous: agent.autonomous_args.is_some(),
        install_hint: Some(agent.install_hint.clone()).filter(|hint| !hint.is_empty()),
    }
}
