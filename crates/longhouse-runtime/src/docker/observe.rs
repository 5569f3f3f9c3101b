//! Finds a session's container, and reads off its state what became of it.

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, ContainerState, ContainerSummary};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder,
};
use futures_util::StreamExt;
use longhouse_domain::lifecycle::{Cause, Observed, RuntimeHandle};
use longhouse_domain::{SessionId, Timestamp};
use longhouse_link::spec::StartFailure;
use serde::{Deserialize, Serialize};

use super::Docker;
use super::client::{CallError, Engine};
use super::container::{SERVER_LABEL, SESSION_LABEL};
use super::image::words;

/// What every reason ends with.
const WHAT_NOW: &str = "start the session again to go on";

/// How the engine writes a moment that never was.
const NEVER: &str = "0001-";

/// A shell's code for the end by SIGKILL.
const KILLED: i64 = 137;

/// The most of a container's last line that is read, bytes.
const LINE_BYTES: usize = 64 * 1024;

/// What is remembered of a running container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handle {
    pub(super) container: String,
    pub(super) image: String,
    /// The start of the machine in which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
}

impl Handle {
    pub(super) fn new(docker: &Docker, container: String, image: String) -> Self {
        Self {
            container,
            image,
            boot: Some(docker.boot.clone()),
        }
    }

    /// What an earlier start of this server may have written; `None` if it means nothing to us.
    pub(super) fn read(handle: &RuntimeHandle) -> Option<Self> {
        serde_json::from_value(handle.0.clone()).ok()
    }
}

impl From<Handle> for RuntimeHandle {
    fn from(handle: Handle) -> Self {
        Self(
            serde_json::json!({ "container": handle.container, "image": handle.image, "boot": handle.boot }),
        )
    }
}

/// See [`crate::Runtime::observe`].
pub(super) async fn observe(
    docker: &Docker,
    session: SessionId,
    handle: Option<&RuntimeHandle>,
) -> Observed {
    match look(docker, session, handle).await {
        Ok(observed) => observed,
        Err(error) => Observed::Unknown {
            reason: error.to_string(),
        },
    }
}

async fn look(
    docker: &Docker,
    session: SessionId,
    handle: Option<&RuntimeHandle>,
) -> Result<Observed, CallError> {
    let known = handle.and_then(Handle::read);
    let boot = known.as_ref().and_then(|known| known.boot.as_deref());
    let (mut reason, mut cause) = match &known {
        None => ("it has no container".to_owned(), Cause::Fault),
        Some(known) => match inspect(docker, &known.container).await {
            Ok(found) if is_ours(docker, session, &found) => match alive(&found) {
                true => return Ok(Observed::Alive(known.clone().into())),
                false => end_of(docker, &found, boot).await,
            },
            Ok(_) => (
                "its container is another one by now".to_owned(),
                Cause::Fault,
            ),
            Err(CallError::NotFound(_)) => {
                let text = "its container was removed from outside, unexpectedly";
                (text.to_owned(), Cause::Fault)
            }
            Err(error) => return Err(error),
        },
    };
    // A later start, or one that was interrupted before it was written down.
    for other in of_session(docker, session).await? {
        let id = other.id.unwrap_or_default();
        if known.as_ref().is_some_and(|known| known.container == id) {
            continue;
        }
        let found = match inspect(docker, &id).await {
            Ok(found) => found,
            Err(CallError::NotFound(_)) => continue,
            Err(error) => return Err(error),
        };
        if alive(&found) {
            let image = found.config.and_then(|config| config.image);
            let handle = Handle::new(docker, id, image.unwrap_or_default());
            return Ok(Observed::Alive(handle.into()));
        }
        if known.is_none() {
            (reason, cause) = end_of(docker, &found, boot).await;
        }
    }
    Ok(Observed::Gone {
        reason: format!("{reason}; {WHAT_NOW}"),
        cause,
    })
}

async fn inspect(docker: &Docker, id: &str) -> Result<ContainerInspectResponse, CallError> {
    // A handle comes from the database; in an address it must be nothing but a name.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(CallError::NotFound("this is no container".to_owned()));
    }
    let options = None::<InspectContainerOptions>;
    docker
        .client
        .ask(|docker| {
            let options = options.clone();
            async move { docker.inspect_container(id, options).await }
        })
        .await
}

/// Whether the session's container of that identifier is there, running or not.
pub(super) async fn is_there(
    docker: &Docker,
    session: SessionId,
    id: &str,
) -> Result<bool, CallError> {
    let found = inspect(docker, id).await?;
    Ok(is_ours(docker, session, &found))
}

fn is_ours(docker: &Docker, session: SessionId, found: &ContainerInspectResponse) -> bool {
    let labels = found.config.as_ref().and_then(|c| c.labels.as_ref());
    let label = |name: &str| {
        labels
            .and_then(|labels| labels.get(name))
            .map(String::as_str)
    };
    label(SERVER_LABEL) == Some(docker.layout.server())
        && label(SESSION_LABEL) == Some(session.to_string().as_str())
}

/// Paused ones live too.
fn alive(found: &ContainerInspectResponse) -> bool {
    let state = found.state.as_ref();
    state.and_then(|state| state.running) == Some(true)
}

