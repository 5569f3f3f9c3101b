//! What was acknowledged is there after kill -9.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use longhouse_domain::event::EventKind;
use longhouse_domain::{Actor, Role, UserId};
use longhouse_store::{Store, StoreUrl};

use crate::harness::{Bed, actor, at, session};

/// Tells this test, when it is run once more as a process of its own, which file to write to, and for whom.
const WRITE_TO: &str = "LONGHOUSE_STORE_TEST_WRITE_TO";
const WRITE_FOR: &str = "LONGHOUSE_STORE_TEST_WRITE_FOR";

/// The process that is killed: creates sessions without end, and says so after each.
async fn write_until_killed(url: StoreUrl, owner: UserId) {
    let store = Store::open(&url).await.unwrap();
    for n in 0.. {
        let made = session(owner, &format!("{} {n}", std::process::id()));
        store
            .create_session(&made, None, &[EventKind::Created], at(n))
            .await
            .unwrap();
        println!("acknowledged {}", made.id);
    }
}

/// Kills a writer after it has acknowledged `rows` sessions; returns all that it acknowledged.
fn killed_after(rows: usize, url: &StoreUrl, ann: &Actor) -> Vec<String> {
    let StoreUrl::Sqlite(path) = url else {
        panic!("no file")
    };
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "durability::every_acknowledged_session_survives_kill_9",
            "--nocapture",
        ])
        .env(WRITE_TO, path)
        .env(WRITE_FOR, ann.user.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    let output = BufReader::new(writer.stdout.take().unwrap());
    for line in output.lines() {
        let line = line.unwrap();
        if let Some(id) = line.strip_prefix("acknowledged ") {
            acknowledged.push(id.to_owned());
            if acknowledged.len() == rows {
                writer.kill().unwrap();
            }
        }
    }
    assert_eq!(writer.wait().unwrap().signal(), Some(9));
    assert!(acknowledged.len() >= rows);
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_session_survives_kill_9() {
    if let (Some(path), Ok(owner)) = (std::env::var_os(WRITE_TO), std::env::var(WRITE_FOR)) {
        return write_until_killed(StoreUrl::Sqlite(path.into()), owner.parse().unwrap()).await;
    }
    let bed = Bed::sqlite();
    let store = bed.open().await;
    let ann = actor(&store, "ann", Role::Member).await;
    store.close().await;

    let mut acknowledged = Vec::new();
    for rows in [1, 7, 30] {
        let url = bed.url.clone();
        let ann = ann.clone();
        let more = tokio::task::spawn_blocking(move || killed_after(rows, &url, &ann));
        acknowledged.extend(more.await.unwrap());

        let store = bed.open().await;
        let there: Vec<String> = store
            .every_session_for_reconciliation()
            .await
            .unwrap()
            .iter()
            .map(|session| session.id.to_string())
            .collect();
        for id in &acknowledged {
            assert!(there.contains(id), "{id} was acknowledged and is gone");
        }
        // Each session has its event and each event its session: no transaction is there by half.
        let events = store.events_since(0, 100_000).await.unwrap();
        assert_eq!(events.len(), there.len());
        store.close().await;
    }
}
