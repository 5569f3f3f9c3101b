//! Shares given, changed and taken away while things are open.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, Person, promptly};
use crate::socket_io_client::Client as Socket;
use crate::terminal_client::{Client, Got};

fn terminal(session: &str) -> String {
    format!("/api/sessions/{session}/terminals/agent/ws")
}

impl House {
    async fn share(&self, owner: &Person, session: &str, user: &str, access: &str) -> Value {
        let path = format!("/api/sessions/{session}/shares");
        let share = json!({"userId": user, "access": access});
        let (status, body) = self.ask(owner, Method::POST, &path, share).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }

    async fn unshare(&self, by: &Person, session: &str, user: &str) -> StatusCode {
        let path = format!("/api/sessions/{session}/shares/{user}");
        self.ask(by, Method::DELETE, &path, json!({})).await.0
    }
}

fn bearer(person: &Person) -> String {
    format!("Bearer {}", person.token)
}

/// The first presence in which this viewer finds themselves in that mode.
async fn own_mode(client: &mut Client, mode: &str) {
    loop {
        if let Got::Text(message) = client.next().await
            && message["type"] == "presence"
            && let Some(own) = message["viewers"]
                .as_array()
                .unwrap()
                .iter()
                .find(|v| v["you"] == true)
            && own["mode"] == mode
        {
            return;
        }
    }
}

/// The next event about a session, with what it says.
async fn heard(socket: &mut Socket) -> (String, Value) {
    loop {
        if let Ok(event) = socket.packet().await
            && event.name.starts_with("session.")
        {
            return (event.name, event.arguments[0].clone());
        }
    }
}

#[tokio::test]
async fn a_share_shows_the_session_with_what_may_be_done() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    let given = house.share(&ann, &id, "BOB", "view").await;
    assert_eq!(
        (&given["username"], &given["access"]),
        (&json!("bob"), &json!("view"))
    );
    let admin = house.log_in("admin").await;
    let (_, log) = house.get(&admin, "/api/audit?action=session.share").await;
    let told = &log["items"][0]["detail"];
    assert_eq!(
        (&told["user"], &told["username"]),
        (&given["userId"], &json!("bob")),
        "{log}"
    );
    let (_, list) = house.get(&bob, "/api/sessions").await;
    assert_eq!(
        (&list["total"], &list["items"][0]["access"]),
        (&json!(1), &json!("view"))
    );
    assert_eq!(list["items"][0]["allowedActions"], json!([]));
    house
        .share(&ann, &id, given["userId"].as_str().unwrap(), "drive")
        .await;
    let (_, shown) = house.get(&bob, "/api/sessions/one").await;
    assert_eq!(
        (&shown["access"], &shown["shared"]),
        (&json!("drive"), &json!(1))
    );
    let actions = shown["allowedActions"].as_array().unwrap();
    assert!(
        actions.contains(&json!("drive")) && !actions.contains(&json!("delete")),
        "{actions:?}"
    );
    let (_, own) = house.get(&ann, "/api/sessions/one").await;
    assert_eq!(own["access"], "own");
    assert!(
        own["allowedActions"]
            .as_array()
            .unwrap()
            .contains(&json!("share"))
    );
    for (user, code) in [("ann", 422), ("nobody", 422)] {
        let share = json!({"userId": user, "access": "view"});
        let (status, body) = house
            .ask(&ann, Method::POST, "/api/sessions/one/shares", share)
            .await;
        assert_eq!(
            (status.as_u16(), &body["errors"][0]["field"]),
            (code, &json!("userId"))
        );
    }
    assert_eq!(
        house.unshare(&bob, &id, "bob").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        house.get(&bob, "/api/sessions/one").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(house.unshare(&ann, &id, "bob").await, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn a_share_that_is_taken_away_closes_what_is_open_and_nothing_else() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let (one, two) = (
        house.running(&ann, "one").await,
        house.running(&ann, "two").await,
    );
    for id in [&one, &two] {
        house.share(&ann, id, "bob", "drive").await;
    }
    let mut hers = house.open(&ann, &terminal(&one)).await;
    let mut lost = house.open(&bob, &terminal(&one)).await;
    let mut kept = house.open(&bob, &terminal(&two)).await;
    let mut log = house
        .request(
            Method::GET,
            &format!("/api/sessions/{one}/logs?follow=true"),
        )
        .bearer_auth(&bob.token)
        .send()
        .await
        .unwrap();
    let mut socket = house.connect(&bob, None).await;
    socket.event("events.ready").await;
    socket.ask(1, json!(["terminal:join", one])).await;
    lost.snapshot().await;
    house.unshare(&ann, &one, "bob").await;
    let (name, gone) = promptly("the end of what bob had open of it", async {
        assert_eq!(lost.close_code().await, 4403);
        while log.chunk().await.unwrap().is_some() {}
        heard(&mut socket).await
    })
    .await;
    assert_eq!(
        (name.as_str(), &gone["id"]),
        ("session.deleted", &json!(one))
    );
    let typed = socket.ask(2, json!(["terminal:input", one, "x"])).await;
    assert_eq!(typed["error"]["code"], "terminal.read_only");
    // What happens to it from now on is not his to know: the next that he hears is of the other session.
    let (_, _) = house
        .ask(
            &ann,
            Method::PATCH,
            "/api/sessions/one",
            json!({"description": "d"}),
        )
        .await;
    let (_, _) = house
        .ask(
            &ann,
            Method::PATCH,
            "/api/sessions/two",
            json!({"description": "d"}),
        )
        .await;
    assert_eq!(heard(&mut socket).await.1["id"], json!(two));
    let start = kept.snapshot().await;
    kept.type_in(b"still").await;
    assert_eq!(kept.output(5).await, (start, b"still".to_vec()));
    let start = hers.snapshot().await;
    hers.type_in(b"mine").await;
    assert_eq!(hers.output(4).await, (start, b"mine".to_vec()));
    house.close().await;
}

#[tokio::test]
async fn whoever_leaves_a_session_is_led_out_of_every_window() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let eve = house.user("eve", Role::Member).await;
    let id = house.running(&ann, "one").await;
    house.share(&ann, &id, "bob", "drive").await;
    house.share(&ann, &id, "eve", "view").await;
    // Two windows of one login, one of another login, and one by an API token.
    let again = house.log_in("bob").await;
    let scopes = ["sessions:read", "sessions:write"];
    let program = Person::bearing(&house.api_token(&bob, "program", &scopes).await);
    let mut open = Vec::new();
    for person in [&bob, &bob, &again, &program] {
        let mut window = house.open(person, &terminal(&id)).await;
        window.snapshot().await;
        open.push(window);
    }
    let mut hers = house.open(&eve, &(terminal(&id) + "?mode=read")).await;
    let start = hers.snapshot().await;
    let left = house.unshare(&bob, &id, "bob").await;
    assert_eq!(left, StatusCode::NO_CONTENT);
    promptly("the end of every window", async {
        for window in &mut open {
            assert_eq!(window.close_code().await, 4403);
        }
    })
    .await;
    for person in [&bob, &again, &program] {
        let (_, code) = house
            .close_code(&terminal(&id), &[("authorization", bearer(person))])
            .await;
        assert_eq!(code, 4404);
    }
    // The others stay.
    let mut owner = house.open(&ann, &terminal(&id)).await;
    owner.type_in(b"on").await;
    assert_eq!(hers.output(2).await, (start, b"on".to_vec()));
    house.close().await;
}

