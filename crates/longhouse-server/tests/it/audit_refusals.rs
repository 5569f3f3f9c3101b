//! What is refused before a route is found, or over and over, is on record without anybody being able to fill the disk with it;
//! and so is what is refused on a socket.

use std::collections::BTreeMap;
use std::time::Duration;

use longhouse_domain::Role;
use longhouse_domain::audit::{ActorKind, AuditRecord, Outcome};
use longhouse_server::recorded_events;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::audit::recorded;
use crate::house::{DEADLINE, House, answer};

/// How many refusals these records tell of.
fn told(records: &[AuditRecord]) -> u64 {
    let count = |record: &AuditRecord| match record.entry.detail.get("count") {
        Some(count) => count.parse::<u64>().unwrap(),
        None => 1,
    };
    records.iter().map(count).sum()
}

/// The records of that action, as soon as they tell of so many refusals.
async fn wait_until_told(house: &House, action: &str, count: u64) -> Vec<AuditRecord> {
    let found = tokio::time::timeout(DEADLINE, async {
        loop {
            let records = recorded(house, action).await;
            if told(&records) >= count {
                assert_eq!(told(&records), count, "{action} is told twice");
                return records;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let in_vain = |_| panic!("{count} refusals of {action} were not told in time");
    found.await.unwrap_or_else(in_vain)
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_told_by_address_and_kind_with_their_number() {
    let house = House::new().await;
    let cases = [
        ("request.host", "host", "evil.example", 30),
        ("request.origin", "origin", "https://evil.example", 20),
    ];
    for (code, header, value, times) in cases {
        for _ in 0..times {
            let request = house.request(Method::POST, "/api/auth/login");
            let (status, body) = answer(request.header(header, value).json(&json!({}))).await;
            assert!(status.is_client_error(), "{status}");
            assert_eq!(body["code"], code);
        }
    }
    assert!(recorded(&house, "request.refuse").await.is_empty());
    // Whoever ends the server gets to know what was gathered until then.
    house.stop.cancel();
    let records = wait_until_told(&house, "request.refuse", 50).await;
    assert_eq!(records.len(), 2);
    for (code, header, value, times) in cases {
        let of_code = |record: &&AuditRecord| record.entry.detail["code"] == code;
        let entry = &records.iter().find(of_code).unwrap().entry;
        assert_eq!(entry.detail["count"], times.to_string());
        assert_eq!(entry.detail[header], value);
        assert_eq!(entry.detail["path"], "/api/auth/login");
        assert_eq!(
            (entry.address.as_str(), entry.outcome),
            ("127.0.0.1", Outcome::Denied)
        );
        assert_eq!(entry.actor.kind, ActorKind::Nobody);
    }
    house.close().await;
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_again_and_again_as_long_as_it_does() {
    let house = House::changed(|settings| {
        settings.trusted_proxies.push("127.0.0.1".parse().unwrap());
        settings.limits.requests_per_second = 1;
        settings.limits.refusals_told = Duration::from_millis(50);
    })
    .await;
    let ask = async || {
        let request = house.request(Method::GET, "/api/health");
        let answer = request
            .header("x-forwarded-for", "203.0.113.7")
            .send()
            .await;
        answer.unwrap().status() == StatusCode::TOO_MANY_REQUESTS
    };
    let mut refused = 0;
    for round in 1..=2 {
        while refused < round * 20 {
            refused += u64::from(ask().await);
        }
        let records = wait_until_told(&house, "request.refuse", refused).await;
        assert!((records.len() as u64) < refused, "not one record for each");
        assert!(records.iter().all(|one| one.entry.address == "203.0.113.7"));
    }
    house.close().await;
}

#[tokio::test]
async fn a_flood_of_strangers_is_recorded_up_to_a_limit_and_then_counted() {
    let house = House::changed(|settings| {
        settings.limits.refusals_told = Duration::from_millis(20);
    })
    .await;
    let counted = async || {
        let mut records = recorded(&house, "session.stop").await;
        records.retain(|one| one.entry.detail.contains_key("count"));
        records
    };
    let mut asked = 0;
    let flood = tokio::time::timeout(DEADLINE, async {
        while counted().await.is_empty() {
            for _ in 0..50 {
                let ask = house.request(Method::POST, "/api/sessions/x/stop");
                let (status, _) = answer(ask.json(&json!({}))).await;
                assert_eq!(status, StatusCode::UNAUTHORIZED);
                asked += 1;
            }
        }
    });
    flood.await.unwrap();
    assert!(asked > 200, "only a flood is counted: {asked}");
    wait_until_told(&house, "session.stop", asked).await;
    assert_eq!(counted().await[0].entry.detail["code"], "auth.required");
    house.close().await;
}

#[tokio::test]
async fn refusals_wait_for_the_log_and_are_told_when_it_is_back() {
    let house = House::changed(|settings| {
        settings.limits.refusals_told = Duration::from_millis(20);
    })
    .await;
    let mut database = crate::database::Database::of(&house).await;
    let foreign = async || {
        let request = house.request(Method::POST, "/api/auth/login");
        let request = request.header("origin", "https://evil.example");
        assert_eq!(
            answer(request.json(&json!({}))).await.0,
            StatusCode::FORBIDDEN
        );
    };
    database.take_the_log_away().await;
    for _ in 0..10 {
        foreign().await;
    }
    database.give_the_log_back(&house).await;
    foreign().await;
    wait_until_told(&house, "request.refuse", 11).await;
    house.close().await;
}

/// What a stranger to the session, and one who may only look at it, are refused.
fn refused_events(id: &str) -> BTreeMap<&'static str, (Value, bool, &'static str)> {
    let (looks, strange) = (true, false);
    let container = || {
        let arguments = json!([{"containerId": id}]);
        (arguments, strange, "container.not_found")
    };
    [
        ("subscribe:metrics", container()),
        ("subscribe:logs", container()),
        ("subscribe:status", container()),
        (
            "subscribe.session",
            (json!([{"sessionId": id}]), strange, "session.not_found"),
        ),
        (
            "subscribe.logs",
            (json!([{"sessionId": id}]), strange, "session.not_found"),
        ),
        ("terminal:join", (json!([id]), strange, "session.not_found")),
        (
            "terminal:input",
            (json!([id, "x"]), looks, "terminal.read_only"),
        ),
        (
            "terminal:resize",
            (
                json!([id, {"cols": 9, "rows": 9}]),
                looks,
                "terminal.read_only",
            ),
        ),
    ]
    .into()
}

#[tokio::test]
async fn what_is_refused_on_an_event_socket_is_recorded_like_its_twin_over_http() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let bob = house.user("bob", Role::Member).await;
    let eve = house.user("eve", Role::Member).await;
    let id = house.running(&ann, "work").await;
    let share = json!({"userId": "eve", "access": "view"});
    let path = format!("/api/sessions/{id}/shares");
    assert_eq!(
        house.ask(&ann, Method::POST, &path, share).await.0,
        StatusCode::CREATED
    );

    let mut strange = house.connect(&bob, None).await;
    let mut looks = house.connect(&eve, None).await;
    looks.ask(1, json!(["terminal:join", id])).await;
    let cases = refused_events(&id);
    let mut told = BTreeMap::new();
    for (n, (event, action)) in (2..).zip(recorded_events()) {
        let (arguments, may_look, code) = &cases[event];
        let (client, name) = if *may_look {
            (&mut looks, "eve")
        } else {
            (&mut strange, "bob")
        };
        let mut message = vec![json!(event)];
        message.extend(arguments.as_array().unwrap().iter().cloned());
        let answer = client.ask(n, json!(message)).await;
        assert_eq!(answer["error"]["code"], *code, "{event}");

        let mut records = recorded(&house, action).await;
        records.retain(|record| record.entry.outcome == Outcome::Denied);
        // Some events have a twin that is recorded as the same action.
        let told: &mut usize = told.entry(action).or_default();
        *told += 1;
        assert_eq!(records.len(), *told, "{event}");
        let entry = &records[*told - 1].entry;
        assert_eq!(
            (entry.actor.name.as_str(), entry.detail["code"].as_str()),
            (name, *code)
        );
        assert_eq!(entry.address, "127.0.0.1");
        let target = entry.target.as_ref().unwrap();
        // Who may not see it is told of it by nobody, the log's reader neither: it is called as they called it.
        let named = if *may_look {
            "work/agent".to_owned()
        } else {
            id.clone()
        };
        assert!(target.name.starts_with(&named), "{event}: {target:?}");
        assert_eq!(target.id.is_some(), *may_look, "{event}");
    }
    // What cannot be read is refused too.
    let answer = strange
        .ask(20, json!(["terminal:join", {"no": "terminal"}]))
        .await;
    assert_eq!(answer["ok"], false);
    let last = recorded(&house, "terminal.open").await.pop().unwrap().entry;
    assert_eq!((last.outcome, last.target), (Outcome::Failed, None));
    house.close().await;
}
