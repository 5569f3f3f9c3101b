//! What is open closes when the reason for letting it in is gone: within two seconds, whatever it is and whatever was taken away.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use longhouse_domain::Role;
use longhouse_domain::user::User;
use longhouse_engine::accounts::Secret;
use longhouse_store::UserChange;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::house::{House, PROMPT, Person, in_time, promptly};
use crate::terminal_client::Client;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A terminal and a Socket.IO connection of one person.
struct Open {
    terminal: Client,
    events: WebSocketStream<TcpStream>,
}

impl Open {
    async fn by(house: &House, person: &Person, session: &str) -> Self {
        let path = format!("/api/sessions/{session}/terminals/agent/ws?mode=read");
        let mut terminal = house.open(person, &path).await;
        terminal.snapshot().await;
        let address = "/socket.io/?EIO=4&transport=websocket";
        let (mut events, _) = house.upgrade(address, &[]).await.unwrap();
        let login = format!("40{}", json!({"token": person.token}));
        events.send(Message::text(login)).await.unwrap();
        loop {
            let frame = in_time("the login", events.next()).await.unwrap().unwrap();
            if frame
                .to_text()
                .is_ok_and(|text| text.contains("events.ready"))
            {
                return Self { terminal, events };
            }
        }
    }

    async fn close_promptly(mut self, why: &str) {
        promptly(why, async {
            let code = self.terminal.close_code().await;
            assert_eq!(code, 4401, "{why}");
            // The server says goodbye to the namespace, or drops the connection at once.
            while let Some(Ok(frame)) = self.events.next().await {
                if frame.to_text().is_ok_and(|text| text.starts_with("41")) {
                    break;
                }
            }
        })
        .await;
    }
}

async fn user(house: &House, name: &str) -> User {
    let users = house.engine.accounts().users().await.unwrap();
    users
        .into_iter()
        .find(|user| user.username == name)
        .unwrap()
}

#[tokio::test]
async fn what_is_done_to_an_account_closes_what_it_has_open() {
    let house = House::new().await;
    let accounts = house.engine.accounts();
    let ann = house.user("ann", Role::Member).await;
    let session = house.running(&ann, "one").await;
    let known = user(&house, "ann").await;
    let changes = [
        (
            "a role",
            UserChange {
                role: Some(Role::Viewer),
                ..UserChange::default()
            },
        ),
        (
            "a permission",
            UserChange {
                may_use_host: Some(false),
                ..UserChange::default()
            },
        ),
        (
            "disabling",
            UserChange {
                disabled: Some(true),
                ..UserChange::default()
            },
        ),
    ];
    for (why, change) in changes {
        let person = house.log_in("ann").await;
        let open = Open::by(&house, &person, &session).await;
        accounts
            .change(&known, &change, &house.deed())
            .await
            .unwrap();
        open.close_promptly(why).await;
        assert_eq!(
            house.get(&person, "/api/auth/me").await.0,
            StatusCode::UNAUTHORIZED,
            "{why}"
        );
    }
    let enabled = UserChange {
        disabled: Some(false),
        ..UserChange::default()
    };
    accounts
        .change(&known, &enabled, &house.deed())
        .await
        .unwrap();
    let person = house.log_in("ann").await;
    let open = Open::by(&house, &person, &session).await;
    accounts
        .set_password("ann", Secret::new("another horse"), &house.deed())
        .await
        .unwrap();
    open.close_promptly("a reset password").await;
    house.close().await;
}

