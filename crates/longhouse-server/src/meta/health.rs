//! Whether the server lives, can serve, and how it fares.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use longhouse_domain::session::RuntimeKind;
use longhouse_engine::RuntimeHealth;
use serde::Serialize;
use utoipa::ToSchema;

use crate::edge::OwnBody;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How something fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HealthStatus {
    /// All is well.
    Ok,
    /// Something is away that others can do without.
    Degraded,
    /// It cannot serve.
    Error,
}

/// One part that was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    status: HealthStatus,
    detail: Option<String>,
    version: Option<String>,
}

impl Check {
    /// A part that is well or not, with a sentence about it.
    pub(crate) fn new(ok: bool, detail: String) -> Self {
        Self {
            status: if ok {
                HealthStatus::Ok
            } else {
                HealthStatus::Error
            },
            detail: Some(detail),
            version: None,
        }
    }
}

/// How many sessions there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionCounts {
    running: u64,
    total: u64,
}

/// How the server fares.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Health)]
pub(crate) struct HealthBody {
    status: HealthStatus,
    version: String,
    uptime_seconds: u64,
    checks: BTreeMap<String, Check>,
    sessions: SessionCounts,
}

/// How the server fares: 200, or 503 when the database is away.
#[utoipa::path(get, path = "/api/health", tag = "meta", security(()), responses(
    (status = 200, body = HealthBody), (status = 503, body = HealthBody)))]
pub(crate) async fn get_health(state: State<AppState>) -> Response {
    health(&state).await
}

/// The same under the address that monitors try first.
#[utoipa::path(get, path = "/health", tag = "meta", security(()), responses(
    (status = 200, body = HealthBody), (status = 503, body = HealthBody)))]
pub(crate) async fn get_health_at_root(state: State<AppState>) -> Response {
    health(&state).await
}

async fn health(app: &AppState) -> Response {
    let health = app.engine().health().await;
    let database = match health.database {
        Ok(version) => Check {
            status: HealthStatus::Ok,
            detail: None,
            version: Some(version),
        },
        Err(why) => {
            // The reason may name paths and hosts, and everybody may ask.
            tracing::error!("the database is away: {why}");
            Check {
                status: HealthStatus::Error,
                detail: Some("the database is away".to_owned()),
                version: None,
            }
        }
    };
    let runtimes = runtimes(app);
    let docker = docker(app);
    let status = match (&database.status, &runtimes.status, docker.as_ref()) {
        (HealthStatus::Error, _, _) => HealthStatus::Error,
        (_, HealthStatus::Error, _) => HealthStatus::Degraded,
        (_, _, Some(docker)) => docker.status,
        _ => HealthStatus::Ok,
    };
    let mut checks = BTreeMap::from([
        ("database".to_owned(), database),
        ("runtimes".to_owned(), runtimes),
    ]);
    checks.extend(docker.map(|docker| ("docker".to_owned(), docker)));
    let body = HealthBody {
        status,
        version: app.settings().version.to_owned(),
        uptime_seconds: health.uptime.as_secs(),
        checks,
        sessions: SessionCounts {
            running: health.sessions_running,
            total: health.sessions_total,
        },
    };
    if status == HealthStatus::Error {
        let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
        response.extensions_mut().insert(OwnBody);
        return response;
    }
    Json(body).into_response()
}

/// The container engine; none where this machine has none, which is no fault.
fn docker(app: &AppState) -> Option<Check> {
    let health = app.engine().runtime_health();
    let (_, health) = health
        .into_iter()
        .find(|(kind, _)| *kind == RuntimeKind::Docker)?;
    match health {
        RuntimeHealth::Well { version } => Some(Check {
            status: HealthStatus::Ok,
            detail: None,
            version,
        }),
        RuntimeHealth::Away { detail } => {
            // It names a path, and everybody may ask.
            tracing::debug!(detail, "the container engine is away");
            Some(Check {
                status: HealthStatus::Degraded,
                detail: Some(
                    "the container engine does not answer; sessions on this machine go on"
                        .to_owned(),
                ),
                version: None,
            })
        }
        RuntimeHealth::Absent { .. } => None,
    }
}

/// Without any runtime the server still shows what there is, but nothing can be started.
fn runtimes(app: &AppState) -> Check {
    let names: Vec<_> = app
        .engine()
        .runtimes()
        .into_iter()
        .map(|runtime| runtime.as_str())
        .collect();
    if names.is_empty() {
        Check::new(
            false,
            "no session can be started: there is no runtime".to_owned(),
        )
    } else {
        Check::new(true, names.join(", "))
    }
}

/// Whether the process lives. It asks nobody.
#[utoipa::path(get, path = "/livez", tag = "meta", security(()), responses(
    (status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn get_livez() -> &'static str {
    "ok\n"
}

/// Whether the server can serve: the database answers, and it is not going away.
#[utoipa::path(get, path = "/readyz", tag = "meta", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 503, body = ProblemBody)))]
pub(crate) async fn get_readyz(state: State<AppState>) -> Result<&'static str, Problem> {
    let not_ready =
        |code, detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(2);
    if state.stop().is_cancelled() {
        return Err(not_ready("server.stopping", "the server is going away"));
    }
    match state.engine().health().await.database {
        Ok(_) => Ok("ok\n"),
        Err(_) => Err(not_ready("database.unavailable", "the database is away")),
    }
}
