//! Every event that Socket.IO clients send, sent by everybody who gets in.

use std::collections::BTreeSet;

use longhouse_server::client_events;
use serde_json::{Value, json};

use super::cast::{CAST, Cast, NAMES};
use crate::house::House;

/// What each of those who get in must hear: other, looker, viewer, driver, owner, admin. `ok`, or the code of the refusal.
type Expected = [&'static str; CAST - 1];

struct Case {
    event: &'static str,
    arguments: fn(&str) -> Vec<Value>,
    /// Whether the terminal is joined before.
    joined: bool,
    expected: Expected,
}

const fn all(answer: &'static str) -> Expected {
    [answer; CAST - 1]
}

/// Those who may look at the session; the stranger is told that there is none.
const SEERS: Expected = ["session.not_found", "ok", "ok", "ok", "ok", "ok"];

/// The same, for what is asked of a container.
const CONTAINER_SEERS: Expected = ["container.not_found", "ok", "ok", "ok", "ok", "ok"];

/// Those who may drive the session. The stranger could not join; one whose role is to look may not type anywhere.
const DRIVERS: Expected = [
    "terminal.not_joined",
    "auth.forbidden",
    "terminal.read_only",
    "ok",
    "ok",
    "ok",
];

fn of_session(id: &str) -> Vec<Value> {
    vec![json!({"sessionId": id})]
}

fn in_container(id: &str) -> Vec<Value> {
    vec![json!({"containerId": id, "interval": 1000})]
}

fn case(
    event: &'static str,
    arguments: fn(&str) -> Vec<Value>,
    joined: bool,
    expected: Expected,
) -> Case {
    Case {
        event,
        arguments,
        joined,
        expected,
    }
}

#[rustfmt::skip] // One event, one line.
fn cases() -> Vec<Case> {
    let typed = |id: &str| vec![json!(id), json!("x")];
    let resized = |id: &str| vec![json!(id), json!({"cols": 90, "rows": 30})];
    vec![
        case("subscribe.session", of_session, false, SEERS),
        // Ends what one has, which may be nothing.
        case("unsubscribe.session", of_session, false, all("ok")),
        case("subscribe.logs", of_session, false, SEERS),
        case("unsubscribe.logs", of_session, false, all("ok")),
        case("terminal:join", |id| vec![json!(id)], false, SEERS),
        case("terminal:leave", |id| vec![json!(id)], true, all("ok")),
        case("terminal:input", typed, true, DRIVERS),
        case("terminal:resize", resized, true, DRIVERS),
        case("subscribe:metrics", in_container, false, CONTAINER_SEERS),
        case("unsubscribe:metrics", in_container, false, all("ok")),
        case("subscribe:logs", in_container, false, CONTAINER_SEERS),
        case("unsubscribe:logs", in_container, false, all("ok")),
        case("subscribe:status", in_container, false, CONTAINER_SEERS),
        case("unsubscribe:status", in_container, false, all("ok")),
    ]
}

#[test]
fn every_event_has_a_row() {
    let events: BTreeSet<_> = client_events().into_iter().map(|(name, _)| name).collect();
    let rows: BTreeSet<_> = cases().iter().map(|case| case.event).collect();
    let missing: Vec<_> = events.difference(&rows).collect();
    let surplus: Vec<_> = rows.difference(&events).collect();
    assert!(
        missing.is_empty(),
        "events without a row in the walk: {missing:?}"
    );
    assert!(
        surplus.is_empty(),
        "rows of the walk without an event: {surplus:?}"
    );
}

#[tokio::test]
async fn everybody_hears_what_is_theirs_and_no_more() {
    let house = House::with_containers().await;
    let cast = Cast::assemble(&house).await;
    let ground = cast.container(&house).await;
    // Nobody does not get in, whichever event they would send.
    let mut nobody = house.dial("/socket.io/", &[]).await;
    nobody.send("40".to_owned()).await;
    assert_eq!(nobody.frame().await, r#"44{"message":"auth.required"}"#);
    let mut wrong = Vec::new();
    for case in cases() {
        for (at, name) in NAMES.iter().enumerate().skip(1) {
            let mut client = house.connect(cast.person(at).unwrap(), None).await;
            client.event("events.ready").await;
            if case.joined {
                client
                    .ask(1, json!(["terminal:join", ground.session]))
                    .await;
            }
            let mut message = vec![json!(case.event)];
            message.extend((case.arguments)(&ground.session));
            let answer = client.ask(2, json!(message)).await;
            let code = match &answer["error"]["code"] {
                Value::String(code) => code.as_str(),
                _ => "ok",
            };
            let expected = case.expected[at - 1];
            if code != expected {
                wrong.push(format!(
                    "{} by {name}: {code} in place of {expected}",
                    case.event
                ));
            }
            if code == "session.not_found" || case.expected == CONTAINER_SEERS && at == 1 {
                let mut never = vec![json!(case.event)];
                never.extend((case.arguments)(&uuid::Uuid::now_v7().to_string()));
                let mut never = client.ask(3, json!(never)).await;
                never["error"]["requestId"] = answer["error"]["requestId"].clone();
                assert_eq!(answer, never, "{} tells of a session", case.event);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.close().await;
}
