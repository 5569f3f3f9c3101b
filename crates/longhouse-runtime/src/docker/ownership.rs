//! Gives a session's fresh volumes to its user. A fresh volume is root's unless the image says otherwise, and nothing in the container has the
//! right to change that; so the engine is brought to do it, by way of a container that never runs: the bearer.
//!
//! There are two ways. An engine that makes a container copies into an empty volume what the image has in its place, with the owner of that
//! directory: a bearer made of an image that holds nothing but these directories gives the volumes by being made. Where the session's own
//! image has put something into them they are not empty any more, and the engine has to unpack an archive over them, for which it starts
//! a process that costs more than everything else here. Which images need that is learnt when a session first starts with one.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use bollard::models::ContainerCreateResponse;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, DownloadFromContainerOptionsBuilder,
    RemoveContainerOptionsBuilder, UploadToContainerOptionsBuilder,
};
use futures_util::{StreamExt, TryStreamExt};

use super::Docker;
use super::client::CallError;
use super::container::{self, Recipe, USER, Volume};

/// Where the bearer has the volumes over which an archive is unpacked.
const BEARER_DIR: &str = "/longhouse";

/// The image that holds nothing but the volumes' directories. The engine keeps it (it has no bytes), and is given it anew where it is missing.
const OWNER_IMAGE: &str = "longhouse/volume-owner";
const OWNER_TAG: &str = "1";

/// How many images are remembered. More are learnt anew.
const MOST_IMAGES: usize = 256;

/// The size of a piece of a tar archive, bytes: an entry's head, or a part of what it holds.
const BLOCK: usize = 512;

/// The images, by identifier, that put nothing into the volumes.
#[derive(Debug, Default)]
pub(super) struct BareImages(Mutex<HashSet<String>>);

impl BareImages {
    fn has(&self, image: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(image)
    }

    fn note(&self, image: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_IMAGES {
            known.clear();
        }
        known.insert(image.to_owned());
    }
}

/// The container by way of which volumes were given.
pub(super) struct Bearer {
    container: String,
    /// Whether it is of the session's own image, of which something can be learnt.
    of_the_image: bool,
}

/// Makes the session's container by `create`, and gives its volumes to its user. `image` is the identifier of the session's image.
pub(super) async fn make_and_give(
    docker: &Docker,
    recipe: &Recipe<'_>,
    image: &str,
    create: impl Future<Output = Result<ContainerCreateResponse, CallError>>,
) -> Result<(ContainerCreateResponse, Bearer), CallError> {
    let (created, container, of_the_image);
    if docker.bare_images.has(image) {
        // In this order: what the engine copies last is whose the volumes are.
        created = create.await?;
        container = owner(docker, recipe).await?;
        of_the_image = false;
    } else {
        (created, container) = tokio::try_join!(create, bearer(docker, recipe))?;
        // Only now: making the session's container has copied into the volumes what the image has there, with the image's owners.
        unpack_over(docker, &container).await?;
        of_the_image = true;
    }
    let bearer = Bearer {
        container,
        of_the_image,
    };
    Ok((created, bearer))
}

/// Removes the bearer, which has nothing more to do; learns before what can be learnt by it.
pub(super) async fn dismiss(
    docker: &Docker,
    bearer: &Bearer,
    image: &str,
) -> Result<(), CallError> {
    if bearer.of_the_image && !image.is_empty() && is_bare(docker, &bearer.container).await {
        docker.bare_images.note(image);
    }
    let id = &bearer.container;
    docker
        .client
        .have_done(|docker| {
            let options = RemoveContainerOptionsBuilder::new().force(true).build();
            async move { docker.remove_container(id, Some(options)).await }
        })
        .await
}

/// A bearer of the session's own image, with the volumes beside what the image has.
async fn bearer(docker: &Docker, recipe: &Recipe<'_>) -> Result<String, CallError> {
    let image = recipe.spec.image.as_str();
    create_bearer(docker, recipe, image, BEARER_DIR).await
}

