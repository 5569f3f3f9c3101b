//! Ends and clears what is left of a session: containers first, then what they held on to.

use std::io;

use bollard::query_parameters::RemoveContainerOptionsBuilder;
use longhouse_domain::SessionId;

use super::client::CallError;
use super::{Docker, DockerRuntime, network, observe, volumes};
use crate::Leftover;

/// How often the engine is asked again while a removal that it began itself is under way, and how long between.
const ROUNDS: usize = 50;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Ends and removes every container of the session.
pub(super) async fn containers(docker: &Docker, session: SessionId) -> Result<(), CallError> {
    for container in observe::of_session(docker, session).await? {
        if let Some(id) = container.id {
            one(docker, &id).await?;
        }
    }
    Ok(())
}

async fn one(docker: &Docker, id: &str) -> Result<(), CallError> {
    let mut last = CallError::NotFound(String::new());
    for _ in 0..ROUNDS {
        let removed = docker
            .client
            .have_done(|docker| {
                // Anonymous volumes, which an image may ask for, go with it; named ones stay.
                let options = RemoveContainerOptionsBuilder::new()
                    .force(true)
                    .v(true)
                    .build();
                async move { docker.remove_container(id, Some(options)).await }
            })
            .await;
        match removed {
            Ok(()) | Err(CallError::NotFound(_)) => return Ok(()),
            // Somebody else removes it at this moment: it is gone when the engine says that it does not know it.
            Err(error @ CallError::Conflict(_)) => last = error,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(last)
}

/// See [`crate::Runtime::end`].
pub(super) async fn end(runtime: &DockerRuntime, session: SessionId) -> io::Result<()> {
    containers(&runtime.docker, session).await?;
    let short = session.short();
    runtime
        .blocking(move |docker| docker.secrets.remove(&short))
        .await
}

/// See [`crate::Runtime::destroy`].
pub(super) async fn destroy(runtime: &DockerRuntime, session: SessionId) -> io::Result<()> {
    end(runtime, session).await?;
    volumes::remove(&runtime.docker, session).await?;
    network::remove_unused(&runtime.docker).await?;
    let short = session.short();
    runtime
        .blocking(move |docker| docker.layout.remove(&short))
        .await
}

/// See [`crate::Runtime::leftovers`]. Volumes alone are none: they may hold somebody's work.
pub(super) async fn leftovers(runtime: &DockerRuntime) -> io::Result<Vec<Leftover>> {
    let mut found: Vec<Leftover> = observe::of_server(&runtime.docker)
        .await?
        .iter()
        .filter_map(observe::session_of)
        .map(|session| Leftover {
            name: session.to_string(),
            session: Some(session),
        })
        .collect();
    let shorts = runtime
        .blocking(|docker| {
            let mut shorts = docker.layout.found()?;
            shorts.extend(docker.secrets.found()?);
            Ok(shorts)
        })
        .await?;
    let with_container: Vec<String> = found
        .iter()
        .filter_map(|leftover| leftover.session.map(|session| session.short()))
        .collect();
    let without = shorts
        .into_iter()
        .filter(|short| !with_container.contains(short));
    found.extend(without.map(|name| Leftover {
        name,
        session: None,
    }));
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup();
    Ok(found)
}

/// See [`crate::Runtime::clear`].
pub(super) async fn clear(runtime: &DockerRuntime, leftover: &Leftover) -> io::Result<()> {
    let short = match leftover.session {
        Some(session) => {
            end(runtime, session).await?;
            session.short()
        }
        None if crate::is_short_name(&leftover.name) => leftover.name.clone(),
        None => {
            let text = "this is no leftover of a session";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
    };
    network::remove_unused(&runtime.docker).await?;
    runtime
        .blocking(move |docker| {
            docker.secrets.remove(&short)?;
            docker.layout.remove(&short)
        })
        .await
}
