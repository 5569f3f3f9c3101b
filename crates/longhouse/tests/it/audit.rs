//! The audit log, seen from outside: what a server writes into it, and what the command line says of it.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sqlx::{AnyConnection, Connection as _, Executor as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::{House, running_shell, wait_for};

fn exported(house: &House, arguments: &[&str]) -> Vec<Value> {
    let text = house.succeed(&[&["audit", "export"], arguments].concat());
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn actions(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|record| record["action"].as_str().unwrap())
        .collect()
}

/// Does what somebody could do who has the database's file and not the keys.
async fn tamper(data_dir: &Path, sql: &'static str) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", data_dir.join("longhouse.db").display());
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    connection.execute(sqlx::raw_sql(sql)).await.unwrap();
    connection.close().await.unwrap();
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn the_log_is_verified_and_exported_with_and_without_a_server() {
    let mut house = House::started();
    house.succeed(&[
        "session",
        "new",
        "work",
        "--agent",
        "shell",
        "--multiplexer",
        "none",
    ]);
    let held = house.succeed(&["audit", "verify"]);
    assert!(held.starts_with("the audit log holds: "), "{held}");
    let created = exported(&house, &["--action", "session.create"]);
    assert_eq!(created[0]["target"]["name"], "work");
    // Whoever owns the server's process acted, not the admin whose rights they used.
    assert_eq!(created[0]["actor"]["kind"], "system");
    assert_eq!(created[0]["detail"]["via"], "control socket");
    house.succeed(&["session", "rm", "work"]);
    assert!(house.stop().success());

    let held = house.succeed(&["audit", "verify"]);
    assert!(held.starts_with("the audit log holds: "), "{held}");
    let all = exported(&house, &[]);
    let seqs: Vec<_> = all
        .iter()
        .map(|record| record["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, (1..=all.len() as u64).collect::<Vec<_>>());
    assert_eq!(
        (actions(&all)[0], *actions(&all).last().unwrap()),
        ("server.start", "server.stop")
    );
    assert_eq!(
        actions(&exported(&house, &["--target", "work"])),
        ["session.create", "session.delete"]
    );
    let usage = house.run(&["audit", "export", "--since", "yesterday"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[tokio::test]
async fn what_was_done_to_the_log_is_found_with_its_place() {
    let mut house = House::started();
    house.succeed(&[
        "session",
        "new",
        "work",
        "--agent",
        "shell",
        "--multiplexer",
        "none",
    ]);
    house.succeed(&["session", "rm", "work"]);
    assert!(house.stop().success());
    let data_dir = house.data_dir();
    let all = exported(&house, &[]).len();

    tamper(&data_dir, "create table kept as select * from audit_log; create table kept_head as select * from audit_head").await;
    for (sql, place) in [
        ("update audit_log set actor_name = 'eve' where seq = 2", 2),
        ("delete from audit_log where seq = 2", 2),
        (
            "delete from audit_log where seq = (select max(seq) from audit_log)",
            all,
        ),
        (
            "update audit_log set seq = 0 where seq = 1; update audit_log set seq = 1 where seq = 2; update audit_log set seq = 2 where seq = 0",
            1,
        ),
        (
            "delete from audit_log where seq > 2; update audit_head set seq = 2, hash = (select hash from audit_log where seq = 2)",
            2,
        ),
    ] {
        tamper(&data_dir, sql).await;
        let said = refusal(&house.run(&["audit", "verify"]));
        assert!(
            said.contains(&format!("does not hold at record {place}: ")),
            "{sql}: {said}"
        );
        tamper(
            &data_dir,
            "delete from audit_log; insert into audit_log select * from kept; \
            delete from audit_head; insert into audit_head select * from kept_head",
        )
        .await;
        house.succeed(&["audit", "verify"]);
    }

    // A server that starts on a log whose end was cut off goes on, and what happened stays in it.
    tamper(
        &data_dir,
        "delete from audit_log where seq > 2; \
        update audit_head set seq = 2, hash = (select hash from audit_log where seq = 2)",
    )
    .await;
    house.start();
    let said = refusal(&house.run(&["audit", "verify"]));
    assert!(said.contains("does not hold at record 3: "), "{said}");
    assert_eq!(
        exported(&house, &["--action", "audit.break"])[0]["severity"],
        "critical"
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_leaves_a_record() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "work", "none").await;
    let workdir = Path::new(session["workdir"].as_str().unwrap());
    let command = ["sh", "-c", "touch begun; exec sleep 600"];
    let body = serde_json::json!({"command": command}).to_string();
    let head = format!(
        "POST /api/sessions/work/exec HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        client.address,
        client.token.as_ref().unwrap(),
        body.len()
    );
    let mut stream = TcpStream::connect(&client.address).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    wait_for("the program runs", async || {
        workdir.join("begun").exists().then_some(())
    })
    .await;
    let records = exported(&house, &["--action", "session.exec"]);
    assert!(records.is_empty(), "its result is not known yet");
    drop(stream);
    let records = wait_for("it is recorded", async || {
        let records = exported(&house, &["--action", "session.exec"]);
        (!records.is_empty()).then_some(records)
    })
    .await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["outcome"], "failed");
    assert_eq!(records[0]["detail"]["code"], "request.abandoned");
    assert_eq!(records[0]["detail"]["program"], "sh");
    assert_eq!(records[0]["actor"]["name"], "admin");
    assert_eq!(records[0]["target"]["name"], "work");
    client.delete("/api/sessions/work").await.created();
}
