//! An image that is not there is fetched from a registry; whoever waits for the session sees how far that is.

use serde_json::json;

use super::engine::{IMAGE, sh, small, until_running, variables};
use super::mortal::{Containers, Mortal};
use super::registry::Registry;
use crate::support::House;
use crate::support::events::Events;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_is_missing_is_fetched_and_how_far_is_told() {
    let engine = Mortal::started(Containers::EndWithIt).await;
    let mut house = House::new();
    house.variables.extend(variables(engine.address()));
    house.start();
    let registry = Registry::before(&engine, house.home());
    let client = house.client().await;
    let mut events = Events::of(&client).await;
    let mut body = small("fetched");
    body["image"] = json!(registry.image);
    let made = client.post("/api/sessions", &body).await.created();
    // It answered before the image was there.
    assert_eq!(made["status"], "starting");
    let id = made["id"].as_str().unwrap();
    let mut told: Vec<u64> = Vec::new();
    while told.len() < 3 {
        let event = events.next("session.progress").await;
        assert_eq!(
            (&event["id"], &event["stage"]),
            (&json!(id), &json!("image"))
        );
        assert_eq!(
            event["detail"],
            json!(format!("fetching the image {}", registry.image))
        );
        told.extend(
            event["percent"]
                .as_u64()
                .filter(|percent| (1..100).contains(percent)),
        );
    }
    assert!(told.is_sorted(), "{told:?}");
    assert!(registry.hurry());
    until_running(&client, id).await;
    assert_eq!(
        sh(&client, id, "wc -c </noise").await,
        (8 << 20).to_string()
    );
    let session = client.get(&format!("/api/sessions/{id}")).await.created();
    assert_eq!(session["container"]["image"], json!(registry.image));
    let path = format!("/api/sessions/{id}?force=true");
    client.delete(&path).await.created();
    // Images are the engine's: what another session may need is not taken away.
    let images = engine
        .try_docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"])
        .unwrap();
    assert!(
        [IMAGE, &registry.image]
            .iter()
            .all(|image| images.contains(image)),
        "{images}"
    );
    crate::support::wait_for("nothing of it is left", async || {
        engine.holds().is_empty().then_some(())
    })
    .await;
}
