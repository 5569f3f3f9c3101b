//! The payloads of Socket.IO events. They stand in the API's document, so that clients get types for them.

use axum::body::Bytes;
use longhouse_domain::Timestamp;
use longhouse_domain::event::ContainerHealth;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::containers::{ContainerBody, HealthName};
use crate::problem::ProblemBody;
use crate::sessions::{LogLineBody, MetricsBody, PortBody, SessionBody, StageName, StatusName};

/// The `auth` of a handshake. Without a token the cookie of the login counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = SocketHandshake)]
pub(crate) struct Handshake {
    /// An access token.
    pub(super) token: Option<String>,
    /// The `seq` of the last event that the client saw.
    pub(super) last_seq: Option<i64>,
}

/// How a client's event is acknowledged.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SocketAck {
    /// It was done.
    Done {
        /// Always true.
        ok: bool,
    },
    /// It was not.
    Refused {
        /// Always false.
        ok: bool,
        error: ProblemBody,
    },
}

/// `session.created` and `session.updated`: the session as it is now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionEvent {
    /// Position in the log of events.
    pub(super) seq: i64,
    #[serde(flatten)]
    pub(super) session: SessionBody,
}

/// `session.deleted`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionDeletedEvent {
    pub(super) seq: i64,
    pub(super) id: Uuid,
}

/// `session.status.changed`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionStatusEvent {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) from: StatusName,
    pub(super) to: StatusName,
    pub(super) reason: Option<String>,
    pub(super) at: Timestamp,
}

/// `session.port.opened`: a program listens on a port, or another one does now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionPortOpenedEvent {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) port: PortBody,
}

/// `session.port.closed`: nothing listens on a port any more.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionPortClosedEvent {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    /// The port's number in the session.
    pub(super) container: u16,
}

/// `session.egress`: a program used the session's way out, or was refused it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionEgressEvent {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    /// The host, as the program named it.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) allowed: bool,
    /// Why it was refused.
    pub(super) reason: Option<String>,
    pub(super) at: Timestamp,
}

/// `container.health`: the container that a session lives in fares differently.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerHealthEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    pub(super) health: ContainerHealthName,
    /// Why, where there is something to say.
    pub(super) detail: Option<String>,
    pub(super) at: Timestamp,
}

/// How a container fares.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ContainerHealthNow)]
pub(crate) enum ContainerHealthName {
    /// It runs, and nothing is to be said against it.
    Healthy,
    /// It is there, but stands still.
    Unhealthy,
    /// A program of it was ended, because the memory that it may have was used up.
    Oom,
    /// It does not run.
    None,
}

impl From<ContainerHealth> for ContainerHealthName {
    fn from(health: ContainerHealth) -> Self {
        match health {
            ContainerHealth::Healthy => Self::Healthy,
            ContainerHealth::Unhealthy => Self::Unhealthy,
            ContainerHealth::Oom => Self::Oom,
            ContainerHealth::None => Self::None,
        }
    }
}

/// `session.progress`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionProgressEvent {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) stage: StageName,
    /// 0 to 100, where that is known.
    pub(super) percent: Option<u8>,
    pub(super) detail: String,
}

/// `events.ready` (nothing more was missed) and `events.reset` (read everything anew): the position from which events go on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventPosition {
    pub(super) seq: i64,
}

/// `logs.stream`: a line of a session's log.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogEvent {
    pub(super) session_id: String,
    pub(super) line: LogLineBody,
}

/// What names a session in a client's event.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionSubscription {
    pub(super) session_id: String,
    /// For `subscribe.logs`: how many lines of the past come first; none if absent.
    #[serde(default)]
    pub(super) tail: Option<u32>,
    /// For `subscribe.logs`: only lines from these sources, named as in `GET .../logs`; all if absent.
    #[serde(default)]
    pub(super) source: Vec<String>,
}

