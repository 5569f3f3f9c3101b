//! A session's volumes: made once, given to its user, removed with the session.

use std::collections::HashMap;

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveVolumeOptionsBuilder, UploadToContainerOptionsBuilder,
};
use longhouse_domain::SessionId;

use super::Docker;
use super::client::CallError;
use super::container::{self, OWNER_LABEL, Recipe, SERVER_LABEL, SESSION_LABEL, USER, Volume};
use super::image::words;
use crate::VolumeError;

/// Where the bearer has the volumes.
const BEARER_DIR: &str = "/longhouse";

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

/// Makes the container by way of which the volumes are given to the session's user; it never runs.
pub(super) async fn bearer(runtime: &Docker, recipe: &Recipe<'_>) -> Result<String, CallError> {
    let name = format!("{}-bearer", container::name(recipe.session));
    let create = |docker: bollard::Docker| {
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let body = container::bearer(recipe, BEARER_DIR);
        async move { docker.create_container(Some(options), body).await }
    };
    Ok(runtime.client.have_done(create).await?.id)
}

/// Gives the volumes to the session's user. A fresh volume is root's unless the image says otherwise, and nothing in the container has
/// the right to change that; so the engine does it.
pub(super) async fn give_to_user(runtime: &Docker, bearer: &str) -> Result<(), CallError> {
    runtime
        .client
        .have_done(|docker| {
            let options = UploadToContainerOptionsBuilder::new()
                .path(BEARER_DIR)
                .build();
            async move {
                let archive = bollard::body_full(ownership().into());
                let given = docker.upload_to_container(bearer, Some(options), archive);
                given.await
            }
        })
        .await
}

/// Removes the bearer, which has nothing more to do.
pub(super) async fn dismiss(runtime: &Docker, bearer: &str) -> Result<(), CallError> {
    runtime
        .client
        .have_done(|docker| {
            let options = RemoveContainerOptionsBuilder::new().force(true).build();
            async move { docker.remove_container(bearer, Some(options)).await }
        })
        .await
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

/// A tar archive that holds the volumes' directories and their owner, and nothing else.
fn ownership() -> Vec<u8> {
    let mut archive: Vec<u8> = Volume::ALL
        .iter()
        .flat_map(|volume| directory(volume.target().trim_start_matches('/')))
        .collect();
    archive.extend([0; 1024]);
    archive
}

/// The entry of a directory, in the format that every tar reads (ustar). The name is one of ours, and short.
fn directory(name: &str) -> [u8; 512] {
    let mut entry = [0; 512];
    let mut put = |at: usize, text: &str| {
        entry[at..at + text.len()].copy_from_slice(text.as_bytes());
    };
    put(0, name);
    put(100, "0000755\0");
    put(108, &format!("{USER:07o}\0"));
    put(116, &format!("{USER:07o}\0"));
    put(124, "00000000000\0");
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "5");
    put(257, "ustar\x0000");
    let sum: u32 = entry.iter().map(|byte| u32::from(*byte)).sum();
    entry[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_one_that_tar_reads() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let mut tar = Command::new("tar")
            .args(["--list", "--verbose", "--numeric-owner", "--file=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = tar.stdin.take().unwrap();
        stdin.write_all(&ownership()).unwrap();
        drop(stdin);
        let output = tar.wait_with_output().unwrap();
        assert!(output.status.success());
        let listed = String::from_utf8(output.stdout).unwrap();
        let words: Vec<Vec<&str>> = listed
            .lines()
            .map(|l| l.split_whitespace().collect())
            .collect();
        let seen: Vec<_> = words.iter().map(|w| (w[0], w[1], w[5])).collect();
        assert_eq!(
            seen,
            [
                ("drwxr-xr-x", "1000/1000", "workspace"),
                ("drwxr-xr-x", "1000/1000", "home/agent")
            ]
        );
    }
}
