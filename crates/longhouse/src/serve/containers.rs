//! Sessions in containers: the Docker runtime, from the settings.

use anyhow::Context as _;
use longhouse_runtime::docker::{BadEngineAddress, DockerRuntime, DockerSettings, EngineAddress};
use longhouse_runtime::host::{HostRuntime, choose_secrets_dir};

use crate::config::Settings;
use crate::places::Places;

/// What `docker_host` says where sessions are never to live in containers.
const OFF: &str = "off";

/// Where the engine is to be looked for; nowhere if containers are switched off.
///
/// # Errors
/// What is configured is no address of an engine that sessions can use.
pub(crate) fn engine_address(
    settings: &Settings,
) -> Result<Option<EngineAddress>, BadEngineAddress> {
    match settings.docker_host.as_deref() {
        Some(OFF) => Ok(None),
        Some(address) => EngineAddress::parse(address).map(Some),
        None => Ok(Some(EngineAddress::Usual)),
    }
}

/// The runtime, unless it is switched off. Whether there is an engine turns out later.
pub(super) fn runtime(
    settings: &Settings,
    places: &Places,
    host: &HostRuntime,
) -> anyhow::Result<Option<DockerRuntime>> {
    let engine = match engine_address(settings) {
        Ok(Some(address)) => address,
        Ok(None) => return Ok(None),
        // `DOCKER_HOST` may be there for other programs: the server does without rather than not start.
        Err(error) => {
            tracing::warn!("docker_host: {error}; sessions cannot live in containers");
            return Ok(None);
        }
    };
    let settings = DockerSettings {
        data_dir: places.data_dir.clone(),
        run_dir: places.run_dir.clone(),
        secrets_dir: choose_secrets_dir(&places.data_dir, &places.run_dir),
        sessiond: host.sessiond().to_owned(),
        engine,
        default_image: settings.docker.image.clone(),
        ring_bytes: Some(settings.terminal.ring_bytes.into()),
        scrollback_lines: Some(settings.terminal.scrollback_lines),
    };
    let runtime = DockerRuntime::new(settings).context("sessions cannot run in containers")?;
    Ok(Some(runtime))
}
