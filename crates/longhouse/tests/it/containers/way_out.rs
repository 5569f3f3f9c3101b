//! A container whose network is a list: what it reaches, what it does not, and who hears of both.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::engine::{Yard, sh, until_running};
use crate::support::wait_for;

/// A destination that says one thing to everybody.
async fn destination() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 5];
            stream.read_exact(&mut asked).await.unwrap();
            stream.write_all(b"you are out").await.unwrap();
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_container_reaches_what_its_list_has_and_every_attempt_is_on_record() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let port = destination().await;
    let entry = format!("127.0.0.1:{port}");
    let body = json!({"name": "closed", "runtime": "docker", "network": "allowlist", "allowHosts": [entry, "*.example.org"],
        "memoryLimit": 128, "cpuLimit": 0.5, "pidsLimit": 64});
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap();
    yard.remember(id);
    let session = until_running(&client, id).await;
    assert_eq!(session["network"], "allowlist");
    assert_eq!(session["allowHosts"], json!([entry, "*.example.org"]));

    let connect = async |host: &str, port: u16| {
        let script = format!("echo word | /opt/longhouse/sessiond connect {host} {port} 2>&1");
        sh(&client, id, &script).await
    };
    assert_eq!(connect("127.0.0.1", port).await, "you are out");
    let refused = connect("example.net", 443).await;
    assert!(
        refused.contains("example.net:443 is not on this session's list"),
        "{refused}"
    );
    assert_eq!(
        sh(&client, id, "ls /sys/class/net; echo $HTTPS_PROXY").await,
        "lo\nhttp://127.0.0.1:3128"
    );

    // The way out is there again when the server is.
    yard.house.kill();
    yard.house.start();
    let client = yard.house.client().await;
    until_running(&client, id).await;
    let again = format!("echo word | /opt/longhouse/sessiond connect 127.0.0.1 {port}");
    assert_eq!(sh(&client, id, &again).await, "you are out");

    let found = client
        .get("/api/audit?action=session.egress")
        .await
        .created();
    let told: Vec<_> = found["items"].as_array().unwrap().iter().rev().collect();
    let told: Vec<_> = told
        .iter()
        .map(|record| {
            (
                record["outcome"].as_str().unwrap(),
                record["detail"]["destination"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("ok", entry.as_str()),
            ("denied", "example.net:443"),
            ("ok", entry.as_str())
        ]
    );
    wait_for("the session's log tells of it", async || {
        let log = client
            .get(&format!("/api/sessions/{id}/logs"))
            .await
            .created();
        log.to_string()
            .contains("refused example.net:443")
            .then_some(())
    })
    .await;
    yard.delete(&client, id).await;
}
