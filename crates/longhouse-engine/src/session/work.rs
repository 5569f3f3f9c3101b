//! Commands beside the terminals, and how a session fares.

use std::sync::Arc;
use std::time::{Duration, Instant};

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::lifecycle::Status;
use longhouse_domain::session::RuntimeKind;
use longhouse_link::limits;
use longhouse_link::proto::{ExecRequest, StatsRequest};

use super::ask::AskError;
use super::connection::Connection;
use super::inside::require_running;
use super::request::{ExecCommand, ExecOutcome, HealthCheck, SessionHealth, SessionStats};
use super::terminals;
use crate::engine::Engine;
use crate::error::{EngineError, plain};

/// How much longer than its own time limit a command's answer may take.
const EXEC_ANSWER: Duration = Duration::from_secs(5);
/// How long the processor's share is measured.
const MEASURE: Duration = Duration::from_millis(100);

impl Engine {
    /// Runs a program in the session's directory and environment.
    pub async fn exec(
        &self,
        actor: &Actor,
        reference: &str,
        command: ExecCommand,
    ) -> Result<ExecOutcome, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        if command.argv.first().is_none_or(String::is_empty) {
            return Err(EngineError::invalid("command", "must name a program"));
        }
        require_running(&session)?;
        let program = command.argv.first().cloned().unwrap_or_default();
        let request = ExecRequest {
            argv: command.argv,
            timeout_seconds: u32::try_from(command.timeout.as_secs().max(1)).unwrap_or(u32::MAX),
            output_limit: limits::EXEC_OUTPUT_BYTES as u64,
            env: Default::default(),
        };
        let answer = handle.connections.ask(|link| {
            let request = request.clone();
            async move { link.client().exec(request).await }
        });
        let answer = tokio::time::timeout(command.timeout + EXEC_ANSWER, answer).await;
        match answer {
            Ok(Ok(reply)) => {
                let reply = reply.into_inner();
                Ok(ExecOutcome {
                    exit_code: reply.exit_code,
                    stdout: reply.stdout,
                    stderr: reply.stderr,
                    truncated: reply.truncated,
                    timed_out: reply.timed_out,
                    duration: Duration::from_millis(reply.duration_ms),
                })
            }
            Ok(Err(AskError::Refused(status))) if status.code() == tonic::Code::NotFound => {
                Err(EngineError::invalid(
                    "command[0]",
                    format!("the program {program:?} was not found in the session"),
                ))
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(EngineError::unreachable(
                "the command's time is over, and no answer came",
            )),
        }
    }

    /// Whether everything of the session that should be there is there and answers.
    pub async fn session_health(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionHealth, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let status = handle.live.borrow().session.status();
        let mut health = SessionHealth {
            status,
            healthy: true,
            checks: Vec::new(),
            link_rtt_ms: None,
            sessiond_version: None,
        };
        let mut check = |name: &str, ok: bool, detail: String| {
            health.checks.push(HealthCheck {
                name: name.to_owned(),
                ok,
                detail,
            });
        };
        let reason = session.phase.reason().unwrap_or("as wished").to_owned();
        check(
            "status",
            status != Status::Error,
            format!("{}: {reason}", status.as_str()),
        );
        if status == Status::Running && session.spec.runtime == RuntimeKind::Docker {
            let notice = handle.live.borrow().notice.clone();
            let detail = notice.clone().unwrap_or_else(|| "it runs".to_owned());
            check("container", notice.is_none(), detail);
        }
        if status == Status::Running {
            match handle.connections.current() {
                None => check(
                    "link",
                    false,
                    "sessiond is not connected at the moment".to_owned(),
                ),
                Some(connection) => {
                    let asked = Instant::now();
                    match terminals::list(&connection).await {
                        Ok(found) => {
                            check("link", true, "sessiond answers".to_owned());
                            let ended = found.iter().filter(|t| !t.running).count();
                            let text = format!("{} running, {ended} ended", found.len() - ended);
                            check("terminals", found.len() >= session.terminals.len(), text);
                        }
                        Err(said) => check("link", false, plain(said.message())),
                    }
                    health.link_rtt_ms = Some(asked.elapsed().as_secs_f64() * 1000.0);
                    health.sessiond_version = Some(plain(connection.version()));
                }
            }
        }
        health.healthy = health.checks.iter().all(|check| check.ok);
        Ok(health)
    }

    /// What the session uses. The processor's share is measured over a moment.
    pub async fn session_stats(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionStats, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        require_running(&session)?;
        let ask = async || {
            let question =
                |link: Arc<Connection>| async move { link.client().stats(StatsRequest {}).await };
            let answer = handle.connections.ask(question).await?;
            Ok::<_, AskError>(answer.into_inner())
        };
        let (first, began) = (ask().await?, Instant::now());
        tokio::time::sleep(MEASURE).await;
        let now = ask().await?;
        let used = (now.cpu_seconds - first.cpu_seconds).max(0.0);
        Ok(SessionStats {
            cpu_percent: 100.0 * used / began.elapsed().as_secs_f64(),
            memory_bytes: now.memory_bytes,
            processes: now.processes,
            uptime_ms: now.uptime_ms,
            output_bytes: now.output_bytes,
            input_bytes: now.input_bytes,
            viewers: handle.viewers(),
            at: self.context().now(),
        })
    }
}
