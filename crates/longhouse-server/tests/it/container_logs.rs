//! The log of a session in a container: what was written down of it and what its container printed, over HTTP and Socket.IO.

use longhouse_domain::Role;
use longhouse_domain::clock::Clock as _;
use longhouse_runtime::OutputLine;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, Person, in_time, promptly};
use crate::socket_io_client::Client;

impl House {
    /// Lets a container print a line.
    fn print(&self, session: &str, is_error: bool, text: &str) {
        let line = OutputLine {
            at: Some(self.clock.now()),
            is_error,
            text: text.to_owned(),
        };
        let containers = self.containers.as_ref().unwrap();
        containers.print(session.parse().unwrap(), line);
    }

    async fn messages(&self, person: &Person, path: &str) -> Vec<String> {
        let (status, page) = self.get(person, path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        messages(&page["items"])
    }
}

fn messages(lines: &Value) -> Vec<String> {
    let lines = lines.as_array().unwrap().iter();
    let message = |line: &Value| line["message"].as_str().unwrap().to_owned();
    lines.map(message).collect()
}

/// What sessiond writes.
fn structured(level: &str, message: &str, told: bool) -> String {
    let mut line = json!({"timestamp": "2026-11-21T04:00:00Z", "level": level, "fields": {"message": message}});
    if told {
        line["fields"]["source"] = json!("terminal:agent");
    }
    line.to_string()
}

#[tokio::test]
async fn what_a_container_printed_stands_in_its_log_with_source_and_level() {
    let house = House::with_containers().await;
    let admin = house.log_in("admin").await;
    let id = house.boxed(&admin, "box").await;
    house.print(&id, false, "ready to serve");
    house.print(&id, true, "out of \u{1b}[31mtea");
    house.print(&id, false, &structured("WARN", "cannot resize", false));
    house.print(&id, false, &structured("INFO", "told twice", true));
    let logs = format!("/api/containers/{id}/logs");
    let of = async |question: &str| house.messages(&admin, &format!("{logs}?{question}")).await;
    assert_eq!(of("source=container&q=TEA").await, ["out of  [31mtea"]);
    assert_eq!(
        of("source=container&level=warn&tail=1").await,
        ["cannot resize"]
    );
    assert_eq!(
        of("source=sessiond").await,
        ["cannot resize", "told twice source=terminal:agent"]
    );
    assert_eq!(of("source=container").await.len(), 4);
    let journal = of("source=journal").await;
    assert!(!journal.is_empty());
    assert_eq!(of("source=session,terminal").await, journal);
    // Everything, and nothing twice.
    assert_eq!(of("").await.len(), journal.len() + 3);
    let (_, page) = house.get(&admin, &format!("{logs}?source=container")).await;
    let (line, missing) = (&page["items"][1], &page["missing"]);
    assert_eq!((&line["seq"], missing), (&Value::Null, &Value::Null));
    assert_eq!(line["level"], "error", "{page}");

    let stop = format!("/api/containers/{id}/stop");
    house.ask(&admin, Method::POST, &stop, json!({})).await;
    let (_, page) = house.get(&admin, &logs).await;
    assert!(messages(&page["items"]).len() >= journal.len());
    assert!(page["missing"].is_string(), "{page}");
    let text = house.request(Method::GET, &format!("{logs}?format=text"));
    let text = text.bearer_auth(&admin.token).send().await.unwrap();
    let text = text.text().await.unwrap();
    assert!(text.contains("container: it does not run"), "{text}");
    let (status, refused) = house
        .get(&admin, &format!("{logs}?source={}", "x".repeat(99)))
        .await;
    let field = &refused["errors"][0]["field"];
    assert_eq!(
        (status, field),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("source"))
    );
    house.close().await;
}

#[tokio::test]
async fn a_followed_log_goes_on_from_one_container_to_the_next() {
    let house = House::with_containers().await;
    let admin = house.log_in("admin").await;
    let id = house.boxed(&admin, "box").await;
    house.print(&id, false, "long ago");
    let path = format!("/api/sessions/{id}/logs?follow=true&tail=1&source=container");
    let follow = house.request(Method::GET, &path).bearer_auth(&admin.token);
    let mut lines = Lines::of(follow.send().await.unwrap());
    assert_eq!(lines.next().await["message"], "long ago");
    house.print(&id, false, "now");
    assert_eq!(lines.next().await["message"], "now");
    let restart = format!("/api/containers/{id}/restart");
    house.ask(&admin, Method::POST, &restart, json!({})).await;
    house.wait_for_status(&admin, &id, "running").await;
    house.print(&id, false, "the next one");
    assert_eq!(lines.next().await["message"], "the next one");
    let (status, _) = house
        .ask(
            &admin,
            Method::DELETE,
            &format!("/api/containers/{id}"),
            json!({}),
        )
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    in_time("the end of the log", lines.end()).await;
    house.close().await;
}

/// The JSON lines of an answer that goes on.
struct Lines {
    answer: reqwest::Response,
    text: Vec<u8>,
}

