//! Socket.IO as a client speaks it over a WebSocket, frame by frame.

use futures_util::SinkExt as _;
use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::house::House;

#[tokio::test]
async fn both_paths_answer_and_only_those_who_log_in_get_in() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    for path in ["/socket.io/", "/socket.io", "/api/socket", "/api/socket/"] {
        let mut client = house.dial(path, &[]).await;
        client.log_in(&json!({"token": admin.token})).await;
        client.event("events.ready").await;
        let mut stranger = house.dial(path, &[]).await;
        stranger.send("40".to_owned()).await;
        assert_eq!(stranger.frame().await, r#"44{"message":"auth.required"}"#);
        let mut forger = house.dial(path, &[]).await;
        forger.send(r#"40{"token":"x.y.z"}"#.to_owned()).await;
        assert_eq!(forger.frame().await, r#"44{"message":"auth.required"}"#);
    }
    let own = [("cookie", admin.cookie.clone()), ("origin", house.origin())];
    let mut browser = house.dial("/socket.io/", &own).await;
    browser.log_in(&json!({})).await;
    let address = format!(
        "ws://{}/socket.io/?EIO=4&transport=websocket",
        house.address
    );
    let mut foreign = address.into_client_request().unwrap();
    foreign
        .headers_mut()
        .insert("cookie", admin.cookie.parse().unwrap());
    foreign
        .headers_mut()
        .insert("origin", "https://evil.example".parse().unwrap());
    let stream = TcpStream::connect(house.address).await.unwrap();
    assert!(client_async(foreign, stream).await.is_err());
    house.close().await;
}

#[tokio::test]
async fn events_reach_those_who_may_know_in_both_spellings() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let (mut hers, mut his) = (
        house.connect(&ann, None).await,
        house.connect(&bob, None).await,
    );
    hers.event("events.ready").await;
    his.event("events.ready").await;
    let id = house.running(&ann, "one").await;
    let created = hers.event("session.created").await.arguments[0].clone();
    assert_eq!(
        (&created["id"], &created["name"]),
        (&json!(id), &json!("one"))
    );
    let again = hers.event("session:created").await.arguments[0].clone();
    assert_eq!(created["seq"], again["seq"]);
    loop {
        let changed = hers.event("session.status.changed").await.arguments[0].clone();
        assert_eq!(changed["id"], json!(id));
        if changed["to"] == "running" {
            break;
        }
    }
    let (status, _) = house
        .ask(&ann, Method::DELETE, "/api/sessions/one", json!({}))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        hers.event("session.deleted").await.arguments[0]["id"],
        json!(id)
    );
    // Bob heard nothing of all this: the first thing he hears is his own.
    house.running(&bob, "two").await;
    match his.packet().await {
        Ok(event) => assert_eq!(
            (event.name.as_str(), &event.arguments[0]["name"]),
            ("session.created", &json!("two"))
        ),
        Err(ack) => panic!("{ack:?}"),
    }
    let refused = his
        .ask(1, json!(["subscribe.session", {"sessionId": id}]))
        .await;
    assert_eq!(
        (&refused["ok"], &refused["error"]["code"]),
        (&json!(false), &json!("session.not_found"))
    );
    house.close().await;
}

#[tokio::test]
async fn one_who_comes_back_gets_what_was_missed_or_is_told_to_reload() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let mut client = house.connect(&admin, None).await;
    let seen = client.event("events.ready").await.arguments[0]["seq"]
        .as_i64()
        .unwrap();
    drop(client);
    let id = house.running(&admin, "one").await;
    let mut back = house.connect(&admin, Some(seen)).await;
    let mut names = Vec::new();
    let mut last = seen;
    loop {
        let event = back.packet().await.unwrap();
        let seq = event.arguments[0]["seq"].as_i64().unwrap();
        assert!(seq >= last, "events came out of order");
        last = seq;
        if event.name == "events.ready" {
            break;
        }
        assert_eq!(event.arguments[0]["id"], json!(id));
        names.push(event.name);
    }
    assert_eq!(names[0], "session.created");
    assert!(
        names.contains(&"session.status.changed".to_owned()),
        "{names:?}"
    );
    // Somebody who knows of events that never were has lived with another database.
    let mut lost = house.connect(&admin, Some(1 << 40)).await;
    let reset = lost.packet().await.unwrap();
    assert_eq!(
        (reset.name.as_str(), &reset.arguments[0]["seq"]),
        ("events.reset", &json!(last))
    );
    house.close().await;
}

