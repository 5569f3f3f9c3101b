//! A session that takes all that it may have, of memory, of processes, of disk or of its log: it hurts itself alone, and says so.

use http::Method;
use serde_json::json;

use super::engine::{Yard, docker, sh, small, until_running, variables};
use super::mortal::{Containers, Mortal};
use crate::support::http::Client;
use crate::support::{House, wait_for};

/// More than the engine keeps of a container's output, MiB: three files of ten, of which the older ones are compressed.
const LOG_MOST: u64 = 31;

/// Runs what takes too much, however that ends. Nobody waits for it.
fn begin(client: &Client, id: &str, script: &str) -> tokio::task::JoinHandle<()> {
    let (client, path) = (client.clone(), format!("/api/sessions/{id}/exec"));
    let body = json!({"command": ["sh", "-c", script], "timeoutSeconds": 60});
    tokio::spawn(async move {
        // The session may end it, and the answer with it.
        let _ = client.try_send(Method::POST, &path, Some(&body)).await;
    })
}

async fn until_said(client: &Client, id: &str, said: &str) {
    wait_for(&format!("it says: {said}"), async || {
        let session = client.session_in(id, "running").await?;
        let reason = session["statusReason"].as_str()?;
        reason.contains(said).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_takes_all_it_may_have_hurts_itself_alone_and_says_so() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let neighbour = yard.running(&client, "neighbour").await;
    let neighbour = neighbour["id"].as_str().unwrap();
    let mut ids = Vec::new();
    for (name, script, said) in [
        ("eater", "tail /dev/zero", "used up its memory (128 MB)"),
        (
            "forker",
            "while true; do sleep 600 & done",
            "as many processes as it may",
        ),
    ] {
        let session = yard.running(&client, name).await;
        let id = session["id"].as_str().unwrap().to_owned();
        begin(&client, &id, script);
        until_said(&client, &id, said).await;
        assert_eq!(sh(&client, neighbour, "echo well").await, "well");
        ids.push(id);
    }

    // A file system in memory counts as memory, so this one may have more of that.
    let mut body = small("filler");
    body["memoryLimit"] = json!(1024);
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap();
    yard.remember(id);
    until_running(&client, id).await;
    let said = sh(
        &client,
        id,
        "dd if=/dev/zero of=/tmp/fill bs=1M count=600 2>&1; true",
    )
    .await;
    assert!(said.contains("No space left"), "{said}");
    until_said(&client, id, "/tmp is full").await;
    sh(&client, id, "rm /tmp/fill").await;
    wait_for("it is well again", async || {
        let session = client.session_in(id, "running").await?;
        (session["statusReason"] == json!(null)).then_some(())
    })
    .await;

    let flood = sh(
        &client,
        id,
        "dd if=/dev/urandom of=/proc/1/fd/1 bs=1M count=64 2>&1; true",
    )
    .await;
    assert!(flood.contains("64+0 records out"), "{flood}");
    let session = until_running(&client, id).await;
    let container = session["container"]["id"].as_str().unwrap();
    let root = docker(&["info", "--format", "{{.DockerRootDir}}"]);
    let logs = format!("{root}/containers/{container}/local-logs");
    let kept: u64 = std::fs::read_dir(logs)
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(kept > 0 && kept <= LOG_MOST << 20, "{kept} bytes");
    assert_eq!(sh(&client, neighbour, "echo well").await, "well");
    let all: Vec<&str> = ids
        .iter()
        .map(String::as_str)
        .chain([id, neighbour])
        .collect();
    for id in &all {
        let path = format!("/api/sessions/{id}");
        client.delete(&path).await.created();
    }
    // Only now: one looks for what is left of any session.
    for id in all {
        yard.assert_gone(&client, id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_whose_disk_is_full_makes_no_session_and_the_session_says_why() {
    let engine = Mortal::started(Containers::EndWithIt).await;
    let mut house = House::new();
    house.variables.extend(variables(engine.address()));
    house.start();
    let client = house.client().await;
    engine.fill_disk();
    let made = client.post("/api/sessions", &small("late")).await.created();
    let id = made["id"].as_str().unwrap();
    let session = wait_for("it is in error", async || {
        client.session_in(id, "error").await
    })
    .await;
    let reason = session["statusReason"].as_str().unwrap();
    assert!(reason.contains("no space left on device"), "{reason}");
    assert_eq!(engine.holds(), Vec::<String>::new(), "nothing half made");
    engine.clear_disk();
    let path = format!("/api/sessions/{id}");
    let start = format!("{path}/start");
    client.post(&start, &json!({})).await.created();
    until_running(&client, id).await;
    assert_eq!(sh(&client, id, "echo well").await, "well");
    // One that runs meanwhile goes on, and its own files are told that the disk is full.
    engine.fill_disk();
    let said = sh(&client, id, "echo more > file 2>&1; echo still here").await;
    assert!(said.ends_with("still here"), "{said}");
    client.delete(&path).await.created();
    assert_eq!(engine.holds(), Vec::<String>::new());
}