/// What became of a container that does not run, for people.
async fn end_of(
    docker: &Docker,
    found: &ContainerInspectResponse,
    boot: Option<&str>,
) -> (String, Cause) {
    let Some(state) = &found.state else {
        return ("nothing is known of its end".to_owned(), Cause::Fault);
    };
    if boot.is_some_and(|boot| boot != docker.boot) {
        let text = "the machine was restarted, and the container ended with it";
        return (text.to_owned(), Cause::Outage);
    }
    let engine = docker.client.engine().await.ok();
    if engine.is_some_and(|engine| went_along(&engine, state)) {
        let text = "the container engine was stopped or restarted, and ended the container";
        return (text.to_owned(), Cause::Outage);
    }
    let said = match state.exit_code {
        Some(code) if code != 0 && code != KILLED => last_words(docker, found).await,
        _ => None,
    };
    let limit = found.host_config.as_ref().and_then(|config| config.memory);
    (reason(state, limit, said), Cause::Fault)
}

/// Whether the container was ended by the end of its engine. A container that used up its memory meanwhile did not need that.
fn went_along(engine: &Engine, state: &ContainerState) -> bool {
    let ended = state.finished_at.as_deref();
    let ended = ended.and_then(|at| at.parse::<Timestamp>().ok());
    let was_started = state
        .started_at
        .as_deref()
        .is_some_and(|at| !at.starts_with(NEVER));
    let itself =
        state.oom_killed == Some(true) || state.error.as_deref().is_some_and(|e| !e.is_empty());
    was_started && !itself && ended.is_some_and(|ended| engine.took_along(ended))
}

fn reason(state: &ContainerState, memory: Option<i64>, said: Option<String>) -> String {
    if state
        .started_at
        .as_deref()
        .is_none_or(|at| at.starts_with(NEVER))
    {
        return "its container was made but not started".to_owned();
    }
    let code = state.exit_code.unwrap_or(-1);
    // An engine also says so where a program inside was ended, long before, and the container went on.
    if state.oom_killed == Some(true) && code == KILLED {
        let mb = memory.unwrap_or(0) / (1024 * 1024);
        return format!("it ran out of memory and was ended unexpectedly (its limit is {mb} MB)");
    }
    if let Some(said) = said {
        return format!("sessiond cannot start: {said}");
    }
    let error = state.error.as_deref().map(words).unwrap_or_default();
    match code {
        _ if !error.is_empty() => format!("its container ended unexpectedly: {error}"),
        KILLED => "its container was killed unexpectedly".to_owned(),
        code => format!("its container ended unexpectedly with exit code {code}"),
    }
}

/// What sessiond complained of at its start, if it did.
async fn last_words(docker: &Docker, found: &ContainerInspectResponse) -> Option<String> {
    let id = found.id.as_deref()?;
    let engine = docker.client.engine().await.ok()?;
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .tail("1")
        .build();
    let mut logs = std::pin::pin!(engine.docker.logs(id, Some(options)));
    let read = async {
        let mut line = Vec::new();
        while let Some(Ok(piece)) = logs.next().await {
            line.extend_from_slice(&piece.into_bytes());
            if line.len() > LINE_BYTES {
                break;
            }
        }
        line
    };
    let line = tokio::time::timeout(std::time::Duration::from_secs(1), read)
        .await
        .ok()?;
    let failure: StartFailure = serde_json::from_slice(&line).ok()?;
    Some(words(&failure.error))
}

/// All containers of the session, whatever their state.
pub(super) async fn of_session(
    docker: &Docker,
    session: SessionId,
) -> Result<Vec<ContainerSummary>, CallError> {
    let server = format!("{SERVER_LABEL}={}", docker.layout.server());
    list(docker, vec![server, format!("{SESSION_LABEL}={session}")]).await
}

/// All containers of this server.
pub(super) async fn of_server(docker: &Docker) -> Result<Vec<ContainerSummary>, CallError> {
    list(
        docker,
        vec![format!("{SERVER_LABEL}={}", docker.layout.server())],
    )
    .await
}

async fn list(docker: &Docker, labels: Vec<String>) -> Result<Vec<ContainerSummary>, CallError> {
    let filters = HashMap::from([("label", labels)]);
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    docker
        .client
        .ask(|docker| {
            let options = options.clone();
            async move { docker.list_containers(Some(options)).await }
        })
        .await
}

/// The session that a container of this server belongs to.
pub(super) fn session_of(container: &ContainerSummary) -> Option<SessionId> {
    let labels = container.labels.as_ref()?;
    labels.get(SESSION_LABEL)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i64) -> ContainerState {
        ContainerState {
            running: Some(false),
            started_at: Some("2026-11-21T00:00:00Z".to_owned()),
            exit_code: Some(code),
            ..ContainerState::default()
        }
    }

    #[test]
    fn an_end_is_explained_by_what_the_engine_knows() {
        let oom = |code| ContainerState {
            oom_killed: Some(true),
            ..ended(code)
        };
        let mb = Some(64 * 1024 * 1024);
        for (state, said, part) in [
            (
                oom(137),
                None,
                "out of memory and was ended unexpectedly (its limit is 64 MB)",
            ),
            (oom(0), None, "exit code 0"),
            (ended(137), None, "killed unexpectedly"),
            (
                ended(1),
                Some("no PTY".to_owned()),
                "sessiond cannot start: no PTY",
            ),
            (ended(3), None, "unexpectedly with exit code 3"),
            (
                ContainerState {
                    started_at: None,
                    ..ended(0)
                },
                None,
                "not started",
            ),
            (
                ContainerState {
                    error: Some("bad\nmount".to_owned()),
                    ..ended(127)
                },
                None,
                "bad mount",
            ),
        ] {
            let text = reason(&state, mb, said);
            assert!(text.contains(part), "{text}");
        }
    }
}