#[tokio::test]
async fn a_terminal_is_joined_typed_into_and_left() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut client = house.connect(&admin, None).await;
    let early = client.ask(1, json!(["terminal:input", id, "x"])).await;
    assert_eq!(early["error"]["code"], "terminal.not_joined");
    client
        .send(format!("422{}", json!(["terminal:join", id])))
        .await;
    let history = client.event("terminal:history").await;
    assert_eq!(
        (&history.arguments[0], &history.arguments[2]),
        (&json!(id), &json!("agent"))
    );
    // Many keys at once arrive in the order in which they were typed.
    let typed: String = ('a'..='z').cycle().take(200).collect();
    for key in typed.chars() {
        client
            .send(format!(
                "42{}",
                json!(["terminal:input", id, key.to_string()])
            ))
            .await;
    }
    assert_eq!(String::from_utf8(client.output(200).await).unwrap(), typed);
    client
        .send(format!(
            "451-{}",
            json!(["terminal:input", id, {"_placeholder": true, "num": 0}])
        ))
        .await;
    client
        .socket
        .send(Message::binary(vec![0xff, 0x00]))
        .await
        .unwrap();
    assert_eq!(client.output(2).await, [0xff, 0x00]);
    let resized = client
        .ask(3, json!(["terminal:resize", id, {"cols": 100, "rows": 40}]))
        .await;
    assert_eq!(resized, json!({"ok": true}));
    client
        .send(format!("42{}", json!(["terminal:input", id, "\u{4}"])))
        .await;
    let exit = client.event("terminal:exit").await;
    assert_eq!(exit.arguments[..2], [json!(id), json!(0)]);
    assert_eq!(
        client.ask(4, json!(["terminal:leave", id])).await,
        json!({"ok": true})
    );
    let after = client.ask(5, json!(["terminal:input", id, "x"])).await;
    assert_eq!(after["error"]["code"], "terminal.not_joined");
    house.close().await;
}

#[tokio::test]
async fn what_is_typed_right_before_a_client_goes_is_typed() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut other = house.connect(&admin, None).await;
    other.join(&id).await;
    for last in 'a'..='z' {
        let mut brief = house.connect(&admin, None).await;
        brief.join(&id).await;
        for _ in 0..20 {
            let key = json!(["terminal:input", id, last.to_string()]);
            brief.send(format!("42{key}")).await;
        }
        // With every second one only the terminal is left.
        if u32::from(last) % 2 == 0 {
            brief
                .send(format!("42{}", json!(["terminal:leave", id])))
                .await;
        }
        drop(brief);
        let typed = String::from_utf8(other.output(20).await).unwrap();
        assert_eq!(typed, last.to_string().repeat(20));
    }
    house.close().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_acknowledged_with_a_problem() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut client = house.connect(&admin, None).await;
    let cases = [
        (json!(["terminal:join", 7]), "request.invalid"),
        (
            json!(["terminal:join", {"sessionId": id, "terminal": "nothing"}]),
            "terminal.not_found",
        ),
        (json!(["terminal:join", "nothing"]), "session.not_found"),
        (
            json!(["terminal:resize", id, {"cols": "wide"}]),
            "request.invalid",
        ),
        (
            json!(["subscribe.logs", {"sessionId": "nothing"}]),
            "session.not_found",
        ),
        (
            json!(["subscribe:metrics", {"containerId": "x", "interval": 1000}]),
            "container.not_found",
        ),
        (json!(["no.such.event", 1]), "event.unknown"),
    ];
    for (number, (arguments, code)) in (1..).zip(cases) {
        let answer = client.ask(number, arguments.clone()).await;
        assert_eq!(
            (&answer["ok"], &answer["error"]["code"]),
            (&json!(false), &json!(code)),
            "{arguments}"
        );
    }
    assert_eq!(
        client
            .ask(50, json!(["subscribe.session", {"sessionId": id}]))
            .await,
        json!({"ok": true})
    );
    client
        .send(format!(
            "4251{}",
            json!(["subscribe.logs", {"sessionId": id, "tail": 5}])
        ))
        .await;
    let line = client.event("logs.stream").await.arguments[0].clone();
    assert_eq!(line["sessionId"], json!(id));
    assert!(line["line"]["message"].is_string(), "{line}");
    house.close().await;
}

#[tokio::test]
async fn a_logout_ends_the_connection() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let mut client = house.connect(&admin, None).await;
    client.event("events.ready").await;
    let (status, _) = house
        .ask(&admin, Method::POST, "/api/auth/logout", json!({}))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(client.frame().await, "41");
    house.close().await;
}
