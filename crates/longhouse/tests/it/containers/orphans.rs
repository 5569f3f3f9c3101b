//! What is in the engine and belongs to nobody: what lives of it is cleared away, what may hold work is kept and shown.

use serde_json::json;

use super::engine::{IMAGE, Yard, docker, of_session};
use crate::support::wait_for;

/// A session of the server that its database does not know.
const FORGOTTEN: &str = "0192f3a4-7f3e-7cc0-98c4-00000000feed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_remembers_is_cleared_but_its_volume_is_kept_and_shown() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let session = yard.running(&client, "known").await;
    let container = session["container"]["id"].as_str().unwrap();
    let label = "{{index .Config.Labels \"longhouse.server\"}}";
    let server = docker(&["inspect", "--format", label, container]);
    let id = session["id"].as_str().unwrap();
    yard.house.kill();

    let server = format!("longhouse.server={server}");
    let session = format!("longhouse.session={FORGOTTEN}");
    let labels = ["--label", &server, "--label", &session];
    let make = |what: &[&str], name: &[&str]| docker(&[what, &labels, name].concat());
    let volume = format!("longhouse-{FORGOTTEN}-workspace");
    make(&["volume", "create"], &[&volume]);
    let network = make(&["network", "create"], &["longhouse-forgotten"]);
    make(
        &["run", "--detach", "--network", "none"],
        &[IMAGE, "sleep", "1000"],
    );
    // Somebody else's, with the volume in use.
    let bind = format!("{volume}:/work");
    let other = docker(&["create", "--volume", &bind, IMAGE, "true"]);
    yard.remember(FORGOTTEN);

    yard.house.start();
    let client = yard.house.client().await;
    wait_for("the container and the network are gone", async || {
        let networks = docker(&["network", "ls", "--quiet", "--no-trunc"]);
        (of_session(FORGOTTEN).0.is_empty() && !networks.contains(&network)).then_some(())
    })
    .await;
    let listed = client.get("/api/volumes").await.created();
    assert_eq!(listed["total"], 1, "{listed}");
    let item = &listed["items"][0];
    assert_eq!(
        (&item["name"], &item["sessionId"]),
        (&json!(volume), &json!(FORGOTTEN))
    );
    assert!(
        item["removalAt"].is_string() && item["createdAt"].is_string(),
        "{item}"
    );

    let path = format!("/api/volumes/{volume}");
    let refused = client.delete(&path).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("volume.in_use"))
    );
    docker(&["rm", &other]);
    let (_, owned) = of_session(id);
    let refused = client.delete(&format!("/api/volumes/{}", owned[0])).await;
    assert_eq!(refused.status, 404, "a session owns it");
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(of_session(FORGOTTEN).1, Vec::<String>::new());
    let record = client
        .get("/api/audit?action=volume.delete&outcome=ok")
        .await
        .created();
    assert_eq!(record["total"], 1, "{record}");
    yard.delete(&client, id).await;
}
