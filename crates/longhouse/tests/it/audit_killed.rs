//! kill -9 of the server while rights change: every change has its record, and every record its change.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::http::Client;
use crate::support::{House, wait_for};

/// How often the server is killed, each time after some more answers than the time before.
const ROUNDS: usize = 6;

/// How many change something at once.
const WORKERS: usize = 4;

/// Makes a token and deletes every other one again, until the server is gone.
async fn work(client: Client, name: String, answers: Arc<AtomicUsize>) {
    for number in 0.. {
        let name = format!("{name}-{number}");
        let wish = json!({"name": name, "scopes": ["sessions:read"]});
        let made = client.try_send(http::Method::POST, "/api/tokens", Some(&wish));
        if made.await.is_err() {
            return;
        }
        answers.fetch_add(1, Ordering::Relaxed);
        let path = format!("/api/tokens/{name}");
        if number % 8 > 0
            && client
                .try_send(http::Method::DELETE, &path, None)
                .await
                .is_err()
        {
            return;
        }
    }
}

/// The tokens that are there, as the database says.
async fn there(house: &House) -> BTreeSet<String> {
    let options = SqliteConnectOptions::new().filename(house.data_dir().join("longhouse.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let ids = sqlx::query_scalar("select id from api_tokens").fetch_all(&mut connection);
    let ids: Vec<String> = ids.await.unwrap();
    connection.close().await.unwrap();
    ids.into_iter().collect()
}

/// The tokens that are there, as the audit log says.
fn told(house: &House) -> BTreeSet<String> {
    let text = house.succeed(&["audit", "export", "--action", "token", "--outcome", "ok"]);
    let mut tokens = BTreeSet::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let id = record["target"]["id"].as_str().unwrap().to_owned();
        let fits = match record["action"].as_str().unwrap() {
            "token.create" => tokens.insert(id),
            "token.delete" => tokens.remove(&id),
            other => panic!("{other}"),
        };
        assert!(fits, "told twice: {record}");
    }
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_leaves_no_change_without_its_record_and_no_record_without_its_change() {
    let mut house = House::new();
    for round in 0..ROUNDS {
        house.start();
        let client = house.client().await;
        let answers = Arc::<AtomicUsize>::default();
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let name = format!("r{round}-w{worker}");
                tokio::spawn(work(client.clone(), name, answers.clone()))
            })
            .collect();
        wait_for("some were answered", async || {
            (answers.load(Ordering::Relaxed) > 3 + 5 * round).then_some(())
        })
        .await;
        house.kill();
        for worker in workers {
            worker.await.unwrap();
        }
        assert_eq!(there(&house).await, told(&house), "round {round}");
        house.succeed(&["audit", "verify"]);
    }
    assert!(!told(&house).is_empty());
}
