//! Terminals that are recorded: every byte once and with its time, whoever is killed meanwhile, and gone with their session.

use hyper::Method;
use serde_json::{Value, json};

use crate::support::http::{Answer, Client};
use crate::support::{House, wait_for};

/// A line of a cast: how long after the one before, what, and its data.
type Event = (f64, String, String);

async fn session(client: &Client, name: &str, recording: bool) -> String {
    let body =
        json!({"name": name, "agent": "shell", "multiplexer": "none", "recording": recording});
    let made = client.post("/api/sessions", &body).await.created();
    assert_eq!(made["recording"], json!(recording));
    let id = made["id"].as_str().unwrap().to_owned();
    wait_for("the shell asks for something", async || {
        client.session_in(&id, "running").await?;
        (!client.screen(&id, "agent").await.trim().is_empty()).then_some(())
    })
    .await;
    id
}

async fn stop(client: &Client, id: &str) {
    let path = format!("/api/sessions/{id}/stop");
    client.post(&path, &json!({})).await.created();
    wait_for("it is stopped", async || {
        client.session_in(id, "stopped").await
    })
    .await;
}

fn path(id: &str) -> String {
    format!("/api/sessions/{id}/terminals/agent/recording")
}

fn read(answer: &Answer) -> Vec<Event> {
    assert!(answer.status == 200, "{}: {}", answer.status, answer.text);
    let mut lines = answer.text.lines();
    let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(header["version"], json!(3));
    assert!(header["term"]["cols"].is_u64() && header["timestamp"].is_u64());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn shown(events: &[Event]) -> String {
    let outputs = events.iter().filter(|(_, code, _)| code == "o");
    outputs.map(|(_, _, data)| data.as_str()).collect()
}

async fn until_recorded(client: &Client, id: &str, text: &str) -> Vec<Event> {
    wait_for(&format!("it is recorded: {text}"), async || {
        let events = read(&client.get(&path(id)).await);
        shown(&events).contains(text).then_some(events)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_is_recorded_once_though_the_server_is_killed() {
    let mut house = House::started();
    let mut client = house.client().await;
    let id = session(&client, "one", true).await;
    let count = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo \"<$i>\"; sleep 0.01; done; echo all-\"\"counted\n";
    client.input(&id, "agent", count).await;
    for line in ["<20>", "<120>"] {
        until_recorded(&client, &id, line).await;
        house.kill();
        house.start();
        client = house.client().await;
    }
    let events = until_recorded(&client, &id, "all-counted").await;
    let text = shown(&events);
    for line in 1..=400 {
        assert_eq!(text.matches(&format!("<{line}>\r\n")).count(), 1, "{line}");
    }
    // Nothing was left out and painted over, and what came while nobody recorded has times of its own.
    assert_eq!(text.matches("\u{1b}c").count(), 1);
    assert!(events.iter().all(|(_, code, _)| code != "m"), "{events:?}");
    let most = events
        .iter()
        .map(|(_, _, data)| data.matches(">\r\n").count())
        .max();
    assert!(most.unwrap() < 100, "{most:?} lines at one moment");
    assert!(events.iter().all(|(after, _, _)| *after >= 0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_is_missing_where_one_file_ends_and_the_next_begins() {
    let house = House::started();
    let client = house.client().await;
    let id = session(&client, "one", true).await;
    // Some more than one file holds, and less than what counts as a flood.
    let (lines, filler) = (60_000, "x".repeat(80));
    let count = format!("seq -f '<%.0f>{filler}' {lines}; echo all-\"\"counted\n");
    client.input(&id, "agent", &count).await;
    let events = until_recorded(&client, &id, "all-counted").await;
    let paints = |event: &&Event| event.2.starts_with("\u{1b}c");
    assert_eq!(
        events.iter().filter(paints).count(),
        2,
        "one file is not two"
    );
    let written: Vec<Event> = events
        .iter()
        .filter(|event| !paints(event))
        .cloned()
        .collect();
    let text = shown(&written);
    let numbers = text
        .lines()
        .filter_map(|line| line.strip_suffix(filler.as_str()));
    let numbers: Vec<&str> = numbers.collect();
    let expected: Vec<String> = (1..=lines).map(|line| format!("<{line}>")).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_outlives_the_terminal_and_goes_with_its_session() {
    let house = House::started();
    let client = house.client().await;
    let id = session(&client, "one", true).await;
    client
        .input(&id, "agent", "echo first-\"\"time; exec sleep 1000\n")
        .await;
    until_recorded(&client, &id, "first-time").await;
    stop(&client, &id).await;
    assert!(shown(&read(&client.get(&path(&id)).await)).contains("first-time"));
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    wait_for("it runs", async || client.session_in(&id, "running").await).await;
    client.input(&id, "agent", "echo second-\"\"time\n").await;
    let events = until_recorded(&client, &id, "second-time").await;
    let markers: Vec<&str> = events
        .iter()
        .filter(|(_, code, _)| code == "m")
        .map(|(_, _, label)| label.as_str())
        .collect();
    assert_eq!(markers, ["started again"]);
    assert!(shown(&events).contains("first-time"));

    let gone = client.delete(&path(&id)).await;
    assert!(gone.status == 204, "{}", gone.text);
    client.input(&id, "agent", "echo third-\"\"time\n").await;
    let events = until_recorded(&client, &id, "third-time").await;
    assert!(!shown(&events).contains("first-time"));
    let kept = house.data_dir().join("recordings").join(&id);
    assert!(kept.exists());
    client
        .delete(&format!("/api/sessions/{id}?force=true"))
        .await
        .created();
    wait_for("nothing of it is left", async || {
        (!kept.exists()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_recorded_can_be_seen_while_it_is_kept() {
    let house = House::started();
    let client = house.client().await;
    let id = session(&client, "one", false).await;
    client.input(&id, "agent", "echo just-\"\"now\n").await;
    until_recorded(&client, &id, "just-now").await;
    assert!(!house.data_dir().join("recordings").join(&id).exists());

    // Whoever switches it on has what comes; what was before is not on disk.
    let on = json!({"recording": true});
    let changed = client
        .send(Method::PATCH, &format!("/api/sessions/{id}"), Some(&on))
        .await
        .created();
    assert_eq!(changed["recording"], json!(true));
    let place = house
        .data_dir()
        .join("recordings")
        .join(&id)
        .join("agent/place.json");
    client
        .input(&id, "agent", "clear; echo from-\"\"here\n")
        .await;
    wait_for("it is on disk", async || {
        client.get(&path(&id)).await;
        place.exists().then_some(())
    })
    .await;
    let events = until_recorded(&client, &id, "from-here").await;
    assert!(shown(&events).starts_with("\u{1b}c"));

    stop(&client, &id).await;
    let never = session(&client, "two", false).await;
    stop(&client, &never).await;
    let none = client.get(&path(&never)).await;
    assert_eq!(
        (none.status.as_u16(), &none.body["code"]),
        (404, &json!("recording.none"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_while_it_is_switched_off_is_not_recorded() {
    let house = House::started();
    let client = house.client().await;
    let id = session(&client, "one", true).await;
    client.input(&id, "agent", "echo first-\"\"part\n").await;
    until_recorded(&client, &id, "first-part").await;
    let switch = async |on: bool| {
        let body = json!({"recording": on});
        let path = format!("/api/sessions/{id}");
        client
            .send(Method::PATCH, &path, Some(&body))
            .await
            .created();
    };
    switch(false).await;
    let secret = "echo not-\"\"this; clear\n";
    // What the recorder had not let go of yet is not meant.
    wait_for("it is off", async || {
        let before = client.get(&path(&id)).await.text;
        client.input(&id, "agent", "echo beat\n").await;
        wait_for("it is seen", async || {
            client
                .screen(&id, "agent")
                .await
                .contains("beat")
                .then_some(())
        })
        .await;
        (client.get(&path(&id)).await.text == before).then_some(())
    })
    .await;
    client.input(&id, "agent", secret).await;
    client.input(&id, "agent", "echo second-\"\"part\n").await;
    wait_for("it is cleared", async || {
        let screen = client.screen(&id, "agent").await;
        (screen.contains("second-part") && !screen.contains("not-this")).then_some(())
    })
    .await;
    switch(true).await;
    client.input(&id, "agent", "echo third-\"\"part\n").await;
    let text = shown(&until_recorded(&client, &id, "third-part").await);
    assert!(text.contains("first-part") && text.contains("second-part"));
    assert!(!text.contains("not-this"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_of_the_server_holds() {
    let mut house = House::new();
    let policy = |policy: &str| ("LONGHOUSE_RECORDINGS_POLICY".to_owned(), policy.to_owned());
    house.variables.push(policy("off"));
    house.start();
    let client = house.client().await;
    let body = json!({"name": "one", "agent": "shell", "recording": true});
    let refused = client.post("/api/sessions", &body).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["errors"][0]["field"]),
        (422, &json!("recording"))
    );
    let id = session(&client, "one", false).await;
    assert_eq!(
        client.get("/api/config").await.created()["recordings"],
        json!("off")
    );
    house.kill();
    house.variables.pop();
    house.variables.push(policy("always"));
    house.start();
    let client = house.client().await;
    let seen = client.get(&format!("/api/sessions/{id}")).await.created();
    assert_eq!(seen["recording"], json!(true));
    let off = json!({"recording": false});
    let refused = client
        .send(Method::PATCH, &format!("/api/sessions/{id}"), Some(&off))
        .await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["errors"][0]["field"]),
        (422, &json!("recording"))
    );
}
