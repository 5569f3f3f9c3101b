//! The protocol `longhouse.terminal.v1`: what viewers get, what ends a connection, who gets in.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use longhouse_domain::Role;
use longhouse_store::UserChange;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::house::{House, Person, answer, in_time};
use crate::terminal_client::{Client, Got};

pub(crate) fn path(session: &str) -> String {
    format!("/api/sessions/{session}/terminals/agent/ws")
}

#[tokio::test]
async fn a_viewer_is_greeted_repainted_and_gets_every_byte_with_its_offset() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut client = house.open(&admin, &path(&id)).await;
    assert_eq!(client.protocol, "longhouse.terminal.v1");
    assert_eq!(client.hello["mode"], "write");
    assert_eq!(
        (&client.hello["cols"], &client.hello["rows"]),
        (&json!(80), &json!(24))
    );
    let start = client.snapshot().await;
    assert_eq!(client.hello["offset"], start);
    client.type_in(b"hello \xff\x00 world").await;
    assert_eq!(
        client.output(14).await,
        (start, b"hello \xff\x00 world".to_vec())
    );
    client.say(json!({"type": "ping"})).await;
    client.message("pong").await;
    client
        .say(json!({"type": "resize", "cols": 0, "rows": 65_535}))
        .await;
    let size = client.message("size").await;
    assert_eq!((&size["cols"], &size["rows"]), (&json!(1), &json!(1000)));

    let mut other = house
        .open(&admin, &format!("{}?mode=read", path(&id)))
        .await;
    assert_eq!(other.hello["mode"], "read");
    let seen = client.message("presence").await["viewers"].clone();
    assert_eq!(seen.as_array().unwrap().len(), 2, "{seen}");
    assert_eq!(seen[0]["username"], "admin");
    other.type_in(b"not for me").await;
    assert_eq!(other_error(&mut other).await, "terminal.read_only");
    drop((client, other));
    house.close().await;
}

