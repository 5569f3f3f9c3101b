//! The audit log goes away and comes back, and clients leave in the middle: what was done is on record once, and what was not
//! done is not on record as done.

use futures_util::future::join_all;
use longhouse_domain::audit::{AuditRecord, Outcome};
use longhouse_engine::AuditQuery;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::audit_sockets::wait_for_records;
use crate::database::Database;
use crate::house::{House, Person, answer};

/// How many ask at once.
const AT_ONCE: usize = 16;

async fn told(house: &House, request: &str) -> Vec<AuditRecord> {
    let all = AuditQuery::default();
    let mut records = house.engine.audit().piece(&all, 0, 500).await.unwrap();
    records.retain(|record| record.entry.request_id == request);
    records
}

/// Makes a directory below the house's own, in a request of that name.
async fn make(house: &House, person: &Person, name: &str) -> (StatusCode, Value) {
    let path = house.dir.path().join("base").join(name);
    let request = house.request(Method::POST, "/api/files/mkdir");
    let request = request
        .bearer_auth(&person.token)
        .header("x-request-id", name);
    answer(request.json(&json!({"path": path}))).await
}

#[tokio::test]
async fn what_was_done_while_the_log_went_away_is_recorded_once_and_nothing_else_is_done() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let mut database = Database::of(&house).await;
    let mut done = 0;
    for round in 0..3 {
        let names: Vec<_> = (0..AT_ONCE).map(|n| format!("r{round}-{n}")).collect();
        // Some are under way when it happens, and some have yet to begin.
        let (early, late) = names.split_at(AT_ONCE / 2);
        let (mut answers, ()) = tokio::join!(
            join_all(early.iter().map(|name| make(&house, &admin, name))),
            database.take_the_log_away()
        );
        answers.extend(join_all(late.iter().map(|name| make(&house, &admin, name))).await);
        // Whoever is the first to notice has acted; from then on nobody does.
        let (status, body) = make(&house, &admin, &format!("r{round}-last")).await;
        assert_eq!(
            (status, body["code"].as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, Some("audit.unavailable"))
        );
        assert!(!exists(&house, &format!("r{round}-last")));
        database.give_the_log_back(&house).await;

        for (name, (status, body)) in names.iter().zip(answers) {
            let records = told(&house, name).await;
            let outcomes: Vec<_> = records.iter().map(|one| one.entry.outcome).collect();
            if exists(&house, name) {
                assert_eq!(outcomes, [Outcome::Ok], "{name}: {status} {body}");
                done += 1;
            } else {
                assert_eq!(outcomes, [], "{name}: {status} {body}");
                assert_eq!(body["code"], "audit.unavailable", "{name}");
            }
        }
        let (status, _) = make(&house, &admin, &format!("r{round}-after")).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    assert!(done > 0, "nothing was under way");
    assert_eq!(house.engine.audit().verify().await.unwrap().fault, None);
    house.close().await;
}

fn exists(house: &House, name: &str) -> bool {
    house.dir.path().join("base").join(name).exists()
}

#[tokio::test]
async fn a_login_and_a_terminal_are_refused_while_the_log_is_away() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "work").await;
    let mut database = Database::of(&house).await;
    database.take_the_log_away().await;
    make(&house, &admin, "notices").await;
    let login = json!({"username": "admin", "password": crate::house::PASSWORD});
    let (status, body) = answer(house.request(Method::POST, "/api/auth/login").json(&login)).await;
    assert_eq!(
        (status, body["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("audit.unavailable"))
    );
    let bearer = [("authorization", format!("Bearer {}", admin.token))];
    let path = format!("/api/sessions/{id}/terminals/agent/ws");
    assert!(house.upgrade(&path, &bearer).await.is_err());
    let mut client = house.connect(&admin, None).await;
    let joined = client.ask(1, json!(["terminal:join", id])).await;
    assert_eq!(joined["error"]["code"], "audit.unavailable");
    // What changes nothing goes on.
    assert_eq!(house.get(&admin, "/api/sessions").await.0, StatusCode::OK);

    database.give_the_log_back(&house).await;
    house.log_in("admin").await;
    let joined = client.ask(2, json!(["terminal:join", id])).await;
    assert_eq!(joined["ok"], true);
    house.close().await;
}

/// Sends a request and is gone before the answer.
async fn ask_and_leave(house: &House, person: &Person, head: &str, body: &Value) {
    let body = body.to_string();
    let (host, token, length) = (house.address, &person.token, body.len());
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_change_of_rights_is_made_to_its_end_though_its_client_leaves() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let ann = house.user("ann", longhouse_domain::Role::Member).await;
    let id = house.running(&ann, "work").await;
    let path = format!("/api/sessions/{id}/terminals/agent/ws");
    let mut open = house.open(&ann, &path).await;
    open.snapshot().await;
    // A password takes a while to be hashed.
    let patch = json!({"password": "another horse", "role": "viewer"});
    ask_and_leave(&house, &admin, "PATCH /api/users/ann", &patch).await;
    let records = wait_for_records(&house, "user.update", 1).await;
    assert_eq!(records[0].entry.outcome, Outcome::Ok);
    assert_eq!(records[0].entry.target.as_ref().unwrap().name, "ann");
    // What follows from it has followed: what they had open is closed.
    open.close_code().await;
    assert_eq!(records.len(), 1);
    house.close().await;
}
