//! A container that writes more than it may.

use http::Method;
use serde_json::json;

use super::engine::{Yard, sh, small, until_running};
use crate::support::{PASSWORD, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_that_fills_its_disk_is_stopped_for_that_and_can_be_tidied_up() {
    let mut yard = Yard::new();
    let usual = ("LONGHOUSE_DOCKER_DISK_LIMIT", "40");
    yard.house
        .variables
        .push((usual.0.to_owned(), usual.1.to_owned()));
    yard.house.start();
    let admin = yard.house.client().await;
    let ann = json!({"username": "ann", "password": PASSWORD, "role": "member"});
    admin.post("/api/users", &ann).await.created();
    let client = yard.house.client_of("ann", PASSWORD).await;
    let mut body = small("full");
    // What the administrator gives is the most, unless one may fill the machine anyway.
    body["diskLimit"] = json!(41);
    let refused = client.post("/api/sessions", &body).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["errors"][0]["field"]),
        (422, &json!("diskLimit"))
    );
    body["diskLimit"] = json!(null);
    let made = client.post("/api/sessions", &body).await.created();
    assert_eq!(made["diskLimit"], 40);
    let id = made["id"].as_str().unwrap();
    yard.remember(id);
    until_running(&client, id).await;
    // Files in both places count, and no more of them than there are blocks.
    let fill =
        "dd if=/dev/urandom of=$HOME/a bs=1M count=30; dd if=/dev/urandom of=b bs=1M count=30";
    client.input(id, "agent", &format!("{fill}\n")).await;
    let stopped = wait_for("it is stopped", async || {
        client.session_in(id, "stopped").await
    })
    .await;
    let why = stopped["statusReason"].as_str().unwrap();
    assert!(
        why.starts_with("diskLimit: it had 6") && why.contains("may have 40 MB"),
        "{why}"
    );

    let path = format!("/api/sessions/{id}");
    client
        .post(&format!("{path}/start"), &json!({}))
        .await
        .created();
    until_running(&client, id).await;
    let beside = async |is_right: &dyn Fn(Option<&str>) -> bool| {
        wait_for("that stands beside its status", async || {
            let session = client.session_in(id, "running").await?;
            is_right(session["statusReason"].as_str()).then_some(())
        })
        .await;
    };
    beside(&|said| said.is_some_and(|said| said.contains("more on disk than it may (40 MB)")))
        .await;
    assert_eq!(sh(&client, id, "rm b $HOME/a; ls").await, "");
    beside(&|said| said.is_none()).await;
    let raise = json!({"diskLimit": 1_000});
    let refused = client.send(Method::PATCH, &path, Some(&raise)).await;
    assert_eq!(refused.status, 422);
    let raised = admin
        .send(Method::PATCH, &path, Some(&raise))
        .await
        .created();
    assert_eq!(raised["diskLimit"], 1_000);
    yard.delete(&client, id).await;
}
