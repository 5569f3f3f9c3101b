//! How sessions fare and what they use.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use longhouse_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::StatusName;
use crate::auth::Caller;
use crate::extract::PathOf;
use crate::meta::Check;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How a session fares.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionHealth)]
pub(crate) struct SessionHealthBody {
    status: StatusName,
    /// Whether everything that should be there is there and answers.
    healthy: bool,
    checks: BTreeMap<String, Check>,
    /// How long sessiond took to answer, in milliseconds.
    link_rtt_ms: Option<f64>,
    sessiond_version: Option<String>,
}

/// What a session uses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionStats)]
pub(crate) struct SessionStatsBody {
    /// Percent of one core.
    cpu_percent: f64,
    memory_bytes: u64,
    processes: u32,
    uptime_ms: u64,
    /// What its terminals ever wrote.
    output_bytes: u64,
    /// What was ever typed.
    input_bytes: u64,
    /// How many look at its terminals.
    viewers: u64,
    at: Timestamp,
}

/// All sessions that the caller may see, counted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionsStats)]
pub(crate) struct SessionsStatsBody {
    total: u64,
    running: u64,
    by_status: BTreeMap<String, u64>,
    by_agent: BTreeMap<String, u64>,
    viewers: u64,
}

/// Says how a session fares.
#[utoipa::path(get, path = "/api/sessions/{id}/health", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionHealthBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_session_health(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<SessionHealthBody>, Problem> {
    let health = state.engine().session_health(&caller.actor, &id.0).await?;
    let checks = health
        .checks
        .into_iter()
        .map(|check| (check.name, Check::new(check.ok, check.detail)))
        .collect();
    Ok(Json(SessionHealthBody {
        status: health.status.into(),
        healthy: health.healthy,
        checks,
        link_rtt_ms: health.link_rtt_ms,
        sessiond_version: health.sessiond_version,
    }))
}

/// Says what a session uses.
#[utoipa::path(get, path = "/api/sessions/{id}/stats", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionStatsBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn get_session_stats(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<SessionStatsBody>, Problem> {
    let stats = state.engine().session_stats(&caller.actor, &id.0).await?;
    Ok(Json(SessionStatsBody {
        cpu_percent: stats.cpu_percent,
        memory_bytes: stats.memory_bytes,
        processes: stats.processes,
        uptime_ms: stats.uptime_ms,
        output_bytes: stats.output_bytes,
        input_bytes: stats.input_bytes,
        viewers: stats.viewers,
        at: stats.at,
    }))
}

/// Counts the sessions that the caller may see.
#[utoipa::path(get, path = "/api/sessions/stats", tag = "sessions", responses(
    (status = 200, body = SessionsStatsBody), (status = 401, body = ProblemBody)))]
pub(crate) async fn get_sessions_stats(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<SessionsStatsBody>, Problem> {
    let stats = state.engine().sessions_stats(&caller.actor).await?;
    Ok(Json(SessionsStatsBody {
        total: stats.total,
        running: stats.by_status.get("running").copied().unwrap_or_default(),
        by_status: stats
            .by_status
            .into_iter()
            .map(|(status, count)| (status.to_owned(), count))
            .collect(),
        by_agent: stats.by_agent,
        viewers: stats.viewers,
    }))
}
