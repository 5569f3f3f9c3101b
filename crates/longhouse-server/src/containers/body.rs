//! A session as a container.

use std::collections::BTreeMap;

use longhouse_domain::container::Limits;
use longhouse_domain::metrics::Metrics;
use longhouse_domain::{Status, Timestamp};
use longhouse_engine::SessionView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::preview::PreviewNames;
use crate::sessions::{MetricsBody, PortBody, StatusName, TemplateName};

/// How a container fares, as container engines say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContainerHealth)]
pub(crate) enum HealthName {
    /// It is being made, or its sessiond has not answered yet.
    Starting,
    /// It runs, and nothing is to be said against it.
    Healthy,
    /// It runs, but `state` tells of something; or it ended by a fault.
    Unhealthy,
    /// It does not run, as wished.
    None,
}

impl HealthName {
    fn of(view: &SessionView) -> Self {
        match view.session.status() {
            Status::Pending | Status::Starting => Self::Starting,
            Status::Running if view.notice.is_some() => Self::Unhealthy,
            Status::Running if view.began_at.is_none() => Self::Starting,
            Status::Running => Self::Healthy,
            Status::Stopped => Self::None,
            Status::Error => Self::Unhealthy,
        }
    }
}

/// What a container may use.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContainerLimits)]
pub(crate) struct LimitsBody {
    /// Cores.
    cpu_limit: f64,
    /// Megabytes.
    memory_limit: u64,
    /// Processes and threads.
    pids_limit: u32,
}

impl From<Limits> for LimitsBody {
    fn from(limits: Limits) -> Self {
        Self {
            cpu_limit: f64::from(limits.cpu_millis) / 1000.0,
            memory_limit: limits.memory_mb.into(),
            pids_limit: limits.pids,
        }
    }
}

/// A container of this server: a session whose runtime is Docker.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContainerRecord)]
pub(crate) struct ContainerBody {
    /// What it is called here: its session's identifier. It stays the same over restarts, each of which makes a new container.
    id: Uuid,
    session_id: Uuid,
    /// What the container engine calls it; null while there is none: before it is made, and at rest.
    container_id: Option<String>,
    name: String,
    /// What it is made from.
    image: Option<String>,
    template: Option<TemplateName>,
    pub(crate) status: StatusName,
    /// In words: why it has this status, or what else is to be said of it at this moment; otherwise the status itself.
    pub(crate) state: String,
    pub(crate) health: HealthName,
    created_at: Timestamp,
    /// When what runs in it began to; null while nothing does.
    started_at: Option<Timestamp>,
    ports: Vec<PortBody>,
    limits: Option<LimitsBody>,
    labels: BTreeMap<String, String>,
    /// What it uses; null unless `includeMetrics` asks for it, and while it does not run.
    metrics: Option<MetricsBody>,
}

impl ContainerBody {
    /// The container of a view, with the addresses by which previews are named here.
    pub(crate) fn new(names: &PreviewNames, view: &SessionView) -> Self {
        let session = &view.session;
        let asked = session.spec.container.as_ref();
        let said = session.phase.reason().or(view.notice.as_deref());
        Self {
            id: session.id.0,
            session_id: session.id.0,
            container_id: view.container.as_ref().map(|found| found.id.clone()),
            name: session.name.to_string(),
            image: asked.map(|asked| asked.image.to_string()),
            template: asked.map(|asked| asked.template.into()),
            status: session.status().into(),
            state: said.unwrap_or(session.status().as_str()).to_owned(),
            health: HealthName::of(view),
            created_at: session.created_at,
            started_at: view.began_at,
            ports: PortBody::all(names, view),
            limits: asked.map(|asked| asked.limits.into()),
            labels: session.labels.clone(),
            metrics: None,
        }
    }

    /// The same with what it uses.
    pub(super) fn with_metrics(self, metrics: Option<Metrics>) -> Self {
        Self {
            metrics: metrics.map(MetricsBody::from),
            ..self
        }
    }
}