pub(crate) async fn other_error(client: &mut Client) -> String {
    loop {
        match client.next().await {
            Got::Text(message) if message["type"] == "error" => {
                return message["code"].as_str().unwrap().to_owned();
            }
            Got::Closed(code) => panic!("closed with {code}"),
            Got::Text(message) if message["type"] == "snapshot" => {
                in_time("the repaint", client.socket.next()).await;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn one_who_comes_back_goes_on_at_the_exact_byte() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut client = house.open(&admin, &path(&id)).await;
    let start = client.snapshot().await;
    client.type_in(b"0123456789").await;
    client.output(10).await;
    drop(client);
    let mut back = house
        .open(&admin, &format!("{}?from={}", path(&id), start + 4))
        .await;
    assert_eq!(back.hello["offset"], start + 4);
    assert_eq!(back.output(6).await, (start + 4, b"456789".to_vec()));
    house.close().await;
}

#[tokio::test]
async fn frames_that_are_not_of_the_protocol_end_with_a_code() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let frames = [
        (Message::text("ls\r"), 1008),
        (Message::text(r#"{"type":"unknown"}"#), 1008),
        (
            Message::text(r#"{"type":"resize","cols":-1,"rows":2}"#),
            1008,
        ),
        (
            Message::text(r#"{"type":"resize","cols":80,"rows":24,"x":1}"#),
            1008,
        ),
        (Message::text("x".repeat(5000)), 1009),
        (Message::binary(vec![b'x'; (1 << 20) + 1]), 1009),
        (Message::binary(vec![b'x'; 10 << 20]), 1009),
        (
            Message::Frame(Frame::message(
                vec![0xff, 0xfe],
                OpCode::Data(Data::Text),
                true,
            )),
            1007,
        ),
    ];
    for (frame, expected) in frames {
        let mut client = house.open(&admin, &path(&id)).await;
        client.snapshot().await;
        let shown = format!("{frame:.60?}");
        client.socket.send(frame).await.unwrap();
        assert_eq!(client.close_code().await, expected, "{shown}");
    }
    // The terminal has not suffered.
    let mut client = house.open(&admin, &path(&id)).await;
    client.snapshot().await;
    client.type_in(b"fine").await;
    assert_eq!(client.output(4).await.1, b"fine");
    house.close().await;
}

#[tokio::test]
async fn those_who_may_not_are_told_by_a_close_code_and_foreign_pages_by_nothing() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    let bearer = |person: &Person| [("authorization", format!("Bearer {}", person.token))];
    let socket = path(&id);
    assert_eq!(
        house.close_code(&socket, &[]).await,
        ("auth.required".to_owned(), 4401)
    );
    let forged = [("authorization", "Bearer x.y.z".to_owned())];
    assert_eq!(house.close_code(&socket, &forged).await.1, 4401);
    assert_eq!(
        house.close_code(&socket, &bearer(&bob)).await,
        ("session.not_found".to_owned(), 4404)
    );
    assert_eq!(
        house.close_code(&path("nothing"), &bearer(&ann)).await.1,
        4404
    );
    let unknown = format!("/api/sessions/{id}/terminals/nothing/ws");
    assert_eq!(
        house.close_code(&unknown, &bearer(&ann)).await,
        ("terminal.not_found".to_owned(), 4404)
    );

    let with_cookie = |origin: &str| {
        [
            ("cookie", ann.cookie.clone()),
            ("origin", origin.to_owned()),
        ]
    };
    let own = house.upgrade(&socket, &with_cookie(&house.origin())).await;
    assert!(own.is_ok(), "{:?}", own.err());
    let cookie_alone = [("cookie", ann.cookie.clone())];
    for foreign in [
        &with_cookie("https://evil.example")[..],
        &with_cookie("null"),
        &cookie_alone,
    ] {
        match house.upgrade(&socket, foreign).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403, "{foreign:?}"),
            other => panic!("{foreign:?}: {other:?}"),
        }
    }
    let plain = house.request(Method::GET, &socket).bearer_auth(&ann.token);
    assert_eq!(answer(plain).await.0, StatusCode::UPGRADE_REQUIRED);
    house.close().await;
}

#[tokio::test]
async fn one_who_may_only_look_is_told_so_when_asking_for_more() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let accounts = house.engine.accounts();
    let users = accounts.users().await.unwrap();
    let found = users.iter().find(|user| user.username == "ann").unwrap();
    let change = UserChange {
        role: Some(Role::Viewer),
        ..UserChange::default()
    };
    accounts
        .change(found, &change, &house.deed())
        .await
        .unwrap();
    let ann = house.log_in("ann").await;
    let bearer = [("authorization", format!("Bearer {}", ann.token))];
    for wish in ["", "?mode=write", "?from=0"] {
        let asked = format!("{}{wish}", path(&id));
        assert_eq!(
            house.close_code(&asked, &bearer).await,
            ("session.forbidden".to_owned(), 4403),
            "{wish}"
        );
    }
    let mut reader = house.open(&ann, &format!("{}?mode=read", path(&id))).await;
    reader.snapshot().await;
    reader.type_in(b"not for me").await;
    assert_eq!(other_error(&mut reader).await, "terminal.read_only");
    house.close().await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket_once() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let (status, body) = house
        .ask(
            &admin,
            Method::POST,
            "/api/auth/ticket",
            json!({"resource": path(&id)}),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let ticket = body["ticket"].as_str().unwrap();
    let with_ticket = format!("{}?ticket={ticket}", path(&id));
    let (mut socket, _) = house.upgrade(&with_ticket, &[]).await.unwrap();
    let hello = in_time("hello", socket.next()).await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("hello"));
    assert_eq!(house.close_code(&with_ticket, &[]).await.1, 4401);
    // A ticket is good for nothing else.
    let (status, _) = answer(
        house
            .request(Method::GET, "/api/auth/me")
            .bearer_auth(ticket),
    )
    .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

#[tokio::test]
async fn a_logout_a_new_password_and_the_servers_end_reach_open_sockets() {
    let house = House::new().await;
    let (first, second) = (house.log_in("admin").await, house.log_in("admin").await);
    let id = house.running(&first, "one").await;
    let (mut one, mut two) = (
        house.open(&first, &path(&id)).await,
        house.open(&second, &path(&id)).await,
    );
    one.snapshot().await;
    two.snapshot().await;

    let (status, _) = house
        .ask(&first, Method::POST, "/api/auth/logout", json!({}))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let closed = tokio::time::timeout(Duration::from_secs(2), one.close_code()).await;
    assert_eq!(closed.expect("not closed within two seconds"), 4401);
    assert_eq!(
        house.get(&first, "/api/auth/me").await.0,
        StatusCode::UNAUTHORIZED
    );
    // The other sign-in of the same person goes on.
    two.type_in(b"still here").await;
    assert_eq!(two.output(10).await.1, b"still here");

    let change = json!({"currentPassword": crate::house::PASSWORD, "newPassword": "another horse"});
    let (status, login) = house
        .ask(&second, Method::POST, "/api/auth/password", change)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(two.close_code().await, 4401);
    let renewed = Person {
        token: login["accessToken"].as_str().unwrap().to_owned(),
        ..second
    };
    let mut three = house.open(&renewed, &path(&id)).await;
    three.snapshot().await;
    house.stop.cancel();
    assert_eq!(three.close_code().await, 1001);
    house.close().await;
}
