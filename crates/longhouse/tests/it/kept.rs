//! Work that is kept of its own accord, by the whole product: also while the server is away, and over kills of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::support::chance::Chance;
use crate::support::events::Events;
use crate::support::http::Client;
use crate::support::{House, processes, wait_for, with_processes};

async fn create(client: &Client, auto_commit: Value) -> (String, PathBuf) {
    let body = json!({
        "name": "kept", "agent": "shell", "multiplexer": "none", "runtime": "host", "autoCommit": auto_commit,
        "gitUserName": "Ada", "gitUserEmail": "ada@example.org"
    });
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    let session = wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    let workdir = session["workdir"].as_str().unwrap().into();
    sh(client, &id, "git init --quiet --initial-branch=main").await;
    wait_for("the directory is watched", async || {
        let body = client.get(&path(&id)).await.created();
        (body["state"]["activity"] == "watching").then_some(())
    })
    .await;
    (id, workdir)
}

fn path(id: &str) -> String {
    format!("/api/sessions/{id}/git/autocommit")
}

async fn sh(client: &Client, id: &str, script: &str) -> String {
    let body = json!({"command": ["sh", "-c", script]});
    let answer = client
        .post(&format!("/api/sessions/{id}/exec"), &body)
        .await;
    let answer = answer.created();
    assert_eq!(answer["exitCode"], 0, "{answer}");
    answer["stdout"].as_str().unwrap().trim().to_owned()
}

async fn subjects(client: &Client, id: &str) -> String {
    sh(
        client,
        id,
        "git log --reverse --format=%s 2>/dev/null || true",
    )
    .await
}

fn write(workdir: &Path, name: &str, text: &str) {
    std::fs::write(workdir.join(name), text).unwrap();
}

