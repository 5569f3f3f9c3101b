//! What a session uses, now and over the last day.

use axum::Json;
use axum::extract::State;
use longhouse_domain::Timestamp;
use longhouse_domain::metrics::{Metrics, MetricsRange};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{PathOf, Question};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What a session uses at one moment. What its place cannot know is null: nobody counts the network of a session on the host.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Metrics)]
pub(crate) struct MetricsBody {
    /// Percent of one core: two busy cores are 200.
    cpu_percent: Option<f64>,
    /// Megabytes (of 1024 × 1024 bytes, as all of these), without what the system would give back at once.
    memory_mb: Option<f64>,
    /// How much of the memory that it may have is in use.
    memory_percent: Option<f64>,
    memory_limit_mb: Option<f64>,
    /// What its workspace, and its home where it has one of its own, take up. Looked at now and then.
    disk_mb: Option<f64>,
    /// What came in over its own network since it was started.
    network_rx_bytes: Option<u64>,
    /// What went out.
    network_tx_bytes: Option<u64>,
    /// Processes and their threads.
    pids: Option<u32>,
    /// Whether the agent is at work: it writes of its own accord, or it computes.
    agent_active: Option<bool>,
    at: Timestamp,
}

impl From<Metrics> for MetricsBody {
    fn from(metrics: Metrics) -> Self {
        Self {
            cpu_percent: metrics.cpu_percent.map(to_hundredths),
            memory_mb: metrics.memory_bytes.map(megabytes),
            memory_percent: metrics.memory_percent().map(to_hundredths),
            memory_limit_mb: metrics.memory_limit_bytes.map(megabytes),
            disk_mb: metrics.disk_bytes.map(megabytes),
            network_rx_bytes: metrics.network_rx_bytes,
            network_tx_bytes: metrics.network_tx_bytes,
            pids: metrics.tasks,
            agent_active: metrics.agent_active,
            at: metrics.at,
        }
    }
}

fn megabytes(bytes: u64) -> f64 {
    to_hundredths(bytes as f64 / f64::from(1024 * 1024))
}

fn to_hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// What a session uses, and has used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MetricsHistory)]
pub(crate) struct MetricsHistoryBody {
    /// At this moment; null where it does not run or cannot be measured.
    current: Option<MetricsBody>,
    /// In order of time; none for times at which it did not run. `at` is when a point begins.
    points: Vec<MetricsBody>,
    /// What one point stands for.
    resolution_seconds: u64,
}

/// Says what a session uses, and what it has used: processor, memory, disk, network, processes, and whether its agent is at work.
#[utoipa::path(get, path = "/api/sessions/{id}/metrics", tag = "sessions", params(
        ("id" = String, Path, description = "Identifier or unique name"),
        ("range" = Option<String>, Query, description = "How far back: 1h (default) or 6h, by the minute; 24h, by five minutes")),
    responses((status = 200, body = MetricsHistoryBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn get_session_metrics(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    mut question: Question,
) -> Result<Json<MetricsHistoryBody>, Problem> {
    let range = question
        .parsed("range", "1h, 6h or 24h", parse_range)
        .unwrap_or(MetricsRange::Hour);
    question.done()?;
    let engine = state.engine();
    let history = engine.metrics_history(&caller.actor, &id.0, range).await?;
    Ok(Json(MetricsHistoryBody {
        current: history.current.map(MetricsBody::from),
        points: history.points.into_iter().map(MetricsBody::from).collect(),
        resolution_seconds: history.resolution.as_secs(),
    }))
}

fn parse_range(text: &str) -> Option<MetricsRange> {
    match text {
        "1h" => Some(MetricsRange::Hour),
        "6h" => Some(MetricsRange::SixHours),
        "24h" => Some(MetricsRange::Day),
        _ => None,
    }
}
