//! Images: whether one is there, what it says of its environment, and how it is fetched.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;
use longhouse_domain::container::ImageName;
use longhouse_domain::event::Stage;
use tokio::sync::mpsc;

use super::client::{CallError, Client};
use crate::{Progress, ProvisionError};

/// How long a pull may stay silent. An engine tells of its progress several times a second.
const SILENCE: Duration = Duration::from_secs(60);

/// The least time between two reports of a pull, so that a fast one does not flood the session's events.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// The longest piece of the engine's own words that is shown, characters.
const WORDS: usize = 300;

/// What helps where our own image is missing: no registry has it.
const TO_BUILD: &str = "; build it with `cargo xtask images`, or name another image";

/// Fetches the image unless it is there.
pub(super) async fn ensure(
    client: &Client,
    image: &ImageName,
    progress: &mpsc::Sender<Progress>,
) -> Result<(), ProvisionError> {
    let say = |percent, detail: String| Progress {
        stage: Stage::Image,
        percent,
        detail,
    };
    if is_present(client, image).await.map_err(unavailable)? {
        // Whoever listens hears of the stage all the same; nobody need listen.
        let _ = progress.try_send(say(Some(100), format!("the image {image} is there")));
        return Ok(());
    }
    let _ = progress.try_send(say(None, format!("fetching the image {image}")));
    let failed = |error: CallError| match error {
        CallError::Away(_) | CallError::Silent(_) => unavailable(error),
        other => ProvisionError::Failed(format!(
            "the image {image} is not there and cannot be fetched: {}{}",
            words(&other.to_string()),
            if image.is_workspace() { TO_BUILD } else { "" }
        )),
    };
    let engine = client.engine().await.map_err(unavailable)?;
    let (name, tag) = split(image);
    let mut options = CreateImageOptionsBuilder::new().from_image(name);
    if let Some(tag) = tag {
        options = options.tag(tag);
    }
    let mut pull = std::pin::pin!(
        engine
            .docker
            .create_image(Some(options.build()), None, None)
    );
    let mut layers = Layers::default();
    let mut reported = tokio::time::Instant::now();
    loop {
        let Ok(info) = tokio::time::timeout(SILENCE, pull.next()).await else {
            let text = format!("the engine said nothing for {} seconds", SILENCE.as_secs());
            return Err(failed(CallError::Refused(text)));
        };
        let Some(info) = info else { break };
        layers.take(&info.map_err(|error| failed(error.into()))?);
        if reported.elapsed() >= REPORT_EVERY {
            reported = tokio::time::Instant::now();
            let text = format!("fetching the image {image}");
            let _ = progress.try_send(say(layers.percent(), text));
        }
    }
    match is_present(client, image).await.map_err(unavailable)? {
        true => Ok(()),
        false => Err(failed(CallError::Refused(
            "the engine ended without saying why".to_owned(),
        ))),
    }
}