/// The commits that the session's log tells of, oldest first.
async fn told(client: &Client, id: &str) -> Vec<String> {
    let lines = client
        .get(&format!("/api/sessions/{id}/logs?source=git"))
        .await
        .created();
    let lines = lines["items"].as_array().unwrap().iter();
    lines
        .map(|line| line["message"].as_str().unwrap().to_owned())
        .filter(|message| message.starts_with("committed on"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_committed_while_the_server_is_away_and_at_the_sessions_end() {
    let mut house = House::started();
    let client = house.client().await;
    let (id, workdir) = create(&client, json!({"mode": "commit", "debounceSeconds": 1})).await;
    write(&workdir, "a.rs", "fn a() {}\n");
    wait_for("the first is committed", async || {
        (subjects(&client, &id).await == "feat: add a.rs").then_some(())
    })
    .await;
    let author = sh(&client, &id, "git log -1 --format='%an <%ae>'").await;
    assert_eq!(author, "Ada <ada@example.org>");

    house.kill();
    write(&workdir, "b.md", "b\n");
    let branch = workdir.join(".git/refs/heads/main");
    let before = std::fs::read_to_string(&branch).unwrap();
    wait_for("it is committed without a server", async || {
        let now = std::fs::read_to_string(&branch).unwrap_or_default();
        (!now.is_empty() && now != before).then_some(())
    })
    .await;
    house.start();
    let client = house.client().await;
    wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    assert_eq!(
        subjects(&client, &id).await,
        "feat: add a.rs\ndocs: add b.md"
    );

    // Settings are known again, and hold at once.
    let patience = json!({"debounceSeconds": 3600, "intervalSeconds": 3600});
    let patched = client
        .send(Method::PATCH, &path(&id), Some(&patience))
        .await
        .created();
    assert_eq!(patched["settings"]["mode"], "commit");
    write(&workdir, "c.md", "c\n");
    client
        .post(&format!("/api/sessions/{id}/stop"), &json!({}))
        .await
        .created();
    wait_for("the session is stopped", async || {
        client.session_in(&id, "stopped").await
    })
    .await;
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    assert_eq!(
        subjects(&client, &id).await,
        "feat: add a.rs\ndocs: add b.md\ndocs: add c.md"
    );
    sh(
        &client,
        &id,
        "git fsck --strict && test -z \"$(git status --porcelain)\"",
    )
    .await;
    // Each is told once: what was only just heard, what nobody could hear, and what came at the very end.
    assert_eq!(
        told(&client, &id).await,
        ["feat: add a.rs", "docs: add b.md", "docs: add c.md"]
            .map(|subject| format!("committed on main: {subject}"))
    );
}

/// How often the server is killed about when it hears of a commit.
const COMMITS: usize = 12;

/// How long after a commit its news may be anywhere on its way, milliseconds.
const ON_ITS_WAY: u64 = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_commit_has_its_event_once_though_the_server_is_killed_when_it_hears_of_it() {
    let mut house = House::started();
    let client = house.client().await;
    let (id, workdir) = create(&client, json!({"mode": "commit", "debounceSeconds": 1})).await;
    let branch = workdir.join(".git/refs/heads/main");
    let mut chance = Chance(5);
    let mut head = String::new();
    for round in 0..COMMITS {
        let is_away = chance.below(4) == 0;
        if is_away {
            house.kill();
        }
        write(&workdir, &format!("f{round}"), "x\n");
        head = wait_for("it is committed", async || {
            let now = std::fs::read_to_string(&branch).unwrap_or_default();
            (!now.is_empty() && now != head).then_some(now)
        })
        .await;
        if !is_away {
            tokio::time::sleep(Duration::from_millis(chance.below(ON_ITS_WAY))).await;
            house.kill();
        }
        house.start();
    }
    let client = house.client().await;
    wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    let commits = sh(&client, &id, "git log --reverse --format=%H").await;
    let commits: Vec<_> = commits.lines().map(str::to_owned).collect();
    assert_eq!(commits.len(), COMMITS);
    let mut events = Events::since(&client, 0).await;
    let mut heard = Vec::new();
    while heard.len() < COMMITS {
        let commit = events.next("git.commit").await;
        heard.push(commit["commit"].as_str().unwrap().to_owned());
    }
    // What would be told once too often is told before the session has stopped.
    let stop = format!("/api/sessions/{id}/stop");
    client.post(&stop, &json!({})).await.created();
    loop {
        let (name, said) = events.next_of_all().await;
        match name.as_str() {
            "git.commit" => heard.push(said["commit"].as_str().unwrap().to_owned()),
            "session.status.changed" if said["to"] == "stopped" => break,
            _ => {}
        }
    }
    assert_eq!(heard, commits);
    // The lines of its log were written with the events.
    assert_eq!(told(&client, &id).await.len(), COMMITS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_finished_while_the_server_was_away_ends_its_autonomous_session() {
    let mut house = House::started();
    let client = house.client().await;
    let body = json!({
        "name": "alone", "agent": "shell", "multiplexer": "none", "runtime": "host", "mode": "autonomous",
        "prompt": "until [ -e go ]; do sleep 0.05; done; rm go; exit 3"
    });
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    let session = with_processes(&client, &id).await;
    let agent = session["terminals"][0]["pid"].as_u64().unwrap();
    house.kill();
    write(Path::new(session["workdir"].as_str().unwrap()), "go", "");
    wait_for("the agent has finished", async || {
        (!processes::is_alive(agent.try_into().unwrap())).then_some(())
    })
    .await;
    house.start();
    let client = house.client().await;
    let ended = wait_for("the session is stopped", async || {
        client.session_in(&id, "stopped").await
    })
    .await;
    assert_eq!(
        ended["statusReason"],
        json!("the agent finished with exit code 3")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_killed_at_many_moments_and_each_change_is_committed_once() {
    let mut house = House::started();
    let client = house.client().await;
    let (id, workdir) = create(&client, json!({"mode": "commit", "debounceSeconds": 1})).await;
    for round in 0..6_u64 {
        write(&workdir, &format!("f{round}"), "x\n");
        let mut client = house.client().await;
        let now = path(&id);
        let asked = tokio::spawn(async move {
            client.token = client.token.take();
            let _cut_off = client.try_send(Method::POST, &now, Some(&json!({}))).await;
        });
        // Another moment each time.
        tokio::time::sleep(Duration::from_millis(round * 40)).await;
        house.kill();
        asked.await.unwrap();
        house.start();
    }
    let client = house.client().await;
    wait_for("the session runs", async || {
        client.session_in(&id, "running").await
    })
    .await;
    wait_for("all is committed", async || {
        let left = sh(&client, &id, "git status --porcelain").await;
        left.is_empty().then_some(())
    })
    .await;
    for round in 0..6 {
        let commits = sh(
            &client,
            &id,
            &format!("git rev-list --count HEAD -- f{round}"),
        )
        .await;
        assert_eq!(commits, "1", "f{round}");
    }
    sh(
        &client,
        &id,
        "git fsck --strict && test -z \"$(find .git -name '*.lock')\"",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_is_brought_back_and_that_is_undone() {
    let house = House::started();
    let client = house.client().await;
    let (id, workdir) = create(
        &client,
        json!({"mode": "checkpoint", "debounceSeconds": 3600, "intervalSeconds": 3600}),
    )
    .await;
    let base = format!("/api/sessions/{id}/git/checkpoints");
    write(&workdir, "a", "one\n");
    let made = client.post(&base, &json!({})).await.created();
    let number = made["checkpoint"]["number"].as_u64().unwrap();
    write(&workdir, "a", "two\n");
    write(&workdir, ".env", "TOKEN=x\n");
    let back = client
        .post(&format!("{base}/{number}/restore"), &json!({}))
        .await
        .created();
    assert_eq!(std::fs::read_to_string(workdir.join("a")).unwrap(), "one\n");
    assert!(workdir.join(".env").exists());
    let undo = back["undo"].as_u64().unwrap();
    client
        .post(&format!("{base}/{undo}/restore"), &json!({"path": "a"}))
        .await
        .created();
    assert_eq!(std::fs::read_to_string(workdir.join("a")).unwrap(), "two\n");
    let state = client.get(&path(&id)).await.created();
    assert_eq!(state["state"]["refused"][0]["path"], ".env");
}
