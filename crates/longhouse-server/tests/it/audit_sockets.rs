//! What is recorded of terminals that people open and type into, over whichever socket.

use futures_util::SinkExt as _;
use longhouse_domain::Role;
use longhouse_domain::audit::{AuditRecord, Outcome};
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::audit::recorded;
use crate::house::{DEADLINE, House};

/// The records of that action, as soon as there are as many.
pub(crate) async fn wait_for_records(
    house: &House,
    action: &str,
    count: usize,
) -> Vec<AuditRecord> {
    let found = tokio::time::timeout(DEADLINE, async {
        loop {
            let records = recorded(house, action).await;
            if records.len() >= count {
                return records;
            }
            tokio::task::yield_now().await;
        }
    });
    found
        .await
        .unwrap_or_else(|_| panic!("there were not {count} records of {action} in time"))
}

#[tokio::test]
async fn a_terminal_is_recorded_when_it_is_opened_and_when_somebody_begins_to_type() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let path = "/api/sessions/one/terminals/agent/ws";
    let mut client = house.open(&ann, path).await;
    let opened = wait_for_records(&house, "terminal.open", 1)
        .await
        .remove(0)
        .entry;
    assert_eq!(
        (opened.actor.name.as_str(), opened.detail["mode"].as_str()),
        ("ann", "write")
    );
    let target = opened.target.unwrap();
    assert_eq!(
        (
            target.kind.as_str(),
            target.id.as_deref(),
            target.name.as_str()
        ),
        ("terminal", Some(id.as_str()), "one/agent")
    );
    assert!(recorded(&house, "terminal.drive").await.is_empty());

    client.snapshot().await;
    for key in ["s", "e", "c", "r", "e", "t"] {
        client
            .socket
            .send(Message::binary(key.as_bytes().to_vec()))
            .await
            .unwrap();
    }
    client.output(6).await;
    let driven = recorded(&house, "terminal.drive").await;
    assert_eq!(
        driven.len(),
        1,
        "the first input is recorded, and what is typed is not"
    );
    assert!(!format!("{driven:?}").contains("secret"));

    let watcher = house.open(&ann, &format!("{path}?mode=read")).await;
    let opened = wait_for_records(&house, "terminal.open", 2)
        .await
        .remove(1)
        .entry;
    assert_eq!(opened.detail["mode"], "read");
    drop((client, watcher));
    house.close().await;
}

#[tokio::test]
async fn a_terminal_that_one_may_not_see_is_recorded_as_denied() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    let path = format!("/api/sessions/{id}/terminals/agent/ws");
    let bearer = [("authorization", format!("Bearer {}", bob.token))];
    assert_eq!(house.close_code(&path, &bearer).await.1, 4404);
    assert_eq!(house.close_code(&path, &[]).await.1, 4401);
    let records = wait_for_records(&house, "terminal.open", 2).await;
    assert_eq!(
        (
            records[0].entry.actor.name.as_str(),
            records[0].entry.outcome
        ),
        ("bob", Outcome::Denied)
    );
    assert_eq!(
        (
            records[1].entry.actor.name.as_str(),
            records[1].entry.detail["code"].as_str()
        ),
        ("nobody", "auth.required")
    );
    house.close().await;
}

#[tokio::test]
async fn terminals_over_socket_io_are_recorded_in_the_same_way() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    let mut stranger = house.connect(&bob, None).await;
    let refused = stranger.ask(1, json!(["terminal:join", id])).await;
    assert_eq!(refused["error"]["code"], "session.not_found");
    let mut client = house.connect(&ann, None).await;
    client.ask(1, json!(["terminal:join", id])).await;
    client.ask(2, json!(["terminal:input", id, "a"])).await;
    client.ask(3, json!(["terminal:input", id, "b"])).await;
    client.output(2).await;
    let opened = recorded(&house, "terminal.open").await;
    let told: Vec<_> = opened
        .iter()
        .map(|record| (record.entry.actor.name.as_str(), record.entry.outcome))
        .collect();
    assert_eq!(told, [("bob", Outcome::Denied), ("ann", Outcome::Ok)]);
    assert_eq!(recorded(&house, "terminal.drive").await.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn input_by_a_request_is_recorded_with_its_length_and_a_program_without_its_arguments() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let input = format!("/api/sessions/{id}/terminals/agent/input");
    house
        .ask(&ann, Method::POST, &input, json!({"data": "hush hush"}))
        .await;
    let entry = recorded(&house, "terminal.input").await.remove(0).entry;
    assert_eq!(
        (entry.outcome, entry.detail["bytes"].as_str()),
        (Outcome::Ok, "9")
    );
    let exec = json!({"command": ["curl", "-H", "token: hush"]});
    house
        .ask(
            &ann,
            Method::POST,
            &format!("/api/sessions/{id}/exec"),
            exec,
        )
        .await;
    let records = recorded(&house, "session.exec").await;
    assert_eq!(records[0].entry.detail["program"], "curl");
    assert_eq!(records[0].entry.detail["arguments"], "2");
    assert!(!format!("{:?}", recorded(&house, "session").await).contains("hush"));
    house.close().await;
}