/// A bearer whose making gives the volumes.
async fn owner(docker: &Docker, recipe: &Recipe<'_>) -> Result<String, CallError> {
    let image = format!("{OWNER_IMAGE}:{OWNER_TAG}");
    match create_bearer(docker, recipe, &image, "").await {
        Err(CallError::NotFound(_)) => {
            provide_owner_image(docker).await?;
            create_bearer(docker, recipe, &image, "").await
        }
        made => made,
    }
}

async fn create_bearer(
    docker: &Docker,
    recipe: &Recipe<'_>,
    image: &str,
    directory: &str,
) -> Result<String, CallError> {
    let name = format!("{}-bearer", container::name(recipe.session));
    let create = |docker: bollard::Docker| {
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let body = container::bearer(recipe, image, directory);
        async move { docker.create_container(Some(options), body).await }
    };
    Ok(docker.client.have_done(create).await?.id)
}

async fn provide_owner_image(docker: &Docker) -> Result<(), CallError> {
    docker
        .client
        .have_done(|docker| {
            let options = CreateImageOptionsBuilder::new()
                .from_src("-")
                .repo(OWNER_IMAGE)
                .tag(OWNER_TAG)
                .build();
            let archive = bollard::body_full(ownership().into());
            let made = docker.create_image(Some(options), Some(archive), None);
            made.try_collect::<Vec<_>>()
        })
        .await
        .map(drop)
}

async fn unpack_over(docker: &Docker, bearer: &str) -> Result<(), CallError> {
    docker
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

/// Whether the image of this bearer has nothing where the volumes will be. What cannot be seen counts as something: it costs time alone.
async fn is_bare(docker: &Docker, bearer: &str) -> bool {
    let [workspace, home] = Volume::ALL.map(|volume| has_nothing_at(docker, bearer, volume));
    let (workspace, home) = tokio::join!(workspace, home);
    workspace && home
}

async fn has_nothing_at(docker: &Docker, bearer: &str, volume: Volume) -> bool {
    let Ok(engine) = docker.client.engine().await else {
        return false;
    };
    let options = DownloadFromContainerOptionsBuilder::new()
        .path(volume.target())
        .build();
    let mut archive = std::pin::pin!(engine.docker.download_from_container(bearer, Some(options)));
    let mut head = Vec::new();
    while head.len() < 2 * BLOCK {
        match archive.next().await {
            Some(Ok(piece)) => head.extend_from_slice(&piece),
            Some(Err(error)) => {
                return matches!(CallError::from(error), CallError::NotFound(_));
            }
            None => return false,
        }
    }
    is_empty_directory(&head)
}

/// Whether an archive that begins like this holds a directory and nothing in it.
fn is_empty_directory(archive: &[u8]) -> bool {
    let (Some(first), Some(second)) = (archive.get(..BLOCK), archive.get(BLOCK..2 * BLOCK)) else {
        return false;
    };
    first[156] == b'5' && second.iter().all(|byte| *byte == 0)
}

/// A tar archive that holds the volumes' directories and their owner, and nothing else.
fn ownership() -> Vec<u8> {
    let mut archive: Vec<u8> = Volume::ALL
        .iter()
        .flat_map(|volume| directory(volume.target().trim_start_matches('/')))
        .collect();
    archive.extend([0; 2 * BLOCK]);
    archive
}

/// The entry of a directory, in the format that every tar reads (ustar). The name is one of ours, and short.
fn directory(name: &str) -> [u8; BLOCK] {
    let mut entry = [0; BLOCK];
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
    fn a_directory_with_nothing_in_it_is_told_from_others() {
        let end = [0; 2 * BLOCK];
        let empty = [&directory("workspace")[..], &end].concat();
        assert!(is_empty_directory(&empty));
        assert!(!is_empty_directory(&ownership()), "another entry follows");
        let mut file = empty.clone();
        file[156] = b'0';
        assert!(!is_empty_directory(&file));
        assert!(!is_empty_directory(&empty[..BLOCK]));
    }

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
