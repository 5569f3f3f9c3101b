//! Figures for Prometheus. The recorder belongs to one server; the process has no global one.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use longhouse_domain::{Actor, Role, UserId};
use metrics::{Counter, Gauge, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio::runtime::Handle;

use crate::problem::Problem;
use crate::state::AppState;

/// Bounds of the histogram of answering times, in seconds.
const SECONDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// One server's figures.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    bytes_out: Counter,
    bytes_in: Counter,
    terminal_sockets: Gauge,
    event_sockets: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let recorder = match PrometheusBuilder::new().set_buckets(&SECONDS) {
            Ok(builder) => builder.build_recorder(),
            // Only an empty list is refused.
            Err(_) => PrometheusBuilder::new().build_recorder(),
        };
        let (bytes_out, bytes_in, terminal_sockets, event_sockets) =
            with_local_recorder(&recorder, || {
                (
                    counter!("longhouse_terminal_output_bytes_total"),
                    counter!("longhouse_terminal_input_bytes_total"),
                    gauge!("longhouse_terminal_sockets"),
                    gauge!("longhouse_event_sockets"),
                )
            });
        Self {
            handle: recorder.handle(),
            recorder,
            bytes_out,
            bytes_in,
            terminal_sockets,
            event_sockets,
        }
    }

    /// Counts an answer.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Methods are free text; only the usual ones become labels, so that nobody can fill the memory with others.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method.to_owned(),
            _ => "other".to_owned(),
        };
        with_local_recorder(&self.recorder, || {
            counter!("longhouse_http_requests_total", "method" => method.clone(), "route" => route.to_owned(),
                "status" => status.to_string())
            .increment(1);
            histogram!("longhouse_http_request_duration_seconds", "method" => method, "route" => route.to_owned())
                .record(took.as_secs_f64());
        });
    }

    /// Counts a connection or request for which there was no room.
    pub(crate) fn turned_away(&self) {
        with_local_recorder(&self.recorder, || {
            counter!("longhouse_connections_turned_away_total").increment(1);
        });
    }

    /// Counts bytes on their way to a viewer.
    pub(crate) fn sent(&self, bytes: usize) {
        self.bytes_out.increment(bytes as u64);
    }

    /// Counts bytes on their way to a program.
    pub(crate) fn typed(&self, bytes: usize) {
        self.bytes_in.increment(bytes as u64);
    }

    /// Counts an open terminal WebSocket until it is dropped.
    pub(crate) fn terminal_socket(&self) -> Open {
        Open::count(&self.terminal_sockets)
    }

    /// Counts an open Socket.IO connection until it is dropped.
    pub(crate) fn event_socket(&self) -> Open {
        Open::count(&self.event_sockets)
    }
}

/// Something that is counted while it is open.
pub(crate) struct Open(Gauge);

impl Open {
    fn count(gauge: &Gauge) -> Self {
        gauge.increment(1);
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Figures in Prometheus' text format, for programs on this machine and for admins.
#[utoipa::path(get, path = "/metrics", tag = "meta", responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 401, body = crate::problem::ProblemBody)))]
pub(crate) async fn get_metrics(state: State<AppState>) -> Result<impl IntoResponse, Problem> {
    let metrics = state.metrics();
    let engine = state.engine();
    let (health, stats) = (
        engine.health().await,
        engine.sessions_stats(&counting()).await?,
    );
    let tasks = Handle::current().metrics().num_alive_tasks();
    with_local_recorder(&metrics.recorder, || {
        counter!("longhouse_password_hashes_total").absolute(state.accounts().password_hashes());
        gauge!("longhouse_uptime_seconds").set(health.uptime.as_secs_f64());
        gauge!("longhouse_database_up").set(if health.database.is_ok() { 1.0 } else { 0.0 });
        gauge!("longhouse_viewers").set(engine.viewers() as f64);
        gauge!("longhouse_links_up").set(engine.links_up() as f64);
        gauge!("longhouse_tasks").set(tasks as f64);
        let used = engine.metrics_totals();
        gauge!("longhouse_sessions_cpu_percent").set(used.cpu_percent);
        gauge!("longhouse_sessions_memory_bytes").set(used.memory_bytes as f64);
        gauge!("longhouse_sessions_tasks").set(used.tasks as f64);
        gauge!("longhouse_agents_active").set(used.agents_active as f64);
        for status in STATUSES {
            let count = stats.by_status.get(status).copied().unwrap_or_default();
            gauge!("longhouse_sessions", "status" => status).set(count as f64);
        }
    });
    metrics.handle.run_upkeep();
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        metrics.handle.render(),
    ))
}

/// Every status, so that one that nobody is in reads zero and not the last number it had.
const STATUSES: [&str; 5] = ["pending", "starting", "running", "stopped", "error"];

/// The server itself, which counts everybody's sessions.
fn counting() -> Actor {
    Actor {
        user: UserId(uuid::Uuid::nil()),
        username: String::new(),
        role: Role::Admin,
        may_use_host: false,
        only_looks: true,
        disabled: false,
    }
}