#[tokio::test]
async fn a_sign_in_is_ended_from_another_one() {
    let house = House::new().await;
    let (here, there) = (house.log_in("admin").await, house.log_in("admin").await);
    let session = house.running(&here, "one").await;
    let (_, list) = house.get(&here, "/api/auth/sign-ins").await;
    assert_eq!(list["total"], 2, "{list}");
    let items = list["items"].as_array().unwrap();
    assert!(
        items.iter().all(|item| item["address"] == "127.0.0.1"),
        "{list}"
    );
    assert_eq!(
        items.iter().filter(|item| item["current"] == true).count(),
        1
    );
    let other = items.iter().find(|item| item["current"] == false).unwrap();
    let path = format!("/api/auth/sign-ins/{}", other["id"].as_str().unwrap());

    // Nobody ends another's.
    let eve = house.user("eve", Role::Member).await;
    let (status, body) = house.ask(&eve, Method::DELETE, &path, json!({})).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("sign_in.not_found"))
    );

    let open = Open::by(&house, &there, &session).await;
    let (status, _) = house.ask(&here, Method::DELETE, &path, json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    open.close_promptly("an ended sign-in").await;

    let third = house.log_in("admin").await;
    let open = Open::by(&house, &third, &session).await;
    let (status, body) = house
        .ask(&here, Method::DELETE, "/api/auth/sign-ins", json!({}))
        .await;
    assert_eq!((status, &body["ended"]), (StatusCode::OK, &json!(1)));
    open.close_promptly("all others were ended").await;
    assert_eq!(house.get(&here, "/api/auth/me").await.0, StatusCode::OK);
    house.close().await;
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_closes_what_its_family_has_open() {
    let house = House::new().await;
    let thief = house.log_in("admin").await;
    let session = house.running(&thief, "one").await;
    let refresh = async |cookie: &str| {
        let request = house
            .request(Method::POST, "/api/auth/refresh")
            .header("cookie", cookie)
            .header("origin", house.origin());
        request.send().await.unwrap()
    };
    let next = Person::of(refresh(&thief.refresh).await).await;
    Person::of(refresh(&next.refresh).await).await;
    let open = Open::by(&house, &next, &session).await;
    assert_eq!(
        refresh(&thief.refresh).await.status(),
        StatusCode::UNAUTHORIZED
    );
    open.close_promptly("a token that came back").await;
    house.close().await;
}

#[tokio::test]
async fn a_token_opens_sockets_and_its_end_closes_them() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let session = house.running(&admin, "one").await;
    let scopes = ["sessions:read", "sessions:write"];
    let first = Person::bearing(&house.api_token(&admin, "first", &scopes).await);
    let second = Person::bearing(&house.api_token(&admin, "second", &scopes).await);
    let deleted = Open::by(&house, &first, &session).await;
    let mut kept = Open::by(&house, &second, &session).await;
    let (status, _) = house
        .ask(&admin, Method::DELETE, "/api/tokens/first", json!({}))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    deleted.close_promptly("a deleted token").await;
    kept.terminal.say(json!({"type": "ping"})).await;
    kept.terminal.message("pong").await;

    house.clock.advance(DAY - Duration::from_secs(5));
    let expiring = Open::by(&house, &second, &session).await;
    let (mut code, left) = (None, Duration::from_secs(5) + PROMPT);
    let mut terminal = expiring.terminal;
    let _ = tokio::time::timeout(left, async { code = Some(terminal.close_code().await) }).await;
    assert_eq!(code, Some(4401), "an expired token keeps its sockets");
    house.close().await;
}

#[tokio::test]
async fn a_token_that_may_only_look_cannot_type() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let session = house.running(&admin, "one").await;
    let reader = Person::bearing(&house.api_token(&admin, "reader", &["sessions:read"]).await);
    let path = format!("/api/sessions/{session}/terminals/agent/ws");
    let mut viewer = house.open(&reader, &format!("{path}?mode=read")).await;
    viewer.snapshot().await;
    viewer.type_in(b"x").await;
    let refusal = viewer.message("error").await;
    assert_eq!(refusal["code"], "terminal.read_only");

    // A ticket carries no more than the token it was asked with.
    let ask = json!({"resource": path});
    let (status, ticket) = house
        .ask(&reader, Method::POST, "/api/auth/ticket", ask)
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let address = format!("{path}?ticket={}", ticket["ticket"].as_str().unwrap());
    let (_, ending) = house.close_code(&address, &[]).await;
    assert_eq!(ending, 4403);

    // One without the scope does not even look.
    let scraper = house.api_token(&admin, "scraper", &["metrics"]).await;
    let headers = [("authorization", format!("Bearer {scraper}"))];
    let (code, ending) = house.close_code(&path, &headers).await;
    assert_eq!((code.as_str(), ending), ("auth.scope", 4403));
    house.close().await;
}