impl Lines {
    fn of(answer: reqwest::Response) -> Self {
        assert_eq!(answer.status(), StatusCode::OK);
        Self {
            answer,
            text: Vec::new(),
        }
    }

    async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return serde_json::from_slice(&line).unwrap();
            }
            let chunk = in_time("a line", self.answer.chunk()).await.unwrap();
            self.text.extend(chunk.unwrap());
        }
    }

    async fn end(mut self) {
        while self.answer.chunk().await.unwrap().is_some() {}
    }
}

#[tokio::test]
async fn a_flood_is_cut_for_whoever_follows_and_they_are_told() {
    let house = House::with_containers().await;
    let admin = house.log_in("admin").await;
    let id = house.boxed(&admin, "box").await;
    let mut client = house.connect(&admin, None).await;
    let subscribe = json!(["subscribe:logs", {"containerId": "box", "source": ["container"]}]);
    client.send(format!("42{subscribe}")).await;
    assert_eq!(
        client.event("logs:initial").await.arguments[0]["logs"],
        json!([])
    );
    for number in 0..5_000 {
        house.print(&id, false, &format!("line {number}"));
    }
    let mut shown = 0;
    loop {
        let data = client.event("logs:data").await.arguments[0].clone();
        assert_eq!(data["containerId"], "box");
        let lines = messages(&data["logs"]);
        if lines
            .iter()
            .any(|line| line.ends_with("more came than can be shown"))
        {
            break;
        }
        shown += lines.len();
    }
    assert!((1..5_000).contains(&shown), "{shown}");
    house.close().await;
}

async fn share(house: &House, owner: &Person, session: &str, user: &str) {
    let path = format!("/api/sessions/{session}/shares");
    let body = json!({"userId": user, "access": "view"});
    let (status, answer) = house.ask(owner, Method::POST, &path, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

async fn follow_all(client: &mut Client, container: &str) {
    let of = json!({"containerId": container});
    for (number, event) in (1..).zip(["subscribe:logs", "subscribe:status"]) {
        client
            .send(format!("42{number}{}", json!([event, of])))
            .await;
    }
    let (mut acknowledged, mut heard) = (0, Vec::new());
    while acknowledged < 2 || heard.len() < 2 {
        match client.packet().await {
            Ok(event) if event.name.starts_with("logs:") || event.name.starts_with("status:") => {
                heard.push(event.name)
            }
            Ok(_) => {}
            Err((_, answer)) => {
                assert_eq!(answer[0], json!({"ok": true}));
                acknowledged += 1;
            }
        }
    }
    heard.sort();
    assert_eq!(heard, ["logs:initial", "status:update"]);
}

#[tokio::test]
async fn a_containers_log_and_status_reach_those_who_may_look_and_end_with_the_share() {
    let house = House::with_containers().await;
    let (ann, _) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let bob = house.log_in("bob").await;
    let id = house.boxed(&ann, "box").await;
    let (_, session) = house.get(&ann, &format!("/api/sessions/{id}")).await;
    let container = session["container"]["id"].as_str().unwrap().to_owned();
    let mut his = house.connect(&bob, None).await;
    his.event("events.ready").await;
    // Existing clients ask for no acknowledgement, and hear it all the same.
    let subscribe = json!(["subscribe:logs", {"containerId": container}]);
    his.send(format!("42{subscribe}")).await;
    let refused = his.event("logs:error").await.arguments[0].clone();
    assert_eq!(refused["error"]["code"], "container.not_found", "{refused}");
    assert_eq!(refused["containerId"], json!(container));
    share(&house, &ann, &id, "bob").await;
    follow_all(&mut his, &container).await;
    house.print(&id, true, "a complaint");
    let mut complaint = None;
    while complaint.is_none() {
        let data = his.event("logs:data").await.arguments[0].clone();
        let lines = data["logs"].as_array().unwrap().clone();
        complaint = lines
            .into_iter()
            .find(|line| line["message"] == "a complaint");
    }
    assert_eq!(complaint.unwrap()["level"], "error");
    let stop = format!("/api/containers/{id}/stop");
    house.ask(&ann, Method::POST, &stop, json!({})).await;
    loop {
        let update = his.event("status:update").await.arguments[0].clone();
        if update["status"] == "stopped" {
            assert_eq!(update["health"], "none");
            break;
        }
    }
    let path = format!("/api/sessions/{id}/shares/bob");
    let (status, _) = house.ask(&ann, Method::DELETE, &path, json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let mut ends = Vec::new();
    while ends.len() < 2 {
        let Ok(event) = promptly("the end of what was shared", his.packet()).await else {
            continue;
        };
        match event.name.as_str() {
            "logs:error" => ends.push(event.arguments[0]["error"]["code"].clone()),
            "status:update" if event.arguments[0]["status"] == Value::Null => {
                ends.push(event.arguments[0]["state"].clone());
            }
            _ => {}
        }
    }
    ends.sort_by_key(Value::to_string);
    assert_eq!(ends, [json!("container.not_found"), json!("gone")]);
    house.close().await;
}
