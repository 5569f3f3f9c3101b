//! Whose a session's fresh volumes are: its user's, whatever its image has in their places, and by the cheapest way that image allows.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use longhouse_domain::SessionId;
use longhouse_domain::container::{ContainerSpec, Template};
use longhouse_runtime::docker::DockerRuntime;

use super::engine::{IMAGE, cli, socket, spec};
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

/// What the engine tells of containers of a session that are made. It remembers but little, so somebody listens from before.
struct Made(Child);

impl Made {
    fn of(session: SessionId) -> Self {
        let mut listen = Command::new("docker");
        listen.args(["--host", &format!("unix://{}", socket().display())]);
        listen.args(["events", "--since", "1m", "--filter", "event=create"]);
        listen.args(["--filter", &format!("label=longhouse.session={session}")]);
        let what = "{{.Actor.Attributes.name}} {{.Actor.Attributes.image}}";
        listen.args(["--format", what]).stdout(Stdio::piped());
        Self(listen.spawn().unwrap())
    }

    /// The image of the bearer.
    fn bearer(mut self) -> String {
        let mut lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        let image = lines.find_map(|line| Some(line.unwrap().split_once("-bearer ")?.1.to_owned()));
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        image.expect("there was a bearer")
    }
}

/// Starts a session of that image with this runtime, which sees what `script` prints; by way of which image its volumes were given.
async fn start(of: &Fixture<DockerRuntime>, image: &str) -> (String, String) {
    let mut fixture = Fixture::<DockerRuntime>::new();
    fixture.runtime = of.runtime.clone();
    fixture.plan.container = Some(ContainerSpec {
        image: image.parse().unwrap(),
        ..spec(Template::Shell)
    });
    let made = Made::of(fixture.plan.session);
    let (_handle, link) = fixture.start().await;
    let seen =
        "touch /workspace/new ~/new && stat -c %u:%g /workspace ~ && cat /workspace/note 2>&1";
    let seen = sh(&link, seen).await;
    let way = made.bearer();
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
