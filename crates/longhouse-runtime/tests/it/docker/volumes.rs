//! Whose a session's fresh volumes are: its user's, whatever its image has in their places, and by the cheapest way that image allows.

use longhouse_domain::SessionId;
use longhouse_domain::container::{ContainerSpec, Template};
use longhouse_runtime::docker::DockerRuntime;

use super::engine::{IMAGE, cli, spec};
use super::inside::sh;
use crate::fixture::Fixture;

const OWNER_IMAGE: &str = "longhouse/volume-owner:1";

/// Takes the image away at the end.
struct Image(String);

impl Image {
    /// The tests' image with a directory of root's in the workspace's place, and this file in it.
    fn with_workspace(name: &str, file: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = dir.path().join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        if let Some(file) = file {
            std::fs::write(workspace.join(file), "from the image\n").unwrap();
        }
        let container = format!("longhouse-test-{name}-{}", std::process::id());
        let image = format!("longhouse-test/{name}-{}:1", std::process::id());
        cli(&["create", "--name", &container, IMAGE, "sh"]).unwrap();
        let to = format!("{container}:/");
        cli(&["cp", workspace.to_str().unwrap(), &to]).unwrap();
        cli(&["commit", &container, &image]).unwrap();
        cli(&["rm", &container]).unwrap();
        Self(image)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = cli(&["rmi", "--force", &self.0]);
    }
}

/// By way of which image the volumes of this session were given.
fn given_by(session: SessionId) -> String {
    let label = format!("label=longhouse.session={session}");
    let created = cli(&[
        "events",
        "--since",
        "10m",
        "--until",
        "0s",
        "--filter",
        &label,
        "--filter",
        "event=create",
        "--format",
        "{{.Actor.Attributes.name}} {{.Actor.Attributes.image}}",
    ]);
    let created = created.unwrap();
    let bearer = created.lines().find_map(|line| line.split_once("-bearer "));
    bearer.expect("there was a bearer").1.to_owned()
}

/// Starts a session of that image with this runtime, which sees what `script` prints; by way of which image its volumes were given.
async fn start(of: &Fixture<DockerRuntime>, image: &str) -> (String, String) {
    let mut fixture = Fixture::<DockerRuntime>::new();
    fixture.runtime = of.runtime.clone();
    fixture.plan.container = Some(ContainerSpec {
        image: image.parse().unwrap(),
        ..spec(Template::Shell)
    });
    let (_handle, link) = fixture.start().await;
    let seen =
        "touch /workspace/new ~/new && stat -c %u:%g /workspace ~ && cat /workspace/note 2>&1";
    let seen = sh(&link, seen).await;
    let way = given_by(fixture.plan.session);
    fixture.finish().await;
    (seen, way)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fresh_volumes_are_the_users_whatever_the_image_has_in_their_places() {
    let mut server = Fixture::<DockerRuntime>::new();
    let empty = Image::with_workspace("empty", None);
    let full = Image::with_workspace("full", Some("note"));
    let own = "1000:1000\n1000:1000";
    let none = format!("{own}\ncat: can't open '/workspace/note': No such file or directory");
    let note = format!("{own}\nfrom the image");
    for (image, seen, way) in [
        // The first session with an image is asked what the image has there, the next ones are not.
        (IMAGE, &none, IMAGE),
        (IMAGE, &none, OWNER_IMAGE),
        (&empty.0, &none, empty.0.as_str()),
        (&empty.0, &none, OWNER_IMAGE),
        (&full.0, &note, full.0.as_str()),
        (&full.0, &note, full.0.as_str()),
    ] {
        let found = start(&server, image).await;
        assert_eq!((&found.0, found.1.as_str()), (seen, way), "{image}");
    }
    // Where somebody tidied the engine's images up, it is given that one again.
    let _ = cli(&["rmi", "--force", OWNER_IMAGE]);
    let found = start(&server, IMAGE).await;
    assert_eq!((&found.0, found.1.as_str()), (&none, OWNER_IMAGE));
    server.finish().await;
}
