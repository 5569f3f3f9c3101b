//! Ports of containers on the server's machine, over restarts of the server and of the session, and where there are none left.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::engine::{Yard, small, until_running};
use crate::support::http::Client;
use crate::support::wait_for;

/// A web server of busybox, in the background.
const SERVE: &str = "echo from the box > index.html; httpd -p 127.0.0.1:8080 -h .\n";

/// A server that may give two ports, which are free and no other run's, on an address; and the first of them.
fn yard(address: &str) -> (Yard, u16) {
    let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    // Below what the kernel gives by itself, and apart for tests that run at the same time.
    let begin = 2_000 + u16::try_from(std::process::id() % 4_000).unwrap() * 4;
    let begin = begin + if address == "127.0.0.1" { 0 } else { 2 };
    let mut pairs = (begin..20_000).step_by(4);
    let first = pairs.find(|port| is_free(*port) && is_free(port + 1));
    let first = first.expect("two free ports");
    let mut yard = Yard::new();
    for (name, value) in [
        ("PORTS", format!("{first}-{}", first + 1)),
        ("ADDRESS", address.to_owned()),
    ] {
        let name = format!("LONGHOUSE_DOCKER_PUBLISH_{name}");
        yard.house.variables.push((name, value));
    }
    yard.house.start();
    (yard, first)
}

async fn fetch(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /index.html HTTP/1.0\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn until_served(address: &str) {
    wait_for("the program answers", async || {
        let answer = fetch(address).await.ok()?;
        answer.contains("from the box").then_some(())
    })
    .await;
}

async fn publish(yard: &mut Yard, client: &Client, name: &str, ports: Value) -> Value {
    let mut body = small(name);
    body["ports"] = ports;
    let made = client.post("/api/sessions", &body).await.created();
    yard.remember(made["id"].as_str().unwrap());
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_port_of_a_closed_container_is_the_same_over_restarts_of_everything() {
    let (mut yard, first) = yard("127.0.0.1");
    let second = first + 1;
    let client = yard.house.client().await;
    let both = json!([{"container": 8080}, {"container": 9090, "host": second}]);
    let made = publish(&mut yard, &client, "web", both).await;
    let id = made["id"].as_str().unwrap().to_owned();
    until_running(&client, &id).await;
    let address = format!("127.0.0.1:{first}");
    let address = address.as_str();
    client.input(&id, "agent", SERVE).await;
    until_served(address).await;

    // There are no more.
    let mut body = small("late");
    body["ports"] = json!([{"container": 80}]);
    let refused = client.post("/api/sessions", &body).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("port.exhausted"))
    );

    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(b"GET /").await.unwrap();
    yard.house.kill();
    let mut rest = Vec::new();
    // An end or a reset: the kernel closes what a killed server held.
    let _ = open.read_to_end(&mut rest).await;
    // Another program takes one of the ports while the server is away, and the server says so until it is free.
    let squatter = TcpListener::bind(("127.0.0.1", second)).await.unwrap();
    yard.house.start();
    let client = yard.house.client().await;
    until_running(&client, &id).await;
    until_served(address).await;
    let logs = format!("/api/sessions/{id}/logs");
    let said = async |words: &str| {
        wait_for("the log tells of it", async || {
            let log = client.get(&logs).await.created();
            log.to_string().contains(words).then_some(())
        })
        .await;
    };
    said(&format!(
        "port 9090 is not reached on port {second} of the machine"
    ))
    .await;
    let session = client.get(&format!("/api/sessions/{id}")).await.created();
    assert_eq!(session["ports"][1]["address"], Value::Null, "{session}");
    assert_eq!(session["ports"][1]["host"], second);
    drop(squatter);
    said(&format!(
        "port 9090 is reached on port {second} of the machine again"
    ))
    .await;

    let post = async |verb: &str| {
        let path = format!("/api/sessions/{id}/{verb}");
        client.post(&path, &json!({})).await.created()
    };
    post("stop").await;
    assert!(fetch(address).await.is_err());
    post("start").await;
    until_running(&client, &id).await;
    client.input(&id, "agent", SERVE).await;
    until_served(address).await;
    yard.delete(&client, &id).await;
    let made = publish(
        &mut yard,
        &client,
        "next",
        json!([{"container": 80, "host": first}]),
    )
    .await;
    yard.delete(&client, made["id"].as_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_other_machines_reach_is_published_by_those_who_may_use_the_host() {
    let (mut yard, first) = yard("0.0.0.0");
    let admin = yard.house.client().await;
    let password = crate::support::PASSWORD;
    let ann = json!({"username": "ann", "password": password, "role": "member"});
    let made = admin.post("/api/users", &ann).await.created();
    let user = format!("/api/users/{}", made["id"].as_str().unwrap());
    let ann = yard.house.client_of("ann", password).await;
    let mut body = small("web");
    body["ports"] = json!([{"container": 8080, "host": first}]);
    let refused = ann.post("/api/sessions", &body).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (403, &json!("session.publish_forbidden"))
    );
    let allow = async |permissions: Value| {
        let change = json!({"permissions": permissions});
        admin
            .send(Method::PATCH, &user, Some(&change))
            .await
            .created()
    };
    allow(json!(["host"])).await;
    // Whoever's rights change logs in anew.
    let ann = yard.house.client_of("ann", password).await;
    let ports = body["ports"].clone();
    let made = publish(&mut yard, &ann, "web", ports).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["ports"][0]["address"], format!("0.0.0.0:{first}"));
    until_running(&ann, id).await;
    ann.input(id, "agent", SERVE).await;
    let address = format!("127.0.0.1:{first}");
    until_served(&address).await;
    // The right is gone, and what it opened with it.
    allow(json!([])).await;
    assert!(fetch(&address).await.is_err());
    yard.delete(&admin, id).await;
}
