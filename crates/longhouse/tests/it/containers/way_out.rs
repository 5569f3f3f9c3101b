//! A container whose network is a list: what it reaches, what it does not, and who hears of both.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::engine::{Yard, sh, until_running};
use crate::support::{PASSWORD, wait_for};

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

    // What went through counts as what the session carried; its container has no network to count for.
    let figures = format!("/api/sessions/{id}/metrics");
    wait_for("the bytes are counted", async || {
        let found = client.get(&figures).await.created();
        let [sent, received] =
            ["networkTxBytes", "networkRxBytes"].map(|name| found["current"][name].as_u64());
        (sent? >= 5 && received? >= 11).then_some(())
    })
    .await;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_list_holds_in_a_running_container_and_leads_inside_only_by_the_right_to_the_host()
 {
    let mut yard = Yard::started();
    let admin = yard.house.client().await;
    let ann = json!({"username": "ann", "password": PASSWORD, "role": "member"});
    admin.post("/api/users", &ann).await.created();
    let ann = yard.house.client_of("ann", PASSWORD).await;
    let port = destination().await;
    let inside = format!("127.0.0.1:{port}");
    let body = json!({"name": "closed", "runtime": "docker", "network": "allowlist", "allowHosts": ["*.example.org"],
        "memoryLimit": 128, "cpuLimit": 0.5, "pidsLimit": 64});
    let made = ann.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap();
    yard.remember(id);
    until_running(&ann, id).await;
    let path = format!("/api/sessions/{id}");
    let list = |entries: Value| json!({ "allowHosts": entries });
    let connect =
        format!("echo word | /opt/longhouse/sessiond connect 127.0.0.1 {port} 2>&1 || true");

    for (wrong, status, code) in [
        (json!([inside]), 403, "session.private_network_forbidden"),
        (json!(["http://a"]), 422, "request.invalid"),
    ] {
        let refused = ann.send(Method::PATCH, &path, Some(&list(wrong))).await;
        assert_eq!(refused.status, status, "{}", refused.text);
        assert_eq!(refused.body["code"], code);
    }
    let said = sh(&ann, id, &connect).await;
    assert!(said.contains("is not on this session's list"), "{said}");

    let inside_only = list(json!([inside]));
    let changed = admin.send(Method::PATCH, &path, Some(&inside_only)).await;
    assert_eq!(changed.created()["allowHosts"], json!([inside]));
    assert_eq!(sh(&ann, id, &connect).await, "you are out");
    // What an administrator put there may stay.
    let kept = list(json!([inside, "example.net"]));
    let kept = ann.send(Method::PATCH, &path, Some(&kept)).await.created();
    assert_eq!(kept["allowHosts"], json!([inside, "example.net"]));
    assert_eq!(sh(&ann, id, &connect).await, "you are out");

    let emptied = ann.send(Method::PATCH, &path, Some(&list(json!([])))).await;
    assert_eq!(emptied.created()["allowHosts"], json!([]));
    let said = sh(&ann, id, &connect).await;
    assert!(said.contains("is not on this session's list"), "{said}");

    let found = admin.get("/api/audit?action=session.update").await;
    let lists: Vec<_> = found.created()["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["outcome"] == "ok")
        .map(|record| record["detail"]["allowHosts"].clone())
        .collect();
    assert_eq!(
        lists,
        [
            json!(""),
            json!(format!("{inside} example.net")),
            json!(inside)
        ]
    );
    yard.delete(&ann, id).await;
}

/// The right is the one of whoever put the entry there: with it goes what it opened, and it comes back with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_inside_is_shut_while_who_opened_it_may_not_use_the_host() {
    let mut yard = Yard::started();
    let admin = yard.house.client().await;
    let ann =
        json!({"username": "ann", "password": PASSWORD, "role": "member", "permissions": ["host"]});
    let ann = admin.post("/api/users", &ann).await.created();
    let user = format!("/api/users/{}", ann["id"].as_str().unwrap());
    let port = destination().await;
    let body = json!({"name": "closed", "runtime": "docker", "network": "allowlist", "allowHosts": [format!("127.0.0.1:{port}")],
        "memoryLimit": 128, "cpuLimit": 0.5, "pidsLimit": 64});
    let client = yard.house.client_of("ann", PASSWORD).await;
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap();
    yard.remember(id);
    until_running(&client, id).await;
    let connect =
        format!("echo word | /opt/longhouse/sessiond connect 127.0.0.1 {port} 2>&1 || true");
    assert_eq!(sh(&client, id, &connect).await, "you are out");
    let allow = async |permissions: Value| {
        let change = json!({"permissions": permissions});
        admin
            .send(Method::PATCH, &user, Some(&change))
            .await
            .created()
    };
    allow(json!([])).await;
    let said = sh(&admin, id, &connect).await;
    assert!(said.contains("is not on this session's list"), "{said}");
    // So it is for a server that begins with it.
    yard.house.kill();
    yard.house.start();
    let admin = yard.house.client().await;
    until_running(&admin, id).await;
    let said = sh(&admin, id, &connect).await;
    assert!(said.contains("is not on this session's list"), "{said}");
    let change = json!({"permissions": ["host"]});
    admin
        .send(Method::PATCH, &user, Some(&change))
        .await
        .created();
    assert_eq!(sh(&admin, id, &connect).await, "you are out");
    // What an administrator vouches for holds by their right.
    let path = format!("/api/sessions/{id}");
    for list in [json!([]), json!([format!("127.0.0.1:{port}")])] {
        let list = json!({"allowHosts": list});
        admin
            .send(Method::PATCH, &path, Some(&list))
            .await
            .created();
    }
    let change = json!({"permissions": []});
    admin
        .send(Method::PATCH, &user, Some(&change))
        .await
        .created();
    assert_eq!(sh(&admin, id, &connect).await, "you are out");
    yard.delete(&admin, id).await;
}
