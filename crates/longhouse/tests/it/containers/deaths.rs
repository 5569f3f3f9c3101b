//! An engine that is killed, that is stopped, and that comes back: what becomes of sessions, and what they can be asked meanwhile.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::engine::{sh, small, until_running, variables};
use super::mortal::{Containers, Mortal};
use crate::support::http::Client;
use crate::support::{House, running_shell, wait_for};

/// Longer than any call to an engine that is away may take; the bound itself is not measured to the millisecond on a busy machine.
const AT_MOST: Duration = Duration::from_secs(10);

fn house_on(engine: &Mortal) -> House {
    let mut house = House::new();
    house.variables.extend(variables(engine.address()));
    house.start();
    house
}

/// A session in a container, whose first terminal is a shell that has done this already.
async fn session(client: &Client, name: &str, typed: &str) -> String {
    let made = client.post("/api/sessions", &small(name)).await.created();
    let id = made["id"].as_str().unwrap();
    until_running(client, id).await;
    type_in(client, id, typed).await;
    id.to_owned()
}

/// Types a line into the first terminal and waits for the word that it prints.
async fn type_in(client: &Client, id: &str, word: &str) {
    // What is typed stands on the screen too; so it does not hold the word in one piece.
    let (head, tail) = word.split_at(1);
    let line = format!("echo {head}''{tail}; echo {word} > word\n");
    client.input(id, "agent", &line).await;
    until_shown(client, id, word).await;
}

async fn until_shown(client: &Client, id: &str, word: &str) {
    wait_for(&format!("the terminal shows {word}"), async || {
        let screen = client.screen(id, "agent").await;
        screen.lines().any(|line| line == word).then_some(())
    })
    .await;
}

async fn until_health(client: &Client, status: &str) {
    wait_for(&format!("the server is {status}"), async || {
        let health = client.get("/health").await.created();
        let docker = &health["checks"]["docker"]["status"];
        (health["status"] == status && docker == status).then_some(())
    })
    .await;
}

/// What needs the engine is refused at once, and changes nothing.
async fn assert_refused(client: &Client, running: &str, stopped: &str) {
    let of = |id: &str, verb: &str| (Method::POST, format!("/api/sessions/{id}{verb}"));
    for (method, path) in [
        (Method::POST, "/api/sessions".to_owned()),
        of(running, "/stop"),
        of(running, "/restart"),
        of(stopped, "/start"),
        of(stopped, "/restart"),
        (Method::DELETE, format!("/api/sessions/{running}")),
        (Method::DELETE, format!("/api/sessions/{stopped}")),
    ] {
        let body = if path == "/api/sessions" {
            small("late")
        } else {
            json!({})
        };
        let asked = client.send(method.clone(), &path, Some(&body));
        let answer = tokio::time::timeout(AT_MOST, asked)
            .await
            .expect("a call hangs");
        assert_eq!(answer.status, 503, "{method} {path}: {}", answer.text);
        assert_eq!(answer.body["code"], "runtime.unavailable");
    }
    assert!(client.session_in(running, "running").await.is_some());
    assert!(client.session_in(stopped, "stopped").await.is_some());
}

async fn act(client: &Client, id: &str, verb: &str) {
    client
        .post(&format!("/api/sessions/{id}/{verb}"), &json!({}))
        .await
        .created();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_live_restore_terminals_go_on_while_the_engine_is_dead_and_after() {
    let mut engine = Mortal::started(Containers::LiveOn).await;
    let house = house_on(&engine);
    let client = house.client().await;
    let id = session(&client, "lasting", "before").await;
    let resting = session(&client, "resting", "word").await;
    act(&client, &resting, "stop").await;
    let container = until_running(&client, &id).await["container"]["id"].clone();
    engine.kill();
    type_in(&client, &id, "meanwhile").await;
    until_health(&client, "degraded").await;
    assert_refused(&client, &id, &resting).await;
    assert_eq!(sh(&client, &id, "cat word").await, "meanwhile");
    running_shell(&client, "plain", "none").await;

    engine.start().await;
    until_health(&client, "ok").await;
    type_in(&client, &id, "after").await;
    let session = until_running(&client, &id).await;
    assert_eq!(
        (&session["container"]["id"], &session["statusReason"]),
        (&container, &json!(null))
    );
    let screen = client.screen(&id, "agent").await;
    for word in ["before", "meanwhile", "after"] {
        assert!(screen.lines().any(|line| line == word), "{word}: {screen}");
    }
    act(&client, &resting, "start").await;
    until_running(&client, &resting).await;
    for id in [&id, &resting] {
        client
            .delete(&format!("/api/sessions/{id}"))
            .await
            .created();
    }
    assert_eq!(engine.holds(), Vec::<String>::new());
}

/// Waits until the session rests because of the engine.
async fn until_taken_along(client: &Client, id: &str) {
    let session = wait_for("it is stopped", async || {
        client.session_in(id, "stopped").await
    })
    .await;
    let reason = session["statusReason"].as_str().unwrap();
    assert!(
        reason.contains("container engine was stopped or restarted"),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_live_restore_sessions_rest_with_the_reason_and_start_again_where_they_were() {
    let mut engine = Mortal::started(Containers::EndWithIt).await;
    let house = house_on(&engine);
    let client = house.client().await;
    let id = session(&client, "taken", "before").await;
    engine.kill();
    until_health(&client, "degraded").await;
    // Its containers do not know yet: they end when another engine begins, and have a moment for it.
    type_in(&client, &id, "meanwhile").await;
    engine.start().await;
    until_taken_along(&client, &id).await;
    until_shown(&client, &id, "meanwhile").await;
    until_health(&client, "ok").await;
    act(&client, &id, "start").await;
    until_running(&client, &id).await;
    assert_eq!(sh(&client, &id, "cat word").await, "meanwhile");

    type_in(&client, &id, "later").await;
    engine.stop();
    until_health(&client, "degraded").await;
    engine.start().await;
    until_taken_along(&client, &id).await;
    until_shown(&client, &id, "later").await;
    act(&client, &id, "start").await;
    until_running(&client, &id).await;
    assert_eq!(sh(&client, &id, "cat word").await, "later");
    // What ends while the engine watches is a fault as ever.
    let container = until_running(&client, &id).await["container"]["id"].clone();
    engine
        .try_docker(&["kill", container.as_str().unwrap()])
        .unwrap();
    wait_for("it is in error", async || {
        client.session_in(&id, "error").await
    })
    .await;
    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
    assert_eq!(engine.holds(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_and_a_server_that_die_together_leave_sessions_at_rest() {
    let mut engine = Mortal::started(Containers::EndWithIt).await;
    let mut house = house_on(&engine);
    let client = house.client().await;
    let id = session(&client, "taken", "before").await;
    house.kill();
    engine.kill();
    // The engine ends its containers before it answers: nobody of the server's sees it gone, or sees it end them.
    engine.start().await;
    house.start();
    let client = house.client().await;
    until_taken_along(&client, &id).await;
    act(&client, &id, "start").await;
    until_running(&client, &id).await;
    assert_eq!(sh(&client, &id, "cat word").await, "before");

    // One that was killed by somebody while the engine went on is a fault, also where nobody looked.
    let container = until_running(&client, &id).await["container"]["id"].clone();
    house.kill();
    engine
        .try_docker(&["kill", container.as_str().unwrap()])
        .unwrap();
    house.start();
    let client = house.client().await;
    wait_for("it is in error", async || {
        client.session_in(&id, "error").await
    })
    .await;
}