/// Whether the engine has the image.
pub(super) async fn is_present(client: &Client, image: &ImageName) -> Result<bool, CallError> {
    match client
        .ask(|docker| async move { docker.inspect_image(image.as_str()).await })
        .await
    {
        Ok(_) => Ok(true),
        Err(CallError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is known of an image that is there.
pub(super) struct Image {
    pub(super) id: String,
    /// The environment that it gives its programs.
    pub(super) env: BTreeMap<String, String>,
}

/// Asks for what is known of the image.
pub(super) async fn inspect(client: &Client, image: &ImageName) -> Result<Image, ProvisionError> {
    let found = client
        .ask(|docker| async move { docker.inspect_image(image.as_str()).await })
        .await;
    let found = found.map_err(|error| match error {
        CallError::Away(_) | CallError::Silent(_) => unavailable(error),
        other => ProvisionError::Failed(format!("the image {image} cannot be used: {other}")),
    })?;
    if found.os.as_deref().is_some_and(|os| os != "linux") {
        return Err(ProvisionError::Failed(format!(
            "the image {image} is not for Linux"
        )));
    }
    let lines = found
        .config
        .and_then(|config| config.env)
        .unwrap_or_default();
    let pair = |line: String| {
        line.split_once('=')
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    Ok(Image {
        id: found.id.unwrap_or_default(),
        env: lines.into_iter().filter_map(pair).collect(),
    })
}

pub(super) fn unavailable(error: CallError) -> ProvisionError {
    ProvisionError::Unavailable(error.to_string())
}

/// An engine's words on one line.
pub(super) fn words(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(WORDS)
        .collect();
    text.trim().to_owned()
}

/// The name and the tag as the engine's pull wants them: without a tag it would fetch every one there is.
fn split(image: &ImageName) -> (&str, Option<&str>) {
    let text = image.as_str();
    if text.contains('@') {
        return (text, None);
    }
    let name_at = text.rfind('/').map_or(0, |slash| slash + 1);
    match text[name_at..].find(':') {
        Some(colon) => (&text[..name_at + colon], Some(&text[name_at + colon + 1..])),
        None => (text, Some("latest")),
    }
}

/// How far the layers of an image have come.
#[derive(Debug, Default)]
struct Layers(HashMap<String, (i64, i64)>);

/// The most layers that are counted; engines allow 127.
const MOST_LAYERS: usize = 256;

impl Layers {
    fn take(&mut self, info: &CreateImageInfo) {
        let Some(id) = &info.id else { return };
        let bytes = info
            .progress_detail
            .as_ref()
            .and_then(|detail| Some((detail.current?, detail.total.filter(|total| *total > 0)?)));
        // Only the download is counted: unpacking tells its progress in the same words, from the beginning.
        let downloads = info.status.as_deref() == Some("Downloading");
        let has_room = self.0.len() < MOST_LAYERS;
        match (bytes, self.0.get_mut(id)) {
            (Some(bytes), Some(known)) if downloads => *known = bytes,
            (Some(bytes), None) if downloads && has_room => {
                self.0.insert(id.clone(), bytes);
            }
            (_, Some(known)) if info.status.as_deref() == Some("Download complete") => {
                known.0 = known.1;
            }
            _ => {}
        }
    }

    fn percent(&self) -> Option<u8> {
        let (done, total) = self.0.values().fold((0_i64, 0_i64), |sum, layer| {
            (sum.0 + layer.0, sum.1 + layer.1)
        });
        u8::try_from((done.max(0) * 100).checked_div(total)?.min(100)).ok()
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    #[test]
    fn a_pull_asks_for_one_tag() {
        let split = |text: &str| {
            let image: ImageName = text.parse().unwrap();
            let (name, tag) = split(&image);
            (name.to_owned(), tag.map(str::to_owned))
        };
        let latest = Some("latest".to_owned());
        assert_eq!(split("busybox"), ("busybox".to_owned(), latest.clone()));
        assert_eq!(
            split("host:5000/a/b:1"),
            ("host:5000/a/b".to_owned(), Some("1".to_owned()))
        );
        assert_eq!(split("host:5000/a"), ("host:5000/a".to_owned(), latest));
        let digest = format!("a@sha256:{}", "0".repeat(64));
        assert_eq!(split(&digest), (digest.clone(), None));
    }

    #[test]
    fn the_progress_of_a_pull_is_that_of_all_its_layers() {
        let mut layers = Layers::default();
        assert_eq!(layers.percent(), None);
        let mut take = |id: &str, status: &str, bytes: Option<(i64, i64)>| {
            layers.take(&CreateImageInfo {
                id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                progress_detail: bytes.map(|(current, total)| ProgressDetail {
                    current: Some(current),
                    total: Some(total),
                }),
                error_detail: None,
            });
            layers.percent()
        };
        assert_eq!(take("a", "Downloading", Some((50, 100))), Some(50));
        assert_eq!(take("b", "Downloading", Some((0, 300))), Some(12));
        assert_eq!(take("a", "Download complete", None), Some(25));
        assert_eq!(take("a", "Extracting", Some((1, 100))), Some(25));
        assert_eq!(take("c", "Downloading", Some((5, 0))), Some(25));
    }
}
