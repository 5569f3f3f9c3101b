//! Secrets of sessions on a real machine: the programs read them from files, and nothing else shows them.

use serde_json::json;

use crate::support::{House, processes, wait_for, with_processes};

#[tokio::test]
async fn a_sessions_programs_read_its_secrets_from_files_and_find_changes_at_once() {
    let mut house = House::started();
    let client = house.client().await;
    let body = json!({"name": "keeper", "agent": "shell", "multiplexer": "none",
        "secrets": {"TOKEN": "canary-token", "KEY": "line one\nline two\n"}});
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(made["secrets"], json!(["KEY", "TOKEN"]));
    with_processes(&client, &id).await;
    let run = async |script: &str| {
        let client = house.client().await;
        let body = json!({"command": ["/bin/sh", "-c", script]});
        let path = format!("/api/sessions/{id}/exec");
        let done = client.post(&path, &body).await.created();
        done["stdout"].as_str().unwrap().to_owned()
    };
    let shown = "cd \"$LONGHOUSE_SECRETS_DIR\" && stat -c '%a %n' . * && cat KEY";
    assert_eq!(
        run(shown).await,
        "700 .\n400 KEY\n400 TOKEN\nline one\nline two\n"
    );
    for (pid, command) in processes::of(house.home()) {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let shown = format!("{command} {}", String::from_utf8_lossy(&environment));
        assert!(!shown.contains("canary"), "{shown}");
    }

    let patch = json!({"secrets": {"TOKEN": "another", "KEY": null}});
    let path = format!("/api/sessions/{id}");
    let changed = client
        .send(http::Method::PATCH, &path, Some(&patch))
        .await
        .created();
    assert_eq!(changed["secrets"], json!(["TOKEN"]));
    let shown = "cd \"$LONGHOUSE_SECRETS_DIR\" && grep -r . .";
    assert_eq!(run(shown).await, "./TOKEN:another\n");
    let dir = run("echo $LONGHOUSE_SECRETS_DIR").await;
    let dir = std::path::Path::new(dir.trim());

    // The server's death and return change nothing; the session's end takes them away, and its start brings them back.
    house.kill();
    house.start();
    let client = house.client().await;
    with_processes(&client, &id).await;
    assert!(dir.join("TOKEN").exists());
    let act = async |what: &str| {
        let path = format!("/api/sessions/{id}/{what}");
        client.post(&path, &json!({})).await.created();
    };
    act("stop").await;
    assert!(!dir.exists());
    act("start").await;
    wait_for("it runs again", async || {
        client.session_in(&id, "running").await
    })
    .await;
    let token = std::fs::read_to_string(dir.join("TOKEN")).unwrap();
    assert_eq!(token, "another");
    client.delete(&path).await.created();
    assert!(!dir.exists() && !dir.parent().unwrap().exists());
}
