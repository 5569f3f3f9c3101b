//! A session's repository over HTTP, with a real git in a real session: looked at, committed in, joined, and kept from being deleted unsaved.

mod elsewhere;

use hyper::Method;
use serde_json::{Value, json};

use crate::support::forge::{Forge, TOKEN};
use crate::support::http::Client;
use crate::support::{House, wait_for};

/// A house whose server may clone over plain HTTP, as a test's forge has it.
fn house() -> House {
    let mut house = House::new();
    let (name, value) = ("LONGHOUSE_GIT_PROTOCOLS", "https:ssh:http");
    house.variables.push((name.to_owned(), value.to_owned()));
    house.start();
    house
}

/// A running session with a clone.
async fn session(client: &Client, forge: &Forge, auto_commit: Value) -> String {
    session_of(client, &forge.url("a.git"), auto_commit).await
}

async fn session_of(client: &Client, url: &str, auto_commit: Value) -> String {
    let body = json!({"name": "one", "agent": "shell", "multiplexer": "none", "runtime": "host", "repoUrl": url,
        "gitUserName": "Ada", "gitUserEmail": "ada@example.org", "autoCommit": auto_commit});
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    id
}

async fn sh(client: &Client, id: &str, script: &str) {
    let body = json!({"command": ["sh", "-c", script]});
    let answer = client
        .post(&format!("/api/sessions/{id}/exec"), &body)
        .await
        .created();
    assert_eq!(answer["exitCode"], 0, "{answer}");
}

async fn post(client: &Client, id: &str, what: &str, body: Value) -> Value {
    client
        .post(&format!("/api/sessions/{id}/git/{what}"), &body)
        .await
        .created()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_seen_committed_and_not_deleted_unsaved() {
    let house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    let id = session(&client, &forge, json!({})).await;
    let path = |below: &str| format!("/api/sessions/{id}{below}");
    let status = client.get(&path("/git/status")).await.created();
    assert_eq!(
        (&status["branch"], &status["upstream"], &status["ahead"]),
        (&json!("main"), &json!("origin/main"), &json!(0))
    );
    assert_eq!(status["files"], json!([]));

    sh(
        &client,
        &id,
        "echo more >>readme; printf x >\"$(printf 'n\\377')\"",
    )
    .await;
    let status = client.get(&path("/git/status")).await.created();
    assert_eq!(
        status["counts"],
        json!({"staged": 0, "unstaged": 1, "untracked": 1, "conflicted": 0})
    );
    assert_eq!(status["files"][1]["pathBytes"], "bv8=");
    let diff = client.get(&path("/git/diff?path=readme")).await.created();
    assert_eq!(
        diff["files"][0]["hunks"][0]["lines"],
        json!([" hello", "+more"])
    );
    let refused = client.delete(&path("")).await;
    assert!(refused.status == 409, "{}", refused.text);
    assert_eq!(refused.body["code"], json!("session.unsaved_work"));
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 2);

    let made = post(
        &client,
        &id,
        "commit",
        json!({"message": "docs: more", "paths": ["readme"]}),
    )
    .await;
    assert_eq!(
        (
            &made["subject"],
            &made["author"]["name"],
            &made["additions"]
        ),
        (&json!("docs: more"), &json!("Ada"), &json!(1))
    );
    let log = client.get(&path("/git/log?limit=1")).await.created();
    assert_eq!(log["items"][0]["hash"], made["hash"]);
    let next = log["nextCursor"].as_str().unwrap();
    let older = client
        .get(&path(&format!("/git/log?cursor={next}")))
        .await
        .created();
    assert_eq!(older["items"][0]["hash"], made["parents"][0]);
    let typed = json!({"sessionId": id, "command": "rev-parse", "args": ["HEAD"]});
    let said = client.post("/api/git", &typed).await.created();
    assert_eq!(said["stdout"].as_str().unwrap().trim(), made["hash"]);
    let typed = json!({"sessionId": id, "command": "log", "args": ["--output=/tmp/x"]});
    assert!(client.post("/api/git", &typed).await.status == 422);

    post(
        &client,
        &id,
        "checkout",
        json!({"branch": "side", "create": true, "from": "HEAD~1"}),
    )
    .await;
    sh(&client, &id, "echo other >>readme").await;
    post(&client, &id, "commit", json!({})).await;
    let refused = client
        .post(&path("/git/merge"), &json!({"from": "main"}))
        .await;
    assert!(refused.status == 409, "{}", refused.text);
    assert_eq!(refused.body["code"], json!("git.conflict"));
    assert_eq!(refused.body["errors"][0]["field"], "readme");
    let conflicts = client.get(&path("/git/conflicts")).await.created();
    assert_eq!(
        (&conflicts["items"], &conflicts["underway"]),
        (
            &json!([{"path": "readme", "conflict": "bothModified"}]),
            &json!("merge")
        )
    );
    let status = post(&client, &id, "merge", json!({"action": "abort"})).await;
    assert_eq!(
        (&status["underway"], &status["branch"]),
        (&Value::Null, &json!("side"))
    );
    client.post(&path("/stop"), &json!({})).await.created();
    wait_for("the session is stopped", async || {
        client.session_in(&id, "stopped").await
    })
    .await;
    assert!(client.delete(&path("")).await.status == 409);
    client.delete(&path("?force=true")).await.created();
}

