//! A session's volumes: made once, listed, removed with the session. Whose they are is [`super::ownership`]'s.

use std::collections::HashMap;

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder};
use longhouse_domain::SessionId;

use super::Docker;
use super::client::CallError;
use super::container::{self, OWNER_LABEL, Recipe, SERVER_LABEL, SESSION_LABEL, Volume};
use super::image::words;
use crate::VolumeError;

/// Makes the volumes that are missing.
pub(super) async fn ensure(runtime: &Docker, recipe: &Recipe<'_>) -> Result<(), CallError> {
    let make = |volume: Volume| {
        runtime.client.have_done(move |docker| {
            let request = VolumeCreateRequest {
                name: Some(volume.name(recipe.session)),
                labels: Some(container::labels(
                    recipe.server,
                    recipe.session,
                    recipe.owner,
                )),
                ..VolumeCreateRequest::default()
            };
            async move { docker.create_volume(request).await.map(drop) }
        })
    };
    let [workspace, home] = Volume::ALL;
    tokio::try_join!(make(workspace), make(home)).map(drop)
}

/// Removes the session's volumes, with everything in them: those of this server, whoever else made one of the same name.
pub(super) async fn remove(runtime: &Docker, session: SessionId) -> Result<(), CallError> {
    let all = all(runtime).await?.into_iter();
    for volume in all.filter(|volume| volume.session == session) {
        match one(runtime, &volume.name).await {
            Ok(()) | Err(CallError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn one(runtime: &Docker, name: &str) -> Result<(), CallError> {
    runtime
        .client
        .have_done(|docker| {
            let options = RemoveVolumeOptionsBuilder::new().force(true).build();
            async move { docker.remove_volume(name, Some(options)).await }
        })
        .await
}

/// See [`crate::Runtime::remove_volume`]. One that is not this server's is none that it knows of.
pub(super) async fn remove_named(runtime: &Docker, name: &str) -> Result<(), VolumeError> {
    let removed = async {
        if !all(runtime).await?.iter().any(|volume| volume.name == name) {
            return Err(CallError::NotFound(String::new()));
        }
        one(runtime, name).await
    };
    removed.await.map_err(|error| match error {
        CallError::NotFound(_) => VolumeError::Gone,
        CallError::Conflict(said) => VolumeError::InUse(words(&said)),
        CallError::Away(_) | CallError::Silent(_) => VolumeError::Unavailable(error.to_string()),
        CallError::Refused(said) => VolumeError::Failed(words(&said)),
    })
}

/// This server's volumes.
pub(super) async fn all(runtime: &Docker) -> Result<Vec<crate::Volume>, CallError> {
    let own = format!("{SERVER_LABEL}={}", runtime.layout.server());
    let filters = HashMap::from([("label", vec![own])]);
    let options = ListVolumesOptionsBuilder::new().filters(&filters).build();
    let listed = runtime
        .client
        .ask(|docker| {
            let options = options.clone();
            async move { docker.list_volumes(Some(options)).await }
        })
        .await?;
    let volumes = listed.volumes.unwrap_or_default().into_iter();
    let known = volumes.filter_map(|volume| {
        let session = volume.labels.get(SESSION_LABEL)?.parse().ok()?;
        let owner = volume.labels.get(OWNER_LABEL);
        Some(crate::Volume {
            name: volume.name,
            session,
            owner: owner.and_then(|text| text.parse().ok()),
            created_at: volume.created_at.and_then(|at| at.parse().ok()),
        })
    });
    Ok(known.collect())
}
