//! What is done to a container behind the server's back, and an engine that goes away.

use serde_json::{Value, json};

use super::engine::{Yard, docker, sh, until_running};
use crate::support::http::Client;
use crate::support::{running_shell, wait_for};

/// Waits until the session is in that status for a reason that says this.
async fn until(client: &Client, id: &str, status: &str, said: &str) -> Value {
    wait_for(&format!("it is {status}: {said}"), async || {
        let path = format!("/api/sessions/{id}");
        let session = client.get(&path).await.created();
        let reason = session["statusReason"].as_str().unwrap_or_default();
        (session["status"] == status && reason.contains(said)).then_some(session)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_a_container_from_outside_stands_in_the_sessions_reason() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let session = yard.running(&client, "handled").await;
    let id = session["id"].as_str().unwrap();
    let container = session["container"]["id"].as_str().unwrap();
    docker(&["rename", container, &format!("renamed-{container}")]);
    docker(&["pause", container]);
    until(&client, id, "running", "paused").await;
    docker(&["unpause", container]);
    wait_for("it goes on", async || {
        let session = client.session_in(id, "running").await?;
        (session["statusReason"] == json!(null)).then_some(())
    })
    .await;
    docker(&["rm", "--force", container]);
    // It is killed and then removed, and may be seen between the two.
    until(&client, id, "error", "unexpectedly").await;
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    let session = until_running(&client, id).await;
    docker(&["kill", session["container"]["id"].as_str().unwrap()]);
    until(&client, id, "error", "killed unexpectedly").await;
    // One that stands still can be stopped all the same.
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    let session = until_running(&client, id).await;
    docker(&["pause", session["container"]["id"].as_str().unwrap()]);
    until(&client, id, "running", "paused").await;
    yard.delete(&client, id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_engine_did_not_tell_is_found_by_looking() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let session = yard.running(&client, "unheard").await;
    let id = session["id"].as_str().unwrap();
    let container = session["container"]["id"].as_str().unwrap();
    yard.door.deafen();
    docker(&["rename", container, &format!("renamed-{container}")]);
    docker(&["pause", container]);
    // What it is called is nobody's business: it is known by its mark.
    until(&client, id, "running", "paused").await;
    docker(&["rm", "--force", container]);
    until(&client, id, "error", "unexpectedly").await;
    yard.delete(&client, id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_engine_the_server_says_so_and_everything_else_goes_on() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let session = yard.running(&client, "boxed").await;
    let id = session["id"].as_str().unwrap();
    yard.door.shut();
    // The next call finds out, at the latest the creation's own.
    let body = json!({"name": "late", "runtime": "docker"});
    let refused = wait_for("a creation is refused", async || {
        let answer = client.post("/api/sessions", &body).await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(refused.body["code"], "runtime.unavailable");
    let health = client.get("/health").await.created();
    assert_eq!(health["status"], "degraded", "{health}");
    assert_eq!(health["checks"]["docker"]["status"], "degraded");
    // Links need no engine, and neither do sessions on this machine.
    assert_eq!(sh(&client, id, "echo well").await, "well");
    running_shell(&client, "plain", "none").await;
    // A server that starts meanwhile takes the session for what it was, and finds it by its link.
    yard.house.kill();
    yard.house.start();
    let client = yard.house.client().await;
    until_running(&client, id).await;
    assert_eq!(sh(&client, id, "echo well").await, "well");

    yard.door.reopen();
    wait_for("the engine is found again", async || {
        let health = client.get("/health").await.created();
        (health["status"] == "ok").then_some(())
    })
    .await;
    client.delete("/api/sessions/plain").await.created();
    yard.delete(&client, id).await;
}