/// What names a container in a client's event: its identifier in the engine or at least its first 12 digits, or its session's identifier or
/// name. What the server sends about it carries the same.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerSubscription {
    pub(super) container_id: String,
    /// For `subscribe:logs`: how many lines of the past come first; 100 if absent, at most 1000.
    #[serde(default)]
    pub(super) tail: Option<u32>,
    /// For `subscribe:logs`: only lines from these sources, named as in `GET .../logs`; all if absent.
    #[serde(default)]
    pub(super) source: Vec<String>,
}

/// `logs:initial`: what there is of a container's log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerLogsInitial {
    /// As the client named it.
    pub(super) container_id: String,
    pub(super) logs: Vec<LogLineBody>,
    /// What could not be read, in words.
    pub(super) missing: Option<String>,
}

/// `logs:data`: lines that came.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerLogsData {
    /// As the client named it.
    pub(super) container_id: String,
    pub(super) logs: Vec<LogLineBody>,
}

/// `logs:error`: there is no such log, or not any more.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerProblem {
    /// As the client named it.
    pub(super) container_id: String,
    pub(super) error: ProblemBody,
}

/// `status:update`: how a container fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerStatusEvent {
    /// As the client named it.
    container_id: String,
    /// null: there is no such container any more.
    status: Option<StatusName>,
    /// In words.
    state: String,
    health: HealthName,
}

impl ContainerStatusEvent {
    pub(super) fn of(container_id: &str, container: &ContainerBody) -> Self {
        Self {
            container_id: container_id.to_owned(),
            status: Some(container.status),
            state: container.state.clone(),
            health: container.health,
        }
    }

    pub(super) fn gone(container_id: &str) -> Self {
        Self {
            container_id: container_id.to_owned(),
            status: None,
            state: "gone".to_owned(),
            health: HealthName::None,
        }
    }
}

/// `subscribe:metrics`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricsSubscription {
    /// The container's identifier or its first twelve digits or more, or its session's identifier or name. The answers call it the same.
    pub(super) container_id: String,
    /// Milliseconds from one update to the next, 500 to 60000; 2000 if absent.
    #[serde(default)]
    pub(super) interval: Option<u64>,
}

/// What names a container in a client's event that ends a subscription: as the subscription did.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerTarget {
    pub(super) container_id: String,
}

/// `metrics:update`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricsEvent {
    pub(super) container_id: String,
    pub(super) metrics: MetricsBody,
}

/// `metrics:error`: there are no figures at the moment. They come again by themselves.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricsErrorEvent {
    pub(super) container_id: String,
    pub(super) error: ProblemBody,
}

/// What names a terminal in a client's event: a session's identifier or name (its agent's terminal is meant), or both.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum TerminalTarget {
    Session(String),
    #[serde(rename_all = "camelCase")]
    Terminal {
        session_id: String,
        terminal: Option<String>,
    },
}

impl TerminalTarget {
    /// The session's and the terminal's name.
    pub(super) fn parts(self) -> (String, String) {
        let agent = || "agent".to_owned();
        match self {
            Self::Session(session) => (session, agent()),
            Self::Terminal {
                session_id,
                terminal,
            } => (session_id, terminal.unwrap_or_else(agent)),
        }
    }
}

/// The second argument of `terminal:resize`.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalDimensions)]
pub(crate) struct Dimensions {
    pub(super) cols: u64,
    pub(super) rows: u64,
}

/// Input as text or as bytes.
#[derive(Clone, Debug)]
pub(super) struct Input(pub(super) Bytes);

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(data: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Input;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text or bytes")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Input, E> {
                Ok(Input(Bytes::copy_from_slice(text.as_bytes())))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Input, E> {
                Ok(Input(Bytes::copy_from_slice(bytes)))
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Input, E> {
                Ok(Input(Bytes::from(bytes)))
            }
        }
        data.deserialize_any(Visitor)
    }
}

/// Bytes that travel as a binary attachment.
#[derive(Clone, Debug)]
pub(super) struct Attachment(pub(super) Bytes);

impl Serialize for Attachment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}