#[tokio::test]
async fn a_driver_who_is_left_the_view_can_no_longer_type() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    house.share(&ann, &id, "bob", "drive").await;
    let mut client = house.open(&bob, &terminal(&id)).await;
    let mut socket = house.connect(&bob, None).await;
    socket.ask(1, json!(["terminal:join", id])).await;
    let start = client.snapshot().await;
    client.type_in(b"a").await;
    assert_eq!(client.output(1).await, (start, b"a".to_vec()));
    house.share(&ann, &id, "bob", "view").await;
    promptly("the end of driving", own_mode(&mut client, "read")).await;
    client.type_in(b"b").await;
    assert_eq!(client.message("error").await["code"], "terminal.read_only");
    let typed = socket.ask(2, json!(["terminal:input", id, "c"])).await;
    assert_eq!(typed["error"]["code"], "terminal.read_only");
    // What he sees goes on.
    let mut hers = house.open(&ann, &terminal(&id)).await;
    hers.type_in(b"d").await;
    assert_eq!(client.output(1).await, (start + 1, b"d".to_vec()));
    // And given back, it works again without a new connection.
    house.share(&ann, &id, "bob", "drive").await;
    own_mode(&mut client, "write").await;
    client.type_in(b"e").await;
    assert_eq!(client.output(1).await, (start + 2, b"e".to_vec()));
    house.close().await;
}

#[tokio::test]
async fn whoever_gains_or_loses_a_session_is_told_also_after_having_been_away() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    let mut socket = house.connect(&bob, None).await;
    let seq = socket.event("events.ready").await.arguments[0]["seq"].as_i64();
    house.share(&ann, &id, "bob", "view").await;
    let (name, gained) = heard(&mut socket).await;
    assert_eq!(name, "session.updated");
    assert_eq!(
        (&gained["id"], &gained["access"]),
        (&json!(id), &json!("view"))
    );
    drop(socket);
    house
        .ask(&ann, Method::DELETE, "/api/sessions/one", json!({}))
        .await;
    let mut back = house.connect(&bob, seq).await;
    let (name, gone) = heard(&mut back).await;
    assert_eq!(
        (name.as_str(), &gone["id"]),
        ("session.deleted", &json!(id))
    );
    house.close().await;
}