/// Waits until the forge's branch has this many commits, and the session says so.
async fn pushed(client: &Client, id: &str, forge: &Forge, commits: usize) -> Value {
    let path = format!("/api/sessions/{id}/git/autocommit");
    wait_for("it is pushed", async || {
        let body = client.get(&path).await.created();
        let push = &body["state"]["push"];
        let there = forge.commits("a.git", "main") == commits;
        (there && push["activity"] == "upToDate" && push["last"].is_object()).then(|| push.clone())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_push_themselves_whoever_is_away_or_killed() {
    let mut house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    forge.git(&["-C", "a.git", "config", "http.receivepack", "true"]);
    let wanted = json!({"mode": "commit", "push": true, "debounceSeconds": 1});
    let id = session(&client, &forge, wanted.clone()).await;
    let there = forge.commits("a.git", "main");
    sh(&client, &id, "echo b >b.md").await;
    let push = pushed(&client, &id, &forge, there + 1).await;
    assert_eq!(
        (&push["branch"], &push["to"]),
        (&json!("main"), &json!("main"))
    );

    // Without a server, and then without a forge.
    let workdir = client.get(&format!("/api/sessions/{id}")).await.created()["workdir"].clone();
    let workdir = std::path::PathBuf::from(workdir.as_str().unwrap());
    house.kill();
    std::fs::write(workdir.join("c.md"), "c\n").unwrap();
    wait_for("it is pushed without a server", async || {
        (forge.commits("a.git", "main") == there + 2).then_some(())
    })
    .await;
    house.start();
    let client = house.client().await;
    wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    pushed(&client, &id, &forge, there + 2).await;
    forge.rename("a.git", "away.git");
    sh(&client, &id, "echo d >d.md").await;
    let path = format!("/api/sessions/{id}/git/autocommit");
    let pending = async |client: &Client| {
        let body = client.get(&path).await.created();
        let push = &body["state"]["push"];
        (push["activity"] == "pending" && push["reason"].is_string()).then_some(())
    };
    wait_for("it waits", async || pending(&client).await).await;
    house.kill();
    house.start();
    let client = house.client().await;
    wait_for("it waits still", async || pending(&client).await).await;
    forge.rename("away.git", "a.git");
    pushed(&client, &id, &forge, there + 3).await;

    let lines = client
        .get(&format!("/api/sessions/{id}/logs?source=git"))
        .await
        .created();
    let lines = lines["items"].as_array().unwrap();
    let pushes = lines
        .iter()
        .filter(|line| line["message"] == "pushed main to main");
    assert_eq!(pushes.count(), 3, "{lines:?}");
    // Nothing is pushed where nobody said where to.
    let bare = json!({"name": "bare", "agent": "shell", "multiplexer": "none", "runtime": "host"});
    let bare = client.post("/api/sessions", &bare).await.created();
    let path = format!(
        "/api/sessions/{}/git/autocommit",
        bare["id"].as_str().unwrap()
    );
    let refused = client.send(Method::PATCH, &path, Some(&wanted)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.body["errors"][0]["field"], "push");
    client
        .delete(&format!("/api/sessions/{id}?force=true"))
        .await
        .created();
}

/// Brings the session to rest, or to work again.
async fn led_to(client: &Client, id: &str, step: &str, status: &str) {
    let path = format!("/api/sessions/{id}/{step}");
    client.post(&path, &json!({})).await.created();
    wait_for(&format!("the session is {status}"), async || {
        client.session_in(id, status).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_at_the_very_end_is_pushed_then_or_with_the_next_start() {
    let house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    forge.git(&["-C", "a.git", "config", "http.receivepack", "true"]);
    // The login is the server's to give, also while the session ends.
    let host = format!("127.0.0.1:{}", forge.port);
    let token = json!({"host": host, "token": TOKEN});
    client.post("/api/git-tokens", &token).await.created();
    let wanted =
        json!({"mode": "commit", "push": true, "debounceSeconds": 3600, "intervalSeconds": 3600});
    let id = session_of(&client, &forge.url("locked/a.git"), wanted).await;
    let there = forge.commits("a.git", "main");
    sh(&client, &id, "echo b >b.md").await;
    led_to(&client, &id, "stop", "stopped").await;
    assert_eq!(forge.commits("a.git", "main"), there + 1);

    // While the other side is away, the session stops all the same.
    led_to(&client, &id, "start", "running").await;
    forge.rename("a.git", "away.git");
    sh(&client, &id, "echo c >c.md").await;
    led_to(&client, &id, "stop", "stopped").await;
    let path = format!("/api/sessions/{id}/logs?source=git");
    wait_for("it is told", async || {
        let lines = client.get(&path).await.created().to_string();
        lines.contains("commits are not pushed yet").then_some(())
    })
    .await;
    forge.rename("away.git", "a.git");
    assert_eq!(forge.commits("a.git", "main"), there + 1);
    led_to(&client, &id, "start", "running").await;
    pushed(&client, &id, &forge, there + 2).await;
    client
        .delete(&format!("/api/sessions/{id}?force=true"))
        .await
        .created();
}
