//! A session in a container, from its creation to its deletion, over restarts of everything.

use serde_json::json;

use super::engine::{IMAGE, Yard, of_session, sh, until_running};
use crate::support::wait_for;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_in_a_container_is_made_used_adopted_stopped_started_and_deleted() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let session = yard.running(&client, "boxed").await;
    let id = session["id"].as_str().unwrap().to_owned();
    let container = session["container"]["id"].clone();
    assert_eq!(session["container"]["image"], IMAGE);
    assert_eq!(session["workdir"], "/workspace");
    for (field, value) in [
        ("runtime", json!("docker")),
        ("multiplexer", json!("none")),
        ("template", json!("shell")),
        ("network", json!("none")),
        ("memoryLimit", json!(128)),
        ("cpuLimit", json!(0.5)),
        ("pidsLimit", json!(64)),
        ("loosened", json!([])),
        ("pid", json!(null)),
    ] {
        assert_eq!(session[field], value, "{field}");
    }
    client
        .input(&id, "agent", "echo typed > word; cat word\n")
        .await;
    wait_for("the shell answers", async || {
        client
            .screen(&id, "agent")
            .await
            .contains("\ntyped")
            .then_some(())
    })
    .await;

    // The server dies; the container does not notice, and is found again.
    yard.house.kill();
    yard.house.start();
    let client = yard.house.client().await;
    let again = until_running(&client, &id).await;
    assert_eq!(again["container"]["id"], container);
    assert!(client.screen(&id, "agent").await.contains("typed"));

    client
        .post(&format!("/api/sessions/{id}/stop"), &json!({}))
        .await
        .created();
    let stopped = wait_for("it stops", async || client.session_in(&id, "stopped").await).await;
    assert_eq!(stopped["container"], json!(null));
    assert_eq!(of_session(&id).0, Vec::<String>::new());

    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    let started = until_running(&client, &id).await;
    assert_ne!(started["container"]["id"], container);
    assert_eq!(sh(&client, &id, "cat word").await, "typed");

    client
        .post(&format!("/api/sessions/{id}/restart"), &json!({}))
        .await
        .created();
    let first = started["container"]["id"].clone();
    wait_for("it is another container", async || {
        let session = client.session_in(&id, "running").await?;
        (session["container"]["id"] != first).then_some(())
    })
    .await;
    until_running(&client, &id).await;
    yard.delete(&client, &id).await;
}

/// Nothing is said of the runtime, and the engine has the usual image.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_is_the_default_where_one_can_be_made_at_once() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    wait_for("the engine is known", async || {
        let health = client.get("/health").await.created();
        (health["checks"]["docker"]["status"] == "ok").then_some(())
    })
    .await;
    let config = client.get("/api/config").await.created();
    assert_eq!(config["defaults"]["runtime"], "docker");
    assert_eq!(config["defaultImage"], IMAGE);
    let loose = config["templates"].as_array().unwrap().iter();
    let loose: Vec<_> = loose
        .filter(|template| template["loosens"] != json!([]))
        .collect();
    assert_eq!(loose.len(), 1, "{loose:?}");
    let secret = json!({"name": "usual", "template": "writable-root", "network": "open", "secrets": {"TOKEN": "hush"}, "env": {"WORD": "calm"}});
    let made = client.post("/api/sessions", &secret).await.created();
    let id = made["id"].as_str().unwrap();
    yard.remember(id);
    assert_eq!(
        (&made["runtime"], &made["loosened"]),
        (&json!("docker"), &json!(["writable-root"]))
    );
    until_running(&client, id).await;
    let said = sh(&client, id, "cat $LONGHOUSE_SECRETS_DIR/TOKEN; echo $WORD").await;
    assert_eq!(said, "hushcalm");
    // A secret that is changed while it runs is there at once.
    let patch = json!({"secrets": {"TOKEN": "quiet"}});
    let path = format!("/api/sessions/{id}");
    client
        .send(http::Method::PATCH, &path, Some(&patch))
        .await
        .created();
    assert_eq!(
        sh(&client, id, "cat $LONGHOUSE_SECRETS_DIR/TOKEN").await,
        "quiet"
    );
    yard.delete(&client, id).await;
}
